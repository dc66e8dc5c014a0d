//! The call that was decided about.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::report::wording::{Piece, Room, plain};
use crate::request::Request;
use crate::text::escape::{Visible, truncated};
use crate::text::json::as_signed;

/// The call that was decided about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RequestReport {
    /// The operation.
    pub operation: String,
    /// The resource that it is for.
    pub resource: String,
    /// The service.
    pub audience: String,
    /// The arguments.
    pub args: Map<String, Value>,
    /// The context that the presentation is also bound to, if there is any.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
}

impl RequestReport {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            operation: request.operation().as_str().to_owned(),
            resource: request.resource().as_str().to_owned(),
            audience: request.audience().to_owned(),
            args: request.args().clone(),
            context: request.context().clone(),
        }
    }

    /// Returns the operation, the resource and the service.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        vec![
            Piece::Chosen(&self.operation),
            Piece::words(" on "),
            Piece::Chosen(&self.resource),
            Piece::words(" at "),
            Piece::Chosen(&self.audience),
        ]
    }

    /// Returns the arguments, and the context if there is any, as JSON with long values truncated.
    pub fn args_text(&self, room: Room) -> String {
        let args = members_text(&self.args, room);
        match self.context.is_empty() {
            true => args,
            false => format!("{args} in the context {}", members_text(&self.context, room)),
        }
    }
}

fn members_text(members: &Map<String, Value>, room: Room) -> String {
    // Escaping never shortens text, so truncating before it as well changes only the cost.
    let short = |json: &Value| {
        truncated(Visible(&truncated(Signed(json), room.max_chars())), room.max_chars())
    };
    let shown = members.iter().take(room.max_arguments()).map(|(name, value)| {
        let name = Value::from(name.as_str());
        format!("{}:{}", short(&name), short(value))
    });
    let mut all: Vec<_> = shown.collect();
    let more = members.len().saturating_sub(room.max_arguments());
    if more > 0 {
        all.push(format!("… and {more} more"));
    }
    format!("{{{}}}", all.join(","))
}

/// JSON with its numbers in the signed spelling: `1.1`, even if the call has `1.10`.
struct Signed<'a>(&'a Value);

impl Display for Signed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Number(number) => match as_signed(number) {
                Some(number) => f.write_str(&number),
                None => Display::fmt(number, f),
            },
            Value::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { "," }, Signed(item))?;
                }
                f.write_str("]")
            }
            Value::Object(members) => {
                f.write_str("{")?;
                for (i, (name, value)) in members.iter().enumerate() {
                    let name = Value::from(name.as_str());
                    write!(f, "{}{name}:{}", if i == 0 { "" } else { "," }, Signed(value))?;
                }
                f.write_str("}")
            }
            Value::Null | Value::Bool(_) | Value::String(_) => Display::fmt(self.0, f),
        }
    }
}

/// The call without its arguments.
impl Display for RequestReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.pieces()))
    }
}
