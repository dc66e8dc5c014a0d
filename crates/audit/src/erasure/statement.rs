//! The statement that values are erased, as its signer signs it.

use std::fmt::{self, Display, Formatter};

use deputize::{FieldKind, Note, PublicKey, Resource, Signer, Token};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::checkpoint::Origin;
use crate::erasure::error::ErasureError;
use crate::erasure::range::{ErasedRange, ErasureReason};
use crate::limits::MAX_TREE_SIZE;
use crate::tree::Hash;

const START: &str = "deputize erasure v1 ";
const AUTHORITY: &str = "authority ";

/// The operation that every hop of an authority must grant by this name.
const ERASE: &str = "deputize.log";

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

    /// Checks what a statement says apart from its signature.
    pub(crate) fn require_rules(&self) -> Result<(), ErasureError> {
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
        self.ranges.iter().try_for_each(|range| writeln!(f, "{range}"))
    }
}
