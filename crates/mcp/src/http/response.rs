//! The response of a server over HTTP, read under a bound.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read as _};

use serde_json::Value as Json;
use serde_json::value::RawValue;
use ureq::Body;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use ureq::http::{HeaderName, Response, StatusCode};

use crate::http::events::Events;
use crate::http::fault::Fault;
use crate::http::fields::{self, EVENTS, JSON, media_type};
use crate::limits::MAX_LINE_BYTES;
use crate::lines::Line;

pub(super) fn is_field(text: &str) -> bool {
    fields::encoded(text) == text
}

pub(super) fn text<'r>(response: &'r Response<Body>, name: &HeaderName) -> Option<&'r str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Hands over each line of an answer, until `take` says that one is the last. Returns true if it did.
pub(super) fn read(
    response: Response<Body>,
    take: &mut dyn FnMut(Line) -> bool,
) -> Result<bool, Fault> {
    let coding = text(&response, &CONTENT_ENCODING).unwrap_or("identity");
    if !coding.eq_ignore_ascii_case("identity") {
        return Err(Fault::MediaType(coding.to_owned()));
    }
    let media = media_type(text(&response, &CONTENT_TYPE).unwrap_or_default());
    match media.as_str() {
        JSON => Ok(take(whole(response)?)),
        EVENTS => {
            let reader = BufReader::new(response.into_body().into_reader());
            follow(&mut Events::new(reader), take)
        }
        _ if response.status() == StatusCode::ACCEPTED => Ok(false),
        _ => Err(Fault::MediaType(media)),
    }
}

/// Reads a body as one line.
pub(super) fn whole(response: Response<Body>) -> Result<Line, Fault> {
    let most = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let mut body = response.into_body().into_reader().take(most);
    body.read_to_end(&mut bytes).map_err(|why| Fault::of_reading(&why))?;
    match bytes.len() < MAX_LINE_BYTES {
        true => Ok(Line::of_json(bytes)),
        false => Err(Fault::TooLong),
    }
}

pub(super) fn follow<R: io::BufRead>(
    events: &mut Events<R>,
    take: &mut dyn FnMut(Line) -> bool,
) -> Result<bool, Fault> {
    loop {
        let event = match events.next_event() {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(false),
            Err(why) => return Err(Fault::of_events(&why)),
        };
        // Without data, an event only says where to resume.
        let is_message = event.kind.is_empty() || event.kind == b"message";
        if is_message && !event.data.is_empty() && take(Line::of_json(event.data)) {
            return Ok(true);
        }
    }
}

fn members(line: &Line) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_slice(line.bytes()).ok()
}

/// Returns the JSON text of the error that a line is, written anew.
pub(super) fn error_of(line: &Line) -> Option<String> {
    // It may have no id, which no message lacks, so it is not read as one.
    let error: Json = serde_json::from_str(members(line)?.get("error")?.get()).ok()?;
    error.is_object().then(|| error.to_string())
}

/// Returns the version in the answer to `initialize`.
pub(super) fn version_of(line: &Line) -> Option<String> {
    let result = *members(line)?.get("result")?;
    let result: BTreeMap<String, &RawValue> = serde_json::from_str(result.get()).ok()?;
    let version: String = serde_json::from_str(result.get("protocolVersion")?.get()).ok()?;
    Some(version).filter(|own| is_field(own))
}
