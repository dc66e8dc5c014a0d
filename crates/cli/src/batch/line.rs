//! One line of a batch, and the answer to it.

use std::borrow::Cow;

use deputize::limits::HARD_MAX_TOKEN_BYTES;
use deputize::text::visible_json;
use deputize::{Presentation, Report, Request, Verdict, Verifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::blocks::MAX_LINE_BYTES;
use super::tally::Outcome;
use crate::decision::{Answer, InputCode, InputError};
use crate::when;

/// A line of the input of `verify --batch`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallLine<'a> {
    /// The text of a presentation.
    #[serde(borrow)]
    #[schemars(length(max = HARD_MAX_TOKEN_BYTES), regex(pattern = "^[A-Za-z0-9_-]+$"))]
    presentation: Cow<'a, str>,
    /// The call that it was presented for.
    #[serde(borrow)]
    #[schemars(with = "Request")]
    request: &'a RawValue,
    /// When the call was made, RFC 3339. Read with `--at-from-lines` only.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    at: Option<Cow<'a, str>>,
}

/// A line of the input of `report --batch`: a token or a presentation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainLine<'a> {
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    presentation: Option<Cow<'a, str>>,
    #[serde(borrow)]
    at: Option<Cow<'a, str>>,
}

/// What is written for a line.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) outcome: Outcome,
    /// Compact, with the end of the line.
    pub(super) json: Vec<u8>,
}

impl Answered {
    fn new(outcome: Outcome, answer: &impl Serialize) -> serde_json::Result<Self> {
        let mut json = visible_json(&serde_json::to_string(answer)?);
        json.push('\n');
        Ok(Self { outcome, json: json.into_bytes() })
    }

    fn malformed(reasons: Vec<InputError>) -> serde_json::Result<Self> {
        Self::new(Outcome::Malformed, &Answer::Error { reasons })
    }

    pub(super) fn too_long() -> serde_json::Result<Self> {
        let message = format!("the line is longer than {MAX_LINE_BYTES} bytes");
        Self::malformed(vec![InputError::new(InputCode::MalformedLine, message)])
    }
}

/// Decides about the call of a line.
pub(super) fn verify(
    line: &[u8],
    verifier: &Verifier,
    clock: Clock,
) -> serde_json::Result<Answered> {
    let (presentation, request, at) = match read_call(line, clock) {
        Ok(call) => call,
        Err(reasons) => return Answered::malformed(reasons),
    };
    let decision = verifier.decide(presentation, request, at);
    let outcome = if decision.is_allowed() { Outcome::Passed } else { Outcome::Denied };
    Answered::new(outcome, &Answer::of(&decision))
}

/// Reports on the token or presentation of a line, proven where there is a verifier.
pub(super) fn report(
    line: &[u8],
    verifier: Option<&Verifier>,
    clock: Clock,
) -> serde_json::Result<Answered> {
    #[derive(Serialize)]
    struct Account<'a> {
        report: &'a Report,
    }
    let report = match read_chain(line, verifier, clock) {
        Ok(report) => report,
        Err(reasons) => return Answered::malformed(reasons),
    };
    let is_refused = report.verdict == Verdict::Deny;
    let outcome = if is_refused { Outcome::Denied } else { Outcome::Passed };
    Answered::new(outcome, &Account { report: &report })
}

type Call = (Presentation, Request, OffsetDateTime);

/// Everything that is wrong with a line is told at once.
fn read_call(line: &[u8], clock: Clock) -> Result<Call, Vec<InputError>> {
    let CallLine { presentation, request, at } = read(line).map_err(|e| vec![e])?;
    let presentation = Presentation::parse(&presentation)
        .map_err(|e| InputError::new(InputCode::MalformedToken, e));
    let request = Request::from_json(request.get())
        .map_err(|e| InputError::new(InputCode::MalformedRequest, e));
    match (clock.at(at.as_deref()), presentation, request) {
        (Ok(at), Ok(presentation), Ok(request)) => Ok((presentation, request, at)),
        (at, presentation, request) => {
            let wrong = [at.err(), presentation.err(), request.err()];
            Err(wrong.into_iter().flatten().collect())
        }
    }
}

fn read_chain(
    line: &[u8],
    verifier: Option<&Verifier>,
    clock: Clock,
) -> Result<Report, Vec<InputError>> {
    let ChainLine { token, presentation, at } = read(line).map_err(|e| vec![e])?;
    let at = clock.at(at.as_deref());
    // What is wrong with the time is told together with what is wrong with the token.
    let now = at.as_ref().copied().unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let report = match (token, presentation) {
        (Some(text), None) | (None, Some(text)) => Report::of_text(&text, verifier, now)
            .map_err(|e| InputError::new(InputCode::MalformedToken, e)),
        (Some(_), Some(_)) | (None, None) => {
            let message = "a line has a `token` or a `presentation`, one of the two";
            Err(InputError::new(InputCode::MalformedLine, message))
        }
    };
    match (at, report) {
        (Ok(_), Ok(report)) => Ok(report),
        (at, report) => Err([at.err(), report.err()].into_iter().flatten().collect()),
    }
}

fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, InputError> {
    let refuse = |message: String| InputError::new(InputCode::MalformedLine, message);
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if line.len() > MAX_LINE_BYTES {
        return Err(refuse(format!("the line is longer than {MAX_LINE_BYTES} bytes")));
    }
    let text = str::from_utf8(line.trim_ascii())
        .map_err(|_| refuse("the line is not text in UTF-8".to_owned()))?;
    if text.is_empty() {
        return Err(refuse("the line is blank".to_owned()));
    }
    // Serde would take a list of the fields' values too.
    if !text.starts_with('{') {
        return Err(refuse("the line is not a JSON object".to_owned()));
    }
    serde_json::from_str(text).map_err(|e| {
        // To the reader of JSON every line is the first.
        let why = e.to_string().replace(" at line 1 column ", " at byte ");
        refuse(format!("the line is not as expected: {why}"))
    })
}

/// What time it is for a line.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The clock's.
    System,
    /// Always this.
    Fixed(OffsetDateTime),
    /// What the line says. Whoever wrote it is trusted with that.
    Lines,
}

impl Clock {
    fn at(self, text: Option<&str>) -> Result<OffsetDateTime, InputError> {
        let refuse = |message: String| InputError::new(InputCode::MalformedLine, message);
        match (self, text) {
            (Self::System, None) => Ok(OffsetDateTime::now_utc()),
            (Self::Fixed(at), None) => Ok(at),
            (Self::Lines, Some(text)) => {
                when::instant(text).map_err(|e| refuse(format!("`at`: {e}")))
            }
            (Self::Lines, None) => Err(refuse("`at` is missing".to_owned())),
            (Self::System | Self::Fixed(_), Some(_)) => Err(refuse(
                "the line says `at`; with --at-from-lines whoever wrote it is believed".to_owned(),
            )),
        }
    }
}
