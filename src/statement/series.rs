//! Series of statements, each of which replaces the one before it.

use std::fmt::{self, Display, Formatter, Write as _};

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::statement::digest::StatementDigest;
use crate::statement::error::StatementError;
use crate::statement::kind::{MAX_SEQUENCE, StatementKind};
use crate::statement::lines::{Lines, key, number, time};

/// The chains that a series of statements is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatementScope {
    /// Those in which the issuer is the root key or a delegate.
    Own,
    /// Those that start with this root key. The issuer needs a power that comes from it.
    Root(PublicKey),
    /// Those that a verifier accepts which names the issuer. Only directories.
    Named,
}

impl StatementScope {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "own" => Some(Self::Own),
            "named" => Some(Self::Named),
            _ => text.strip_prefix("root ").and_then(key).map(Self::Root),
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
        }
    }
}

/// A series of statements: those of one kind by one issuer about the same chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId {
    /// The kind.
    pub kind: StatementKind,
    /// The key that signs.
    pub issuer: PublicKey,
    /// The chains that it is about.
    pub scope: StatementScope,
}

impl Display for SeriesId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}, scope {}", self.kind.as_str(), self.issuer, self.scope)
    }
}

/// The place of a statement in its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) series: SeriesId,
    /// At least 1.
    pub(crate) sequence: u64,
    pub(crate) issued: UnixTime,
    pub(crate) next: UnixTime,
    /// At most two, in ascending order.
    pub(crate) previous: Vec<StatementDigest>,
}

impl Issue {
    /// Reads the lines that all series begin with.
    pub(crate) fn read(kind: StatementKind, lines: &mut Lines<'_>) -> Result<Self, StatementError> {
        let issuer = lines.first(kind)?;
        let scope = lines.parse(
            "scope",
            "scope own, scope named, or scope root KEY",
            StatementScope::parse,
        )?;
        let sequence = lines.parse("sequence", "sequence NUMBER, at least 1", |text| {
            number(text).filter(|sequence| *sequence > 0)
        })?;
        let issued = lines.parse("issued", "issued TIME", time)?;
        let next = lines.parse("next", "next TIME", time)?;
        let mut previous: Vec<StatementDigest> = Vec::new();
        while let Some(digest) =
            lines.optional("previous", "previous DIGEST", |text| text.parse().ok())?
        {
            if previous.len() >= 2 || previous.last().is_some_and(|last| *last >= digest) {
                return Err(lines.wrong("previous DIGEST, at most two, in ascending order"));
            }
            previous.push(digest);
        }
        if next <= issued {
            let [issued, next] = [issued, next].map(UnixTime::to_datetime);
            return Err(StatementError::NextNotLater { issued, next });
        }
        Ok(Self { series: SeriesId { kind, issuer, scope }, sequence, issued, next, previous })
    }

    /// Returns the place of the next statement of the series.
    pub(crate) fn followed_by(
        &self,
        own: StatementDigest,
        issued: UnixTime,
        next: UnixTime,
    ) -> Result<Self, StatementError> {
        if issued < self.issued {
            let (before, now) = (self.issued.to_datetime(), issued.to_datetime());
            return Err(StatementError::BeforePrevious { before, now });
        }
        let sequence = self.sequence.checked_add(1).filter(|sequence| *sequence <= MAX_SEQUENCE);
        let sequence = sequence.ok_or(StatementError::NoSequenceLeft)?;
        Ok(Self { series: self.series, sequence, issued, next, previous: vec![own] })
    }

    pub(crate) fn write(&self, text: &mut String) {
        let Self { series: SeriesId { kind, issuer, scope }, sequence, issued, next, previous } =
            self;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "deputize {} v1 {issuer}\nscope {scope}\nsequence {sequence}\nissued {issued}\nnext {next}\n",
            kind.as_str()
        );
        for digest in previous {
            let _ = writeln!(text, "previous {digest}");
        }
    }

    pub(crate) fn issued_at(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }
}
