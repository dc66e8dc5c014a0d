//! Limits of times, of the memory for replays, and of the length of reports.

use std::collections::HashSet;

use deputize::{
    Capability, Constraint, Decision, DenyCode, Grant, HopReport, MemoryReplayGuard,
    OperationPattern, ReplayPolicy, Report, RevocationPolicy, Token, Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::common::{
    NONCE, agent, alice, anchor, codes, denied, held, key, mint, now, owner, planner, request,
    researcher, shown, verifier,
};

/// Decides about the standard call, presented `ago` seconds ago with this window.
fn presented_ago(ago: i64, window: i64, verifier: &Verifier) -> Decision {
    let made = now() - Duration::seconds(ago);
    let raw = held().present(&researcher(), &request(), made, Duration::seconds(window), NONCE);
    verifier.decide(shown(&raw), request(), now())
}

#[test]
fn a_presentation_is_fresh_up_to_its_limit() {
    let lax = |seconds| verifier().with_freshness(Duration::seconds(seconds)).unwrap();
    // The limit, the window that the holder states, and the verifier.
    for (most, window, verifier) in [
        // The default of verifiers.
        (30, 1_000, verifier()),
        // The holder's own window.
        (20, 20, verifier()),
        // Less than the default, and more.
        (10, 1_000, lax(10)),
        (200, 1_000, lax(200)),
        // No verifier may be laxer than this.
        (300, 1_000, lax(300)),
    ] {
        for sign in [1, -1] {
            assert!(presented_ago(sign * most, window, &verifier).is_allowed(), "{most} {sign}");
            let late = denied(presented_ago(sign * (most + 1), window, &verifier));
            assert_eq!(codes(&late), [(Some(2), DenyCode::PresentationNotFresh)], "{most} {sign}");
        }
    }
}

#[test]
fn a_delegators_clock_may_be_ahead_up_to_the_tolerance() {
    for (most, verifier) in
        [(30, verifier()), (5, verifier().with_clock_tolerance(Duration::seconds(5)).unwrap())]
    {
        let issued = |ahead: i64| {
            let raw = mint_ahead(ahead);
            verifier.decide(shown(&raw), request(), now())
        };
        assert!(issued(most).is_allowed());
        assert_eq!(codes(&denied(issued(most + 1))), [(Some(0), DenyCode::NotYetValid)]);
    }
}

fn mint_ahead(seconds: i64) -> deputize::testing::RawToken {
    let grant = crate::common::grant(
        "planner",
        &planner(),
        crate::common::reading("accounts/**", 100),
        Duration::hours(8),
    );
    let issued = now() + Duration::seconds(seconds);
    deputize::testing::RawToken::mint(owner(), &alice(), grant, issued, crate::common::TOKEN_ID)
        .present(&planner(), &request(), now(), Duration::seconds(30), NONCE)
}

#[test]
fn a_guard_remembers_up_to_its_capacity() {
    let verifier = Verifier::new(
        anchor(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(3).with_share(3)),
    );
    let used = |nonce: u8| {
        let window = Duration::seconds(30);
        let raw = held().present(&researcher(), &request(), now(), window, [nonce; 16]);
        verifier.decide(shown(&raw), request(), now())
    };
    for nonce in 0..3 {
        assert!(used(nonce).is_allowed(), "{nonce}");
    }
    assert_eq!(codes(&denied(used(3))), [(Some(2), DenyCode::ReplayGuardFull)]);
    assert_eq!(codes(&denied(used(0))), [(Some(2), DenyCode::Replayed)], "and forgets none");
}

/// The allowed value in a message may be long.
#[test]
fn reasons_are_cut_to_their_limit() {
    let reason = |bytes: usize| {
        let own = Capability::new("crm.read", "accounts/**")
            .and_then(|own| own.with_arg("limit", [Constraint::equals("x".repeat(bytes))]))
            .unwrap();
        let grant = crate::common::grant("planner", &planner(), own, Duration::hours(8));
        let raw = crate::common::present(mint(grant), &planner());
        let denial = denied(verifier().decide(shown(&raw), request(), now()));
        denial.reasons()[0].clone()
    };
    // `= "…"` has four characters beside the value. The name of the argument is bounded by itself.
    let fact = |bytes| reason(bytes).allowed.concat();
    assert_eq!(fact(196), format!("limit = \"{}\"", "x".repeat(196)));
    assert_eq!(fact(197).chars().count(), "limit ".len() + 201, "and an ellipsis");
    assert!(fact(197).ends_with('…'));

    let policy = |bytes: usize| {
        let why = "y".repeat(bytes);
        let decision = verifier().decide_with_policy(
            shown(&crate::common::presented()),
            request(),
            now(),
            |_, _| Err(why),
        );
        denied(decision).reasons()[0].message.clone()
    };
    let before = "the service refuses: ".len();
    assert_eq!(policy(2_000 - before).chars().count(), 2_000);
    assert!(!policy(2_000 - before).ends_with('…'));
    assert_eq!(policy(2_001 - before).chars().count(), 2_001, "and an ellipsis");
    assert!(policy(2_001 - before).ends_with('…'));
}

/// A chain of two hops with this many capabilities each, and the expiry and depth of the second.
fn compared(parent: usize, child: usize, minutes: i64, hops: u32) -> HopReport {
    let grant = |to: &str, seed, count: usize| {
        let own = (0..count).map(|i| Capability::new("crm.read", &format!("a/{i}")).unwrap());
        Grant::new(agent(to, &key(seed)), own, now() + Duration::HOUR, "why").unwrap()
    };
    let first = grant("planner", 2, parent).with_max_hops(3);
    let own = (0..child).map(|i| Capability::new("crm.read", &format!("a/{i}")).unwrap());
    let second = Grant::new(agent("b", &key(3)), own, now() + Duration::minutes(minutes), "why");
    let raw = mint(first).delegate(&planner(), second.unwrap().with_max_hops(hops), now());
    let token = Token::parse(&raw.to_text()).unwrap();
    Report::unverified_token(&token, now()).hops.remove(1)
}

#[test]
fn a_report_compares_a_limited_number_of_capabilities() {
    let is_too_much = |hop: HopReport| hop.notes.iter().any(|n| n.starts_with("has too many"));
    assert!(!is_too_much(compared(64, 1, 60, 2)));
    assert!(!is_too_much(compared(8, 8, 60, 2)));
    assert!(is_too_much(compared(13, 5, 60, 2)));
}

#[test]
fn a_report_lists_a_limited_number_of_removals() {
    let listed = |minutes, hops| {
        let hop = compared(64, 1, minutes, hops);
        (hop.removed.len(), hop.notes.iter().any(|note| note == "removed more than is listed"))
    };
    // All but one capability; and time; and hops.
    assert_eq!(listed(60, 2), (63, false));
    assert_eq!(listed(59, 2), (64, false));
    assert_eq!(listed(59, 1), (64, true));
}

/// The window of a presentation is clipped to the range of dates.
#[test]
fn a_presentation_at_either_end_of_time() {
    let last = 253_402_300_799;
    for seconds in [0, 1, 29, 30, last - 31, last - 30, last - 29, last - 1] {
        let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let end = OffsetDateTime::from_unix_timestamp(last).unwrap();
        let own = crate::common::reading("accounts/**", 100);
        let grant = Grant::new(agent("planner", &planner()), [own], end, "a test").unwrap();
        let token = Token::mint(owner(), &alice(), grant, now).unwrap();
        let presentation = token.present(&planner(), &request(), now).unwrap();
        let unlimited = Verifier::new(
            anchor(),
            RevocationPolicy::checked_with(HashSet::new()),
            ReplayPolicy::accepted_for([OperationPattern::Any]),
        );
        assert!(unlimited.decide(presentation, request(), now).is_allowed(), "{seconds}");
    }
}
