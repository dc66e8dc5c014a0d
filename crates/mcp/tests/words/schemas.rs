//! Arguments as the schema of a tool has them, and calls made from it.

use std::collections::BTreeMap;

use deputize_mcp::words::ArgumentKind;
use serde_json::{Map, Value, json};

/// An argument that a capability can name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Leaf {
    /// The schema of its value, in the elements of a list of objects if it is in one.
    pub(crate) schema: Value,
    pub(crate) is_in_list: bool,
}

/// Returns the arguments by the names that capabilities use.
pub(crate) fn leaves(schema: &Value) -> BTreeMap<String, Leaf> {
    let mut found = BTreeMap::new();
    for (name, own) in properties(schema) {
        add(&mut found, name.clone(), &format!("/{}", step(name)), own, false);
    }
    found
}

fn add(
    found: &mut BTreeMap<String, Leaf>,
    name: String,
    pointer: &str,
    schema: &Value,
    is_in_list: bool,
) {
    let schema = without_null(schema);
    let (inside, members) = match schema["type"].as_str() {
        Some("object") => (pointer.to_owned(), properties(schema)),
        Some("array") if !is_in_list => {
            (format!("{pointer}/*"), properties(without_null(&schema["items"])))
        }
        _ => (String::new(), Vec::new()),
    };
    if members.is_empty() {
        found.insert(name, Leaf { schema: schema.clone(), is_in_list });
    }
    for (member, own) in members {
        let pointer = format!("{inside}/{}", step(member));
        add(found, pointer.clone(), &pointer, own, is_in_list || inside.ends_with('*'));
    }
}

fn properties(schema: &Value) -> Vec<(&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten().collect()
}

fn step(name: &str) -> String {
    match name {
        "*" => "~2".to_owned(),
        name => name.replace('~', "~0").replace('/', "~1"),
    }
}

fn without_null(schema: &Value) -> &Value {
    let one = schema["anyOf"].as_array().into_iter().flatten().find(|own| own["type"] != "null");
    one.unwrap_or(schema)
}

impl Leaf {
    /// Returns true if the argument can be of this kind.
    pub(crate) fn is(&self, kind: ArgumentKind) -> bool {
        let own = self.schema["type"].as_str().unwrap();
        match kind {
            ArgumentKind::Path
            | ArgumentKind::File
            | ArgumentKind::Url
            | ArgumentKind::Name
            | ArgumentKind::Code
            | ArgumentKind::Text => own == "string" && !self.is_in_list,
            ArgumentKind::Choice => own == "string" && !self.is_in_list,
            ArgumentKind::Paths
            | ArgumentKind::Files
            | ArgumentKind::Urls
            | ArgumentKind::Names
            | ArgumentKind::Texts => own == "array" || (self.is_in_list && own == "string"),
            ArgumentKind::Count | ArgumentKind::Number => ["integer", "number"].contains(&own),
            ArgumentKind::Flag => own == "boolean",
            ArgumentKind::Objects => ["object", "array"].contains(&own),
            other => panic!("{other:?}"),
        }
    }
}

/// Returns a call with the required arguments, or with all.
pub(crate) fn arguments(schema: &Value, has_all: bool) -> Map<String, Value> {
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|own| own.iter().any(|own| own == name))
    };
    let wanted = properties(schema).into_iter().filter(|(name, _)| has_all || is_required(name));
    wanted.map(|(name, own)| (name.clone(), value(own, has_all))).collect()
}

/// Returns a value that the schema permits.
fn value(schema: &Value, has_all: bool) -> Value {
    let schema = without_null(schema);
    if let Some(one) = schema["enum"].as_array().and_then(|own| own.first()) {
        return one.clone();
    }
    match schema["type"].as_str().unwrap() {
        "string" if schema["format"] == "uri" => json!("https://docs.acme.com/a"),
        "string" => json!("a"),
        "number" | "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(true),
        // Two, so that a limit must hold for each.
        "array" => json!([value(&schema["items"], has_all), value(&schema["items"], has_all)]),
        "object" => Value::Object(arguments(schema, has_all)),
        other => panic!("{other}"),
    }
}

/// Sets an argument in a call; in a list of objects, to one value in each of them.
pub(crate) fn set(arguments: &mut Map<String, Value>, name: &str, values: &[Value]) {
    let Some(pointer) = name.strip_prefix('/') else {
        arguments.insert(name.to_owned(), values[0].clone());
        return;
    };
    let steps: Vec<_> = pointer.split('/').collect();
    let [list, "*", member] = steps.as_slice() else { panic!("{name}") };
    let objects = values.iter().enumerate().map(|(i, value)| {
        let mut object = arguments.get(*list).map_or(json!({}), |list| list[i].clone());
        object[*member] = value.clone();
        object
    });
    let objects = objects.collect();
    arguments.insert((*list).to_owned(), Value::Array(objects));
}

/// Removes an argument from a call.
pub(crate) fn remove(arguments: &mut Map<String, Value>, name: &str) {
    let steps: Vec<_> = name.split('/').collect();
    match steps.as_slice() {
        ["", list, "*", member] => {
            for object in arguments[*list].as_array_mut().unwrap() {
                object.as_object_mut().unwrap().remove(*member);
            }
        }
        _ => {
            arguments.remove(name);
        }
    }
}
