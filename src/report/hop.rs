//! One hop of a report.

use serde::Serialize;

use crate::capability::Capability;
use crate::chain::Hop;
use crate::format::hop_id::HopId;
#[cfg(feature = "schema")]
use crate::key::PublicKey;
use crate::principal::{Principal, PrincipalKind};
use crate::reason::{DenyCode, Reason};
use crate::report::remarks;
use crate::report::removed::{Difference, Removal, difference};
use crate::time::UnixTime;
use crate::verify::checks::CheckState;

/// One who takes part. The name and the kind are the word of whoever delegated; the key is proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PrincipalReport {
    /// The name as given.
    pub name: String,
    /// What it is said to be.
    pub kind: PrincipalKind,
    /// The key that signs for them, `ed25519/…`.
    #[cfg_attr(feature = "schema", schemars(with = "PublicKey"))]
    pub key: String,
    /// The first 8 bytes of the key, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{16}$")))]
    pub fingerprint: String,
}

impl PrincipalReport {
    pub(super) fn of(principal: &Principal) -> Self {
        Self {
            name: principal.name().to_owned(),
            kind: principal.kind(),
            key: principal.key().to_string(),
            fingerprint: principal.key().fingerprint(),
        }
    }
}

/// Whether a hop was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RevocationReport {
    /// Nobody looked.
    NotChecked,
    /// It stands.
    Good,
    /// It was revoked.
    Revoked,
    /// The source did not know.
    Unknown,
}

impl RevocationReport {
    pub(super) fn of(hop: usize, reasons: &[Reason], revocation: CheckState) -> Self {
        let has = |code| reasons.iter().any(|r| r.hop == Some(hop) && r.code == code);
        match revocation {
            CheckState::Waived | CheckState::NotReached => Self::NotChecked,
            CheckState::Done if has(DenyCode::Revoked) => Self::Revoked,
            CheckState::Done if has(DenyCode::RevocationUnknown) => Self::Unknown,
            CheckState::Done => Self::Good,
        }
    }
}

/// One delegation: who, to whom, why, until when, what, and what that took away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HopReport {
    /// Its place in the chain, from 0.
    pub index: usize,
    /// Whether the chain that it stands in is trusted.
    pub trusted: bool,
    /// Whether it is among those that refused the call.
    pub refused: bool,
    /// Who delegated.
    pub from: PrincipalReport,
    /// To whom.
    pub to: PrincipalReport,
    /// The earlier hop whose delegator is this one's delegate again, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_to: Option<usize>,
    /// Why, in the delegator's words.
    pub purpose: String,
    /// When, by the delegator's clock, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub issued: String,
    /// When it begins, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub not_before: Option<String>,
    /// When it ends, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub expires: String,
    /// Seconds left, 0 where it is over.
    pub seconds_left: u64,
    /// How many delegations may follow.
    pub max_hops: u32,
    /// The services that may be asked, where they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Vec<String>>,
    /// The keys that further delegations may go to, where they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<PublicKey>>"))]
    pub delegates: Option<Vec<String>>,
    /// Whether the delegator held all that it passed on, where that could be worked out; for an
    /// owner's hop it is true.
    pub was_held: bool,
    /// What it allows.
    pub allows: Vec<Capability>,
    /// What it took away from what its parent allows.
    pub removed: Vec<Removal>,
    /// What else is to be known of it: what it claims and its parent does not have, that it grants
    /// nothing, or that something could not be worked out.
    pub notes: Vec<String>,
    /// The id to revoke it by.
    pub id: HopId,
    /// Whether it was revoked.
    pub revocation: RevocationReport,
}

impl HopReport {
    /// The account of a hop behind the hops `before` it, of which the account is `earlier`.
    pub(super) fn new(hop: &Hop, before: &[Hop], earlier: &[Self], at: UnixTime) -> Self {
        let grant = hop.grant();
        let mut difference = match before.last() {
            Some(parent) => difference(parent.grant(), grant),
            None => Difference { was_held: true, ..Difference::default() },
        };
        if grant.capabilities.is_empty() {
            difference.notes.push("grants nothing: every call is refused".to_owned());
        }
        // As A in A → B → A.
        let own = hop.delegate().key().to_string();
        let returned_to = earlier.iter().find(|hop| hop.from.key == own).map(|hop| hop.index);
        difference.notes.append(&mut remarks::of_hop(hop, before, returned_to));
        Self {
            index: earlier.len(),
            trusted: false,
            refused: false,
            from: PrincipalReport::of(hop.delegator()),
            to: PrincipalReport::of(hop.delegate()),
            returned_to,
            purpose: grant.purpose.clone(),
            issued: hop.issued.to_string(),
            not_before: grant.not_before.map(|start| start.to_string()),
            expires: grant.expires.to_string(),
            seconds_left: grant.expires.since(at),
            max_hops: grant.max_hops,
            audience: grant.audience.as_ref().map(|names| names.iter().cloned().collect()),
            delegates: grant
                .allowed_delegates
                .as_ref()
                .map(|keys| keys.iter().map(ToString::to_string).collect()),
            was_held: difference.was_held,
            allows: grant.capabilities.clone(),
            removed: difference.removed,
            notes: difference.notes,
            id: hop.id,
            revocation: RevocationReport::NotChecked,
        }
    }
}
