//! Sentences about limits, in descriptions that a model reads.
//!
//! Whoever wrote a grant chose its values, and they must not read as words of the server or of the
//! guard. So each limit is in backticks, on one line, with invisible characters escaped, and bounded.

use std::fmt::{self, Write as _};

use deputize::text::Backticked;
use deputize::{Constraint, PermittedArgs};
use serde_json::{Map, Value as Json};

use crate::limits::{MAX_SENTENCE_BYTES, MAX_SENTENCE_LIMITS};

/// The description of an argument that no call may have.
pub(super) const NOT_ALLOWED: &str = "Not allowed.";

/// Returns the sentence about alternatives of limits; `None` if they permit any value. The place is
/// empty, or says of which argument it is, such as " in `path`".
pub(super) fn allowed(place: &str, alternatives: &[Vec<&Constraint>]) -> Option<String> {
    if alternatives.iter().any(Vec::is_empty) {
        return None;
    }
    let mut text = format!("Allowed{place}: ");
    let mut shown = 0_usize;
    for alternative in alternatives {
        let own = conjunction(alternative);
        let is_first = shown == 0;
        if !is_first && text.len().saturating_add(own.len()) > MAX_SENTENCE_BYTES {
            break;
        }
        push(&mut text, format_args!("{}{own}", if is_first { "" } else { ", or " }));
        shown = shown.saturating_add(1);
    }
    match alternatives.len().saturating_sub(shown) {
        0 => {}
        more => push(&mut text, format_args!(", or {more} more")),
    }
    text.push('.');
    Some(text)
}

/// Returns the sentence about arguments that must be there; `None` if there are none.
pub(super) fn required(names: &[&String]) -> Option<String> {
    let shown = names.iter().take(MAX_SENTENCE_LIMITS).map(|own| Backticked(own).to_string());
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_SENTENCE_LIMITS) {
        _ if names.is_empty() => None,
        0 => Some(format!("Required: {shown}.")),
        more => Some(format!("Required: {shown}, and {more} more.")),
    }
}

/// Returns the sentence about the values inside an argument, such as `/filter/owner`.
pub(super) fn inside(name: &str, permitted: &PermittedArgs<'_>, work: &mut usize) -> Vec<String> {
    let members = permitted.members_of(name).into_iter();
    let sentence = |member: &str| {
        let limits = permitted.limits_on(member, work);
        allowed(&format!(" in {}", Backticked(member)), &limits).filter(|_| !limits.is_empty())
    };
    members.filter_map(sentence).collect()
}

/// Adds sentences to a description, unless it has them.
pub(super) fn describe(item: &mut Map<String, Json>, sentences: &[String]) {
    let own = item.get("description");
    let mut text = match own {
        None => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(_) => return,
    };
    for sentence in sentences {
        if text.contains(sentence.as_str()) {
            continue;
        }
        let end = text.trim_end();
        let between = match end.ends_with(['.', '!', '?', ':']) {
            _ if end.is_empty() => "",
            true => " ",
            false => ". ",
        };
        text = format!("{end}{between}{sentence}");
    }
    if !text.is_empty() {
        item.insert("description".to_owned(), text.into());
    }
}

fn conjunction(limits: &[&Constraint]) -> String {
    let mut text = String::new();
    for (i, limit) in limits.iter().take(MAX_SENTENCE_LIMITS).enumerate() {
        let between = if i == 0 { "" } else { " and " };
        push(&mut text, format_args!("{between}{}", Backticked(&beginning(limit))));
    }
    match limits.len().saturating_sub(MAX_SENTENCE_LIMITS) {
        0 => {}
        more => push(&mut text, format_args!(" and {more} more")),
    }
    text
}

/// Returns enough of the words for a limit to be quoted: it may list a megabyte.
fn beginning(limit: &Constraint) -> String {
    let mut text = Beginning(String::new());
    // The error says that it is enough.
    let _ = write!(text, "{limit}");
    text.0
}

struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let is_enough = self.0.len() > MAX_SENTENCE_BYTES;
        self.0.extend(more.chars().take(if is_enough { 0 } else { MAX_SENTENCE_BYTES }));
        if is_enough { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Writing to a string does not fail.
fn push(text: &mut String, more: impl fmt::Display) {
    let _ = write!(text, "{more}");
}
