//! The attacker chooses the times of what it signs, or uses a service's wrong clock, and wants
//! authority before it begins or after it has ended.

use std::collections::HashSet;

use deputize::limits::MAX_CLOCK_TOLERANCE;
use deputize::testing::RawToken;
use deputize::{
    Decision, DelegateError, DenyCode, Grant, GrantError, MintError, OperationPattern,
    ReplayPolicy, RevocationPolicy, Token, TrustAnchor, Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::common::forging::{decided_by, presented_at, with_second};
use crate::common::{
    NONCE, TOKEN_ID, WINDOW, agent, alice, anchor, decided, first, grant, held, mint, now, owner,
    planner, present, presented, reading, refused, request, researcher, second, shown, verifier,
    verifier_of,
};

const LONG: Duration = Duration::seconds(100);

/// The standard presentation, decided about at another time.
fn decided_at(at: OffsetDateTime) -> Decision {
    verifier().decide(shown(&presented()), request(), at)
}

/// The decision of this verifier about a presentation at another time.
fn decided_at_by(verifier: Verifier, raw: &RawToken, at: OffsetDateTime) -> Decision {
    verifier.decide(shown(raw), request(), at)
}

/// A first hop that was issued at another time, presented by the planner.
fn issued_at(at: OffsetDateTime) -> Decision {
    decided(&present(RawToken::mint(owner(), &alice(), first(), at, TOKEN_ID), &planner()))
}

/// The standard chain, presented and decided about at another time.
fn all_at(at: OffsetDateTime) -> Decision {
    let raw = held().present(&researcher(), &request(), at, WINDOW, NONCE);
    verifier().decide(shown(&raw), request(), at)
}

#[test]
fn a_hop_that_begins_beyond_the_clock_tolerance() {
    let late = second().with_not_before(now() + Duration::seconds(31)).unwrap();
    refused(with_second(late), [(Some(1), DenyCode::NotYetValid)]);
}

/// The start is as exact as the end: the tolerance for clocks that are ahead covers only the issue
/// time.
#[test]
fn a_hop_that_begins_in_a_second() {
    let late = second().with_not_before(now() + Duration::SECOND).unwrap();
    refused(with_second(late), [(Some(1), DenyCode::NotYetValid)]);
    let late = first().with_not_before(now() + Duration::SECOND).unwrap();
    refused(decided(&present(mint(late), &planner())), [(Some(0), DenyCode::NotYetValid)]);
}

/// A token has whole seconds. It begins no earlier than its delegator wrote, and ends no later.
#[test]
fn a_part_of_a_second_before_a_hop_begins() {
    let start = now() + Duration::milliseconds(5_900);
    let first = first().with_not_before(start).unwrap();
    assert_eq!(first.not_before(), Some(now() + Duration::seconds(6)));
    let at = |millis| {
        let at = now() + Duration::milliseconds(millis);
        let raw = mint(first.clone()).present(&planner(), &request(), at, WINDOW, NONCE);
        verifier().decide(shown(&raw), request(), at)
    };
    for millis in [5_000, 5_900, 5_999] {
        refused(at(millis), [(Some(0), DenyCode::NotYetValid)]);
    }
    assert!(at(6_000).is_allowed());
    let end = now() + Duration::milliseconds(900);
    let whole = grant("planner", &planner(), reading("accounts/**", 9), end - now());
    assert_eq!(whole.expires(), now());
    assert_eq!(
        whole.with_not_before(now() - Duration::milliseconds(1)),
        Err(GrantError::NeverValid { not_before: now(), expires: now() })
    );
}

/// Every bound on time that the public API takes: from which half second on, or until which, a call
/// is allowed. A bound from below is rounded up, and one from above down.
#[test]
fn a_part_of_a_second_extends_nothing() {
    let half = |seconds: i64| now() + Duration::milliseconds(seconds * 1_000 + 500);
    let decide = |anchor: TrustAnchor, grant: Grant, at| {
        let token = RawToken::mint(owner(), &alice(), grant, now(), TOKEN_ID);
        let raw = token.present(&planner(), &request(), at, WINDOW, NONCE);
        decided_at_by(verifier_of(anchor), &raw, at)
    };
    let json = |grant: &Grant, field: &str, at: &str| {
        let mut json = serde_json::to_value(grant).unwrap();
        json[field] = at.into();
        serde_json::from_value::<Grant>(json).unwrap()
    };
    let begins: [(&str, TrustAnchor, Grant); 3] = [
        ("not_before", anchor(), first().with_not_before(half(5)).unwrap()),
        ("not_before in JSON", anchor(), json(&first(), "not_before", "2026-11-23T18:00:05.5Z")),
        ("valid_from", anchor().with_valid_from(half(5)), first()),
    ];
    for (what, anchor, grant) in begins {
        let at = |time| decide(anchor.clone(), grant.clone(), time).is_allowed();
        assert!(!at(half(4)) && !at(now() + Duration::seconds(5)) && !at(half(5)), "{what}");
        assert!(at(now() + Duration::seconds(6)) && at(half(6)), "{what}");
    }
    let to = agent("planner", &planner());
    let own = || [reading("accounts/**", 100)];
    let ends: [(&str, TrustAnchor, Grant); 3] = [
        ("expires", anchor(), Grant::new(to, own(), half(5), "x").unwrap()),
        ("expires in JSON", anchor(), json(&first(), "expires", "2026-11-23T18:00:05.5Z")),
        ("valid_until", anchor().with_valid_until(half(5)), first()),
    ];
    for (what, anchor, grant) in ends {
        let at = |time| decide(anchor.clone(), grant.clone(), time).is_allowed();
        assert!(at(now() + Duration::seconds(4)) && at(half(4)), "{what}");
        assert!(!at(now() + Duration::seconds(5)) && !at(half(5)), "{what}");
    }
    // A bound in a duration: 5.9 s are 5 s.
    let short = |seconds| {
        let end = now() + Duration::seconds(seconds);
        grant("planner", &planner(), reading("accounts/**", 100), end - now())
    };
    let bounded = || verifier().with_max_lifetime(Duration::milliseconds(5_900));
    let lives = |grant| {
        let raw = RawToken::mint(owner(), &alice(), grant, now(), TOKEN_ID);
        decided_at_by(bounded(), &present(raw, &planner()), now()).is_allowed()
    };
    assert!(lives(short(5)) && !lives(short(6)));
}

#[test]
fn a_hop_issued_beyond_the_clock_tolerance() {
    refused(issued_at(now() + Duration::seconds(31)), [(Some(0), DenyCode::NotYetValid)]);
    assert!(issued_at(now() + Duration::seconds(30)).is_allowed());
}

#[test]
fn a_hop_issued_in_a_second_where_clocks_may_not_differ() {
    let ahead = RawToken::mint(owner(), &alice(), first(), now() + Duration::SECOND, TOKEN_ID);
    let strict = verifier().with_clock_tolerance(Duration::ZERO).unwrap();
    refused(decided_by(strict, &present(ahead, &planner())), [(Some(0), DenyCode::NotYetValid)]);
}

/// A tolerance does not lengthen a lifetime.
#[test]
fn a_hop_that_ended_where_clocks_may_differ() {
    let lenient = verifier().with_clock_tolerance(MAX_CLOCK_TOLERANCE).unwrap();
    refused(decided_by(lenient, &ended(Duration::ZERO)), [(Some(1), DenyCode::Expired)]);
}

/// An infinite or negative tolerance or freshness.
#[test]
fn impossible_settings() {
    let long = [Duration::days(1), MAX_CLOCK_TOLERANCE + Duration::SECOND, Duration::MAX];
    for found in long.into_iter().chain([Duration::seconds(-1), Duration::MIN]) {
        assert!(verifier().with_clock_tolerance(found).is_err(), "{found}");
        assert!(verifier().with_freshness(found).is_err(), "{found}");
    }
    let error = verifier().with_freshness(Duration::days(1)).unwrap_err();
    assert_eq!(error.to_string(), "the freshness is between 0s and 5m, not 1d");
}

/// The standard chain, an hour old, with a second hop that ends then.
fn ended(ago: Duration) -> RawToken {
    let start = now() - Duration::hours(1);
    let over = grant("researcher", &researcher(), reading("**", 9), -ago);
    let raw = RawToken::mint(owner(), &alice(), first(), start, TOKEN_ID);
    present(raw.delegate(&planner(), over, start), &researcher())
}

#[test]
fn a_hop_that_ends_now() {
    refused(decided(&ended(Duration::ZERO)), [(Some(1), DenyCode::Expired)]);
}

/// Fractions of a second are cut off, so that no time is gained.
#[test]
fn a_hop_that_ends_within_this_second() {
    refused(decided(&ended(Duration::milliseconds(-999))), [(Some(1), DenyCode::Expired)]);
}

/// A hop that ends before it is issued cannot be meant.
#[test]
fn a_hop_that_ends_before_it_is_issued() {
    let to = agent("researcher", &researcher());
    for end in [OffsetDateTime::UNIX_EPOCH, now() - Duration::SECOND, now()] {
        let over = Grant::new(to.clone(), [reading("**", 9)], end, "long ago").unwrap();
        refused(with_second(over), [(Some(1), DenyCode::NotCanonical)]);
    }
    let soon = grant("researcher", &researcher(), reading("**", 9), Duration::SECOND);
    assert!(with_second(soon).is_allowed());
}

/// A delegator cannot have held the token before it was made.
#[test]
fn a_hop_issued_before_its_parent() {
    let issued = |ago| mint(first()).delegate(&planner(), second(), now() - Duration::seconds(ago));
    assert!(decided(&present(issued(30), &researcher())).is_allowed());
    let early = present(issued(31), &researcher());
    refused(decided(&early), [(Some(1), DenyCode::IssuedBeforeParent)]);
    let strict = verifier().with_clock_tolerance(Duration::ZERO).unwrap();
    let early = decided_by(strict, &present(issued(1), &researcher()));
    refused(early, [(Some(1), DenyCode::IssuedBeforeParent)]);
}

/// A delegator whose clock is slightly behind uses the parent's time, and does not have to wait.
#[test]
fn a_delegation_with_a_clock_that_is_behind() {
    let token = Token::mint(owner(), &alice(), first(), now()).unwrap();
    let at = |ago| token.delegate(&planner(), second(), now() - Duration::seconds(ago));
    let issued = at(30).map(|token| token.hops()[1].issued());
    assert_eq!(issued, Ok(now()));
    let error = at(31).unwrap_err();
    assert!(matches!(error, DelegateError::BeforeParent { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the last hop was issued at 2026-11-23T18:00:00Z, and it is 2026-11-23T17:59:29Z; correct the clocks"
    );
}

/// Without a revocation source, a grant with a distant expiry could not be taken back.
#[test]
fn a_hop_that_lives_longer_than_the_verifier_accepts() {
    let at_most = |at_most| {
        let revocation = RevocationPolicy::OnlyByExpiry { at_most };
        Verifier::new(anchor(), revocation, ReplayPolicy::accepted_for([OperationPattern::Any]))
    };
    assert!(decided_by(at_most(Duration::hours(8)), &presented()).is_allowed());
    let short = at_most(Duration::hours(8) - Duration::SECOND);
    refused(decided_by(short, &presented()), [(Some(0), DenyCode::LifetimeTooLong)]);
    let lists = RevocationPolicy::checked_with(HashSet::new());
    let any = || {
        let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
        Verifier::new(anchor(), lists.clone(), replays)
    };
    assert!(decided_by(any(), &presented()).is_allowed());
    let short = any().with_max_lifetime(Duration::minutes(15));
    refused(decided_by(short, &presented()), [(Some(0), DenyCode::LifetimeTooLong)]);
    let shorter = any().with_max_lifetime(Duration::minutes(14));
    refused(
        decided_by(shorter, &presented()),
        [(Some(0), DenyCode::LifetimeTooLong), (Some(1), DenyCode::LifetimeTooLong)],
    );
}

#[test]
fn a_whole_chain_that_has_expired() {
    let decision = all_at(now() + Duration::hours(9));
    refused(decision, [(Some(0), DenyCode::Expired), (Some(1), DenyCode::Expired)]);
}

#[test]
fn a_child_that_ended_before_its_parent() {
    refused(all_at(now() + Duration::minutes(15)), [(Some(1), DenyCode::Expired)]);
    assert!(all_at(now() + Duration::minutes(15) - Duration::SECOND).is_allowed());
}

#[test]
fn a_chain_shown_before_it_was_made() {
    refused(
        all_at(now() - Duration::seconds(31)),
        [(Some(0), DenyCode::NotYetValid), (Some(1), DenyCode::NotYetValid)],
    );
}

/// A service whose clock shows its first or its last time.
#[test]
fn a_clock_that_is_far_off() {
    for at in [OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH - Duration::days(100_000)] {
        refused(
            decided_at(at),
            [
                (Some(2), DenyCode::PresentationNotFresh),
                (Some(0), DenyCode::NotYetValid),
                (Some(1), DenyCode::NotYetValid),
            ],
        );
    }
    let end = OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap();
    refused(
        decided_at(end),
        [
            (Some(2), DenyCode::PresentationNotFresh),
            (Some(0), DenyCode::Expired),
            (Some(1), DenyCode::Expired),
        ],
    );
}

/// One instant in another zone, and another instant with the same digits.
#[test]
fn a_clock_in_another_zone() {
    let offset = |hours| time::UtcOffset::from_hms(hours, 0, 0).unwrap();
    assert!(decided_at(now().to_offset(offset(9))).is_allowed());
    let behind = now().replace_offset(offset(1));
    refused(
        decided_at(behind),
        [
            (Some(2), DenyCode::PresentationNotFresh),
            (Some(0), DenyCode::NotYetValid),
            (Some(1), DenyCode::NotYetValid),
        ],
    );
}

#[test]
fn a_presentation_made_31_s_ago() {
    refused(
        presented_at(Duration::seconds(-31), LONG),
        [(Some(2), DenyCode::PresentationNotFresh)],
    );
    assert!(presented_at(Duration::seconds(-30), LONG).is_allowed());
}

/// Made in advance, to be used after its maker lost the right.
#[test]
fn a_presentation_from_31_s_ahead() {
    refused(presented_at(Duration::seconds(31), LONG), [(Some(2), DenyCode::PresentationNotFresh)]);
    assert!(presented_at(Duration::seconds(30), LONG).is_allowed());
}

#[test]
fn a_presentation_made_ahead_and_used_after_its_chain_ended() {
    let later = now() + Duration::minutes(15);
    let ahead = held().present(&researcher(), &request(), later, LONG, NONCE);
    refused(verifier().decide(shown(&ahead), request(), later), [(Some(1), DenyCode::Expired)]);
}

#[test]
fn a_presentation_with_a_window_of_5_s() {
    let decision = presented_at(Duration::seconds(-6), Duration::seconds(5));
    refused(decision, [(Some(2), DenyCode::PresentationNotFresh)]);
}

#[test]
fn a_presentation_at_a_verifier_with_a_freshness_of_5_s() {
    let strict = verifier().with_freshness(Duration::seconds(5)).unwrap();
    let at = now() + Duration::seconds(6);
    refused(
        strict.decide(shown(&presented()), request(), at),
        [(Some(2), DenyCode::PresentationNotFresh)],
    );
}

/// As long as the format allows, or longer: the verifier's own bound applies.
#[test]
fn a_presentation_with_an_endless_window() {
    for window in [Duration::days(36_500), Duration::days(3_650_000), Duration::MAX] {
        assert!(presented_at(Duration::ZERO, window).is_allowed(), "{window}");
        refused(
            presented_at(Duration::seconds(-31), window),
            [(Some(2), DenyCode::PresentationNotFresh)],
        );
    }
}

#[test]
fn a_presentation_with_a_negative_window() {
    for window in [Duration::seconds(-1), Duration::MIN] {
        refused(
            presented_at(Duration::seconds(-1), window),
            [(Some(2), DenyCode::PresentationNotFresh)],
        );
    }
}

#[test]
fn a_grant_that_expires_before_it_is_made() {
    let over = grant("planner", &planner(), reading("**", 9), Duration::ZERO);
    let error = Token::mint(owner(), &alice(), over, now()).unwrap_err();
    assert!(matches!(error, MintError::Expired { .. }), "{error}");
}

#[test]
fn a_grant_that_ends_before_it_begins() {
    for start in [now() + Duration::hours(8), now() + Duration::days(9)] {
        let made = first().with_not_before(start);
        let expected = GrantError::NeverValid { not_before: start, expires: first().expires() };
        assert_eq!(made, Err(expected));
    }
}

/// A service verifies first and decides later: an expiry in between counts.
#[test]
fn a_chain_that_was_verified_and_decided_about_too_late() {
    let lists = RevocationPolicy::checked_with(HashSet::new());
    let replays = || ReplayPolicy::accepted_for([OperationPattern::Any]);
    let verified = || {
        let verifier = Verifier::new(anchor(), lists.clone(), replays());
        verifier.verify(shown(&presented()), now()).unwrap()
    };
    let at = |seconds| verified().authorize(request(), now() + Duration::seconds(seconds));
    assert!(at(0).is_allowed() && at(30).is_allowed());
    refused(at(31), [(Some(2), DenyCode::PresentationNotFresh)]);
    refused(at(900), [(Some(2), DenyCode::PresentationNotFresh), (Some(1), DenyCode::Expired)]);
    // A clock that went back makes nothing fresh or valid again.
    let late = now() + Duration::seconds(30);
    let verifier = Verifier::new(anchor(), lists.clone(), replays());
    let chain = verifier.verify(shown(&presented()), late).unwrap();
    assert!(chain.authorize(request(), now() - Duration::days(1)).is_allowed());
}
