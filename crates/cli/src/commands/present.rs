//! `deputize present`: a presentation of a token for one request.

use clap::Args;

use crate::input::keys::KeyArgs;
use crate::input::request::CallArgs;
use crate::input::token::TokenText;
use crate::input::trust::HolderTrustArgs;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize present --key researcher.key --operation crm.read --resource accounts/emea/42 \\
    --audience crm.acme.com --arg limit=5 @researcher.token > call.token";

/// The options of `present`.
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
    /// The token to present: its text, @FILE, or - for standard input (the default).
    pub(crate) token: Option<String>,
}

/// Prints the presentation.
///
/// # Errors
///
/// If an option is malformed, or the key is not the holder's.
pub fn run(args: &PresentArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let request = args.call.request()?;
    let key = args.key.signing_key()?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let token = match args.trust.token(&text, now, output)? {
        Ok(token) => token,
        Err(outcome) => return Ok(outcome),
    };
    let presentation = token.present(&key, &request, now).map_err(Error::new)?;
    args.trust.note_claim(&token, output);
    output.print(presentation.to_text())?;
    Ok(Outcome::Done)
}
