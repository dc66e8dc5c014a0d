//! Somebody who has the key of a log writes records that no decision made: whatever contradicts the
//! signatures in the values is found, and the rest is the log's word.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::{
    Capability, Counter, Grant, Owner, PresentOptions, Principal, PublicKey, Record, RecordRules,
    ReplayPolicy, Request, RevocationPolicy, Signer as _, SigningKey, Step, Token, TrustAnchor,
    Verifier,
};
use deputize_audit::LogVerifier;
use serde_json::json;
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::cast::{Service, later, now};
use crate::forge::{Forged, verified};
use crate::records::{Lines, bytes};

#[test]
fn honest_records_are_signed() {
    assert_eq!(Lines::honest(1).shown(), [1, 0, 0, 0]);
    // A refused call is compared in the same way.
    let refused = Service::new().refused(now());
    assert_eq!(Lines::of(&refused, &RecordRules::default()).shown(), [1, 0, 0, 0]);
    // Without the signatures, nothing is said about them.
    let log = Lines::honest(1).in_a_log();
    let verdict = LogVerifier::default().without_signatures().verify(&log.files, |_| ()).unwrap();
    assert_eq!((verdict.is_whole(), verdict.signatures), (true, None));
}

/// Values that the service does not keep leave less of the signatures, and contradict nothing.
#[test]
fn values_that_are_not_kept_are_the_word_of_the_log() {
    let decision = Service::new().allowed(1);
    let of = |rules: RecordRules| Lines::of(&decision, &rules).shown();
    assert_eq!(of(RecordRules::default().with_max_value(0)), [0, 1, 0, 0]);
    assert_eq!(of(RecordRules::default().without_values()), [0, 0, 1, 0]);
    let withheld = RecordRules::default().withholding("crm.*".parse().unwrap(), "limit");
    assert_eq!(of(withheld), [0, 0, 1, 0]);
}

/// More arguments than a record has fields, with a context, and names that two orders sort apart.
#[test]
fn calls_with_many_values_are_signed() {
    let service = Service::new();
    let scene = &service.scene;
    let names = (0..80).map(|n| format!("\"n{n}\":{n}.5")).collect::<Vec<_>>().join(",");
    let args = format!("{{{names},\"limit\":5,\"\u{ffff}\":1,\"\u{1f600}\":[1e300,\"\\n\"]}}");
    for context in [false, true] {
        let mut call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
        call = call.with_args(&args).unwrap();
        if context {
            call = call.with_context("round", 7).unwrap().with_context("a", "b").unwrap();
        }
        let anyway = PresentOptions::default().anyway();
        let own = scene.token().present_with(scene.holder_key(), &call, now(), anyway).unwrap();
        let decision = service.verifier.decide(own, call, now());
        let lines = Lines::of(&decision, &RecordRules::default());
        assert_eq!(lines.core["fields"].as_array().unwrap().len(), 64);
        assert_eq!(lines.shown(), [1, 0, 0, 0], "{decision:?}");
    }
}

/// (a) A record with somebody's chain, and without a presentation.
#[test]
fn a_record_without_a_presentation_needs_a_reason() {
    let mut own = Lines::honest(1);
    assert_eq!(own.remove("presentation").code(), "recorded_no_presentation");
    // A value that is withheld would be one. Then the call is the log's word, and the verdict says so.
    own.set("argument", json!({ "name": "limit", "withheld": true }));
    assert_eq!(own.shown(), [0, 0, 1, 0]);
    // Both at once is what no writer writes.
    let mut own = Lines::honest(1);
    own.set("argument", json!({ "name": "limit", "withheld": true }));
    assert_eq!(own.code(), "recorded_withheld");
}

/// A presentation to another service, in a record that shows neither the audience nor the resource.
#[test]
fn a_presentation_without_its_call_shows_no_call() {
    for kind in ["call", "resource"] {
        let mut own = Lines::honest(1);
        own.lose(kind);
        let (codes, signed) = own.judged();
        assert_eq!((codes, signed.presentations, signed.chains), (vec!["value_missing"], 0, 1));
        // Nor can a record do without the field.
        let mut own = Lines::honest(1);
        own.remove(kind);
        assert_eq!(own.code(), "not_a_record", "{kind}");
    }
    let mut own = Lines::honest(1);
    own.lose("argument");
    assert_eq!(own.judged().1.presentations, 1);
}

/// (b), (g) The presentation of another call of the same holder, with its id and without.
#[test]
fn another_presentation_is_noticed() {
    let service = Service::new();
    let [mut one, other] = [1, 2].map(|n| Lines::of(&service.allowed(n), &RecordRules::default()));
    one.set("presentation", other.value("presentation"));
    assert_eq!(one.code(), "recorded_other_presentation");
    one.core("presentation", other.core["presentation"].clone());
    assert_eq!(one.code(), "recorded_other_call");
    let mut own = Lines::honest(1);
    own.core("presentation", "00".repeat(32));
    assert_eq!(own.code(), "recorded_other_presentation");
    let mut own = Lines::honest(1);
    own.core("first_hop", "00".repeat(32));
    assert_eq!(own.code(), "recorded_other_first_hop");
}

/// (c), (i) Other names and keys than those of the chain.
#[test]
fn another_owner_or_agent_is_noticed() {
    for (kind, path) in [
        ("owner", "/name"),
        ("owner", "/kind"),
        ("owner", "/key"),
        ("agents", "/0/name"),
        ("agents", "/0/key"),
        ("hops", "/0"),
    ] {
        let mut own = Lines::honest(1);
        let mut value = own.value(kind);
        *value.pointer_mut(path).unwrap() = json!("mallory");
        own.set(kind, value);
        assert_eq!(own.code(), "recorded_other_value", "{kind}{path}");
    }
    for (kind, more) in [("agents", json!({})), ("hops", json!("00"))] {
        let mut own = Lines::honest(1);
        let mut value = own.value(kind);
        value.as_array_mut().unwrap().push(more);
        own.set(kind, value);
        assert_eq!(own.code(), "recorded_other_value", "{kind}");
    }
}

/// (i) A chain under a root key of one's own, in the name of somebody, is authentic. That the service
/// trusted this key for this owner is the log's word, so a reader compares the key.
#[test]
fn a_chain_under_another_root_is_shown_with_its_key() {
    let [mallory, agent] = [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let to = Principal::agent("researcher", agent.public_key()).unwrap();
    let own: Capability = "crm.read accounts/** limit<=10".parse().unwrap();
    let grant = Grant::new(to, [own], later(300), "a test").unwrap();
    let owner = Owner::human("alice@acme.com").unwrap();
    let token = Token::mint(owner, &mallory, grant, now()).unwrap();
    let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    let call = call.with_args("{\"limit\":5}").unwrap();
    let verifier = Verifier::new(
        TrustAnchor::for_any_owner(mallory.public_key()),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]),
    );
    let decision = verifier.decide(token.present(&agent, &call, now()).unwrap(), call, now());
    let own = Lines::of(&decision, &RecordRules::default());
    assert_eq!(own.shown(), [1, 0, 0, 0]);
    assert_eq!(own.value("owner")["key"], mallory.public_key().to_string());
}

/// (i) A root key under which anybody can make a signature.
#[test]
fn a_chain_under_a_weak_root_is_noticed() {
    let mut own = Lines::honest(1);
    let key: PublicKey = own.value("owner")["key"].as_str().unwrap().parse().unwrap();
    let mut weak = [0; 32];
    weak[0] = 1;
    let mut chain = bytes(&own.value("chain"));
    let place = chain.windows(32).position(|bytes| bytes == key.to_bytes()).unwrap();
    chain[place..place + 32].copy_from_slice(&weak);
    own.set("chain", URL_SAFE_NO_PAD.encode(chain).into());
    assert_eq!(own.code(), "recorded_not_authentic");
}

/// (d) Values that the holder did not sign.
#[test]
fn other_values_of_the_call_are_noticed() {
    type Change = fn(&mut Lines);
    let changes: [Change; 7] = [
        |own| {
            own.set("argument", json!({ "name": "limit", "value": 6 }));
        },
        |own| {
            own.set("argument", json!({ "name": "Limit", "value": 5 }));
        },
        |own| {
            own.set("resource", json!("accounts/2"));
        },
        |own| {
            own.set("call", json!({ "audience": "crm.acme.com", "operation": "crm.write" }));
        },
        |own| {
            own.add("argument", json!({ "name": "more", "value": 1 }));
        },
        |own| {
            own.remove("argument");
        },
        // An argument that is told as a member of the context.
        |own| {
            let (place, value) = (own.place("argument"), own.value("argument"));
            own.core["fields"][place][0] = "context".into();
            own.set("context", value);
        },
    ];
    for (place, change) in changes.iter().enumerate() {
        let mut own = Lines::honest(1);
        change(&mut own);
        assert_eq!(own.code(), "recorded_other_call", "{place}");
    }
}

/// Values of another form, and one argument with two values: a reader could show either.
#[test]
fn malformed_values_are_noticed() {
    for (kind, value) in [
        ("argument", json!({ "name": "limit" })),
        ("argument", json!({ "name": "limit", "value": 5, "more": 1 })),
        ("argument", json!(5)),
        ("call", json!({ "audience": "crm.acme.com" })),
        ("call", json!({ "audience": "crm.acme.com", "more": 1, "operation": "crm.read" })),
        ("resource", json!(5)),
        ("chain", json!(5)),
        ("presentation", json!([])),
    ] {
        let mut own = Lines::honest(1);
        own.set(kind, value.clone());
        assert_eq!(own.code(), "recorded_malformed", "{kind}: {value}");
    }
    let mut own = Lines::honest(1);
    own.add("argument", json!({ "name": "limit", "value": 6 }));
    assert_eq!(own.code(), "recorded_malformed");
}

/// (e) Another audience than the one that the holder named.
#[test]
fn another_audience_is_noticed() {
    let mut own = Lines::honest(1);
    own.set("call", json!({ "audience": "bank.acme.com", "operation": "crm.read" }));
    assert_eq!(own.code(), "recorded_other_audience");
}

/// (f) The time of the record is one at which a verifier accepts the presentation.
#[test]
fn another_time_is_noticed() {
    for (second, is_found) in [(-31, true), (-30, false), (30, false), (31, true), (86_400, true)] {
        let mut own = Lines::honest(1);
        let at = later(second);
        own.core("at", at.format(&Rfc3339).unwrap());
        match is_found {
            true => assert_eq!(own.code(), "recorded_other_time", "{second}"),
            false => assert_eq!(own.shown(), [1, 0, 0, 0], "{second}"),
        }
    }
    // A presentation for a day is accepted for five minutes by the most lenient verifier.
    let service = Service::new();
    let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    let call = call.with_args("{\"limit\":5}").unwrap();
    let long = PresentOptions::default().within(Duration::days(1));
    let scene = &service.scene;
    let own = scene.token().present_with(scene.holder_key(), &call, now(), long).unwrap();
    let honest = Lines::of(&service.verifier.decide(own, call, now()), &RecordRules::default());
    for (second, code) in [(300, None), (301, Some("recorded_other_time"))] {
        let mut own = honest.clone();
        own.core("at", later(second).format(&Rfc3339).unwrap());
        assert_eq!(own.judged().0.first().copied(), code, "{second}");
    }
}

/// A decision in two steps that is concluded too late is refused, and charged to its holder all the
/// same. Its record contradicts nothing.
#[test]
fn a_late_answer_of_a_store_is_no_contradiction() {
    let service = Service::new();
    let verifier = Verifier::new(
        service.scene.anchor(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
        ReplayPolicy::refused_in_two_steps(),
    );
    let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    let call = call.with_args("{\"limit\":5}").unwrap();
    let presentation = service.scene.present(&call).unwrap();
    let Step::Use(pending) = verifier.begin(presentation, call, now()) else { panic!() };
    let answer = pending.presented().answered(Ok(()));
    let decision = pending.conclude(answer, later(40));
    assert!(!decision.is_allowed());
    let own = Lines::of(&decision, &RecordRules::default());
    assert_eq!(
        (&own.core["charged"], &own.core["codes"][0][0]),
        (&json!(true), &json!("presentation_not_fresh"))
    );
    assert_eq!(own.shown(), [1, 0, 0, 0]);
}

/// (h) Whether a call was allowed is the log's word, and so is the time within the window.
#[test]
fn a_refused_call_that_is_told_as_allowed_is_not_noticed() {
    let mut own = Lines::of(&Service::new().refused(now()), &RecordRules::default());
    own.remove("reasons").core("allowed", true).core("codes", json!([]));
    assert_eq!(own.shown(), [1, 0, 0, 0]);
}

/// The series and the count are those that the holder signed.
#[test]
fn another_count_is_noticed() {
    let (service, counter) = (Service::new(), Counter::default());
    let call = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    let call = call.with_args("{\"limit\":5}").unwrap();
    let scene = &service.scene;
    let counted = PresentOptions::default().counted_by(&counter);
    let own = scene.token().present_with(scene.holder_key(), &call, now(), counted).unwrap();
    let honest = Lines::of(&service.verifier.decide(own, call, now()), &RecordRules::default());
    assert_eq!(honest.shown(), [1, 0, 0, 0]);
    for (name, value) in [("count", "2"), ("series", "0000000000000000")] {
        let mut own = honest.clone();
        own.core(name, value);
        assert_eq!(own.code(), "recorded_other_count", "{name}");
    }
    let mut own = Lines::honest(1);
    own.core("count", "1").core("series", "0000000000000000");
    assert_eq!(own.code(), "recorded_other_count");
}

/// Each byte of the chain and of the presentation is signed, or shows that it is not of a token.
#[test]
fn each_byte_of_the_token_counts() {
    for (kind, step) in [("chain", 5), ("presentation", 3)] {
        let honest = Lines::honest(1);
        let whole = bytes(&honest.value(kind));
        for place in (0..whole.len()).step_by(step) {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            let mut own = honest.clone();
            own.set(kind, URL_SAFE_NO_PAD.encode(changed).into());
            let (codes, _) = own.judged();
            assert_eq!(codes.len(), 1, "{kind} {place}");
        }
    }
    for text in ["", "A", "!", "AAAA"] {
        for kind in ["chain", "presentation"] {
            let mut own = Lines::honest(1);
            own.set(kind, text.into());
            assert_eq!(own.code(), "recorded_not_a_token", "{kind} {text}");
        }
    }
}

/// A part of the delegations is in the presentation: the chain is that of the first delegate.
#[test]
fn a_token_that_is_cut_elsewhere_is_noticed() {
    let mut own = Lines::honest(1);
    let (chain, last) = (bytes(&own.value("chain")), bytes(&own.value("presentation")));
    // The number of the hint, then the first block with its length in two bytes.
    let hint = 1 + chain[1..].iter().position(|byte| *byte < 0x80).unwrap() + 1;
    assert_eq!(chain[hint], 2 << 3 | 2);
    let length = usize::from(chain[hint + 1] & 0x7f) | usize::from(chain[hint + 2]) << 7;
    let (first, second) = chain.split_at(hint + 3 + length);
    own.set("chain", URL_SAFE_NO_PAD.encode(first).into());
    own.set("presentation", URL_SAFE_NO_PAD.encode([second, &last].concat()).into());
    for kind in ["agents", "hops"] {
        let value = json!([own.value(kind)[0]]);
        own.set(kind, value);
    }
    assert_eq!(own.code(), "recorded_split");
}

/// A chain that was checked once is remembered by its text: another text is another chain.
#[test]
fn a_chain_is_not_taken_for_another() {
    let mut log = Forged::new(Vec::new());
    let honest = Record::of(&Service::new().allowed(1), &RecordRules::default()).unwrap();
    log.add(&honest);
    let mut own = Lines::honest(2);
    let mut chain = bytes(&own.value("chain"));
    let last = chain.len() - 10;
    chain[last] ^= 1;
    own.set("chain", URL_SAFE_NO_PAD.encode(chain).into()).core("index", 2);
    let openings = json!({ "index": 2, "open": own.open });
    log.add_lines(&own.core.to_string(), &openings.to_string());
    log.add(&honest);
    log.cover();
    let verdict = verified(&log.files);
    let found: Vec<_> = verdict.findings.iter().map(|own| (own.record, own.fault.code())).collect();
    assert_eq!(found, [(Some(2), "recorded_not_authentic")]);
    assert_eq!(verdict.signatures.unwrap().calls, 2);
}
