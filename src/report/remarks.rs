//! What a person should know of a chain beside what its hops say.

use std::fmt::Display;

use crate::chain::{DelegationChain, Hop};
use crate::principal::{Principal, PrincipalKind};
use crate::report::words::Further;
use crate::text::confusable::appearance;
use crate::text::escape::{CommaSeparated, Quoted, truncated};
use crate::time::UnixTime;
use crate::verify::checks::{CalledBy, CheckState};
use crate::verify::trust::Trust;

/// More capabilities than this nobody reads in a sentence.
const MOST_CAPABILITIES: usize = 8;

/// Characters of one capability in a sentence.
const MOST_CHARACTERS: usize = 100;

/// How the names of a hop could mislead, and what the hop does not do.
pub(super) fn of_hop(hop: &Hop, earlier: &[Hop], returned_to: Option<usize>) -> Vec<String> {
    let mut notes = Vec::new();
    let own = hop.delegate();
    let alike = |other: &Principal| {
        other.key() != own.key() && appearance(other.name()) == appearance(own.name())
    };
    let owner = earlier.first().unwrap_or(hop).delegator();
    if alike(owner) {
        notes.push(format!(
            "is named like the owner, and has another key: {}",
            owner.key().fingerprint()
        ));
    }
    if let Some((index, other)) =
        earlier.iter().map(Hop::delegate).enumerate().find(|(_, to)| alike(to))
    {
        let key = other.key().fingerprint();
        notes
            .push(format!("is named like the delegate of hop {index}, and has another key: {key}"));
    }
    if let Some(index) = returned_to {
        notes.push(match index {
            0 => "is the owner, whom this hop does not bind".to_owned(),
            _ => format!(
                "holds what hop {} granted as well, so this hop does not bind it",
                index.saturating_sub(1)
            ),
        });
    }
    notes
}

/// What an owner is that nobody can hold to account.
pub(super) fn of_owner(owner: &Principal) -> Option<String> {
    match owner.kind() {
        PrincipalKind::Human | PrincipalKind::Organization => None,
        kind @ (PrincipalKind::Agent | PrincipalKind::Service) => Some(format!(
            "the owner is said to be of the kind {kind}, which cannot be held to account as a person or an organization can"
        )),
    }
}

/// How far the owner's name is somebody's word.
pub(super) fn of_trust(owner: &Principal, trust: Trust) -> Option<String> {
    let key = owner.key().fingerprint();
    (trust == Trust::InWhomeverItNames).then(|| {
        format!(
            "the root key {key} is trusted to speak for any owner, so the owner's name is its word"
        )
    })
}

/// Who made the call that was decided about.
pub(super) fn of_call(called_by: CalledBy, replays: CheckState, holder: &Principal) -> String {
    let first_use = match (called_by, replays) {
        (CalledBy::Unknown, _) => return BY_SOMEBODY.to_owned(),
        (CalledBy::Holder, CheckState::Done) => "the presentation had not been used before",
        (CalledBy::Holder, CheckState::Waived | CheckState::NotReached) => {
            "whether the presentation had been used before was not checked"
        }
    };
    format!(
        "called by the holder {holder}, whose key signed this request for this service and this time; {first_use}"
    )
}

/// The same of a call with a token that is not authentic.
pub(super) const BY_SOMEBODY: &str =
    "called by somebody unknown: nothing that was checked shows that the holder made this call";

/// Whether each delegator had what it passed on, and the most that the holder can do with the chain.
pub(super) fn of_reach(
    delegations: &DelegationChain,
    first_beyond: Option<usize>,
) -> Option<String> {
    let last = delegations.hops.last();
    let entitled = match first_beyond {
        None => "each delegator held what it passed on".to_owned(),
        Some(hop) => format!(
            "the delegator of hop {hop} did not hold all that it passed on, and only what every hop allows is allowed"
        ),
    };
    let all = last.grant().capabilities();
    let more = all.len().saturating_sub(MOST_CAPABILITIES);
    let shown = all.iter().take(MOST_CAPABILITIES).map(|own| own.in_short(MOST_CHARACTERS));
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
        format!(" at {}", truncated(names, MOST_CHARACTERS))
    });
    let distance = |index: usize| {
        let behind = delegations.hops.len().saturating_sub(index).saturating_sub(1);
        u32::try_from(behind).unwrap_or(u32::MAX)
    };
    let left =
        grants().enumerate().map(|(index, own)| own.max_hops.saturating_sub(distance(index)));
    let further = Further(left.min().unwrap_or(0));
    let services = services.unwrap_or_else(|| " at any service".to_owned());
    let holder = Quoted(delegations.holder().name());
    Some(format!(
        "{entitled}; at most, {holder} can do: {capabilities}{services}, until {until}, with {further}"
    ))
}

/// A remark that is not longer than anybody reads.
pub(super) fn short(remark: impl Display) -> String {
    const LONGEST: usize = 1_000;
    truncated(remark, LONGEST)
}
