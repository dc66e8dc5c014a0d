//! `deputize check`: whether a token permits a call, before it is presented.

use clap::Args;
use deputize::NotPermitted;

use crate::input::request::CallArgs;
use crate::input::trust::HolderTrustArgs;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};
use crate::wallet::WalletArgs;

/// The example in the help.
pub const EXAMPLE: &str = "\
The key is not needed. A service may still refuse the call: only it knows which root keys it
trusts, which hops were revoked, and its own policy.

Example:
  deputize check --operation crm.read --resource accounts/emea/42 --audience crm.acme.com \\
    --arg limit=5 @researcher.token";

/// The options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub(crate) trust: HolderTrustArgs,
    #[command(flatten)]
    pub(crate) wallet: WalletArgs,
    #[command(flatten)]
    pub(crate) call: CallArgs,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The held token: its text, @FILE, or - for standard input (the default).
    pub(crate) token: Option<String>,
}

/// Prints `permitted`, or all reasons why the token does not permit the call.
///
/// # Errors
///
/// If an option is malformed, the text is not a held token, or no token of the wallet can be chosen.
pub fn run(args: &CheckArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let request = args.call.request()?;
    let given = args.token.as_deref();
    let token = match args.wallet.token(given, &args.trust, &request, None, now, output)? {
        Ok(token) => token,
        Err(outcome) => return Ok(outcome),
    };
    args.trust.note_claim(&token, output);
    match token.would_permit(&request, now) {
        Ok(()) => {
            output.print("permitted")?;
            Ok(Outcome::Done)
        }
        Err(why) => {
            print_reasons(&why, output);
            Ok(Outcome::Refused)
        }
    }
}

/// Prints each reason with its remedy to standard error.
pub(super) fn print_reasons(why: &NotPermitted, output: &Output) {
    output.note("the token does not permit this call:");
    for reason in why.reasons() {
        output.note(format_args!("  {reason}\n    → {}", reason.remedy));
    }
}
