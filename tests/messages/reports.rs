//! Reports as people and programs read them. Text that an agent chose stays plain text.

use std::collections::HashSet;

use deputize::testing::with_purpose;
use deputize::{
    Capability, CheckState, CheckedFact, Constraint, Decision, DenyCode, Grant, OperationPattern,
    OtherArgs, Owner, ReplayPolicy, Report, RevocationPolicy, Signer, Token, TrustAnchor, Verdict,
    Verifier,
};
use serde_json::Value;
use time::Duration;

use crate::common::{
    agent, alice, anchor, crm_request, denied, first, grant, held, hostile, key, mint, now, owner,
    planner, present, presented, request, researcher, scenes, second, shown, thief, verifier,
    verifier_of,
};
use crate::text_rules::{require_colors, require_inert, require_marks};

/// Keeps the text of a report as a snapshot, and checks the rules that every text obeys.
fn snapshot(name: &str, report: &Report) {
    let text = report.to_string();
    require_inert(&text);
    require_marks(report, &text);
    require_colors(report, &text);
    insta::assert_snapshot!(format!("{name}.text"), text);
}

/// Keeps the JSON too, for the reports that differ in their fields. Its shape is tested against the
/// schema.
fn snapshot_with_json(name: &str, report: &Report) {
    snapshot(name, report);
    insta::assert_snapshot!(format!("{name}.json"), report.to_json().unwrap());
}

#[test]
fn removals_and_verdicts_are_coloured() {
    let allowed = report(&verifier().decide(shown(&presented()), request(), now()));
    let colored = allowed.in_color().to_string();
    assert!(colored.contains("\u{1b}[1;32mALLOWED\u{1b}[0m"), "{colored:?}");
    assert!(colored.contains("\u{1b}[2;9mresource accounts/**\u{1b}[0m (kept"), "{colored:?}");
    let stolen = report(&verifier().decide(shown(&present(held(), &thief())), request(), now()));
    let colored = stolen.in_color().to_string();
    assert!(colored.contains("\u{1b}[1;31mREFUSED\u{1b}[0m"), "{colored:?}");
    let token = Token::parse(&held().to_text()).unwrap();
    let colored = Report::unverified_token(&token, now()).in_color().to_string();
    assert!(colored.contains("\u{1b}[1;33mUNVERIFIED \u{1b}[0m"), "{colored:?}");
}

fn report(decision: &Decision) -> Report {
    Report::of(decision)
}

#[test]
fn an_allowed_call() {
    snapshot_with_json("allow", &scenes::allowed());
}

#[test]
fn a_chain_without_a_request() {
    let chain = verifier().verify(shown(&presented()), now()).unwrap();
    snapshot("verified", &Report::of_chain(&chain));
}

#[test]
fn a_call_that_the_last_of_three_hops_refuses() {
    snapshot_with_json("out_of_scope", &scenes::out_of_scope());
}

#[test]
fn a_stolen_token() {
    snapshot("stolen", &scenes::stolen());
}

#[test]
fn a_hop_signed_with_another_key() {
    let mut raw = presented();
    raw.sign(1, &thief());
    let decision = verifier().decide(shown(&raw), request(), now());
    snapshot("bad_signature", &report(&decision));
}

/// Nothing of it can be shown, but the report says that the signatures were checked.
#[test]
fn a_first_hop_with_a_wrong_signature_or_without_a_key() {
    let mut unsigned = presented();
    unsigned.sign(0, &thief());
    let mut weak = presented();
    weak.blocks[0].next_key = vec![0; 32];
    weak.sign(0, &alice());
    for (raw, code) in [(unsigned, DenyCode::BadSignature), (weak, DenyCode::BadKey)] {
        let report = report(&verifier().decide(shown(&raw), request(), now()));
        let found = serde_json::to_value(&report).unwrap();
        assert_eq!(found["reasons"][0]["code"], code.as_str());
        assert_eq!(checked(&report), [], "{code:?}");
        assert_eq!((&found["owner"], &found["hops"]), (&Value::Null, &serde_json::json!([])));
    }
}

#[test]
fn a_token_of_a_stranger() {
    snapshot("untrusted_root", &scenes::untrusted());
}

#[test]
fn an_unverified_held_token() {
    snapshot_with_json("unverified_token", &scenes::unverified());
}

#[test]
fn an_unverified_presentation() {
    let report = Report::unverified_presentation(&shown(&presented()), now());
    snapshot("unverified_presentation", &report);
}

#[test]
fn a_held_token_sent_to_a_verifier() {
    let decision = verifier().decide(shown(&held()), request(), now());
    snapshot("not_presented", &report(&decision));
}

#[test]
fn a_token_that_cannot_be_read() {
    snapshot("unreadable", &scenes::unreadable());
}

#[test]
fn a_revoked_hop() {
    let chain = verifier().verify(shown(&presented()), now()).unwrap();
    let revoked: HashSet<_> = chain.hops().iter().skip(1).map(deputize::Hop::id).collect();
    let strict = Verifier::new(
        anchor(),
        RevocationPolicy::checked_with(revoked),
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    );
    snapshot("revoked", &report(&strict.decide(shown(&presented()), request(), now())));
    let denial = strict.verify(shown(&presented()), now()).unwrap_err();
    snapshot("revoked_chain", &Report::of_denial(&denial));
}

#[test]
fn a_chain_that_returns_to_an_earlier_delegate() {
    let report = scenes::returned();
    assert_eq!(report.verdict, Verdict::Allow);
    assert!(report.to_string().contains("returned to"));
    snapshot("returned", &report);
}

#[test]
fn an_owner_for_whom_the_key_may_not_speak() {
    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    let decision = verifier_of(bob).decide(shown(&presented()), request(), now());
    snapshot("wrong_owner", &report(&decision));
}

#[test]
fn a_policy_that_refuses() {
    let decision = verifier().decide_with_policy(shown(&presented()), request(), now(), |_, _| {
        Err("not on a Monday\n  ✗ hop 0: everything is fine".to_owned())
    });
    snapshot("policy", &report(&decision));
}

/// Names inside lists, limits on their elements, and a child's limits on an unlimited part.
#[test]
fn limits_inside_lists_and_below() {
    let read = || Capability::new("crm.read", "accounts/**");
    let each = |directory| Constraint::subpath(directory).and_then(Constraint::each).unwrap();
    let outer = read()
        .and_then(|own| own.with_arg("/files/*/path", [each("/srv")]))
        .and_then(|own| own.with_below("filter"))
        .and_then(|own| own.with_below("/files/*/meta"))
        .unwrap();
    let inner = read()
        .and_then(|own| own.with_arg("/files/*/path", [each("/srv/emea"), Constraint::max_len(5)]))
        .and_then(|own| own.with_arg("/filter/owner", [Constraint::equals("me")]))
        .and_then(|own| own.with_below("/filter/more"))
        .unwrap();
    let first = grant("planner", &planner(), outer, Duration::hours(8)).with_max_hops(1);
    let second = grant("researcher", &researcher(), inner, Duration::hours(1));
    let token = Token::mint(owner(), &alice(), first, now()).unwrap();
    let token = token.delegate(&planner(), second, now()).unwrap();
    let args = r#"{"files": [{"path": "/srv/emea/a"}, {"path": "/srv/emea/b"}],
        "filter": {"owner": "me", "more": {"since": [2025.5]}}}"#;
    let call = crm_request("crm.read", "accounts/emea/42", args);
    let shown = token.present(&researcher(), &call, now()).unwrap();
    let decision = verifier().decide(shown, call, now());
    assert!(decision.is_allowed(), "{:?}", report(&decision).reasons);
    let report = report(&decision);
    let hops: Vec<_> = report
        .to_string()
        .lines()
        .filter(|line| ["allows:", "removed:", "ALLOWED"].iter().any(|word| line.contains(word)))
        .map(str::to_owned)
        .collect();
    insta::assert_snapshot!("inside_lists", hops.join("\n"));
}

#[test]
fn a_capability_removed_completely() {
    let all = Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow);
    let mail = Capability::new("mail.*", "drafts/*")
        .and_then(|own| own.with_optional_arg("to", [Constraint::suffix("@acme.com")]))
        .unwrap();
    let first = Grant::new(
        agent("planner", &planner()),
        [all, mail],
        now() + Duration::days(2),
        "everything",
    )
    .unwrap()
    .with_max_hops(3);
    let raw = present(mint(first).delegate(&planner(), second(), now()), &researcher());
    let decision = verifier().decide(shown(&raw), request(), now());
    snapshot("removed", &report(&decision));
}

#[test]
fn untrusted_texts_are_plain_text() {
    for (nth, text) in hostile::HOSTILE.into_iter().enumerate() {
        let reports = hostile::reports(nth, text);
        let [refused, ..] = &reports;
        let codes: Vec<_> = refused.reasons.iter().map(|reason| reason.code).collect();
        assert_eq!(codes, [DenyCode::UnknownArgument; 2], "`n` is not named");
        for report in &reports {
            let text = report.to_string();
            require_inert(&text);
            require_marks(report, &text);
            require_colors(report, &text);
            let json: Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
            let hops = json.get("hops").and_then(Value::as_array).unwrap();
            assert_eq!(hops.len(), report.hops.len());
            // An arrow separates two principals, and is never part of a name.
            let arrows = unquoted(&report.summary).matches('→').count();
            assert_eq!(arrows, report.hops.len(), "{}", report.summary);
        }
    }
}

/// The text without its quoted parts.
fn unquoted(text: &str) -> String {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let keep = |c: &char| {
        let was_quoted = is_quoted;
        is_quoted ^= *c == '"' && !is_escaped;
        is_escaped = is_quoted && *c == '\\' && !is_escaped;
        !was_quoted
    };
    text.chars().filter(keep).collect()
}

#[test]
fn a_hostile_report_reads_like_this() {
    let all = hostile::HOSTILE.concat();
    snapshot_with_json("hostile", &hostile::refused(0, all.get(..48).unwrap()));
    let [.., arrow, _] = hostile::reports(6, hostile::HOSTILE.get(6).unwrap());
    snapshot("hostile_arrow", &arrow);
}

#[test]
fn a_blank_purpose_is_not_shown_as_one() {
    let raw = mint(first()).delegate(&planner(), with_purpose(second(), "\u{200b}"), now());
    let decision = verifier().decide(shown(&present(raw, &researcher())), request(), now());
    let report = report(&decision);
    assert_eq!(report.hops.len(), 1, "what is not ours is not shown");
    require_marks(&report, &report.to_string());
}

#[test]
fn a_hop_cannot_pass_itself_off_as_the_owner() {
    let boss = Owner::human("boss@acme.com").unwrap();
    let raw = mint(first()).delegate_as_owner(boss, &planner(), second(), now());
    let presentation = shown(&present(raw, &researcher()));
    let decision = verifier().decide(presentation.clone(), request(), now());
    let unverified = Report::unverified_presentation(&presentation, now());
    for report in [report(&decision), unverified] {
        let owner = report.owner.as_ref().map(|owner| owner.name.as_str());
        assert_eq!(owner, Some("alice@acme.com"));
        assert_eq!(report.hops.len(), 1, "what is not ours is not shown");
        require_marks(&report, &report.to_string());
    }
}

/// The facts that were checked. Also checks that the report has one check for each fact.
fn checked(report: &Report) -> Vec<CheckedFact> {
    let facts: Vec<_> = report.checks.iter().map(|check| check.what).collect();
    assert_eq!(facts, CheckedFact::ALL);
    let done = report.checks.iter().filter(|check| check.state == CheckState::Done);
    done.map(|check| check.what).collect()
}

/// A report claims no check that a refusal did not reach. The blocks that it shows were checked.
#[test]
fn a_check_that_was_not_reached_is_not_claimed() {
    let stranger = verifier_of(TrustAnchor::for_any_owner(key(50).public_key()));
    let long = verifier().with_max_token_bytes(10);
    for (verifier, raw) in [(stranger, presented()), (long, presented()), (verifier(), held())] {
        let report = report(&verifier.decide(shown(&raw), request(), now()));
        let possession = report.presentation.is_some().then_some(CheckedFact::Possession);
        let expected = [CheckedFact::Signatures, CheckedFact::Form, CheckedFact::Trust];
        let expected: Vec<_> = expected.into_iter().chain(possession).collect();
        assert_eq!(checked(&report), expected, "{report}");
        assert!(report.to_string().ends_with(
            "not checked: everything else: a chain that is not authentic is not examined further"
        ));
    }
}

/// A root key that may not speak for the owner proves nothing, even where the chain breaks later.
#[test]
fn an_owner_is_verified_only_by_a_key_that_may_speak_for_it() {
    let stolen = present(held(), &thief());
    let key = alice().public_key();
    let expired = TrustAnchor::new(key, "alice@acme.com").with_valid_until(now());
    for (anchor, is_trusted) in [
        (TrustAnchor::new(key, "alice@acme.com"), true),
        (TrustAnchor::for_any_owner(key), true),
        (TrustAnchor::new(key, "bob@acme.com"), false),
        (expired, false),
    ] {
        let decision = verifier_of(anchor).decide(shown(&stolen), request(), now());
        let report = Report::of(&decision);
        require_marks(&report, &report.to_string());
        let hops: Vec<_> = report.hops.iter().map(|hop| hop.trusted).collect();
        assert_eq!(hops, [is_trusted, is_trusted]);
        assert_eq!(report.trusted, is_trusted);
        assert!(denied(decision).has(DenyCode::NotTheHolder));
    }
}
