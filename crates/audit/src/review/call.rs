//! A recorded call, as far as its record shows it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use deputize::limits::{MAX_RECORD_FIELDS, MAX_RECORDED_CHAIN_BYTES};
use deputize::{
    Charged, DecisionCore, DenyCode, FieldKind, HopId, NextStep, OutcomeResult, RecordKind,
    Request, Token,
};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::limits::MAX_SEEN_PRESENTATIONS;
use crate::verify::ReadRecord;

/// A record, as a review counts it.
#[derive(Debug)]
pub(super) enum Entry {
    /// An allowed call.
    Allowed(Box<RecordedCall>),
    /// A further record of the presentation of an allowed call: somebody repeated it.
    Repeated,
    /// This many refused calls that are charged to a holder.
    Refused(u64),
    /// A call that was observed, would have been refused with these codes, and is charged to a holder.
    Observed(Box<RecordedCall>, Vec<DenyCode>),
    /// A call that was observed and that nobody presented.
    Unpresented(Box<StrangersCall>),
    /// This many of them.
    MoreUnpresented(u64),
    /// The outcome of a call: its index, and what became of it.
    Outcome(u64, OutcomeResult),
    /// A decision that is charged to nobody, or this many refused calls.
    OfNobody(u64),
    /// Another record.
    Other,
}

/// A call that nobody presented.
#[derive(Debug)]
pub(super) struct StrangersCall {
    /// The index of the record.
    pub(super) index: u64,
    pub(super) at: OffsetDateTime,
    pub(super) shown: CallShown,
}

/// A call that is charged to a holder.
#[derive(Debug)]
pub(super) struct RecordedCall {
    /// The index of the record.
    pub(super) index: u64,
    pub(super) at: OffsetDateTime,
    pub(super) first_hop: HopId,
    /// The delegations; `None` if the record does not show them.
    pub(super) token: Option<Arc<Token>>,
    pub(super) shown: CallShown,
    /// The bytes that it has on the disk, about.
    pub(super) bytes: usize,
    pub(super) decided: Decided,
}

/// The decision about a call that is charged to a holder, as far as proposals go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    Allowed,
    /// It was observed and would have been refused, and a wider grant would have allowed it.
    Wanted,
    /// It was observed and would have been refused for a reason that no grant ends, such as a revocation.
    Barred,
}

impl Decided {
    fn of(allowed: bool, codes: &[(DenyCode, Option<usize>)]) -> Self {
        let by_grant = |(code, _): &(DenyCode, Option<usize>)| {
            code.next_step() == NextStep::AskForMore
                || matches!(code, DenyCode::ArgumentMissing | DenyCode::Expired)
        };
        match allowed {
            true => Self::Allowed,
            // A core with as many codes as it can have may lack some.
            false if codes.len() < MAX_RECORD_FIELDS && codes.iter().all(by_grant) => Self::Wanted,
            false => Self::Barred,
        }
    }
}

/// The call, as far as the record shows it.
#[derive(Debug)]
pub(super) enum CallShown {
    /// With all its arguments.
    Whole(Request),
    /// Without the values of some arguments. The request has the others; the names of those that are
    /// withheld, or whose values are too long, stand beside it.
    Partly(Request, Vec<String>),
    /// Without its operation or resource.
    Not,
}

impl CallShown {
    pub(super) fn request(&self) -> Option<&Request> {
        match self {
            Self::Whole(request) | Self::Partly(request, _) => Some(request),
            Self::Not => None,
        }
    }
}

/// The chains that were read, by their text: most calls have one that was read before. Those that were
/// not used since as many bytes of others were read are forgotten.
#[derive(Debug, Default)]
pub(super) struct Chains {
    newer: HashMap<String, Option<Arc<Token>>>,
    /// The length of their texts.
    bytes: usize,
    older: HashMap<String, Option<Arc<Token>>>,
}

/// The presentations of the calls before, to count each once. The oldest are forgotten when there are
/// too many.
#[derive(Debug, Default)]
pub(super) struct Seen {
    newer: HashSet<HopId>,
    older: HashSet<HopId>,
    pub(super) forgotten: u64,
}

impl Seen {
    /// Adds a presentation. Returns false if it is known.
    fn add(&mut self, presentation: HopId) -> bool {
        if self.older.contains(&presentation) || self.newer.contains(&presentation) {
            return false;
        }
        if self.newer.len() >= MAX_SEEN_PRESENTATIONS {
            let forgotten = u64::try_from(self.older.len()).unwrap_or(u64::MAX);
            self.forgotten = self.forgotten.saturating_add(forgotten);
            self.older = mem::take(&mut self.newer);
        }
        self.newer.insert(presentation)
    }

    /// Forgets all: those of another log are no repetitions.
    pub(super) fn clear(&mut self) {
        self.newer.clear();
        self.older.clear();
    }
}

impl Chains {
    /// Returns the authentic token of a chain, `None` if it is not one.
    fn token(&mut self, text: &str) -> Option<Arc<Token>> {
        if let Some(kept) = self.newer.get(text) {
            return kept.clone();
        }
        let older = self.older.remove(text);
        let token = older.unwrap_or_else(|| Token::from_recorded_chain(text).ok().map(Arc::new));
        if self.bytes > MAX_RECORDED_CHAIN_BYTES {
            (self.older, self.bytes) = (mem::take(&mut self.newer), 0);
        }
        self.bytes = self.bytes.saturating_add(text.len());
        self.newer.insert(text.to_owned(), token.clone());
        token
    }
}

impl Entry {
    /// Reads a record. `seen` has the presentations of the calls before it.
    pub(super) fn of(record: &ReadRecord, chains: &mut Chains, seen: &mut Seen) -> Self {
        let decision = match &record.core.kind {
            RecordKind::Decision(decision) => decision,
            RecordKind::Refusals(own) => {
                let count = own.refused.values().copied().fold(0, u64::saturating_add);
                return match own.first_hop {
                    Some(_) => Self::Refused(count),
                    None => Self::OfNobody(count),
                };
            }
            RecordKind::Unpresented(_) => {
                let core = &record.core;
                return Self::Unpresented(Box::new(StrangersCall {
                    index: core.index,
                    at: core.at,
                    shown: shown(record),
                }));
            }
            RecordKind::MoreUnpresented(own) => {
                let count = own.counted.values().copied().fold(0, u64::saturating_add);
                return Self::MoreUnpresented(count);
            }
            RecordKind::Outcome { of, result } => return Self::Outcome(*of, *result),
            _ => return Self::Other,
        };
        let DecisionCore { allowed, enforced, charged, codes, .. } = decision;
        let Some(Charged { first_hop, presentation, .. }) = charged else {
            return Self::OfNobody(1);
        };
        match (allowed, enforced) {
            (false, true) => Self::Refused(1),
            _ if !seen.add(*presentation) => Self::Repeated,
            _ => {
                let chain = record.value(FieldKind::Chain).and_then(Value::as_str);
                // A chain of another first hop would count for hops that the core does not name.
                let is_of = |token: &Arc<Token>| {
                    token.hops().first().is_some_and(|own| own.id() == *first_hop)
                };
                let call = Box::new(RecordedCall {
                    index: record.core.index,
                    at: record.core.at,
                    first_hop: *first_hop,
                    token: chain.and_then(|chain| chains.token(chain)).filter(is_of),
                    shown: shown(record),
                    bytes: record
                        .values
                        .iter()
                        .map(|(_, own)| bytes(own))
                        .fold(0, usize::saturating_add),
                    decided: Decided::of(*allowed, codes),
                });
                match allowed {
                    true => Self::Allowed(call),
                    false => Self::Observed(call, codes.iter().map(|(code, _)| *code).collect()),
                }
            }
        }
    }
}

fn shown(record: &ReadRecord) -> CallShown {
    let call = record.value(FieldKind::Call);
    let text = |member| call.and_then(|call| call.get(member)).and_then(Value::as_str);
    let resource = record.value(FieldKind::Resource).and_then(Value::as_str);
    let (Some(operation), Some(audience), Some(resource)) =
        (text("operation"), text("audience"), resource)
    else {
        return CallShown::Not;
    };
    let Ok(request) = Request::new(operation, resource, audience) else { return CallShown::Not };
    let (mut args, mut named, mut are_all) = (Map::new(), Vec::new(), true);
    for (kind, value) in &record.values {
        match (kind, value.as_array()) {
            (FieldKind::Argument, _) => take(value, &mut args, &mut named),
            (FieldKind::Rest, Some(rest)) => {
                for pair in rest {
                    if pair.get(0).and_then(Value::as_str) == Some(FieldKind::Argument.as_str())
                        && let Some(value) = pair.get(1)
                    {
                        take(value, &mut args, &mut named);
                    }
                }
            }
            _ => {}
        }
    }
    for kind in [FieldKind::Argument, FieldKind::Rest] {
        let fields = record.core.fields.iter().filter(|(own, _)| *own == kind).count();
        are_all &= fields == record.values.iter().filter(|(own, _)| *own == kind).count();
    }
    match request.clone().with_arg_map(args) {
        Ok(request) if are_all && named.is_empty() => CallShown::Whole(request),
        // An argument that was erased has no name either.
        Ok(_) if !are_all => CallShown::Not,
        Ok(request) => {
            let unique: BTreeSet<String> = named.into_iter().collect();
            CallShown::Partly(request, unique.into_iter().collect())
        }
        Err(_) => CallShown::Not,
    }
}

/// Returns the bytes of a value in JSON, about.
fn bytes(value: &Value) -> usize {
    const ITEM: usize = 8;
    let inside = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes).fold(0, usize::saturating_add),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| name.len().saturating_add(bytes(value)))
            .fold(0, usize::saturating_add),
    };
    inside.saturating_add(ITEM)
}

/// Takes the value of an argument, or the name if the value is not there.
fn take(argument: &Value, args: &mut Map<String, Value>, named: &mut Vec<String>) {
    let Some(name) = argument.get("name").and_then(Value::as_str) else { return };
    match argument.get("value") {
        Some(value) => drop(args.insert(name.to_owned(), value.clone())),
        None => named.push(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_found_until_its_presentation_is_forgotten() {
        let id = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            HopId::from_bytes(bytes)
        };
        let mut seen = Seen::default();
        assert!((0..2 * MAX_SEEN_PRESENTATIONS).all(|number| seen.add(id(number))));
        assert!(!seen.add(id(0)) && !seen.add(id(MAX_SEEN_PRESENTATIONS)));
        assert_eq!(seen.forgotten, 0);
        assert!(seen.add(id(2 * MAX_SEEN_PRESENTATIONS)));
        assert_eq!(seen.forgotten, 1 << 19);
        assert!(seen.add(id(0)) && !seen.add(id(MAX_SEEN_PRESENTATIONS)));
    }
}
