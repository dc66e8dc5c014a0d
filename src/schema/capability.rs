//! JSON Schema of capabilities.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::constraint::kinds;
use super::pattern::{operation_pattern, resource_pattern};
use crate::capability::{Capability, OtherArgs};
use crate::limits::{MAX_CONSTRAINTS, MAX_NAME_BYTES};

impl JsonSchema for Capability {
    fn schema_name() -> Cow<'static, str> {
        "Capability".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An operation on a resource, with limits on its arguments.",
            "type": "object",
            "properties": {
                "operation": operation_pattern(),
                "resource": resource_pattern(),
                "args": {
                    "description": "Limits on arguments by name. A value inside an object is named by its JSON Pointer, such as `/filter/owner`, and a value inside every object of a list by one with `*` for the index, such as `/files/*/path`. An argument must be present unless it is optional.",
                    "type": ["object", "null"],
                    "propertyNames": { "minLength": 1, "maxLength": MAX_NAME_BYTES },
                    "maxProperties": MAX_CONSTRAINTS,
                    "additionalProperties": generator.subschema_for::<Limits>(),
                },
                "other_args": generator.subschema_for::<Option<OtherArgs>>(),
            },
            "required": ["operation", "resource"],
            "additionalProperties": false,
        })
    }
}

/// The limits on one argument: `any`, `below`, or at least one kind of limit.
struct Limits;

impl JsonSchema for Limits {
    fn schema_name() -> Cow<'static, str> {
        "Limits".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let optional = json!({
            "description": "True if the argument may be absent.",
            "type": "boolean",
        });
        let mut limits = kinds(generator);
        limits.insert("optional".to_owned(), optional.clone());
        json_schema!({
            "description": "Limits on one argument, all of which must hold.",
            "type": "object",
            "anyOf": [
                {
                    "properties": {
                        "any": { "description": "Any value is allowed.", "const": true },
                        "optional": optional,
                    },
                    "required": ["any"],
                    "additionalProperties": false,
                },
                {
                    "properties": {
                        "below": {
                            "description": "Any value is allowed, and any value below it, or none.",
                            "const": true,
                        },
                    },
                    "required": ["below"],
                    "additionalProperties": false,
                },
                {
                    "properties": limits,
                    "minProperties": 1,
                    // `optional` alone is not a limit.
                    "dependentSchemas": { "optional": { "minProperties": 2 } },
                    "additionalProperties": false,
                },
            ],
        })
    }
}
