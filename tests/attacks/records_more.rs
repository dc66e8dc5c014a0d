//! Lines that no writer writes, and values that are found from what an erasure left.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::{
    Decision, Denial, FieldKind, Openings, Record, RecordCore, RecordKind, RecordRules, Request,
};
use serde_json::{Value, json};

use crate::common::{crm_request, held, now, present_for, researcher, shown, verifier};

fn decided(limit: u32) -> Decision {
    let call = crm_request("crm.read", "accounts/emea/4711", &format!("{{\"limit\": {limit}}}"));
    let chain = present_for(held(), &researcher(), &call);
    verifier().decide(shown(&chain), call, now())
}

fn core_of(decision: &Decision) -> Value {
    let (line, _) = Record::of(decision, &RecordRules::default()).unwrap().to_lines(3).unwrap();
    serde_json::from_str(&line).unwrap()
}

fn is_read(core: &Value) -> bool {
    RecordCore::parse(core.to_string().as_bytes()).is_ok()
}

fn of_nobody() -> Decision {
    let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    Decision::Deny(Denial::not_presented(call, now()))
}

/// The places of the lines are those of a writer, so that changes of them mean something.
#[test]
fn the_lines_are_those_of_a_writer() {
    assert!(is_read(&core_of(&decided(5))));
    assert!(is_read(&core_of(&decided(50))));
    assert!(is_read(&core_of(&of_nobody())));
}

/// Two owners in one record: one reader shows the first, and another the last.
#[test]
fn a_record_has_one_owner() {
    for kind in ["call", "resource", "owner", "agents", "hops", "chain", "presentation", "checks"] {
        let mut core = core_of(&decided(5));
        let fields = core["fields"].as_array_mut().unwrap();
        let place = fields.iter().position(|own| own[0] == kind).unwrap();
        let again = fields[place].clone();
        fields.insert(place, again);
        assert!(!is_read(&core), "{kind}");
    }
}

/// Section 1: "All others are charged to nobody, whatever chain they came with, and their records say
/// nothing about a chain."
#[test]
fn a_record_of_nobody_says_nothing_about_a_chain() {
    let commitment = core_of(&of_nobody())["fields"][0][1].clone();
    for kind in
        ["owner", "agents", "hops", "chain", "presentation", "checks", "reasons", "argument"]
    {
        let mut core = core_of(&of_nobody());
        core["fields"].as_array_mut().unwrap().push(json!([kind, commitment]));
        assert!(!is_read(&core), "{kind}");
    }
}

/// Each kind of record has fields of its own.
#[test]
fn a_record_has_the_fields_of_its_kind() {
    let commitment = core_of(&of_nobody())["fields"][0][1].clone();
    let (line, _) = Record::recovery(1, 0, now()).to_lines(3).unwrap();
    let mut core: Value = serde_json::from_str(&line).unwrap();
    core["fields"] = json!([["owner", commitment]]);
    assert!(!is_read(&core), "recovery");
    let mut core = core_of(&decided(5));
    core["fields"].as_array_mut().unwrap().push(json!(["result", commitment]));
    assert!(!is_read(&core), "decision");
    let mut core = core_of(&decided(5));
    core["fields"] = json!([]);
    assert!(!is_read(&core), "a charged decision without fields");
}

/// RFC 8785 writes numbers as doubles, so readers in other languages see another number above 2^53.
#[test]
fn numbers_have_one_meaning_for_all_readers() {
    for number in [(1_u64 << 53) + 1, u64::MAX] {
        for (kept, cut) in [(number, 1), (1, number)] {
            let written = Record::recovery(kept, cut, now()).to_lines(3);
            let line = written.map(|(line, _)| line).unwrap_or_default();
            assert!(RecordCore::parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}

/// Nothing was found, so nothing is told; nobody was refused, so nothing is counted.
#[test]
fn a_record_says_something() {
    let (line, _) = Record::recovery(0, 1, now()).to_lines(3).unwrap();
    let nothing = line.replace("\"cut\":1", "\"cut\":0");
    assert!(RecordCore::parse(nothing.as_bytes()).is_err(), "{nothing}");
    // More records behind the checkpoint than there are before this one.
    let more = line.replace("\"kept\":0", "\"kept\":4");
    assert!(RecordCore::parse(more.as_bytes()).is_err(), "{more}");
    let refusals = json!({
        "at": "2026-11-23T18:00:00Z", "fields": [], "index": 3, "kind": "refusals", "refused": [],
        "until": "2026-11-23T18:00:01Z", "v": 1,
    });
    assert!(!is_read(&refusals), "{refusals}");
    let mut refusals = refusals;
    refusals["refused"] = json!([["expired", 0]]);
    assert!(!is_read(&refusals), "{refusals}");
    refusals["refused"] = json!([["expired", 1]]);
    refusals["until"] = json!("2026-11-23T17:00:01Z");
    assert!(!is_read(&refusals), "{refusals}");
}

/// The grants are in the chain. After it was erased with all that must go along, the reasons of the
/// refusal still say what was granted.
#[test]
fn a_grant_is_not_found_after_its_chain_was_erased() {
    let record = Record::of(&decided(50), &RecordRules::default()).unwrap();
    let (core, openings) = record.to_lines(3).unwrap();
    let core = RecordCore::parse(core.as_bytes()).unwrap();
    let mut open = Openings::parse(openings.as_bytes()).unwrap();
    let along = FieldKind::Chain.takes_along();
    open.erase(&core, |kind| kind == FieldKind::Chain || along.contains(&kind));
    let left: Value = serde_json::from_str(&open.to_line()).unwrap();
    let place = core.fields.iter().position(|(kind, _)| *kind == FieldKind::Reasons).unwrap();
    // The researcher may read ten.
    assert_eq!(left["open"][place][1], Value::Null, "{}", left["open"][place]);
}

/// The list by which a call was refused is in the checks and in the reasons.
#[test]
fn the_core_has_no_value_of_a_call() {
    for decision in [decided(5), decided(50)] {
        let (core, openings) =
            Record::of(&decision, &RecordRules::default()).unwrap().to_lines(3).unwrap();
        let read: Value = serde_json::from_str(&openings).unwrap();
        for opening in read["open"].as_array().unwrap() {
            let text = opening[1].to_string();
            // No hash of a value without its salt, nor the salt.
            use sha2::{Digest as _, Sha256};
            for bytes in [text.as_bytes(), text.trim_matches('"').as_bytes()] {
                let digest = Sha256::digest(bytes);
                assert!(!core.contains(&hex::encode(digest)));
                assert!(!core.contains(&URL_SAFE_NO_PAD.encode(digest)));
            }
            assert!(!core.contains(opening[0].as_str().unwrap()));
        }
    }
}

/// The greatest numbers of a presentation.
#[test]
fn the_greatest_count_is_read() {
    let mut core = core_of(&decided(5));
    for (count, is_one) in [
        ("18446744073709551615", true),
        ("1", true),
        ("0", false),
        ("01", false),
        ("+1", false),
        ("18446744073709551616", false),
    ] {
        core["count"] = json!(count);
        core["series"] = json!("00000000000000ff");
        assert_eq!(is_read(&core), is_one, "{count}");
    }
    core["count"] = json!("1");
    core["series"] = json!("00000000000000FF");
    assert!(!is_read(&core));
    let line = core.to_string().replace("00000000000000FF", "00000000000000ff");
    let read = RecordCore::parse(line.as_bytes()).unwrap();
    let RecordKind::Decision(own) = read.kind else { panic!() };
    assert!(own.charged.unwrap().counted.is_some());
}
