//! Remarks about a chain as a whole, and notes on how the names of a hop could mislead.

use std::fmt::{self, Display, Formatter};

use crate::chain::{DelegationChain, Hop};
use crate::instant::UnixTime;
use crate::limits::{MAX_SHOWN_CAPABILITIES, MAX_SHOWN_REMARK, MAX_SHOWN_VALUE};
use crate::principal::{Principal, PrincipalKind};
use crate::report::wording::FurtherHops;
use crate::text::confusable::{appearance, mixed_scripts};
use crate::text::escape::{CommaSeparated, Quoted, truncated};
use crate::verify::checks::{CalledBy, CheckState};
use crate::verify::trust::Trust;

/// Returns notes on a delegate that is named like another, or that also holds an earlier grant.
pub(super) fn of_hop(hop: &Hop, earlier: &[Hop], returned_to: Option<usize>) -> Vec<String> {
    let mut notes = Vec::new();
    let delegate = hop.delegate();
    let is_alike = |other: &Principal| {
        other.key() != delegate.key() && appearance(other.name()) == appearance(delegate.name())
    };
    let owner = earlier.first().unwrap_or(hop).delegator();
    if is_alike(owner) {
        let key = owner.key().fingerprint();
        notes.push(format!("is named like the owner, whose key is {key}"));
    }
    if let Some((index, other)) =
        earlier.iter().map(Hop::delegate).enumerate().find(|(_, to)| is_alike(to))
    {
        let key = other.key().fingerprint();
        notes.push(format!("is named like the delegate of hop {index}, whose key is {key}"));
    }
    if let Some(scripts) = mixed_scripts(delegate.name()) {
        notes.push(format!("has a name that mixes letters of {}", And(&scripts)));
    }
    if let Some(index) = returned_to {
        notes.push(match index {
            0 => "is the owner, whom this hop does not restrict".to_owned(),
            _ => {
                let earlier = index.saturating_sub(1);
                format!("also holds the grant of hop {earlier}, which this hop does not restrict")
            }
        });
    }
    notes
}

/// Returns a remark on an owner that cannot be held to account.
pub(super) fn of_owner(owner: &Principal) -> Option<String> {
    match owner.kind() {
        PrincipalKind::Human | PrincipalKind::Organization => None,
        kind @ (PrincipalKind::Agent | PrincipalKind::Service) => Some(format!(
            "the owner is declared to be of the kind {kind}, which cannot be held to account as a person or an organization can"
        )),
    }
}

/// Returns a remark on an owner whose name mixes scripts, because such a name can imitate another
/// one.
pub(super) fn of_owner_name(owner: &Principal) -> Option<String> {
    let scripts = mixed_scripts(owner.name())?;
    Some(format!("the owner's name mixes letters of {}", And(&scripts)))
}

/// Returns a remark on an owner's name that only the root key vouches for.
pub(super) fn of_trust(owner: &Principal, trust: Trust) -> Option<String> {
    let key = owner.key().fingerprint();
    (trust == Trust::AnyOwner).then(|| {
        format!(
            "the root key {key} is trusted to speak for any owner, so the owner's name is only a claim"
        )
    })
}

/// Returns a remark on the caller, and on whether the presentation was used before.
pub(super) fn of_call(called_by: CalledBy, replays: CheckState, holder: &Principal) -> String {
    let first_use = match (called_by, replays) {
        (CalledBy::Unknown, _) => return BY_UNKNOWN.to_owned(),
        (CalledBy::Holder, CheckState::Done) => "the presentation had not been used before",
        (CalledBy::Holder, CheckState::Waived | CheckState::NotReached) => {
            "whether the presentation had been used before was not checked"
        }
    };
    format!(
        "called by the holder {holder}, whose key signed this request for this service and this time; {first_use}"
    )
}

/// The remark on a decision that was observed.
pub(super) const NOT_ENFORCED: &str = "this decision was observed and not enforced";

/// The remark on a call that nothing ties to the holder.
pub(super) const BY_UNKNOWN: &str =
    "called by an unknown party: no check shows that the holder made this call";

/// Returns a remark that says whether each delegator held the authority that it passed on, and
/// names the most that the holder can do with the chain.
pub(super) fn of_reach(delegations: &DelegationChain, first_excess: Option<usize>) -> String {
    let last = delegations.hops.last();
    let entitlement = match first_excess {
        None => "each delegator held what it passed on".to_owned(),
        Some(hop) => format!(
            "the delegator of hop {hop} passed on more than it held, so only what every hop allows is allowed"
        ),
    };
    let all = last.grant().capabilities();
    let more = all.len().saturating_sub(MAX_SHOWN_CAPABILITIES);
    let shown = all
        .iter()
        .take(MAX_SHOWN_CAPABILITIES)
        .map(|capability| capability.truncated_to(MAX_SHOWN_VALUE));
    let capabilities = match more {
        _ if all.is_empty() => "nothing".to_owned(),
        0 => CommaSeparated(shown).to_string(),
        more => format!("{} and {more} more", CommaSeparated(shown)),
    };
    let grants = || delegations.hops.iter().map(Hop::grant);
    let until = grants().map(|grant| grant.expires).min().unwrap_or(UnixTime::MAX);
    let services = grants().filter_map(|grant| grant.audience.as_ref());
    let services = services.min_by_key(|names| names.len()).map(|names| {
        let names = CommaSeparated(names.iter().map(|name| Quoted(name)));
        format!(" at {}", truncated(names, MAX_SHOWN_VALUE))
    });
    let distance = |index: usize| {
        let behind = delegations.hops.len().saturating_sub(index).saturating_sub(1);
        u32::try_from(behind).unwrap_or(u32::MAX)
    };
    let left =
        grants().enumerate().map(|(index, grant)| grant.max_hops.saturating_sub(distance(index)));
    let further = FurtherHops(left.min().unwrap_or(0));
    let services = services.unwrap_or_else(|| " at any service".to_owned());
    let holder = Quoted(delegations.holder().name());
    format!(
        "{entitlement}; {holder} can do at most: {capabilities}{services}, until {until}, with {further}"
    )
}

/// Names in a sentence: `Latin, Greek and Cyrillic`.
struct And<'a>(&'a [&'a str]);

impl Display for And<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (i, name) in self.0.iter().enumerate() {
            let before = match i {
                0 => "",
                i if i == last => " and ",
                _ => ", ",
            };
            write!(f, "{before}{name}")?;
        }
        Ok(())
    }
}

/// Truncates a remark to a length that people read.
pub(super) fn short(remark: impl Display) -> String {
    truncated(remark, MAX_SHOWN_REMARK)
}
