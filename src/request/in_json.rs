//! Requests in JSON, for serde.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::request::Request;
use crate::request::fields::Fields;
use crate::text::json::{FromObject, StrictJson};

/// Writes the form that `from_json` reads, without a context that is empty.
#[derive(Serialize)]
struct Written<'a> {
    operation: &'a str,
    resource: &'a str,
    audience: &'a str,
    args: &'a Map<String, Json>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    context: &'a Map<String, Json>,
}

/// Writes the form that [`from_json`](Request::from_json) reads.
impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            operation: self.operation().as_str(),
            resource: self.resource().as_str(),
            audience: self.audience(),
            args: self.args(),
            context: self.context(),
        };
        written.serialize(serializer)
    }
}

/// Reads the form of [`from_json`](Request::from_json), as strictly. The only difference: a
/// deserializer does not expose the text of a number, so a double that is an integer becomes that
/// integer. Read text with `from_json`.
impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            operation: String,
            resource: String,
            audience: String,
            args: Option<StrictJson>,
            context: Option<StrictJson>,
        }
        let FromObject(Read { operation, resource, audience, args, context }) =
            FromObject::deserialize(deserializer)?;
        let [args, context] = [args, context].map(|json| json.map(|StrictJson(json)| json));
        let fields = Fields { operation, resource, audience, args, context };
        Self::from_fields(fields).map_err(D::Error::custom)
    }
}
