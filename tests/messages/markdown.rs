//! Markdown reports, read back with all extensions of the parser.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use deputize::{Report, Verdict};

use crate::report_tree::{Hop, REFUSED, ReportTree};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Words(String),
    Code(String),
    /// Code struck through.
    Struck(String),
}

use Piece::{Code, Struck, Words};

type Line = Vec<Piece>;

/// The parts of a document, in order.
#[derive(Debug, Clone, PartialEq)]
enum Block {
    Heading(Line),
    Paragraph(Line),
    Item(Line),
    Row(Vec<Line>),
}

fn read(text: &str) -> Vec<Block> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    for switch in [
        &mut extension.strikethrough,
        &mut extension.table,
        &mut extension.autolink,
        &mut extension.tasklist,
        &mut extension.superscript,
        &mut extension.footnotes,
        &mut extension.inline_footnotes,
        &mut extension.description_lists,
        &mut extension.multiline_block_quotes,
        &mut extension.alerts,
        &mut extension.math_dollars,
        &mut extension.math_code,
        &mut extension.wikilinks_title_after_pipe,
        &mut extension.underline,
        &mut extension.subscript,
        &mut extension.spoiler,
        &mut extension.greentext,
        &mut extension.subtext,
        &mut extension.highlight,
        &mut extension.insert,
        &mut options.parse.relaxed_autolinks,
    ] {
        *switch = true;
    }
    let arena = Arena::new();
    let mut blocks = Vec::new();
    for node in parse_document(&arena, text, &options).children() {
        let value = &node.data().value;
        match value {
            NodeValue::Heading(_) => blocks.push(Block::Heading(line(node))),
            NodeValue::Paragraph => blocks.push(Block::Paragraph(line(node))),
            NodeValue::List(_) => blocks.extend(node.children().map(|item| {
                assert!(matches!(item.data().value, NodeValue::Item(_)), "{text}");
                let mut inner = item.children();
                let paragraph = inner.next().unwrap();
                assert!(matches!(paragraph.data().value, NodeValue::Paragraph), "{text}");
                assert!(inner.next().is_none(), "an item within an item: {text}");
                Block::Item(line(paragraph))
            })),
            NodeValue::Table(_) => {
                blocks.extend(
                    node.children().map(|row| Block::Row(row.children().map(line).collect())),
                );
            }
            other => panic!("{other:?} in\n{text}"),
        }
    }
    blocks
}

/// The inline pieces below a node. Only plain text, code, bold and strikethrough are ours.
fn line<'a>(node: &'a AstNode<'a>) -> Line {
    let mut line: Line = Vec::new();
    for inner in node.children() {
        match &inner.data().value {
            NodeValue::Text(text) => line.push(Words(text.to_string())),
            NodeValue::Code(code) => line.push(Code(code.literal.clone())),
            NodeValue::LineBreak => line.push(Words("\n".to_owned())),
            NodeValue::Strong => line.extend(self::line(inner)),
            NodeValue::Strikethrough => match self::line(inner).as_slice() {
                [Code(code)] => line.push(Struck(code.clone())),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    line.into_iter().fold(Vec::new(), |mut all, piece| {
        match (all.last_mut(), piece) {
            (Some(Words(before)), Words(text)) => before.push_str(&text),
            (_, piece) => all.push(piece),
        }
        all
    })
}

fn words(text: impl Into<String>) -> Piece {
    Words(text.into())
}

fn code(text: &str) -> Piece {
    Code(escaped(text))
}

/// Backticks are written as an escape.
fn escaped(text: &str) -> String {
    text.replace('`', r"\u{60}")
}

/// `name (kind, fingerprint)`, as it must be shown.
fn party(before: String, party: &str) -> Line {
    let (name, rest) = party.rsplit_once(" (").unwrap();
    let (kind, key) = rest.trim_end_matches(')').split_once(", ").unwrap();
    if key == "key unknown" {
        return vec![words(before), code(name), words(format!(" ({kind}, {key})"))];
    }
    vec![words(before), code(name), words(format!(" ({kind}, ")), code(key), words(")")]
}

/// The expected document, from the text report.
fn expected(report: &Report) -> Vec<Block> {
    let tree = ReportTree::of(report);
    let text = report.to_string();
    let mut all = Vec::new();
    for reason in &report.reasons {
        let hop = reason.hop.map(|hop| format!("hop {hop}: ")).unwrap_or_default();
        let (code_of, remedy) = (reason.code.as_str(), reason.remedy);
        let rest = format!("]\n→ {remedy}");
        let line = [words(format!("✗ {hop}")), code(&reason.message), words(" ["), code(code_of)];
        all.push(Block::Item([line.as_slice(), &[words(rest)]].concat()));
    }
    match tree.owner.strip_suffix("by the right key") {
        Some(_) => {
            let nobody = tree.owner.replacen("UNVERIFIED ", "UNVERIFIED Owner: ", 1);
            all.push(Block::Paragraph(vec![words(nobody)]));
        }
        None => {
            let mark = if tree.owner.starts_with("UNVERIFIED ") { "UNVERIFIED " } else { "" };
            let owner = tree.owner.trim_start_matches("UNVERIFIED ");
            all.push(Block::Paragraph(party(format!("{mark}Owner: "), owner)));
        }
    }
    if !tree.hops.is_empty() {
        let titles = ["hop", "from", "to", "fingerprint", "valid until", "verdict"];
        all.push(Block::Row(titles.map(|title| vec![words(title)]).to_vec()));
    }
    let names = tree.names();
    for (index, hop) in tree.hops.iter().enumerate() {
        let key = hop.to.rsplit_once(", ").unwrap().1.trim_end_matches(')');
        let expires = &report.hops[index].expires;
        let verdict = match (hop.refused, report.verdict) {
            (true, _) => REFUSED.trim_start(),
            (false, Verdict::Allow) => "allowed",
            (false, _) => "–",
        };
        all.push(Block::Row(vec![
            vec![words(format!("{}{index}", hop.mark))],
            vec![code(names[index])],
            vec![code(names[index + 1])],
            vec![code(key)],
            vec![words(expires)],
            vec![words(verdict)],
        ]));
    }
    for (index, hop) in tree.hops.iter().enumerate() {
        let start = words(format!("{}Hop {index}: ", hop.mark));
        let mut heading = vec![start, code(names[index]), words(" → "), code(names[index + 1])];
        heading.extend(hop.refused.then(|| words(REFUSED)));
        all.push(Block::Heading(heading));
        all.push(Block::Item(party(format!("{}delegate: ", hop.mark), &hop.to)));
        all.extend(hop.lines.iter().map(|text| Block::Item(item(hop, text))));
    }
    if let Some(presentation) = &tree.presentation {
        let (before, rest) = presentation.split_once("presented to ").unwrap();
        let (audience, at) = rest.rsplit_once(" at ").unwrap();
        let start = words(format!("{before}presented to "));
        let refused = if tree.presentation_refused { REFUSED } else { "" };
        all.push(Block::Heading(vec![words(format!("Presentation{refused}"))]));
        all.push(Block::Item(vec![start, code(audience), words(format!(" at {at}"))]));
    }
    all.extend(tree.not_shown.iter().map(|line| Block::Paragraph(vec![words(line)])));
    all.push(Block::Heading(vec![words("Checks")]));
    let checks = text.rsplit("\n\n").next().unwrap().lines();
    all.extend(checks.map(|line| {
        let (label, list) = line.split_once(": ").unwrap();
        match label {
            "remark" => Block::Item(vec![words("remark: "), code(list.trim_start())]),
            _ => Block::Item(vec![words(format!("{label}: {}", list.trim_start()))]),
        }
    }));
    all
}

fn item(hop: &Hop, text: &str) -> Line {
    let mark = hop.mark;
    if let Some(rest) = text.strip_prefix("id ") {
        let (id, revocation) = rest.split_once(", ").unwrap();
        return vec![words(format!("{mark}id ")), code(id), words(format!(", {revocation}"))];
    }
    let labels = ["purpose", "allows", "removed", "note", "audience", "delegates"];
    let Some((label, rest)) = text.split_once(": ").filter(|(label, _)| labels.contains(label))
    else {
        return vec![words(format!("{mark}{text}"))];
    };
    let start = words(format!("{mark}{label}: "));
    if label != "removed" {
        return vec![start, code(rest)];
    }
    let Some((what, kept)) = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (kept "))
    else {
        return vec![start, Struck(escaped(rest))];
    };
    vec![start, Struck(escaped(what)), words(" (kept "), code(kept), words(")")]
}

/// Checks that the Markdown has the content of the text report, and nothing else.
pub(crate) fn require_tree(report: &Report) {
    let text = report.to_markdown();
    let blocks = read(&text);
    let title = report.to_string().split("\n\n").nth(1).unwrap().to_owned();
    let title: String = title.lines().next().unwrap().chars().take(38).collect();
    let title = title.split(": ").next().unwrap().to_owned();
    assert_eq!(blocks[0], Block::Heading(vec![words(title)]), "{text}");
    let Block::Paragraph(sentence) = &blocks[1] else { panic!("{text}") };
    assert_eq!(plain(sentence), escaped(&report.summary));
    let mut rest = &blocks[2..];
    if report.request.is_some() {
        let Block::Paragraph(requested) = &rest[0] else { panic!("{text}") };
        let line = report.to_string().split("\n\n").nth(1).unwrap().to_owned();
        let request = line.lines().next().unwrap().split_once(": ").unwrap().1.to_owned();
        assert_eq!(plain(requested), escaped(&format!("Call: {request}")));
        rest = &rest[1..];
    }
    let expected = expected(report);
    for (own, expected) in rest.iter().zip(&expected) {
        assert_eq!(own, expected, "{text}");
    }
    assert_eq!(rest.len(), expected.len(), "{text}");
}

/// Checks that only our own words are plain text in the summary: names and the parts of the call
/// are code.
pub(crate) fn require_bare_words(report: &Report) {
    let blocks = read(&report.to_markdown());
    for block in &blocks[1..3] {
        let Block::Paragraph(line) = block else { continue };
        for piece in line {
            let Words(own) = piece else { continue };
            let known = [
                "UNVERIFIED, the token itself claims: ",
                "UNVERIFIED, nobody is accountable",
                "UNVERIFIED ",
                "Owner: ",
                "nobody: no block is readable and signed by the right key",
                " is accountable",
                " → ",
                "; allowed ",
                "; refused ",
                "; allowed",
                "; refused",
                " on ",
                " at ",
                "Call: ",
                " with ",
                " (human, ",
                "key unknown",
                "✗ ",
                ": ",
                " (",
                ")",
            ];
            let left = known.iter().fold(own.to_owned(), |own, known| own.replace(known, ""));
            assert_eq!(left, "", "{line:?}");
        }
    }
}

fn plain(line: &Line) -> String {
    line.iter()
        .map(|piece| match piece {
            Words(text) | Code(text) | Struck(text) => text.as_str(),
        })
        .collect()
}
