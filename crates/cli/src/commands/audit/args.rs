//! The arguments of a recorded call, with those that the service did not keep.

use std::collections::BTreeMap;

use deputize::FieldKind;
use deputize::text::{Quoted, Visible};
use deputize_audit::ReadRecord;
use indicatif::HumanCount;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// The arguments of a call, as its record has them.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct RecordedArgs {
    /// The arguments that were kept.
    args: Map<String, Value>,
    /// The arguments of which a digest was kept, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digests: BTreeMap<String, ArgDigest>,
    /// The arguments of which the name alone was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<String>,
    /// The number of those that cannot be read.
    #[serde(skip)]
    pub(super) malformed: usize,
    /// The number of values with arguments that are gone or wrong.
    #[serde(skip)]
    gone: usize,
}

/// An argument that was too long to be kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ArgDigest {
    /// The length of its canonical JSON.
    bytes: u64,
    /// SHA-256 of the salt and the canonical JSON, in hexadecimal.
    digest: String,
    /// The salt in hexadecimal.
    salt: String,
}

impl RecordedArgs {
    /// Reads the arguments that the record commits to, also those in its field `rest`.
    pub(super) fn of(record: &ReadRecord) -> Self {
        let mut own = Self::default();
        for (kind, value) in &record.values {
            match (kind, value.as_array()) {
                (FieldKind::Argument, _) => own.add(value),
                (FieldKind::Rest, Some(rest)) => {
                    let is_argument = |kind: &Value| kind == FieldKind::Argument.as_str();
                    let pairs = rest.iter().filter(|pair| pair.get(0).is_some_and(is_argument));
                    pairs.filter_map(|pair| pair.get(1)).for_each(|value| own.add(value));
                }
                _ => {}
            }
        }
        let has_args = |kind: FieldKind| matches!(kind, FieldKind::Argument | FieldKind::Rest);
        let fields = record.core.fields.iter().filter(|(kind, _)| has_args(*kind)).count();
        let shown = record.values.iter().filter(|(kind, _)| has_args(*kind)).count();
        own.gone = fields.saturating_sub(shown);
        own
    }

    fn add(&mut self, argument: &Value) {
        let text = |member: &str| Some(argument.get(member)?.as_str()?.to_owned());
        let Some(name) = text("name") else {
            self.malformed = self.malformed.saturating_add(1);
            return;
        };
        let bytes = argument.get("bytes").and_then(Value::as_u64);
        match (argument.get("value"), bytes, text("digest"), text("salt")) {
            (Some(value), ..) => drop(self.args.insert(name, value.clone())),
            (None, Some(bytes), Some(digest), Some(salt)) => {
                self.digests.insert(name, ArgDigest { bytes, digest, salt });
            }
            _ if argument.get("withheld") == Some(&Value::Bool(true)) => self.withheld.push(name),
            _ => self.malformed = self.malformed.saturating_add(1),
        }
    }

    /// Returns the arguments for a person, escaped; `None` if the call has none.
    pub(super) fn text(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.args.is_empty() {
            parts.push(Visible(&Value::from(self.args.clone()).to_string()).to_string());
        }
        parts.extend(self.digests.iter().map(|(name, own)| {
            format!("{}: ({} bytes, not kept)", Quoted(name), HumanCount(own.bytes))
        }));
        parts.extend(self.withheld.iter().map(|name| format!("{}: (withheld)", Quoted(name))));
        match self.malformed.saturating_add(self.gone) {
            0 => {}
            1 => parts.push("(an argument is not shown)".to_owned()),
            more => parts.push(format!("({more} arguments are not shown)")),
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
