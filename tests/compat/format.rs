//! The figures in `docs/FORMAT.md` match the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::testing::RawToken;
use deputize::{
    Capability, Constraint, ConstraintKind, DenyCode, Grant, Owner, Principal, Resource, Signer,
    SigningKey, limits,
};
use regex::Regex;
use serde_json::Value;
use time::macros::datetime;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FORMAT.md")).unwrap()
}

/// The text between two others.
fn between<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    page.split_once(start).unwrap().1.split_once(end).unwrap().0
}

fn vector(name: &str) -> Value {
    let file = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_worked_examples_are_bytes_of_the_vectors() {
    let page = page();
    let mut examples: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let fences = Regex::new(r"(?s)```hex ([a-z_0-9]+)\n(.*?)```").unwrap();
    for found in fences.captures_iter(&page) {
        let digits: String = found[2].lines().map(|line| line.split('#').next().unwrap()).collect();
        let digits: String = digits.split_whitespace().collect();
        examples.entry(found[1].to_owned()).or_default().push(hex::decode(digits).unwrap());
    }
    assert!(examples.len() >= 12, "{} examples are left", examples.len());
    let digest = &vector("request_with_context")["request_digest"];
    assert!(page.contains(digest.as_str().unwrap()));
    for (name, parts) in examples {
        let vector = vector(&name);
        let whole = URL_SAFE_NO_PAD.decode(vector["presentation"].as_str().unwrap()).unwrap();
        if name == "hops_2" {
            assert_eq!(parts.concat(), whole);
            let facts = ["request_digest", "root_key"].map(|fact| vector[fact].as_str().unwrap());
            let ids = vector["hop_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
            for fact in facts.into_iter().chain(ids) {
                assert!(page.contains(fact.trim_start_matches("ed25519/")), "{fact}");
            }
        }
        for part in parts {
            assert!(whole.windows(part.len()).any(|own| own == part), "{name}");
        }
    }
}

#[test]
fn the_table_of_default_symbols_is_that_of_the_code() {
    let page = page();
    let table = between(&page, "<!-- default symbols -->", "\n\n");
    let cell = Regex::new(r"([0-9]+) `([a-z_]+)`").unwrap();
    let numbers: BTreeMap<String, u8> = cell
        .captures_iter(table)
        .map(|found| (found[2].to_owned(), found[1].parse().unwrap()))
        .collect();
    assert_eq!(numbers.len(), 28);

    let capability = Capability::new("read", "time")
        .and_then(|own| own.with_arg("role", [Constraint::one_of(numbers.keys().cloned())]));
    let delegate = SigningKey::from_bytes(&[2; 32]).public_key();
    let grant = Grant::new(
        Principal::agent("client", delegate).unwrap(),
        [capability.unwrap()],
        datetime!(2026-11-23 19:00 UTC),
        "a test",
    );
    let issued = datetime!(2026-11-23 18:00 UTC);
    let root = SigningKey::from_bytes(&[1; 32]);
    let raw =
        RawToken::mint(Owner::human("owner").unwrap(), &root, grant.unwrap(), issued, [7; 16]);
    // Each is an item of the list: a string whose number has one byte.
    let list: Vec<u8> = numbers.values().flat_map(|number| [0x0a, 2, 0x18, *number]).collect();
    let content = &raw.blocks[0].content;
    assert!(content.windows(list.len()).any(|own| own == list));
}

#[test]
fn the_limits_are_those_of_the_code() {
    let page = page();
    let table = between(&page, "<!-- limits -->", "\n\n");
    let row = Regex::new(r"\| `([A-Z_]+)` \| ([0-9]+) \|").unwrap();
    let found: BTreeMap<String, u64> = row
        .captures_iter(table)
        .map(|found| (found[1].to_owned(), found[2].parse().unwrap()))
        .collect();
    macro_rules! own {
        ($($name:ident)+) => {
            BTreeMap::from([$((stringify!($name).to_owned(), u64::try_from(limits::$name).unwrap()),)+])
        };
    }
    let own = own!(
        HARD_MAX_TOKEN_BYTES MAX_TOKEN_BYTES HARD_MAX_HOPS MAX_HOPS MAX_CAPABILITIES
        MAX_CONSTRAINTS MAX_LIST MAX_NAME_BYTES MAX_PURPOSE_BYTES MAX_STRING_BYTES MAX_GLOB_BYTES
        MAX_SEGMENTS MAX_BLOCK_TEXT MAX_ARGUMENTS MAX_ARGUMENT_DEPTH MAX_ARGUMENT_BYTES
        MAX_JSON_VALUES MAX_INTEGER
    );
    assert_eq!(found, own);
}

#[test]
fn every_kind_of_limit_is_explained() {
    let page = page();
    let row = Regex::new(r"(?m)^\| `([a-z_]+)` \|").unwrap();
    let written = between(&page, "\n## 9. Limits", "\n**`each`** takes");
    let written: Vec<_> = row.captures_iter(written).map(|found| found[1].to_owned()).collect();
    let own: Vec<_> = ConstraintKind::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(written, own);
    let parameters = between(&page, "\n**Limits.**", "\n**Combinations**");
    let meanings = between(&page, "\n## 13. The meaning of each limit", "\n### Paths");
    for kind in &own {
        assert!(meanings.contains(&format!("`{kind}`")), "{kind} in section 13");
        // The parameter of `each` is a limit of another kind.
        let is_explained = kind == "each" || parameters.contains(&format!("`{kind}`"));
        assert!(is_explained, "{kind} in section 11");
    }
}

#[test]
fn every_code_is_explained() {
    let page = page();
    let verification = between(&page, "\n## 15. Verification", "\n## 16.");
    for code in DenyCode::ALL {
        assert!(verification.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn the_characters_that_are_refused_are_those_that_the_page_lists() {
    let page = page();
    let invisible = between(&page, "In full:\n\n```text\n", "```");
    let invisible = characters(invisible, r"([0-9A-F]{4,5})(?:-([0-9A-F]{4,5}))?");
    let folded = between(&page, "\n**Folded** characters", "\n\n");
    let folded = characters(folded, r"U\+([0-9A-F]{4,5})(?:–U\+([0-9A-F]{4,5}))?");
    assert!(invisible.len() > 4_000 && folded.len() > 50);
    // Beyond the tags, Unicode has only private-use characters.
    for c in ('\0'..='\u{1ffff}').chain('\u{e0000}'..='\u{e1fff}') {
        let is_name = Owner::human(format!("a{c}b")).is_ok();
        assert_eq!(is_name, !invisible.contains(&c), "U+{:04X}", u32::from(c));
        let is_resource = format!("aa{c}bb").parse::<Resource>().is_ok();
        let is_refused = invisible.contains(&c) || folded.contains(&c) || "\\*%".contains(c);
        assert_eq!(is_resource, !is_refused, "U+{:04X}", u32::from(c));
    }
}

/// The characters that the text lists by number or by range.
fn characters(text: &str, pattern: &str) -> BTreeSet<char> {
    let number = |digits: &str| u32::from_str_radix(digits, 16).unwrap();
    let mut all = BTreeSet::new();
    for found in Regex::new(pattern).unwrap().captures_iter(text) {
        let first = number(&found[1]);
        let last = found.get(2).map_or(first, |last| number(last.as_str()));
        all.extend((first..=last).filter_map(char::from_u32));
    }
    all
}
