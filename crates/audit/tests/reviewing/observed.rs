//! Calls that were observed and would have been refused: the grant for a key, and calls of nobody apart.

use std::collections::BTreeMap;

use deputize::{Capability, Decision, Denial, Observation, Observed, Observer, Token};
use deputize_audit::{Beyond, Log, Review, Reviewer, Take, TakeFault};
use time::OffsetDateTime;

use crate::cast::{
    AUDIENCE, Place, capabilities, day, decide, planner, planners, request, researcher,
    researchers, start, verifier,
};

fn observed(decision: Decision) -> Observation {
    match Observer::new(day(30), start(), |_| ()).unwrap().observe(decision) {
        Observed::Recorded(own) => own,
        Observed::Enforced(decision) => panic!("{decision:?}"),
    }
}

fn record(log: &Log, decision: Decision) {
    drop(log.record_observation(observed(decision)).unwrap());
}

fn token() -> Token {
    let planners =
        planners(capabilities(&["tools/call read path:subpath=/srv", "tools/call list"]));
    researchers(&planners, capabilities(&["tools/call read path:subpath=/srv/docs"]))
}

fn call(tool: &str, args: &str, at: OffsetDateTime) -> Decision {
    decide(&token(), &researcher(), &request("tools/call", tool, args), at)
}

/// A call of a stranger, and whether the service did it.
fn stranger(log: &Log, tool: &str, args: &str, at: OffsetDateTime, is_done: bool) {
    let denial = Denial::not_presented(request("tools/call", tool, args), at);
    let call = log.record_observation(observed(Decision::Deny(denial))).unwrap();
    drop(if is_done { call.done(None, at) } else { call.failed(at) }.unwrap());
}

fn review(place: &Place, takes: &[&Take]) -> Review {
    let reviewer = Reviewer::new(day(11));
    place.review(&takes.iter().fold(reviewer, |own, take| own.taking((*take).clone())))
}

fn take(tool: &str, args: &[(&str, bool)]) -> Take {
    let args: BTreeMap<_, _> = args.iter().map(|(name, any)| ((*name).to_owned(), *any)).collect();
    Take { operation: "tools/call".parse().unwrap(), resource: tool.parse().unwrap(), args }
}

/// The grant for a key covers what its own grant refused, argument by argument, and each call passes it.
#[test]
fn the_grant_for_a_key_covers_what_was_charged_to_it() {
    let place = Place::new();
    let log = place.create();
    for number in 1..=20 {
        let args = format!("{{\"path\":\"/srv/docs/{number}\",\"head\":{number}}}");
        record(&log, call("read", &args, day(1)));
    }
    record(&log, call("read", r#"{"path":"/srv/docs/1"}"#, day(1)));
    record(&log, call("write", r#"{"path":"/srv/a","content":"one"}"#, day(1)));
    record(&log, call("mails/7", r#"{"to":{"who":"jane"}}"#, day(1)));
    record(&log, call("mails/8", r#"{"to":{"who":"jane"}}"#, day(1)));
    // Beyond what a record keeps: the value can be anything.
    let long = format!("{{\"path\":\"/srv/a\",\"content\":\"{}\"}}", "x".repeat(2000));
    record(&log, call("write", &long, day(1)));
    // No grant ends this refusal.
    let barred = request("tools/call", "read", r#"{"path":"/srv/docs/1"}"#);
    let shown = token().present(&researcher(), &barred, day(1)).unwrap();
    record(&log, verifier().decide_with_policy(shown, barred, day(1), |_, _| Err("no".to_owned())));
    // Another key, whose calls were all allowed.
    let planners = planners(capabilities(&["tools/call list"]));
    record(&log, decide(&planners, &planner(), &request("tools/call", "list", "{}"), day(1)));
    log.close().unwrap();

    let review = review(&place, &[]);
    assert_eq!((review.keys.len(), review.more_keys, review.coverage.observed), (1, 0, 25));
    let own = &review.keys[0];
    assert_eq!(own.holder.key(), deputize::Signer::public_key(&researcher()));
    assert_eq!((own.allowed, own.wanted, own.barred), (1, 24, 1));
    assert_eq!(own.barred_codes.keys().copied().collect::<Vec<_>>(), ["policy_refused"]);
    assert_eq!((own.hidden, own.left_out), (0, 0));
    let proposal = own.proposal.as_ref().unwrap();
    let written: Vec<_> = proposal.capabilities.iter().map(Capability::as_written).collect();
    assert_eq!(written.len(), 3, "{written:?}");
    assert!(written[0].starts_with("tools/call mails/* "), "{written:?}");
    assert!(written[1].contains("read") && written[1].contains("subpath=/srv/docs"), "{written:?}");
    assert!(written.iter().all(|own| own.contains(' ')), "{written:?}");
    assert_eq!(proposal.audience.as_ref().unwrap().iter().collect::<Vec<_>>(), [AUDIENCE]);
    assert_eq!(proposal.max_hops, 0);
    // The one that is not wholly shown is not replayed.
    assert_eq!((own.replay.allowed, own.replay.refused, own.replay.not_replayed), (24, 0, 1));

    let beyond: Vec<_> = proposal
        .beyond
        .iter()
        .map(|own| match own {
            Beyond::Argument { capability, seen } => format!("{capability} {}", seen.name),
            Beyond::Resources { capability, seen, .. } => {
                format!("{capability} resources, {seen} seen")
            }
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(beyond, ["0 resources, 2 seen", "1 head", "1 path", "2 content"]);
    // What a hop was granted is narrowed by what it permitted alone.
    assert!(review.hops.iter().all(|own| own.calls <= 1 && own.replay.refused == 0));
}

/// A stranger's calls are in no proposal, whatever they are.
#[test]
fn calls_of_nobody_are_listed_apart_and_propose_nothing() {
    let place = Place::new();
    let log = place.create();
    stranger(&log, "read", r#"{"path":"/srv/docs/1"}"#, day(1), true);
    stranger(&log, "read", r#"{"path":"/srv/docs/2","head":3}"#, day(2), false);
    log.close().unwrap();
    let review = review(&place, &[]);
    assert!(review.keys.is_empty() && review.hops.is_empty() && review.taken.is_empty());
    assert_eq!((review.coverage.unpresented, review.coverage.of_nobody), (2, 0));
    let [own] = review.unpresented.tools.as_slice() else { panic!("{review:?}") };
    assert_eq!((own.calls, own.done, own.first, own.last), (2, 1, day(1), day(2)));
    let args: Vec<_> = own.args.iter().map(|own| (own.name.as_str(), own.present)).collect();
    assert_eq!(args, [("head", 1), ("path", 2)]);
}

/// Names that the service never answered push out none that it did, and take no room of its arguments.
#[test]
fn a_flood_of_names_hides_no_tool_that_the_service_answers() {
    let place = Place::new();
    let log = place.create();
    let mut minute = 0;
    let mut next = |count: i64| {
        minute += i64::from(count.rem_euclid(25) == 0);
        start() + time::Duration::minutes(minute)
    };
    stranger(&log, "read", r#"{"path":"/srv/docs/1"}"#, next(0), true);
    for number in 1..400 {
        let at = next(number);
        let args = format!("{{\"a{number}\":\"{}\"}}", "x".repeat(200));
        stranger(&log, &format!("junk{number}"), &args, at, false);
        stranger(&log, "read", &args, at, false);
    }
    stranger(&log, "write", r#"{"path":"/srv/docs/1"}"#, next(0), true);
    log.close().unwrap();
    let review = review(&place, &[&take("read", &[("path", false)])]);
    let own = &review.unpresented;
    assert!(own.tools.len() <= 256 && own.more > 0, "{} {}", own.tools.len(), own.more);
    let first: Vec<_> = own.tools.iter().take(2).map(|own| own.resource.as_str()).collect();
    assert_eq!(first, ["read", "write"]);
    assert!(own.tools[0].args.len() <= 64 && own.tools[0].has_more_args);
    // Nor do they get into what is taken.
    let taken = &review.taken[0];
    assert!(taken.covered == 1 && taken.others > 100, "{taken:?}");
    let capability = taken.capability.as_ref().unwrap().as_written();
    assert_eq!(capability, "tools/call read path=/srv/docs/1");
}

/// What is taken is the tool with these arguments, and values that were recorded of calls with these alone.
#[test]
fn a_person_takes_each_tool_and_argument() {
    let place = Place::new();
    let log = place.create();
    for number in 1..=20 {
        stranger(&log, "read", &format!("{{\"path\":\"/srv/docs/{number}\"}}"), day(1), true);
    }
    stranger(&log, "read", r#"{"path":"/etc/shadow","raw":true}"#, day(1), true);
    for number in 1..=20 {
        stranger(&log, "say", &format!("{{\"text\":\"{number}\"}}"), day(2), true);
    }
    log.close().unwrap();
    let takes = [
        take("read", &[("path", false)]),
        take("read", &[]),
        take("read", &[("path", false), ("depth", false)]),
        take("say", &[("text", false)]),
        take("say", &[("text", true)]),
        take("rm", &[]),
    ];
    let review = review(&place, &takes.each_ref());
    let taken: Vec<_> = review
        .taken
        .iter()
        .map(|own| own.capability.as_ref().map(Capability::as_written).map_err(Clone::clone))
        .collect();
    let name = |name: &str| name.to_owned();
    assert_eq!(
        taken,
        [
            Ok("tools/call read path:subpath=/srv/docs".to_owned()),
            Err(TakeFault::NoCalls { others: 21 }),
            Err(TakeFault::NoArgument { name: name("depth") }),
            Err(TakeFault::AnyValue { name: name("text") }),
            Ok("tools/call say text".to_owned()),
            Err(TakeFault::NoCalls { others: 0 }),
        ]
    );
    assert_eq!((review.taken[0].covered, review.taken[0].others), (20, 1));
    assert!(
        matches!(&review.taken[4].beyond[..], [Beyond::Argument { seen, .. }] if seen.name == "text")
    );
}
