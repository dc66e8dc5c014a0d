//! The file of a bundle.

use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;

use deputize::Openings;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bundle::error::BundleError;
use crate::checkpoint::SignedCheckpoint;
use crate::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_PARTS, MAX_BUNDLE_RECORDS};
use crate::tree::Hash;
use crate::verify::ReadRecord;

/// Some records of a log in one JSON file, with their values, proofs that they are in the log, its newest
/// checkpoint, and its first record. [`BundleDraft`](crate::BundleDraft) makes one;
/// [`verify`](Self::verify) needs nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The newest checkpoint, a signed note.
    pub(super) checkpoint: String,
    /// Agent directories, in base64.
    pub(super) directories: Parts<String>,
    /// Revocation lists, in base64.
    pub(super) lists: Parts<String>,
    /// The records, ascending.
    pub(super) records: Records,
    /// Older checkpoints, with the proofs that the newest one extends them.
    pub(super) seen: Parts<Seen>,
    pub(super) v: u64,
}

/// A record, its values, and the proof that it is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bundled {
    /// The line of the core: the leaf.
    pub(super) core: String,
    /// Of an erasure, the proof that the checkpoint extends the history that its statement names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<Hashes>,
    /// The line of the openings, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) openings: Option<String>,
    /// The hashes from the leaf up.
    pub(super) proof: Hashes,
}

/// An older checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    pub(super) checkpoint: String,
    pub(super) proof: Hashes,
}

/// A list of at most `MOST` values: a short text of empty ones would take many times its length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bounded<T, const MOST: usize>(pub(super) Vec<T>);

pub(super) type Records = Bounded<Bundled, MAX_BUNDLE_RECORDS>;
pub(super) type Parts<T> = Bounded<T, MAX_BUNDLE_PARTS>;
/// The hashes of a proof: no tree has a longer one.
pub(super) type Hashes = Bounded<HashText, 64>;

/// A hash as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HashText(pub(super) Hash);

impl Bundle {
    /// Reads a bundle. Its form is checked, and nothing else: that is the work of
    /// [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// [`BundleError`] if the bytes are not, each of them, what a writer writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::TooLong { found: bytes.len() });
        }
        let read: Self = serde_json::from_slice(bytes).map_err(not_a_bundle)?;
        if read.v != 1 {
            return Err(BundleError::Version { found: read.v });
        }
        // Two readers of another spelling, such as one that repeats a key, could see two values.
        let mut same = Same(bytes);
        let is_same = serde_json::to_writer(&mut same, &read).is_ok() && same.0.is_empty();
        if is_same { Ok(read) } else { Err(BundleError::Spelling) }
    }

    /// Returns the bundle as JSON in the form of RFC 8785.
    ///
    /// # Errors
    ///
    /// [`BundleError::TooLong`].
    pub fn to_json(&self) -> Result<String, BundleError> {
        let json = serde_json::to_string(self).map_err(not_a_bundle)?;
        match json.len() > MAX_BUNDLE_BYTES {
            true => Err(BundleError::TooLong { found: json.len() }),
            false => Ok(json),
        }
    }

    /// Returns the checkpoint, which the key in its origin signed. Whether the log is one that the caller
    /// trusts, and which witnesses cosigned, is for the caller to check.
    ///
    /// # Errors
    ///
    /// [`BundleError::Checkpoint`].
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, BundleError> {
        Ok(SignedCheckpoint::parse(self.checkpoint.as_bytes())?)
    }

    /// Returns the records that can be read, with the values to which they commit. Nothing is verified.
    pub fn claimed_records(&self) -> impl Iterator<Item = ReadRecord> {
        self.records.0.iter().filter_map(|own| {
            let openings = own.openings.as_ref();
            let openings = openings.and_then(|line| Openings::parse(line.as_bytes()).ok());
            ReadRecord::of(own.core.clone().into_bytes(), openings).ok()
        })
    }
}

fn not_a_bundle(error: serde_json::Error) -> BundleError {
    BundleError::NotABundle { why: error.to_string() }
}

/// Compares what is written with what was read.
struct Same<'a>(&'a [u8]);

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let rest = self.0.strip_prefix(bytes);
        self.0 = rest.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Serialize for HashText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HashText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

impl<T: Serialize, const MOST: usize> Serialize for Bounded<T, MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Bounded<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BoundedVisitor(PhantomData))
    }
}

struct BoundedVisitor<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for BoundedVisitor<T, MOST> {
    type Value = Bounded<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            if all.len() >= MOST {
                return Err(de::Error::custom(format_args!(
                    "a list has more than {MOST} elements"
                )));
            }
            all.push(one);
        }
        Ok(Bounded(all))
    }
}
