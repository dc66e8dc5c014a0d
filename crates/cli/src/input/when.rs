//! Times and durations as people write them, and the clock.

use std::str::FromStr;

use clap::Args;
use deputize::text::{Backticked, rfc3339};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::output::Error;

/// The time to use in place of the clock's.
#[derive(Debug, Args)]
pub struct AtArgs {
    /// Use this time instead of the clock, such as 2026-11-23T18:00:00Z.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) at: Option<String>,
}

impl AtArgs {
    /// Returns the time that `--at` gives, or the clock's.
    ///
    /// # Errors
    ///
    /// If `--at` is not a time in RFC 3339.
    pub fn now(&self) -> Result<OffsetDateTime, Error> {
        self.at.as_deref().map_or_else(
            || Ok(OffsetDateTime::now_utc()),
            |text| time(text).map_err(|e| Error::about("--at", e)),
        )
    }
}

/// The start or the end of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This number of seconds from now.
    After(u32),
    /// This time.
    At(OffsetDateTime),
}

impl When {
    /// Returns the time, counting a duration from `now`.
    ///
    /// # Errors
    ///
    /// [`WhenError::OutOfRange`] after the year 9999.
    pub fn from(self, now: OffsetDateTime) -> Result<OffsetDateTime, WhenError> {
        match self {
            Self::At(time) => Ok(time),
            Self::After(seconds) => {
                now.checked_add(Duration::seconds(seconds.into())).ok_or(WhenError::OutOfRange)
            }
        }
    }
}

impl FromStr for When {
    type Err = WhenError;

    /// Reads `15m`, `8h`, `2d`, `1h30m`, or a time in RFC 3339.
    fn from_str(text: &str) -> Result<Self, WhenError> {
        // Only a time has a colon.
        if text.contains(':') { time(text).map(Self::At) } else { duration(text).map(Self::After) }
    }
}

/// Reads a time in RFC 3339.
///
/// # Errors
///
/// [`WhenError`] for any other text, and for a time before 1970.
pub fn time(text: &str) -> Result<OffsetDateTime, WhenError> {
    let time = rfc3339(text).ok_or_else(|| WhenError::Time { found: text.to_owned() })?;
    // Tokens count seconds from 1970.
    if time.unix_timestamp() < 0 { Err(WhenError::OutOfRange) } else { Ok(time) }
}

/// Reads the seconds of a duration such as `1h30m`: numbers, each with a unit. Units are lower
/// case, so that nobody takes minutes for months.
fn duration(text: &str) -> Result<u32, WhenError> {
    let unreadable = || WhenError::Duration { found: text.to_owned() };
    let mut rest = text;
    let mut total: u32 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(unreadable)?;
        let (count, tail) = rest.split_at_checked(end).ok_or_else(unreadable)?;
        let unit = tail.chars().next().ok_or_else(unreadable)?;
        let size: u32 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(unreadable()),
        };
        if count.is_empty() {
            return Err(unreadable());
        }
        let count: u32 = count.parse().map_err(|_| WhenError::OutOfRange)?;
        let seconds = count.checked_mul(size).ok_or(WhenError::OutOfRange)?;
        total = total.checked_add(seconds).ok_or(WhenError::OutOfRange)?;
        rest = tail.get(unit.len_utf8()..).unwrap_or_default();
    }
    if text.is_empty() {
        Err(unreadable())
    } else {
        Some(total).filter(|t| *t > 0).ok_or(WhenError::Zero)
    }
}

/// The reason why a text is not a duration or a time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WhenError {
    /// The text is not a duration, and has no colon as a time has.
    #[error(
        "{} is not a duration, such as `15m`, `8h`, `2d` or `1h30m` (units: s, m, h, d, w), or a time, such as `2026-11-23T18:00:00Z`",
        Backticked(found)
    )]
    Duration {
        /// The text.
        found: String,
    },
    /// The text has a colon and is not a time.
    #[error("{} is not a time in RFC 3339, such as `2026-11-23T18:00:00Z`", Backticked(found))]
    Time {
        /// The text.
        found: String,
    },
    /// The duration is zero.
    #[error("the duration is zero; give at least one second")]
    Zero,
    /// The time is before 1970 or after 9999, or the duration is too long.
    #[error("out of range: a time must be between 1970 and 9999, and a duration below 136 years")]
    OutOfRange,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, seconds) in [
            ("1s", 1),
            ("15m", 900),
            ("8h", 28_800),
            ("2d", 172_800),
            ("1w", 604_800),
            ("1h30m", 5_400),
            ("0h5m", 300),
        ] {
            assert_eq!(text.parse(), Ok(When::After(seconds)), "{text}");
        }
    }

    #[test]
    fn ambiguous_durations_are_refused() {
        for text in ["", "15", "15M", "8 h", "-1h", "1.5h", "h", "1hm", "+1h", "1y", "tomorrow"] {
            let refused = When::from_str(text).unwrap_err();
            assert!(matches!(refused, WhenError::Duration { .. }), "{text}: {refused}");
        }
        assert_eq!(When::from_str("0s"), Err(WhenError::Zero));
        assert_eq!(When::from_str("0h0m"), Err(WhenError::Zero));
        for text in ["4294967296s", "7102w", "4294967295s1s", "99999999999999999999d"] {
            assert_eq!(When::from_str(text), Err(WhenError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        let at = When::from_str("2026-11-23T18:00:00+01:00").unwrap();
        assert_eq!(at.from(OffsetDateTime::UNIX_EPOCH).unwrap().unix_timestamp(), 1_795_453_200);
        for text in ["2026-11-23T18:00", "2026-11-23 18:00:00", "18:00", "2026-13-01T00:00:00Z"] {
            assert!(matches!(When::from_str(text), Err(WhenError::Time { .. })), "{text}");
        }
        assert_eq!(When::from_str("1969-12-31T23:59:59Z"), Err(WhenError::OutOfRange));
    }

    #[test]
    fn times_end_with_the_year_9999() {
        let late = time("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(When::After(1).from(late), Err(WhenError::OutOfRange));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9smhdwMTZ:. -]{0,12}|\\PC{0,12}") {
            let _ = When::from_str(&text);
        }
    }
}
