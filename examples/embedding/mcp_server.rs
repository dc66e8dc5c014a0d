//! An MCP server (`rmcp`) with three tools, and an agent that presents a token with each call.
//!
//! A tool call is the operation `tools/call` on the tool's name, with the tool's arguments. The
//! presentation travels in `_meta`.
//!
//! `GLUE` marks the lines that every such program would write again, `GLUE!` those of them that
//! security depends on.

#![expect(clippy::print_stdout, clippy::arithmetic_side_effects, reason = "an example")]

use std::error::Error;
use std::sync::Arc;

use deputize::bind::{MCP_PRESENTATION, McpCall};
use deputize::text::json;
use deputize::{
    Capability, Grant, MemoryReplayGuard, Owner, Permit, Principal, ReplayPolicy, Report, Request,
    RequestError, RevocationPolicy, Signer, SigningKey, Token, TrustAnchor, Verifier,
};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, InputRequiredResult,
    JsonObject, ListToolsResult, PaginatedRequestParams, ProtocolVersion, RequestMetaObject,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleClient, RunningService};
use rmcp::{
    ClientLifecycleMode, ClientServiceExt, ErrorData, RoleServer, ServerHandler, ServiceExt,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use time::{Duration, OffsetDateTime};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const AUDIENCE: &str = "docs.acme.com";
/// The calls of the tools, with their arguments.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
    #[serde(default = "three")]
    limit: u32,
}

fn three() -> u32 {
    3
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mail {
    to: String,
}

struct Docs {
    verifier: Verifier,
}

// GLUE! {
/// The request of a tool call, as client and server both build it.
fn request_of(params: &CallToolRequestParams) -> Result<Request> {
    let params = json::read(&json!(params).to_string())?;
    Ok(McpCall::CallTool.request(params.as_object().ok_or("no params")?, AUDIENCE)?)
}

impl Docs {
    /// Returns the permit, or the text for the model that called.
    fn permit(&self, params: &CallToolRequestParams, meta: &RequestMetaObject) -> Result<Permit> {
        let (text, now) =
            (meta.get(MCP_PRESENTATION).and_then(Json::as_str), OffsetDateTime::now_utc());
        let decision = self.verifier.decide_text(text, request_of(params)?, now);
        println!("{}", Report::of(&decision).summary);
        decision.into_result().map_err(|denial| denial.for_model().into())
    }
}
// GLUE! }

/// Carries out what was permitted.
fn carry_out(permit: &Permit, is_confirmed: bool) -> Result<CallToolResponse, RequestError> {
    let request = permit.request();
    let answer = match request.resource().as_str() {
        "search_docs" => {
            let Search { query, limit } = request.args_as()?;
            format!("{limit} hits for {query}")
        }
        "read_doc" => format!("contents of {}", request.args_as::<Read>()?.path),
        "send_mail" if !is_confirmed => {
            // A second round: "are you sure?"
            let again = InputRequiredResult::from_request_state("sure?");
            return Ok(CallToolResponse::InputRequired(again));
        }
        "send_mail" => format!("sent to {}", request.args_as::<Mail>()?.to),
        other => format!("there is no tool {other}"),
    };
    Ok(CallToolResult::success(vec![ContentBlock::text(answer)]).into())
}

impl ServerHandler for Docs {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |name: &'static str, properties: Json| {
            let schema = json!({ "type": "object", "properties": properties });
            Tool::new(name, name, Arc::new(schema.as_object().cloned().unwrap_or_default()))
        };
        let text = || json!({ "type": "string" });
        Ok(ListToolsResult::with_all_items(vec![
            tool("search_docs", json!({ "query": text(), "limit": { "type": "integer" } })),
            tool("read_doc", json!({ "path": text() })),
            tool("send_mail", json!({ "to": text() })),
        ]))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let done = match self.permit(&params, &context.meta) {
            Ok(permit) => carry_out(&permit, params.request_state.is_some()),
            Err(why) => {
                let text = ContentBlock::text(why.to_string());
                return Ok(CallToolResult::error(vec![text]).into());
            }
        };
        done.map_err(|why| ErrorData::invalid_params(why.to_string(), None))
    }
}

/// An agent: a connection, a key and a token.
struct Agent {
    client: RunningService<RoleClient, ()>,
    key: SigningKey,
    token: Token,
}

impl Agent {
    // GLUE! {
    /// Adds a presentation for this attempt.
    fn present(&self, mut params: CallToolRequestParams) -> Result<CallToolRequestParams> {
        let (request, now) = (request_of(&params)?, OffsetDateTime::now_utc());
        let shown = self.token.present(&self.key, &request, now)?.to_text();
        params.meta.get_or_insert_default().insert(MCP_PRESENTATION.into(), shown.into());
        Ok(params)
    }

    /// Calls a tool. Each round of a tool that asks back is presented anew.
    async fn send(&self, mut call: CallToolRequestParams) -> Result<CallToolResult> {
        loop {
            match self.client.call_tool_once(self.present(call.clone())?).await? {
                CallToolResponse::Complete(result) => return Ok(result),
                CallToolResponse::InputRequired(more) => call.request_state = more.request_state,
                other => return Err(format!("{other:?}").into()),
            }
        }
    }
    // GLUE! }

    async fn call(&self, tool: &'static str, args: Json) -> String {
        let mut args: JsonObject = args.as_object().cloned().unwrap_or_default();
        // A model sends `null` for what is not set. The caller may leave it out, the service may not.
        args.retain(|_, value| !value.is_null());
        let params = CallToolRequestParams::new(tool).with_arguments(args);
        shown(self.send(params).await)
    }

    /// The tools to show the model: those that the token permits with some arguments.
    async fn tools(&self) -> Result<Vec<String>> {
        let mut tools = self.client.list_all_tools().await?;
        // GLUE {
        tools.retain(|tool| {
            let call = Request::call(&tool.name, None, AUDIENCE);
            call.is_ok_and(|call| self.token.may_permit(&call, OffsetDateTime::now_utc()))
        });
        // GLUE }
        Ok(tools.iter().map(|tool| tool.name.to_string()).collect())
    }
}

fn shown(result: Result<CallToolResult>) -> String {
    match result {
        Ok(result) => {
            let texts = result.content.iter().filter_map(|block| block.as_text());
            texts.map(|text| text.text.as_str()).collect()
        }
        Err(why) => format!("not sent: {why}"),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let now = OffsetDateTime::now_utc();
    let (alice, bot) = (SigningKey::generate()?, SigningKey::generate()?);
    let mint = |allowed: &[&str], purpose: &str| -> Result<Token> {
        let allowed: Result<Vec<Capability>, _> = allowed.iter().map(|own| own.parse()).collect();
        let to = Principal::agent("docs-bot", bot.public_key())?;
        let grant = Grant::new(to, allowed?, now + Duration::hours(1), purpose)?;
        let grant = grant.with_audience([AUDIENCE])?;
        Ok(Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?)
    };
    let read =
        ["tools/call search_docs query limit?=0..10", "tools/call read_doc path:subpath=docs"];
    let token = mint(&read, "answer questions about the documents")?;
    let mail = mint(&["tools/call send_mail to:one_of=bob@acme.com"], "report back")?;

    let verifier = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(1) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(60_000)),
    );
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let server = tokio::spawn(async move {
        if let Ok(running) = (Docs { verifier }).serve(theirs).await {
            let _ = running.waiting().await;
        }
    });
    // The protocol version in which a tool may ask back.
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    let mode = ClientLifecycleMode::Discover { preferred_versions };
    let client = ().serve_with_lifecycle(ours, mode).await?;
    let mut agent = Agent { client, key: bot, token };

    println!("tools: {:?}", agent.tools().await?);
    for (tool, args) in [
        ("search_docs", json!({ "query": "q3", "limit": 5 })),
        ("search_docs", json!({ "query": "q3", "limit": null })),
        ("search_docs", json!({ "query": "q3", "limit": 5.0 })),
        ("search_docs", json!({ "query": "q3", "limit": "5" })),
        ("search_docs", json!({ "query": "q3", "limit": 50 })),
        ("read_doc", json!({ "path": "docs/a.md" })),
        ("read_doc", json!({ "path": "docs/../secret" })),
        ("send_mail", json!({ "to": "eve@evil.example" })),
    ] {
        println!("  {}", agent.call(tool, args).await);
    }
    // Presented for one call and sent for another; and without a presentation.
    let path = |path: &str| json!({ "path": path }).as_object().cloned();
    let mut params = CallToolRequestParams::new("read_doc");
    params.arguments = path("docs/a.md");
    let mut sly = agent.present(params.clone())?;
    sly.arguments = path("docs/b.md");
    for params in [sly, params] {
        println!("  {}", shown(agent.client.call_tool(params).await.map_err(Into::into)));
    }
    // A tool that asks back.
    agent.token = mail;
    println!("tools: {:?}", agent.tools().await?);
    println!("  {}", agent.call("send_mail", json!({ "to": "bob@acme.com" })).await);

    agent.client.cancel().await?;
    server.abort();
    Ok(())
}
