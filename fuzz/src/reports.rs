//! Whatever agents choose, a report is read by other programs as what it is: each form has the
//! structure that it has with harmless texts, and says what the text says.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::common::{self, hostile, scenes};
use crate::source::Source;
use crate::visible::require_visible;
use crate::{arbitrary, graphs, html_reader, markdown, random};
use deputize::text::visible_json;
use deputize::{
    OperationPattern, Owner, ReplayPolicy, Report, RevocationPolicy, Signer, Token, TrustAnchor,
    Verifier,
};

/// What pages have with harmless texts.
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
        .flat_map(|report| html_reader::shapes(&html_reader::read(&report.to_html())))
        .collect()
});

/// Draws a text, or a chain, and reads a form of a report about it.
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
    assert_eq!(form.structure(&report), HARMLESS[kind][form as usize]);
    if form == Form::Json {
        require_whole(&report, &text);
    }
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
            Self::Html => report.to_html(),
        }
    }

    /// What is the same whatever the texts are: the number of lines; of a page the elements, but for
    /// those of the drawing, which breaks long lines.
    fn structure(self, report: &Report) -> Structure {
        let text = self.write(report);
        if self != Self::Html {
            return (text.lines().count(), Vec::new());
        }
        let tags = html_reader::read(&text).into_iter().filter(|tag| !tag.is_drawn);
        (0, tags.map(|tag| format!("{} {:?}", tag.name, tag.attributes)).collect())
    }
}

/// Lines and elements.
type Structure = (usize, Vec<String>);

/// The structures of the forms with a harmless text.
static HARMLESS: LazyLock<Vec<Vec<Structure>>> = LazyLock::new(|| {
    let structures = |kind| {
        let report = about("harmless", kind);
        Form::ALL.iter().map(|form| form.structure(&report)).collect()
    };
    (0..KINDS).map(structures).collect()
});

/// What is tried already, with something changed; or whatever the fuzzer says.
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

/// Characters that some form has a use for, or that cannot be seen.
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

/// Whether it may be a name and a purpose, and an argument beside the others of the chain.
fn can_be_anything(text: &str) -> bool {
    let is_ours = ["note", "other", "n"].contains(&text);
    Owner::human(text).is_ok() && text.len() <= 200 && !text.starts_with('/') && !is_ours
}

const KINDS: usize = 4;

/// The chain in which everything is this text: refused, held, not verified, refused by a policy that
/// says it.
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

/// A chain of the properties' pools, decided about or not.
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

/// What holds of every report.
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

/// Colours add nothing but colours.
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

/// Lines of the text: a function of what there is, not of what it says.
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

/// JSON has the text as it is.
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
