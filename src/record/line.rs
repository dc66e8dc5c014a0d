//! The line of a core: the members of all kinds in one object, in the order of RFC 8785.

use serde::{Deserialize, Serialize};

use crate::record::field::{Commitment, FieldKind};

/// The members of a line, as text. Those that a kind does not have are absent.
///
/// All names are ASCII and in ascending order, all numbers are integers below 2^53, and `serde_json`
/// escapes texts as RFC 8785 asks, so what it writes has that form.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) allowed: Option<bool>,
    pub(super) at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) charged: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) codes: Option<Vec<Code>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cut: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) enforced: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) erasers: Option<Vec<String>>,
    pub(super) fields: Vec<(FieldKind, Commitment)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first_hop: Option<String>,
    pub(super) index: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<u64>,
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) presentation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<Vec<(String, u64)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replays: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) series: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) statement: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unpresented: Option<Vec<(String, u64)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
    pub(super) v: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wrong: Option<Vec<(u64, usize)>>,
}

/// A deny code, with the index of the hop at fault if there is one.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Code {
    At(String, usize),
    Alone([String; 1]),
}
