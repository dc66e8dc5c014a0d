//! `deputize delegate`: one more delegation, narrower than the last.

use clap::Args;
use deputize::Hop;

use crate::input::grant::GrantArgs;
use crate::input::keys::KeyArgs;
use crate::input::token::TokenText;
use crate::input::trust::HolderTrustArgs;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output, granted, lints, token};

/// The example in the help.
pub const EXAMPLE: &str = "\
Without --audience, --not-before or --delegates, the delegation keeps those of the whole chain.
With --same, the capabilities too are those of the whole chain.

Example:
  deputize delegate --key planner.key --to researcher=researcher.pub \\
    --allow 'crm.read accounts/emea/** limit<=10' --expires 15m \\
    --purpose 'read the EMEA accounts' @planner.token > researcher.token";

/// The options of `delegate`.
#[derive(Debug, Args)]
pub struct DelegateArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) trust: HolderTrustArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    /// Grant everything that the token grants, instead of a part with --allow.
    #[arg(long, conflicts_with_all = ["allow", "capabilities"])]
    pub(crate) same: bool,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The token to delegate from: its text, @FILE, or - for standard input (the default).
    pub(crate) token: Option<String>,
}

/// Prints the token with one more hop, what that hop grants, and warnings about it.
///
/// # Errors
///
/// If an option is malformed, or the library refuses the grant.
pub fn run(args: &DelegateArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let key = args.key.signing_key()?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let token = match args.trust.token(&text, now, output)? {
        Ok(token) => token,
        Err(outcome) => return Ok(outcome),
    };
    let grant = args.grant.grant_below(&token, args.same, now, output)?;
    let parent = token.hops().last().map(Hop::grant);
    let found = parent.map_or_else(Vec::new, |parent| grant.lints_below(parent, now));
    let longer = token.delegate(&key, grant, now).map_err(Error::new)?;
    args.trust.note_claim(&token, output);
    granted::print(&longer, output);
    lints::warn(&found, output);
    token::print(&longer, output)?;
    Ok(Outcome::Done)
}
