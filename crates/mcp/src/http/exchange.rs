//! One message to a server over HTTP, and what comes back.

use std::io::{self, BufReader, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ureq::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use ureq::http::{Response, StatusCode};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, RequestBuilder, SendBody};

use crate::client::PassedRequest;
use crate::http::events::Events;
use crate::http::fault::Fault;
use crate::http::fields::{self, EVENTS, JSON, media_type};
use crate::http::near::Near;
use crate::http::response::{error_of, follow, is_field, read, text, version_of, whole};
use crate::http::target::Target;
use crate::limits::{
    HTTP_BEGIN_DEADLINE, HTTP_BODY_DEADLINE, HTTP_SILENCE, MAX_HTTP_HEAD_BYTES, MAX_ID_BYTES,
    PATIENCE,
};
use crate::lines::Line;
use crate::message::{Content, Message};

/// The way to one server.
#[derive(Debug)]
pub(super) struct Link {
    agent: Agent,
    url: String,
    begun: Mutex<Begun>,
    waits: Waits,
}

/// The times that a server has.
#[derive(Debug, Clone, Copy)]
struct Waits {
    begin: Duration,
    silence: Duration,
}

/// The words of the server about its session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Begun {
    /// The number of the session, counted here.
    number: u64,
    session: Option<String>,
    version: Option<String>,
}

impl Link {
    pub(super) fn new(target: &Target) -> Self {
        Self::with(target, Waits { begin: HTTP_BEGIN_DEADLINE, silence: HTTP_SILENCE })
    }

    fn with(target: &Target, waits: Waits) -> Self {
        let config = Agent::config_builder()
            .https_only(target.is_https())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // One of the environment would read what is signed.
            .proxy(None)
            // A coded body could grow beyond the bound.
            .accept_encoding("identity")
            .user_agent(concat!("deputize/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(MAX_HTTP_HEAD_BYTES)
            .timeout_connect(Some(HTTP_BODY_DEADLINE))
            // A network that has gone says nothing.
            .timeout_per_read(Some(waits.silence))
            .timeout_per_write(Some(HTTP_BODY_DEADLINE))
            // Before the server closes an idle connection, and a message is lost in it.
            .max_idle_age(Duration::from_secs(4))
            .build();
        let agent = match target.is_https() {
            true => config.new_agent(),
            false => Agent::with_parts(config, DefaultConnector::default(), Near),
        };
        Self { agent, url: target.as_str().to_owned(), begun: Mutex::default(), waits }
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of the session.
    pub(super) fn number(&self) -> u64 {
        self.begun().number
    }

    /// Ends the session, since another one begins. Returns what is known of that one: its number.
    fn begin(&self) -> Begun {
        let mut own = self.begun();
        let begun = Begun { number: own.number.saturating_add(1), ..Begun::default() };
        let old = std::mem::replace(&mut *own, begun.clone());
        drop(own);
        self.delete(&old);
        begun
    }

    /// Sends a message, and hands over each line that comes back for it, with whether its session is still
    /// the one of this link, until `take` says that it is the answer. `sent` is told that the message is
    /// written. One `initialize` is sent at a time.
    pub(super) fn post(
        &self,
        message: &Message,
        sent: &dyn Fn(),
        take: &mut dyn FnMut(Line, bool) -> bool,
    ) -> Result<(), Fault> {
        let begins = is_initialize(message);
        let begun = match begins {
            true => self.begin(),
            false => self.begun().clone(),
        };
        let is_request = matches!(message.content(), Content::Request { .. });
        let mut request = with_begun(self.agent.post(&self.url), &begun, message);
        let deadline = match (begins, is_request) {
            (true, _) => Some(self.waits.begin),
            (false, false) => Some(HTTP_BODY_DEADLINE),
            (false, true) => None,
        };
        if deadline.is_some() {
            request = request.config().timeout_global(deadline).build();
        }
        let line = message.line().bytes();
        let rest = line.strip_suffix(b"\n").unwrap_or(line);
        let length = rest.len();
        let mut sending = Sending { rest, sent };
        let response = request
            .header(CONTENT_TYPE, JSON)
            .header(CONTENT_LENGTH, length)
            .header(ACCEPT, format!("{JSON}, {EVENTS}"))
            .send(SendBody::from_reader(&mut sending));
        let response = response.map_err(|why| Fault::of(&why))?;
        if !response.status().is_success() {
            return Err(self.failed(response, &begun));
        }
        if !is_request {
            return Ok(());
        }
        if begins {
            self.begun().session = text(&response, &fields::SESSION).map(str::to_owned);
        }
        let mut take = |line: Line| {
            if begins && let Some(version) = version_of(&line) {
                self.begun().version = Some(version);
            }
            take(line, self.number() == begun.number)
        };
        match read(response, &mut take)? {
            true => Ok(()),
            false => Err(Fault::NoAnswer),
        }
    }

    /// Reads the stream of messages that belong to no request, until it ends. `last` is the id of its last
    /// event. Returns false if the server has none, or another session has begun.
    pub(super) fn listen(
        &self,
        number: u64,
        last: &mut Option<String>,
        take: &mut dyn FnMut(Line),
    ) -> Result<bool, Fault> {
        let begun = self.begun().clone();
        if begun.number != number {
            return Ok(false);
        }
        let mut request = with_fields(self.agent.get(&self.url), &begun);
        if let Some(last) = last {
            request = request.header(fields::LAST_EVENT, last.as_str());
        }
        let response = match request.header(ACCEPT, EVENTS).call().map_err(|why| Fault::of(&why)) {
            Ok(response) => response,
            // One that is opened anew shows that the server is still there.
            Err(Fault::Silent) => return Ok(true),
            Err(why) => return Err(why),
        };
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            return Ok(false);
        }
        if !response.status().is_success() {
            // The server may know nothing of that event any more.
            *last = None;
            return Err(self.failed(response, &begun));
        }
        let media = media_type(text(&response, &CONTENT_TYPE).unwrap_or_default());
        if media != EVENTS {
            return Err(Fault::MediaType(media));
        }
        let mut events = Events::new(BufReader::new(response.into_body().into_reader()));
        let read = follow(&mut events, &mut |line| {
            let is_other = self.number() != number;
            if !is_other {
                take(line);
            }
            is_other
        });
        // Others cannot be a field.
        let may_be_sent = |id: &&str| is_field(id) && id.len() <= MAX_ID_BYTES;
        if let Some(id) = events.last_id().filter(may_be_sent) {
            *last = Some(id.to_owned());
        }
        match read {
            Ok(is_other) => Ok(!is_other),
            Err(Fault::Silent) => Ok(true),
            Err(why) => Err(why),
        }
    }

    /// Ends the session, if there is one.
    pub(super) fn end(&self) {
        let begun = std::mem::take(&mut *self.begun());
        self.delete(&begun);
        self.agent.clone().shutdown();
    }

    fn delete(&self, begun: &Begun) {
        if begun.session.is_some() {
            let request = with_fields(self.agent.delete(&self.url), begun);
            // A server that does not hear it ends the session later.
            let _ = request.config().timeout_global(Some(PATIENCE)).build().call();
        }
    }

    /// Returns the fault that a response is.
    fn failed(&self, response: Response<Body>, begun: &Begun) -> Fault {
        let status = response.status();
        if status == StatusCode::NOT_FOUND && begun.session.is_some() {
            // Another one may have begun meanwhile.
            return match self.number() == begun.number {
                true => Fault::SessionEnded,
                false => Fault::Status(status.as_u16()),
            };
        }
        let is_json = text(&response, &CONTENT_TYPE).is_some_and(|own| media_type(own) == JSON);
        let said = match is_json {
            true => whole(response).ok().and_then(|line| error_of(&line)),
            false => None,
        };
        said.map_or(Fault::of_status(status), Fault::Said)
    }
}

/// The body of a message, which tells when it is written.
struct Sending<'m> {
    rest: &'m [u8],
    sent: &'m dyn Fn(),
}

impl Read for Sending<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        if self.rest.is_empty() {
            (self.sent)();
        }
        Ok(read)
    }
}

pub(super) fn is_initialize(message: &Message) -> bool {
    let initialize = PassedRequest::Initialize.method();
    matches!(message.content(), Content::Request { method, .. } if method == initialize)
}

/// Adds the fields of the session.
fn with_fields<B>(mut request: RequestBuilder<B>, begun: &Begun) -> RequestBuilder<B> {
    if let Some(session) = &begun.session {
        request = request.header(fields::SESSION, session.as_str());
    }
    if let Some(version) = &begun.version {
        request = request.header(fields::VERSION, version.as_str());
    }
    request
}

/// Adds the fields of the session, and those that repeat the message.
fn with_begun<B>(
    request: RequestBuilder<B>,
    begun: &Begun,
    message: &Message,
) -> RequestBuilder<B> {
    let params = match message.content() {
        Content::Request { params, .. } | Content::Notification { params, .. } => Some(params),
        Content::Result { .. } | Content::Error { .. } => None,
    };
    // A message of a version without sessions says its version itself.
    let own = params.and_then(fields::version_of).filter(|own| is_field(own));
    let version = own.map(str::to_owned).or_else(|| begun.version.clone());
    let mut request = with_fields(request, &Begun { version, ..begun.clone() });
    if let Some((method, name)) = fields::repeated(message.content()) {
        request = request.header(fields::METHOD, fields::encoded(method));
        if let Some(name) = name {
            request = request.header(fields::NAME, fields::encoded(name));
        }
    }
    request
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use super::{Link, Waits};
    use crate::http::fault::Fault;
    use crate::http::target::Target;
    use crate::lines::Lines;
    use crate::message::Message;

    /// A server that says this and is silent then, and a link that waits for a moment.
    fn silent(host: &str, said: &'static [u8]) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{host}:{}/mcp", listener.local_addr().unwrap().port());
        thread::spawn(move || {
            for mut connection in listener.incoming().map(Result::<TcpStream, _>::unwrap) {
                let _ = connection.read(&mut [0; 4096]);
                connection.write_all(said).unwrap();
                thread::spawn(move || {
                    thread::sleep(Duration::from_secs(60));
                    drop(connection);
                });
            }
        });
        let [begin, silence] = [600, 300].map(Duration::from_millis);
        let waits = Waits { begin, silence };
        let near = Target::parse("http://localhost/mcp").unwrap();
        Link { url, ..Link::with(&near, waits) }
    }

    fn post(link: &Link, method: &str) -> Fault {
        let text = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\"}}\n");
        let line = Lines::new(text.as_bytes()).next_line().unwrap().unwrap();
        link.post(&Message::read(line).unwrap(), &|| {}, &mut |_, _| false).unwrap_err()
    }

    #[test]
    fn a_server_that_is_silent_is_given_up() {
        let stream = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n:\n\n";
        for said in [&b""[..], stream] {
            let link = silent("localhost", said);
            assert_eq!(post(&link, "ping"), Fault::Silent);
            assert_eq!(link.listen(0, &mut None, &mut |_| {}), Ok(true));
        }
    }

    #[test]
    fn a_beginning_has_a_deadline_also_if_the_server_shows_life() {
        let mut said = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".to_vec();
        said.extend(b":\n\n".repeat(3));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let _ = connection.read(&mut [0; 4096]);
            while connection.write_all(&said).is_ok() {
                said = b":\n\n".to_vec();
                thread::sleep(Duration::from_millis(50));
            }
        });
        let link = Link { url, ..silent("localhost", b"") };
        assert_eq!(post(&link, "initialize"), Fault::Silent);
    }

    /// An address that systems take for this machine, and that is not one of loopback.
    #[test]
    fn only_addresses_of_loopback_are_connected_to() {
        for host in ["0.0.0.0", "localhost.acme.com"] {
            let why = post(&silent(host, b""), "ping");
            assert!(matches!(why, Fault::NotSent(_)), "{host}: {why}");
        }
        assert_eq!(post(&silent("127.0.0.1", b""), "ping"), Fault::Silent);
    }
}
