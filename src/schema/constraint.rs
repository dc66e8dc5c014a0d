//! JSON Schemas of the limits on one argument.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json};

use crate::constraint::ConstraintKind;
use crate::limits::{MAX_GLOB_BYTES, MAX_INTEGER, MAX_LIST, MAX_STRING_BYTES};

/// The kinds of limits, each with the schema of its parameter.
pub(super) fn kinds(generator: &mut SchemaGenerator) -> Map<String, Json> {
    let scalar = generator.subschema_for::<Scalar>();
    let kinds = ConstraintKind::ALL.iter().copied();
    kinds.map(|kind| (kind.to_string(), parameter(kind, &scalar).to_value())).collect()
}

fn parameter(kind: ConstraintKind, scalar: &Schema) -> Schema {
    match kind {
        ConstraintKind::Equals => equals(scalar),
        ConstraintKind::OneOf => set("One of these values.", scalar),
        ConstraintKind::NoneOf => none_of(scalar),
        ConstraintKind::Min => integer("An integer, at least this."),
        ConstraintKind::Max => integer("An integer, at most this."),
        ConstraintKind::Prefix => text("A string that starts with this."),
        ConstraintKind::Suffix => text("A string that ends with this."),
        ConstraintKind::Glob => glob(),
        ConstraintKind::Subpath => subpath(),
        ConstraintKind::Url => url(),
        ConstraintKind::Cidr => cidr(),
        ConstraintKind::MaxLen => max_len(),
        ConstraintKind::SubsetOf => set("A list with no elements other than these.", scalar),
        ConstraintKind::ContainsAll => {
            set("A list that has all of these among its elements.", scalar)
        }
        ConstraintKind::Each => each(scalar),
    }
}

/// One limit of a kind that `each` takes.
fn each(scalar: &Schema) -> Schema {
    let kinds = ConstraintKind::ALL.iter().copied();
    let limits: Map<String, Json> = kinds
        .filter(|kind| kind.refused_by_each().is_none())
        .map(|kind| (kind.to_string(), parameter(kind, scalar).to_value()))
        .collect();
    json_schema!({
        "description": "A list whose elements all satisfy this one limit, or the empty list.",
        "type": "object",
        "properties": limits,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": false,
    })
}

struct Scalar;

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A string, an integer that JSON carries exactly, a boolean or null.",
            "type": ["string", "integer", "boolean", "null"],
            "minimum": MAX_INTEGER.saturating_neg(),
            "maximum": MAX_INTEGER,
            "maxLength": MAX_STRING_BYTES,
        })
    }
}

fn set(description: &str, scalar: &Schema) -> Schema {
    json_schema!({
        "description": description,
        "type": "array",
        "items": scalar,
        "minItems": 1,
        "maxItems": MAX_LIST,
        "uniqueItems": true,
    })
}

fn text(description: &str) -> Schema {
    json_schema!({
        "description": description,
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_STRING_BYTES,
    })
}

fn equals(scalar: &Schema) -> Schema {
    json_schema!({
        "description": "This value, or a list with these elements in this order.",
        "anyOf": [scalar, { "type": "array", "items": scalar, "maxItems": MAX_LIST }],
    })
}

fn none_of(scalar: &Schema) -> Schema {
    json_schema!({
        "description": "None of these values, which are all strings, all integers or all booleans.",
        "type": "array",
        "items": scalar,
        "minItems": 1,
        "maxItems": MAX_LIST,
        "uniqueItems": true,
        "anyOf": [
            { "items": { "type": "string" } },
            { "items": { "type": "integer" } },
            { "items": { "type": "boolean" } },
        ],
    })
}

fn integer(description: &str) -> Schema {
    json_schema!({
        "description": description,
        "type": "integer",
        "minimum": MAX_INTEGER.saturating_neg(),
        "maximum": MAX_INTEGER,
    })
}

fn glob() -> Schema {
    json_schema!({
        "description": "A path that matches this pattern: `reports/*.csv`, `reports/**`.",
        "type": "string",
        "maxLength": MAX_GLOB_BYTES,
        "pattern": "^(/|/?[^/?{}\\[\\]\\\\]+(/[^/?{}\\[\\]\\\\]+)*)$",
    })
}

fn subpath() -> Schema {
    json_schema!({
        "description": "A path at or below this directory: `/srv/data`.",
        "type": "string",
        "maxLength": MAX_STRING_BYTES,
        "pattern": "^(/|/?[^*/\\\\]+(/[^*/\\\\]+)*)$",
    })
}

fn url() -> Schema {
    let list = |items: Schema, least: usize| {
        json_schema!({
            "type": "array",
            "items": items,
            "minItems": least,
            "maxItems": MAX_LIST,
            "uniqueItems": true,
        })
    };
    let schemes = list(json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9+.-]*$" }), 1);
    let host = "^((\\*\\.)?[a-z0-9.-]+|\\[[0-9a-f:.]+\\])$";
    let hosts = list(json_schema!({ "type": "string", "pattern": host }), 1);
    let ports = list(json_schema!({ "type": "integer", "minimum": 1, "maximum": 65_535 }), 0);
    json_schema!({
        "description": "A URL with one of these schemes, hosts and ports, at or below this path.",
        "type": "object",
        "properties": {
            "schemes": schemes,
            "hosts": hosts,
            "ports": ports,
            "path_prefix": {
                "type": "string",
                "maxLength": MAX_STRING_BYTES,
                "pattern": "^(/[!-~]*)?$",
            },
        },
        "required": ["schemes", "hosts"],
        "additionalProperties": false,
    })
}

fn cidr() -> Schema {
    json_schema!({
        "description": "An address in this network: `10.0.0.0/8`, `2001:db8::/32`.",
        "type": "string",
        "pattern": "^[0-9a-f.:]+/[0-9]{1,3}$",
    })
}

fn max_len() -> Schema {
    json_schema!({
        "description": "A string of at most this many bytes, or any list of at most this many elements.",
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_INTEGER,
    })
}
