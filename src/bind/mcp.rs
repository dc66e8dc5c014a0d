//! The request that a message of the Model Context Protocol is.

use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::bind::MCP_INPUT_RESPONSES;
use crate::request::{Request, RequestError};
use crate::text::escape::Backticked;

/// The name of the resource of a request whose message names it by a URI, which is an argument.
const URI: &str = "uri";
/// The name of the resource of a request about a task, whose id is an argument.
const TASK: &str = "task";
/// The name of the resource of a listing.
const LIST: &str = "list";

/// A method of the Model Context Protocol that a presentation can be for, in the versions 2024-11-05
/// to 2026-07-28.
///
/// Every other method either carries no authority or is refused; `docs/BINDINGS.md` has the table.
/// A [listing](Self::is_listing) needs no presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum McpCall {
    /// `tools/call`
    CallTool,
    /// `prompts/get`
    GetPrompt,
    /// `resources/read`
    ReadResource,
    /// `resources/subscribe`
    SubscribeResource,
    /// `subscriptions/listen`
    Listen,
    /// `completion/complete`
    Complete,
    /// `tasks/get`
    GetTask,
    /// `tasks/result`
    TaskResult,
    /// `tasks/update`
    UpdateTask,
    /// `tasks/cancel`
    CancelTask,
    /// `tools/list`
    ListTools,
    /// `prompts/list`
    ListPrompts,
    /// `resources/list`
    ListResources,
    /// `resources/templates/list`
    ListTemplates,
}

/// The place of a member of `params` in the request.
#[derive(Clone, Copy)]
enum Place {
    /// The resource: the name of a tool or prompt.
    Name,
    /// All arguments: the members of this object.
    Arguments,
    /// The argument of the same name.
    Argument,
    /// The value of the same name in the context.
    Context,
}

/// The type of a member of `params`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Object,
}

/// A member of the `params` of a method.
struct Member {
    name: &'static str,
    place: Place,
    json: Type,
    is_required: bool,
}

const fn required(name: &'static str, place: Place, json: Type) -> Member {
    Member { name, place, json, is_required: true }
}

const fn optional(name: &'static str, place: Place, json: Type) -> Member {
    Member { name, place, json, is_required: false }
}

const NAME: Member = required("name", Place::Name, Type::Text);
const ARGUMENTS: Member = optional("arguments", Place::Arguments, Type::Object);
const URI_ARGUMENT: Member = required(URI, Place::Argument, Type::Text);
const TASK_ID: Member = required("taskId", Place::Argument, Type::Text);
const RESPONSES: Member = optional(MCP_INPUT_RESPONSES, Place::Argument, Type::Object);
const TASK_WISH: Member = optional(TASK, Place::Context, Type::Object);
const STATE: Member = optional("requestState", Place::Context, Type::Text);

impl McpCall {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::CallTool,
        Self::GetPrompt,
        Self::ReadResource,
        Self::SubscribeResource,
        Self::Listen,
        Self::Complete,
        Self::GetTask,
        Self::TaskResult,
        Self::UpdateTask,
        Self::CancelTask,
        Self::ListTools,
        Self::ListPrompts,
        Self::ListResources,
        Self::ListTemplates,
    ];

    /// Returns the call of a method; `None` if the method is another one.
    pub fn of_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.method() == method)
    }

    /// Returns the method, which is the operation of the request.
    pub fn method(self) -> &'static str {
        match self {
            Self::CallTool => "tools/call",
            Self::GetPrompt => "prompts/get",
            Self::ReadResource => "resources/read",
            Self::SubscribeResource => "resources/subscribe",
            Self::Listen => "subscriptions/listen",
            Self::Complete => "completion/complete",
            Self::GetTask => "tasks/get",
            Self::TaskResult => "tasks/result",
            Self::UpdateTask => "tasks/update",
            Self::CancelTask => "tasks/cancel",
            Self::ListTools => "tools/list",
            Self::ListPrompts => "prompts/list",
            Self::ListResources => "resources/list",
            Self::ListTemplates => "resources/templates/list",
        }
    }

    /// Returns true for a method that only lists names. A guard needs no presentation for it; with one,
    /// it lists what the chain grants, and the chain need not grant the listing.
    pub fn is_listing(self) -> bool {
        matches!(
            self,
            Self::ListTools | Self::ListPrompts | Self::ListResources | Self::ListTemplates
        )
    }

    /// Returns the members that `params` may have besides `_meta`.
    fn members(self) -> &'static [Member] {
        const TOOL: &[Member] = &[NAME, ARGUMENTS, RESPONSES, STATE, TASK_WISH];
        const PROMPT: &[Member] = &[NAME, ARGUMENTS, RESPONSES, STATE];
        const READ: &[Member] = &[URI_ARGUMENT, RESPONSES, STATE];
        const SUBSCRIBE: &[Member] = &[URI_ARGUMENT];
        const LISTEN: &[Member] = &[required("notifications", Place::Arguments, Type::Object)];
        const COMPLETE: &[Member] = &[
            required("ref", Place::Argument, Type::Object),
            required("argument", Place::Argument, Type::Object),
            optional("context", Place::Argument, Type::Object),
        ];
        const TASK: &[Member] = &[TASK_ID];
        const UPDATE: &[Member] = &[TASK_ID, RESPONSES];
        const LIST: &[Member] = &[optional("cursor", Place::Argument, Type::Text)];
        match self {
            Self::CallTool => TOOL,
            Self::GetPrompt => PROMPT,
            Self::ReadResource => READ,
            Self::SubscribeResource => SUBSCRIBE,
            Self::Listen => LISTEN,
            Self::Complete => COMPLETE,
            Self::GetTask | Self::TaskResult | Self::CancelTask => TASK,
            Self::UpdateTask => UPDATE,
            Self::ListTools | Self::ListPrompts | Self::ListResources | Self::ListTemplates => LIST,
        }
    }

    /// Returns the request that a message of this method is, from its `params`.
    ///
    /// The presentation and all else in `_meta` is not part of the request. A member that is `null`
    /// is absent. A member that this version of the binding does not know is refused, because a
    /// server might act on it.
    ///
    /// `params` were read by [`text::json::read`](crate::text::json::read), which refuses a repeated
    /// key and judges a number by its text. Write what was parsed otherwise as text, and read that.
    ///
    /// # Errors
    ///
    /// [`McpError`]. Nothing may be decided about such a message.
    pub fn request(self, params: &Map<String, Json>, audience: &str) -> Result<Request, McpError> {
        let known = |name: &str| self.members().iter().any(|member| member.name == name);
        if let Some(unknown) = params.keys().find(|name| !known(name) && *name != "_meta") {
            return Err(McpError::UnknownMember { call: self, name: unknown.clone() });
        }
        let mut resource = None;
        let (mut args, mut context) = (Map::new(), Vec::new());
        for member in self.members() {
            let Some(value) = member.of(params, self)? else { continue };
            match (member.place, value) {
                (Place::Name, Json::String(name)) => resource = Some(name.as_str()),
                // It would be the same request as the member of `params` with this name.
                (Place::Arguments, Json::Object(own)) if own.contains_key(MCP_INPUT_RESPONSES) => {
                    return Err(McpError::ReservedArgument);
                }
                (Place::Arguments, Json::Object(own)) => args.extend(own.clone()),
                // The guard alone answers which roots there are.
                (_, Json::Object(own)) if member.name == MCP_INPUT_RESPONSES && has_roots(own) => {
                    return Err(McpError::Roots);
                }
                (Place::Context, value) => context.push((member.name, value.clone())),
                (_, value) => {
                    args.insert(member.name.to_owned(), value.clone());
                }
            }
        }
        let resource = match resource.unwrap_or_else(|| self.resource(params)) {
            // A grant for the one would be a grant for the other.
            URI if self.names_a_prompt(params) => return Err(McpError::ReservedPrompt),
            resource => resource,
        };
        let mut request = Request::new(self.method(), resource, audience)?.set_args(args)?;
        for (name, value) in context {
            request = request.with_context(name, value)?;
        }
        Ok(request)
    }

    /// Returns true if the message is about a prompt by its name, beside others of the method that
    /// are about URIs.
    fn names_a_prompt(self, params: &Map<String, Json>) -> bool {
        let kind = params.get("ref").and_then(|own| own.get("type")).and_then(Json::as_str);
        self == Self::Complete && kind == Some("ref/prompt")
    }

    /// Returns the resource of a message that names none: a word for what its arguments name. A
    /// URI is never a resource, since it has empty segments.
    fn resource(self, params: &Map<String, Json>) -> &str {
        let name = params.get("ref").and_then(|own| own.get("name")).and_then(Json::as_str);
        match self {
            Self::GetTask | Self::TaskResult | Self::UpdateTask | Self::CancelTask => TASK,
            _ if self.names_a_prompt(params) => name.unwrap_or_default(),
            _ if self.is_listing() => LIST,
            _ => URI,
        }
    }

    /// Returns the `params` of the message that a request is, without `_meta`; `None` if its
    /// operation is not a method of MCP. A guard sends these on, rather than the bytes that came, so
    /// the server receives what was decided about.
    pub fn params_of(request: &Request) -> Option<Map<String, Json>> {
        let call = Self::of_method(request.operation().as_str())?;
        let mut arguments = request.args().clone();
        let mut params = Map::new();
        // Those that are one argument each come after those that are all others.
        for member in call.members().iter().rev() {
            let value = match member.place {
                Place::Name => Some(request.resource().as_str().into()),
                Place::Arguments => Some(Json::Object(std::mem::take(&mut arguments))),
                Place::Argument => arguments.remove(member.name),
                Place::Context => request.context().get(member.name).cloned(),
            };
            if let Some(value) = value {
                params.insert(member.name.to_owned(), value);
            }
        }
        Some(params)
    }
}

/// Returns true if one of the answers to a tool that asked back says which roots there are.
fn has_roots(responses: &Map<String, Json>) -> bool {
    responses.values().any(|response| response.get("roots").is_some())
}

impl Member {
    /// Returns the value in the `params` of a message, if it is there.
    fn of<'p>(
        &self,
        params: &'p Map<String, Json>,
        call: McpCall,
    ) -> Result<Option<&'p Json>, McpError> {
        let value = params.get(self.name).filter(|value| !value.is_null());
        let wrong = |expected| McpError::Member { call, name: self.name, expected };
        match (value, self.json) {
            (None, _) if self.is_required => Err(wrong(self.json.name())),
            (None, _)
            | (Some(Json::String(_)), Type::Text)
            | (Some(Json::Object(_)), Type::Object) => Ok(value),
            (Some(_), _) => Err(wrong(self.json.name())),
        }
    }
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Object => "an object",
        }
    }
}

/// The reason why a message of MCP is not a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum McpError {
    /// `params` has a member that the method does not have in a version that this binding knows.
    #[error(
        "`params` of `{}` has the member {}, which this version does not know",
        call.method(),
        Backticked(name)
    )]
    UnknownMember {
        /// The call.
        call: McpCall,
        /// The name of the member.
        name: String,
    },
    /// A member of `params` is missing, or of another type.
    #[error("`params` of `{}` must have the member `{name}`, {expected}", call.method())]
    Member {
        /// The call.
        call: McpCall,
        /// The name of the member.
        name: &'static str,
        /// The type, such as `a string`.
        expected: &'static str,
    },
    /// The arguments of a tool or prompt have the name `inputResponses`, which is that of the
    /// answers to a tool that asked back.
    #[error("an argument cannot be named `inputResponses`, the answers to a tool that asks back")]
    ReservedArgument,
    /// An answer to a tool that asked back says which roots there are. A guard answers that itself,
    /// because roots widen what a server may do.
    #[error("an answer in `inputResponses` must not have `roots`, which the guard answers")]
    Roots,
    /// The prompt has the name `uri`, which is the resource of a message about a URI.
    #[error("a prompt named `uri` cannot be completed, because resources have that name")]
    ReservedPrompt,
    /// The message is not a request for another reason, such as a tool's name that is not a
    /// resource.
    #[error(transparent)]
    Request(#[from] RequestError),
}
