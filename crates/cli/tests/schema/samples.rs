//! Sample reports of every kind.

use std::collections::HashSet;

use deputize::testing::{RawToken, with_purpose};
use deputize::{
    Capability, Grant, Hop, OperationPattern, OtherArgs, Owner, Principal, PrincipalKind,
    ReplayPolicy, Report, Request, RevocationPolicy, Signer, TrustAnchor, Verifier,
};
use serde_json::{Value, json};
use time::Duration;

use crate::common::{
    alice, anchor, grant, held, key, mint, now, planner, present, present_for, presented, reading,
    request, request_for, researcher, shown, thief, token, verifier, verifier_of,
};

/// Returns a report of every kind.
pub(crate) fn reports() -> Vec<Report> {
    let (call, presented) = (request(), presented());
    let decide = |verifier: Verifier, raw: &RawToken, call: &Request| {
        Report::of(&verifier.decide(shown(raw), call.clone(), now()))
    };
    let mut altered = presented.clone();
    altered.sign(1, &thief());
    let mut unreadable = presented.clone();
    for (hop, signer) in [alice(), planner(), researcher()].iter().enumerate() {
        unreadable.blocks.iter_mut().for_each(|block| block.content = vec![0xff]);
        unreadable.sign(hop, signer);
    }
    let chain = verifier().verify(shown(&presented), now()).unwrap();
    let ids: HashSet<_> = chain.hops().iter().map(Hop::id).collect();
    let revoked = Verifier::new(
        anchor(),
        RevocationPolicy::checked_with(ids),
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    );
    let stranger = verifier_of(TrustAnchor::for_any_owner(thief().public_key()));
    let policy = verifier().decide_with_policy(shown(&presented), call.clone(), now(), |_, _| {
        Err("not on a Monday".to_owned())
    });
    let blank =
        mint(with_purpose(grant("a", &planner(), reading("**", 1), Duration::minutes(5)), ""));
    let (everything, whole) = everything();
    vec![
        decide(verifier(), &presented, &call),
        decide(verifier(), &presented, &request_for("accounts/apac/7")),
        decide(verifier(), &present(held(), &thief()), &call),
        decide(verifier(), &altered, &call),
        decide(verifier(), &unreadable, &call),
        decide(verifier(), &held(), &call),
        decide(verifier(), &present(blank, &planner()), &call),
        decide(stranger.clone(), &presented, &call),
        decide(revoked, &presented, &call),
        decide(verifier(), &everything, &whole),
        Report::of(&policy),
        Report::of_chain(&chain),
        Report::of_denial(&stranger.verify(shown(&presented), now()).unwrap_err()),
        Report::of_token(&verifier(), &token(), now()),
        Report::of_token(&stranger, &token(), now()),
        Report::unverified_token(&token(), now()),
        Report::unverified_presentation(&shown(&presented), now()),
        Report::unverified_presentation(&shown(&everything), now()),
    ]
}

/// A chain with every field, every kind of limit, and hostile names.
fn everything() -> (RawToken, Request) {
    let bad = "</script>\u{1b}[2J\u{202e}| a |\n";
    let name = "→ <b>\"\\ é 🙂 |";
    let own: Capability = serde_json::from_value(json!({
        "operation": "crm.*",
        "resource": "accounts/*",
        "args": {
            "n": {"min": -5, "max": 5},
            name: {"equals": ["a"]},
            "/filter/owner": {"one_of": [bad, ""]},
            "m": {"none_of": [1, 2]},
            "p": {"prefix": "é", "suffix": "x"},
            "g": {"glob": "/a/**/*.csv"},
            "s": {"subpath": "/"},
            "u": {"url": {
                "schemes": ["https", "http"],
                "hosts": ["*.acme.com", "[2606:4700::1111]"],
                "ports": [443, 8443],
                "path_prefix": "/v1",
            }},
            "c": {"cidr": "2001:db8::/32"},
            "l": {"max_len": 0},
            "t": {"subset_of": [true], "optional": true},
            "h": {"contains_all": ["a"]},
            "any": {"any": true},
        },
        "other_args": "allow",
    }))
    .unwrap();
    let to = |name: &str, seed| {
        Principal::new(name, PrincipalKind::Service, key(seed).public_key()).unwrap()
    };
    let full = |to, own| {
        Grant::new(to, [own], now() + Duration::minutes(5), name)
            .and_then(|own| own.with_not_before(now()))
            .and_then(|own| own.with_audience(["crm.acme.com", "b"]))
            .and_then(|own| own.with_allowed_delegates([alice().public_key(), key(7).public_key()]))
            .unwrap()
            .with_max_hops(3)
    };
    let owner = Owner::new(name, PrincipalKind::Organization).unwrap();
    let all = Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow);
    let raw = RawToken::mint(owner, &alice(), full(to(name, 7), all), now(), [9; 16]).delegate(
        &key(7),
        full(to("back", 1), own),
        now(),
    );
    let call = Request::new("crm.x", "accounts/1", "crm.acme.com").unwrap();
    let call = call.with_args(r#"{"a": {"b": [1.5, null, {"c": "x"}]}, "n": 9007199254740991}"#);
    let call = call.unwrap();
    (present_for(raw, &alice(), &call), call)
}

pub(crate) fn json_of(report: &Report) -> Value {
    serde_json::to_value(report).unwrap()
}
