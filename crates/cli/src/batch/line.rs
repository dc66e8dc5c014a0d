//! One line of a batch, and the answer to it.

use std::borrow::Cow;

use deputize::limits::HARD_MAX_TOKEN_BYTES;
use deputize::text::json::{FromObject, JsonError};
use deputize::{
    Answer, CodedError, InputCode, InputError, Presentation, Report, Request, Verdict, Verifier,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::batch::tally::Outcome;
use crate::input::encoding::EncodingError;
use crate::input::{encoding, token, when};
use crate::limits::MAX_LINE_BYTES;
use crate::output::without_secret;

/// A line of the input of `verify --batch`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallLine<'a> {
    /// The text of a presentation.
    #[serde(borrow)]
    #[schemars(length(max = HARD_MAX_TOKEN_BYTES), regex(pattern = "^[A-Za-z0-9_-]+$"))]
    presentation: Cow<'a, str>,
    /// The call for which it was made.
    #[serde(borrow)]
    #[schemars(with = "Request")]
    request: &'a RawValue,
    /// The time of the call, RFC 3339. It is only read with `--at-from-lines`.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    at: Option<Cow<'a, str>>,
}

/// A line of the input of `report --batch`: a token or a presentation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenLine<'a> {
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    presentation: Option<Cow<'a, str>>,
    #[serde(borrow)]
    at: Option<Cow<'a, str>>,
}

/// The answer to a line.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) outcome: Outcome,
    /// Compact JSON and a line break.
    pub(super) json: Vec<u8>,
}

impl Answered {
    fn new(outcome: Outcome, mut json: String) -> Self {
        json.push('\n');
        Self { outcome, json: json.into_bytes() }
    }

    fn malformed(reasons: Vec<InputError>) -> serde_json::Result<Self> {
        let json = Answer::Error { reasons }.to_json_line()?;
        Ok(Self::new(Outcome::Malformed, json))
    }

    pub(super) fn too_long() -> serde_json::Result<Self> {
        Self::malformed(vec![too_long()])
    }
}

/// Returns true for a line without text. It holds no call that an answer could be about: it is what
/// an editor or `echo` leaves at the end of a file, and what separates groups of lines. So it is
/// skipped, and the n-th answer belongs to the n-th line with text.
pub(super) fn is_blank(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.strip_prefix(encoding::MARK).unwrap_or(line).trim_ascii().is_empty()
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
    Ok(Answered::new(outcome, Answer::of(&decision).to_json_line()?))
}

/// Reports on the token or presentation of a line, verified if there is a verifier.
pub(super) fn report(
    line: &[u8],
    verifier: Option<&Verifier>,
    clock: Clock,
) -> serde_json::Result<Answered> {
    let report = match read_report(line, verifier, clock) {
        Ok(report) => report,
        Err(reasons) => return Answered::malformed(reasons),
    };
    let is_refused = report.verdict == Verdict::Deny;
    let outcome = if is_refused { Outcome::Denied } else { Outcome::Passed };
    let json = format!("{{\"report\":{}}}", report.to_json_line()?);
    Ok(Answered::new(outcome, json))
}

type Call = (Presentation, Request, OffsetDateTime);

/// Reads the call of a line. The error lists everything that is wrong with the line.
fn read_call(line: &[u8], clock: Clock) -> Result<Call, Vec<InputError>> {
    let CallLine { presentation, request, at } = read(line).map_err(|e| vec![e])?;
    let presentation =
        token::presentation(&presentation).map_err(|e| malformed_token(&presentation, &e));
    let request = Request::from_json(request.get())
        .map_err(|e| malformed(InputCode::MalformedRequest, &e).with_detail(e.code()));
    match (clock.at(at.as_deref()), presentation, request) {
        (Ok(at), Ok(presentation), Ok(request)) => Ok((presentation, request, at)),
        (at, presentation, request) => {
            let wrong = [at.err(), presentation.err(), request.err()];
            Err(wrong.into_iter().flatten().collect())
        }
    }
}

/// Creates the report on a line. The error lists everything that is wrong with the line.
fn read_report(
    line: &[u8],
    verifier: Option<&Verifier>,
    clock: Clock,
) -> Result<Report, Vec<InputError>> {
    let TokenLine { token, presentation, at } = read(line).map_err(|e| vec![e])?;
    let at = clock.at(at.as_deref());
    // A malformed token is reported together with a malformed time.
    let now = at.as_ref().copied().unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let report = match (token, presentation) {
        (Some(text), None) | (None, Some(text)) => {
            Report::of_text(&text, verifier, now).map_err(|e| malformed_token(&text, &e))
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(malformed_line("a line must have either a `token` or a `presentation`"))
        }
    };
    match (at, report) {
        (Ok(_), Ok(report)) => Ok(report),
        (at, report) => Err([at.err(), report.err()].into_iter().flatten().collect()),
    }
}

fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, InputError> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if line.len() > MAX_LINE_BYTES {
        return Err(too_long());
    }
    // Files that were joined can have a byte-order mark at the start of any line.
    let text = encoding::utf8(line.trim_ascii()).map_err(|error| match error {
        // In wide text, a line does not end where this one does, so its order is not known.
        EncodingError::Wide { .. } => malformed_line(
            "the line is text in UTF-16 or UTF-32; write the lines in UTF-8, such as with `iconv -t UTF-8`",
        ),
        EncodingError::NotText { .. } => malformed_line("the line is not UTF-8 text"),
    })?;
    let text = text.trim_ascii();
    // The parts of a line are read strictly each for itself, so that an error has the code of its
    // part.
    let read: Result<FromObject<T>, _> = serde_json::from_str(text).map_err(JsonError::from);
    read.map(|FromObject(line)| line).map_err(|e| {
        let (why, byte) = (e.message(), e.column());
        malformed_line(format_args!("cannot read the line: {why} at byte {byte}"))
            .with_detail(e.code())
    })
}

fn malformed(code: InputCode, why: impl ToString) -> InputError {
    InputError::new(code, without_secret(why.to_string()))
}

fn malformed_token(text: &str, error: &impl CodedError) -> InputError {
    malformed(InputCode::MalformedToken, token::explain(text, error)).with_detail(error.code())
}

fn malformed_line(why: impl ToString) -> InputError {
    malformed(InputCode::MalformedLine, why)
}

fn too_long() -> InputError {
    malformed_line(format_args!("the line is longer than {MAX_LINE_BYTES} bytes"))
}

/// The time at which a line is judged.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The time of the system.
    System,
    /// This time for every line.
    Fixed(OffsetDateTime),
    /// The time in the line. Its author is trusted with the clock.
    Lines,
}

impl Clock {
    fn at(self, text: Option<&str>) -> Result<OffsetDateTime, InputError> {
        match (self, text) {
            (Self::System, None) => Ok(OffsetDateTime::now_utc()),
            (Self::Fixed(at), None) => Ok(at),
            (Self::Lines, Some(text)) => {
                when::time(text).map_err(|e| malformed_line(format_args!("`at`: {e}")))
            }
            (Self::Lines, None) => Err(malformed_line("`at` is missing")),
            (Self::System | Self::Fixed(_), Some(_)) => Err(malformed_line(
                "the line has `at`, which is read only with --at-from-lines; that option trusts the author of the line with the clock",
            )),
        }
    }
}
