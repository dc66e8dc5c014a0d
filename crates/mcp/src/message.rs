//! One message, read so that no other reader can take it for something else.

use std::collections::BTreeMap;

use deputize::CodedError;
use deputize::limits::MAX_INTEGER;
use deputize::text::Backticked;
use deputize::text::json::{self, JsonError};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::answer::{self, INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR};
use crate::id::Id;
use crate::lenient;
use crate::lines::Line;

/// A message, as `docs/BINDINGS.md` defines it (section 2, rules 13 and 14), with the line that it
/// came in. Only [`Message::read`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    line: Line,
    content: Content,
}

/// The content of a message: one of four kinds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A method, and an id that its answer will have.
    Request {
        /// The id.
        id: Id,
        /// The method.
        method: String,
        /// The parameters; absent ones are empty.
        params: Map<String, Json>,
    },
    /// A method without an id.
    Notification {
        /// The method.
        method: String,
        /// The parameters; absent ones are empty.
        params: Map<String, Json>,
    },
    /// The answer to a request that succeeded.
    Result {
        /// The id of the request.
        id: Id,
        /// The result.
        result: Map<String, Json>,
    },
    /// The answer to a request that failed.
    Error {
        /// The id of the request.
        id: Id,
        /// The error.
        error: Map<String, Json>,
    },
}

impl Message {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// [`Malformed`]. Nothing of such a line is passed on.
    pub fn read(line: Line) -> Result<Self, Malformed> {
        let without_id = |error| Malformed {
            error,
            id: lenient::id_of_answer(line.content()),
            has_method: false,
        };
        let text = text(&line).map_err(without_id)?;
        let members = members(text).map_err(without_id)?;
        let raw: BTreeMap<String, &RawValue> = serde_json::from_str(text)
            .map_err(|error| without_id(MessageError::NotJson(error.into())))?;
        let id = members.get("id").zip(raw.get("id"));
        let id = id.and_then(|(json, raw)| Id::read(raw.get(), json));
        // An error with the id of an answer would be taken for the answer to a request of the
        // sender that has this id.
        let has = |name| members.contains_key(name);
        let is_asking = has("method") && !has("result") && !has("error");
        let has_method = has("method");
        let known = id.clone().filter(|_| is_asking || !has_method);
        match Content::of(members, id) {
            Ok(content) => Ok(Self { line, content }),
            Err(error) => Err(Malformed { error, id: known, has_method }),
        }
    }

    /// Returns the line that came.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// Returns the content.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Returns the id of the request that `notifications/cancelled` is about.
    pub(crate) fn cancelled(&self) -> Option<Id> {
        let Content::Notification { params, .. } = &self.content else { return None };
        let id = params.get("requestId")?;
        Id::read(&id.to_string(), id)
    }

    pub(crate) fn into_parts(self) -> (Line, Content) {
        (self.line, self.content)
    }
}

fn text(line: &Line) -> Result<&str, MessageError> {
    let content = line.content();
    // To JSON, a CR is white space; to some readers of lines, it ends one.
    if let Some(at) = content.iter().position(|byte| *byte == b'\r') {
        return Err(MessageError::CarriageReturn { at });
    }
    std::str::from_utf8(content).map_err(|error| MessageError::NotUtf8 { at: error.valid_up_to() })
}

fn members(text: &str) -> Result<Map<String, Json>, MessageError> {
    match json::read(text).map_err(MessageError::NotJson)? {
        Json::Object(members) => Ok(members),
        _ => Err(MessageError::NotAnObject),
    }
}

/// Returns true if an integer anywhere is beyond ±(2^53 − 1). The reader gives one of more than 64
/// bits as the largest or the smallest of 64 bits, which is beyond, too.
fn has_large_integer(json: &Json) -> bool {
    match json {
        Json::Number(number) if number.is_f64() => false,
        Json::Number(number) => {
            number.as_i64().is_none_or(|i| i.unsigned_abs() > MAX_INTEGER.unsigned_abs())
        }
        Json::Array(items) => items.iter().any(has_large_integer),
        Json::Object(members) => members.values().any(has_large_integer),
        Json::Null | Json::Bool(_) | Json::String(_) => false,
    }
}

impl Content {
    /// Sorts the members, all of which must be known. `id` is the member of that name, if it is one.
    fn of(mut members: Map<String, Json>, id: Option<Id>) -> Result<Self, MessageError> {
        if members.values().any(has_large_integer) {
            return Err(MessageError::LargeInteger);
        }
        if members.remove("jsonrpc") != Some(Json::from("2.0")) {
            return Err(MessageError::Version);
        }
        if members.remove("id").is_some() != id.is_some() {
            return Err(MessageError::Id);
        }
        let mut take = |name| members.remove(name);
        let [method, params, result, error] =
            ["method", "params", "result", "error"].map(&mut take);
        if let Some(name) = members.keys().next() {
            return Err(MessageError::UnknownMember { name: name.clone() });
        }
        match (id, method, params, result, error) {
            (id, Some(method), params, None, None) => {
                let Json::String(method) = method else {
                    return Err(MessageError::Member { name: "method", expected: "a string" });
                };
                let params = params.map_or_else(|| Ok(Map::new()), |own| object("params", own))?;
                Ok(match id {
                    Some(id) => Self::Request { id, method, params },
                    None => Self::Notification { method, params },
                })
            }
            (Some(id), None, None, Some(result), None) => {
                Ok(Self::Result { id, result: object("result", result)? })
            }
            (Some(id), None, None, None, Some(error)) => {
                Ok(Self::Error { id, error: object("error", error)? })
            }
            _ => Err(MessageError::Kind),
        }
    }
}

fn object(name: &'static str, json: Json) -> Result<Map<String, Json>, MessageError> {
    match json {
        Json::Object(members) => Ok(members),
        _ => Err(MessageError::Member { name, expected: "an object" }),
    }
}

/// A line that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{error}")]
pub struct Malformed {
    /// The reason.
    pub error: MessageError,
    /// The id, if it could be read and belongs to one kind of message; of a line that is not JSON, that of
    /// the answer that it seems to be.
    id: Option<Id>,
    has_method: bool,
}

impl Malformed {
    /// Returns the id of the line, if it asks for something and its id could be read.
    pub fn id(&self) -> Option<&Id> {
        self.id.as_ref().filter(|_| self.has_method)
    }

    /// Returns the id of the request that the line would answer, if it has no method. Of a line that is
    /// not JSON with one meaning, this is the value of its one member `id`: its sender has nothing else to
    /// say about that request, and whoever waits for it waits in vain.
    pub fn answered(&self) -> Option<&Id> {
        self.id.as_ref().filter(|_| !self.has_method)
    }

    /// Returns the line of the JSON-RPC error that answers this one, with the LF.
    pub fn answer(&self) -> String {
        let why = format!("Not a message: {}.", self.error);
        answer::error(self.id(), self.error.number(), self.error.code(), &why)
    }
}

/// The reason why a line is not a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The line is not UTF-8.
    #[error("the line is not UTF-8 from byte {at} on")]
    NotUtf8 {
        /// The offset of the first wrong byte, from 0.
        at: usize,
    },
    /// The line has a CR elsewhere than before the LF, where some readers end a line.
    #[error("byte {at} of the line is a CR; write it as `\\r` in a string")]
    CarriageReturn {
        /// The offset of the CR, from 0.
        at: usize,
    },
    /// The line is not JSON, or repeats a key.
    #[error("the line is not JSON that has one meaning: {0}")]
    NotJson(JsonError),
    /// The line is JSON and not an object, such as a batch.
    #[error("the line is not a JSON object; send the messages of a batch one by one")]
    NotAnObject,
    /// An integer is beyond ±(2^53 − 1), where readers round.
    #[error("an integer is beyond ±{MAX_INTEGER}; send it as a string")]
    LargeInteger,
    /// The member `jsonrpc` is not `"2.0"`.
    #[error("the member `jsonrpc` must be \"2.0\"")]
    Version,
    /// No kind of message has this member.
    #[error("a message has no member {}", Backticked(name))]
    UnknownMember {
        /// The name of the member.
        name: String,
    },
    /// The id is not a string of visible ASCII characters or an integer in its one spelling.
    #[error(
        "`id` must be a string of visible ASCII characters, or an integer within ±{MAX_INTEGER} without fraction and exponent"
    )]
    Id,
    /// The members are not those of one kind of message.
    #[error(
        "the members must be those of one of a request (`method`, `id`), a notification (`method`), a result (`result`, `id`) and an error (`error`, `id`)"
    )]
    Kind,
    /// A member is of another type.
    #[error("the member `{name}` must be {expected}")]
    Member {
        /// The name of the member.
        name: &'static str,
        /// The type, such as `a string`.
        expected: &'static str,
    },
}

impl MessageError {
    /// Returns the code of the JSON-RPC error.
    fn number(&self) -> i64 {
        match self {
            Self::NotUtf8 { .. } | Self::CarriageReturn { .. } | Self::NotJson(_) => PARSE_ERROR,
            Self::Member { name: "params", .. } => INVALID_PARAMS,
            Self::NotAnObject
            | Self::LargeInteger
            | Self::Version
            | Self::UnknownMember { .. }
            | Self::Id
            | Self::Kind
            | Self::Member { .. } => INVALID_REQUEST,
        }
    }
}
