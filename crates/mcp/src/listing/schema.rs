//! The `inputSchema` of a tool.

use std::collections::BTreeSet;

use deputize::PermittedArgs;
use deputize::bind::MCP_INPUT_RESPONSES;
use deputize::text::Backticked;
use serde_json::{Map, Value as Json};

use super::value::{self, Narrowed};
use super::words::{self, NOT_ALLOWED, allowed, describe};

/// The members of a schema beside which `properties` and `additionalProperties` mean what they say:
/// none of them names further arguments.
const PLAIN: [&str; 13] = [
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "additionalProperties",
    "default",
    "definitions",
    "description",
    "examples",
    "properties",
    "required",
    "title",
    "type",
];

/// Narrows the schema of a tool. Returns false if no call of the tool is permitted.
pub(super) fn narrow(
    tool: &mut Map<String, Json>,
    permitted: PermittedArgs<'_>,
    work: &mut usize,
) -> bool {
    let mut left = Vec::new();
    let is_of_use = match tool.get_mut("inputSchema") {
        Some(Json::Object(schema)) => {
            let required = required(schema);
            match with_required(permitted, required) {
                Some((permitted, required)) => {
                    Arguments { permitted, required, left: &mut left }.narrow(schema, work)
                }
                None => false,
            }
        }
        _ => {
            for name in permitted.top_level() {
                left.extend(allowed(&of(&name), &permitted.limits_on(&name, work)));
                left.extend(words::inside(&name, &permitted, work));
            }
            true
        }
    };
    describe(tool, &left);
    is_of_use
}

/// Returns what is permitted of calls with all arguments that the server requires, and these together
/// with those that the grants require. `None` if no such call is permitted.
pub(super) fn with_required(
    permitted: PermittedArgs<'_>,
    mut required: BTreeSet<String>,
) -> Option<(PermittedArgs<'_>, BTreeSet<String>)> {
    let permitted = permitted.with_all(required.iter().map(String::as_str))?;
    let mut granted = permitted.top_level();
    granted.retain(|name| name != MCP_INPUT_RESPONSES && permitted.requires(name));
    required.extend(granted);
    Some((permitted, required))
}

fn required(schema: &Map<String, Json>) -> BTreeSet<String> {
    let own = schema.get("required").and_then(Json::as_array);
    own.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn of(name: &str) -> String {
    format!(" in {}", Backticked(name))
}

/// The arguments of a tool.
struct Arguments<'a, 'l> {
    permitted: PermittedArgs<'a>,
    /// Those that must be there, by the schema or by the grants.
    required: BTreeSet<String>,
    /// Sentences for which the schema has no place.
    left: &'l mut Vec<String>,
}

impl Arguments<'_, '_> {
    fn narrow(mut self, schema: &mut Map<String, Json>, work: &mut usize) -> bool {
        if matches!(schema.get("properties"), Some(own) if !own.is_object()) {
            return true;
        }
        let names = schema.get("properties").and_then(Json::as_object);
        let names: BTreeSet<_> = names.into_iter().flat_map(Map::keys).cloned().collect();
        let mut granted = self.permitted.top_level();
        granted.remove(MCP_INPUT_RESPONSES);
        let is_closed = schema.get("additionalProperties") == Some(&Json::Bool(false));
        let is_plain = schema.keys().all(|own| PLAIN.contains(&own.as_str()));
        let is_shared = refers_to_properties(schema);
        let is_described = is_shared || is_old(schema);
        if is_plain && is_closed && self.required.iter().any(|name| !names.contains(name)) {
            return false;
        }
        let mut refused = BTreeSet::new();
        for name in names.union(&granted).cloned() {
            let properties = schema.get_mut("properties").and_then(Json::as_object_mut);
            let property = properties.and_then(|own| own.get_mut(&name));
            if self.narrow_one(&name, property, is_described, work) == Narrowed::Nothing {
                if self.required.contains(&name) {
                    return false;
                }
                refused.insert(name);
            }
        }
        self.require(schema, &names, is_shared);
        let is_known = |name: &String| names.contains(name) || refused.contains(name);
        let can_close = !self.permitted.may_have_others() && granted.iter().all(is_known);
        let can_remove = is_plain && !is_shared && (is_closed || can_close);
        if let Some(Json::Object(properties)) = schema.get_mut("properties") {
            match can_remove {
                true => properties.retain(|name, _| !refused.contains(name)),
                false => mark(properties, &refused),
            }
        }
        if can_remove {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        true
    }

    fn narrow_one(
        &mut self,
        name: &str,
        property: Option<&mut Json>,
        is_described: bool,
        work: &mut usize,
    ) -> Narrowed {
        let limits = self.permitted.limits_on(name, work);
        if limits.is_empty() {
            return Narrowed::Nothing;
        }
        let inside = words::inside(name, &self.permitted, work);
        let Some(Json::Object(property)) = property else {
            self.left.extend(allowed(&of(name), &limits));
            self.left.extend(inside);
            return Narrowed::Partly;
        };
        let may_be_absent = !self.required.contains(name);
        let narrowed = match is_described {
            true => Narrowed::Partly,
            false => value::narrow(property, &limits, may_be_absent, work),
        };
        let mut sentences = inside;
        if narrowed == Narrowed::Partly {
            sentences.extend(allowed("", &limits));
        }
        if narrowed != Narrowed::Nothing {
            describe(property, &sentences);
        }
        narrowed
    }

    /// Adds those arguments that the grants require to `required`. They are only described if a part of
    /// the schema may refer to all of it, for which they are not required, or if the server does not name
    /// them, since nothing quotes them there.
    fn require(
        &mut self,
        schema: &mut Map<String, Json>,
        names: &BTreeSet<String>,
        is_shared: bool,
    ) {
        let by_server = required(schema);
        let more = self.required.iter().filter(|name| !by_server.contains(*name));
        let (listed, described): (Vec<_>, Vec<_>) =
            more.partition(|name| !is_shared && names.contains(*name));
        self.left.extend(words::required(&described));
        if listed.is_empty() {
            return;
        }
        let own = schema.entry("required").or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(own) = own {
            own.extend(listed.into_iter().map(|name| Json::from(name.as_str())));
        }
    }
}

/// Describes the arguments that cannot be removed.
fn mark(properties: &mut Map<String, Json>, refused: &BTreeSet<String>) {
    for name in refused {
        if let Some(Json::Object(property)) = properties.get_mut(name) {
            describe(property, &[NOT_ALLOWED.to_owned()]);
        }
    }
}

/// Returns true if a part of the schema may refer to `properties`, so that one of them stands for
/// another argument too.
fn refers_to_properties(members: &Map<String, Json>) -> bool {
    const OF_DEFINITIONS: [&str; 2] = ["#/$defs/", "#/definitions/"];
    members.iter().any(|(name, value)| match (name.as_str(), value) {
        ("$ref", Json::String(to)) => !OF_DEFINITIONS.iter().any(|own| to.starts_with(own)),
        ("$dynamicRef" | "$recursiveRef", _) => true,
        (_, value) => any_object(value, refers_to_properties),
    })
}

/// Returns true if this is true of the outermost objects of a value. Depth is bounded by that of JSON.
fn any_object(json: &Json, is: fn(&Map<String, Json>) -> bool) -> bool {
    match json {
        Json::Object(members) => is(members),
        Json::Array(items) => items.iter().any(|item| any_object(item, is)),
        _ => false,
    }
}

/// Returns true for a schema of draft 3 or 4, in which `5.0` is not an integer and bounds have other
/// forms.
fn is_old(schema: &Map<String, Json>) -> bool {
    let dialect = schema.get("$schema").and_then(Json::as_str).unwrap_or_default();
    dialect.contains("draft-03") || dialect.contains("draft-04")
}
