//! One hop of a report.

use serde::Serialize;

use crate::capability::Capability;
use crate::denial::Looked;
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::PublicKey;
use crate::principal::{Kind, Owner, Principal};
use crate::reason::{Code, Reason};
use crate::report::removed::{Removal, difference};
use crate::revocation::HopId;

/// One who takes part. The name and the kind are the word of whoever delegated; the key is proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PartyReport {
    /// The name as given.
    pub name: String,
    /// What it is said to be.
    pub kind: Kind,
    /// The key, `ed25519/…`, that signs for them, where it is known: a token does not say its owner's.
    #[cfg_attr(feature = "schema", schemars(with = "Option<PublicKey>"))]
    pub key: Option<String>,
    /// The first 8 bytes of the key, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{16}$")))]
    pub fingerprint: Option<String>,
}

impl PartyReport {
    pub(super) fn of(principal: &Principal) -> Self {
        let mut party = Self {
            name: principal.name().to_owned(),
            kind: principal.kind(),
            key: None,
            fingerprint: None,
        };
        party.set_key(&principal.key());
        party
    }

    pub(super) fn of_owner(owner: &Owner) -> Self {
        let name = owner.name().to_owned();
        Self { name, kind: owner.kind(), key: None, fingerprint: None }
    }

    pub(super) fn set_key(&mut self, key: &PublicKey) {
        self.key = Some(key.to_string());
        self.fingerprint = Some(key.fingerprint());
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
    pub(super) fn of(hop: usize, reasons: &[Reason], revocation: Looked) -> Self {
        let has = |code| reasons.iter().any(|r| r.hop == Some(hop) && r.code == code);
        match revocation {
            Looked::Waived | Looked::NotReached => Self::NotChecked,
            Looked::Checked if has(Code::Revoked) => Self::Revoked,
            Looked::Checked if has(Code::RevocationUnknown) => Self::Unknown,
            Looked::Checked => Self::Good,
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
    /// Whether it is signed by whom the hop before names, or by the root key.
    pub authentic: bool,
    /// Whether it is among those that refused the call.
    pub refused: bool,
    /// Who delegated.
    pub from: PartyReport,
    /// To whom.
    pub to: PartyReport,
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
    pub(super) fn new(
        from: PartyReport,
        grant: &Grant,
        parent: Option<&Grant>,
        issued: Instant,
        id: HopId,
        at: Instant,
    ) -> Self {
        let mut difference = parent.map(|parent| difference(parent, grant)).unwrap_or_default();
        if grant.capabilities.is_empty() {
            difference.notes.push("grants nothing: every call is refused".to_owned());
        }
        Self {
            index: 0,
            authentic: false,
            refused: false,
            from,
            to: PartyReport::of(&grant.to),
            returned_to: None,
            purpose: grant.purpose.clone(),
            issued: issued.to_string(),
            not_before: grant.not_before.map(|start| start.to_string()),
            expires: grant.expires.to_string(),
            seconds_left: grant.expires.since(at),
            max_hops: grant.max_hops,
            audience: grant.audience.as_ref().map(|names| names.iter().cloned().collect()),
            delegates: grant
                .delegates
                .as_ref()
                .map(|keys| keys.iter().map(ToString::to_string).collect()),
            allows: grant.capabilities.clone(),
            removed: difference.removed,
            notes: difference.notes,
            id,
            revocation: RevocationReport::NotChecked,
        }
    }

    /// Notes that the delegate stood in the chain before, as A in A → B → A.
    pub(super) fn find_return(&mut self, earlier: &[Self]) {
        let own = self.to.key.as_deref();
        let before =
            earlier.iter().find(|hop| hop.from.key.is_some() && hop.from.key.as_deref() == own);
        self.returned_to = before.map(|hop| hop.index);
    }
}
