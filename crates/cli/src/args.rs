//! What can be said on the command line, and the help about it.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use deputize::{DenyCode, PrincipalKind};

use crate::allow::GRAMMAR;
use crate::examples;
use crate::format::Format;
use crate::schema::Document;

/// No chain is longer than [`deputize::limits::HARD_MAX_HOPS`], whose first hop is minted.
const MAX_CHAIN: i64 = 32;

/// Capability tokens for AI agents: delegate a narrowed part of what you may do, and check offline
/// who is accountable for a call.
#[derive(Debug, Parser)]
#[command(
    name = "deputize",
    version,
    max_term_width = 100,
    after_help = examples::STORY,
    after_long_help = examples::STORY
)]
pub struct Cli {
    /// When to use colours. NO_COLOR and CLICOLOR_FORCE are obeyed where nothing is said.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: Color,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// One of the commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key pair: NAME.key, which stays with its owner, and NAME.pub for everyone.
    #[command(after_help = examples::KEYGEN)]
    Keygen(KeygenArgs),
    /// Begin a chain: an owner lets a first delegate do something.
    #[command(after_help = examples::MINT, after_long_help = examples::with(GRAMMAR, examples::MINT))]
    Mint(MintArgs),
    /// Pass on a part of what a token grants. Who holds the token signs.
    #[command(after_help = examples::DELEGATE, after_long_help = examples::with(GRAMMAR, examples::DELEGATE))]
    Delegate(DelegateArgs),
    /// Close a token over one request, to be shown to the service within 30 seconds.
    #[command(after_help = examples::PRESENT)]
    Present(PresentArgs),
    /// Decide about one request: exit 0 if it is allowed, 1 if it is denied.
    #[command(after_help = examples::VERIFY)]
    Verify(VerifyArgs),
    /// Report on a token or a presentation: who delegated what to whom, why, and until when.
    #[command(after_help = examples::REPORT)]
    Report(ReportArgs),
    /// Say what the code of a denial means, and what to do about it.
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Print what a shell needs to complete these commands.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Write a manual page for each command into a folder.
    #[command(after_help = examples::MAN)]
    Man(ManArgs),
    /// Print the JSON Schema of what is read or written.
    #[command(after_help = examples::SCHEMA)]
    Schema(SchemaArgs),
    /// Lay out a scene to look at: keys, tokens, a call that is allowed and one that is refused.
    #[command(after_help = examples::DEMO)]
    Demo(DemoArgs),
}

/// The instant to go by.
#[derive(Debug, Args)]
pub struct AtArgs {
    /// The instant to take for now, as 2026-11-23T18:00:00Z; by default the clock's.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) at: Option<String>,
}

/// What goes with --batch.
#[derive(Debug, Args)]
pub struct ManyArgs {
    /// With --batch: take for now what each line says with "at":"2026-11-23T18:00:00Z". Whoever
    /// wrote the lines is then trusted with the clock.
    #[arg(long, requires = "batch", conflicts_with = "at")]
    pub(crate) at_from_lines: bool,
}

/// The key that signs.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// The private key that signs, PKCS#8 in PEM.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Use the key even if others than its owner may read the file.
    #[arg(long)]
    pub(crate) insecure_key_permissions: bool,
}

/// What is granted, to whom, why, and until when.
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// The delegate's name and public key. A KEY is a file, ed25519/HEX, or a line as
    /// ssh-keygen writes it: 'ssh-ed25519 AAAA…'.
    #[arg(long, value_name = "NAME=KEY")]
    pub(crate) to: String,
    /// What the delegate is.
    #[arg(long, value_name = "KIND", default_value = "agent")]
    pub(crate) to_kind: KindName,
    /// What the delegate may do, 'OPERATION RESOURCE [ARG…]'; one of several is enough for a call.
    #[arg(long, value_name = "CAPABILITY", required_unless_present = "capabilities")]
    pub(crate) allow: Vec<String>,
    /// More of the same from a file: {"capabilities":[…]}.
    #[arg(long, value_name = "FILE")]
    pub(crate) capabilities: Vec<PathBuf>,
    /// Until when: 15m, 8h, 2d, 1h30m, or an instant as 2026-11-23T18:00:00Z.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) expires: String,
    /// Nothing is allowed before this, written as for --expires.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) not_before: Option<String>,
    /// How many delegations may follow.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(..MAX_CHAIN))]
    pub(crate) max_hops: u32,
    /// A service that may be asked; may be given several times. By default any.
    #[arg(long, value_name = "SERVICE")]
    pub(crate) audience: Vec<String>,
    /// A key that further delegations may go to; may be given several times. By default any.
    #[arg(long, value_name = "KEY")]
    pub(crate) delegates: Vec<String>,
    /// Why, in words for the person who reads the report.
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
}

/// The one call.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// What is done, as crm.read.
    #[arg(long, value_name = "OPERATION", conflicts_with = "request")]
    pub(crate) operation: Option<String>,
    /// What it is done to, as accounts/emea/42.
    #[arg(long, value_name = "RESOURCE", conflicts_with = "request")]
    pub(crate) resource: Option<String>,
    /// Who is asked to do it, as crm.acme.com.
    #[arg(long, value_name = "SERVICE", conflicts_with = "request")]
    pub(crate) audience: Option<String>,
    /// An argument of the call; may be given several times. JSON where the value parses as JSON,
    /// otherwise a string.
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "request")]
    pub(crate) arg: Vec<String>,
    /// The whole call from a file: {"operation":…,"resource":…,"audience":…,"args":{…}}.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
}

/// What `keygen` is given.
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// What the two files are called, without .key and .pub. Files that exist are never overwritten.
    pub(crate) name: PathBuf,
}

/// What `mint` is given.
#[derive(Debug, Args)]
pub struct MintArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Who is accountable, by the name that services trust the key for.
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: String,
    /// What the owner is.
    #[arg(long, value_name = "KIND", default_value = "human")]
    pub(crate) owner_kind: KindName,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) at: AtArgs,
}

/// The keys to compare the token's root key with.
#[derive(Debug, Args)]
pub struct HolderTrustArgs {
    /// A root key to trust, and the owner it may speak for (any, where none is given); may be given
    /// several times. A token that none of them may speak for is refused. Without one, the owner whom
    /// the token claims and its root key are printed on standard error.
    #[arg(long, value_name = "KEY[=OWNER]")]
    pub(crate) trust: Vec<String>,
}

/// What `delegate` is given.
#[derive(Debug, Args)]
pub struct DelegateArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) trust: HolderTrustArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The token to pass on a part of: itself, @FILE, or - (the default) for standard input.
    pub(crate) token: Option<String>,
}

/// What `present` is given.
#[derive(Debug, Args)]
pub struct PresentArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) trust: HolderTrustArgs,
    #[command(flatten)]
    pub(crate) call: CallArgs,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The token to present: itself, @FILE, or - (the default) for standard input.
    pub(crate) token: Option<String>,
}

/// What `verify` is given.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A root key to believe, and the owner it may speak for (any, where none is given); may be
    /// given several times.
    #[arg(long, value_name = "KEY[=OWNER]", required = true)]
    pub(crate) trust: Vec<String>,
    #[command(flatten)]
    pub(crate) call: CallArgs,
    /// How to report the decision.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// Decide about many: lines {"presentation":"…","request":{…}} from standard input or @FILE, for
    /// each, in order, a line of JSON.
    #[arg(long, conflicts_with_all = ["operation", "resource", "audience", "arg", "request", "format"])]
    pub(crate) batch: bool,
    #[command(flatten)]
    pub(crate) many: ManyArgs,
    /// What was presented: itself, @FILE, or - (the default) for standard input.
    pub(crate) presentation: Option<String>,
}

/// What `report` is given.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A root key to believe, and the owner it may speak for (any, where none is given); may be
    /// given several times. Without one, everything in the report is UNVERIFIED.
    #[arg(long, value_name = "KEY[=OWNER]")]
    pub(crate) trust: Vec<String>,
    /// The form of the report.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// Report on many: lines {"token":"…"} or {"presentation":"…"} from standard input or @FILE, for
    /// each, in order, a line of JSON.
    #[arg(long, conflicts_with = "format")]
    pub(crate) batch: bool,
    #[command(flatten)]
    pub(crate) many: ManyArgs,
    /// A token or a presentation: itself, @FILE, or - (the default) for standard input.
    pub(crate) token: Option<String>,
}

/// What `explain` is given.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, as expired; all of them, where none is given.
    #[arg(value_parser = codes(), hide_possible_values = true)]
    pub(crate) code: Option<String>,
}

/// What `completions` is given.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// What `man` is given.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder, which must exist.
    pub(crate) folder: PathBuf,
}

/// What `schema` is given.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of what.
    pub(crate) document: Document,
}

/// What `demo` is given.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The folder to make; by default one among the temporary files.
    pub(crate) folder: Option<PathBuf>,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    /// A person.
    Human,
    /// A program that acts on its own judgement.
    Agent,
    /// A program that does what it is told.
    Service,
    /// A group of people that acts as one.
    Organization,
}

impl From<KindName> for PrincipalKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Human => Self::Human,
            KindName::Agent => Self::Agent,
            KindName::Service => Self::Service,
            KindName::Organization => Self::Organization,
        }
    }
}

/// Every code, for completion and for suggestions.
fn codes() -> PossibleValuesParser {
    PossibleValuesParser::new(DenyCode::ALL.iter().map(|code| code.as_str()))
}
