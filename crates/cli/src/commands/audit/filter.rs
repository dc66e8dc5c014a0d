//! The decisions of a log that options ask for.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use deputize::text::{Backticked, rfc3339};
use deputize::{FieldKind, RecordKind};
use deputize_audit::ReadRecord;
use serde_json::Value;
use time::OffsetDateTime;

use crate::output::Error;

/// The options that choose decisions. Without any of them, all are chosen.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Take the calls in whose chain this agent is, by its name or its key; repeatable.
    #[arg(long, value_name = "AGENT")]
    pub(crate) agent: Vec<String>,
    /// Take the calls for which this owner is accountable, by the name or the root key; repeatable.
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: Vec<String>,
    /// Take the calls to this service; repeatable.
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) system: Vec<String>,
    /// Take the calls with this text in a value that is shown, the blocks of the chain and of the
    /// presentation included; repeatable.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) value: Vec<String>,
    /// Take what happened at or after this time, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Take what happened before this time, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Take refused calls only.
    #[arg(long)]
    pub(crate) refused: bool,
}

/// The options, read.
#[derive(Debug)]
pub struct Filter<'a> {
    args: &'a FilterArgs,
    since: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
}

/// The first and the last of some records, such as `7` or `7-9`.
#[derive(Debug, Clone, Copy)]
pub struct Records {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl FilterArgs {
    /// Returns true if an option is given.
    pub fn is_given(&self) -> bool {
        let Self { agent, owner, system, value, since, until, refused } = self;
        let lists = [agent, owner, system, value];
        lists.iter().any(|own| !own.is_empty()) || since.is_some() || until.is_some() || *refused
    }
}

impl<'a> Filter<'a> {
    /// Reads the options.
    ///
    /// # Errors
    ///
    /// If a time is malformed.
    pub fn of(args: &'a FilterArgs) -> Result<Self, Error> {
        let time = |option: &str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => rfc3339(text).map(Some).ok_or_else(|| {
                let why = "this is not a time in RFC 3339, such as 2026-11-23T18:00:00Z";
                Error::about(format_args!("{option} {}", Backticked(text)), why)
            }),
        };
        let (since, until) = (time("--since", &args.since)?, time("--until", &args.until)?);
        Ok(Self { args, since, until })
    }

    /// Returns true for a decision that the options ask for, and for a call that nobody presented: it would
    /// have been refused, and has neither agent nor owner. A value that is not shown is not the one that is
    /// asked for.
    pub fn has(&self, record: &ReadRecord) -> bool {
        let Self { args, since, until } = self;
        let is_allowed = match &record.core.kind {
            RecordKind::Decision(decision) => decision.allowed,
            RecordKind::Unpresented(_) => false,
            _ => return false,
        };
        let at = record.core.at;
        let is_named = |names: &[String], own: &Value| {
            let member = |member: &str| own.get(member).and_then(Value::as_str);
            let own = [member("name"), member("key")];
            names.iter().any(|name| own.contains(&Some(name.as_str())))
        };
        let is_owner = |own: &Value| is_named(&args.owner, own);
        let is_agent = |own: &Value| {
            own.as_array().is_some_and(|own| own.iter().any(|own| is_named(&args.agent, own)))
        };
        let is_system = |own: &Value| {
            let own = own.get("audience").and_then(Value::as_str);
            args.system.iter().any(|system| own == Some(system.as_str()))
        };
        since.is_none_or(|since| at >= since)
            && until.is_none_or(|until| at < until)
            && (!args.refused || !is_allowed)
            && (args.owner.is_empty() || record.value(FieldKind::Owner).is_some_and(is_owner))
            && (args.agent.is_empty() || record.value(FieldKind::Agents).is_some_and(is_agent))
            && (args.system.is_empty() || record.value(FieldKind::Call).is_some_and(is_system))
            && (args.value.is_empty() || args.value.iter().any(|text| has_text(record, text)))
    }
}

/// Returns true if a value of the record has this text in it.
fn has_text(record: &ReadRecord, text: &str) -> bool {
    record.values.iter().any(|(kind, value)| match (kind, value.as_str()) {
        (FieldKind::Chain | FieldKind::Presentation, Some(encoded)) => {
            let bytes = URL_SAFE_NO_PAD.decode(encoded).unwrap_or_default();
            bytes.windows(text.len()).any(|own| own == text.as_bytes())
        }
        _ => contains(value, text),
    })
}

fn contains(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.contains(text),
        Value::Array(items) => items.iter().any(|item| contains(item, text)),
        Value::Object(members) => {
            members.iter().any(|(name, own)| name.contains(text) || contains(own, text))
        }
        Value::Number(own) => own.to_string() == text,
        Value::Null | Value::Bool(_) => false,
    }
}

impl Records {
    /// Returns true for the index of one of them.
    pub fn has(self, index: u64) -> bool {
        (self.first..=self.last).contains(&index)
    }
}

impl FromStr for Records {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self { first, last }),
            _ => {
                Err("give the index of a record, or of the first and the last one, such as 7-9"
                    .into())
            }
        }
    }
}
