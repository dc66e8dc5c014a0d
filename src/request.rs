//! The call that is about to be made, as the service that would make it sees it.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::arguments::{Argument, ArgumentError, Arguments};
use crate::inert::{Escaped, Inert, Visible, has_invisible};
use crate::json::{FromObject, StrictJson};
use crate::limits::MAX_NAME_BYTES;
use crate::pattern::{Operation, PatternError, Resource};
use crate::principal::is_blank;
use crate::value::Value;

/// One call: what is done, to what, who is asked, with which arguments.
///
/// The service builds it from the call that it is about to make, never from what the caller says
/// the call is.
///
/// ```
/// use deputize::Request;
///
/// let request = Request::new("crm.read", "accounts/emea/42", "crm.acme.com")?
///     .with_args(r#"{"limit": 5}"#)?;
/// assert_eq!(request.operation().as_str(), "crm.read");
/// # Ok::<(), deputize::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    operation: Operation,
    resource: Resource,
    audience: String,
    args: Map<String, Json>,
    arguments: Arguments,
    digest: [u8; 32],
}

impl Request {
    /// A call without arguments.
    ///
    /// # Errors
    ///
    /// [`RequestError`] where one of them could be read in two ways.
    pub fn new(operation: &str, resource: &str, audience: &str) -> Result<Self, RequestError> {
        Self::build(operation.parse()?, resource.parse()?, audience.to_owned(), Map::new())
    }

    /// The same call with these arguments, a JSON object.
    ///
    /// # Errors
    ///
    /// [`RequestError`] for what is not a JSON object, repeats a key, or has an integer beyond
    /// ±(2^53 − 1), or more than [`ArgumentError`] allows.
    pub fn with_args(self, json: &str) -> Result<Self, RequestError> {
        match serde_json::from_str(json) {
            Ok(StrictJson(Json::Object(args))) => self.with_arg_map(args),
            Ok(_) => Err(RequestError::NotAnObject),
            Err(e) => Err(RequestError::Json(e.to_string())),
        }
    }

    /// The same call with arguments that were parsed already.
    ///
    /// # Errors
    ///
    /// As [`with_args`](Self::with_args). A key that stood twice in the text is gone by then: parse
    /// with a reader that refuses it.
    pub fn with_arg_map(self, args: Map<String, Json>) -> Result<Self, RequestError> {
        Self::build(self.operation, self.resource, self.audience, args)
    }

    /// Reads `{"operation":…,"resource":…,"audience":…,"args":{…}}`; `args` may be left out, other
    /// fields are refused.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) and [`with_args`](Self::with_args).
    pub fn from_json(json: &str) -> Result<Self, RequestError> {
        let FromObject::<Fields>(fields) =
            serde_json::from_str(json).map_err(|e| RequestError::Json(e.to_string()))?;
        let args = match fields.args {
            None => Map::new(),
            Some(StrictJson(Json::Object(args))) => args,
            Some(_) => return Err(RequestError::NotAnObject),
        };
        Self::build(fields.operation.parse()?, fields.resource.parse()?, fields.audience, args)
    }

    fn build(
        operation: Operation,
        resource: Resource,
        audience: String,
        args: Map<String, Json>,
    ) -> Result<Self, RequestError> {
        check_audience(&audience)?;
        let arguments = Arguments::of(&args)?;
        let digest = digest(&operation, &resource, &audience, &args)?;
        Ok(Self { operation, resource, audience, args, arguments, digest })
    }

    /// What is done.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// What it is done to.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Who is asked to do it.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The arguments as given.
    pub fn args(&self) -> &Map<String, Json> {
        &self.args
    }

    /// SHA-256 over the canonical JSON (RFC 8785) of the object with the fields `operation`,
    /// `resource`, `audience` and `args`.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub(crate) fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// The value of an argument, by name or JSON Pointer; `None` where it is absent or cannot be
    /// decided upon.
    pub fn arg(&self, name: &str) -> Option<&Value> {
        match self.arguments.get(name) {
            Argument::Value(value) => Some(value),
            Argument::Absent | Argument::Object | Argument::Undecidable => None,
        }
    }
}

impl Display for Request {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} at {}", self.operation, self.resource, Inert(&self.audience))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    operation: String,
    resource: String,
    audience: String,
    args: Option<StrictJson>,
}

fn digest(
    operation: &Operation,
    resource: &Resource,
    audience: &str,
    args: &Map<String, Json>,
) -> Result<[u8; 32], RequestError> {
    #[derive(Serialize)]
    struct Canonical<'a> {
        operation: &'a str,
        resource: &'a str,
        audience: &'a str,
        args: &'a Map<String, Json>,
    }
    let canonical =
        Canonical { operation: operation.as_str(), resource: resource.as_str(), audience, args };
    let bytes = serde_json_canonicalizer::to_vec(&canonical)
        .map_err(|e| RequestError::Json(e.to_string()))?;
    Ok(Sha256::digest(&bytes).into())
}

/// Whether the text can name who is asked.
pub(crate) fn check_audience(audience: &str) -> Result<(), RequestError> {
    if is_blank(audience) || audience.len() > MAX_NAME_BYTES || has_invisible(audience) {
        return Err(RequestError::Audience { found: audience.to_owned() });
    }
    Ok(())
}

/// Why something is not a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The operation or the resource could be read in two ways.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The audience is blank, too long, or has characters that cannot be seen.
    #[error(
        "the audience `{}` must be visible text of at most {MAX_NAME_BYTES} bytes, such as `crm.acme.com`",
        Escaped(found)
    )]
    Audience {
        /// What was given.
        found: String,
    },
    /// The JSON does not parse.
    #[error("the request is not the JSON that was expected: {}", Visible(.0))]
    Json(String),
    /// The arguments are not a JSON object.
    #[error("the arguments must be a JSON object")]
    NotAnObject,
    /// The arguments cannot be told apart or carried exactly.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// RFC 8785 writes the nearest double, so reading must give that one: `serde_json` does with
        /// its feature `float_roundtrip`, which the canonicalizer asks for.
        #[test]
        fn a_float_is_read_to_the_last_bit(float in -1e15..1e15_f64) {
            prop_assume!(float.fract() != 0.0);
            let call = Request::new("a", "b", "c").unwrap();
            let call = call.with_args(&format!(r#"{{"x":{float:?}}}"#)).unwrap();
            prop_assert_eq!(call.args().get("x").and_then(Json::as_f64), Some(float));
        }
    }
}
