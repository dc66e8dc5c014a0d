//! `deputize present`: a presentation of a token for one request.

use clap::Args;
use deputize::text::visible_json;
use deputize::{PresentError, PresentOptions, Signer};

use crate::commands::check;
use crate::input::keys::KeyArgs;
use crate::input::request::{CallArgs, digest_of};
use crate::input::trust::HolderTrustArgs;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};
use crate::wallet::WalletArgs;

/// The example in the help.
pub const EXAMPLE: &str = "\
If the service answers `wrong_request`, it built another request from the call. Send it the line
`request:` of --show-request, for its `deputize verify --explain-mismatch`.

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
    pub(crate) wallet: WalletArgs,
    #[command(flatten)]
    pub(crate) call: CallArgs,
    /// Present the token even if it does not permit the call.
    #[arg(long, conflicts_with = "wallet")]
    pub(crate) anyway: bool,
    /// Print the request that is signed, as canonical JSON, and its digest on standard error.
    #[arg(long)]
    pub(crate) show_request: bool,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The token to present: its text, @FILE, or - for standard input (the default).
    pub(crate) token: Option<String>,
}

/// Prints the presentation.
///
/// # Errors
///
/// If an option is malformed, or the key is not the holder's. A call that the token does not permit
/// is refused.
pub fn run(args: &PresentArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let request = args.call.request()?;
    let key = args.key.signing_key()?;
    let (given, holder) = (args.token.as_deref(), Some(key.public_key()));
    let token = match args.wallet.token(given, &args.trust, &request, holder, now, output)? {
        Ok(token) => token,
        Err(outcome) => return Ok(outcome),
    };
    let options = PresentOptions::default();
    let options = if args.anyway { options.anyway() } else { options };
    let presentation = match token.present_with(&key, &request, now, options) {
        Ok(presentation) => presentation,
        Err(PresentError::NotPermitted(why)) => {
            check::print_reasons(&why, output);
            output.note("pass --anyway to present the token all the same");
            return Ok(Outcome::Refused);
        }
        Err(error) => return Err(Error::new(error)),
    };
    args.trust.note_claim(&token, output);
    if args.show_request {
        let json = visible_json(&request.canonical_json());
        output.note(format_args!("request: {json}\ndigest: {}", digest_of(&request)));
    }
    output.print(presentation.to_text())?;
    Ok(Outcome::Done)
}
