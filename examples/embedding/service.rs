//! An HTTP service with two guarded endpoints, and its client.
//!
//! - `GET /accounts/{region}/{id}?limit=5` is `crm.read` on `accounts/{region}/{id}`.
//! - `POST /accounts/{region}/{id}/notes` with `{"text": "…"}` is `crm.note` on the same.
//!
//! A presentation travels as `Authorization: Deputize <text>`. The chain is verified before a byte of
//! the body is read.
//!
//! `GLUE` marks the lines that every service would write again, `GLUE!` those of them that security
//! depends on.

#![expect(clippy::print_stdout, clippy::arithmetic_side_effects, reason = "an example")]

use std::error::Error;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use deputize::bind::{self, HttpRefusal};
use deputize::{
    Call, CallError, Capability, CodedError, Denial, Grant, MemoryReplayGuard, Owner, Permitted,
    Presentation, Principal, ReplayPolicy, Report, Request, RequestError, Resource,
    RevocationPolicy, Signer, SigningKey, Token, TrustAnchor, VerifiedChain, Verifier,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Duration, OffsetDateTime};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const AUDIENCE: &str = "crm.acme.com";

// ── The calls, as client and service both write them ──

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadArgs {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteArgs {
    text: String,
}

// GLUE! {
struct OnAccount<A> {
    operation: &'static str,
    region: String,
    id: u32,
    args: A,
}

impl<A: Serialize> Call for OnAccount<A> {
    fn request(&self) -> Result<Request, RequestError> {
        let account = Resource::from_segments(["accounts", &self.region, &self.id.to_string()])?;
        Request::of(self.operation.parse()?, account, AUDIENCE)?.with_args_of(&self.args)
    }
}
// GLUE! }

fn read(region: &str, id: u32, limit: Option<u32>) -> OnAccount<ReadArgs> {
    OnAccount { operation: "crm.read", region: region.to_owned(), id, args: ReadArgs { limit } }
}

fn note(region: &str, id: u32, text: String) -> OnAccount<NoteArgs> {
    OnAccount { operation: "crm.note", region: region.to_owned(), id, args: NoteArgs { text } }
}

// ── The service ──

// GLUE! {
/// The caller's chain, verified: an extractor that reads only the head of a call.
struct Caller(VerifiedChain);

impl FromRequestParts<Verifier> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, verifier: &Verifier) -> Result<Self, Refused> {
        let (headers, now) =
            (parts.headers.get_all(AUTHORIZATION).iter(), OffsetDateTime::now_utc());
        let text = bind::from_authorization(headers.map(HeaderValue::as_bytes));
        let text = text.map_err(|why| Refused::malformed(&why))?;
        let text = text.ok_or_else(|| Refused::denied(Denial::not_presented(None, now)))?;
        let presentation = Presentation::parse(text).map_err(|why| Refused::malformed(&why))?;
        verifier.verify(presentation, now).map(Self).map_err(Refused::denied)
    }
}

impl Caller {
    fn may<C: Call>(self, call: C) -> Result<Permitted<C>, Refused> {
        let permitted = self.0.authorize_call(call, OffsetDateTime::now_utc());
        let permitted = permitted.map_err(|why| match why {
            CallError::Denied(denial) => Refused::denied(*denial),
            why => Refused::malformed(&why),
        })?;
        println!("{}", Report::of_permit(permitted.permit()).summary);
        Ok(permitted)
    }
}

struct Refused(HttpRefusal);

impl Refused {
    fn malformed(why: &impl CodedError) -> Self {
        Self(HttpRefusal::malformed(why.code(), &why.to_string()))
    }

    fn denied(denial: Denial) -> Self {
        println!("{}", Report::of_denial(&denial).summary);
        Self(denial.to_http())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::FORBIDDEN);
        let field = self.0.www_authenticate.map(|field| [(WWW_AUTHENTICATE, field)]);
        (status, [(CONTENT_TYPE, HttpRefusal::MEDIA_TYPE)], field, self.0.body).into_response()
    }
}
// GLUE! }

async fn read_account(
    caller: Caller,
    Path((region, id)): Path<(String, u32)>,
    Query(ReadArgs { limit }): Query<ReadArgs>,
) -> Result<Json<serde_json::Value>, Refused> {
    let permitted = caller.may(read(&region, id, limit))?;
    let OnAccount { region, id, args, .. } = permitted.call();
    let rows: Vec<_> = (0..args.limit.unwrap_or(1)).map(|n| format!("{region}/{id}#{n}")).collect();
    Ok(Json(json!({ "rows": rows, "for": permitted.permit().chain().owner().name() })))
}

async fn add_note(
    caller: Caller,
    Path((region, id)): Path<(String, u32)>,
    Json(NoteArgs { text }): Json<NoteArgs>,
) -> Result<Json<serde_json::Value>, Refused> {
    let permitted = caller.may(note(&region, id, text))?;
    Ok(Json(json!({ "noted": permitted.call().args.text })))
}

async fn serve(verifier: Verifier) -> Result<String> {
    let routes = Router::new()
        .route("/accounts/{region}/{id}", get(read_account))
        .route("/accounts/{region}/{id}/notes", post(add_note))
        .with_state(verifier);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, routes).await });
    Ok(base)
}

// ── The client ──

struct Client {
    http: reqwest::Client,
    base: String,
    key: SigningKey,
    token: Token,
}

impl Client {
    // GLUE {
    fn authorization(&self, call: &impl Call) -> Result<String> {
        let shown = self.token.present(&self.key, &call.request()?, OffsetDateTime::now_utc())?;
        Ok(bind::authorization(&shown)?)
    }

    async fn answer(&self, request: reqwest::RequestBuilder, of: &impl Call) -> Result<String> {
        shown(request.header(AUTHORIZATION, self.authorization(of)?)).await
    }
    // GLUE }

    async fn read(&self, region: &str, id: u32, limit: Option<u32>) -> Result<String> {
        let call = read(region, id, limit);
        let url = format!("{}/accounts/{region}/{id}", self.base);
        self.answer(self.http.get(url).query(&call.args), &call).await
    }

    async fn note(&self, region: &str, id: u32, text: &str) -> Result<String> {
        let call = note(region, id, text.to_owned());
        let url = format!("{}/accounts/{region}/{id}/notes", self.base);
        self.answer(self.http.post(url).json(&call.args), &call).await
    }
}

async fn shown(request: reqwest::RequestBuilder) -> Result<String> {
    let response = request.send().await?;
    let status = response.status();
    Ok(format!("{} {}", status.as_u16(), response.text().await?))
}

#[tokio::main]
async fn main() -> Result<()> {
    let now = OffsetDateTime::now_utc();
    let (alice, bot) = (SigningKey::generate()?, SigningKey::generate()?);
    let allowed: [Capability; 2] = [
        "crm.read accounts/emea/** limit?=0..10".parse()?,
        "crm.note accounts/emea/** text:max_len=80".parse()?,
    ];
    let to = Principal::agent("crm-bot", bot.public_key())?;
    let grant = Grant::new(to, allowed, now + Duration::hours(1), "Q3 review")?;
    let grant = grant.with_audience([AUDIENCE])?;
    let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;

    let verifier = Verifier::new(
        TrustAnchor::new(alice.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(1) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(60_000)),
    );
    let base = serve(verifier).await?;
    let client = Client { http: reqwest::Client::new(), base, key: bot, token };

    println!("  {}", client.read("emea", 42, Some(3)).await?);
    println!("  {}", client.read("emea", 42, None).await?);
    println!("  {}", client.note("emea", 42, "called back").await?);
    // The token does not allow these, and says so before anything is sent.
    for refused in [client.read("apac", 7, Some(3)).await, client.read("emea", 42, Some(50)).await]
    {
        println!("  not sent: {}", refused.err().map(|why| why.to_string()).unwrap_or_default());
    }

    // A presentation for one call, sent with another one, and then twice with its own.
    let authorization = client.authorization(&read("emea", 42, Some(3)))?;
    let send = |path: &str, authorization: Option<&str>| {
        let request = client.http.get(format!("{}/accounts/{path}", client.base));
        shown(match authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        })
    };
    for path in ["emea/43?limit=3", "emea/42?limit=3", "emea/42?limit=3", "emea/42?limit=3&limit=9"]
    {
        println!("  {}", send(path, Some(&authorization)).await?);
    }
    // A slash in a path parameter is not a separator.
    let authorization = client.authorization(&read("emea", 7, None))?;
    println!("  {}", send("emea%2Fx/7", Some(&authorization)).await?);
    println!("  {}", send("emea/42", None).await?);
    println!("  {}", send("emea/42", Some(&format!("Deputize {}", client.token.to_text()))).await?);
    Ok(())
}
