//! `deputize wallet add`: a token that the holder accepts.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::input::keys::public_key;
use crate::input::token::TokenText;
use crate::input::trust::HolderTrustArgs;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};
use crate::wallet::Folder;

/// The example in the help.
pub const EXAMPLE: &str = "\
The id of the token, that of its last hop, is printed. If the wallet has the token already,
its file is written anew.

Example:
  deputize wallet add --wallet wallet --trust alice.pub=alice@acme.com --holder researcher.pub \\
    @researcher.token";

/// The options of `wallet add`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("roots").args(["trust", "any_root"]).required(true).multiple(false))]
pub struct AddArgs {
    /// The directory of the wallet. It is made if it does not exist.
    #[arg(long, value_name = "DIR")]
    pub(crate) wallet: PathBuf,
    #[command(flatten)]
    pub(crate) trust: HolderTrustArgs,
    /// Accept a token under any root key. Its owner is then only a claim.
    #[arg(long)]
    pub(crate) any_root: bool,
    /// A public key of the holder; repeatable. A token for another key is refused.
    #[arg(long, value_name = "KEY")]
    pub(crate) holder: Vec<String>,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The token to add: its text, @FILE, or - for standard input (the default).
    pub(crate) token: Option<String>,
}

/// Adds a token and prints its id.
///
/// # Errors
///
/// If an option is malformed, the text is not a held token, or the wallet cannot be written to. A
/// token that is not trusted, has expired, or is for another holder is refused.
pub fn run(args: &AddArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let holders = args.holder.iter().map(|key| public_key("--holder", key));
    let holders: Vec<_> = holders.collect::<Result<_, _>>()?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let token = match args.trust.token(&text, now, output)? {
        Ok(token) => token,
        Err(outcome) => return Ok(outcome),
    };
    if token.expires() <= now {
        output.note("the token has expired; ask its delegator for a new one [expired]");
        return Ok(Outcome::Refused);
    }
    let holder = token.holder();
    if !holders.is_empty() && !holders.contains(&holder.key()) {
        output
            .note(format_args!("the token is held by {holder}, whose key is not one of --holder"));
        return Ok(Outcome::Refused);
    }
    args.trust.note_claim(&token, output);
    let id = Folder::make(&args.wallet)?.put(&token)?;
    // The result is in the wallet.
    output.print(id).or_else(Error::unless_output_closed)?;
    Ok(Outcome::Done)
}
