//! The attacker sets the clock of what it signs, or a service's clock is wrong, and wants authority
//! before it begins or after it ended.

use deputize::forge::Forge;
use deputize::{Code, Decision, Grant, GrantError, MAX_FRESHNESS, MintError, Token};
use time::{Duration, OffsetDateTime};

use crate::common::forging::{decided_by, made, with_second};
use crate::common::{
    NONCE, TOKEN_ID, WINDOW, agent, alice, close, decided, first, grant, held, mint, now, owner,
    planner, presented, reading, refused, request, researcher, second, shown, verifier,
};

const LONG: Duration = Duration::seconds(100);

/// The standard presentation, decided about at another time.
fn decided_at(at: OffsetDateTime) -> Decision {
    verifier().decide(shown(&presented()), request(), at)
}

/// A first hop that was issued at another time, presented by the planner.
fn issued_at(at: OffsetDateTime) -> Decision {
    decided(&close(Forge::mint(owner(), &alice(), first(), at, TOKEN_ID), &planner()))
}

/// The standard chain, presented and decided about at another time.
fn all_at(at: OffsetDateTime) -> Decision {
    let forge = held().present(&researcher(), &request(), at, WINDOW, NONCE);
    verifier().decide(shown(&forge), request(), at)
}

#[test]
fn a_hop_that_begins_beyond_what_clocks_may_differ_by() {
    let late = second().with_not_before(now() + Duration::seconds(31)).unwrap();
    refused(with_second(late), [(Some(1), Code::NotYetValid)]);
}

/// A start is as exact as an end: only when it was issued is forgiven a clock that is ahead.
#[test]
fn a_hop_that_begins_in_a_second() {
    let late = second().with_not_before(now() + Duration::SECOND).unwrap();
    refused(with_second(late), [(Some(1), Code::NotYetValid)]);
    let late = first().with_not_before(now() + Duration::SECOND).unwrap();
    refused(decided(&close(mint(late), &planner())), [(Some(0), Code::NotYetValid)]);
}

/// A token has whole seconds. It begins no earlier than its delegator wrote, and ends no later.
#[test]
fn a_part_of_a_second_before_a_hop_begins() {
    let start = now() + Duration::milliseconds(5_900);
    let first = first().with_not_before(start).unwrap();
    assert_eq!(first.not_before(), Some(now() + Duration::seconds(6)));
    let at = |millis| {
        let at = now() + Duration::milliseconds(millis);
        let forge = mint(first.clone()).present(&planner(), &request(), at, WINDOW, NONCE);
        verifier().decide(shown(&forge), request(), at)
    };
    for millis in [5_000, 5_900, 5_999] {
        refused(at(millis), [(Some(0), Code::NotYetValid)]);
    }
    assert!(at(6_000).is_allowed());
    let end = now() + Duration::milliseconds(900);
    let whole = grant("planner", &planner(), reading("accounts/**", 9), end - now());
    assert_eq!(whole.expires(), now());
    assert_eq!(
        whole.with_not_before(now() - Duration::milliseconds(1)),
        Err(GrantError::NeverValid)
    );
}

#[test]
fn a_hop_issued_beyond_what_clocks_may_differ_by() {
    refused(issued_at(now() + Duration::seconds(31)), [(Some(0), Code::NotYetValid)]);
    assert!(issued_at(now() + Duration::seconds(30)).is_allowed());
}

#[test]
fn a_hop_issued_in_a_second_where_clocks_may_not_differ() {
    let ahead = Forge::mint(owner(), &alice(), first(), now() + Duration::SECOND, TOKEN_ID);
    let strict = verifier().with_clock_tolerance(Duration::ZERO);
    refused(decided_by(strict, &close(ahead, &planner())), [(Some(0), Code::NotYetValid)]);
}

/// A tolerance is no longer life.
#[test]
fn a_hop_that_ended_where_clocks_may_differ_by_a_day() {
    let over = grant("researcher", &researcher(), reading("**", 9), Duration::ZERO);
    let forge = close(mint(first()).delegate(&planner(), over, now()), &researcher());
    let lenient = verifier().with_clock_tolerance(Duration::days(1));
    refused(decided_by(lenient, &forge), [(Some(1), Code::Expired)]);
}

/// A negative tolerance is none, and does not wrap to an endless one.
#[test]
fn a_negative_tolerance() {
    let ahead = Forge::mint(owner(), &alice(), first(), now() + Duration::SECOND, TOKEN_ID);
    for tolerance in [Duration::seconds(-1), Duration::MIN] {
        let strict = verifier().with_clock_tolerance(tolerance);
        let decision = decided_by(strict, &close(ahead.clone(), &planner()));
        refused(decision, [(Some(0), Code::NotYetValid)]);
    }
}

#[test]
fn a_hop_that_ends_now() {
    let over = grant("researcher", &researcher(), reading("**", 9), Duration::ZERO);
    refused(with_second(over), [(Some(1), Code::Expired)]);
}

/// Fractions of a second are cut off, so that none is gained.
#[test]
fn a_hop_that_ends_within_this_second() {
    let soon = grant("researcher", &researcher(), reading("**", 9), Duration::milliseconds(999));
    refused(with_second(soon), [(Some(1), Code::Expired)]);
}

#[test]
fn a_hop_that_ended_in_1970() {
    let end = OffsetDateTime::UNIX_EPOCH;
    let to = agent("researcher", &researcher());
    for end in [end, end - Duration::days(400)] {
        let over = Grant::new(to.clone(), [reading("**", 9)], end, "long ago").unwrap();
        refused(with_second(over), [(Some(1), Code::Expired)]);
    }
}

#[test]
fn a_whole_chain_that_is_over() {
    let decision = all_at(now() + Duration::hours(9));
    refused(decision, [(Some(0), Code::Expired), (Some(1), Code::Expired)]);
}

#[test]
fn a_child_that_ended_before_its_parent() {
    refused(all_at(now() + Duration::minutes(15)), [(Some(1), Code::Expired)]);
    assert!(all_at(now() + Duration::minutes(15) - Duration::SECOND).is_allowed());
}

#[test]
fn a_chain_shown_before_it_was_made() {
    refused(
        all_at(now() - Duration::seconds(31)),
        [(Some(0), Code::NotYetValid), (Some(1), Code::NotYetValid)],
    );
}

/// A service whose clock stands at its beginning or at its end.
#[test]
fn a_clock_that_is_far_off() {
    for at in [OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH - Duration::days(100_000)] {
        refused(
            decided_at(at),
            [(Some(0), Code::NotYetValid), (Some(1), Code::NotYetValid), (Some(2), Code::NotFresh)],
        );
    }
    let end = OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap();
    refused(
        decided_at(end),
        [(Some(0), Code::Expired), (Some(1), Code::Expired), (Some(2), Code::NotFresh)],
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
        [(Some(0), Code::NotYetValid), (Some(1), Code::NotYetValid), (Some(2), Code::NotFresh)],
    );
}

#[test]
fn a_presentation_made_31_s_ago() {
    refused(made(Duration::seconds(-31), LONG), [(Some(2), Code::NotFresh)]);
    assert!(made(Duration::seconds(-30), LONG).is_allowed());
}

/// Made ahead, to be used when its maker no longer may.
#[test]
fn a_presentation_from_31_s_ahead() {
    refused(made(Duration::seconds(31), LONG), [(Some(2), Code::NotFresh)]);
    assert!(made(Duration::seconds(30), LONG).is_allowed());
}

#[test]
fn a_presentation_made_ahead_and_used_after_its_chain_ended() {
    let later = now() + Duration::minutes(15);
    let ahead = held().present(&researcher(), &request(), later, LONG, NONCE);
    refused(verifier().decide(shown(&ahead), request(), later), [(Some(1), Code::Expired)]);
}

#[test]
fn a_presentation_whose_maker_gave_it_5_s() {
    let decision = made(Duration::seconds(-6), Duration::seconds(5));
    refused(decision, [(Some(2), Code::NotFresh)]);
}

#[test]
fn a_presentation_that_the_verifier_gives_5_s() {
    let strict = verifier().with_freshness(Duration::seconds(5));
    let at = now() + Duration::seconds(6);
    refused(strict.decide(shown(&presented()), request(), at), [(Some(2), Code::NotFresh)]);
}

/// As long as can be written, or longer; the verifier's own bound is what counts.
#[test]
fn a_presentation_that_its_maker_gave_for_ever() {
    for window in [Duration::days(36_500), Duration::days(3_650_000), Duration::MAX] {
        assert!(made(Duration::ZERO, window).is_allowed(), "{window}");
        refused(made(Duration::seconds(-31), window), [(Some(2), Code::NotFresh)]);
    }
}

#[test]
fn a_presentation_that_its_maker_gave_less_than_nothing() {
    for window in [Duration::seconds(-1), Duration::MIN] {
        refused(made(Duration::seconds(-1), window), [(Some(2), Code::NotFresh)]);
    }
}

#[test]
fn a_freshness_longer_than_any_guard_remembers() {
    let patient = verifier().with_freshness(Duration::MAX);
    let old = held().present(
        &researcher(),
        &request(),
        now() - MAX_FRESHNESS - Duration::SECOND,
        Duration::hours(1),
        NONCE,
    );
    refused(decided_by(patient, &old), [(Some(2), Code::NotFresh)]);
}

#[test]
fn a_negative_freshness() {
    for freshness in [Duration::seconds(-1), Duration::MIN] {
        let strict = verifier().with_freshness(freshness);
        let at = now() + Duration::SECOND;
        refused(strict.decide(shown(&presented()), request(), at), [(Some(2), Code::NotFresh)]);
    }
}

#[test]
fn a_grant_that_is_over_before_it_is_made() {
    let over = grant("planner", &planner(), reading("**", 9), Duration::ZERO);
    let error = Token::mint(owner(), &alice(), over, now()).unwrap_err();
    assert!(matches!(error, MintError::Over { .. }), "{error}");
}

#[test]
fn a_grant_that_ends_before_it_begins() {
    for start in [now() + Duration::hours(8), now() + Duration::days(9)] {
        assert_eq!(first().with_not_before(start), Err(GrantError::NeverValid));
    }
}
