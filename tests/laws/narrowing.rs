//! A call that a child allows is allowed by its parent, on chains of 2 to 4 hops made without
//! checks: some hops narrow their parent, some widen it, some grant nothing.

use crate::chains::{prefix, verifier};
use crate::random::{Case, NOW, args, capability};
use crate::source::Source;
use deputize::testing::{RawToken, without_capabilities};
use deputize::{
    Capability, Decision, Grant, OtherArgs, Owner, Presentation, Principal, Request, Signer,
    SigningKey,
};
use time::Duration;

const CHAINS: u64 = 2_500;

/// A capability for everything.
fn everything() -> Capability {
    Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow)
}

/// The capabilities of a hop, narrower or wider than its parent's.
fn below(source: &mut Source, parent: &[Capability]) -> Vec<Capability> {
    match source.below(10) {
        0..=3 => parent.to_vec(),
        4..=6 => vec![narrower(source, parent)],
        7 => vec![everything()],
        8 => [parent, &[capability(source)]].concat(),
        _ => vec![capability(source)],
    }
}

/// One hop, which sometimes outlives its parent, names another service or allows no further hop.
fn hop(source: &mut Source, to: Principal, capabilities: Vec<Capability>, left: &mut i64) -> Grant {
    *left += if source.chance(5) { 60 } else { -60 };
    let end = NOW + Duration::seconds(*left);
    let grant = Grant::new(to.clone(), capabilities, end, "a purpose");
    // A contradictory grant is replaced by any valid one.
    let grant = grant.or_else(|_| Grant::new(to.clone(), [everything()], end, "a purpose"));
    let mut grant = grant.unwrap().with_max_hops(if source.chance(4) { 0 } else { 9 });
    if source.chance(20) {
        let service = if source.chance(10) { "mail.acme.com" } else { "crm.acme.com" };
        grant = grant.with_audience([service]).unwrap();
    }
    if source.chance(2) {
        grant = grant.with_allowed_delegates([to.key()]).unwrap();
    }
    if source.chance(3) { without_capabilities(grant) } else { grant }
}

/// A call and the owner's capability, which mostly covers it, so that the decision depends on the
/// other hops.
fn call(source: &mut Source, to: &Principal) -> (Request, Capability) {
    let is_granted = source.chance(90);
    loop {
        let own = capability(source);
        let Ok(grant) = Grant::new(to.clone(), [own.clone()], NOW, "a purpose") else { continue };
        let operation = source.pick(&["crm.read", "crm.read", "crm.read", "crm.read.all"]);
        let resource = source.pick(&["a/b/c", "a/b/c", "a/b/c", "a/b"]);
        let call = Request::new(operation, resource, "crm.acme.com")
            .and_then(|call| call.with_arg_map(args(source, &[grant])))
            .unwrap();
        if !is_granted || own.permits(&call) {
            return (call, own);
        }
    }
}

fn chain(number: u64) -> Case {
    let mut source = Source(number + 5_000_000);
    let hops = 2 + source.below(3);
    let keys: Vec<_> =
        (1..).take(hops + 1).map(|seed| SigningKey::from_bytes(&[seed; 32])).collect();
    let issued = NOW - Duration::seconds(60);
    let owner = Owner::human("alice").unwrap();
    let to = |key: &SigningKey| Principal::agent("agent", key.public_key()).unwrap();
    let (request, own) = call(&mut source, &to(&keys[1]));
    let mut capabilities = vec![own];
    let (mut chain, mut left) = (Vec::<Grant>::new(), 5_000);
    let mut held: Option<RawToken> = None;
    for (signer, delegate) in keys.iter().zip(keys.iter().skip(1)) {
        let grant = hop(&mut source, to(delegate), capabilities.clone(), &mut left);
        chain.push(grant.clone());
        held = Some(match held {
            None => RawToken::mint(owner.clone(), signer, grant, issued, [7; 16]),
            Some(before) => before.delegate(signer, grant, issued),
        });
        capabilities = below(&mut source, &capabilities);
    }
    let held = held.unwrap();
    let window = Duration::seconds(30);
    let closed = held.clone().present(&keys[hops], &request, NOW, window, [9; 16]);
    let presentation = Presentation::from_bytes(closed.to_bytes()).unwrap();
    Case { chain, keys, held, presentation, request }
}

#[test]
fn a_child_may_do_only_what_its_parent_may_do() {
    let (mut allowed, mut widened) = (0, 0);
    for number in 0..CHAINS {
        let case = chain(number);
        let hops = case.chain.len();
        let verifier = verifier(&case);
        let decide = |hops| verifier.decide(prefix(&case, hops), case.request.clone(), NOW);
        let verdicts: Vec<_> = (1..=hops).map(|hops| decide(hops).is_allowed()).collect();
        let first_refusal = verdicts.iter().position(|is_allowed| !is_allowed);
        if let Some(first) = first_refusal {
            let revived = verdicts.iter().skip(first).position(|is_allowed| *is_allowed);
            assert_eq!(revived, None, "chain {number}: {verdicts:?}");
            // The last hop alone would have allowed the call that the chain refuses.
            let last = case.chain[hops - 1].capabilities();
            widened += u64::from(last.iter().any(|own| own.permits(&case.request)));
        } else {
            allowed += 1;
            let whole = verifier.decide(case.presentation.clone(), case.request.clone(), NOW);
            assert!(matches!(whole, Decision::Allow(_)), "chain {number}");
        }
    }
    assert!(allowed * 4 > CHAINS, "only {allowed} of {CHAINS} chains allow their call");
    assert!(widened * 20 > CHAINS, "only {widened} of {CHAINS} chains end in a hop that widens");
    println!("{allowed} of {CHAINS} chains allow their call, {widened} end in a hop that widens");
}

/// A random capability for the operation and the resource of one of the parent's.
pub(crate) fn narrower(source: &mut Source, parent: &[Capability]) -> Capability {
    let outer = source.pick(parent);
    let operation =
        if source.chance(50) { outer.operation().as_written() } else { "crm.read".into() };
    let resource = if source.chance(50) { outer.resource().as_written() } else { "a/b/c".into() };
    let mut json = serde_json::to_value(&outer).unwrap();
    json["operation"] = operation.into();
    json["resource"] = resource.into();
    if source.chance(50) {
        json.as_object_mut().unwrap().remove("other_args");
    }
    if source.chance(30)
        && let Some(named) = json["args"].as_object_mut()
    {
        for limits in named.values_mut() {
            limits.as_object_mut().unwrap().remove("optional");
            limits.as_object_mut().unwrap().remove("below");
            limits["max_len"] = 3.into();
        }
    }
    serde_json::from_value(json).unwrap_or(outer)
}
