//! A decision, as every format of events needs it.

use deputize::{DecisionCore, FieldKind, RecordKind, Token, UnpresentedCore};
use deputize_audit::{Origin, ReadRecord, leaf_hash};
use serde_json::Value;

/// A decision, or a call that went out while the service observed and that nobody presented.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Decision(&'a DecisionCore),
    Unpresented(&'a UnpresentedCore),
}

/// A call of a log.
#[derive(Debug)]
pub struct Decided<'a> {
    pub(super) origin: &'a Origin,
    pub(super) record: &'a ReadRecord,
    pub(super) what: What<'a>,
    /// The owner, and the delegates of the hops.
    pub(super) owner: Option<Party>,
    pub(super) agents: Vec<Party>,
    /// The hops, the owner's first. Empty if they are not shown.
    pub(super) hops: Vec<HopOfCall>,
}

/// Somebody by name and key.
#[derive(Debug, Clone)]
pub struct Party {
    pub(super) name: String,
    pub(super) key: String,
}

/// A hop of the chain of a call.
#[derive(Debug)]
pub struct HopOfCall {
    pub(super) id: String,
    /// When it was issued, in milliseconds, if the chain is shown.
    pub(super) issued: Option<i64>,
}

impl<'a> Decided<'a> {
    /// Reads what the record shows; `None` if it is not about a call.
    pub fn of(origin: &'a Origin, record: &'a ReadRecord) -> Option<Self> {
        let what = match &record.core.kind {
            RecordKind::Decision(own) => What::Decision(own),
            RecordKind::Unpresented(own) => What::Unpresented(own),
            _ => return None,
        };
        let agents = record.value(FieldKind::Agents).and_then(Value::as_array);
        Some(Self {
            origin,
            record,
            what,
            owner: record.value(FieldKind::Owner).and_then(Party::of),
            agents: agents.into_iter().flatten().filter_map(Party::of).collect(),
            hops: hops_of(record),
        })
    }

    /// Returns what all events about the decision have in common: the log, and the place in it.
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.origin, self.record.core.index)
    }

    /// Returns the hash of the record as a leaf of the tree, in hexadecimal.
    pub(super) fn leaf(&self) -> String {
        let bytes = leaf_hash(self.record.line()).to_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the codes of a refusal.
    pub(super) fn codes(&self) -> Vec<&'static str> {
        match self.what {
            What::Decision(own) => own.codes.iter().map(|(code, _)| code.as_str()).collect(),
            What::Unpresented(own) => own.codes.iter().map(|code| code.as_str()).collect(),
        }
    }

    /// Returns a member of the call.
    pub(super) fn of_call(&self, member: &str) -> Option<String> {
        let call = self.record.value(FieldKind::Call)?;
        call.get(member).and_then(Value::as_str).map(str::to_owned)
    }

    /// Returns the resource of the call.
    pub(super) fn resource(&self) -> Option<String> {
        self.record.value(FieldKind::Resource).and_then(Value::as_str).map(str::to_owned)
    }
}

impl Party {
    fn of(value: &Value) -> Option<Self> {
        let member = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { name: member("name")?, key: member("key")? })
    }
}

/// Returns the hops that the record names, with their times if its chain is authentic and has the same.
fn hops_of(record: &ReadRecord) -> Vec<HopOfCall> {
    let ids = record.value(FieldKind::Hops).and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<_> = ids.filter_map(Value::as_str).collect();
    let chain = record.value(FieldKind::Chain).and_then(Value::as_str);
    let token = chain.and_then(|text| Token::from_recorded_chain(text).ok());
    let issued = |id: &str, place: usize| {
        let hop = token.as_ref()?.hops().get(place)?;
        let millis = hop.issued().unix_timestamp().saturating_mul(1000);
        (hop.id().to_string() == id).then_some(millis)
    };
    let hop =
        |(place, id): (usize, &&str)| HopOfCall { id: (*id).to_owned(), issued: issued(id, place) };
    ids.iter().enumerate().map(hop).collect()
}
