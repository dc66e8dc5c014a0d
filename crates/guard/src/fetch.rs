//! One reading of a source, in bounded time and space.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use thiserror::Error;
use ureq::http::header::{CONTENT_ENCODING, ETAG, LOCATION};
use ureq::http::{HeaderMap, HeaderName, Response, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use url::Url;

use crate::limits::{MAX_ETAG_BYTES, MAX_REDIRECTS, MAX_STATEMENT_BYTES};
use crate::place::Place;

/// The result of a reading.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// The source says that nothing has changed since the last reading.
    Unchanged,
    /// The content.
    Content(Vec<u8>),
}

/// Reads one place again and again.
#[derive(Debug)]
pub(crate) struct Fetcher {
    place: Place,
    deadline: Duration,
    agent: Agent,
    /// The validator of the last content that was [kept](Self::keep), and that of the last reading.
    kept: Option<String>,
    read: Option<String>,
}

impl Fetcher {
    /// Creates the reader of a place. `roots` are the certificates of the authorities that are
    /// trusted instead of the public ones, in PEM.
    pub(crate) fn new(
        place: Place,
        deadline: Duration,
        roots: Option<&[u8]>,
    ) -> Result<Self, FetchError> {
        let roots = match roots {
            None => RootCerts::WebPki,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let config = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A coded body could grow beyond the bound.
            .accept_encoding("identity")
            .user_agent(concat!("deputize/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Ok(Self { place, deadline, agent: config.new_agent(), kept: None, read: None })
    }

    /// Returns the place.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Reads the place once.
    pub(crate) fn read(&mut self) -> Result<Fetched, FetchError> {
        match self.place.clone() {
            Place::File(path) => read_file(&path).map(Fetched::Content),
            Place::Https(url) => self.get(url),
        }
    }

    /// Remembers that the content of the last reading was accepted. What was refused is read again
    /// even if it has not changed: the reason may have.
    pub(crate) fn keep(&mut self) {
        self.kept = self.read.take();
    }

    fn get(&mut self, first: Url) -> Result<Fetched, FetchError> {
        let until = Instant::now().checked_add(self.deadline);
        let mut url = first.clone();
        for _ in 0..=MAX_REDIRECTS {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let mut call = self.agent.get(url.as_str()).config().timeout_global(left).build();
            if let Some(etag) = &self.kept {
                call = call.header("If-None-Match", etag);
            }
            let response = call.call().map_err(|why| FetchError::Https { why: why.to_string() })?;
            match response.status() {
                StatusCode::OK => return self.content(response),
                StatusCode::NOT_MODIFIED if self.kept.is_some() => return Ok(Fetched::Unchanged),
                status if is_redirect(status) => {
                    url = redirected(&first, &url, text(response.headers(), LOCATION))?;
                }
                status => return Err(FetchError::Status { status: status.as_u16() }),
            }
        }
        Err(FetchError::Redirects)
    }

    fn content(&mut self, mut response: Response<Body>) -> Result<Fetched, FetchError> {
        let coding = text(response.headers(), CONTENT_ENCODING).unwrap_or("identity");
        if !coding.eq_ignore_ascii_case("identity") {
            return Err(FetchError::Coding { coding: coding.to_owned() });
        }
        let etag = text(response.headers(), ETAG).filter(|etag| etag.len() <= MAX_ETAG_BYTES);
        let etag = etag.map(str::to_owned);
        let limit = u64::try_from(MAX_STATEMENT_BYTES).unwrap_or(u64::MAX);
        let body = response.body_mut();
        if body.content_length().is_some_and(|bytes| bytes > limit) {
            return Err(FetchError::TooLarge);
        }
        match body.with_config().limit(limit).read_to_vec() {
            Ok(content) => {
                self.read = etag;
                Ok(Fetched::Content(content))
            }
            Err(ureq::Error::BodyExceedsLimit(_)) => Err(FetchError::TooLarge),
            Err(why) => Err(FetchError::Https { why: why.to_string() }),
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Returns the target of a redirect, which stays at the host and the port of the source.
fn redirected(first: &Url, from: &Url, location: Option<&str>) -> Result<Url, FetchError> {
    let target = location.and_then(|location| from.join(location).ok());
    match target {
        Some(target) if target.origin() == first.origin() && target.scheme() == "https" => {
            Ok(target)
        }
        _ => Err(FetchError::RedirectedAway),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn read_file(path: &Path) -> Result<Vec<u8>, FetchError> {
    let error = |why: std::io::Error| FetchError::File { why: why.to_string() };
    // To open a pipe would wait for its other end.
    let metadata = fs::metadata(path).map_err(error)?;
    if !metadata.is_file() {
        return Err(FetchError::File { why: "it is not a regular file".to_owned() });
    }
    let limit = u64::try_from(MAX_STATEMENT_BYTES).unwrap_or(u64::MAX);
    if metadata.len() > limit {
        return Err(FetchError::TooLarge);
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(error)?;
    // It may have grown since.
    file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(error)?;
    match content.len() > MAX_STATEMENT_BYTES {
        true => Err(FetchError::TooLarge),
        false => Ok(content),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, FetchError> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(why) => return Err(FetchError::Roots { why: why.to_string() }),
        }
    }
    match found.is_empty() {
        true => Err(FetchError::Roots { why: "it has no certificate".to_owned() }),
        false => Ok(found),
    }
}

/// The reason why a source could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The file cannot be read.
    #[error("cannot read the file: {why}")]
    File {
        /// The reason.
        why: String,
    },
    /// The server cannot be reached, its certificate is not trusted, or it did not answer in time.
    #[error("cannot fetch the URL: {why}")]
    Https {
        /// The reason.
        why: String,
    },
    /// The server answered with another status than 200.
    #[error("the server answered with the status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// The server redirects to another host, another port, or away from `https`.
    #[error("the server redirects to another host or scheme; name that URL as the source")]
    RedirectedAway,
    /// The server redirects more often than is followed.
    #[error("the server redirects more than {MAX_REDIRECTS} times")]
    Redirects,
    /// The body is coded, although that was not asked for.
    #[error("the body has the content coding `{}`; serve it as it is", coding.escape_debug())]
    Coding {
        /// The coding.
        coding: String,
    },
    /// The statement has more than [`MAX_STATEMENT_BYTES`].
    #[error("the statement has more than {MAX_STATEMENT_BYTES} bytes")]
    TooLarge,
    /// The thread of the source cannot be started.
    #[error("cannot start the thread of the source: {why}")]
    Thread {
        /// The reason.
        why: String,
    },
    /// The certificates of the authorities cannot be read.
    #[error("cannot read the certificates of the authorities: {why}")]
    Roots {
        /// The reason.
        why: String,
    },
}
