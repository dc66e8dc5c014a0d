//! Reports as people and programs read them, and that nothing an agent chose is more than text.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod common;

use std::collections::HashSet;

use common::{
    agent, alice, anchor, asking, close, close_over, denied, first, grant, held, is_hostile, key,
    mint, now, planner, presented, reading, request, researcher, second, shown, thief, verifier,
    verifier_of, writer,
};
use deputize::forge::{Forge, with_purpose};
use deputize::{
    Capability, Code, Constraint, Decision, Grant, Kind, OtherArgs, Owner, Principal, Replays,
    Report, Request, Revocation, Signer, Token, TrustAnchor, Verifier,
};
use serde_json::Value;
use time::Duration;

/// Keeps the text and the JSON of a report, and asks of the text what every text must keep to.
fn snapshot(name: &str, report: &Report) {
    let text = report.to_string();
    require_inert(&text);
    require_marks(report, &text);
    require_colors(report, &text);
    insta::assert_snapshot!(format!("{name}.text"), text);
    insta::assert_snapshot!(format!("{name}.json"), report.to_json().unwrap());
}

/// Nothing in the text can do anything but be read.
fn require_inert(text: &str) {
    let hostile = text.chars().find(|c| is_hostile(*c) && *c != '\n');
    assert_eq!(hostile, None, "{text}");
}

/// Every line that claims something of a hop whose signature proves nothing says so; and none
/// stands on a line with another.
fn require_marks(report: &Report, text: &str) {
    let claims: Vec<_> = text.lines().filter_map(claim).collect();
    let expected: usize = report
        .hops
        .iter()
        .map(|hop| {
            let there = |yes: bool| usize::from(yes);
            // The hop itself, its purpose, its dates and its id.
            4 + there(hop.returned_to.is_some())
                + hop.allows.len()
                + hop.removed.len()
                + there(hop.audience.is_some())
                + there(hop.delegates.is_some())
        })
        .sum();
    let presented = usize::from(report.presentation.is_some());
    assert_eq!(claims.len(), expected + presented, "{text}");
    let mut authentic = false;
    let mut hops = report.hops.iter();
    for claim in claims {
        if claim.starts_with("└─ ") {
            let of_presentation = || report.presentation.as_ref().map(|own| own.authentic);
            authentic = hops.next().map(|hop| hop.authentic).or_else(of_presentation).unwrap();
        }
        let claim = claim.trim_start_matches("└─ ");
        let is_marked = claim.starts_with("UNVERIFIED ");
        assert_eq!(!is_marked, authentic, "{claim}\n{text}");
    }
    if !report.authentic {
        assert!(text.starts_with("UNVERIFIED"), "{text}");
    }
    for reason in &report.reasons {
        let line = format!("  ✗ {reason}");
        assert_eq!(text.lines().filter(|own| *own == line).count(), 1, "{text}");
    }
}

/// The colours are all that is added: whoever takes away what begins with an escape and ends with
/// an `m` has the text again, and every colour ends where it began to be needed.
fn require_colors(report: &Report, text: &str) {
    let colored = report.in_color().to_string();
    let mut parts = colored.split('\u{1b}');
    let mut plain = parts.next().unwrap().to_owned();
    let mut is_on = false;
    for part in parts {
        let (sgr, rest) = part.split_once('m').unwrap();
        assert!(
            sgr.starts_with('[') && sgr.chars().skip(1).all(|c| c == ';' || c.is_ascii_digit())
        );
        assert_eq!(sgr == "[0", is_on, "{colored:?}");
        is_on = !is_on;
        plain.push_str(rest);
    }
    assert!(!is_on);
    assert_eq!(plain, text);
    assert_ne!(colored, text);
}

#[test]
fn what_is_gone_and_what_was_decided_stand_out() {
    let allowed = report(&verifier().decide(shown(&presented()), request(), now()));
    let colored = allowed.in_color().to_string();
    assert!(colored.contains("\u{1b}[1;32mALLOWED\u{1b}[0m"), "{colored:?}");
    assert!(colored.contains("\u{1b}[2;9mresource accounts/**\u{1b}[0m (kept"), "{colored:?}");
    let stolen = report(&verifier().decide(shown(&close(held(), &thief())), request(), now()));
    let colored = stolen.in_color().to_string();
    assert!(colored.contains("\u{1b}[1;31mREFUSED\u{1b}[0m"), "{colored:?}");
    let token = Token::parse(&held().to_text()).unwrap();
    let colored = Report::unverified_token(&token, now()).in_color().to_string();
    assert!(colored.contains("\u{1b}[1;33mUNVERIFIED \u{1b}[0m"), "{colored:?}");
}

/// A line of the tree, without its indentation.
fn claim(line: &str) -> Option<&str> {
    let inner = line.trim_start();
    let is_detail = line.starts_with("      ") && !inner.is_empty();
    (inner.starts_with("└─ ") || is_detail).then_some(inner)
}

fn report(decision: &Decision) -> Report {
    Report::of(decision)
}

#[test]
fn an_allowed_call() {
    let decision = verifier().decide(shown(&presented()), request(), now());
    snapshot("allow", &report(&decision));
}

#[test]
fn a_chain_of_which_nothing_was_asked() {
    let chain = verifier().verify(shown(&presented()), now()).unwrap();
    snapshot("verified", &Report::of_chain(&chain));
}

#[test]
fn a_call_that_the_last_of_three_hops_refuses() {
    let third = Grant::new(
        Principal::new("reader", Kind::Service, writer().public_key()).unwrap(),
        [Capability::new("crm.read", "accounts/emea/*")
            .and_then(|own| own.with_arg("limit", [Constraint::one_of([1, 5])]))
            .unwrap()],
        now() + Duration::seconds(90),
        "one account at a time",
    )
    .and_then(|grant| grant.with_audience(["crm.acme.com"]))
    .and_then(|grant| grant.with_not_before(now()))
    .and_then(|grant| grant.with_delegates([key(5).public_key()]))
    .unwrap();
    let call = asking("crm.read", "accounts/emea/42/notes", r#"{"limit": 5}"#);
    let forge = held().delegate(&researcher(), third, now());
    let forge = close_over(forge, &writer(), &call);
    let decision = verifier().decide(shown(&forge), call, now() + Duration::seconds(20));
    snapshot("out_of_scope", &report(&decision));
}

#[test]
fn a_stolen_token() {
    let decision = verifier().decide(shown(&close(held(), &thief())), request(), now());
    snapshot("stolen", &report(&decision));
}

#[test]
fn a_hop_that_another_signed() {
    let mut forge = presented();
    forge.sign(1, &thief());
    let decision = verifier().decide(shown(&forge), request(), now());
    snapshot("bad_signature", &report(&decision));
}

#[test]
fn a_token_of_a_stranger() {
    let bob = TrustAnchor::for_any_owner(key(50).public_key());
    let decision = verifier_of(bob).decide(shown(&presented()), request(), now());
    snapshot("untrusted_root", &report(&decision));
}

#[test]
fn a_held_token_that_nobody_verified() {
    let token = Token::parse(&held().to_text()).unwrap();
    snapshot("unverified_token", &Report::unverified_token(&token, now()));
}

#[test]
fn a_presentation_that_nobody_verified() {
    let report = Report::unverified_presentation(&shown(&presented()), now());
    snapshot("unverified_presentation", &report);
}

#[test]
fn a_held_token_shown_to_a_verifier() {
    let decision = verifier().decide(shown(&held()), request(), now());
    snapshot("not_presented", &report(&decision));
}

#[test]
fn a_token_that_cannot_be_read() {
    let mut forge = presented();
    for (hop, signer) in [alice(), planner(), researcher()].iter().enumerate() {
        forge.blocks.iter_mut().for_each(|block| block.content = vec![0xff]);
        forge.sign(hop, signer);
    }
    let decision = verifier().decide(shown(&forge), request(), now());
    snapshot("unreadable", &report(&decision));
}

#[test]
fn a_revoked_hop() {
    let chain = verifier().verify(shown(&presented()), now()).unwrap();
    let revoked: HashSet<_> = chain.hops().iter().skip(1).map(deputize::Hop::id).collect();
    let strict = Verifier::new(
        [anchor()],
        Revocation::checked_with(revoked),
        Replays::AcceptedForReadOnlyCalls,
    );
    snapshot("revoked", &report(&strict.decide(shown(&presented()), request(), now())));
    let denial = strict.verify(shown(&presented()), now()).unwrap_err();
    snapshot("revoked_chain", &Report::of_denial(&denial));
}

#[test]
fn a_chain_that_returns_to_an_earlier_delegate() {
    let back = grant("planner", &planner(), reading("accounts/emea/42", 5), Duration::minutes(5));
    let forge = close(held().delegate(&researcher(), back, now()), &planner());
    let decision = verifier().decide(shown(&forge), request(), now());
    assert!(decision.is_allowed());
    let report = report(&decision);
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

#[test]
fn a_capability_taken_away_whole() {
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
    let forge = close(mint(first).delegate(&planner(), second(), now()), &researcher());
    let decision = verifier().decide(shown(&forge), request(), now());
    snapshot("removed", &report(&decision));
}

// Everything that somebody else chose, as bad as it can be.

const HOSTILE: [&str; 10] = [
    "alice\n  ✗ hop 0: expired [expired]",
    "\u{1b}[2K\u{1b}[1A\u{1b}]0;owned\u{7}",
    "\u{202e}gnp.exe\u{2066}",
    "a\u{200b}b\u{feff}c\u{2060}d\u{ad}e",
    "</script><script>alert(1)</script>",
    "| a | b |\n|---|---|\n[x](javascript:y)",
    "\" → evil",
    "\\\" \\u{200b} ```",
    "line\u{2028}paragraph\u{2029}next\u{85}tab\tnul\0",
    "\u{e0041}\u{e0042}\u{3164}UNVERIFIED ",
];

fn hostile_chain(nth: usize, text: &str) -> (Forge, Request) {
    let longest = format!("{text}{}", "x".repeat(256_usize.saturating_sub(text.len())));
    let owner = Owner::human(text).unwrap();
    let args = serde_json::json!({ "note": text, longest.as_str(): [text], "n": nth });
    let call = Request::new("crm.read", "accounts/→/<b>\"", "crm \"acme\" </b>")
        .and_then(|call| call.with_arg_map(args.as_object().unwrap().clone()))
        .unwrap();
    let own = |most: usize| {
        let values = [text, "other"];
        Capability::new("crm.read", "**")
            .and_then(|own| {
                own.with_arg("note", [Constraint::one_of(values.into_iter().take(most))])
            })
            .and_then(|own| own.with_arg(longest.clone(), [Constraint::subset_of([text])]))
            .and_then(|own| {
                own.with_optional_arg(text, [Constraint::prefix(text), Constraint::suffix(text)])
            })
            .unwrap()
    };
    let grant = |name: &str, seed: u8, own: Capability| {
        let to = Principal::new(name, Kind::Organization, key(seed).public_key()).unwrap();
        let grant = Grant::new(to, [own], now() + Duration::hours(1), text).unwrap();
        grant.with_max_hops(1).with_audience(["crm \"acme\" </b>"]).unwrap()
    };
    let forge = Forge::mint(owner, &alice(), grant(text, 2, own(2)), now(), common::TOKEN_ID)
        .delegate(&planner(), grant(&longest, 3, own(1)), now());
    (close_over(forge, &researcher(), &call), call)
}

#[test]
fn whatever_somebody_chose_is_nothing_but_text() {
    for (nth, text) in HOSTILE.into_iter().enumerate() {
        let (forge, call) = hostile_chain(nth, text);
        let anyone = verifier_of(TrustAnchor::for_any_owner(alice().public_key()));
        let denial = denied(anyone.decide(shown(&forge), call.clone(), now()));
        assert!(denial.has(Code::ArgumentNotNamed), "`n` is not named");
        let held = {
            let mut held = forge.clone();
            held.blocks.pop();
            held.proof = common::held().proof;
            Token::parse(&held.to_text()).unwrap()
        };
        let refused = |reason: &str| {
            let reason = reason.to_owned();
            let open = close(mint(first()), &planner());
            report(
                &verifier().decide_with_policy(shown(&open), request(), now(), |_, _| Err(reason)),
            )
        };
        let stranger = verifier().decide(shown(&forge), call.clone(), now());
        let reports = [
            Report::of_denial(&denial),
            Report::unverified_token(&held, now()),
            Report::unverified_presentation(&shown(&forge), now()),
            report(&stranger),
            refused(text),
        ];
        for report in &reports {
            let text = report.to_string();
            require_inert(&text);
            require_marks(report, &text);
            require_colors(report, &text);
            let json: Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
            let hops = json.get("hops").and_then(Value::as_array).unwrap();
            assert_eq!(hops.len(), report.hops.len());
            // An arrow stands between two parties, never within the name of one.
            let arrows = unquoted(&report.summary).matches('→').count();
            assert_eq!(arrows, report.hops.len(), "{}", report.summary);
        }
    }
}

/// The text without what stands in quotes.
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
    let all = HOSTILE.concat();
    let (forge, call) = hostile_chain(0, all.get(..48).unwrap());
    let anyone = verifier_of(TrustAnchor::for_any_owner(alice().public_key()));
    let decision = anyone.decide(shown(&forge), call, now());
    snapshot("hostile", &report(&decision));
    let (forge, call) = hostile_chain(6, HOSTILE.get(6).unwrap());
    let decision = verifier().decide(shown(&forge), call, now());
    snapshot("hostile_arrow", &report(&decision));
}

#[test]
fn a_blank_purpose_is_not_shown_as_one() {
    let forge = mint(first()).delegate(&planner(), with_purpose(second(), "\u{200b}"), now());
    let decision = verifier().decide(shown(&close(forge, &researcher())), request(), now());
    let report = report(&decision);
    assert_eq!(report.hops.len(), 1, "what is not ours is not shown");
    require_marks(&report, &report.to_string());
}

#[test]
fn a_hop_cannot_pass_itself_off_as_the_owner() {
    let boss = Owner::human("boss@acme.com").unwrap();
    let forge = mint(first()).delegate_as_owner(boss, &planner(), second(), now());
    let presentation = shown(&close(forge, &researcher()));
    let decision = verifier().decide(presentation.clone(), request(), now());
    let unverified = Report::unverified_presentation(&presentation, now());
    for report in [report(&decision), unverified] {
        let owner = report.owner.as_ref().map(|owner| owner.name.as_str());
        assert_eq!(owner, Some("alice@acme.com"));
        assert_eq!(report.hops.len(), 1, "what is not ours is not shown");
        require_marks(&report, &report.to_string());
    }
}

#[test]
fn a_check_that_was_not_reached_is_not_claimed() {
    let stranger = verifier_of(TrustAnchor::for_any_owner(key(50).public_key()));
    let long = verifier().with_max_token_bytes(10);
    for (verifier, forge) in [(stranger, presented()), (long, presented()), (verifier(), held())] {
        let report = report(&verifier.decide(shown(&forge), request(), now()));
        assert!(report.checked.is_empty(), "{report}");
    }
}

/// A root key that may not speak for the owner proves nothing, even where the chain breaks later.
#[test]
fn nobody_is_proven_by_a_key_that_may_not_speak_for_them() {
    let stolen = close(held(), &thief());
    let key = alice().public_key();
    let expired = TrustAnchor::new(key, "alice@acme.com").with_valid_until(now());
    for (anchor, is_proven) in [
        (TrustAnchor::new(key, "alice@acme.com"), true),
        (TrustAnchor::for_any_owner(key), true),
        (TrustAnchor::new(key, "bob@acme.com"), false),
        (expired, false),
    ] {
        let decision = verifier_of(anchor).decide(shown(&stolen), request(), now());
        let report = Report::of(&decision);
        require_marks(&report, &report.to_string());
        let hops: Vec<_> = report.hops.iter().map(|hop| hop.authentic).collect();
        assert_eq!(hops, [is_proven, is_proven]);
        let owner = report.owner.unwrap();
        assert_eq!(owner.key.is_some(), is_proven);
        assert!(denied(decision).has(Code::NotTheHolder));
    }
}
