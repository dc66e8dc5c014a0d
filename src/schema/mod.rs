//! JSON Schemas of types with a hand-written JSON form (feature `schema`).
//!
//! A schema refuses nothing that its reader accepts. The reader is stricter where a schema cannot
//! express a rule, such as `..` in a resource, or hosts that are not public addresses.

mod pattern;
mod constraint;
mod capability;
mod grant;
mod agent;
mod request;
mod narrow;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::format::hop_id::HopId;
use crate::key::PublicKey;
use crate::reason::DenyCode;

impl JsonSchema for PublicKey {
    fn schema_name() -> Cow<'static, str> {
        "PublicKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An Ed25519 public key.",
            "type": "string",
            "pattern": "^ed25519/[0-9a-f]{64}$",
        })
    }
}

impl JsonSchema for HopId {
    fn schema_name() -> Cow<'static, str> {
        "HopId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The id of a hop, for revoking it and everything delegated from it.",
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
        })
    }
}

impl JsonSchema for DenyCode {
    fn schema_name() -> Cow<'static, str> {
        "DenyCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |code: &Self| json_schema!({ "const": code, "description": code.meaning() });
        let all: Vec<_> = Self::ALL.iter().map(one).collect();
        json_schema!({ "type": "string", "oneOf": all })
    }
}
