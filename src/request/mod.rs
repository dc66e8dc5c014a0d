//! The call that is about to be made, as the service that would make it sees it.

pub(crate) mod value;
pub(crate) mod arguments;
pub(crate) mod operation;
pub(crate) mod resource;
mod fields;

use std::fmt::{self, Display, Formatter};

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
use crate::text::escape::{Backticked, Quoted, Visible, has_invisible};
use crate::text::json::{StrictJson, without_text};

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
    context: Map<String, Json>,
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
        let (operation, resource) = (operation.parse()?, resource.parse()?);
        Self::build(operation, resource, audience.to_owned(), Map::new(), Map::new())
    }

    /// The same call with these arguments, a JSON object.
    ///
    /// A number whose text denotes an integer within ±(2^53 − 1) exactly is that integer, however
    /// it is written: `5.0`, `1e3`. Any other with a fraction or an exponent is a float, which no
    /// limit permits.
    ///
    /// # Errors
    ///
    /// [`RequestError`] for what is not a JSON object, repeats a key, or has a number written as an
    /// integer beyond ±(2^53 − 1), or more than [`ArgumentError`] allows.
    pub fn with_args(self, json: &str) -> Result<Self, RequestError> {
        check_size(json.len())?;
        match StrictJson::read(json) {
            Ok(Json::Object(args)) => self.with(args),
            Ok(_) => Err(RequestError::NotAnObject { field: "args" }),
            Err(e) => Err(RequestError::Json(e.to_string())),
        }
    }

    /// The same call with arguments that were parsed already.
    ///
    /// Their text is gone, so a double that is an integer within ±(2^53 − 1) is that integer, and
    /// one beyond is a float, whatever was written.
    ///
    /// # Errors
    ///
    /// As [`with_args`](Self::with_args). A key that stood twice in the text is gone by then: parse
    /// with a reader that refuses it.
    pub fn with_arg_map(self, mut args: Map<String, Json>) -> Result<Self, RequestError> {
        args.values_mut().for_each(|value| settle_numbers(value, 1));
        self.with(args)
    }

    fn with(self, args: Map<String, Json>) -> Result<Self, RequestError> {
        Self::build(self.operation, self.resource, self.audience, args, self.context)
    }

    /// The same call with something beside its arguments that the presentation shall be for as well,
    /// such as the number of a round.
    ///
    /// The digest covers it and reports show it, and no limit can speak of it. So whatever the service
    /// acts upon is an argument and never context.
    ///
    /// # Errors
    ///
    /// As [`with_arg_map`](Self::with_arg_map), and where the name is there already.
    pub fn with_context(
        self,
        name: impl Into<String>,
        value: impl Into<Json>,
    ) -> Result<Self, RequestError> {
        let (name, mut value) = (name.into(), value.into());
        settle_numbers(&mut value, 1);
        let mut context = self.context;
        if context.contains_key(&name) {
            return Err(RequestError::ContextTwice { name });
        }
        context.insert(name, value);
        Self::build(self.operation, self.resource, self.audience, self.args, context)
    }

    /// Reads `{"operation":…,"resource":…,"audience":…,"args":{…},"context":{…}}`; `args` and `context`
    /// may be left out, other fields are refused.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) and [`with_args`](Self::with_args).
    pub fn from_json(json: &str) -> Result<Self, RequestError> {
        check_size(json.len())?;
        let fields = Fields::read(json).map_err(|e| RequestError::Json(e.to_string()))?;
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
        let arguments = Arguments::of(&args)?;
        // It follows the same rules, so that it is as bounded and is read in one way.
        Arguments::of(&context)?;
        let digest = digest(&operation, &resource, &audience, &args, &context)?;
        Ok(Self { operation, resource, audience, args, context, arguments, digest })
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

    /// The arguments as given, but that integers written with a fraction or an exponent are
    /// integers.
    pub fn args(&self) -> &Map<String, Json> {
        &self.args
    }

    /// What the presentation is for beside the call.
    pub fn context(&self) -> &Map<String, Json> {
        &self.context
    }

    /// SHA-256 over the canonical JSON (RFC 8785) of the object with the fields `operation`,
    /// `resource`, `audience`, `args`, and `context` where there is any.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub(crate) fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// The value of an argument, by name or JSON Pointer (`/filter/owner`), or by a pointer with `*`
    /// into a list of objects (`/files/*/path`, a list); `None` where it is absent or cannot be
    /// decided upon.
    pub fn arg(&self, name: &str) -> Option<&Value> {
        match self.arguments.get(name) {
            Argument::Value(value) => Some(value),
            _ => None,
        }
    }
}

impl Display for Request {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} at {}", self.operation, self.resource, Quoted(&self.audience))
    }
}

/// Makes integers of doubles that are such, as deep as arguments may nest.
fn settle_numbers(json: &mut Json, depth: usize) {
    let deeper = depth.saturating_add(1);
    match json {
        _ if depth > MAX_ARGUMENT_DEPTH => {}
        Json::Number(number) => *number = without_text(number),
        Json::Array(items) => items.iter_mut().for_each(|item| settle_numbers(item, deeper)),
        Json::Object(members) => {
            members.values_mut().for_each(|value| settle_numbers(value, deeper));
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

/// Of the canonical JSON of `{args, audience, context, operation, resource}`, which is the order of
/// RFC 8785. An empty context is left out.
fn digest(
    operation: &Operation,
    resource: &Resource,
    audience: &str,
    args: &Map<String, Json>,
    context: &Map<String, Json>,
) -> Result<[u8; 32], RequestError> {
    let error = |e: serde_json::Error| RequestError::Json(e.to_string());
    let canonical = |text: &str| serde_json_canonicalizer::to_vec(&text).map_err(error);
    let members = |members: &Map<String, Json>| {
        let bytes = serde_json_canonicalizer::to_vec(members).map_err(error)?;
        check_size(bytes.len())?;
        Ok::<_, RequestError>(bytes)
    };
    let context = Some(context).filter(|context| !context.is_empty());
    let members = [
        Some((&br#"{"args":"#[..], members(args)?)),
        Some((br#","audience":"#, canonical(audience)?)),
        context.map(|own| members(own).map(|own| (&br#","context":"#[..], own))).transpose()?,
        Some((br#","operation":"#, canonical(operation.as_str())?)),
        Some((br#","resource":"#, canonical(resource.as_str())?)),
    ];
    let mut hash = Sha256::new();
    for (name, value) in members.into_iter().flatten() {
        hash.update(name);
        hash.update(value);
    }
    hash.update(b"}");
    Ok(hash.finalize().into())
}

/// Whether the text can name who is asked.
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
    #[error("cannot read the request: {}", Visible(.0))]
    Json(String),
    /// The arguments or the context are not a JSON object.
    #[error("`{field}` must be a JSON object, such as `{{\"limit\": 5}}`")]
    NotAnObject {
        /// `args` or `context`.
        field: &'static str,
    },
    /// The context has this name already.
    #[error("the context has the name {} already; give each name once", Backticked(name))]
    ContextTwice {
        /// The name.
        name: String,
    },
    /// An argument has no name of its own, or cannot be carried exactly.
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
