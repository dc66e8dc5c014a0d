//! The listings of a server: which arguments may be `null`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::limits::MAX_LISTED_BYTES;

/// The tools that a server listed, as far as repairs depend on them.
#[derive(Debug, Default)]
pub(super) struct Listed {
    tools: BTreeMap<String, Nulls>,
    /// The length of what is kept.
    bytes: usize,
}

/// The arguments of a tool for which `null` has no meaning of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Nulls {
    known: BTreeMap<String, bool>,
    /// True if the tool has no other arguments.
    is_closed: bool,
}

impl Listed {
    /// Notes the tools of a listing, before it is narrowed. Those for which there is no room count as
    /// not listed.
    pub(super) fn note(&mut self, result: &Map<String, Json>) {
        let tools = result.get("tools").and_then(Json::as_array);
        for tool in tools.into_iter().flatten() {
            let Some(name) = tool.get("name").and_then(Json::as_str) else { continue };
            if let Some(old) = self.tools.remove(name) {
                self.bytes = self.bytes.saturating_sub(old.bytes(name));
            }
            let Some(Json::Object(schema)) = tool.get("inputSchema") else { continue };
            let own = Nulls::of(schema);
            let bytes = self.bytes.saturating_add(own.bytes(name));
            if bytes <= MAX_LISTED_BYTES {
                self.bytes = bytes;
                self.tools.insert(name.to_owned(), own);
            }
        }
    }

    pub(super) fn of(&self, tool: &str) -> Option<&Nulls> {
        self.tools.get(tool)
    }
}

impl Nulls {
    fn of(schema: &Map<String, Json>) -> Self {
        let properties = schema.get("properties").and_then(Json::as_object);
        let properties = properties.into_iter().flatten();
        let known = properties.map(|(name, own)| (name.clone(), means_nothing(own)));
        let is_closed = schema.get("additionalProperties") == Some(&Json::Bool(false))
            && !schema.contains_key("patternProperties");
        Self { known: known.collect(), is_closed }
    }

    fn bytes(&self, name: &str) -> usize {
        /// About the memory of one entry.
        const ENTRY: usize = 64;
        let names = std::iter::once(name).chain(self.known.keys().map(String::as_str));
        names.map(|own| own.len().saturating_add(ENTRY)).fold(0, usize::saturating_add)
    }

    /// Returns true if the argument may be left out where it is `null`, by the schema.
    pub(super) fn mean_nothing(&self, argument: &str) -> bool {
        self.known.get(argument).copied().unwrap_or(self.is_closed)
    }
}

/// Returns true if the schema refuses `null`, or has it as its default, which also stands for an
/// absent argument.
fn means_nothing(schema: &Json) -> bool {
    schema.get("default") == Some(&Json::Null) || !may_admit_null(schema)
}

/// Returns false only if the schema refuses `null`. Depth is bounded by that of JSON.
fn may_admit_null(schema: &Json) -> bool {
    let Json::Object(own) = schema else { return *schema != Json::Bool(false) };
    let names_null = |json: &Json| match json {
        Json::Array(names) => names.iter().any(|own| own == "null"),
        name => name == "null",
    };
    let is_nullable = own.get("nullable") == Some(&Json::Bool(true));
    let of_list = |name: &str| own.get(name).and_then(Json::as_array);
    own.get("type").is_none_or(|own| is_nullable || names_null(own))
        && own.get("const").is_none_or(Json::is_null)
        && of_list("enum").is_none_or(|own| own.iter().any(Json::is_null))
        && of_list("anyOf").is_none_or(|own| own.iter().any(may_admit_null))
        && of_list("oneOf").is_none_or(|own| own.iter().any(may_admit_null))
        && of_list("allOf").is_none_or(|own| own.iter().all(may_admit_null))
}
