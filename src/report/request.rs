//! The call that was decided about.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::report::wording::{Piece, Room, plain};
use crate::request::Request;
use crate::text::escape::{Visible, truncated};

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
    /// The context that the presentation is for as well, if there is any.
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

    /// The operation, the resource and the service.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        vec![
            Piece::Chosen(&self.operation),
            Piece::words(" on "),
            Piece::Chosen(&self.resource),
            Piece::words(" at "),
            Piece::Chosen(&self.audience),
        ]
    }

    /// The arguments, and the context if there is any, as JSON with each value cut to the room.
    pub(super) fn args_in_words(&self, room: Room) -> String {
        let args = members_in_words(&self.args, room);
        match self.context.is_empty() {
            true => args,
            false => format!("{args} in the context {}", members_in_words(&self.context, room)),
        }
    }
}

fn members_in_words(members: &Map<String, Value>, room: Room) -> String {
    // Escaping never shortens a text, so cutting it before as well changes nothing but the cost.
    let short = |json: &Value| truncated(Visible(&truncated(json, room.value())), room.value());
    let shown = members.iter().take(room.arguments()).map(|(name, value)| {
        let name = Value::from(name.as_str());
        format!("{}:{}", short(&name), short(value))
    });
    let mut all: Vec<_> = shown.collect();
    let more = members.len().saturating_sub(room.arguments());
    if more > 0 {
        all.push(format!("… and {more} more"));
    }
    format!("{{{}}}", all.join(","))
}

/// The call without its arguments.
impl Display for RequestReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.pieces()))
    }
}
