//! `deputize mint`: the first delegation of a chain.

use clap::Args;
use deputize::{Owner, Token};

use crate::input::grant::GrantArgs;
use crate::input::keys::KeyArgs;
use crate::input::kind::KindName;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output, granted, lints, token};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \\
    --allow 'crm.read accounts/** limit<=100' --expires 8h --max-hops 3 \\
    --audience crm.acme.com --purpose 'Q3 review' > planner.token";

/// The options of `mint`.
#[derive(Debug, Args)]
pub struct MintArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// The name of the accountable owner, for whom services trust the key.
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: String,
    /// The kind of the owner.
    #[arg(long, value_name = "KIND", default_value = "human")]
    pub(crate) owner_kind: KindName,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) at: AtArgs,
}

/// Prints a token with one hop, what that hop grants, and warnings about it.
///
/// # Errors
///
/// If an option is malformed, or the library refuses the grant.
pub fn run(args: &MintArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let owner =
        Owner::new(&args.owner, args.owner_kind.into()).map_err(|e| Error::about("--owner", e))?;
    let grant = args.grant.grant(now, output)?;
    let key = args.key.signing_key()?;
    let found = grant.lints(now);
    let token = Token::mint(owner, &key, grant, now).map_err(Error::new)?;
    granted::print(&token, output);
    lints::warn(&found, output);
    token::print(&token, output)?;
    Ok(Outcome::Done)
}
