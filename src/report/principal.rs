//! A principal in a chain.

use serde::Serialize;

#[cfg(feature = "schema")]
use crate::key::PublicKey;
use crate::principal::{Principal, PrincipalKind};
use crate::report::wording::Piece;

/// A principal of a chain. Its delegator chose the name and the kind; the key signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PrincipalReport {
    /// The name as given.
    pub name: String,
    /// The kind as given.
    pub kind: PrincipalKind,
    /// The key that signs for the principal, `ed25519/…`.
    #[cfg_attr(feature = "schema", schemars(with = "PublicKey"))]
    pub key: String,
    /// The first 8 bytes of the key, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{16}$")))]
    pub fingerprint: String,
}

impl PrincipalReport {
    /// Reports on a principal.
    pub fn of(principal: &Principal) -> Self {
        Self {
            name: principal.name().to_owned(),
            kind: principal.kind(),
            key: principal.key().to_string(),
            fingerprint: principal.key().fingerprint(),
        }
    }

    /// Returns the name, the kind and the key's fingerprint.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        vec![
            Piece::Name(&self.name),
            Piece::words(format!(" ({}, ", self.kind)),
            Piece::Digits(self.fingerprint.as_str().into()),
            Piece::words(")"),
        ]
    }
}
