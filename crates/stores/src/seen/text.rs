//! The text of a state file.
//!
//! ```text
//! deputize seen v1
//! id 9f3c…                                  random: another file in its place has another id
//! writes 17                                 an older copy has fewer
//! series revocations ed25519/… own          ascending; kind, issuer and scope
//! head 17 2026-11-23T18:00:00Z 4f0c…        ascending; sequence, time of issue and digest
//! rejected 16 2026-11-23T17:00:00Z 88ab…    ascending; heads that the operator decided against
//! final                                     nothing newer is taken
//! sum 7d1e…                                 SHA-256 of the lines before it
//! ```
//!
//! A text is accepted only if it is, byte for byte, the text that would be written for its values.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter, Write as _};
use std::iter::Peekable;
use std::str::Lines;

use deputize::limits::{MAX_HEADS, MAX_HELD_SERIES, MAX_REJECTED_HEADS};
use deputize::{SeriesHead, SeriesId, SeriesState};
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

const FIRST_LINE: &str = "deputize seen v1";

/// The most series in a file. Each process holds at most `MAX_HELD_SERIES` of issuers that no trust
/// anchor names, and does not know what the others hold: eight processes find room, and those of
/// root keys beside them.
pub(crate) const MAX_SERIES: usize = 8 * MAX_HELD_SERIES + 1_024;

/// Bytes of the longest text: 24 MB. A series has one line of 155 bytes, four heads in lines of
/// 111, and sixteen rejected ones in lines of 115; usually it has one head.
pub(crate) const MAX_BYTES: u64 = 2_560 * 9_216 + 512;
const _: () = assert!(MAX_SERIES == 9_216, "`MAX_BYTES` is for this number");

/// Characters of a foreign first line that an error shows.
const MAX_SHOWN: usize = 80;

/// The contents of a state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: [u8; 16],
    /// The number of times that the file was replaced.
    pub(crate) writes: u64,
    pub(crate) series: BTreeMap<SeriesId, SeriesState>,
}

/// The reason why a text is not a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Foreign { found: String },
    Damaged { line: usize, why: &'static str },
}

impl Seen {
    pub(crate) fn new(id: [u8; 16]) -> Self {
        Self { id, writes: 0, series: BTreeMap::new() }
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if first != FIRST_LINE.as_bytes() {
            let found = String::from_utf8_lossy(first).chars().take(MAX_SHOWN).collect();
            return Err(Fault::Foreign { found });
        }
        let end = bytes.iter().filter(|byte| **byte == b'\n').count().max(1);
        let text = str::from_utf8(bytes).ok().and_then(checked).ok_or(Fault::Damaged {
            line: end,
            why: "is not the checksum of those before it: the file was cut off or changed",
        })?;
        let mut lines = Reader { lines: text.lines().peekable(), number: 1 };
        lines.lines.next();
        let seen = lines.seen()?;
        match seen.body() == text {
            true => Ok(seen),
            false => Err(Fault::Damaged { line: 1, why: "begins a text in another spelling" }),
        }
    }

    /// Everything but the checksum.
    fn body(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{FIRST_LINE}");
        let _ = writeln!(text, "id {:032x}", u128::from_be_bytes(self.id));
        let _ = writeln!(text, "writes {}", self.writes);
        for state in self.series.values() {
            let SeriesId { kind, issuer, scope } = state.series;
            let _ = writeln!(text, "series {kind} {issuer} {scope}");
            for head in &state.heads {
                let _ = writeln!(text, "head {}", HeadText(head));
            }
            for head in &state.rejected {
                let _ = writeln!(text, "rejected {}", HeadText(head));
            }
            if state.is_final {
                let _ = writeln!(text, "final");
            }
        }
        text
    }
}

impl Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let body = self.body();
        writeln!(f, "{body}sum {}", sum_of(&body))
    }
}

/// Returns the text without its last line, which must be the checksum.
fn checked(text: &str) -> Option<&str> {
    let (before, sum) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let body = text.get(..before.len().checked_add(1)?)?;
    (sum.strip_prefix("sum ")? == sum_of(body)).then_some(body)
}

fn sum_of(body: &str) -> String {
    let mut sum = String::new();
    for byte in Sha256::digest(body) {
        let _ = write!(sum, "{byte:02x}");
    }
    sum
}

struct HeadText<'a>(&'a SeriesHead);

impl Display for HeadText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let SeriesHead { sequence, digest, issued } = self.0;
        let issued = issued.to_offset(UtcOffset::UTC).format(&Rfc3339).map_err(|_| fmt::Error)?;
        write!(f, "{sequence} {issued} {digest}")
    }
}

struct Reader<'a> {
    lines: Peekable<Lines<'a>>,
    /// The number of the line that was read last.
    number: usize,
}

impl<'a> Reader<'a> {
    fn seen(&mut self) -> Result<Seen, Fault> {
        let id = self.required("id", "is not `id` and 32 digits", |text| {
            u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
        })?;
        let writes = self.required("writes", "is not `writes NUMBER`", |text| text.parse().ok())?;
        let mut seen = Seen { id, writes, series: BTreeMap::new() };
        while self.lines.peek().is_some() {
            let state = self.state()?;
            if seen.series.len() >= MAX_SERIES {
                return Err(self.damaged("is of one series more than fit"));
            }
            if seen.series.insert(state.series, state).is_some() {
                return Err(self.damaged("is of a series that occurs twice"));
            }
        }
        Ok(seen)
    }

    fn state(&mut self) -> Result<SeriesState, Fault> {
        let series = self.required("series", "is not `series KIND KEY SCOPE`", series)?;
        let mut state =
            SeriesState { series, heads: Vec::new(), rejected: Vec::new(), is_final: false };
        while let Some(head) = self.optional("head", "is not `head NUMBER TIME DIGEST`", head)? {
            state.heads.push(head);
        }
        while let Some(head) =
            self.optional("rejected", "is not `rejected NUMBER TIME DIGEST`", head)?
        {
            state.rejected.push(head);
        }
        state.is_final = self.lines.next_if_eq(&"final").is_some();
        self.number = self.number.saturating_add(usize::from(state.is_final));
        fault_of(&state).map_or(Ok(state), |why| Err(self.damaged(why)))
    }

    fn required<T>(
        &mut self,
        word: &str,
        why: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Fault> {
        let line = self.number.saturating_add(1);
        self.optional(word, why, read)?.ok_or(Fault::Damaged { line, why })
    }

    fn optional<T>(
        &mut self,
        word: &str,
        why: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let value = |line: &&'a str| line.strip_prefix(word)?.strip_prefix(' ');
        let Some(value) = self.lines.peek().and_then(value) else { return Ok(None) };
        self.lines.next();
        self.number = self.number.saturating_add(1);
        read(value).map(Some).ok_or_else(|| self.damaged(why))
    }

    fn damaged(&self, why: &'static str) -> Fault {
        Fault::Damaged { line: self.number, why }
    }
}

fn series(text: &str) -> Option<SeriesId> {
    let (kind, rest) = text.split_once(' ')?;
    let (issuer, scope) = rest.split_once(' ')?;
    Some(SeriesId {
        kind: kind.parse().ok()?,
        issuer: issuer.parse().ok()?,
        scope: scope.parse().ok()?,
    })
}

fn head(text: &str) -> Option<SeriesHead> {
    let (sequence, rest) = text.split_once(' ')?;
    let (issued, digest) = rest.split_once(' ')?;
    let issued = OffsetDateTime::parse(issued, &Rfc3339).ok()?;
    Some(SeriesHead { sequence: sequence.parse().ok()?, issued, digest: digest.parse().ok()? })
}

/// Finds a value that a state cannot have. The fault is the end of a sentence.
pub(crate) fn fault_of(state: &SeriesState) -> Option<&'static str> {
    let SeriesState { heads, rejected, .. } = state;
    let is_possible = |head: &SeriesHead| {
        let issued = u64::try_from(head.issued.unix_timestamp()).unwrap_or(0);
        head.issued.nanosecond() == 0 && (1..=issued).contains(&head.sequence)
    };
    let ascend = |heads: &[SeriesHead]| heads.is_sorted_by(|one, next| one < next);
    let is_rejected = |head: &SeriesHead| rejected.iter().any(|own| own.digest == head.digest);
    if !(1..=MAX_HEADS).contains(&heads.len()) || rejected.len() > MAX_REJECTED_HEADS {
        Some("is of a series without heads, or with too many")
    } else if !heads.iter().chain(rejected).all(is_possible) {
        Some("is of a series with a sequence or a time that is not possible")
    } else if !(ascend(heads) && ascend(rejected)) || heads.iter().any(is_rejected) {
        Some("is of a series with heads in the wrong order, or twice")
    } else {
        None
    }
}
