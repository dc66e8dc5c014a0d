//! Mermaid and DOT: their structure, and the texts in their boxes.

use deputize::Report;
use deputize::limits::MAX_HOPS;

use crate::report_tree::{REFUSED, ReportTree};

/// The lines of each box.
pub(crate) type Boxes = Vec<Vec<String>>;

const BREAK: &str = "<br/>";

/// Reads the lines ` n0["…"]`, whose labels consist only of letters, digits, blanks, numeric
/// entities and line breaks.
pub(crate) fn read_mermaid(text: &str) -> Boxes {
    let mut boxes = Boxes::new();
    for line in text.lines() {
        let start = format!("  n{}[\"", boxes.len());
        if let Some(label) = line.strip_prefix(&start) {
            let label = label.strip_suffix("\"]").unwrap();
            boxes.push(label.split(BREAK).map(entities).collect());
        }
    }
    boxes
}

/// `a#58;` to `a:`.
fn entities(text: &str) -> String {
    let mut parts = text.split('#');
    let plain = |text: &str| {
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' '), "{text}");
        text.to_owned()
    };
    let start = plain(parts.next().unwrap());
    parts.fold(start, |mut all, part| {
        let (number, rest) = part.split_once(';').unwrap();
        // Word joiners are invisible, so names by agents have none: these are ours.
        let c = char::from_u32(number.parse().unwrap()).unwrap();
        all.extend((c != '\u{2060}').then_some(c));
        all + &plain(rest)
    })
}

/// Reads the lines `  n0 [… label="…"]`, in which quotes and backslashes are escaped.
pub(crate) fn read_dot(text: &str) -> Boxes {
    let mut boxes = Boxes::new();
    for line in text.lines() {
        let start = format!("  n{} [", boxes.len());
        if let Some(attributes) = line.strip_prefix(&start) {
            let label = attributes.split_once(", label=\"").unwrap().1.strip_suffix("\"]").unwrap();
            boxes.push(lines(label));
        }
    }
    boxes
}

fn lines(label: &str) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    let mut rest = label.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => panic!("the label ends early: {label}"),
            '\\' => match rest.next().unwrap() {
                'l' => lines.push(std::mem::take(&mut line)),
                c @ ('"' | '\\') => line.push(c),
                c => panic!("\\{c} means something else: {label}"),
            },
            '&' => {
                assert!(rest.as_str().starts_with("amp;"), "an entity: {label}");
                rest.nth(3);
                line.push('&');
            }
            c => line.push(c),
        }
    }
    assert_eq!(line, "", "a line without an end: {label}");
    lines
}

/// Returns true if a line is the text, or its beginning with a mark of truncation.
fn shows(line: &str, text: &str) -> bool {
    line == text || line.strip_suffix('…').is_some_and(|start| text.starts_with(start))
}

fn require_tree(report: &Report, boxes: &Boxes, most: usize) {
    let tree = ReportTree::of(report);
    let presented = usize::from(tree.presentation.is_some());
    assert_eq!(boxes.len(), tree.hops.len() + 2 + presented);
    let names = tree.names();
    for (index, hop) in tree.hops.iter().enumerate() {
        let own = &boxes[index + 1];
        let mark = hop.mark;
        let (_, party) = hop.to.rsplit_once(" (").unwrap();
        let (kind, key) = party.trim_end_matches(')').split_once(", ").unwrap();
        let mut lines = own.iter();
        let mut next = |text: &str| {
            let line = lines.next().unwrap();
            let line = line.strip_prefix(mark).unwrap();
            assert!(shows(line, text), "{line} is not {text}\n{own:#?}");
        };
        next(&format!("{kind} {}", names[index + 1]));
        next(&format!("key {key}"));
        if hop.refused {
            next(REFUSED.trim_start());
        }
        hop.lines.iter().filter(|line| line.starts_with("returned")).for_each(|line| next(line));
        next(&format!("purpose: {}", hop.all("purpose").next().unwrap()));
        for (label, shown) in [("allows", "allows: "), ("removed", "− "), ("note", "note: ")] {
            let all: Vec<_> = hop.all(label).collect();
            all.iter().take(most).for_each(|text| next(&format!("{shown}{text}")));
            if all.len() > most {
                next(&format!("{shown}{} more", all.len() - most));
            }
        }
        hop.all("audience").for_each(|text| next(&format!("audience: {text}")));
        hop.all("delegates").for_each(|text| next(&format!("delegates: {text}")));
        let entry = &report.hops[index];
        if let Some(start) = &entry.not_before {
            next(&format!("from {start}"));
        }
        let until = lines.next().unwrap();
        assert!(until.starts_with(&format!("{mark}until {} (", entry.expires)), "{until}");
        assert_eq!(lines.next(), None);
    }
    let owner = tree.owner.trim_start_matches("UNVERIFIED ");
    if let Some((name, party)) = owner.rsplit_once(" (") {
        let (kind, key) = party.trim_end_matches(')').split_once(", ").unwrap();
        let mark = tree.owner.strip_suffix(owner).unwrap();
        let key = key.trim_start_matches("key ");
        assert!(shows(&boxes[0][0], &format!("{mark}{kind} {name}")), "{:?}", boxes[0]);
        assert_eq!(boxes[0][1..], [format!("{mark}key {key}")]);
    }
    let verdict = boxes.last().unwrap();
    let nobody = report.summary.starts_with("UNVERIFIED, nobody is accountable");
    assert_eq!(verdict[1] == "UNVERIFIED nobody is accountable", nobody);
    assert_eq!(verdict[1].starts_with("UNVERIFIED "), !report.trusted);
    let text = report.to_string();
    let title = verdict.first().unwrap();
    assert!(text.lines().any(|line| line.starts_with(title.as_str())), "{title}\n{text}");
    for reason in report.reasons.iter().take(3) {
        let hop = reason.hop.map(|hop| format!("hop {hop}: ")).unwrap_or_default();
        let reason = format!("✗ {hop}[{}] {}", reason.code, reason.message);
        assert!(verdict.iter().any(|line| shows(line, &reason)), "{verdict:?}");
    }
    if let Some(line) = &tree.not_shown {
        let line = line.trim_start_matches("UNVERIFIED ");
        assert!(verdict.iter().any(|own| own == line), "{verdict:?}");
    }
    if tree.presentation.is_some() {
        let box_of = &boxes[boxes.len() - 2];
        let last = box_of.last().unwrap();
        assert_eq!(last.ends_with(REFUSED.trim_start()), tree.presentation_refused, "{last}");
    }
    let (_, missed) = text.rsplit_once("not checked: ").unwrap();
    for own in missed.split("; ") {
        assert!(verdict.contains(&format!("not checked: {own}")), "{verdict:?}");
    }
}

/// The rest of a line after the ` n0` that starts a box or an edge.
fn after_node(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("  n")?;
    Some(rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// The number of edges. Labels may contain an arrow, too.
fn edges(text: &str, arrow: &str) -> usize {
    text.lines().filter_map(after_node).filter(|rest| rest.starts_with(arrow)).count()
}

/// Checks that lines other than boxes and edges are the same in every diagram.
fn require_only(text: &str, own: &[&str]) {
    for line in text.lines() {
        let is_own = own.iter().any(|start| line.starts_with(start));
        let is_box_or_edge = after_node(line).is_some_and(|rest| {
            ["[\"", " [", " -->|\"", " -> n"].iter().any(|start| rest.starts_with(start))
        });
        assert!(is_own || is_box_or_edge, "{line}");
    }
}

/// Checks that the Mermaid diagram has the content of the text report, and only our lines.
pub(crate) fn require_mermaid(report: &Report) {
    let text = report.to_mermaid();
    assert!(text.is_ascii());
    let own = [
        "---",
        "config:",
        "  flowchart:",
        "    wrapping",
        "flowchart TD",
        "  classDef ",
        "  class n",
        "  linkStyle ",
    ];
    require_only(&text, &own);
    let boxes = read_mermaid(&text);
    assert_eq!(edges(&text, " -->|\"") + 1, boxes.len());
    // A chain longer than the default limit is shown without its capabilities.
    let most = if report.hops.len() > MAX_HOPS { 0 } else { 8 };
    require_tree(report, &boxes, most);
}

/// Checks that the DOT graph has the content of the text report, and only our lines.
pub(crate) fn require_dot(report: &Report) {
    let text = report.to_dot();
    require_only(&text, &["digraph deputize {", "  graph [", "  node [", "  edge [", "}"]);
    let boxes = read_dot(&text);
    assert_eq!(edges(&text, " -> n") + 1, boxes.len());
    require_tree(report, &boxes, 8);
}
