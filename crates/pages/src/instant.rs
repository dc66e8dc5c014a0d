//! Times and spans in words.

use deputize::time::OffsetDateTime;
use deputize::time::format_description::well_known::Rfc3339;

/// Returns a time in RFC 3339.
pub(crate) fn time_text(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_else(|_| "a time that cannot be written".to_owned())
}

/// Returns the time that is this many seconds after 1970 in RFC 3339.
pub(crate) fn seconds_text(seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds);
    at.map_or_else(|_| "a time that cannot be written".to_owned(), time_text)
}

/// Returns a number of seconds in its largest unit that divides it: `15 minutes`, `1 day`.
pub(crate) fn span_text(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let divides = |(unit, _): &(i64, &str)| seconds.checked_rem(*unit) == Some(0);
    let (unit, word) = UNITS.into_iter().find(divides).unwrap_or((1, "second"));
    let number = seconds.checked_div(unit).unwrap_or(seconds);
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
