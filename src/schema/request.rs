//! JSON Schema of requests.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::pattern::{audience, operation, resource};
use crate::limits::{MAX_ARGUMENTS, MAX_NAME_BYTES};
use crate::request::Request;

/// The form that [`Request::from_json`] reads.
impl JsonSchema for Request {
    fn schema_name() -> Cow<'static, str> {
        "Request".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One call: the operation, the resource, the service and the arguments.",
            "type": "object",
            "properties": {
                "operation": operation(),
                "resource": resource(),
                "audience": audience(),
                "args": {
                    "description": "The arguments. No name begins with a slash.",
                    "type": ["object", "null"],
                    "propertyNames": { "maxLength": MAX_NAME_BYTES, "pattern": "^([^/]|$)" },
                    "maxProperties": MAX_ARGUMENTS,
                    "additionalProperties": generator.subschema_for::<Arg>(),
                },
                "context": {
                    "description": "Data that the presentation is bound to in addition to the call. No limit applies to it.",
                    "type": ["object", "null"],
                    "propertyNames": { "maxLength": MAX_NAME_BYTES, "pattern": "^([^/]|$)" },
                    "maxProperties": MAX_ARGUMENTS,
                    "additionalProperties": generator.subschema_for::<Arg>(),
                },
            },
            "required": ["operation", "resource", "audience"],
            "additionalProperties": false,
        })
    }
}

struct Arg;

impl JsonSchema for Arg {
    fn schema_name() -> Cow<'static, str> {
        "Argument".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<Self>();
        json_schema!({
            "description": "Any JSON. A number that is written as an integer must be within ±(2^53 − 1), which JSON carries exactly; send larger ones as strings.",
            "items": inner,
            "additionalProperties": inner,
        })
    }
}
