//! Lints about the grant as a whole.

use time::OffsetDateTime;

use super::code::LintCode;
use super::finding::GrantLint;
use crate::grant::Grant;
use crate::instant::{Span, UnixTime};
use crate::limits::LONG_LIFETIME;

/// A lifetime over a day.
pub(super) fn long_lifetime(grant: &Grant, issued: OffsetDateTime) -> Option<GrantLint> {
    let issued = UnixTime::from(issued);
    let start = grant.not_before.map_or(issued, |start| start.max(issued));
    let seconds = grant.expires.since(start);
    let most = LONG_LIFETIME.whole_seconds().unsigned_abs();
    (seconds > most).then(|| {
        let message = format!("the grant is valid for {}", Span(seconds));
        let instead = "choose an expiry within a day, and renew the grant while it is needed";
        GrantLint::new(LintCode::LongLifetime, message, instead)
    })
}

/// Allowed delegates that no hop can go to.
pub(super) fn unused_delegates(grant: &Grant) -> Option<GrantLint> {
    let keys = grant.allowed_delegates.as_ref().filter(|_| grant.max_hops == 0)?;
    let message = format!(
        "the grant allows delegation to {} {} and no further hop",
        keys.len(),
        if keys.len() == 1 { "key" } else { "keys" }
    );
    let instead = "set the number of further hops to at least 1, or leave the keys out";
    Some(GrantLint::new(LintCode::UnusedDelegates, message, instead))
}
