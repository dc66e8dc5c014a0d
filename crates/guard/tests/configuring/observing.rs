//! The end of an observation, over restarts.

use std::sync::{Arc, Mutex};

use deputize_audit::Monitor;
use deputize_guard::{Checked, Guard, GuardConfig, Notice, ObserveUntil};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::{BY_EXPIRY, LOG, Place, call, now};

fn config(place: &Place) -> GuardConfig {
    let text = place.config(&format!("{BY_EXPIRY}{LOG}"));
    GuardConfig::parse(&text, place.folder.path()).unwrap()
}

fn started(place: &Place, config: &GuardConfig, at: OffsetDateTime) -> (Guard, String) {
    let lines = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&lines);
    let tell = move |notice: &Notice<'_>| {
        if let Notice::Warning(line) = notice {
            own.lock().unwrap().push_str(line);
        }
    };
    let guard = match place.folder.path().join("data").exists() {
        true => config.start(Monitor::default(), at, tell),
        false => config.start_new_audience(Monitor::default(), at, tell),
    };
    let lines = lines.lock().unwrap().clone();
    (guard.unwrap(), lines)
}

/// A guard that its client starts each day does not observe for ever.
#[test]
fn a_duration_counts_from_the_first_start_and_can_be_brought_forward() {
    let (place, start) = (Place::new(), now());
    let observing =
        |days: i64| config(&place).observing(ObserveUntil::AfterFirstStart(Duration::days(days)));
    for later in [0, 5, 13] {
        let at = start + Duration::days(later);
        let (guard, told) = started(&place, &observing(14).unwrap(), at);
        let end = guard.observes_until().unwrap();
        assert!((end - (start + Duration::days(14))).abs() <= Duration::SECOND, "{end}");
        assert!(guard.is_observing(at) && told.contains("NOT ENFORCED"), "{told}");
        assert!(told.contains("calls without a token go out"), "{told}");
    }
    let at = start + Duration::days(15);
    let (guard, told) = started(&place, &observing(14).unwrap(), at);
    assert!(!guard.is_observing(at) && told.contains("refusals are enforced"), "{told}");
    assert!(matches!(guard.check(None, call(), at), Checked::Refused(_)));
    drop(guard);

    // Earlier, and for good.
    let place = Place::new();
    let observing =
        |days: i64| config(&place).observing(ObserveUntil::AfterFirstStart(Duration::days(days)));
    for (days, end) in [(14, 14), (3, 3), (14, 3)] {
        let (guard, _) = started(&place, &observing(days).unwrap(), start);
        let found = guard.observes_until().unwrap();
        assert!((found - (start + Duration::days(end))).abs() <= Duration::SECOND, "{found}");
    }
    // What cannot be read does not begin another one.
    place.write("data/observe", b"soon\n");
    let why = observing(14).unwrap().start(Monitor::default(), start, |_| {}).unwrap_err();
    assert!(why.to_string().contains("has no time in RFC 3339"), "{why}");
}

/// An end that is given beside that of the file replaces nothing silently.
#[test]
fn an_end_beside_that_of_the_file_is_refused_and_enforcing_is_said() {
    let place = Place::new();
    let end = (now() + Duration::days(1)).replace_nanosecond(0).unwrap();
    let until = end.format(&Rfc3339).unwrap();
    let text = place.config(&format!("{BY_EXPIRY}{LOG}[observe]\nuntil = \"{until}\"\n"));
    let config = GuardConfig::parse(&text, place.folder.path()).unwrap();
    assert!(config.clone().observing(ObserveUntil::Time(end)).is_ok());
    for other in
        [ObserveUntil::Time(end + Duration::DAY), ObserveUntil::AfterFirstStart(Duration::DAY)]
    {
        let why = config.clone().observing(other).unwrap_err();
        assert!(why.to_string().contains(&until), "{why}");
    }
    let (guard, told) = started(&place, &config.enforcing(), now());
    assert!(!guard.is_observing(now()) && told.is_empty(), "{told}");
    for days in [0, 91] {
        let far = ObserveUntil::AfterFirstStart(Duration::days(days));
        let why = self::config(&place).observing(far).unwrap_err();
        assert!(why.to_string().contains("at most 90 days"), "{why}");
    }
}

/// The log knows a later time than a clock that was set back while no guard ran.
#[test]
fn a_clock_that_was_set_back_does_not_prolong_an_observation_over_a_restart() {
    let (place, start) = (Place::new(), now());
    let end = start + Duration::days(1);
    let config = config(&place).observing(ObserveUntil::Time(end)).unwrap();
    let (guard, _) = started(&place, &config, start);
    drop(guard.check(None, call(), end - Duration::minutes(1)));
    drop(guard);
    let (guard, told) = started(&place, &config, start);
    assert!(told.contains("later than the clock"), "{told}");
    assert!(!guard.is_observing(start));
    assert!(matches!(guard.check(None, call(), start), Checked::Refused(_)));
    drop(guard);
    // The clock is right again.
    let at = end - Duration::seconds(30);
    let (guard, _) = started(&place, &config, at);
    assert!(guard.is_observing(at));
}
