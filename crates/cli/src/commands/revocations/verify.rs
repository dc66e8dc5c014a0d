//! `deputize revocations verify`: whether a list is authentic and fresh.

use std::path::PathBuf;

use clap::Args;
use deputize::limits::DEFAULT_CLOCK_TOLERANCE;
use deputize::{RevocationList, Token};
use time::OffsetDateTime;

use crate::input::keys::public_key;
use crate::input::revocation_list;
use crate::input::when::{AtArgs, When};
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Exit status: 1 if the list is stale, has another issuer, or was issued ahead of the clock; 2 if the
file is not a list, or was not signed by the key that it names. Whether there is a newer list cannot
be seen from a file.

Example:
  deputize revocations verify alice.revocations --issuer alice.pub --max-stale 1h";

/// The options of `revocations verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The key that must have issued the list.
    #[arg(long, value_name = "KEY")]
    pub(crate) issuer: Option<String>,
    /// The age from which on the list is stale, such as 1h, even if the next one is due later.
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_stale: Option<String>,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The file of the list; - for standard input.
    pub(crate) file: PathBuf,
}

/// Prints whether the list is fresh, and until when.
///
/// # Errors
///
/// If an option is malformed, or the file is not an authentic list.
pub fn run(args: &VerifyArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let issuer = args.issuer.as_deref().map(|key| public_key("--issuer", key)).transpose()?;
    let max_stale = args.max_stale.as_deref().map(max_stale).transpose()?;
    let list = revocation_list::read(&args.file)?;
    let path = revocation_list::name(&args.file);
    let (key, until) = (list.issuer(), fresh_until(&list, max_stale));
    let place = format!("sequence {}, issued {}", list.sequence(), at(list.issued()));
    let mut faults = Vec::new();
    if let Some(expected) = issuer.filter(|expected| *expected != key) {
        let (expected, found) = (expected.fingerprint(), key.fingerprint());
        faults.push(format!("its issuer is {found}, and not {expected}"));
    }
    if let Some(holder) = list.authority().map(Token::holder).filter(|own| own.key() != key) {
        faults.push(format!(
            "its issuer does not hold the token that gives its power, {holder} does"
        ));
    }
    if now.checked_add(DEFAULT_CLOCK_TOLERANCE).is_some_and(|latest| list.issued() > latest) {
        faults.push(format!(
            "it was issued at {}, ahead of the clock, {}",
            at(list.issued()),
            at(now)
        ));
    }
    if now >= until {
        faults.push(format!("it is stale since {}; get a newer one", at(until)));
    }
    if faults.is_empty() {
        let key = key.fingerprint();
        output.print(format_args!(
            "{path}: authentic, by {key}, {place}, fresh until {}",
            at(until)
        ))?;
    } else {
        let faults = faults.join("; ");
        output.print(format_args!("{path}: REFUSED, {place}: {faults}"))?;
        return Ok(Outcome::Refused);
    }
    if issuer.is_none() {
        output.note("note: anybody can issue a list; pass --issuer to check whose this is");
    }
    Ok(Outcome::Done)
}

/// Returns the time from which on the list is stale. The power of its issuer can end before.
fn fresh_until(list: &RevocationList, max_stale: Option<When>) -> OffsetDateTime {
    // An end that is out of range is later than any.
    let max_stale = max_stale.and_then(|age| age.from(list.issued()).ok());
    let power = list.authority().map(Token::expires);
    let ends = [max_stale, power].into_iter().flatten();
    ends.fold(list.next_update(), OffsetDateTime::min)
}

fn max_stale(text: &str) -> Result<When, Error> {
    const OPTION: &str = "--max-stale";
    match text.parse().map_err(|e| Error::about(OPTION, e))? {
        When::At(_) => {
            Err(Error::about(OPTION, "this is a time, and an age is needed, such as `1h`"))
        }
        after => Ok(after),
    }
}
