//! Strikes and the clock of the service.

use deputize_audit::Event;

use crate::cast::{Agent, Watch, later};

/// Decisions at these times, in seconds. The hook runs at the last of them, if at all.
fn runs(times: &[i64]) -> usize {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    for (place, seconds) in times.iter().enumerate() {
        assert_eq!(watch.hooked().len(), 0, "{times:?} at {place}");
        watch.refuses(&agent, later(*seconds));
    }
    watch.hooked().len()
}

#[test]
fn strikes_count_within_the_time_of_the_policy() {
    assert_eq!(runs(&[0, 30, 60]), 1);
    assert_eq!(runs(&[0, 30, 61]), 0);
    assert_eq!(runs(&[0, 61, 122, 183, 244]), 0);
    // The window slides.
    assert_eq!(runs(&[0, 59, 61, 119]), 1);
}

/// Threads and machines that decide at once are not in order.
#[test]
fn times_that_are_out_of_order_count() {
    assert_eq!(runs(&[20, 10, 0]), 1);
    assert_eq!(runs(&[60, 59, 31]), 1);
}

#[test]
fn a_clock_that_is_set_back_clears_nothing() {
    // An hour back, for a moment, or for two.
    assert_eq!(runs(&[3600, 3601, 0, 3602]), 1);
    assert_eq!(runs(&[3600, 3601, 0, 1, 3602]), 1);
    assert_eq!(runs(&[3600, 3601, 0, 3600 * 9, 3602]), 1);
    // For good: what is counted then is new.
    assert_eq!(runs(&[3600, 3601, 0, 1, 2]), 1);
}

#[test]
fn a_clock_that_is_set_back_strikes_nobody_early() {
    assert_eq!(runs(&[3600, 3600, 0]), 0);
    assert_eq!(runs(&[3600, 3600, 0, 1]), 0);
    // By less than the time of the policy.
    assert_eq!(runs(&[100, 100, 60]), 0);
}

/// A clock that is ahead for one decision must not keep a place in the count for ever.
#[test]
fn a_time_that_is_far_ahead_pushes_nothing_out() {
    let far = 3600 * 24;
    assert_eq!(runs(&[0, far, 1, 2]), 1);
    assert_eq!(runs(&[far, far, 0, 1, 2]), 1);
    assert_eq!(runs(&[far, 0, 61, 122]), 0);
}

#[test]
fn each_strike_is_told_with_the_number_that_counts() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    for seconds in [0, 30, 80, 200] {
        watch.refuses(&agent, later(seconds));
    }
    let events = watch.events();
    let counts = events.iter().filter_map(|event| match event {
        Event::Strike { strikes, of, .. } => Some((*strikes, *of)),
        _ => None,
    });
    assert_eq!(counts.collect::<Vec<_>>(), [(1, 3), (2, 3), (2, 3), (1, 3)]);
}
