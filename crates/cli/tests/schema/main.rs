//! The published JSON Schemas are generated from the types. They accept the JSON that is read and
//! written, and little else.
//!
//! `UPDATE_SCHEMAS=1` regenerates them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../../../tests/common/mod.rs"]
mod common;

mod samples;
mod reports;
mod reading;
mod agreement;
mod agents;
mod narrow;

use std::fs;
use std::path::{Path, PathBuf};

use deputize_cli::commands::schema::Document;
use jsonschema::Validator;
use serde_json::Value;

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    for document in Document::ALL {
        let path = root().join("docs/schemas").join(format!("{}.schema.json", document.name()));
        if update {
            fs::write(&path, document.to_json()).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == document.to_json(),
            "{} differs from the types; run with UPDATE_SCHEMAS=1",
            path.display()
        );
    }
    let count = fs::read_dir(root().join("docs/schemas")).unwrap().count();
    assert_eq!(count, Document::ALL.len(), "every file belongs to a document");
}

#[test]
fn every_schema_is_valid_and_described() {
    for document in Document::ALL {
        let schema = document.schema().to_value();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema.get("$id").is_none());
        assert!(schema["title"].is_string() && schema["description"].is_string());
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn validator(document: Document) -> Validator {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(&document.schema().to_value()).unwrap()
}

pub(crate) fn require(validator: &Validator, json: &Value) {
    let errors: Vec<_> = validator.iter_errors(json).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{json:#}");
}

pub(crate) fn read(path: PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
