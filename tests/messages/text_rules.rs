//! The rules for the text of every report: only visible characters, a mark on each unverified line,
//! and colours that change nothing else.

use deputize::Report;

use crate::common::is_hostile;

/// Checks that the text has no control or invisible characters.
pub(crate) fn require_inert(text: &str) {
    let hostile = text.chars().find(|c| is_hostile(*c) && *c != '\n');
    assert_eq!(hostile, None, "{text}");
}

/// Checks that every line with a claim of an unverified hop is marked, and that each claim has a
/// line of its own.
pub(crate) fn require_marks(report: &Report, text: &str) {
    let claims: Vec<_> = text.lines().filter_map(claim).collect();
    let expected: usize = report
        .hops
        .iter()
        .map(|hop| {
            let there = |yes: bool| usize::from(yes);
            // The hop itself, its purpose, its dates and its id.
            4 + there(hop.returned_to.is_some())
                + hop.allows.len()
                + hop.removed.len()
                + hop.notes.len()
                + there(hop.audience.is_some())
                + there(hop.delegates.is_some())
        })
        .sum();
    let presented = usize::from(report.presentation.is_some());
    let not_shown = usize::from(report.not_shown > 0);
    assert_eq!(claims.len(), expected + presented + not_shown, "{text}");
    let mut authentic = false;
    let mut hops = report.hops.iter();
    for claim in claims {
        if claim.starts_with("└─ ") {
            let of_presentation = || report.presentation.as_ref().map(|own| own.trusted);
            authentic = match hops.next() {
                Some(hop) => hop.trusted,
                None if claim.contains(" not shown: ") => false,
                None => of_presentation().unwrap(),
            };
        }
        let claim = claim.trim_start_matches("└─ ");
        let is_marked = claim.starts_with("UNVERIFIED ");
        assert_eq!(!is_marked, authentic, "{claim}\n{text}");
    }
    if !report.trusted {
        assert!(text.starts_with("UNVERIFIED"), "{text}");
    }
    for reason in &report.reasons {
        let line = format!("  ✗ {reason}");
        assert_eq!(text.lines().filter(|own| *own == line).count(), 1, "{text}");
    }
}

/// Checks that only colours are added: without the sequences from an escape to an `m` it is the
/// same text, and every colour is reset on its line.
pub(crate) fn require_colors(report: &Report, text: &str) {
    let colored = report.in_color().to_string();
    let mut parts = colored.split('\u{1b}');
    let mut plain = parts.next().unwrap().to_owned();
    let mut is_on = false;
    for part in parts {
        let (sgr, rest) = part.split_once('m').unwrap();
        assert!(
            sgr.starts_with('[') && sgr.chars().skip(1).all(|c| c == ';' || c.is_ascii_digit())
        );
        assert_eq!(sgr == "[0", is_on, "{colored:?}");
        is_on = !is_on;
        plain.push_str(rest);
    }
    assert!(!is_on);
    assert_eq!(plain, text);
    assert_ne!(colored, text);
}

/// A line of the tree, without its indentation.
fn claim(line: &str) -> Option<&str> {
    let inner = line.trim_start();
    let is_detail = line.starts_with("      ") && !inner.is_empty();
    (inner.starts_with("└─ ") || is_detail).then_some(inner)
}
