//! The call that a service is about to execute.

pub(crate) mod value;
pub(crate) mod arguments;
pub(crate) mod operation;
pub(crate) mod resource;
mod fields;
mod in_json;
mod typed;

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::limits::{MAX_ARGUMENT_BYTES, MAX_ARGUMENT_DEPTH, MAX_NAME_BYTES};
use crate::principal::is_blank;
use crate::request::arguments::{Argument, ArgumentError, Arguments};
use crate::request::fields::Fields;
use crate::request::operation::{Operation, OperationError};
use crate::request::resource::{Resource, ResourceError};
use crate::request::value::Value;
use crate::text::escape::{Backticked, Quoted, has_invisible};
use crate::text::json::{self, JsonError, without_text};

/// One call: operation, resource, audience and arguments.
///
/// The service builds it from the call that it is about to execute, never from the caller's
/// description of that call.
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
    context: Map<String, Json>,
    arguments: Arguments,
    digest: [u8; 32],
}

impl Request {
    /// Creates a call without arguments.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if one of the three texts is invalid or ambiguous.
    pub fn new(operation: &str, resource: &str, audience: &str) -> Result<Self, RequestError> {
        let (operation, resource) = (operation.parse()?, resource.parse()?);
        Self::build(operation, resource, audience.to_owned(), Map::new(), Map::new())
    }

    /// Sets the arguments, a JSON object.
    ///
    /// A number becomes an integer if its text denotes one within ±(2^53 − 1) exactly, in any
    /// notation: `5.0`, `1e3`. Any other number with a fraction or an exponent is a float, which no
    /// limit permits.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the text is not a JSON object, repeats a key, has a number written as an
    /// integer beyond ±(2^53 − 1), or exceeds a bound of [`ArgumentError`].
    pub fn with_args(self, json: &str) -> Result<Self, RequestError> {
        check_size(json.len())?;
        match json::read(json).map_err(RequestError::Json)? {
            Json::Object(args) => self.set_args(args),
            _ => Err(RequestError::NotAnObject { field: "args" }),
        }
    }

    /// Adds one argument, whose value is the JSON `json`. Each call hashes all arguments, so
    /// [`with_args`](Self::with_args) is faster for many.
    ///
    /// # Errors
    ///
    /// Those of [`with_args`](Self::with_args), with [`RequestError::ArgJson`] for the JSON, and
    /// [`RequestError::ArgTwice`] if the call already has an argument with this name.
    pub fn with_arg(self, name: impl Into<String>, json: &str) -> Result<Self, RequestError> {
        check_size(json.len())?;
        let name = name.into();
        let value = match json::read(json) {
            Ok(value) => value,
            Err(error) => return Err(RequestError::ArgJson { name, error }),
        };
        let mut args = self.args;
        if args.contains_key(&name) {
            return Err(RequestError::ArgTwice { name });
        }
        args.insert(name, value);
        Self::build(self.operation, self.resource, self.audience, args, self.context)
    }

    /// Sets arguments that are already parsed.
    ///
    /// Their text is not available. So a double that is an integer within ±(2^53 − 1) becomes that
    /// integer, and any other double is a float.
    ///
    /// # Errors
    ///
    /// Those of [`with_args`](Self::with_args), except that a repeated key is lost during parsing:
    /// use a parser that refuses it.
    pub fn with_arg_map(self, mut args: Map<String, Json>) -> Result<Self, RequestError> {
        args.values_mut().for_each(|value| convert_integral_doubles(value, 1));
        self.set_args(args)
    }

    /// Sets arguments that [`json::read`] has read, whose numbers are already as their text says.
    pub(crate) fn set_args(self, args: Map<String, Json>) -> Result<Self, RequestError> {
        Self::build(self.operation, self.resource, self.audience, args, self.context)
    }

    /// Adds a value to the context: data that the presentation is bound to in addition to the
    /// arguments, such as the number of a round.
    ///
    /// The digest covers the context and reports show it, but no limit applies to it. So anything
    /// that the service acts on must be an argument.
    ///
    /// # Errors
    ///
    /// Those of [`with_arg_map`](Self::with_arg_map), and [`RequestError::ContextTwice`] for a name
    /// that is already in the context.
    pub fn with_context(
        self,
        name: impl Into<String>,
        value: impl Into<Json>,
    ) -> Result<Self, RequestError> {
        let (name, mut value) = (name.into(), value.into());
        convert_integral_doubles(&mut value, 1);
        let mut context = self.context;
        if context.contains_key(&name) {
            return Err(RequestError::ContextTwice { name });
        }
        context.insert(name, value);
        Self::build(self.operation, self.resource, self.audience, self.args, context)
    }

    /// Reads a request from JSON:
    /// `{"operation":…,"resource":…,"audience":…,"args":{…},"context":{…}}`. `args` and `context`
    /// are optional; other fields are refused.
    pub fn from_json(json: &str) -> Result<Self, RequestError> {
        check_size(json.len())?;
        Self::from_fields(Fields::read(json).map_err(RequestError::Json)?)
    }

    fn from_fields(fields: Fields) -> Result<Self, RequestError> {
        let object = |found, field| match found {
            None | Some(Json::Null) => Ok(Map::new()),
            Some(Json::Object(members)) => Ok(members),
            Some(_) => Err(RequestError::NotAnObject { field }),
        };
        let args = object(fields.args, "args")?;
        let context = object(fields.context, "context")?;
        let (operation, resource) = (fields.operation.parse()?, fields.resource.parse()?);
        Self::build(operation, resource, fields.audience, args, context)
    }

    fn build(
        operation: Operation,
        resource: Resource,
        audience: String,
        args: Map<String, Json>,
        context: Map<String, Json>,
    ) -> Result<Self, RequestError> {
        check_audience(&audience)?;
        let arguments = Arguments::from_map(&args)?;
        // The context follows the rules of arguments, so it is bounded and unambiguous as well.
        Arguments::from_map(&context)?;
        let bound = Some(&context).filter(|context| !context.is_empty());
        let digest = digest(operation.as_str(), resource.as_str(), &audience, &args, bound)?;
        Ok(Self { operation, resource, audience, args, context, arguments, digest })
    }

    /// Returns the operation.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Returns the resource that the operation acts on.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns the audience: the service that receives the call.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Returns the arguments as given, except that integers with a fraction or an exponent are
    /// normalised.
    pub fn args(&self) -> &Map<String, Json> {
        &self.args
    }

    /// Returns the context, to which the presentation is bound as well.
    pub fn context(&self) -> &Map<String, Json> {
        &self.context
    }

    /// Returns the SHA-256 over the canonical JSON (RFC 8785) of the object with the fields
    /// `operation`, `resource`, `audience` and `args`, and `context` if it is not empty.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub(crate) fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// Returns the value of an argument, by name, by JSON Pointer (`/filter/owner`), or by a
    /// pointer with `*` into a list of objects (`/files/*/path`, a list). Returns `None` if the
    /// argument is absent.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::NotAValue`] if the argument is there, and is a float, an object or a list
    /// with one of these: then a default must not take its place.
    pub fn arg(&self, name: &str) -> Result<Option<&Value>, ArgumentError> {
        match self.arguments.get(name) {
            Argument::Value(value) => Ok(Some(value)),
            Argument::Absent => Ok(None),
            _ => Err(ArgumentError::NotAValue { name: name.to_owned() }),
        }
    }
}

impl Display for Request {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} at {}", self.operation, self.resource, Quoted(&self.audience))
    }
}

/// Converts integral doubles to integers, down to the maximum depth of arguments.
fn convert_integral_doubles(json: &mut Json, depth: usize) {
    let deeper = depth.saturating_add(1);
    match json {
        _ if depth > MAX_ARGUMENT_DEPTH => {}
        Json::Number(number) => *number = without_text(number),
        Json::Array(items) => {
            items.iter_mut().for_each(|item| convert_integral_doubles(item, deeper));
        }
        Json::Object(members) => {
            members.values_mut().for_each(|value| convert_integral_doubles(value, deeper));
        }
        Json::Null | Json::Bool(_) | Json::String(_) => {}
    }
}

fn check_size(found: usize) -> Result<(), ArgumentError> {
    if found <= MAX_ARGUMENT_BYTES {
        return Ok(());
    }
    Err(ArgumentError::TooLarge { found })
}

/// Hashes the canonical JSON of `{args, audience, context, operation, resource}`, whose fields are
/// in the order of RFC 8785. An empty context is left out.
pub(crate) fn digest(
    operation: &str,
    resource: &str,
    audience: &str,
    args: &impl Serialize,
    context: Option<&impl Serialize>,
) -> Result<[u8; 32], RequestError> {
    let error = |e: serde_json::Error| RequestError::Json(e.into());
    let canonical = |text: &str| serde_json_canonicalizer::to_vec(&text).map_err(error);
    let context = context.map(|own| members(own).map(|own| (&br#","context":"#[..], own)));
    let members = [
        Some((&br#"{"args":"#[..], members(args)?)),
        Some((br#","audience":"#, canonical(audience)?)),
        context.transpose()?,
        Some((br#","operation":"#, canonical(operation)?)),
        Some((br#","resource":"#, canonical(resource)?)),
    ];
    let mut hash = Sha256::new();
    for (name, value) in members.into_iter().flatten() {
        hash.update(name);
        hash.update(value);
    }
    hash.update(b"}");
    Ok(hash.finalize().into())
}

fn members(members: &impl Serialize) -> Result<Vec<u8>, RequestError> {
    let bytes = serde_json_canonicalizer::to_vec(members)
        .map_err(|error| RequestError::Json(error.into()))?;
    check_size(bytes.len())?;
    Ok(bytes)
}

/// Checks that the text can name a service.
pub(crate) fn check_audience(audience: &str) -> Result<(), RequestError> {
    if is_blank(audience) || audience.len() > MAX_NAME_BYTES || has_invisible(audience) {
        return Err(RequestError::Audience { found: audience.to_owned() });
    }
    Ok(())
}

/// The reason why something is not a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The text is not an operation.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The text is not a resource.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// The audience is blank, longer than [`MAX_NAME_BYTES`], or has an invisible character.
    #[error(
        "the audience {} must be visible text of 1 to {MAX_NAME_BYTES} bytes, such as `crm.acme.com`",
        Backticked(found)
    )]
    Audience {
        /// The audience.
        found: String,
    },
    /// The text is not JSON of the expected form.
    #[error("cannot read the request: {0}")]
    Json(JsonError),
    /// The arguments or the context are not a JSON object.
    #[error("`{field}` must be a JSON object, such as `{{\"limit\": 5}}`")]
    NotAnObject {
        /// `args` or `context`.
        field: &'static str,
    },
    /// The value of one argument is not JSON that can be read in only one way.
    #[error("cannot read the JSON of argument {}: {error}", Backticked(name))]
    ArgJson {
        /// The name of the argument.
        name: String,
        /// The fault of the JSON.
        error: JsonError,
    },
    /// The call already has an argument with this name.
    #[error("the call already has the argument {}; give each name once", Backticked(name))]
    ArgTwice {
        /// The name.
        name: String,
    },
    /// The context already has this name.
    #[error("the context already has the name {}; give each name once", Backticked(name))]
    ContextTwice {
        /// The name.
        name: String,
    },
    /// An argument has an ambiguous name, cannot be represented exactly, or exceeds a bound.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arguments_set_one_by_one_or_at_once_make_the_same_request() {
        let call = || Request::new("a", "b", "c").unwrap();
        let one_by_one = call().with_arg("n", "5.0").and_then(|own| own.with_arg("m", "[{}]"));
        assert_eq!(one_by_one, call().with_args(r#"{"m": [{}], "n": 5}"#));
        let refused = |name: &str, json: &str| {
            call().with_args(r#"{"n": 1}"#).unwrap().with_arg(name, json).unwrap_err()
        };
        assert_eq!(refused("n", "1"), RequestError::ArgTwice { name: "n".to_owned() });
        assert!(matches!(refused("/m", "1"), RequestError::Argument(_)));
        assert!(matches!(
            refused("$serde_json::private::Number", "1"),
            RequestError::Argument(ArgumentError::Reserved { .. })
        ));
        for json in ["", "five", "1 2", r#"{"a": 1, "a": 2}"#] {
            assert!(matches!(refused("m", json), RequestError::ArgJson { .. }), "{json}");
        }
    }

    proptest! {
        /// RFC 8785 writes the nearest double, so reading must return that one. `serde_json` does
        /// so with its feature `float_roundtrip`, which the canonicalizer enables.
        #[test]
        fn a_float_is_read_to_the_last_bit(float in -1e15..1e15_f64) {
            prop_assume!(float.fract() != 0.0);
            let call = Request::new("a", "b", "c").unwrap();
            let call = call.with_args(&format!(r#"{{"x":{float:?}}}"#)).unwrap();
            prop_assert_eq!(call.args().get("x").and_then(Json::as_f64), Some(float));
        }
    }
}
