//! The arguments of a recorded call and the members of its context, with those that the service did not
//! keep.

use std::collections::BTreeMap;

use deputize::FieldKind;
use deputize::text::{Quoted, Visible};
use deputize_audit::ReadRecord;
use indicatif::HumanCount;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// The arguments of a call or the members of its context, as its record has them.
#[derive(Debug)]
pub struct Members {
    kind: FieldKind,
    /// Those that were kept.
    pub(super) kept: Map<String, Value>,
    /// Those of which a digest was kept, by name.
    pub(super) digests: BTreeMap<String, ValueDigest>,
    /// Those of which the name alone was kept.
    pub(super) withheld: Vec<String>,
    /// The number of those that cannot be read.
    pub(super) malformed: usize,
    /// The number of values with members that are gone or wrong.
    gone: usize,
}

/// A value that was too long to be kept.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ValueDigest {
    /// The length of its canonical JSON.
    bytes: u64,
    /// SHA-256 of the salt and the canonical JSON, in hexadecimal.
    digest: String,
    /// The salt in hexadecimal.
    salt: String,
}

impl Members {
    /// Reads the arguments that the record commits to, also those in its field `rest`.
    pub(super) fn args_of(record: &ReadRecord) -> Self {
        // What is gone with the field `rest` counts as arguments: it rarely has anything else.
        Self::of(record, FieldKind::Argument, &[FieldKind::Argument, FieldKind::Rest])
    }

    /// Reads the members of the context that the record commits to, also those in its field `rest`.
    pub(super) fn context_of(record: &ReadRecord) -> Self {
        Self::of(record, FieldKind::Context, &[FieldKind::Context])
    }

    fn of(record: &ReadRecord, kind: FieldKind, in_fields: &[FieldKind]) -> Self {
        let mut own = Self {
            kind,
            kept: Map::new(),
            digests: BTreeMap::new(),
            withheld: Vec::new(),
            malformed: 0,
            gone: 0,
        };
        for (found, value) in &record.values {
            match (*found, value.as_array()) {
                (FieldKind::Rest, Some(rest)) => {
                    let is_kind = |found: &Value| found == kind.as_str();
                    let pairs = rest.iter().filter(|pair| pair.get(0).is_some_and(is_kind));
                    pairs.filter_map(|pair| pair.get(1)).for_each(|value| own.add(value));
                }
                (found, _) if found == kind => own.add(value),
                _ => {}
            }
        }
        let fields = record.core.fields.iter().filter(|(kind, _)| in_fields.contains(kind)).count();
        let shown = record.values.iter().filter(|(kind, _)| in_fields.contains(kind)).count();
        own.gone = fields.saturating_sub(shown);
        own
    }

    fn add(&mut self, member: &Value) {
        let text = |name: &str| Some(member.get(name)?.as_str()?.to_owned());
        let Some(name) = text("name") else {
            self.malformed = self.malformed.saturating_add(1);
            return;
        };
        let bytes = member.get("bytes").and_then(Value::as_u64);
        match (member.get("value"), bytes, text("digest"), text("salt")) {
            (Some(value), ..) => drop(self.kept.insert(name, value.clone())),
            (None, Some(bytes), Some(digest), Some(salt)) => {
                self.digests.insert(name, ValueDigest { bytes, digest, salt });
            }
            _ if member.get("withheld") == Some(&Value::Bool(true)) => self.withheld.push(name),
            _ => self.malformed = self.malformed.saturating_add(1),
        }
    }

    /// Returns the members for a person, escaped; `None` if the call has none.
    fn text(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.kept.is_empty() {
            parts.push(Visible(&Value::from(self.kept.clone()).to_string()).to_string());
        }
        parts.extend(self.digests.iter().map(|(name, own)| {
            format!("{}: ({} bytes, not kept)", Quoted(name), HumanCount(own.bytes))
        }));
        parts.extend(self.withheld.iter().map(|name| format!("{}: (withheld)", Quoted(name))));
        let (one, more) = match self.kind {
            FieldKind::Context => ("a value of the context is", "values of the context are"),
            _ => ("an argument is", "arguments are"),
        };
        match self.malformed.saturating_add(self.gone) {
            0 => {}
            1 => parts.push(format!("({one} not shown)")),
            count => parts.push(format!("({count} {more} not shown)")),
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Returns the arguments and the context for a person, escaped; `None` if the call has neither.
pub(super) fn text(args: &Members, context: &Members) -> Option<String> {
    match (args.text(), context.text()) {
        (args, None) => args,
        (None, Some(context)) => Some(format!("context {context}")),
        (Some(args), Some(context)) => Some(format!("{args}, context {context}")),
    }
}

/// Returns an operation, a resource and an audience in words, with the arguments.
pub(super) fn said(call: [Option<&Value>; 3], members: Option<&str>) -> String {
    let text = |value: Option<&Value>| match value.and_then(Value::as_str) {
        Some(text) => Quoted(text).to_string(),
        None => "(not shown)".to_owned(),
    };
    let [operation, resource, audience] = call.map(text);
    let members = members.map(|own| format!(" with {own}")).unwrap_or_default();
    format!("{operation} on {resource} at {audience}{members}")
}
