//! The attacker is an agent whose hops are shown to people, and wants a report to state something
//! untrue, or to hide something.

use deputize::testing::{RawToken, without_capabilities};
use deputize::text::visible_json;
use deputize::{Capability, Constraint, Grant, OtherArgs, Report, Request, Signer, Token, Verdict};
use deputize_pages::report_page;
use time::Duration;

use crate::common::forging::terminal;
use crate::common::{
    agent, crm_request, decided, denied, first, grant, held, is_hostile, mint, now, planner,
    present, present_for, presented, reading, request, researcher, second, shown, thief, verifier,
};

/// Every format for people.
fn forms(report: &Report) -> [String; 5] {
    let (markdown, html) = (report.to_markdown(), report_page(report));
    [report.to_string(), markdown, report.to_mermaid(), report.to_dot(), html]
}

/// A hop that claims more than its parent gains nothing, but a reader must see the claim.
#[test]
fn a_hop_that_claims_more_than_it_has_is_reported() {
    let all = Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow);
    let wide = grant("researcher", &researcher(), all, Duration::minutes(5)).with_max_hops(31);
    let token = mint(first()).delegate(&planner(), wide, now());
    let report = Report::of_token(&verifier(), &Token::parse(&token.to_text()).unwrap(), now());
    assert_eq!(report.verdict, Verdict::Verified);
    let hop = report.hops.last().unwrap();
    assert_eq!(
        hop.notes,
        [
            "claims more than its parent grants, without effect: capability 0 widens the \
             operation from `crm.read` to `*`",
            "claims 31 further hops, without effect: its parent leaves 2",
        ]
    );
    for form in forms(&report) {
        assert!(form.contains("claims") && form.contains("without effect"), "{form}");
    }
    let honest = Report::of_token(&verifier(), &Token::parse(&held().to_text()).unwrap(), now());
    assert!(honest.hops.iter().all(|hop| hop.notes.is_empty()));
}

#[test]
fn a_hop_that_grants_nothing_is_reported() {
    let empty = without_capabilities(second());
    let token = mint(first()).delegate(&planner(), empty, now());
    let report = Report::of_token(&verifier(), &Token::parse(&token.to_text()).unwrap(), now());
    assert_eq!(report.hops.last().unwrap().notes, ["grants nothing: every call is refused"]);
}

/// Many blanks would push the text after them to where a terminal or a drawing starts a new line.
#[test]
fn runs_of_blanks_are_not_collapsed() {
    let purpose = format!("ok{}ALLOWED by alice@acme.com", " ".repeat(60));
    let to = agent("planner", &planner());
    let grant =
        Grant::new(to, [reading("accounts/**", 5)], now() + Duration::hours(1), purpose).unwrap();
    let call = crm_request("crm.read", "accounts/1", r#"{"limit":1,"note":"x     y"}"#);
    let presented = present_for(mint(grant), &planner(), &call);
    let report = Report::of(&verifier().decide(shown(&presented), call, now()));
    for form in forms(&report) {
        assert!(!form.contains("ok  "), "{form}");
        assert!(!form.contains("x  "), "{form}");
    }
    assert!(report.to_string().contains(r#"purpose:   "ok \u{20}\u{20}"#), "{report}");
}

/// A long value must not hide those behind it.
#[test]
fn long_values_hide_nothing() {
    let long = "x".repeat(2_000);
    let own = Capability::new("crm.read", "accounts/**")
        .and_then(|own| own.with_arg("a", [Constraint::one_of([long.as_str()])]))
        .and_then(|own| own.with_arg("zz", [Constraint::max(5)]))
        .unwrap()
        .with_other_args(OtherArgs::Allow);
    let grant = grant("planner", &planner(), own, Duration::hours(1));
    let args = format!(r#"{{"a":"{long}","limit":5,"to":"mallory@evil.com","zz":1}}"#);
    let call = crm_request("crm.read", "accounts/1", &args);
    let presented = present_for(mint(grant), &planner(), &call);
    let report = Report::of(&verifier().decide(shown(&presented), call, now()));
    assert_eq!(report.verdict, Verdict::Allow);
    for form in [report.to_string(), report.to_markdown(), report_page(&report)] {
        for what in ["mallory@evil.com", "with any other arguments"] {
            assert!(form.contains(what), "{what}: {form}");
        }
        assert!(form.contains("zz <= 5") || form.contains("zz &lt;= 5"), "{form}");
    }
}

/// Blocks that are not shown are counted.
#[test]
fn blocks_that_cannot_be_read_are_counted() {
    let mut broken = presented();
    broken.blocks.get_mut(1).unwrap().content = vec![0xff];
    let report = Report::unverified_presentation(&shown(&broken), now());
    assert_eq!((report.hops.len(), report.not_shown), (1, 2));
    for form in forms(&report).iter().take(2) {
        assert!(form.contains("UNVERIFIED 2 more blocks, not shown"), "{form}");
    }
    let whole = Report::unverified_presentation(&shown(&presented()), now());
    assert_eq!(whole.not_shown, 0);
}

/// Eight hops may each refuse, and each may have a limit of many kilobytes.
#[test]
fn reasons_are_short_whatever_they_are_about() {
    let long = |last: char| format!("{}{last}", "\u{1}".repeat(4_000));
    let own = Capability::new("crm.read", "accounts/**")
        .and_then(|own| {
            own.with_arg("limit", [Constraint::one_of([long('a').as_str(), long('b').as_str()])])
        })
        .unwrap();
    let presented =
        present(mint(grant("planner", &planner(), own, Duration::hours(1))), &planner());
    let report = Report::of(&decided(&presented));
    let reason = report.reasons.first().unwrap();
    assert!(reason.message.chars().count() < 600, "{}", reason.message);
    assert!(reason.message.ends_with("and it is 5"), "{}", reason.message);
    assert!(report.summary.chars().count() < 1_000);
}

#[test]
fn a_presentation_that_refuses_is_marked() {
    let late = now() + Duration::minutes(5);
    let report = Report::of(&verifier().decide(shown(&presented()), request(), late));
    assert!(report.presentation.as_ref().unwrap().refused);
    for form in forms(&report).iter().filter(|form| !form.starts_with("---")) {
        assert_eq!(form.matches("refused here").count(), 1, "{form}");
    }
    let fresh = Report::of(&decided(&presented()));
    assert!(!fresh.presentation.unwrap().refused);
}

/// A log or a terminal may show JSON as it is.
#[test]
fn json_has_no_invisible_characters() {
    let name = "p\u{9b}31m\u{202e}\u{200b}\u{7f}\u{e0041}\u{2028}";
    let call =
        crm_request("crm.read", "accounts/1", &serde_json::json!({ "limit": name }).to_string());
    let chain = present_for(mint(first()), &planner(), &call);
    let json = Report::of(&verifier().decide(shown(&chain), call, now())).to_json().unwrap();
    assert_eq!(json.chars().find(|c| is_hostile(*c) && *c != '\n'), None, "{json}");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        value.pointer("/request/args/limit").and_then(serde_json::Value::as_str),
        Some(name)
    );
    assert_eq!(visible_json("{\"\u{e0041}\": 1}\n"), "{\"\\udb40\\udc41\": 1}\n");
}

/// Two texts that look the same would make a reason unintelligible.
#[test]
fn a_text_that_looks_like_the_right_one_is_shown_with_the_difference() {
    let decide = |own: &str, service: &str, call: Request| {
        let grant = grant("planner", &planner(), reading(own, 9), Duration::hours(1));
        let grant = grant.with_audience([service]).unwrap();
        let chain = present_for(mint(grant), &planner(), &call);
        denied(verifier().decide(shown(&chain), call, now())).reasons()[0].message.clone()
    };
    let args = r#"{"limit": 5}"#;
    let composed = || crm_request("crm.read", "caf\u{e9}/1", args);
    assert_eq!(
        decide("cafe\u{301}/**", "crm.acme.com", composed()),
        r#"grants crm.read on "cafe\u{301}/**", not on "caf\u{e9}/1""#
    );
    assert_eq!(
        decide("**", "\u{441}rm.acme.com", composed()),
        r#"allows calls to "\u{441}rm.acme.com", not to "crm.acme.com""#
    );
    assert_eq!(
        decide("reports/**", "crm.acme.com", composed()),
        r#"grants crm.read on reports/**, not on "café/1""#
    );
    let presented = present_for(held(), &researcher(), &request());
    let asked = Request::new("crm.read", "accounts/emea/42", "crm.acme.\u{441}om").unwrap();
    let denial = denied(verifier().decide(shown(&presented), asked, now()));
    assert_eq!(
        denial.reasons()[0].message,
        r#"the token was presented for "crm.acme.com", and this service is "crm.acme.\u{441}om""#
    );
    let named = Capability::new("crm.read", "**")
        .and_then(|own| own.with_arg("who", [Constraint::equals("Jos\u{e9}")]));
    let call =
        crm_request("crm.read", "a", &serde_json::json!({ "who": "Jose\u{301}" }).to_string());
    let chain = mint(grant("planner", &planner(), named.unwrap(), Duration::hours(1)));
    let denial =
        denied(verifier().decide(shown(&present_for(chain, &planner(), &call)), call, now()));
    assert_eq!(
        denial.reasons()[0].message,
        r#"requires who = "Jos\u{e9}", and it is "Jose\u{301}""#
    );
}

/// A capability that was dropped because another one covers it is not reported as removed.
#[test]
fn calls_that_are_still_allowed_were_not_removed() {
    let end = now() + Duration::hours(1);
    let all = || reading("accounts/**", 9);
    let to = agent("planner", &planner());
    let outer = Grant::new(to, [all(), reading("accounts/emea/**", 9)], end, "a purpose").unwrap();
    let inner = Grant::new(agent("researcher", &researcher()), [all()], end, "a purpose").unwrap();
    let chain = mint(outer.with_max_hops(1)).delegate(&planner(), inner, now());
    let report = Report::unverified_token(&Token::parse(&chain.to_text()).unwrap(), now());
    assert_eq!(report.hops.last().unwrap().removed, []);
}

/// A hop without a valid signature, followed by the planner's own presentation, which states the
/// planner's hop as its parent: the report shows the planner's hop, but no presentation.
#[test]
fn a_presentation_of_the_beginning_of_a_chain_that_goes_on() {
    let own = present(mint(first()), &planner());
    let words = own.blocks[1].content.clone();
    let longer = mint(first()).delegate(&thief(), second(), now());
    let closed = longer.block(&planner(), words, &terminal().public_key().to_bytes());
    let closed = RawToken { proof: own.proof, ..closed };
    let report = Report::unverified_presentation(&shown(&closed), now());
    assert_eq!((report.hops.len(), &report.presentation, report.not_shown), (1, &None, 2));
    assert!(!report.authentic);
}
