//! JSON Schemas of operations, resources and audiences.

use schemars::{Schema, json_schema};

use crate::limits::{MAX_NAME_BYTES, MAX_STRING_BYTES};

pub(super) fn operation() -> Schema {
    json_schema!({
        "description": "The operation, as dotted segments: `crm.read`.",
        "type": "string",
        "maxLength": MAX_NAME_BYTES,
        "pattern": "^[A-Za-z0-9_:/-]+(\\.[A-Za-z0-9_:/-]+)*$",
    })
}

pub(super) fn operation_pattern() -> Schema {
    json_schema!({
        "description": "The operations: one (`crm.read`), all below one (`crm.*`), or all (`*`).",
        "type": "string",
        "maxLength": MAX_NAME_BYTES.saturating_add(".*".len()),
        "pattern": "^(\\*|[A-Za-z0-9_:/-]+(\\.[A-Za-z0-9_:/-]+)*(\\.\\*)?)$",
    })
}

pub(super) fn resource() -> Schema {
    json_schema!({
        "description": "The resource, as segments between slashes: `accounts/emea/42`.",
        "type": "string",
        "maxLength": MAX_STRING_BYTES,
        "pattern": "^[^*/\\\\]+(/[^*/\\\\]+)*$",
    })
}

pub(super) fn resource_pattern() -> Schema {
    json_schema!({
        "description": "The resources: one (`accounts/42`), those one segment below (`accounts/*`), all below (`accounts/**`), or all (`**`).",
        "type": "string",
        "maxLength": MAX_STRING_BYTES.saturating_add("/**".len()),
        "pattern": "^(\\*\\*|[^*/\\\\]+(/[^*/\\\\]+)*(/\\*\\*?)?)$",
    })
}

pub(super) fn audience() -> Schema {
    json_schema!({
        "description": "The service that is called: `crm.acme.com`.",
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_NAME_BYTES,
    })
}
