//! Summaries of reports: nobody is charged with calls that they did not sign.

use crate::common::{
    agent, alice, anchor, held, key, now, owner, planner, present, present_for, presented, request,
    request_for, researcher, scenes, shown, thief, token, verifier, verifier_of,
    verifier_without_guard,
};
use deputize::limits::{MAX_SUMMARY_CALLS, MAX_SUMMARY_ROWS, SUMMARY_SHARES};
use deputize::testing::RawToken;
use deputize::{
    Capability, Decision, Grant, Owner, PresentOptions, Report, Request, Signer, SigningKey,
    Summary, Token, TrustAnchor, TrustAnchors, Verifier,
};
use serde_json::Value;
use time::Duration;

fn summary(reports: impl IntoIterator<Item = Report>) -> Summary {
    let mut summary = Summary::default();
    reports.into_iter().for_each(|report| summary.add(&report));
    summary
}

fn json(summary: &Summary) -> Value {
    serde_json::from_str(&summary.to_json().unwrap()).unwrap()
}

fn report(decision: &Decision) -> Report {
    Report::of(decision)
}

/// An agent of the study captured a presentation, changed its call, and sent it again. A table by
/// names charged the holder with both.
#[test]
fn a_captured_presentation_is_charged_to_nobody() {
    let crm = verifier();
    let beyond = present_for(held(), &researcher(), &request_for("accounts/apac/7"));
    let decide = |raw: &RawToken, call: Request| report(&crm.decide(shown(raw), call, now()));
    let bob = verifier_of(TrustAnchor::new(alice().public_key(), "bob@acme.com"));
    let mut unsigned = presented();
    unsigned.sign(1, &thief());
    let summary = summary([
        decide(&presented(), request_for("accounts/emea/8")),
        decide(&presented(), request()),
        decide(&presented(), request()),
        decide(&beyond, request_for("accounts/apac/7")),
        // A refused presentation that arrives again is not charged twice.
        decide(&beyond, request_for("accounts/apac/7")),
        decide(&present(held(), &thief()), request()),
        decide(&unsigned, request()),
        decide(&held(), request()),
        report(&bob.decide(shown(&presented()), request(), now())),
        scenes::unreadable(),
        // No calls.
        Report::of_token(&crm, &token(), now()),
        scenes::unverified(),
    ]);
    insta::assert_snapshot!(summary, @r"
    alice@acme.com (root key 8a88e3dd7409f195)
      researcher (key ed4928c628d1c2c6)
        crm.read on accounts/apac/7     0 allowed  1 refused: resource_not_granted 1
        crm.read on accounts/emea/42    1 allowed  0 refused
    unknown callers                     0 allowed  6 refused: not_presented 1, bad_signature 1, not_the_holder 1, not_canonical 1, owner_not_trusted 1, wrong_request 1
    presentations that arrived before   0 allowed  2 refused: resource_not_granted 1, replayed 1
    ");
    let json = json(&summary);
    assert_eq!(json["without_call"], 2);
    let [root] = json["roots"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!(root["key"], alice().public_key().to_string());
    assert_eq!(root["owners"][0]["holders"].as_array().unwrap().len(), 1);
    assert_eq!(root["owners"][0]["holders"][0]["key"], researcher().public_key().to_string());
}

/// A holder's token and a call by it, under any root.
fn called(
    verifier: &Verifier,
    root: &SigningKey,
    owner: Owner,
    (name, holder): (&str, &SigningKey),
    resource: &str,
) -> Report {
    let all = Capability::new("*", "**").unwrap();
    let end = now() + Duration::hours(1);
    let grant = Grant::new(agent(name, holder), [all], end, "a test").unwrap();
    let token = Token::mint(owner, root, grant, now()).unwrap();
    let call = Request::new("crm.read", resource, "crm.acme.com").unwrap();
    let options = PresentOptions::default().anyway();
    let presentation = token.present_with(holder, &call, now(), options).unwrap();
    report(&verifier.decide(presentation, call, now()))
}

#[test]
fn names_never_bring_rows_together() {
    let anyone = [
        TrustAnchor::for_any_owner(alice().public_key()),
        TrustAnchor::for_any_owner(key(50).public_key()),
    ];
    let crm = verifier_without_guard(TrustAnchors::new(anyone).unwrap());
    let (a, b) = (planner(), researcher());
    let mallory = Owner::human("alice@acme.com").unwrap();
    let spelt = Owner::human("\u{430}lice@acme.com").unwrap();
    let summary = summary([
        called(&crm, &alice(), owner(), ("planner", &a), "x"),
        called(&crm, &alice(), owner(), ("planner", &b), "x"),
        called(&crm, &alice(), owner(), ("pl\u{430}nner", &b), "x"),
        called(&crm, &key(50), mallory, ("planner", &a), "x"),
        called(&crm, &alice(), spelt, ("planner", &a), "x"),
    ]);
    let shown = summary.to_string().replace('\u{430}', r"\u{430}");
    insta::assert_snapshot!(shown, @r#"
    alice@acme.com (root key 5e212c0980e4b39f)
      planner (key 8139770ea87d175f)
        crm.read on x   1 allowed  0 refused (replay not checked: 1)
    alice@acme.com (root key 8a88e3dd7409f195)
      planner (key 8139770ea87d175f)
        crm.read on x   1 allowed  0 refused (replay not checked: 1)
      planner, "pl\u{430}nner" (key ed4928c628d1c2c6)
        crm.read on x   2 allowed  0 refused (replay not checked: 2)
    "\u{430}lice@acme.com" (root key 8a88e3dd7409f195)
      planner (key 8139770ea87d175f)
        crm.read on x   1 allowed  0 refused (replay not checked: 1)
    "#);
}

/// An agent that makes keys, owners and calls takes room only from those under its own root key.
#[test]
fn what_is_not_listed_is_counted() {
    let roots = [alice(), key(50), key(51), key(52), key(53)];
    let anyone = roots.iter().map(|root| TrustAnchor::for_any_owner(root.public_key()));
    let crm = verifier_without_guard(TrustAnchors::new(anyone).unwrap());
    let one = called(&crm, &alice(), owner(), ("planner", &planner()), "x");
    // Reports that differ in what the rows are about; a decision about each would take long.
    let report = |root: &SigningKey, owner: usize, holder: usize, call: usize| {
        let mut report = one.clone();
        let first = report.owner.as_mut().unwrap();
        (first.name, first.key) = (format!("owner {owner}"), root.public_key().to_string());
        report.hops.last_mut().unwrap().to.key = format!("holder {holder}");
        report.request.as_mut().unwrap().resource = format!("accounts/{call}");
        report
    };
    let mut summary = Summary::default();
    for call in 0..MAX_SUMMARY_CALLS + 3 {
        summary.add(&report(&alice(), 0, 0, call));
    }
    let share = MAX_SUMMARY_ROWS / SUMMARY_SHARES;
    for root in &roots[..SUMMARY_SHARES] {
        for n in 0..share + 2 {
            summary.add(&report(root, n % 3, n + 1, 0));
        }
    }
    // Existing rows go on counting. There is no room for another root key.
    summary.add(&report(&alice(), 0, 0, 0));
    summary.add(&report(&roots[4], 0, 0, 0));
    let rows = json(&summary);
    let roots = rows["roots"].as_array().unwrap();
    assert_eq!((roots.len(), &rows["other_calls"]["allowed"]), (SUMMARY_SHARES, &1.into()));
    for root in roots {
        let is_first = root["key"] == alice().public_key().to_string();
        let rest = if is_first { MAX_SUMMARY_CALLS + 2 } else { 2 };
        assert_eq!(root["other_calls"]["allowed"], rest, "{}", root["key"]);
        let owners = root["owners"].as_array().unwrap();
        let holders = owners.iter().flat_map(|own| own["holders"].as_array().unwrap());
        let calls: usize = holders.map(|own| own["calls"].as_array().unwrap().len()).sum();
        assert_eq!(calls, share);
        let own = &owners[0]["holders"][0];
        if is_first {
            assert_eq!(
                (&own["key"], &own["other_calls"]["allowed"]),
                (&"holder 0".into(), &3.into())
            );
            assert_eq!(own["calls"][0]["allowed"], 2);
        }
    }
    let text = summary.to_string();
    for row in ["\n    other calls ", "\nother calls (root key ", "\nother calls   "] {
        assert!(text.contains(row), "{row}");
    }
}

#[test]
fn first_use_that_was_not_checked_is_said() {
    let crm = verifier_without_guard(anchor());
    let twice = [0, 1].map(|_| report(&crm.decide(shown(&presented()), request(), now())));
    let text = summary(twice).to_string();
    assert!(text.ends_with("2 allowed  0 refused (replay not checked: 2)\n"), "{text}");
    assert_eq!(Summary::default().to_string(), "no calls\n");
}

/// Other claims of the report do not matter.
#[test]
fn nobody_is_charged_under_a_root_key_that_is_not_trusted() {
    let allowed = scenes::allowed();
    let (mut doubted, mut unknown) = (allowed.clone(), allowed);
    doubted.trusted = false;
    unknown.called_by = None;
    let text = summary([doubted, unknown]).to_string();
    assert_eq!(text, "unknown callers   2 allowed  0 refused\n");
}

/// Names and resources are plain text in their rows.
#[test]
fn hostile_texts_stay_in_their_row() {
    use crate::common::hostile;
    for (nth, text) in hostile::HOSTILE.into_iter().enumerate() {
        let summary = summary([hostile::refused(nth, text)]);
        let shown = summary.to_string();
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(!shown.chars().any(|c| c != '\n' && deputize::text::is_invisible(c)), "{shown:?}");
    }
}
