//! Parts of the lines of a review.

use deputize::Value;
use deputize_audit::{ArgReview, NewlyRefused, Replay};

/// Values and records that one line lists.
const LISTED: usize = 6;

/// Returns the values of an argument.
pub(super) fn values(own: &ArgReview) -> String {
    match own.integers {
        Some((least, greatest))
            if own.values.iter().all(|own| matches!(own, Value::Integer(_))) =>
        {
            let range = match least == greatest {
                true => least.to_string(),
                false => format!("{least} to {greatest}"),
            };
            match own.has_others {
                true => format!("{range}, and values that are not listed"),
                false => range,
            }
        }
        _ if own.values.is_empty() => "not shown, or not judged by limits".to_owned(),
        _ => listed(own.values.iter().map(ToString::to_string), own.has_more),
    }
}

/// Returns the call that a proposal refuses, with the reasons.
pub(super) fn refused(own: &NewlyRefused) -> String {
    format!("record {} of log {}: {}", own.record, own.log, own.why)
}

/// Tells what became of recorded calls under a proposal.
pub(super) fn replay(own: &Replay) -> String {
    let Replay { allowed, refused, not_replayed, .. } = own;
    let rest = match not_replayed {
        0 => String::new(),
        count => format!(", {count} not replayed"),
    };
    format!("{} of the record pass, {refused} newly refused{rest}", calls(*allowed))
}

/// Returns a number of calls in words.
pub(super) fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

/// Joins the first items.
pub(super) fn listed(items: impl Iterator<Item = String>, has_more: bool) -> String {
    let mut items: Vec<_> = items.take(LISTED.saturating_add(1)).collect();
    let is_cut = items.len() > LISTED || has_more;
    items.truncate(LISTED);
    if is_cut {
        items.push("…".to_owned());
    }
    items.join(", ")
}
