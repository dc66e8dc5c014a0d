//! A log of a service that only observed: a call that enforcement would refuse, and its outcome.

use deputize::{Observed, Observer};
use deputize_audit::{Log, ObservedCall};
use serde_json::Value;
use time::Duration;

use crate::audit::{decide, settings};
use crate::common::{key, now};
use crate::shell::{Outcome, Shell};

/// A shell with a log of a call that would be allowed, and of one that would be refused. Both were made.
fn shell() -> Shell {
    let shell = Shell::new();
    let log = Log::create(shell.path("log"), key(70), settings(), now()).unwrap();
    let observer = Observer::new(now() + Duration::DAY, now(), |_| ()).unwrap();
    let observed = |limit| -> ObservedCall {
        let own = match observer.observe(decide("accounts/emea/1", limit, now())) {
            Observed::Recorded(own) => Some(own),
            Observed::Enforced(_) => None,
        };
        log.record_observation(own.unwrap()).unwrap()
    };
    drop(observed(5).done(Some(b"1 account"), now()).unwrap());
    drop(observed(50).done(Some(b"50 accounts"), now()).unwrap());
    log.close().unwrap();
    shell
}

/// The lines of a command in JSON.
fn lines(shell: &Shell, command: &str) -> Vec<Value> {
    shell.done(command).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_outcome_of_an_observed_call_is_a_part_of_a_whole_log() {
    let shell = shell();
    let Outcome { code, out, .. } = shell.run("deputize audit verify log");
    assert_eq!(code, 0, "{out}");
    let bundle = shell.done("deputize audit bundle log --records 3");
    std::fs::write(shell.path("calls.bundle"), bundle).unwrap();
    let Outcome { code, out, .. } = shell.run("deputize audit check calls.bundle");
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("would be refused, and was made"), "{out}");
}

/// Nothing that reads the log takes the call for a permitted one.
#[test]
fn an_observed_call_that_would_be_refused_is_never_a_permitted_one() {
    let shell = shell();
    let shown = shell.done("deputize audit show log");
    let (allowed, refused) = shown.trim_end().split_once('\n').unwrap();
    assert!(allowed.contains("  would be allowed  "), "{allowed}");
    assert!(refused.contains("  would be refused, and was made  "), "{refused}");
    let only = shell.done("deputize audit show log --refused");
    assert_eq!(only.trim_end(), refused);
    let tail = shell.done("deputize audit tail log");
    assert!(tail.contains("done  the call of record 3"), "{tail}");

    let json = lines(&shell, "deputize audit show log --format json");
    let verdicts: Vec<_> = json.iter().map(|own| (&own["allowed"], &own["enforced"])).collect();
    assert_eq!(verdicts, [(&true.into(), &false.into()), (&false.into(), &false.into())]);

    let ocsf = lines(&shell, "deputize audit export log --format ocsf --refused");
    let of_call = ocsf.last().unwrap();
    assert_eq!(of_call["message"], "observed: would be refused, and was made");
    // Observed, and Logged.
    assert_eq!((&of_call["action_id"], &of_call["disposition_id"]), (&3.into(), &17.into()));
    let cloud = shell.done("deputize audit export log --format cloudevents --refused");
    let event: Value = serde_json::from_str(cloud.trim_end()).unwrap();
    assert_eq!(event["type"], "deputize.decision.would_refuse");
    assert_eq!(
        (&event["data"]["allowed"], &event["data"]["enforced"]),
        (&false.into(), &false.into())
    );

    let page = shell.done("deputize audit show log --format html");
    assert!(page.contains("would be refused, and was made"), "{page}");
    let review = shell.done("deputize review log --format json");
    let review: Value = serde_json::from_str(&review).unwrap();
    assert_eq!(review["observed"], 1, "{review}");
    assert_eq!(review["allowed"], 1, "{review}");
}
