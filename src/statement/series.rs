//! Series of statements, each of which replaces the one before it.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter, Write as _};
use std::str::FromStr;

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::limits::{MAX_ENDED_HEADS, MAX_SHOWN_VALUE};
use crate::statement::digest::StatementDigest;
use crate::statement::error::{StatementError, require_at_most};
use crate::statement::kind::StatementKind;
use crate::statement::lines::{Lines, key, number, time};
use crate::text::escape::truncated;

/// The chains that a series of statements is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatementScope {
    /// The chains in which the issuer is the root key or a delegate.
    Own,
    /// The chains that start with this root key. The issuer is a revoker that the verifier's trust
    /// anchor for the root key names.
    Root(PublicKey),
    /// The chains that start with the root key of the attached token. This is the token's last hop.
    Power(HopId),
    /// All chains that a verifier accepts if it names the issuer. Only directories have this scope.
    Named,
}

impl StatementScope {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "own" => Some(Self::Own),
            "named" => Some(Self::Named),
            _ => match text.split_once(' ')? {
                ("root", root) => key(root).map(Self::Root),
                ("power", hop) => hop.parse().ok().map(Self::Power),
                _ => None,
            },
        }
    }
}

/// Writes the value of the line `scope`.
impl Display for StatementScope {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Named => f.write_str("named"),
            Self::Root(root) => write!(f, "root {root}"),
            Self::Power(hop) => write!(f, "power {hop}"),
        }
    }
}

impl FromStr for StatementScope {
    type Err = StatementError;

    /// Reads the value of the line `scope`. Each value has one spelling.
    fn from_str(text: &str) -> Result<Self, StatementError> {
        let found = Self::parse(text).filter(|scope| scope.to_string() == text);
        found.ok_or_else(|| StatementError::NotAScope { text: truncated(text, MAX_SHOWN_VALUE) })
    }
}

/// A series of statements: those of one kind by one issuer about the same chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId {
    /// The kind.
    pub kind: StatementKind,
    /// The key that signs.
    pub issuer: PublicKey,
    /// The chains that the statements are about.
    pub scope: StatementScope,
}

impl SeriesId {
    /// Checks that a statement is one of this series.
    pub(crate) fn require(&self, found: &Self) -> Result<(), StatementError> {
        if self == found {
            return Ok(());
        }
        let (expected, found) = (self.to_string(), found.to_string());
        Err(StatementError::OtherSeries { expected, found })
    }
}

impl Display for SeriesId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}, scope {}", self.kind.as_str(), self.issuer, self.scope)
    }
}

/// The name of the lines `ends` in an error about their number.
const ENDED: &str = "heads of a fork that it ends";

/// The place of a statement in its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) series: SeriesId,
    /// At least 1, and at most the seconds from 1970 to `issued`, so that a next sequence is always
    /// possible.
    pub(crate) sequence: u64,
    pub(crate) issued: UnixTime,
    pub(crate) next: UnixTime,
    pub(crate) previous: Option<StatementDigest>,
    /// The heads of a fork that this statement ends.
    pub(crate) ends: BTreeSet<StatementDigest>,
}

impl Issue {
    /// Reads the lines that all series begin with.
    pub(crate) fn read(kind: StatementKind, lines: &mut Lines<'_>) -> Result<Self, StatementError> {
        let issuer = lines.first(kind)?;
        let scope = lines.parse(
            "scope",
            "scope own, scope root KEY, scope power HOP, or scope named",
            StatementScope::parse,
        )?;
        let sequence = lines.parse("sequence", "sequence NUMBER, at least 1", |text| {
            number(text).filter(|sequence| *sequence > 0)
        })?;
        let issued = lines.parse("issued", "issued TIME", time)?;
        let next = lines.parse("next", "next TIME", time)?;
        let digest = |text: &str| text.parse::<StatementDigest>().ok();
        let previous = lines.optional("previous", "previous DIGEST", digest)?;
        let mut ends = BTreeSet::new();
        let mut count = 0_u64;
        while let Some(head) = lines.optional("ends", "ends DIGEST", digest)? {
            count = count.saturating_add(1);
            require_at_most(ENDED, count, MAX_ENDED_HEADS)?;
            ends.insert(head);
        }
        let series = SeriesId { kind, issuer, scope };
        let own = Self { series, sequence, issued, next, previous, ends };
        own.check()?;
        Ok(own)
    }

    /// Checks the rules that apply to reading and to writing.
    pub(crate) fn check(&self) -> Result<(), StatementError> {
        let Self { sequence, issued, next, ends, .. } = self;
        if next <= issued {
            let [issued, next] = [*issued, *next].map(UnixTime::to_datetime);
            return Err(StatementError::NextNotLater { issued, next });
        }
        if *sequence > issued.seconds() {
            let (sequence, issued) = (*sequence, issued.to_datetime());
            return Err(StatementError::SequenceAhead { sequence, issued });
        }
        require_at_most(ENDED, u64::try_from(ends.len()).unwrap_or(u64::MAX), MAX_ENDED_HEADS)
    }

    /// Checks that a statement after this one can be issued at this time.
    pub(crate) fn require_before(&self, issued: UnixTime) -> Result<(), StatementError> {
        if issued >= self.issued {
            return Ok(());
        }
        let (before, now) = (self.issued.to_datetime(), issued.to_datetime());
        Err(StatementError::BeforePrevious { before, now })
    }

    /// Returns the place of the next statement of the series.
    pub(crate) fn followed_by(
        &self,
        own: StatementDigest,
        issued: UnixTime,
        next: UnixTime,
    ) -> Result<Self, StatementError> {
        self.require_before(issued)?;
        let sequence = self.sequence.saturating_add(1);
        let (series, ends) = (self.series, self.ends.clone());
        let next = Self { series, sequence, issued, next, previous: Some(own), ends };
        next.check()?;
        Ok(next)
    }

    pub(crate) fn write(&self, text: &mut String) {
        let Self { series, sequence, issued, next, previous, ends } = self;
        let SeriesId { kind, issuer, scope } = series;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "deputize {} v1 {issuer}\nscope {scope}\nsequence {sequence}\nissued {issued}\nnext {next}\n",
            kind.as_str()
        );
        if let Some(digest) = previous {
            let _ = writeln!(text, "previous {digest}");
        }
        for digest in ends {
            let _ = writeln!(text, "ends {digest}");
        }
    }

    pub(crate) fn issued_at(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }
}

/// Returns the heads that a statement ends, apart from `newest`, the statement that it names as the
/// one before it. They are the other heads of the fork, and the statements before all heads: a
/// verifier that missed a head still has the statement before that head.
pub(crate) fn ended_heads<'a>(
    before: impl Iterator<Item = (&'a Issue, StatementDigest)> + Clone,
    newest: StatementDigest,
) -> BTreeSet<StatementDigest> {
    let is_fork = before.clone().count() > 1;
    let heads = before.clone().flat_map(|(issue, digest)| [Some(digest), issue.previous]);
    let heads = heads.flatten().filter(|head| is_fork && *head != newest);
    let heads: BTreeSet<_> = heads.collect();
    // Heads of earlier forks are repeated while there is room, for verifiers that missed the end of
    // those forks.
    let earlier = before.flat_map(|(issue, _)| issue.ends.iter().copied());
    let all: BTreeSet<_> = heads.iter().copied().chain(earlier).collect();
    let is_room = u64::try_from(all.len()).is_ok_and(|count| count <= MAX_ENDED_HEADS);
    if is_room { all } else { heads }
}
