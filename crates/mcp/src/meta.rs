//! The members of `_meta` that are passed on, and the members that are the guard's own
//! (`docs/BINDINGS.md`, section 2, rules 10 to 12).

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::client::PassedRequest;
use crate::lines::Line;
use crate::message::{Content, Message};
use crate::write;

const META: &str = "_meta";
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// The beginning of the names of a guard's own members.
const OURS: &str = "deputize/";

/// The members of a client's `_meta` that every guard passes on.
pub const PASSED_META: [&str; 7] = [
    "progressToken",
    "traceparent",
    "tracestate",
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientInfo",
    CLIENT_CAPABILITIES,
    "io.modelcontextprotocol/logLevel",
];

/// The part of a client's `_meta` and capabilities that a guard passes on: the members of
/// [`PASSED_META`] and those that its operator lists, without the capability `roots`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientMeta {
    more: BTreeSet<String>,
    keeps_roots: bool,
}

impl ClientMeta {
    /// Creates the list of [`PASSED_META`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes on the member with this name as well. One that begins with `deputize/` is never
    /// passed on.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>) -> Self {
        self.more.insert(name.into());
        self
    }

    /// Leaves the capability `roots` in `initialize` as the client has it, for a guard that has roots in
    /// its configuration and answers `roots/list` with them.
    #[must_use]
    pub fn with_roots(mut self) -> Self {
        self.keeps_roots = true;
        self
    }

    /// Returns the members of `_meta` that are passed on, from the `params` of a request.
    pub fn kept(&self, params: &Map<String, Json>) -> Map<String, Json> {
        let Some(Json::Object(meta)) = params.get(META) else { return Map::new() };
        let passed = meta.iter().filter(|(name, _)| self.passes(name));
        let mut kept: Map<_, _> = passed.map(|(name, own)| (name.clone(), own.clone())).collect();
        // Nobody would answer a server that asks for them in its results.
        remove_roots(kept.get_mut(CLIENT_CAPABILITIES));
        kept
    }

    /// Drops from a client's message what is not passed on.
    pub fn filtered(&self, message: Message) -> Outgoing {
        let (line, mut content) = message.into_parts();
        let mut is_changed = false;
        let holder = holder_of_meta(&mut content);
        if let Some(meta) = holder.get(META) {
            let kept = self.kept(holder);
            is_changed = meta.as_object() != Some(&kept);
            match kept.is_empty() {
                true => holder.remove(META),
                false => holder.insert(META.to_owned(), Json::Object(kept)),
            };
        }
        if let Content::Request { method, params, .. } = &mut content
            && method == PassedRequest::Initialize.method()
            && !self.keeps_roots
        {
            is_changed |= remove_roots(params.get_mut("capabilities"));
        }
        Outgoing::of(line, content, is_changed)
    }

    fn passes(&self, name: &str) -> bool {
        !name.starts_with(OURS) && (PASSED_META.contains(&name) || self.more.contains(name))
    }
}

/// Removes from a server's message the members that are a guard's own: otherwise a server could
/// execute a call, and then answer that it was refused.
pub fn without_ours(message: Message) -> Outgoing {
    let (line, mut content) = message.into_parts();
    let is_changed = clean(&mut content);
    Outgoing::of(line, content, is_changed)
}

/// Removes the members that are a guard's own. Returns true if there were some.
pub(crate) fn clean(content: &mut Content) -> bool {
    let mut is_changed = remove_ours(holder_of_meta(content).get_mut(META));
    match content {
        Content::Result { result, .. } => {
            if let Some(Json::Object(capabilities)) = result.get_mut("capabilities") {
                is_changed |= remove_ours(capabilities.get_mut("experimental"));
                is_changed |= remove_ours(capabilities.get_mut("extensions"));
            }
        }
        Content::Error { error, .. } => is_changed |= remove_ours(error.get_mut("data")),
        Content::Request { .. } | Content::Notification { .. } => {}
    }
    is_changed
}

/// A message to pass on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Nothing was dropped.
    AsItCame(Line),
    /// Something was dropped; this is the line of the rest, with the LF.
    Anew(String),
}

impl Outgoing {
    fn of(line: Line, content: Content, is_changed: bool) -> Self {
        if is_changed { Self::Anew(write::line(content)) } else { Self::AsItCame(line) }
    }

    /// Returns the bytes to send, with the line end.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::AsItCame(line) => line.bytes(),
            Self::Anew(line) => line.as_bytes(),
        }
    }
}

/// Returns the object that has the `_meta` of a message. MCP gives an error none, but a reader may
/// look for one.
fn holder_of_meta(content: &mut Content) -> &mut Map<String, Json> {
    match content {
        Content::Request { params, .. } | Content::Notification { params, .. } => params,
        Content::Result { result, .. } => result,
        Content::Error { error, .. } => error,
    }
}

/// Returns true if there was one.
fn remove_ours(json: Option<&mut Json>) -> bool {
    let Some(Json::Object(members)) = json else { return false };
    let before = members.len();
    members.retain(|name, _| !name.starts_with(OURS));
    members.len() < before
}

/// Returns true if there were some.
fn remove_roots(capabilities: Option<&mut Json>) -> bool {
    match capabilities {
        Some(Json::Object(members)) => members.remove("roots").is_some(),
        _ => false,
    }
}
