//! JSON Schema of the agents of a directory.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::key::PublicKey;
use crate::limits::{MAX_NAME_BYTES, MAX_RESPONSIBILITIES};
use crate::principal::PrincipalKind;
use crate::statement::directory::agent::Agent;

impl JsonSchema for Agent {
    fn schema_name() -> Cow<'static, str> {
        "Agent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let time = |description: &str| json_schema!({ "description": description, "type": "string", "format": "date-time" });
        let name = |description: &str| {
            json_schema!({
                "description": description,
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_NAME_BYTES,
            })
        };
        json_schema!({
            "description": "An agent of a directory.",
            "type": "object",
            "properties": {
                "key": generator.subschema_for::<PublicKey>(),
                "id": {
                    "description": "The name that stays when the key changes, a URI such as a SPIFFE id.",
                    "type": "string",
                    "maxLength": MAX_NAME_BYTES,
                    "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=%-]+$",
                },
                "name": name("The name that hops must state for the key."),
                "kind": generator.subschema_for::<PrincipalKind>(),
                "accountable": {
                    "description": "The person or organization that answers for the agent.",
                    "type": "object",
                    "properties": {
                        "name": name("The name."),
                        "kind": { "description": "The kind.", "enum": ["human", "organization"] },
                    },
                    "required": ["name", "kind"],
                    "additionalProperties": false,
                },
                "responsibilities": {
                    "description": "The responsibilities of the agent, in words.",
                    "type": "array",
                    "items": { "type": "string", "minLength": 1, "maxLength": MAX_NAME_BYTES },
                    "maxItems": MAX_RESPONSIBILITIES,
                },
                "status": {
                    "description": "The state of its life.",
                    "enum": ["active", "suspended", "retired"],
                },
                "valid_from": time("The time from which on it may act, RFC 3339."),
                "valid_until": time("The time from which on it may no longer act, RFC 3339."),
                "last_review": time("The time of the last review, RFC 3339."),
                "next_review": time("The time by which it must be reviewed, RFC 3339. From then on it is refused."),
                "may_spawn": {
                    "description": "True if delegates below it need no entry of their own.",
                    "type": "boolean",
                },
            },
            "required": ["accountable", "id", "key", "kind", "may_spawn", "name", "responsibilities", "status"],
            "additionalProperties": false,
        })
    }
}
