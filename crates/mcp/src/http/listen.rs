//! A door: a listener for MCP over HTTP in front of servers over stdio.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use crate::http::door::Gate;
use crate::http::fields::PATH;
use crate::http::notes::Notes;
use crate::http::patient::Patient;
use crate::http::places::{Place, Places};
use crate::http::reply::Reply;
use crate::http::sessions::{DoorSeen, See, Sessions};
use crate::limits::{
    DEFAULT_HTTP_IDLE, DEFAULT_HTTP_SESSIONS, HTTP_HEAD_DEADLINE, MAX_HTTP_FIELDS,
    MAX_HTTP_HEAD_BYTES, PATIENCE, PAUSE,
};
use crate::session::Session;
use crate::stop::Stop;

/// The settings of a [`Door`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorSettings {
    sessions: usize,
    idle: Duration,
    hosts: Vec<String>,
}

impl Default for DoorSettings {
    fn default() -> Self {
        Self { sessions: DEFAULT_HTTP_SESSIONS, idle: DEFAULT_HTTP_IDLE, hosts: Vec::new() }
    }
}

impl DoorSettings {
    /// Sets the maximum number of sessions, each of which has a server process.
    #[must_use]
    pub fn with_sessions(self, sessions: usize) -> Self {
        Self { sessions, ..self }
    }

    /// Sets the time after which a session without an exchange ends.
    #[must_use]
    pub fn with_idle(self, idle: Duration) -> Self {
        Self { idle, ..self }
    }

    /// Answers under further names, such as that of a proxy in front: without a port, as the field `Host` has
    /// them.
    #[must_use]
    pub fn with_hosts(self, hosts: impl IntoIterator<Item = String>) -> Self {
        Self { hosts: hosts.into_iter().collect(), ..self }
    }

    /// Returns the names under which this server is asked for.
    fn hosts_at(&self, address: IpAddr) -> Vec<String> {
        let mut hosts = self.hosts.clone();
        if address.is_loopback() {
            hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        hosts.push(match address {
            IpAddr::V4(own) => own.to_string(),
            IpAddr::V6(own) => format!("[{own}]"),
        });
        hosts
    }
}

/// A listener for MCP over HTTP. Each session of a client has a session and a server process of its
/// own, and behaves as one over stdio does.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    settings: DoorSettings,
}

impl Door {
    /// Listens at an address. The port 0 stands for any that is free.
    ///
    /// # Errors
    ///
    /// If the operating system refuses it.
    pub fn bind(address: SocketAddr, settings: DoorSettings) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, settings })
    }

    /// Returns the URL for clients on this machine.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Serves until it is stopped, and then ends all sessions in order. `start` makes the session of one client and starts its server, with
    /// pipes for its input and output; on Unix, as the leader of a process group, so that whatever the server starts ends
    /// with it.
    ///
    /// # Errors
    ///
    /// If the operating system refuses to begin.
    pub fn serve(
        self,
        stop: &Stop,
        start: impl Fn() -> io::Result<(Box<dyn Session>, Child)> + Send + Sync + 'static,
        see: impl Fn(DoorSeen) + Send + Sync + 'static,
    ) -> io::Result<()> {
        let Self { listener, address, settings } = self;
        let notes = Arc::new(Notes::new(see, DoorSeen::Lost)?);
        let (most, idle) = (settings.sessions, settings.idle);
        let sessions = Arc::new(Sessions::new(Box::new(start), Arc::clone(&notes), most, idle));
        let gate = Arc::new(Gate::new(Arc::clone(&sessions), settings.hosts_at(address.ip())));
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let places = Arc::new(Places::default());
            let accepting = accept(listener, gate, Arc::clone(&places), Arc::clone(&notes));
            let accepting = tokio::spawn(accepting);
            tokio::spawn(end_unused(Arc::clone(&sessions), idle));
            while !stop.is_stopped() {
                sleep(PAUSE).await;
            }
            accepting.abort();
            sessions.end_all();
            // A server that does not end by itself is killed after the first third, and what it answered is
            // recorded in the second.
            until(PATIENCE.saturating_mul(3), || sessions.is_empty()).await;
            // What the sessions still answered is written.
            until(PATIENCE, || places.are_free()).await;
            sleep(PAUSE).await;
            Ok(())
        });
        notes.end();
        served
    }
}

/// Waits until something holds, for a bounded time.
async fn until(most: Duration, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() && since.elapsed() < most {
        sleep(PAUSE).await;
    }
}

async fn end_unused(sessions: Arc<Sessions>, idle: Duration) {
    loop {
        sleep(idle.clamp(PAUSE, PATIENCE)).await;
        sessions.end_unused();
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    gate: Arc<Gate>,
    places: Arc<Places>,
    notes: Arc<See>,
) {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                if places.make_room() {
                    let place = Place::new();
                    let own = converse(connection, Arc::clone(&gate), Arc::clone(&place));
                    places.add(tokio::spawn(own).abort_handle(), place);
                }
            }
            Err(why) => {
                notes.tell(DoorSeen::NotAccepted(why.kind()));
                // Such as when there is no file descriptor left.
                sleep(PAUSE).await;
            }
        }
    }
}

/// Serves one connection until it ends. A connection that breaks is its client's own matter.
async fn converse(connection: TcpStream, gate: Arc<Gate>, place: Arc<Place>) {
    let _ = connection.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let (gate, place) = (Arc::clone(&gate), Arc::clone(&place));
        async move {
            // Another reader before this one may see another end of such a message.
            let is_last = request.headers().contains_key(TRANSFER_ENCODING);
            let mut response = gate.answer(request, &place).await;
            if is_last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<Response<Reply>, std::convert::Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HTTP_HEAD_DEADLINE)
        .max_headers(MAX_HTTP_FIELDS)
        .max_buf_size(MAX_HTTP_HEAD_BYTES);
    let connection = TokioIo::new(Patient::new(connection));
    let _ = http.serve_connection(connection, answer).await;
}
