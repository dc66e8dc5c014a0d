//! Points in time in whole seconds, the only resolution of Biscuit's dates.
//!
//! A fraction of a second never extends authority: a bound from below is rounded up
//! ([`UnixTime::lower_bound`]), and a bound from above is rounded down ([`UnixTime::upper_bound`],
//! [`whole_seconds`]). The current time is the second that has begun.

use std::fmt::{self, Display, Formatter};

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// Returns the whole seconds of a duration, rounded down, and 0 for a negative one. Every duration
/// here is an upper bound: a window, a tolerance, a lifetime.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    u64::try_from(duration.whole_seconds()).unwrap_or(0)
}

/// Reads a time in RFC 3339, such as `2026-11-23T18:00:00Z`.
///
/// It must have `T` or `t` between date and time. The parser of the crate `time` skips any byte
/// there.
pub fn rfc3339(text: &str) -> Option<OffsetDateTime> {
    matches!(text.as_bytes().get(10), Some(b'T' | b't')).then_some(())?;
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// Returns the time that is this many seconds after 1970-01-01T00:00:00Z, as other languages and
/// JSON give times. Returns `None` for a number that is negative or beyond the year 9999, or is not
/// a number.
///
/// A fraction is kept. If a time is used as a bound, the library rounds it: a beginning up, and an
/// end down.
///
/// ```
/// let at = deputize::from_unix(1_795_456_800.5).unwrap();
/// assert_eq!((at.unix_timestamp(), at.millisecond()), (1_795_456_800, 500));
/// assert_eq!(deputize::from_unix(-1.0), None);
/// ```
pub fn from_unix(seconds: f64) -> Option<OffsetDateTime> {
    let since = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    UnixTime::from_seconds(since.as_secs())?;
    OffsetDateTime::UNIX_EPOCH.checked_add(since.try_into().ok()?)
}

/// Seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UnixTime(u64);

impl UnixTime {
    /// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
    pub(crate) const MAX: Self = Self(253_402_300_799);

    /// Returns the first whole second that does not begin before `at`, for a time from which on
    /// something is valid.
    pub(crate) fn lower_bound(at: OffsetDateTime) -> Self {
        let second = Self::from(at);
        if at.unix_timestamp() >= 0 && at.nanosecond() > 0 { second.plus(1) } else { second }
    }

    /// Returns the last whole second that does not begin after `at`, for a time at which something
    /// ends.
    pub(crate) fn upper_bound(at: OffsetDateTime) -> Self {
        Self::from(at)
    }

    pub(crate) fn from_seconds(seconds: u64) -> Option<Self> {
        Some(Self(seconds)).filter(|at| *at <= Self::MAX)
    }

    pub(crate) fn seconds(self) -> u64 {
        self.0
    }

    pub(crate) fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds)).min(Self::MAX)
    }

    pub(crate) fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Returns the seconds from `earlier` to this time, and 0 if `earlier` is later.
    pub(crate) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn to_datetime(self) -> OffsetDateTime {
        i64::try_from(self.0)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// Returns the second that has begun, for the current time. A time before 1970 or after 9999 is
/// clamped to that bound.
impl From<OffsetDateTime> for UnixTime {
    fn from(at: OffsetDateTime) -> Self {
        Self(u64::try_from(at.unix_timestamp()).unwrap_or(0)).min(Self::MAX)
    }
}

/// Writes RFC 3339 in UTC.
impl Display for UnixTime {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.to_datetime().format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// A number of seconds in at most two units: `45 s`, `15 min`, `8 h`, `2 d 3 h`.
pub(crate) struct Span(pub(crate) u64);

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
        let mut rest = self.0;
        let mut written = 0;
        for (size, unit) in UNITS {
            let count = rest.checked_div(size).unwrap_or(0);
            rest = rest.checked_rem(size).unwrap_or(0);
            if count > 0 && written < 2 {
                write!(f, "{}{count} {unit}", if written == 0 { "" } else { " " })?;
                written = if written == 0 { 1 } else { 2 };
            } else if written == 1 {
                written = 2;
            }
        }
        if written == 0 { f.write_str("0 s") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (45, "45 s"),
            (900, "15 min"),
            (930, "15 min 30 s"),
            (28_800, "8 h"),
            (183_600, "2 d 3 h"),
            (172_805, "2 d"),
        ] {
            assert_eq!(Span(seconds).to_string(), text);
        }
    }

    #[test]
    fn fractions_of_a_second_are_rounded_down_or_up() {
        let at = |nanoseconds| OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
        for (nanoseconds, floor, ceiling) in [
            (-1_500_000_000, 0, 0),
            (-1, 0, 0),
            (0, 0, 0),
            (1, 0, 1),
            (5_900_000_000, 5, 6),
            (6_000_000_000, 6, 6),
            (253_402_300_799_000_000_001, UnixTime::MAX.0, UnixTime::MAX.0),
        ] {
            let seconds = |of: fn(OffsetDateTime) -> UnixTime| at(nanoseconds).map(of);
            assert_eq!(seconds(UnixTime::from), Ok(UnixTime(floor)), "{nanoseconds}");
            assert_eq!(seconds(UnixTime::upper_bound), Ok(UnixTime(floor)), "{nanoseconds}");
            assert_eq!(seconds(UnixTime::lower_bound), Ok(UnixTime(ceiling)), "{nanoseconds}");
        }
    }

    #[test]
    fn times_are_written_in_rfc_3339() {
        assert_eq!(UnixTime(1_795_456_800).to_string(), "2026-11-23T18:00:00Z");
        assert_eq!(UnixTime::MAX.to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(UnixTime::from_seconds(u64::MAX), None);
    }
}
