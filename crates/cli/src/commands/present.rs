//! `deputize present`: a presentation of a token for one request.

use std::path::PathBuf;

use clap::Args;
use deputize::text::visible_json;
use deputize::{HopId, PresentError, PresentOptions, Report, Signer};
use deputize_audit::PresentedLine;
use time::OffsetDateTime;

use crate::commands::check;
use crate::input::keys::KeyArgs;
use crate::input::request::{CallArgs, digest_of};
use crate::input::trust::HolderTrustArgs;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};
use crate::presented_file::PresentedFile;
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
    /// Number the presentation, and note it in this file, which is made if it is not there. From it,
    /// `audit match` tells which presentations no service recorded.
    #[arg(long, value_name = "FILE")]
    pub(crate) presented_log: Option<PathBuf>,
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
    let audience = request.audience();
    let hops = token.hops().first().zip(token.hops().last());
    let mut notes =
        args.presented_log.as_ref().map(|path| PresentedFile::open(path)).transpose()?;
    let counter = match (&mut notes, hops) {
        (Some(notes), Some((_, last))) => Some(notes.counter(last.id(), audience)?),
        _ => None,
    };
    let options = counter.as_ref().map_or(options, |counter| options.counted_by(counter));
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
    let text = presentation.to_text();
    if let (Some(notes), Some(counter), Some((first, last))) = (&mut notes, &counter, hops)
        && let Some((series, count)) = counter.last(last.id(), audience)
    {
        notes.add(&PresentedLine {
            at: now,
            audience: audience.to_owned(),
            series,
            count,
            presentation: id_of(&text, now)?,
            first_hop: first.id(),
            last_hop: last.id(),
        })?;
    }
    output.print(text)?;
    Ok(Outcome::Done)
}

fn id_of(presentation: &str, now: OffsetDateTime) -> Result<HopId, Error> {
    let report = Report::of_text(presentation, None, now).map_err(Error::new)?;
    let own = report.presentation.map(|own| own.id);
    own.ok_or_else(|| Error::new("the presentation that was made has no id"))
}
