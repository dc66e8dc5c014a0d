//! Other programs parse a report correctly, for all texts that agents choose: each format has the
//! same structure as with harmless texts, and the content of the text report.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::common::{self, hostile, scenes};
use crate::source::Source;
use crate::visible::require_visible;
use crate::{arbitrary, graphs, html_reader, markdown, random};
use deputize::text::visible_json;
use deputize::{
    OperationPattern, Owner, ReceivedReport, ReplayPolicy, Report, RevocationPolicy, Signer, Token,
    TrustAnchor, Verifier,
};
use deputize_pages::report_page;

/// The shapes of pages with harmless texts.
static SHAPES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut reports = vec![
        scenes::allowed(),
        scenes::out_of_scope(),
        scenes::stolen(),
        scenes::untrusted(),
        scenes::unverified(),
        scenes::unreadable(),
        scenes::returned(),
        hostile::longest(),
    ];
    let held = Token::parse(&common::held().to_text()).unwrap();
    reports.push(Report::of_token(&common::verifier(), &held, common::now()));
    reports.extend((0..KINDS).map(|kind| about("harmless", kind)));
    reports
        .iter()
        .flat_map(|report| html_reader::shapes(&html_reader::read(&report_page(report))))
        .collect()
});

/// Draws a text or a chain, and parses a report about it in one format.
pub fn check(data: &[u8]) {
    let mut source = Source::new(data);
    let form = source.pick(&Form::ALL);
    if source.chance(25) {
        return require_sound(&about_chain(&mut source), form);
    }
    let kind = source.below(KINDS);
    let text = text(&mut source);
    if !can_be_anything(&text) {
        return;
    }
    let report = about(&text, kind);
    require_sound(&report, form);
    let harmless = about("harmless", kind);
    if hints(&report) == hints(&harmless) {
        assert_eq!(form.structure(&report), HARMLESS[kind][form as usize]);
    } else {
        // A name that mixes scripts has a remark and a note, which a harmless one has not.
        let structure = |report| form.structure(&without_hints(report));
        assert_eq!(structure(report.clone()), structure(harmless));
    }
    if form == Form::Json {
        require_whole(&report, &text);
    }
}

/// The number of remarks, and of notes of each hop.
fn hints(report: &Report) -> (usize, Vec<usize>) {
    (report.remarks.len(), report.hops.iter().map(|hop| hop.notes.len()).collect())
}

fn without_hints(mut report: Report) -> Report {
    report.remarks.clear();
    report.hops.iter_mut().for_each(|hop| hop.notes.clear());
    report
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Markdown,
    Mermaid,
    Dot,
    Html,
}

impl Form {
    const ALL: [Self; 6] =
        [Self::Text, Self::Json, Self::Markdown, Self::Mermaid, Self::Dot, Self::Html];

    fn write(self, report: &Report) -> String {
        match self {
            Self::Text => report.to_string(),
            Self::Json => report.to_json().unwrap(),
            Self::Markdown => report.to_markdown(),
            Self::Mermaid => report.to_mermaid(),
            Self::Dot => report.to_dot(),
            Self::Html => report_page(report),
        }
    }

    /// The structure, which does not depend on the texts: the number of lines, and the elements of
    /// a page except for those of the drawing, which breaks long lines.
    fn structure(self, report: &Report) -> Structure {
        let text = self.write(report);
        if self != Self::Html {
            return (text.lines().count(), Vec::new());
        }
        let tags = html_reader::read(&text).into_iter().filter(|tag| !tag.is_drawn);
        (0, tags.map(|tag| format!("{} {:?}", tag.name, tag.attributes)).collect())
    }
}

/// The number of lines, and the elements.
type Structure = (usize, Vec<String>);

/// The structure of each format with a harmless text.
static HARMLESS: LazyLock<Vec<Vec<Structure>>> = LazyLock::new(|| {
    let structures = |kind| {
        let report = about("harmless", kind);
        Form::ALL.iter().map(|form| form.structure(&report)).collect()
    };
    (0..KINDS).map(structures).collect()
});

/// A known hostile text with a change, or any text by the fuzzer.
fn text(source: &mut Source<'_>) -> String {
    let parts = 1 + source.below(3);
    let mut text = String::new();
    for _ in 0..parts {
        match source.below(4) {
            0 => text.push_str(source.pick(&hostile::HOSTILE)),
            1 => text.push_str(&arbitrary::text(source)),
            2 if source.chance(50) => text.push(source.pick(&ODD)),
            2 => text.extend(char::from_u32(
                u32::from(source.byte()) << 16
                    | u32::from(source.byte()) << 8
                    | u32::from(source.byte()),
            )),
            _ => text.push_str(&String::from_utf8_lossy(source.bytes(160))),
        }
    }
    text
}

/// Characters that have a meaning in some format, or are invisible.
const ODD: [char; 48] = [
    '"',
    '\'',
    '\\',
    '`',
    '<',
    '>',
    '&',
    '|',
    '[',
    ']',
    '(',
    ')',
    '{',
    '}',
    '#',
    '*',
    '_',
    '~',
    '!',
    ';',
    '\n',
    '\r',
    '\t',
    '\0',
    '\u{1b}',
    '\u{7f}',
    '\u{85}',
    '\u{9b}',
    '\u{a0}',
    '\u{ad}',
    '\u{61c}',
    '\u{180e}',
    '\u{200b}',
    '\u{200f}',
    '\u{2028}',
    '\u{202a}',
    '\u{202e}',
    '\u{2060}',
    '\u{2066}',
    '\u{206f}',
    '\u{3000}',
    '\u{3164}',
    '\u{feff}',
    '\u{fff9}',
    '\u{e0041}',
    '\u{fe0f}',
    'ש',
    '漢',
];

/// Returns true if the text may be a name, a purpose, and an argument beside the others of the
/// chain.
fn can_be_anything(text: &str) -> bool {
    let is_ours = ["note", "other", "n"].contains(&text);
    Owner::human(text).is_ok() && text.len() <= 200 && !text.starts_with('/') && !is_ours
}

const KINDS: usize = 4;

/// A report of the chain in which every text is this one: refused, held, unverified, or refused by
/// a policy with this text.
fn about(text: &str, kind: usize) -> Report {
    let (raw, call) = hostile::chain(1, text);
    match kind {
        0 => hostile::refused(1, text),
        1 => {
            let mut held = raw;
            held.blocks.pop();
            held.proof = common::held().proof;
            Report::unverified_token(&Token::parse(&held.to_text()).unwrap(), common::now())
        }
        2 => {
            let anyone = TrustAnchor::for_any_owner(common::thief().public_key());
            let verifier = common::verifier_of(anyone);
            Report::of(&verifier.decide(common::shown(&raw), call, common::now()))
        }
        _ => {
            let open =
                common::shown(&common::present(common::mint(common::first()), &common::planner()));
            let policy = |_: &_, _: &_| Err(text.to_owned());
            let now = common::now();
            let verifier = common::verifier();
            Report::of(&verifier.decide_with_policy(open, common::request(), now, policy))
        }
    }
}

/// A report of a chain from the pools of the tests, decided or not.
fn about_chain(source: &mut Source<'_>) -> Report {
    let case = random::case(source);
    let anchor = TrustAnchor::for_any_owner(case.keys[0].public_key());
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    let verifier = Verifier::new(
        anchor,
        RevocationPolicy::OnlyByExpiry { at_most: time::Duration::days(365) },
        replays,
    );
    if source.chance(50) {
        return Report::of(&verifier.decide(case.presentation, case.request, random::NOW));
    }
    match Token::parse(&case.held.to_text()) {
        Ok(token) if source.chance(50) => Report::of_token(&verifier, &token, random::NOW),
        Ok(token) => Report::unverified_token(&token, random::NOW),
        Err(_) => Report::unverified_presentation(&case.presentation, random::NOW),
    }
}

/// Checks the properties of every report.
fn require_sound(report: &Report, form: Form) {
    let written = form.write(report);
    require_visible(&written);
    match form {
        Form::Text => {
            assert_eq!(written.lines().count(), lines_of(report), "{written}");
            require_plain_below_colors(&report.in_color().to_string(), &written);
        }
        Form::Json => {
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            assert_eq!(read, serde_json::to_value(report).unwrap());
            assert_eq!(visible_json(&written), written);
            require_received(report, &read);
        }
        Form::Markdown => {
            markdown::require_tree(report);
            markdown::require_bare_words(report);
        }
        Form::Mermaid => graphs::require_mermaid(report),
        Form::Dot => graphs::require_dot(report),
        Form::Html => {
            let shapes = html_reader::shapes(&html_reader::read(&written));
            let odd: Vec<_> = shapes.difference(&SHAPES).collect();
            assert!(odd.is_empty(), "{odd:?} in\n{written}");
        }
    }
}

/// Checks that another program reads the line of a log as it was written.
fn require_received(report: &Report, json: &serde_json::Value) {
    let line = report.to_json_line().unwrap();
    assert!(!line.contains('\n'), "{line}");
    let received = ReceivedReport::from_json(&line).unwrap();
    assert_eq!(Some(received.as_json()), json.as_object());
    assert_eq!(received.summary(), report.summary);
    let reasons = received.reasons().iter().map(ToString::to_string);
    assert!(reasons.eq(report.reasons.iter().map(ToString::to_string)), "{line}");
}

/// Checks that colours add nothing else.
fn require_plain_below_colors(colored: &str, text: &str) {
    let mut parts = colored.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('m').expect("a colour ends");
        assert!(code.bytes().all(|b| b.is_ascii_digit() || b == b';'), "{code}");
        plain.push_str(rest);
    }
    assert_eq!(plain, text);
}

/// The number of lines of the text, which depends on the parts of a report, not on their texts.
fn lines_of(report: &Report) -> usize {
    let hops = report.hops.iter().map(|hop| {
        let lists = hop.allows.len() + hop.removed.len() + hop.notes.len();
        let perhaps = [hop.returned_to.is_some(), hop.audience.is_some(), hop.delegates.is_some()];
        4 + lists + perhaps.into_iter().filter(|is| *is).count()
    });
    let perhaps = [report.presentation.is_some(), report.not_shown > 0];
    let shown = perhaps.into_iter().filter(|is| *is).count();
    8 + 2 * report.reasons.len() + hops.sum::<usize>() + shown + report.remarks.len()
}

/// Checks that the JSON contains the text unchanged.
fn require_whole(report: &Report, text: &str) {
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    if let Some(owner) = report.owner.as_ref().filter(|own| own.name != "alice@acme.com") {
        assert_eq!(owner.name, text);
        assert_eq!(json["owner"]["name"], text);
    }
    if let Some(hop) = report.hops.first().filter(|hop| hop.purpose != "Q3 account review") {
        assert_eq!(hop.purpose, text);
        assert_eq!(json["hops"][0]["purpose"], text);
    }
}
