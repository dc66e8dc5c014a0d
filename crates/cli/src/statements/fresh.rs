//! The check that a statement in a file is the issuer's, and fresh.

use clap::Args;
use deputize::limits::DEFAULT_CLOCK_TOLERANCE;
use deputize::{PublicKey, Token};
use time::OffsetDateTime;

use crate::input::keys::public_key;
use crate::input::when::{AtArgs, When};
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};
use crate::statements::issue::Issue;

/// The options of every command that verifies a statement.
#[derive(Debug, Args)]
pub struct FreshArgs {
    /// The key that must have issued the statement.
    #[arg(long, value_name = "KEY")]
    pub(crate) issuer: Option<String>,
    /// The age from which on the statement is stale, such as 1h, even if the next one is due later.
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_stale: Option<String>,
    #[command(flatten)]
    pub(crate) at: AtArgs,
}

/// The requirements on a statement.
#[derive(Debug)]
pub struct Required {
    issuer: Option<PublicKey>,
    max_stale: Option<When>,
    /// The time at which the statement must be fresh.
    pub now: OffsetDateTime,
}

impl FreshArgs {
    /// Reads the options.
    ///
    /// # Errors
    ///
    /// If an option is malformed.
    pub fn read(&self) -> Result<Required, Error> {
        let now = self.at.now()?;
        let issuer = self.issuer.as_deref().map(|key| public_key("--issuer", key)).transpose()?;
        let max_stale = self.max_stale.as_deref().map(max_stale).transpose()?;
        Ok(Required { issuer, max_stale, now })
    }
}

impl Required {
    /// Prints the verdict on the statement `kind` in this file and the end of its freshness, then
    /// these lines.
    ///
    /// # Errors
    ///
    /// If standard output is closed or fails.
    pub fn print(
        &self,
        kind: &str,
        path: &str,
        issue: &Issue<'_>,
        lines: &[String],
        output: &Output,
    ) -> Result<Outcome, Error> {
        let place = format!("sequence {}, issued {}", issue.sequence, at(issue.issued));
        let until = self.fresh_until(issue);
        let faults = self.faults(issue, until);
        let verdict = match faults.as_slice() {
            [] => {
                let (key, until) = (issue.issuer.fingerprint(), at(until));
                format!("{path}: authentic, by {key}, {place}, fresh until {until}")
            }
            faults => format!("{path}: REFUSED, {place}: {}", faults.join("; ")),
        };
        output.print([&[verdict], lines].concat().join("\n"))?;
        if !faults.is_empty() {
            return Ok(Outcome::Refused);
        }
        if self.issuer.is_none() {
            output.note(format_args!(
                "note: anybody can issue a {kind}; pass --issuer to check who issued this one"
            ));
        }
        Ok(Outcome::Done)
    }

    fn faults(&self, issue: &Issue<'_>, until: OffsetDateTime) -> Vec<String> {
        let (key, now) = (issue.issuer, self.now);
        let mut faults = Vec::new();
        if let Some(expected) = self.issuer.filter(|expected| *expected != key) {
            let (expected, found) = (expected.fingerprint(), key.fingerprint());
            faults.push(format!("its issuer is {found}, and not {expected}"));
        }
        if let Some(holder) = issue.authority.map(Token::holder).filter(|own| own.key() != key) {
            faults.push(format!(
                "its issuer does not hold the token that gives the power; {holder} does"
            ));
        }
        if now.checked_add(DEFAULT_CLOCK_TOLERANCE).is_some_and(|latest| issue.issued > latest) {
            faults.push(format!(
                "it was issued at {}, ahead of the clock, {}",
                at(issue.issued),
                at(now)
            ));
        }
        if now >= until {
            faults.push(format!("it is stale since {}; get a newer one", at(until)));
        }
        faults
    }

    /// Returns the time from which on the statement is stale. The power of its issuer can end
    /// earlier.
    fn fresh_until(&self, issue: &Issue<'_>) -> OffsetDateTime {
        // An end that is out of range is later than any.
        let max_stale = self.max_stale.and_then(|age| age.from(issue.issued).ok());
        let power = issue.authority.map(Token::expires);
        let ends = [max_stale, power].into_iter().flatten();
        ends.fold(issue.next, OffsetDateTime::min)
    }
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
