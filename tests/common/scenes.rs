//! Reports of everyday cases, for the tests that read reports.

use deputize::{
    Capability, Constraint, Grant, Principal, PrincipalKind, Report, Signer, Token, TrustAnchor,
};
use time::Duration;

use super::{
    alice, crm_request, grant, held, key, now, planner, present, present_for, presented, reading,
    request, researcher, shown, thief, verifier, verifier_of, writer,
};

/// All of them, each with its name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("allowed", allowed()),
        ("out_of_scope", out_of_scope()),
        ("stolen", stolen()),
        ("untrusted", untrusted()),
        ("unverified", unverified()),
        ("unreadable", unreadable()),
        ("returned", returned()),
    ]
}

/// The standard call.
pub(crate) fn allowed() -> Report {
    Report::of(&verifier().decide(shown(&presented()), request(), now()))
}

/// The last of three hops, which has every optional part of a grant, refuses.
pub(crate) fn out_of_scope() -> Report {
    let third = Grant::new(
        Principal::new("reader", PrincipalKind::Service, writer().public_key()).unwrap(),
        [Capability::new("crm.read", "accounts/emea/*")
            .and_then(|own| own.with_arg("limit", [Constraint::one_of([1, 5])]))
            .unwrap()],
        now() + Duration::seconds(90),
        "one account at a time",
    )
    .and_then(|grant| grant.with_audience(["crm.acme.com"]))
    .and_then(|grant| grant.with_not_before(now()))
    .and_then(|grant| grant.with_allowed_delegates([key(5).public_key()]))
    .unwrap();
    let call = crm_request("crm.read", "accounts/emea/42/notes", r#"{"limit": 5}"#);
    let raw = held().delegate(&researcher(), third, now());
    let raw = present_for(raw, &writer(), &call);
    Report::of(&verifier().decide(shown(&raw), call, now() + Duration::seconds(20)))
}

/// A thief presents the chain.
pub(crate) fn stolen() -> Report {
    Report::of(&verifier().decide(shown(&present(held(), &thief())), request(), now()))
}

/// The chain is valid, but its root is not trusted.
pub(crate) fn untrusted() -> Report {
    let bob = TrustAnchor::for_any_owner(key(50).public_key());
    Report::of(&verifier_of(bob).decide(shown(&presented()), request(), now()))
}

/// A held token, unverified.
pub(crate) fn unverified() -> Report {
    Report::unverified_token(&Token::parse(&held().to_text()).unwrap(), now())
}

/// The researcher delegates back to the planner.
pub(crate) fn returned() -> Report {
    let back = grant("planner", &planner(), reading("accounts/emea/42", 5), Duration::minutes(5));
    let raw = present(held().delegate(&researcher(), back, now()), &planner());
    Report::of(&verifier().decide(shown(&raw), request(), now()))
}

/// Unreadable blocks, each signed with the right key.
pub(crate) fn unreadable() -> Report {
    let mut raw = presented();
    for (hop, signer) in [alice(), planner(), researcher()].iter().enumerate() {
        raw.blocks.iter_mut().for_each(|block| block.content = vec![0xff]);
        raw.sign(hop, signer);
    }
    Report::of(&verifier().decide(shown(&raw), request(), now()))
}
