//! Statements that values were erased.

use std::fmt::{self, Display, Formatter, Write as _};
use std::str::FromStr;

use deputize::text::Backticked;
use deputize::{FieldKind, Note, NoteError, PublicKey, Resource, Signer, Token};
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::checkpoint::Origin;
use crate::limits::MAX_TREE_SIZE;
use crate::tree::Hash;

const START: &str = "deputize erasure v1 ";
const AUTHORITY: &str = "authority ";

/// The operation that every hop of an authority must grant by this name.
const ERASE: &str = "deputize.log";

/// The reason of an erasure: a closed list, since it stays for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErasureReason {
    /// Somebody whom the values are about asked for it.
    Request,
    /// The values were kept for as long as the operator keeps them.
    Retention,
    /// A law or a court asked for it.
    Law,
    /// The values should not have been recorded.
    Mistake,
}

impl ErasureReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Request, Self::Retention, Self::Law, Self::Mistake];

    /// Returns the stable text, as in a statement.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Retention => "retention",
            Self::Law => "law",
            Self::Mistake => "mistake",
        }
    }
}

impl FromStr for ErasureReason {
    type Err = ErasureError;

    fn from_str(text: &str) -> Result<Self, ErasureError> {
        let found = Self::ALL.into_iter().find(|why| why.as_str() == text);
        found.ok_or_else(|| ErasureError::Reason { found: text.to_owned() })
    }
}

/// Records whose values are erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedRange {
    /// The index of the first record.
    pub first: u64,
    /// The index of the last record.
    pub last: u64,
    /// The kinds of the values, in their order; `None` for all.
    pub kinds: Option<Vec<FieldKind>>,
}

impl ErasedRange {
    /// Returns true if the values of this kind of this record are erased.
    pub fn has(&self, index: u64, kind: FieldKind) -> bool {
        let is_kind = self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
        (self.first..=self.last).contains(&index) && is_kind
    }
}

/// A statement that values of a log are erased. It is about records that its signer could see: those of
/// the tree that it names, and no later ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The key that signs: the log's own, one of its erasers, or the holder of the authority.
    pub key: PublicKey,
    /// The log.
    pub origin: Origin,
    /// A size of its tree.
    pub size: u64,
    /// The root of the tree of this size.
    pub root: Hash,
    /// The time of the statement.
    pub issued: OffsetDateTime,
    /// The reason.
    pub why: ErasureReason,
    /// The token that gives the signer the power, if it has it by a delegation: an eraser of the log is
    /// the root key, and every hop grants `deputize.log` on `log/ID`, with the id of the log.
    pub authority: Option<Token>,
    /// The records, ascending.
    pub ranges: Vec<ErasedRange>,
}

impl Erasure {
    /// Signs the statement.
    ///
    /// # Errors
    ///
    /// [`ErasureError`] if the signer has another key, or no reader accepts the statement.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<Note, ErasureError> {
        if signer.public_key() != self.key {
            return Err(ErasureError::OtherKey);
        }
        let note = Note::new(self.to_string())?.signed_by(self.key.to_string(), signer)?;
        // The time is stated in whole seconds.
        Self::parse(&note)?;
        Ok(note)
    }

    /// Reads a statement, and checks that the key that it names signed it, and nobody else. Whether that
    /// key may erase, and whether the tree is that of the log, is for the reader of the log to check.
    ///
    /// # Errors
    ///
    /// [`ErasureError`] with the rule that it breaks.
    pub fn parse(note: &Note) -> Result<Self, ErasureError> {
        let (mut own, authority) = read(note.text()).ok_or(ErasureError::NotAnErasure)?;
        let name = own.key.to_string();
        if note.claimed_names().count() != 1 {
            return Err(ErasureError::OtherKey);
        }
        note.verify(&name, &own.key)?;
        if let Some(text) = authority {
            let token = Token::parse(&text);
            own.authority =
                Some(token.map_err(|why| ErasureError::Authority { why: why.to_string() })?);
        }
        if own.to_string() != note.text() {
            return Err(ErasureError::Spelling);
        }
        own.require_rules()?;
        Ok(own)
    }

    /// Checks that the signer may erase in a log with these erasers, beside its own key, by a record of
    /// this time.
    pub(crate) fn require_power(
        &self,
        erasers: &[PublicKey],
        at: OffsetDateTime,
    ) -> Result<(), ErasureError> {
        let Some(token) = &self.authority else {
            let may = self.key == *self.origin.key() || erasers.contains(&self.key);
            return may.then_some(()).ok_or(ErasureError::MayNotErase { key: Box::new(self.key) });
        };
        // The key of a log is not the root of anything.
        let root = token.root_key();
        if !erasers.contains(&root) || root == *self.origin.key() {
            return Err(ErasureError::MayNotErase { key: Box::new(root) });
        }
        if token.holder().key() != self.key {
            return Err(ErasureError::OtherKey);
        }
        let why = |why: &dyn Display| ErasureError::Authority { why: why.to_string() };
        let log = format!("log/{}", hex::encode(self.origin.id()));
        let log = log.parse::<Resource>().map_err(|error| why(&error))?;
        token.require_power(ERASE, &log, at).map_err(|error| why(&error))
    }

    fn require_rules(&self) -> Result<(), ErasureError> {
        if self.ranges.is_empty() {
            return Err(ErasureError::NotAnErasure);
        }
        let mut next = 0;
        for range in &self.ranges {
            if range.first < next || range.last < range.first || range.last >= self.size {
                return Err(ErasureError::Range { first: range.first, last: range.last });
            }
            next = range.last.saturating_add(1);
            let Some(kinds) = &range.kinds else { continue };
            for kind in kinds {
                let along = kind.takes_along().iter().find(|along| !kinds.contains(along));
                if let Some(along) = along {
                    return Err(ErasureError::Left { kind: *kind, along: *along });
                }
            }
        }
        Ok(())
    }
}

/// Reads the text, and apart from it the token, which costs signature checks.
fn read(text: &str) -> Option<(Erasure, Option<String>)> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let mut value = |word: &str| lines.next()?.strip_prefix(word);
    let key = value(START)?.parse().ok()?;
    let origin = value("log ")?.parse().ok()?;
    let size: u64 = value("size ")?.parse().ok().filter(|size| *size <= MAX_TREE_SIZE)?;
    let mut root = [0; 32];
    hex::decode_to_slice(value("root ")?, &mut root).ok()?;
    let issued = OffsetDateTime::parse(value("issued ")?, &Rfc3339).ok()?;
    let why = value("why ")?.parse().ok()?;
    let mut lines = lines.peekable();
    let authority = lines.next_if(|line| line.starts_with(AUTHORITY));
    let authority =
        authority.map(|line| line.strip_prefix(AUTHORITY).unwrap_or_default().to_owned());
    let ranges = lines.map(read_range).collect::<Option<Vec<_>>>()?;
    let root = Hash::from_bytes(root);
    Some((Erasure { key, origin, size, root, issued, why, authority: None, ranges }, authority))
}

fn read_range(line: &str) -> Option<ErasedRange> {
    let (first, rest) = line.strip_prefix("erase ")?.split_once(' ')?;
    let (last, kinds) = rest.split_once(' ')?;
    let kinds = match kinds {
        "*" => None,
        kinds => {
            let kinds: Vec<FieldKind> =
                kinds.split(',').map(|kind| kind.parse().ok()).collect::<Option<_>>()?;
            Some(kinds).filter(|kinds| kinds.is_sorted_by(|a, b| a < b))
        }
        .map(Some)?,
    };
    Some(ErasedRange { first: first.parse().ok()?, last: last.parse().ok()?, kinds })
}

/// Writes the text of the statement.
impl Display for Erasure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let issued = self.issued.to_offset(time::UtcOffset::UTC);
        let issued = issued.replace_nanosecond(0).map_err(|_| fmt::Error)?;
        writeln!(f, "{START}{}", self.key)?;
        writeln!(f, "log {}", self.origin)?;
        writeln!(f, "size {}", self.size)?;
        writeln!(f, "root {}", hex::encode(self.root.to_bytes()))?;
        writeln!(f, "issued {}", issued.format(&Rfc3339).map_err(|_| fmt::Error)?)?;
        writeln!(f, "why {}", self.why.as_str())?;
        if let Some(token) = &self.authority {
            writeln!(f, "{AUTHORITY}{}", token.to_text())?;
        }
        for ErasedRange { first, last, kinds } in &self.ranges {
            write!(f, "erase {first} {last} ")?;
            match kinds {
                None => f.write_char('*')?,
                Some(kinds) => {
                    for (place, kind) in kinds.iter().enumerate() {
                        write!(f, "{}{kind}", if place == 0 { "" } else { "," })?;
                    }
                }
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}

/// A note is not a statement that values were erased.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ErasureError {
    /// The text has other lines.
    #[error("the note is not a statement that values are erased")]
    NotAnErasure,
    /// The text is spelled in another way than a writer spells it.
    #[error("the statement is in another spelling than that of a writer")]
    Spelling,
    /// The signature is by another key, or there are several.
    #[error("the statement is signed by another key than the one that it names, or by several")]
    OtherKey,
    /// A range is not ascending, or goes beyond the tree that the statement names.
    #[error(
        "the records {first} to {last} are not ascending, or not in the tree that the statement names"
    )]
    Range {
        /// The first record.
        first: u64,
        /// The last record.
        last: u64,
    },
    /// A value could be found from what is left.
    #[error("`{kind}` could be found from `{along}`, which is left; erase both")]
    Left {
        /// The kind that is erased.
        kind: FieldKind,
        /// The kind that must go with it.
        along: FieldKind,
    },
    /// The key is not one that may erase in this log.
    #[error("{key} may not erase in this log; its own key may, and those in its first record")]
    MayNotErase {
        /// The key.
        key: Box<PublicKey>,
    },
    /// The authority does not give the power to erase in this log.
    #[error("the authority of the statement gives no power over this log: {why}")]
    Authority {
        /// The reason.
        why: String,
    },
    /// The text is not a reason.
    #[error(
        "{} is not a reason of an erasure: it is request, retention, law or mistake",
        Backticked(found)
    )]
    Reason {
        /// The text.
        found: String,
    },
    /// The note is malformed, or its signature is wrong.
    #[error(transparent)]
    Note(#[from] NoteError),
}
