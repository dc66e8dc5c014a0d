//! The fields of a request in JSON, read from text.

use std::fmt::{self, Formatter};

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value as Json;

use crate::text::escape::Backticked;
use crate::text::json::{JsonError, Numerals, Strict};

/// The fields of a request in JSON.
pub(super) struct Fields {
    pub(super) operation: String,
    pub(super) resource: String,
    pub(super) audience: String,
    pub(super) args: Option<Json>,
    pub(super) context: Option<Json>,
}

impl Fields {
    pub(super) fn read(json: &str) -> Result<Self, JsonError> {
        let numerals = Numerals::of(json);
        let mut reader = serde_json::Deserializer::from_str(json);
        let fields = reader.deserialize_map(FieldsVisitor(&numerals))?;
        reader.end()?;
        numerals.end()?;
        Ok(fields)
    }
}

/// Reads an object only, and each field at most once. Only `args` and `context` may contain
/// numbers, so these are read in the order of the text.
struct FieldsVisitor<'n>(&'n Numerals<'n>);

impl<'de> Visitor<'de> for FieldsVisitor<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let [mut operation, mut resource, mut audience] = [const { None::<String> }; 3];
        let [mut args, mut context] = [const { None::<Json> }; 2];
        while let Some(name) = map.next_key::<String>()? {
            let (name, field) = match name.as_str() {
                "operation" => ("operation", &mut operation),
                "resource" => ("resource", &mut resource),
                "audience" => ("audience", &mut audience),
                "args" | "context" => {
                    let (name, object) = match name.as_str() {
                        "args" => ("args", &mut args),
                        _ => ("context", &mut context),
                    };
                    if object.is_some() {
                        return Err(A::Error::duplicate_field(name));
                    }
                    *object = Some(map.next_value_seed(Strict::within(self.0))?);
                    continue;
                }
                other => {
                    return Err(A::Error::custom(format_args!(
                        "unknown field {}, expected one of {FIELDS}",
                        Backticked(other)
                    )));
                }
            };
            if field.is_some() {
                return Err(A::Error::duplicate_field(name));
            }
            *field = Some(map.next_value()?);
        }
        let required =
            |field: Option<String>, name| field.ok_or_else(|| A::Error::missing_field(name));
        Ok(Fields {
            operation: required(operation, "operation")?,
            resource: required(resource, "resource")?,
            audience: required(audience, "audience")?,
            args,
            context,
        })
    }
}

const FIELDS: &str = "`operation`, `resource`, `audience`, `args`, `context`";
