//! The presentations for the messages of one connection.

use std::fmt::{self, Debug, Formatter};
use std::sync::{Mutex, MutexGuard, PoisonError};

use deputize::bind::{MCP_GUARD, MCP_PRESENTATION, McpCall};
use deputize::text::Backticked;
use deputize::{
    CodedError, NoToken, PermittedArgs, PresentOptions, Request, Signer, Subpath, Token, Wallet,
    WalletError,
};
use serde_json::{Map, Value as Json};
use time::OffsetDateTime;

use crate::cache;
use crate::client::{ClientCall, ClientMessage, Pass, PassedNotification, PassedRequest};
use crate::id::Id;
use crate::lines::Line;
use crate::listing;
use crate::message::{Content, Message};
use crate::open::{OpenIdError, OpenIds};
use crate::presenting::listed::Listed;
use crate::presenting::repair::Repairs;
use crate::server::{Asked, ServerMessage};
use crate::session::{Effect, Seen, Session, left_behind, unreadable};
use crate::write::{self, request_line};

/// A presenter on one connection, for a client that can attach nothing: it presents a token for each
/// call, and answers itself a call that no token permits.
///
/// It may repair a call before it signs, because what it sends is what it signs. `5.0` is always written
/// as `5`. In a call that no token permits as it is, arguments are left out that are `null` where this
/// means nothing else, and those that the tokens limit by `subpath` lose doubled slashes and `.`
/// segments. [`with_base`](Self::with_base) makes relative ones absolute. Section 6 of
/// `docs/BINDINGS.md` has the rules.
pub struct PresenterSession {
    wallet: Wallet,
    signer: Box<dyn Signer + Send + Sync>,
    /// The audience of the server, from the client's own configuration.
    audience: String,
    base: Option<Subpath>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked: OpenIds<Asked>,
    listed: Listed,
    /// Over HTTP, the requests whose `POST` has not ended: those of `asked`, and cancelled ones.
    posts: Option<OpenIds<()>>,
    /// The audience that the server announced, if it is another one.
    other: Option<String>,
}

impl PresenterSession {
    /// Creates the presenter for a server, whose audience stands in the client's own configuration. What
    /// the server announces is only compared with it.
    pub fn new(
        wallet: Wallet,
        signer: impl Signer + Send + Sync + 'static,
        audience: impl Into<String>,
    ) -> Self {
        let (signer, audience) = (Box::new(signer), audience.into());
        Self { wallet, signer, audience, base: None, state: Mutex::default() }
    }

    /// Makes relative paths absolute below this directory, in calls that no token permits as they are.
    /// It is the absolute path, at the server, from which the server itself takes relative paths. A
    /// path beside another one stays, because it may be relative to that.
    #[must_use]
    pub fn with_base(self, directory: Subpath) -> Self {
        Self { base: Some(directory), ..self }
    }

    /// Keeps each id until its `POST` has ended, also if its request is cancelled.
    #[cfg(feature = "http")]
    pub(crate) fn over_http(self) -> Self {
        self.state().posts = Some(OpenIds::new());
        self
    }

    /// Decides about a line of the `POST` of the request with this id, or of a stream that belongs to no
    /// request. Returns true if the line is the answer of that request. No other answer passes.
    #[cfg(feature = "http")]
    pub(crate) fn line_of(
        &self,
        post: Option<&Id>,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> (Option<Effect>, bool) {
        self.decide(line, now, see, |id| post.is_some_and(|own| own.value() == id.value()))
    }

    /// Takes the ids of the requests that have no answer.
    #[cfg(feature = "http")]
    pub(crate) fn left(&self) -> Vec<Id> {
        self.state().asked.take_all().into_iter().map(|(id, _)| id).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn present(&self, call: &ClientCall<'_>, now: OffsetDateTime) -> Effect {
        let ClientCall { call: method, id, params } = *call;
        let refusal = match self.presented(method, params, now) {
            Ok((request, text)) => {
                let mut meta = of_client(params);
                if let Some(text) = text {
                    meta.insert(MCP_PRESENTATION.to_owned(), text.into());
                }
                match request_line(&request, id, meta) {
                    Some(line) => return self.send(id, Asked::Call(method), line),
                    None => method.malformed(id.raw(), "not_a_call", "it is no call of MCP"),
                }
            }
            Err(NotSent { code, why }) => method.not_sent(id.raw(), code, &why),
        };
        Effect::ToClient((refusal + "\n").into_bytes())
    }

    fn send(&self, id: &Id, asked: Asked, line: String) -> Effect {
        match self.state().open(id, asked) {
            Ok(()) => Effect::ToServer(line.into_bytes()),
            Err(why) => Effect::ToClient(why.answer(id).into_bytes()),
        }
    }

    /// Returns the request as it is sent, and its presentation. A listing has one if there is one token.
    fn presented(
        &self,
        call: McpCall,
        params: &Map<String, Json>,
        now: OffsetDateTime,
    ) -> Result<(Request, Option<String>), NotSent> {
        if let Some(other) = &self.state().other {
            let [other, own] = [other, &self.audience].map(|own| Backticked(own));
            let why = format!(
                "the server announces the audience {other}, and this client is configured for {own}"
            );
            return Err(NotSent { code: "other_audience", why });
        }
        let request = call.request(params, &self.audience);
        let request = request.map_err(|why| NotSent::of(&why))?;
        let shown = match (call.is_listing(), self.wallet.tokens()) {
            (true, [token]) => {
                let anyway = PresentOptions::default().anyway();
                let shown = token.present_with(&*self.signer, &request, now, anyway);
                Some(shown.map_err(|why| NotSent::of(&why))?)
            }
            (true, _) => None,
            (false, _) => match self.wallet.present(&*self.signer, &request, now) {
                Ok(shown) => Some(shown),
                Err(why) => return self.repaired(call, request, why, now),
            },
        };
        Ok((request, shown.map(|own| own.to_text())))
    }

    /// Returns the repaired request that a token permits, and its presentation.
    fn repaired(
        &self,
        call: McpCall,
        asked: Request,
        mut why: WalletError,
        now: OffsetDateTime,
    ) -> Result<(Request, Option<String>), NotSent> {
        let permitted = self.permitted(&asked, now);
        let repairs = permitted.map(|own| {
            let state = self.state();
            let listed = state.listed.of(asked.resource().as_str());
            Repairs::of(&own, &asked, listed.filter(|_| call == McpCall::CallTool))
        });
        let repairs = repairs.unwrap_or_default();
        let mut tried = asked.clone();
        for candidate in repairs.candidates(&asked, self.base.as_ref()) {
            // A call that is permitted is not repaired any further, even if it cannot be presented.
            if !matches!(why, WalletError::NoToken(NoToken::NoneFits { .. })) {
                break;
            }
            match self.wallet.present(&*self.signer, &candidate, now) {
                Ok(shown) => return Ok((candidate, Some(shown.to_text()))),
                Err(own) => (why, tried) = (own, candidate),
            }
        }
        Err(NotSent::by_wallet(&why, &tried).with(repairs.notes(&asked, &tried)))
    }

    /// Removes from a listing what no token permits, narrows the rest, keeps what depends on the tokens
    /// out of shared caches, and compares the announced audience. Returns true if it changed something.
    fn look_into(&self, asked: Asked, result: &mut Map<String, Json>, now: OffsetDateTime) -> bool {
        match asked {
            Asked::Pass(PassedRequest::Initialize | PassedRequest::Discover) => {
                let announced = result
                    .get("capabilities")
                    .and_then(|own| own.get("experimental"))
                    .and_then(|own| own.get(MCP_GUARD))
                    .and_then(|own| own.get("audience"));
                if let Some(announced) = announced
                    && announced.as_str() != Some(&self.audience)
                {
                    let announced = announced.as_str().unwrap_or_default();
                    self.state().other = Some(announced.to_owned());
                }
                false
            }
            Asked::Call(call) => {
                if call == McpCall::ListTools {
                    self.state().listed.note(result);
                }
                let is_kept = cache::keep_private(result, self.first_expiry(now), now);
                listing::narrow(call, result, &self.audience, |own| self.permitted(own, now))
                    || is_kept
            }
            Asked::Pass(_) => false,
        }
    }

    /// Returns the time at which the first token expires of those that have not.
    fn first_expiry(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let all = self.wallet.tokens().iter().map(Token::expires);
        all.filter(|own| *own > now).min()
    }

    /// Returns what the tokens permit in calls like this one.
    fn permitted(&self, request: &Request, now: OffsetDateTime) -> Option<PermittedArgs<'_>> {
        let tokens = self.wallet.tokens().iter();
        tokens.filter_map(|own| own.permitted(request, now)).reduce(PermittedArgs::or)
    }
}

impl PresenterSession {
    /// Decides about a line of the server, which may answer the requests that `is_own` names. Returns true
    /// if it answers one of them.
    fn decide(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
        is_own: impl Fn(&Id) -> bool,
    ) -> (Option<Effect>, bool) {
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(malformed) => {
                let mut is_answer = false;
                let effect = unreadable(&malformed, see, |id| {
                    is_answer = is_own(id);
                    is_answer && self.state().close(id).is_some()
                });
                return (effect, is_answer);
            }
        };
        let asked = match ServerMessage::of(&message) {
            ServerMessage::Answer(answer) => {
                let is_answer = is_own(answer.id);
                let asked = if is_answer { self.state().close(answer.id) } else { None };
                let Some(asked) = asked else {
                    see(Seen::Unasked);
                    return (None, is_answer);
                };
                asked
            }
            _ => return (Some(Effect::ToClient(message.line().bytes().to_vec())), false),
        };
        let (line, mut content) = message.into_parts();
        let is_changed = match &mut content {
            Content::Result { result, .. } => self.look_into(asked, result, now),
            _ => false,
        };
        let bytes = match is_changed {
            true => write::line(content).into_bytes(),
            false => line.bytes().to_vec(),
        };
        (Some(Effect::ToClient(bytes)), true)
    }
}

impl State {
    fn open(&mut self, id: &Id, asked: Asked) -> Result<(), OpenIdError> {
        if let Some(posts) = &mut self.posts {
            posts.open(id, ())?;
        }
        self.asked.open(id, asked)
    }

    /// Closes the request that an answer is for. Over HTTP, the answer ends its `POST`.
    fn close(&mut self, id: &Id) -> Option<Asked> {
        if let Some(posts) = &mut self.posts {
            posts.close(id);
        }
        self.asked.close(id)
    }
}

/// Shows no key.
impl Debug for PresenterSession {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresenterSession")
            .field("audience", &self.audience)
            .field("tokens", &self.wallet.tokens().len())
            .finish_non_exhaustive()
    }
}

impl Session for PresenterSession {
    fn client_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        _: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(malformed) => return Some(Effect::ToClient(malformed.answer().into_bytes())),
        };
        let client = ClientMessage::of(&message);
        match &client {
            ClientMessage::Call(call) | ClientMessage::Listing(call) => {
                return Some(self.present(call, now));
            }
            ClientMessage::Refused(refused) => {
                return refused.answer().map(|line| Effect::ToClient(line.into_bytes()));
            }
            // No SDK answers it.
            ClientMessage::Pass(Pass::Notification(PassedNotification::Cancelled)) => {
                if let Some(id) = message.cancelled() {
                    self.state().asked.close(&id);
                }
            }
            _ => {}
        }
        if let (Some(asked), Content::Request { id, .. }) = (Asked::by(&client), message.content())
            && let Err(why) = self.state().open(id, asked)
        {
            return Some(Effect::ToClient(why.answer(id).into_bytes()));
        }
        Some(Effect::ToServer(message.line().bytes().to_vec()))
    }

    fn server_line(
        &self,
        line: Line,
        now: OffsetDateTime,
        see: &mut dyn FnMut(Seen),
    ) -> Option<Effect> {
        self.decide(line, now, see, |_| true).0
    }

    fn ended(&self) -> Vec<Effect> {
        let left = self.state().asked.take_all();
        left_behind(left.into_iter().map(|(id, _)| id))
    }
}

/// Returns the client's own `_meta`. Nobody but this presenter presents.
fn of_client(params: &Map<String, Json>) -> Map<String, Json> {
    let mut meta = params.get("_meta").and_then(Json::as_object).cloned().unwrap_or_default();
    meta.remove(MCP_PRESENTATION);
    meta
}

/// The reason why a call is not sent, for the model that wanted to make it.
struct NotSent {
    code: &'static str,
    why: String,
}

impl NotSent {
    fn of(why: &impl CodedError) -> Self {
        Self { code: why.code(), why: why.to_string() }
    }

    fn by_wallet(why: &WalletError, request: &Request) -> Self {
        match why {
            // With one token, its reasons say what it would permit.
            WalletError::NoToken(NoToken::NoneFits { refusing }) => match refusing.as_slice() {
                [(_, own)] => Self { code: own.code(), why: own.for_model(request) },
                _ => Self::of(why),
            },
            _ => Self::of(why),
        }
    }

    fn with(mut self, notes: Vec<String>) -> Self {
        for note in notes {
            self.why.push_str("\nNote: ");
            self.why.push_str(&note);
            self.why.push('.');
        }
        self
    }
}
