//! A guard, its holders, and both ends of the connection.

use std::sync::Mutex;

use deputize::bind::{MCP_PRESENTATION, McpCall};
use deputize::testing::Scene;
use deputize::text::json;
use deputize::{PresentOptions, Request};
use deputize_guard::{Guard, Recording};
use deputize_mcp::guarding::GuardSession;
use deputize_mcp::{Effect, Line, Lines, Seen, Session as _};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

pub(crate) const AUDIENCE: &str = "fs.acme.com";

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

pub(crate) fn scene(allowed: &[&str]) -> Scene {
    Scene::allowing(allowed.iter().copied(), now()).unwrap()
}

pub(crate) fn line(text: &str) -> Line {
    Lines::new(format!("{text}\n").as_bytes()).next_line().unwrap().unwrap()
}

/// Both ends of a guarded connection.
pub(crate) struct Ends {
    pub(crate) session: GuardSession,
    pub(crate) seen: Mutex<Vec<Seen>>,
}

/// The message that went somewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Went {
    ToServer(Value),
    ToClient(Value),
    Nowhere,
}

impl Went {
    fn of(effect: Option<Effect>) -> Self {
        let value = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).unwrap();
            json::read(text.strip_suffix('\n').unwrap()).unwrap()
        };
        match effect {
            Some(Effect::ToServer(bytes)) => Self::ToServer(value(&bytes)),
            Some(Effect::ToClient(bytes)) => Self::ToClient(value(&bytes)),
            None => Self::Nowhere,
        }
    }

    pub(crate) fn into_server(self) -> Value {
        match self {
            Self::ToServer(value) => value,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn into_client(self) -> Value {
        match self {
            Self::ToClient(value) => value,
            other => panic!("{other:?}"),
        }
    }

    /// The class of a refusal, of a tool call or of another request.
    pub(crate) fn refusal(self) -> String {
        let answer = self.into_client();
        let denial = match answer["result"]["isError"].as_bool() {
            Some(true) => &answer["result"]["_meta"]["deputize/denial"],
            _ => &answer["error"]["data"]["deputize/denial"],
        };
        let class = denial["class"].as_str().or(denial["code"].as_str());
        class.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

impl Ends {
    pub(crate) fn new(scene: &Scene) -> Self {
        Self::of(Guard::new(scene.verifier(), Recording::Nothing))
    }

    pub(crate) fn of(guard: Guard) -> Self {
        Self::with(GuardSession::new(guard, AUDIENCE))
    }

    pub(crate) fn with(session: GuardSession) -> Self {
        Self { session, seen: Mutex::default() }
    }

    pub(crate) fn client(&self, text: &str) -> Went {
        let see = &mut |own| self.seen.lock().unwrap().push(own);
        Went::of(self.session.client_line(line(text), now(), see))
    }

    pub(crate) fn server(&self, text: &str) -> Went {
        self.server_at(now(), text)
    }

    pub(crate) fn server_at(&self, at: OffsetDateTime, text: &str) -> Went {
        let see = &mut |own| self.seen.lock().unwrap().push(own);
        Went::of(self.session.server_line(line(text), at, see))
    }

    /// What the guard sends of itself.
    pub(crate) fn due(&self, at: OffsetDateTime) -> Vec<Went> {
        self.session.due(at).into_iter().map(|effect| Went::of(Some(effect))).collect()
    }
}

/// The line of a request with a presentation of its own, whatever the token allows.
pub(crate) fn presented(scene: &Scene, id: &str, method: &str, params: Value) -> String {
    let request = McpCall::of_method(method).unwrap();
    let params = params.as_object().unwrap().clone();
    let request = request.request(&strict(&params), AUDIENCE).unwrap();
    with_text(id, method, params, &text(scene, &request))
}

pub(crate) fn text(scene: &Scene, request: &Request) -> String {
    let options = PresentOptions::default().anyway();
    let shown = scene.token().present_with(scene.holder_key(), request, now(), options);
    shown.unwrap().to_text()
}

pub(crate) fn with_text(
    id: &str,
    method: &str,
    mut params: Map<String, Value>,
    text: &str,
) -> String {
    let meta = params.entry("_meta").or_insert_with(|| json!({}));
    meta[MCP_PRESENTATION] = text.into();
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{}}}",
        Value::Object(params)
    )
}

fn strict(params: &Map<String, Value>) -> Map<String, Value> {
    let text = Value::Object(params.clone()).to_string();
    json::read(&text).unwrap().as_object().unwrap().clone()
}
