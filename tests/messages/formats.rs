//! The formats of a report that other programs render: each shows the tree of the text report, and
//! text by agents as plain text.
//!
//! Here each format is read back by its own parser. In `tests/messages/render` the real programs
//! render the files of `target/gallery`.

use crate::common::{hostile, scenes};
use crate::{graphs, markdown};
use deputize::Report;

/// The reports with hostile texts.
fn hostile_reports() -> impl Iterator<Item = Report> {
    let texts = hostile::HOSTILE.into_iter().enumerate();
    texts.flat_map(|(nth, text)| hostile::reports(nth, text)).chain([hostile::longest()])
}

fn each(check: impl Fn(&Report)) {
    scenes::all().iter().for_each(|(_, report)| check(report));
    hostile_reports().for_each(|report| check(&report));
}

#[test]
fn ordinary_reports_look_like_this() {
    for (name, report) in scenes::all() {
        insta::assert_snapshot!(format!("{name}.md"), report.to_markdown());
        insta::assert_snapshot!(format!("{name}.mmd"), report.to_mermaid());
        insta::assert_snapshot!(format!("{name}.dot"), report.to_dot());
    }
}

#[test]
fn hostile_reports_look_like_this() {
    for name in ["`x` ``y`` ```", "a | b \\| c \\\\| d", "\"]; evil [\"", "\\l\\n\\G\\N\\"] {
        let nth = hostile::HOSTILE.iter().position(|text| *text == name).unwrap();
        let report = hostile::refused(nth, name);
        insta::assert_snapshot!(format!("hostile_{nth}.md"), report.to_markdown());
        insta::assert_snapshot!(format!("hostile_{nth}.mmd"), report.to_mermaid());
        insta::assert_snapshot!(format!("hostile_{nth}.dot"), report.to_dot());
    }
}

#[test]
fn markdown_shows_the_tree_of_the_text_and_nothing_else() {
    each(markdown::require_tree);
}

#[test]
fn in_the_summary_of_markdown_only_our_own_words_are_unquoted() {
    each(markdown::require_bare_words);
}

#[test]
fn mermaid_shows_the_tree_of_the_text() {
    each(graphs::require_mermaid);
}

#[test]
fn dot_shows_the_tree_of_the_text() {
    each(graphs::require_dot);
}

/// Mermaid does not draw more than 50,000 characters.
#[test]
fn mermaid_has_room_for_the_longest_chain() {
    let report = hostile::longest();
    assert_eq!(report.hops.len(), 32);
    let text = report.to_mermaid();
    assert!(text.len() <= 50_000, "{}", text.len());
}
