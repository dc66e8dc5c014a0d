//! The JSON Schema of a tool, narrowed to a capability.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::Constraint;
use crate::request::arguments::enclosing;
use crate::request::value::Value;

impl Capability {
    /// Returns the JSON Schema of a tool's arguments, narrowed to this capability, so that a model
    /// does not try calls that would be refused.
    ///
    /// The result accepts nothing that `schema` refuses, and everything that `schema` accepts and the
    /// capability permits. It may accept more than the capability: a schema cannot express all
    /// limits, such as networks, or limits on members of arguments. So it is advice, and the service
    /// decides.
    ///
    /// ```
    /// use deputize::Capability;
    /// use serde_json::json;
    ///
    /// let own: Capability = "tools/call search limit=1..10 path:subpath=/srv".parse()?;
    /// let schema = json!({
    ///     "type": "object",
    ///     "properties": {
    ///         "limit": { "type": "integer", "minimum": 0 },
    ///         "path": { "type": "string", "description": "A folder" },
    ///         "hidden": { "type": "boolean" },
    ///     },
    /// });
    /// assert_eq!(
    ///     own.narrow_schema(&schema),
    ///     json!({
    ///         "type": "object",
    ///         "properties": {
    ///             "limit": { "type": "integer", "minimum": 1, "maximum": 10 },
    ///             "path": { "type": "string", "description": "A folder", "pattern": "^\\/srv(\\/|$)" },
    ///         },
    ///         "required": ["limit", "path"],
    ///         "additionalProperties": false,
    ///     })
    /// );
    /// # Ok::<(), deputize::GrammarError>(())
    /// ```
    pub fn narrow_schema(&self, schema: &Json) -> Json {
        // Beside these, other keywords are ignored or mean something else.
        const APART: [&str; 3] = ["patternProperties", "unevaluatedProperties", "$ref"];
        let mut narrowed = match schema {
            Json::Object(members) if APART.iter().any(|own| members.contains_key(*own)) => {
                return apart(members, self.narrow_schema(&json!({})));
            }
            Json::Object(members) => members.clone(),
            Json::Bool(true) => Map::new(),
            other => return other.clone(),
        };
        let mut properties = match narrowed.remove("properties") {
            Some(Json::Object(properties)) => properties,
            _ => Map::new(),
        };
        let mut required = match narrowed.remove("required") {
            Some(Json::Array(names)) => names,
            _ => Vec::new(),
        };
        let others = narrowed.get("additionalProperties").cloned().unwrap_or(Json::Bool(true));
        if self.other_args() == OtherArgs::Deny {
            properties.retain(|own, _| self.args().keys().any(|name| top_level(name).0 == *own));
            narrowed.insert("additionalProperties".to_owned(), false.into());
        }
        for (name, limits) in self.args() {
            let (top, is_whole) = top_level(name);
            if limits.presence() == Presence::Required && !required.contains(&Json::from(&*top)) {
                required.push(Json::from(&*top));
            }
            let property = properties.remove(&top).unwrap_or_else(|| others.clone());
            let property = if is_whole { limits.narrow(property) } else { property };
            properties.insert(top, property);
        }
        if !properties.is_empty() {
            narrowed.insert("properties".to_owned(), properties.into());
        }
        if !required.is_empty() {
            narrowed.insert("required".to_owned(), required.into());
        }
        narrowed.into()
    }
}

/// Requires both schemas. The members that others refer to by place, and the type, stay at the top.
fn apart(members: &Map<String, Json>, narrower: Json) -> Json {
    const AT_THE_TOP: [&str; 5] = ["$schema", "$id", "$defs", "definitions", "type"];
    let (mut top, rest): (Map<_, _>, Map<_, _>) =
        members.clone().into_iter().partition(|(name, _)| AT_THE_TOP.contains(&&**name));
    top.insert("allOf".to_owned(), json!([rest, narrower]));
    top.into()
}

/// Returns the argument that a name or a JSON Pointer belongs to, and whether it is the whole
/// argument.
fn top_level(name: &str) -> (String, bool) {
    match enclosing(name).next() {
        Some(top) => (top, false),
        None => (name.to_owned(), true),
    }
}

impl ArgLimits {
    fn narrow(&self, schema: Json) -> Json {
        let mut members = match schema {
            Json::Object(members) => members,
            Json::Bool(true) => Map::new(),
            other => return other,
        };
        // In OpenAPI 3.0, whether a bound is exclusive is a keyword beside it.
        let is_exclusive = ["exclusiveMinimum", "exclusiveMaximum"]
            .iter()
            .any(|name| members.get(*name).is_some_and(Json::is_boolean));
        for (keyword, value) in self.constraints().iter().filter_map(keyword) {
            // These change which elements are unevaluated.
            if matches!(keyword, "items" | "contains" | "allOf")
                && members.contains_key("unevaluatedItems")
            {
                continue;
            }
            match members.get_mut(keyword).filter(|_| !is_exclusive) {
                None if is_exclusive => {
                    let and = members.entry("allOf").or_insert_with(|| json!([]));
                    if let Json::Array(all) = and {
                        all.push(json!({ keyword: value }));
                    }
                }
                None => drop(members.insert(keyword.to_owned(), value)),
                Some(own) => match (keyword, own.as_i64(), value.as_i64()) {
                    ("minimum", Some(before), Some(now)) => *own = before.max(now).into(),
                    ("maximum" | "maxLength", Some(before), Some(now)) => {
                        *own = before.min(now).into();
                    }
                    _ => {
                        let and = members.entry("allOf").or_insert_with(|| json!([]));
                        if let Json::Array(all) = and {
                            all.push(json!({ keyword: value }));
                        }
                    }
                },
            }
        }
        members.into()
    }
}

/// Returns a keyword that every permitted value satisfies, if there is one.
fn keyword(limit: &Constraint) -> Option<(&'static str, Json)> {
    let list = |values: &BTreeSet<Value>| values.iter().map(Json::from).collect();
    Some(match limit {
        Constraint::Equals(value) => ("const", value.into()),
        Constraint::OneOf(values) => ("enum", list(values)),
        Constraint::NoneOf(values) => ("not", json!({ "enum": list(values) })),
        Constraint::Min(bound) => ("minimum", (*bound).into()),
        Constraint::Max(bound) => ("maximum", (*bound).into()),
        Constraint::Prefix(text) => ("pattern", format!("^{}", escaped(text)).into()),
        Constraint::Suffix(text) => ("pattern", format!("{}$", escaped(text)).into()),
        Constraint::Glob(glob) => ("pattern", format!("^{}", escaped(glob.head())).into()),
        Constraint::Subpath(directory) => {
            let directory = directory.as_str();
            let end = if directory == "/" { "" } else { "(\\/|$)" };
            ("pattern", format!("^{}{end}", escaped(directory)).into())
        }
        Constraint::Url(pattern) => {
            let schemes: Vec<_> = pattern.schemes().iter().map(|own| escaped(own)).collect();
            ("pattern", format!("^({}):\\/\\/", schemes.join("|")).into())
        }
        // A string has no more characters than bytes. Lists are bounded by another keyword.
        Constraint::MaxLen(most) => ("maxLength", (*most).into()),
        Constraint::SubsetOf(values) => ("items", json!({ "enum": list(values) })),
        Constraint::ContainsAll(values) => {
            let each =
                values.iter().map(|value| json!({ "contains": { "const": Json::from(value) } }));
            ("allOf", each.collect())
        }
        Constraint::Each(limit) => {
            let (keyword, value) = keyword(limit)?;
            ("items", json!({ keyword: value }))
        }
        Constraint::Cidr(_) => return None,
    })
}

/// Escapes the characters of a text that mean something in a regular expression of ECMA-262, which
/// refuses other escapes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "^$\\.*+?()[]{}|/".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
