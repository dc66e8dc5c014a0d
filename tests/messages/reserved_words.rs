//! No name can be mistaken for the words around it: the reserved words are collected from the
//! sources of reports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::{decided, grant, key, mint, now, planner, present, presented, reading};
use deputize::{Owner, Principal, Report, Signer};
use deputize_pages::report_page;
use time::Duration;

/// The files with the words of reports, and of the reasons in them. Files of Mermaid, DOT and style
/// sheets have only syntax.
const SOURCES: [&str; 41] = [
    "report/account.rs",
    "report/assemble.rs",
    "report/checks.rs",
    "report/diff.rs",
    "report/graph.rs",
    "report/hop.rs",
    "../crates/pages/src/page.rs",
    "../crates/pages/src/report/drawing.rs",
    "../crates/pages/src/report/mod.rs",
    "report/lines.rs",
    "report/markdown.rs",
    "report/presentation.rs",
    "report/principal.rs",
    "report/remarks.rs",
    "report/request.rs",
    "report/headline.rs",
    "report/text.rs",
    "report/wording.rs",
    "report/summary/counts.rs",
    "report/summary/text.rs",
    "capability/display.rs",
    "capability/mod.rs",
    "capability/narrow.rs",
    "chain/mod.rs",
    "chain/walk.rs",
    "chain/validity.rs",
    "chain/coverage.rs",
    "chain/near.rs",
    "reason/alternatives.rs",
    "constraint/display.rs",
    "grant/error.rs",
    "instant.rs",
    "principal.rs",
    "verify/validity.rs",
    "verify/trust/mod.rs",
    "verify/step.rs",
    "verify/denial.rs",
    "verify/policy.rs",
    "verify/replay/error.rs",
    "verify/settings.rs",
    "verify/verified_chain.rs",
];

fn source(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    fs::read_to_string(file).unwrap()
}

/// The string literals of a source, without its tests, comments and attributes, but with the
/// messages of errors.
fn literals(source: &str) -> Vec<String> {
    let (code, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
    let mut found = Vec::new();
    for line in code.lines().map(str::trim_start) {
        if line.starts_with("//") || (line.starts_with("#[") && !line.starts_with("#[error")) {
            continue;
        }
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('"') {
            // A quote as a character literal, or a comment after code.
            if before.ends_with('\'') || before.contains("// ") {
                break;
            }
            let Some(end) = end_of(after) else { break };
            let (literal, behind) = after.split_at(end);
            // An attribute of an element, such as a class.
            if !before.ends_with('=') {
                found.push(literal.to_owned());
            }
            rest = behind.strip_prefix('"').unwrap();
        }
    }
    found
}

fn end_of(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end.then_some(at)
    })
}

/// The words of a literal, without its placeholders.
fn words(literal: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut depth = 0_u32;
    for c in literal.replace("\\n", " ").replace("\\u", " ").chars() {
        match c {
            '{' => depth = depth.saturating_add(1),
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let words = plain.split(|c: char| !c.is_ascii_alphabetic());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The words of reports in capitals, and all other words.
fn wording() -> (BTreeSet<String>, BTreeSet<String>) {
    let literals = SOURCES.iter().flat_map(|path| literals(&source(path)));
    // Dates have letters too.
    let date = Report::of(&decided(&presented())).at;
    let all = literals.chain([date]).flat_map(|literal| words(&literal));
    let (capitals, others): (BTreeSet<_>, BTreeSet<_>) =
        all.partition(|word| word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase()));
    let lower = others.into_iter().chain(capitals.iter().cloned());
    let lower = lower.map(|word| word.to_ascii_lowercase()).collect();
    (capitals, lower)
}

#[test]
fn every_word_of_a_report_is_reserved() {
    let (capitals, lower) = wording();
    assert!(capitals.contains("UNVERIFIED") && lower.contains("accountable"), "{lower:?}");
    assert!(lower.len() > 150, "{lower:?}");
    let list = |words: &BTreeSet<String>| {
        let words: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
        words.join(", ")
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/text/reserved.rs");
    let text = source("text/reserved.rs");
    let mut wanted = text.clone();
    for (name, words) in [("CAPITALS", &capitals), ("WORDS", &lower)] {
        let start = format!("const {name}: &[&str] =");
        let (before, rest) = wanted.split_once(&start).unwrap();
        let (_, after) = rest.split_once("];").unwrap();
        wanted = format!("{before}{start} &[{}];{after}", list(words));
    }
    if std::env::var_os("UPDATE_WORDING").is_some() {
        fs::write(&path, &wanted).unwrap();
        return;
    }
    let plain = |text: &str| text.split_whitespace().collect::<String>().replace(",]", "]");
    assert!(
        plain(&text) == plain(&wanted),
        "reports have other words than `src/text/reserved.rs` lists: run \
         `UPDATE_WORDING=1 cargo test --test messages reserved_words` and `cargo fmt`"
    );
}

#[test]
fn reserved_words_are_quoted_as_names() {
    let (capitals, lower) = wording();
    let capitalised = |word: &String| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    let forms = lower.iter().flat_map(|word| {
        let (upper, title) = (word.to_ascii_uppercase(), capitalised(word));
        let joined =
            [format!("{word}:"), format!("not-{word}"), format!("{word}/0"), format!("is_{word}")];
        [word.clone(), upper, title].into_iter().chain(joined)
    });
    let marked =
        capitals.iter().flat_map(|word| [format!("alice.{word}"), format!("{word}:planner")]);
    for name in forms.chain(marked).chain(["1", "42", "2026", ":", "**", "/"].map(str::to_owned)) {
        let agent = Principal::agent(&*name, planner().public_key()).unwrap();
        assert!(agent.to_string().starts_with(&format!("\"{name}\" (")), "{agent}");
    }
}

/// In each format, wherever a name is printed.
#[test]
fn an_agent_named_as_a_report_speaks() {
    for name in ["REFUSED", "not", "allowed", "ALLOWED", "UNVERIFIED", "hop", "VERIFIED", "nobody"]
    {
        let own = reading("accounts/**", 9);
        let first = grant(name, &planner(), own.clone(), Duration::hours(1)).with_max_hops(1);
        let last = grant(name, &key(3), own, Duration::hours(1));
        let chain = present(mint(first).delegate(&planner(), last, now()), &key(3));
        let report = Report::of(&decided(&chain));
        let quoted = format!("\"{name}\"");
        // Both have the same name, so their keys are shown beside it.
        assert_eq!(report.summary.matches(&format!(" → {quoted} (")).count(), 2, "{report}");
        let escaped = [
            quoted.clone(),
            format!("#34;{name}#34;"),
            format!("\\\"{name}\\\""),
            format!("&quot;{name}&quot;"),
        ];
        for form in [
            report.to_string(),
            report.to_markdown(),
            report.to_mermaid(),
            report.to_dot(),
            report_page(&report),
        ] {
            let count: usize = escaped.iter().map(|text| form.matches(text.as_str()).count()).sum();
            assert!(count >= 2, "{form}");
        }
    }
    for name in ["→", "is accountable"] {
        let owner = Owner::human(name).unwrap();
        assert_eq!(owner.name(), name);
        let agent = Principal::agent(name, planner().public_key()).unwrap();
        assert!(agent.to_string().starts_with(&format!("\"{name}\" (")), "{agent}");
    }
}

#[test]
fn ordinary_names_are_unquoted() {
    for name in [
        "alice@acme.com",
        "planner",
        "researcher",
        "billing-service",
        "research.agent",
        "user_id",
        "agents.acme.com",
        "10.0.0.1",
        "gpt-4",
    ] {
        let agent = Principal::agent(name, planner().public_key()).unwrap();
        assert!(agent.to_string().starts_with(&format!("{name} (")), "{agent}");
    }
}
