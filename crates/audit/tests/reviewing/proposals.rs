//! Proposals: no recorded call is lost, and nothing further can be taken away.

use std::collections::BTreeSet;

use deputize::{Capability, Constraint, OtherArgs, Presence, Request, ResourcePattern, Token};
use deputize_audit::{HopReview, Proposal, Reviewer};
use proptest::prelude::*;
use proptest::sample::select;
use time::Duration;

use crate::cast::{Place, capabilities, day, decide, of, planner, planners, proposed, request};

/// Each grant has one capability of each row, so that a call that one capability loses is permitted by
/// no other.
const GRANTS: [&[&str]; 4] = [
    &[
        "a.read **",
        "a.read data/** limit<=1000 mode?",
        "a.read data/** ...",
        "a.read data/x/** limit=-50..1000 mode?=ro",
        "a.read data/** limit:none_of=7,8 mode?:one_of=ro,rw",
    ],
    &[
        "b.write data/** path:subpath=/srv tags?",
        "b.write ** path ...",
        "b.write data/** path:subpath=/srv tags?:subset_of=a,b,c,d",
        "b.write data/** path^=/srv/ tags?:max_len=3",
    ],
    &[
        "c.call ** /filter/owner? /filter/limit?<=9 ratio?",
        "c.call ** filter/** ratio?",
        "c.call ** ...",
        "c.call ** filter/** ratio? files/**",
    ],
    &["d.* **", "d.* data/x/* flag?", "d.put data/** flag?=true"],
];

fn granted() -> impl Strategy<Value = Vec<Capability>> {
    GRANTS.map(select).prop_map(|rows| capabilities(&rows)).boxed()
}

fn resource() -> impl Strategy<Value = String> {
    let stem = select(&["data/x", "data/x/deep", "data/y", "data", "other"][..]);
    (stem, 0..40_u8).prop_map(|(stem, number)| format!("{stem}/{number}"))
}

fn path() -> impl Strategy<Value = String> {
    let stem = select(&["/srv", "/srv/a", "/srv/a/b", "/srv/c"][..]);
    (stem, 0..60_u8).prop_map(|(stem, number)| format!("{stem}/{number}.txt"))
}

fn tags() -> impl Strategy<Value = serde_json::Value> {
    prop::collection::vec(select(&["a", "b", "c", "d", "e"][..]), 0..4).prop_map(Into::into)
}

fn args(operation: &'static str) -> BoxedStrategy<serde_json::Value> {
    use serde_json::json;
    let mode = prop::option::of(select(&["ro", "rw", "admin"][..]));
    let with = |name: &str, value: Option<serde_json::Value>, mut args: serde_json::Value| {
        if let Some(value) = value {
            args[name] = value;
        }
        args
    };
    match operation {
        "a.read" => prop_oneof![
            Just(json!({})),
            (-60..1100_i64, mode).prop_map(move |(limit, mode)| with(
                "mode",
                mode.map(Into::into),
                json!({ "limit": limit })
            )),
        ]
        .boxed(),
        "b.write" => (path(), prop::option::of(tags()))
            .prop_map(move |(path, tags)| with("tags", tags, json!({ "path": path })))
            .boxed(),
        "c.call" => prop_oneof![
            Just(json!({})),
            (0..12_i64).prop_map(|limit| json!({ "filter": { "limit": limit, "owner": "me" } })),
            Just(json!({ "filter": { "owner": "us" }, "ratio": 0.5 })),
            Just(json!({ "files": [{ "path": "/srv/a" }, { "path": "/srv/b" }] })),
            Just(json!({ "files": [] })),
        ]
        .boxed(),
        _ => prop_oneof![Just(json!({})), any::<bool>().prop_map(|flag| json!({ "flag": flag }))]
            .boxed(),
    }
}

fn call() -> impl Strategy<Value = Request> {
    let operation = select(&["a.read", "b.write", "c.call", "d.put", "d.get"][..]);
    let call = operation.prop_flat_map(|own| (Just(own), resource(), args(own)));
    call.prop_map(|(operation, resource, args)| request(operation, &resource, &args.to_string()))
}

/// Reviews the log of these calls. Returns the allowed ones.
fn review(token: &Token, calls: &[Request], reviewer: &Reviewer) -> (HopReview, Vec<Request>) {
    let place = Place::new();
    let mut decisions = Vec::new();
    for (at, call) in (1..).zip(calls) {
        decisions.push(decide(token, &planner(), call, day(1) + Duration::seconds(at)));
    }
    place.write(&decisions);
    let allowed = calls.iter().zip(&decisions).filter(|(_, own)| own.is_allowed());
    let allowed: Vec<_> = allowed.map(|(call, _)| call.clone()).collect();
    let review = place.review(&reviewer.clone().with_token(token.clone()));
    (of(&review, "planner").clone(), allowed)
}

fn is_lost(proposal: &[Capability], calls: &[Request]) -> bool {
    calls.iter().any(|call| !proposal.iter().any(|own| own.permits(call)))
}

/// The proposal with another capability in this place.
fn with(proposal: &Proposal, place: usize, other: Capability) -> Vec<Capability> {
    let mut all = proposal.capabilities.clone();
    all[place] = other;
    all
}

/// The capability with these limits on one argument.
fn limited(own: &Capability, changed: &str, limits: Vec<Constraint>) -> Capability {
    let new = Capability::new(&own.operation().as_written(), &own.resource().as_written()).unwrap();
    let mut new = new.with_other_args(own.other_args());
    for (name, own) in own.args() {
        let limits = if name == changed { limits.clone() } else { own.constraints().to_vec() };
        new = match own.presence() {
            Presence::Required => new.with_arg(name, limits).unwrap(),
            Presence::Optional => new.with_optional_arg(name, limits).unwrap(),
            Presence::Below => new.with_below(name).unwrap(),
        };
    }
    new
}

/// Narrower limits in place of one: without one of its values, from one integer later, one folder deeper.
fn narrower(limit: &Constraint, values: &[String]) -> Vec<Constraint> {
    let without = |set: &BTreeSet<deputize::Value>,
                   make: fn(BTreeSet<deputize::Value>) -> Constraint| {
        let one_less = |dropped| {
            let mut rest = set.clone();
            rest.remove(dropped);
            make(rest)
        };
        set.iter().map(one_less).collect::<Vec<_>>()
    };
    match limit {
        Constraint::OneOf(set) => without(set, Constraint::OneOf),
        Constraint::SubsetOf(set) if set.len() > 1 => without(set, Constraint::SubsetOf),
        Constraint::Min(bound) => vec![Constraint::min(bound + 1)],
        Constraint::Max(bound) => vec![Constraint::max(bound - 1)],
        Constraint::Subpath(folder) => {
            let below = |path: &String| {
                let rest = path.strip_prefix(folder.as_str())?.strip_prefix('/')?;
                let (next, _) = rest.split_once('/')?;
                Constraint::subpath(&format!("{}/{next}", folder.as_str())).ok()
            };
            values.iter().filter_map(below).collect()
        }
        _ => Vec::new(),
    }
}

/// Checks that nothing can be taken away from a proposal beyond what was granted as it is.
fn check_tight(own: &HopReview, calls: &[Request]) -> Result<u32, TestCaseError> {
    let Some(proposal) = &own.proposal else { return Ok(0) };
    let mut tried = 0;
    for (place, capability) in proposal.capabilities.iter().enumerate() {
        let granted = own.hop.grant().capabilities();
        let granted = granted.iter().find(|granted| capability.within(granted)).unwrap();
        let mut lost = |other: Capability| {
            tried += 1;
            is_lost(&with(proposal, place, other), calls)
        };
        for (name, limits) in capability.args() {
            let paths =
                calls.iter().filter_map(|call| call.args().get(name)?.as_str().map(str::to_owned));
            let paths: Vec<_> = paths.collect();
            for limit in limits.constraints() {
                if granted.constraints_on(name).is_some_and(|own| own.contains(limit)) {
                    continue;
                }
                for other in narrower(limit, &paths) {
                    let limits = limits.constraints().iter();
                    let limits =
                        limits.map(|own| if own == limit { other.clone() } else { own.clone() });
                    let other = limited(capability, name, limits.collect());
                    prop_assert!(lost(other.clone()), "{capability}\n{other}");
                }
            }
        }
        // A folder deeper, as far as a call is in one.
        if let ResourcePattern::Below(stem) | ResourcePattern::Child(stem) = capability.resource() {
            for call in calls.iter().filter(|call| capability.permits(call)) {
                let text = call.resource().as_str().to_owned();
                let next = stem.segments().count() + 1;
                let deeper: Vec<_> = text.split('/').take(next).collect();
                let exact =
                    Capability::new(&capability.operation().as_written(), &deeper.join("/"))
                        .unwrap();
                let below = Capability::new(
                    &capability.operation().as_written(),
                    &format!("{}/**", deeper.join("/")),
                )
                .unwrap();
                for other in [exact, below] {
                    let mut other = other.with_other_args(capability.other_args());
                    for (name, own) in capability.args() {
                        let limits = own.constraints().to_vec();
                        other = match own.presence() {
                            Presence::Required => other.with_arg(name, limits).unwrap(),
                            Presence::Optional => other.with_optional_arg(name, limits).unwrap(),
                            Presence::Below => other.with_below(name).unwrap(),
                        };
                    }
                    if granted.resource() != capability.resource() {
                        prop_assert!(lost(other.clone()), "{capability}\n{other}");
                    }
                }
            }
        }
        // Others stay allowed only where their names cannot be stated.
        prop_assert!(
            capability.other_args() == OtherArgs::Deny || granted.other_args() == OtherArgs::Allow
        );
    }
    Ok(tried)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_recorded_call_is_lost_and_nothing_is_wider(
        granted in granted(),
        calls in prop::collection::vec(call(), 1..60),
        rounding: bool,
    ) {
        let token = planners(granted);
        let reviewer = Reviewer::new(day(2));
        let reviewer = if rounding { reviewer } else { reviewer.without_rounding() };
        let (own, allowed) = review(&token, &calls, &reviewer);
        prop_assert_eq!(own.calls, allowed.len() as u64);
        prop_assert_eq!((own.replay.allowed, own.replay.refused), (own.calls, 0));
        prop_assert_eq!(own.replay.not_replayed, 0);
        prop_assert_eq!(own.proposal.is_some(), !allowed.is_empty());
        for capability in own.proposal.iter().flat_map(|own| &own.capabilities) {
            let is_within = token.hops()[0].grant().capabilities().iter().any(|own| capability.within(own));
            prop_assert!(is_within, "{}", capability);
        }
        if !rounding {
            check_tight(&own, &allowed)?;
        }
    }
}

/// The property above would say nothing if proposals had nothing that can be narrowed.
#[test]
fn each_kind_of_limit_is_as_narrow_as_the_calls() {
    let granted = ["a.read data/** limit<=1000 mode?", "b.write ** path:subpath=/srv tags?"];
    let token = planners(capabilities(&granted));
    let mut calls = vec![
        request("a.read", "data/x/1", r#"{"limit":3,"mode":"ro"}"#),
        request("a.read", "data/x/2/3", r#"{"limit":41,"mode":"rw"}"#),
        request("a.read", "data/x/2", r#"{"limit":7}"#),
    ];
    for number in 0..40 {
        let folder = if number % 2 == 0 { "eu" } else { "us" };
        let args = format!(r#"{{"path":"/srv/a/{folder}/{number}.txt","tags":["x","y"]}}"#);
        calls.push(request("b.write", "out", &args));
    }
    calls.push(request("b.write", "out", r#"{"path":"/srv/a/eu/1.txt","tags":["z"]}"#));
    let (own, allowed) = review(&token, &calls, &Reviewer::new(day(2)).without_rounding());
    assert_eq!(allowed.len(), calls.len());
    assert_eq!(
        proposed(&own),
        [
            "a.read data/x/** limit=3..41 mode?:one_of=ro,rw",
            "b.write out path:subpath=/srv/a tags:subset_of=x,y,z",
        ]
    );
    let tried = check_tight(&own, &allowed).unwrap();
    assert!(tried >= 12, "{tried}");
}

#[test]
fn an_unused_optional_argument_is_refused_from_now_on() {
    let token = planners(capabilities(&["a.read ** limit?<=9 force?", "a.read other ..."]));
    let calls = [request("a.read", "data/1", r#"{"limit":5}"#), request("a.read", "data/2", "{}")];
    let (own, _) = review(&token, &calls, &Reviewer::new(day(2)));
    assert_eq!(proposed(&own), ["a.read data/* limit?=5"]);
}

#[test]
fn each_used_operation_of_a_wildcard_is_granted_by_its_name() {
    let token = planners(capabilities(&["d.* **"]));
    let calls = [request("d.get", "data/1", "{}"), request("d.put", "data/2", "{}")];
    let (own, _) = review(&token, &calls, &Reviewer::new(day(2)));
    assert_eq!(proposed(&own), ["d.get data/1", "d.put data/2"]);
}

#[test]
fn more_operations_than_a_review_tells_apart_are_granted_as_before() {
    let token = planners(capabilities(&["d.* **"]));
    let calls: Vec<_> =
        (0..80).map(|number| request(&format!("d.tool{number}"), "data/1", "{}")).collect();
    let (own, _) = review(&token, &calls, &Reviewer::new(day(2)));
    assert_eq!(proposed(&own), ["d.* **"]);
    assert_eq!((own.replay.allowed, own.replay.refused), (80, 0));
}
