//! The commands. Each has a file with its options, its work, and the example in its help.

pub mod batch;
pub mod ends;
pub mod keygen;
pub mod pubkey;
pub mod mint;
pub mod delegate;
pub mod check;
pub mod present;
pub mod verify;
pub mod wallet;
pub mod report;
pub mod ids;
pub mod revoke;
pub mod revocations;
pub mod agents;
pub mod rotate;
pub mod audit;
pub mod review;
#[cfg(feature = "http")]
pub mod listen;
pub mod mcp_guard;
pub mod mcp_present;
pub mod mcp;
pub mod explain;
pub mod completions;
pub mod man;
pub mod schema;
pub mod demo;

use clap::Subcommand;

use self::agents::AgentsArgs;
use self::audit::AuditArgs;
use self::check::CheckArgs;
use self::completions::CompletionsArgs;
use self::delegate::DelegateArgs;
use self::demo::DemoArgs;
use self::explain::ExplainArgs;
use self::ids::IdsArgs;
use self::keygen::KeygenArgs;
use self::man::ManArgs;
use self::mcp::McpArgs;
use self::mcp_guard::McpGuardArgs;
use self::mcp_present::McpPresentArgs;
use self::mint::MintArgs;
use self::present::PresentArgs;
use self::pubkey::PubkeyArgs;
use self::report::ReportArgs;
use self::review::ReviewArgs;
use self::revocations::RevocationsArgs;
use self::revoke::RevokeArgs;
use self::rotate::RotateArgs;
use self::schema::SchemaArgs;
use self::verify::VerifyArgs;
use self::wallet::WalletCommandArgs;
use crate::input::syntax::SYNTAX;
use crate::output::{Error, Outcome, Output};

/// A command and its options.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key pair: NAME.key, which its owner keeps private, and NAME.pub for everyone.
    #[command(after_help = keygen::EXAMPLE)]
    Keygen(KeygenArgs),
    /// Print the public key of a private key, as NAME.pub has it.
    #[command(after_help = pubkey::EXAMPLE)]
    Pubkey(PubkeyArgs),
    /// Mint a token: an owner delegates to a first agent.
    #[command(after_help = mint::EXAMPLE, after_long_help = with_syntax(mint::EXAMPLE))]
    Mint(MintArgs),
    /// Delegate a part of what a token grants. The holder of the token signs.
    #[command(
        after_help = delegate::EXAMPLE,
        after_long_help = with_syntax(delegate::EXAMPLE),
        mut_arg("allow", |allow| allow.required_unless_present_any(["capabilities", "grant", "same"]))
    )]
    Delegate(DelegateArgs),
    /// Check whether a token permits a call, before it is presented: exit status 0 if it does, 1 if
    /// it does not.
    #[command(after_help = check::EXAMPLE)]
    Check(CheckArgs),
    /// Present a token for one request. The service must receive the presentation within 30
    /// seconds.
    #[command(after_help = present::EXAMPLE)]
    Present(PresentArgs),
    /// Keep the tokens of an agent in a directory, from which check and present choose.
    #[command(after_help = wallet::EXAMPLE)]
    Wallet(WalletCommandArgs),
    /// Verify a presentation for one request: exit status 0 if the call is allowed, 1 if it is
    /// refused.
    #[command(after_help = verify::EXAMPLE)]
    Verify(VerifyArgs),
    /// Report on a token or a presentation: who delegated what to whom, why, and until when.
    #[command(after_help = report::EXAMPLE)]
    Report(ReportArgs),
    /// Print the ids of a token, of its hops and of its presentation.
    #[command(after_help = ids::EXAMPLE)]
    Ids(IdsArgs),
    /// Revoke a hop, a token, a key or everything of an owner: add it to a signed list.
    #[command(after_help = revoke::EXAMPLE)]
    Revoke(RevokeArgs),
    /// Show, verify, compare and renew revocation lists.
    #[command(after_help = revocations::EXAMPLE)]
    Revocations(RevocationsArgs),
    /// Keep a signed directory of agents: who answers for each, and whether it may act.
    #[command(after_help = agents::EXAMPLE)]
    Agents(AgentsArgs),
    /// Replace a key by a new one: state that it succeeds the old key, and delegate the old key's
    /// tokens to it. Exit status 1 if a delegator must be asked for some of them.
    #[command(
        after_help = rotate::EXAMPLE,
        mut_arg("key", |key| key.help("The old private key, PKCS#8 in PEM or an OpenSSH key without a passphrase; - for standard input"))
    )]
    Rotate(RotateArgs),
    /// Verify the log of a service, and show who did what.
    #[command(after_help = audit::EXAMPLE)]
    Audit(AuditArgs),
    /// Review access: set grants beside the recorded use of them, and propose narrower ones.
    #[command(after_help = review::EXAMPLE)]
    Review(ReviewArgs),
    /// Guard an MCP server over standard input and output: what a caller's token does not permit does not
    /// reach it.
    #[command(after_help = mcp_guard::EXAMPLE)]
    McpGuard(McpGuardArgs),
    /// Present a token for each call of an MCP client over standard input and output. What the token does
    /// not permit is not sent.
    #[command(after_help = mcp_present::EXAMPLE)]
    McpPresent(McpPresentArgs),
    /// Put presenters in front of the servers of MCP clients, and examine them.
    #[command(after_help = mcp::EXAMPLE)]
    Mcp(McpArgs),
    /// Explain codes, such as those of a refusal, and what to do about each.
    #[command(after_help = explain::EXAMPLE)]
    Explain(ExplainArgs),
    /// Print the completion script for a shell.
    #[command(after_help = completions::EXAMPLE)]
    Completions(CompletionsArgs),
    /// Write a manual page for each command to a directory.
    #[command(after_help = man::EXAMPLE)]
    Man(ManArgs),
    /// Print the JSON Schema of a document that deputize reads or writes.
    #[command(after_help = schema::EXAMPLE)]
    Schema(SchemaArgs),
    /// Run a demonstration in a new directory: keys, tokens, an allowed call and a refused one.
    #[command(after_help = demo::EXAMPLE)]
    Demo(DemoArgs),
}

impl Command {
    /// Runs the command. `definition` is the whole command line, from which completions and manual
    /// pages are generated.
    ///
    /// # Errors
    ///
    /// [`Error`] if the command cannot do its work.
    pub fn run(
        &self,
        definition: fn() -> clap::Command,
        output: &Output,
    ) -> Result<Outcome, Error> {
        match self {
            Self::Keygen(args) => keygen::run(args, output),
            Self::Pubkey(args) => pubkey::run(args, output),
            Self::Mint(args) => mint::run(args, output),
            Self::Delegate(args) => delegate::run(args, output),
            Self::Check(args) => check::run(args, output),
            Self::Present(args) => present::run(args, output),
            Self::Wallet(args) => wallet::run(args, output),
            Self::Verify(args) => verify::run(args, output),
            Self::Report(args) => report::run(args, output),
            Self::Ids(args) => ids::run(args, output),
            Self::Revoke(args) => revoke::run(args, output),
            Self::Revocations(args) => revocations::run(args, output),
            Self::Agents(args) => agents::run(args, output),
            Self::Rotate(args) => rotate::run(args, output),
            Self::Audit(args) => audit::run(args, output),
            Self::Review(args) => review::run(args, output),
            Self::McpGuard(args) => mcp_guard::run(args, output),
            Self::McpPresent(args) => mcp_present::run(args, output),
            Self::Mcp(args) => mcp::run(args, output),
            Self::Explain(args) => explain::run(args, output),
            Self::Completions(args) => completions::run(args, definition(), output),
            Self::Man(args) => man::run(args, definition(), output),
            Self::Schema(args) => schema::run(args, output),
            Self::Demo(args) => demo::run(args, output),
        }
    }
}

/// Puts the syntax of `--allow` above an example.
fn with_syntax(example: &str) -> String {
    format!("{SYNTAX}\n\n{example}")
}
