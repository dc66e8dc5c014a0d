//! A message of a client, in an HTTP message.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use deputize::bind::McpCall;
use hyper::HeaderMap;
use hyper::header::HeaderName;
use serde_json::Value as Json;

use crate::client::{PassedNotification, PassedRequest};
use crate::http::asking::Asking;
use crate::http::fields::{self, Unclear};
use crate::http::inbox::About;
use crate::http::outbox::{Held, Outbox};
use crate::http::refusal::NotServed;
use crate::http::rename::with_id;
use crate::limits::{MAX_HTTP_VERSION_BYTES, MAX_ID_BYTES, MAX_LINE_BYTES};
use crate::lines::Line;
use crate::message::{Content, Malformed, Message};

/// The refusal of an HTTP message, with the JSON text of the id of the message in it.
pub(super) enum Refused {
    NotServed(NotServed, Option<String>),
    Malformed(Box<Malformed>),
}

impl From<NotServed> for Refused {
    fn from(why: NotServed) -> Self {
        Self::NotServed(why, None)
    }
}

impl From<Unclear> for NotServed {
    fn from(Unclear(name): Unclear) -> Self {
        Self::Field { name: name.to_string() }
    }
}

/// A message of a client that was read strictly.
pub(super) struct Received {
    /// With the id that the server knows, if it is a request.
    line: Held,
    content: Content,
    pub(super) asking: Option<Arc<Asking>>,
}

impl Received {
    /// Reads a body. `number` is the id that the server knows.
    pub(super) fn read(body: Held, number: u64) -> Result<Self, Refused> {
        let line = Line::of_whole(body.as_ref().to_vec()).ok_or(NotServed::Lines)?;
        let is_long = |raw: &str| raw.len() > MAX_ID_BYTES;
        let message = Message::read(line).map_err(|why| match why.id() {
            Some(id) if is_long(id.raw()) => NotServed::LongId.into(),
            _ => Refused::Malformed(Box::new(why)),
        })?;
        let (line, content) = message.into_parts();
        if let Content::Request { id, .. } | Content::Result { id, .. } | Content::Error { id, .. } =
            &content
            && is_long(id.raw())
        {
            return Err(NotServed::LongId.into());
        }
        let Content::Request { id, method, params } = &content else {
            let line = body.map(|_| line.bytes().to_vec());
            return Ok(Self { line, content, asking: None });
        };
        let progress = params.get("_meta").and_then(|own| own.get("progressToken"));
        let asking = Asking {
            id: id.clone(),
            number,
            begins: method == PassedRequest::Initialize.method(),
            is_call: McpCall::of_method(method).is_some_and(|own| !own.is_listing()),
            is_made: AtomicBool::new(false),
            progress: progress.filter(|own| is_token(own)).cloned(),
            outbox: Outbox::default(),
        };
        let line = with_id(line.bytes(), &number.to_string()).ok_or(NotServed::Lines)?;
        if line.len() > MAX_LINE_BYTES {
            return Err(Refused::NotServed(NotServed::TooLong, Some(id.raw().to_owned())));
        }
        Ok(Self { line: body.map(|_| line), content, asking: Some(Arc::new(asking)) })
    }

    pub(super) fn into_parts(self) -> (Held, Option<Arc<Asking>>) {
        (self.line, self.asking)
    }

    /// Returns the JSON text of the id of a request.
    pub(super) fn id(&self) -> Option<String> {
        self.asking.as_ref().map(|own| own.id.raw().to_owned())
    }

    pub(super) fn begins(&self) -> bool {
        self.asking.as_ref().is_some_and(|own| own.begins)
    }

    /// Returns the request of the other side that the message is about.
    pub(super) fn about(&self) -> Option<About> {
        match &self.content {
            Content::Notification { method, params }
                if method == PassedNotification::Cancelled.method() =>
            {
                let id = params.get("requestId")?;
                crate::id::Id::read(&id.to_string(), id).map(About::Cancels)
            }
            Content::Result { id, .. } | Content::Error { id, .. } => {
                Some(About::Answers(id.clone()))
            }
            Content::Request { .. } | Content::Notification { .. } => None,
        }
    }

    /// Compares the fields that repeat the message with it. One that repeats nothing differs.
    pub(super) fn compare(&self, headers: &HeaderMap) -> Result<(), NotServed> {
        let field = |name: &HeaderName| fields::one(headers, name);
        let repeated = fields::repeated(&self.content);
        if let Some(method) = field(&fields::METHOD)?
            && repeated.is_none_or(|(own, _)| own != method)
        {
            return Err(NotServed::Differs("Mcp-Method"));
        }
        let named = repeated.and_then(|(_, name)| name);
        if let Some(name) = field(&fields::NAME)?
            && !named.is_some_and(|own| fields::is_value_of(name, own))
        {
            return Err(NotServed::Differs("Mcp-Name"));
        }
        // No version with sessions has them.
        match headers.keys().any(|name| name.as_str().starts_with(fields::PARAM)) {
            true => Err(NotServed::Differs("Mcp-Param-…")),
            false => Ok(()),
        }
    }

    /// Compares the version that the message names with that of its session.
    pub(super) fn compare_version(&self, negotiated: &str) -> Result<(), NotServed> {
        match fields::own_version(&self.content) {
            None => Ok(()),
            Some(own) if own == negotiated => Ok(()),
            Some(_) => Err(NotServed::Version { negotiated: negotiated.to_owned() }),
        }
    }

    /// Returns the reason why a message without a session is not served. One of a version that has none
    /// learns the versions that have them.
    pub(super) fn without_session(&self) -> NotServed {
        let version = fields::own_version(&self.content).and_then(Json::as_str);
        let version = version.filter(|own| own.len() <= MAX_HTTP_VERSION_BYTES);
        match (version, &self.asking) {
            (Some(version), Some(_)) => NotServed::Stateless { requested: version.to_owned() },
            _ => NotServed::NoSession,
        }
    }
}

/// Returns true if a value is a token for progress that is kept.
fn is_token(json: &Json) -> bool {
    match json {
        Json::String(text) => text.len() <= MAX_ID_BYTES,
        Json::Number(_) => true,
        _ => false,
    }
}
