//! The result in lines for people.

use deputize::text::Quoted;
use deputize_audit::{Gap, Matched};

use crate::output::granted::at;

/// The sentence about absence, from docs/EVIDENCE.md.
pub const ABSENCE: &str = "\
A missing number was never sent, lost on the way, received by another verifier, refused without
being charged, counted in a record of refusals, dropped before a decision, or left out by a log;
which of these cannot be told from the gap. It proves something only beside an answer that the
service signed. What follows the last number seen is not missed.";

/// Writes the result in lines. `with_notes` is true if there are notes of holders.
pub fn text(matched: &Matched, with_notes: bool) -> String {
    let mut lines = Vec::new();
    for own in &matched.series {
        let quoted = |text: &Option<String>| {
            text.as_ref().map_or("(not shown)".to_owned(), |text| Quoted(text).to_string())
        };
        let presented = match own.presented {
            Some(presented) => format!("{presented} presented"),
            None => format!("up to number {}", own.last),
        };
        lines.push(format!(
            "{} at {}, series {}: {presented}, {} recorded, {} missing",
            quoted(&own.agent),
            quoted(&own.audience),
            hex(own.series),
            own.recorded,
            own.missing
        ));
        lines.extend(own.gaps.iter().map(gap_text));
    }
    let mut add = |count: u64, text: &str| {
        if count > 0 {
            lines.push(format!("{count} {text}"));
        }
    };
    add(matched.more_series, "further series");
    add(matched.more_gaps, "further gaps");
    add(
        matched.repeated,
        "records of a presentation that an earlier record has: one deed, repeated by an unknown party",
    );
    add(matched.uncounted, "charged decisions without a number: their holders do not count");
    add(
        matched.late,
        "presentations read too late to be compared, which can be some of the missing ones",
    );
    add(matched.forgotten, "series forgotten, since too many were held");
    for own in &matched.doubled {
        let (series, count) = (hex(own.series), own.count);
        lines.push(format!(
            "number {count} of series {series} has two presentations, {} and {}: a fault of the holder, or of a log: whose it is, only both presentations with their signatures show",
            own.first, own.other
        ));
    }
    if matched.more_doubled > 0 {
        lines.push(format!("{} further numbers with two presentations", matched.more_doubled));
    }
    let presented = match with_notes {
        true => format!("{} presented, ", matched.presented),
        false => String::new(),
    };
    lines.push(format!(
        "in all: {presented}{} recorded, {} missing",
        matched.recorded, matched.missing
    ));
    lines.push(ABSENCE.to_owned());
    lines.join("\n")
}

fn gap_text(gap: &Gap) -> String {
    let numbers = match gap.first == gap.last {
        true => format!("number {} is missing", gap.first),
        false => format!("numbers {} to {} are missing", gap.first, gap.last),
    };
    let when = match (gap.after, gap.before) {
        (Some(after), Some(before)) => format!(", between {} and {}", at(after), at(before)),
        (Some(after), None) => format!(", after {}", at(after)),
        (None, Some(before)) => format!(", before {}", at(before)),
        (None, None) => String::new(),
    };
    let sent = match gap.sent {
        Some((from, until)) if from == until => format!("; its holder made it at {}", at(from)),
        Some((from, until)) => {
            format!(
                "; the holder made {} of them from {} to {}",
                gap.presented,
                at(from),
                at(until)
            )
        }
        None => String::new(),
    };
    format!("  {numbers}{when}{sent}")
}

/// Writes a series in hexadecimal.
pub fn hex(series: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(series))
}
