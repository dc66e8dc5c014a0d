//! JSON Schema of grants.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::pattern::audience;
use crate::capability::Capability;
use crate::grant::Grant;
use crate::key::PublicKey;
use crate::limits::{
    MAX_CAPABILITIES, MAX_FURTHER_HOPS, MAX_LIST, MAX_NAME_BYTES, MAX_PURPOSE_BYTES,
};
use crate::principal::{Principal, PrincipalKind};

impl JsonSchema for Principal {
    fn schema_name() -> Cow<'static, str> {
        "Principal".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A principal to whom authority is delegated.",
            "type": "object",
            "properties": {
                "name": {
                    "description": "The name that the delegator gives.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MAX_NAME_BYTES,
                },
                "kind": generator.subschema_for::<PrincipalKind>(),
                "key": generator.subschema_for::<PublicKey>(),
            },
            "required": ["name", "kind", "key"],
            "additionalProperties": false,
        })
    }
}

impl JsonSchema for Grant {
    fn schema_name() -> Cow<'static, str> {
        "Grant".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The content of one delegation.",
            "type": "object",
            "properties": {
                "to": generator.subschema_for::<Principal>(),
                "capabilities": {
                    "description": "The capabilities. A call is covered if one of them covers it.",
                    "type": "array",
                    "items": generator.subschema_for::<Capability>(),
                    "minItems": 1,
                    "maxItems": MAX_CAPABILITIES,
                },
                "not_before": {
                    "description": "Start of validity, RFC 3339.",
                    "type": "string",
                    "format": "date-time",
                },
                "expires": {
                    "description": "End of validity, RFC 3339.",
                    "type": "string",
                    "format": "date-time",
                },
                "max_hops": {
                    "description": "The number of delegations that may follow; 0 if omitted.",
                    "type": "integer",
                    "minimum": 0,
                    "maximum": MAX_FURTHER_HOPS,
                },
                "audience": {
                    "description": "The services that may be called; any if omitted.",
                    "type": "array",
                    "items": audience(),
                    "minItems": 1,
                    "maxItems": MAX_LIST,
                    "uniqueItems": true,
                },
                "delegates": {
                    "description": "The keys that further delegations may go to; any if omitted.",
                    "type": "array",
                    "items": generator.subschema_for::<PublicKey>(),
                    "minItems": 1,
                    "maxItems": MAX_LIST,
                    "uniqueItems": true,
                },
                "purpose": {
                    "description": "The reason for the delegation, for people to read.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MAX_PURPOSE_BYTES,
                },
            },
            "required": ["to", "capabilities", "expires", "purpose"],
            "additionalProperties": false,
        })
    }
}
