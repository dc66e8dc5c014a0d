//! Capabilities as text: each means the same as its JSON, and is written so that it is read again.

mod forms;
mod slips;
mod random;

use deputize::{Capability, GrammarError};
use serde_json::{Value as Json, json};

fn parse(text: &str) -> Result<Capability, GrammarError> {
    text.parse()
}

/// The text means this JSON, and what is written for it is read again.
#[track_caller]
fn means(text: &str, wanted: Json) {
    let own = parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(own, serde_json::from_value(wanted).unwrap(), "{text}");
    assert_eq!(parse(&own.as_written()).as_ref(), Ok(&own), "{}", own.as_written());
}

fn with(args: Json) -> Json {
    json!({"operation": "a", "resource": "b/**", "args": args})
}
