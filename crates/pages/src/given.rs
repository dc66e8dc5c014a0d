//! The input that several pages share.

use deputize::{PrincipalKind, PublicKey};

/// The owner or a delegate of a chain. The name is a claim; the key is who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name as given.
    pub name: String,
    /// The kind as given.
    pub kind: PrincipalKind,
    /// The key that signs for it.
    pub key: PublicKey,
}

/// The log that a page is about, and whether it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFacts {
    /// The origin of the log, as its checkpoint names it.
    pub origin: String,
    /// The number of its records.
    pub records: u64,
    /// The number of records that no checkpoint covers.
    pub behind: u64,
    /// True if the log was verified and no fault was found.
    pub is_whole: bool,
}
