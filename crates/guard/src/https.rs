//! Readings of an `https` URL.

use std::time::{Duration, Instant};

use ureq::http::header::{CONTENT_ENCODING, ETAG, LOCATION};
use ureq::http::{HeaderMap, HeaderName, Response, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use url::Url;

use crate::fetched::{FetchError, Fetched};
use crate::limits::{MAX_ETAG_BYTES, MAX_REDIRECTS, MAX_STATEMENT_BYTES};

/// Reads one URL again and again.
#[derive(Debug)]
pub(crate) struct Https {
    url: Url,
    deadline: Duration,
    agent: Agent,
    /// The validator of the last content that was kept, and that of the last reading.
    kept: Option<String>,
    read: Option<String>,
}

impl Https {
    pub(crate) fn new(
        url: Url,
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
            // A variable of the environment must not lead lists through another host.
            .proxy(None)
            .user_agent(concat!("deputize/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Ok(Self { url, deadline, agent: config.new_agent(), kept: None, read: None })
    }

    pub(crate) fn keep(&mut self) {
        self.kept = self.read.take();
    }

    pub(crate) fn get(&mut self) -> Result<Fetched, FetchError> {
        let first = self.url.clone();
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
