//! Calls that went out while a service observed, and that nobody presented.

use std::collections::BTreeMap;

use deputize::{FieldKind, UnpresentedCore};
use deputize_audit::ReadRecord;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::audit::args::{Members, ValueDigest, said, text as members};
use crate::output::granted::at;

/// A call that went out while the service observed, in JSON. It had no presentation, or one that does not
/// count, so it is charged to nobody. A value that was erased is absent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnpresentedLine {
    /// The index of the record.
    record: u64,
    /// The time of the call, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// The deny codes: why no presentation counts, and why the call would have been refused.
    codes: Vec<&'static str>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<Value>,
    /// The operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Value>,
    /// The resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    /// The arguments that were kept.
    args: Map<String, Value>,
    /// The arguments of which a digest was kept, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digests: BTreeMap<String, ValueDigest>,
    /// The arguments of which the name alone was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<String>,
    /// The arguments for a person.
    #[serde(skip)]
    members: Option<String>,
    /// The number of values that are not shown.
    not_shown: usize,
}

impl UnpresentedLine {
    pub(super) fn of(record: &ReadRecord, own: &UnpresentedCore) -> Self {
        let call = record.value(FieldKind::Call);
        let member = |name: &str| call.and_then(|call| call.get(name)).cloned();
        let (args, context) = (Members::args_of(record), Members::context_of(record));
        Self {
            record: record.core.index,
            at: at(record.core.at),
            codes: own.codes.iter().map(|code| code.as_str()).collect(),
            audience: member("audience"),
            operation: member("operation"),
            resource: record.value(FieldKind::Resource).cloned(),
            not_shown: record.not_shown.saturating_add(args.malformed),
            members: members(&args, &context),
            args: args.kept,
            digests: args.digests,
            withheld: args.withheld,
        }
    }

    /// Returns the line for a person.
    pub(super) fn text(&self) -> String {
        let call = [&self.operation, &self.resource, &self.audience].map(Option::as_ref);
        let call = said(call, self.members.as_deref());
        let (at, codes, record) = (&self.at, self.codes.join(", "), self.record);
        format!(
            "{at}  unpresented, and was made  an unknown caller: {call} [{codes}]  (record {record})"
        )
    }
}
