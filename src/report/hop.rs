//! One delegation of a chain.

use serde::Serialize;

use crate::capability::Capability;
use crate::chain::Hop;
use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
#[cfg(feature = "schema")]
use crate::key::PublicKey;
use crate::reason::{DenyCode, Reason};
use crate::report::agent::AgentReport;
use crate::report::diff::{Difference, Removal, difference};
use crate::report::principal::PrincipalReport;
use crate::report::remarks;
use crate::verify::checks::CheckState;

/// The revocation status of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RevocationReport {
    /// It was not checked.
    NotChecked,
    /// It was not revoked.
    Good,
    /// It was revoked.
    Revoked,
    /// The verifier's list was too old.
    Stale,
    /// The revocation source did not know.
    Unknown,
}

impl RevocationReport {
    pub(super) fn as_text(self) -> &'static str {
        match self {
            Self::NotChecked => "revocation not checked",
            Self::Good => "not revoked",
            Self::Revoked => "REVOKED",
            Self::Stale => "revocation list stale",
            Self::Unknown => "revocation unknown",
        }
    }

    pub(super) fn of(hop: usize, reasons: &[Reason], revocation: CheckState) -> Self {
        if revocation != CheckState::Done {
            return Self::NotChecked;
        }
        let has = |code| reasons.iter().any(|r| r.hop == Some(hop) && r.code == code);
        if has(DenyCode::Revoked) || has(DenyCode::KeyRevoked) {
            return Self::Revoked;
        }
        // A list that is missing or stale concerns all hops from the first one that it is about.
        let from_here = |code| {
            let mut with_code = reasons.iter().filter(|reason| reason.code == code);
            with_code.any(|reason| reason.hop.is_some_and(|first| first <= hop))
        };
        match () {
            () if from_here(DenyCode::RevocationUnknown) => Self::Unknown,
            () if from_here(DenyCode::RevocationStale) => Self::Stale,
            () => Self::Good,
        }
    }
}

/// One delegation: the delegator, the delegate, the purpose, the times, and the authority that it
/// took away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HopReport {
    /// Its place in the chain, from 0.
    pub index: usize,
    /// True if its chain is trusted.
    pub trusted: bool,
    /// True if it is one of the blocks that refused the call.
    pub refused: bool,
    /// The delegator.
    pub from: PrincipalReport,
    /// The delegate.
    pub to: PrincipalReport,
    /// The earlier hop whose delegator is the delegate of this one, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_to: Option<usize>,
    /// The purpose, in the delegator's words.
    pub purpose: String,
    /// The time of the delegation by the delegator's clock, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub issued: String,
    /// The time before which it is not valid, RFC 3339, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub not_before: Option<String>,
    /// The time at which it expires, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub expires: String,
    /// Seconds until it expires, 0 if it has expired.
    pub seconds_left: u64,
    /// The number of delegations that may follow.
    pub max_hops: u32,
    /// The services that may be called, if they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Vec<String>>,
    /// The keys that further delegations may go to, if they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<PublicKey>>"))]
    pub delegates: Option<Vec<String>>,
    /// True if the parent grants everything that this hop passes on. Also true for the first hop,
    /// and if the grants were too large to compare; a note says so.
    pub was_held: bool,
    /// The capabilities that it grants.
    pub allows: Vec<Capability>,
    /// The parts of its parent's grant that it took away.
    pub removed: Vec<Removal>,
    /// Anything unusual about it: claims beyond its parent, a grant of nothing, a misleading name,
    /// or differences that could not be listed.
    pub notes: Vec<String>,
    /// The id by which it can be revoked.
    pub id: HopId,
    /// Its revocation status.
    pub revocation: RevocationReport,
    /// The time of issue of the oldest required revocation list, RFC 3339: the time as of which the
    /// hop was not revoked. Only if lists were checked and none of them revokes the hop.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub not_revoked_as_of: Option<String>,
    /// The entry of the delegate in the directory of agents, if the verifier follows one that lists
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentReport>,
}

impl HopReport {
    /// Reports on a hop that follows the hops `before` it, which `earlier` reports on.
    pub(super) fn of(hop: &Hop, before: &[Hop], earlier: &[Self], at: UnixTime) -> Self {
        let grant = hop.grant();
        let mut difference = match before.last() {
            Some(parent) => difference(parent.grant(), grant),
            None => Difference { was_held: true, ..Difference::default() },
        };
        if grant.capabilities.is_empty() {
            difference.notes.push("grants nothing: every call is refused".to_owned());
        }
        // The delegate may have delegated before, as A in A → B → A.
        let key = hop.delegate().key().to_string();
        let returned_to = earlier.iter().find(|hop| hop.from.key == key).map(|hop| hop.index);
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
            not_revoked_as_of: None,
            agent: None,
        }
    }
}
