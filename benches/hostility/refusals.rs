//! Calls and tokens that differ from an allowed one in one respect: refusing them must not be much
//! more expensive, or a refused caller could do more harm than an allowed one.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use deputize::testing::RawToken;
use deputize::{
    Capability, Constraint, Decision, Grant, HopId, MemoryReplayGuard, OperationPattern,
    Presentation, Principal, ReplayPolicy, Request, RevocationPolicy, RevocationSource,
    RevocationStatus, Signer, TrustAnchor, Verifier,
};
use time::Duration;

use crate::agent::{Kind, Limits, Shape, chain, decide, grant, key, now};
use crate::measure::{TRIES, Yardstick};

pub(crate) struct Pair {
    pub(crate) what: String,
    pub(crate) code: String,
    refused: f64,
    allowed: f64,
}

impl Pair {
    pub(crate) fn times(&self) -> f64 {
        self.refused / self.allowed
    }
}

impl Display for Pair {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { what, code, refused, allowed } = self;
        write!(f, "{what:<64} {refused:>6.1} {allowed:>6.1} {:>6.2}  {code}", self.times())
    }
}

struct Everything;

impl RevocationSource for Everything {
    fn status(&self, _: &HopId) -> RevocationStatus {
        RevocationStatus::Revoked
    }
}

/// Hops with different content, so that each kind of refusal occurs at all of them.
fn grants(hops: usize) -> Vec<Grant> {
    let resource = |i: usize| format!("accounts/{}/**", "r".repeat(20 + i));
    let caps = |hop: usize| {
        let own = (0..3).map(|i| {
            Capability::new("crm.read", &resource(i))
                .unwrap()
                .with_arg("limit", [Constraint::max(100 - hop as i64)])
                .unwrap()
                .with_arg(
                    "to",
                    [Constraint::one_of((0..6).map(|i| format!("{i}{}", "t".repeat(60))))],
                )
                .unwrap()
        });
        own.collect::<Vec<_>>()
    };
    (0..hops)
        .map(|hop| {
            let audience = (0..8).map(|i| format!("service-{i}.acme.com"));
            grant(hop, caps(hop))
                .with_audience(audience.chain(["crm.acme.com".to_owned()]))
                .unwrap()
        })
        .collect()
}

pub(crate) fn pairs(yard: &Yardstick) -> Vec<Pair> {
    println!("{:<64} {:>6} {:>6} {:>6}", "", "× vfy", "allowed", "times");
    let mut pairs = Vec::new();
    for hops in [1, 8] {
        pairs.extend(of(yard, hops));
    }
    pairs.extend(expensive(yard));
    pairs
}

fn of(yard: &Yardstick, hops: usize) -> Vec<Pair> {
    // The last capability allows the call, so that an allowed call checks all of them.
    let resource = format!("accounts/{}/42", "r".repeat(22));
    let to = format!("3{}", "t".repeat(60));
    let args = format!(r#"{{"limit":5,"to":"{to}"}}"#);
    let call = |operation: &str, resource: &str, audience: &str, args: &str| {
        Request::new(operation, resource, audience).unwrap().with_args(args).unwrap()
    };
    let good = call("crm.read", &resource, "crm.acme.com", &args);
    let anchor = || TrustAnchor::new(key(0).public_key(), "alice@acme.com");
    let verifier = |anchor, revocation| {
        Verifier::new(anchor, revocation, ReplayPolicy::accepted_for([OperationPattern::Any]))
    };
    let plain =
        || verifier(anchor(), RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) });
    let token = |request: &Request| chain(grants(hops), request);
    let text = token(&good).to_text();
    let cost = |decide: &dyn Fn() -> Decision| {
        let figure = yard.measure(TRIES, || (), |()| decide());
        let code = match decide() {
            Decision::Allow(_) => "allowed".to_owned(),
            Decision::Deny(denial) => {
                let first = denial.reasons()[0].code;
                format!("{first} × {}", denial.reasons().len())
            }
        };
        (figure.ratio, code)
    };
    let (allowed, code) = cost(&|| decide(&plain(), &text, good.clone()));
    assert_eq!(code, "allowed");
    let mut pairs = Vec::new();
    let mut add = |what: &str, decide: &dyn Fn() -> Decision| {
        let (refused, code) = cost(decide);
        assert_ne!(code, "allowed", "{what}");
        pairs.push(Pair { what: format!("{hops} hops: {what}"), code, refused, allowed });
    };
    // Other calls, each presented as such.
    for (what, other) in [
        ("another operation", call("crm.write", &resource, "crm.acme.com", &args)),
        ("another resource", call("crm.read", "elsewhere/42", "crm.acme.com", &args)),
        ("another service", call("crm.read", &resource, "mail.acme.com", &args)),
        (
            "an argument more",
            call("crm.read", &resource, "crm.acme.com", &args.replace("{", r#"{"a":1,"#)),
        ),
        ("an argument less", call("crm.read", &resource, "crm.acme.com", r#"{"limit":5}"#)),
        (
            "an argument too large",
            call("crm.read", &resource, "crm.acme.com", &args.replace('5', "500")),
        ),
        (
            "an argument that is a float",
            call("crm.read", &resource, "crm.acme.com", &args.replace('5', "5.5")),
        ),
        ("another value", call("crm.read", &resource, "crm.acme.com", &args.replace("3t", "x"))),
    ] {
        let text = token(&other).to_text();
        add(what, &|| decide(&plain(), &text, other.clone()));
    }
    let other = call("crm.read", &resource, "crm.acme.com", &args.replace('5', "6"));
    add("presented for another call", &|| decide(&plain(), &text, other.clone()));
    // Other verifiers, and other times.
    let at = |verifier: &Verifier, later: Duration| {
        verifier.decide(Presentation::parse(&text).unwrap(), good.clone(), now() + later)
    };
    add("expired", &|| at(&plain(), Duration::days(3)));
    add("issued in the future", &|| at(&plain(), Duration::days(-3)));
    add("not fresh", &|| at(&plain(), Duration::minutes(2)));
    let revoked = verifier(anchor(), RevocationPolicy::checked_with(Everything));
    add("revoked at every hop", &|| at(&revoked, Duration::ZERO));
    let bob = verifier(
        TrustAnchor::new(key(0).public_key(), "bob"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
    );
    add("another owner", &|| at(&bob, Duration::ZERO));
    let over = verifier(
        anchor().with_valid_until(now()),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
    );
    add("an anchor that has ended", &|| at(&over, Duration::ZERO));
    let pinned = (0..hops).fold(anchor(), |anchor, hop| {
        anchor.with_pinned(Principal::agent(format!("agent-{hop}"), key(500).public_key()).unwrap())
    });
    let pinned = verifier(pinned, RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) });
    add("other keys pinned at every hop", &|| at(&pinned, Duration::ZERO));
    add("the service's own policy", &|| {
        let presentation = Presentation::parse(&text).unwrap();
        plain().decide_with_policy(presentation, good.clone(), now(), |_, _| Err("no".to_owned()))
    });
    let guard = Arc::new(MemoryReplayGuard::for_new_audience(1));
    let once = Verifier::new(
        anchor(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::refused_by(guard),
    );
    let _ = at(&once, Duration::ZERO);
    add("used before", &|| at(&once, Duration::ZERO));
    let short = plain().with_max_hops(hops - 1);
    add("too many hops", &|| at(&short, Duration::ZERO));
    // Other tokens: not authentic at each hop.
    for place in 0..=hops {
        let mut raw = token(&good);
        raw.sign(place, &key(999));
        let text = raw.to_text();
        add(&format!("signed with another key at {place}"), &|| {
            decide(&plain(), &text, good.clone())
        });
    }
    let mut raw = token(&good);
    unlike(&mut raw, hops - 1);
    let text = raw.to_text();
    add("a last hop that is not canonical", &|| decide(&plain(), &text, good.clone()));
    pairs
}

/// Makes the last byte of a block's content invalid, and signs the block correctly.
fn unlike(raw: &mut RawToken, hop: usize) {
    *raw.blocks[hop].content.last_mut().unwrap() ^= 1;
    for later in hop..raw.blocks.len() {
        raw.sign(later, &key(later));
    }
}

/// The first capability allows one call at once; all others are as expensive as possible for
/// another call.
fn expensive(yard: &Yardstick) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for kind in Kind::ALL {
        for (hops, limits) in [(1, 1), (1, 15), (8, 1), (8, 15)] {
            let kinds = vec![kind; limits];
            let shape =
                Shape { hops, capabilities: 64, kinds, differ: true, resource: 1, delegates: 0 };
            let Some(case) = shape.first_allows(Limits::DEFAULT) else { continue };
            let cost = |request: &Request| {
                yard.measure(TRIES, || request.clone(), |request| case.decide(request)).ratio
            };
            if !case.decide(case.allowed.clone()).is_allowed() {
                continue;
            }
            let code = match case.decide(case.refused.clone()) {
                Decision::Deny(denial) => denial.reasons()[0].code.to_string(),
                Decision::Allow(_) => continue,
            };
            pairs.push(Pair {
                what: format!("expensive: {}", shape.name()),
                code,
                refused: cost(&case.refused),
                allowed: cost(&case.allowed),
            });
        }
    }
    pairs
}
