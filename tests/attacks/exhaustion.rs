//! The attacker wants to keep a verifier busy, or the readers of its reports: with a token that is
//! long, deep, or short and expensive. `benches` measures the most expensive ones; these tests
//! bound them.

use deputize::testing::{RawBlock, RawToken};
use deputize::{
    Capability, CapabilityError, Constraint, Decision, DelegateError, DenyCode, FormatError, Grant,
    GrantError, MintError, Presentation, PublicKey, Report, Signer, SigningKey, Token, TokenError,
    TrustAnchor, UrlPattern, Value,
};
use time::Duration;

use crate::common::forging::{chain_of, decided_by};
use crate::common::{
    TOKEN_ID, agent, alice, codes, crm_request, decided, denied, first, grant, held, key, mint,
    not_authentic, now, owner, planner, present, present_for, presented, reading, refused,
    researcher, shown, thief, verifier, verifier_of,
};
use crate::editing::edited;

#[test]
fn one_byte_more_than_the_verifier_accepts() {
    let length = presented().to_text().len();
    let decide = |most| decided_by(verifier().with_max_token_bytes(most), &presented());
    refused(decide(length - 1), [(None, DenyCode::TokenTooLong)]);
    assert!(decide(length).is_allowed());
}

/// The hard limit holds whatever the verifier's setting; neither the text nor the bytes are even
/// parsed.
#[test]
fn more_bytes_than_any_verifier_accepts() {
    // A token of 49,152 bytes has a text of 65,536.
    let filled =
        |count| presented().block(&thief(), vec![0; count], &thief().public_key().to_bytes());
    let filled = |bytes| filled(40_000 + bytes - filled(40_000).to_bytes().len());
    let most = verifier().with_max_token_bytes(usize::MAX);
    refused(decided_by(most, &filled(49_152)), [(Some(3), DenyCode::BlockAfterPresentation)]);
    for length in [49_153, 50_000, 65_537, 1_000_000] {
        let raw = filled(length);
        assert_eq!(raw.to_bytes().len(), length);
        let found = raw.to_text().len();
        assert_eq!(Presentation::parse(&raw.to_text()), Err(FormatError::TooLong { found }));
        let read = Presentation::from_bytes(raw.to_bytes());
        assert_eq!(read, Err(FormatError::TooLong { found }));
    }
}

#[test]
fn one_hop_more_than_the_verifier_accepts() {
    let decide = |most| decided_by(verifier().with_max_hops(most), &presented());
    refused(decide(1), [(None, DenyCode::ChainTooLong)]);
    refused(decide(0), [(None, DenyCode::ChainTooLong)]);
    assert!(decide(2).is_allowed());
}

#[test]
fn one_hop_more_than_the_default() {
    refused(decided(&chain_of(9)), [(None, DenyCode::ChainTooLong)]);
    assert!(decided(&chain_of(8)).is_allowed());
}

#[test]
fn one_hop_more_than_any_verifier_accepts() {
    let widest = || verifier().with_max_hops(usize::MAX).with_max_token_bytes(usize::MAX);
    refused(decided_by(widest(), &chain_of(33)), [(None, DenyCode::ChainTooLong)]);
    assert!(decided_by(widest(), &chain_of(32)).is_allowed());
}

#[test]
fn a_held_token_of_more_hops_than_any_verifier_accepts() {
    let mut raw = chain_of(33);
    raw.blocks.pop();
    raw.proof = held().proof;
    assert_eq!(not_authentic(&raw), (None, DenyCode::ChainTooLong));
}

/// A hundred empty blocks cost no signature check.
#[test]
fn a_hundred_empty_blocks() {
    let empty = RawBlock { content: Vec::new(), ..presented().blocks[0].clone() };
    let mut raw = presented();
    raw.blocks.extend(vec![empty; 100]);
    let most = verifier().with_max_token_bytes(usize::MAX);
    refused(decided_by(most, &raw), [(None, DenyCode::ChainTooLong)]);
}

/// A report of a token that nobody signed must not be expensive.
#[test]
fn a_wide_token_that_nobody_signed() {
    let wide = Capability::new("db.query", "**")
        .and_then(|own| own.with_arg("a", [Constraint::cidr("2001:db8::/120").unwrap()]))
        .unwrap();
    let forged = grant("planner", &planner(), wide, Duration::hours(1));
    let mut chain = RawToken::mint(owner(), &thief(), forged.clone(), now(), TOKEN_ID);
    chain.blocks[0].signature = presented().blocks[0].signature.clone();
    let chain = present(chain.delegate(&planner(), forged, now()), &planner());
    let anchor = TrustAnchor::for_any_owner(thief().public_key());
    let decided = |chain: &RawToken| decided_by(verifier_of(anchor.clone()), chain);
    let denial = denied(decided(&chain));
    assert_eq!(codes(&denial), [(Some(0), DenyCode::BadSignature)]);
    let report = Report::of_denial(&denial);
    assert!(report.hops.is_empty() && report.owner.is_none(), "{report}");
}

/// One long text, shown again for every pair of capabilities.
#[test]
fn a_short_token_with_a_long_report() {
    let long = "\u{1}".repeat(3_500);
    let own = |most: u64| {
        let limits = [Constraint::prefix(&*long), Constraint::max_len(most)];
        Capability::new("crm.read", "accounts/**").unwrap().with_optional_arg("x", limits).unwrap()
    };
    let end = now() + Duration::hours(1);
    let of = |name: &str, key: &_, most: u64| {
        let to = agent(name, key);
        Grant::new(to, vec![own(most); 8], end, "a purpose").unwrap().with_max_hops(1)
    };
    let held = mint(of("planner", &planner(), 9)).delegate(
        &planner(),
        of("researcher", &researcher(), 8),
        now(),
    );
    let token = Token::parse(&held.to_text()).unwrap();
    let report = Report::unverified_token(&token, now());
    let text = report.to_string();
    assert!(text.len() < 100_000, "{} bytes", text.len());
    assert_eq!(report.hops.last().unwrap().removed.len(), 64);
}

/// The removals of a hop are not computed where that would be expensive.
#[test]
fn large_grants_that_would_be_compared() {
    let capabilities = |most: i64| (0..64).map(move |i| reading(&format!("a/{i}"), most));
    let end = now() + Duration::hours(1);
    let outer =
        Grant::new(agent("planner", &planner()), capabilities(9), end, "a purpose").unwrap();
    let inner = Grant::new(agent("researcher", &researcher()), capabilities(8), end, "a purpose");
    let held = mint(outer).delegate(&planner(), inner.unwrap(), now());
    let token = Token::parse(&held.to_text()).unwrap();
    let report = Report::unverified_token(&token, now());
    let last = report.hops.last().unwrap();
    assert_eq!(last.removed, []);
    assert_eq!(last.notes, ["has too many capabilities to list what was removed"]);
}

/// A string of 4 KiB is in a token once and can be used a thousand times.
#[test]
fn one_long_string_used_by_many_capabilities() {
    let long = format!("a/{}", "x".repeat(4_000));
    let capabilities = |count: usize| vec![Capability::new("crm.read", &long).unwrap(); count];
    let end = now() + Duration::hours(1);
    let made = |count| {
        let to = agent("planner", &planner());
        let grant = Grant::new(to, capabilities(count), end, "a purpose").unwrap();
        Token::mint(owner(), &alice(), grant, now())
    };
    assert!(Token::parse(&made(16).unwrap().to_text()).is_ok());
    assert_eq!(made(17), Err(MintError::Token(TokenError::BlockTooLong)));
}

/// The same text of 4 KiB in every string of a block, written beneath the API.
#[test]
fn one_long_string_used_in_every_fact() {
    let decision = edited(0, |block| {
        let long = block.symbols.iter().position(|symbol| symbol == "accounts/").unwrap();
        block.symbols[long] = format!("{}/", "x".repeat(4_000));
        let query = block.checks[2].queries[0].clone();
        block.checks[2].queries = vec![query; 64];
    });
    refused(decision, [(Some(0), DenyCode::NotCanonical)]);
}

/// Patterns on which a backtracking matcher would take for ever.
#[test]
fn a_glob_that_causes_backtracking() {
    let glob = Constraint::glob(&format!("{}b", "*a".repeat(100))).unwrap();
    assert!(!glob.permits(&Value::from("a".repeat(4_000))));
    let glob = Constraint::glob(&format!("{}b", "**/a/".repeat(31))).unwrap();
    assert!(!glob.permits(&Value::from(["a"; 64].join("/"))));
}

#[test]
fn more_of_anything_than_a_grant_has() {
    let end = now() + Duration::hours(1);
    let to = || agent("planner", &planner());
    let many = |count: usize| vec![reading("**", 9); count];
    assert!(Grant::new(to(), many(64), end, "many").is_ok());
    let made = Grant::new(to(), many(65), end, "many");
    assert_eq!(made, Err(GrantError::TooManyCapabilities { found: 65 }));
    let made = first().with_audience((0..257).map(|i| format!("{i}.acme.com")));
    assert_eq!(made, Err(GrantError::AudienceSize { found: 257 }));
    let keys = (0..=255_u8).map(|seed| key(seed).public_key());
    let made = first().with_allowed_delegates(keys.chain([one_more()]));
    assert_eq!(made, Err(GrantError::Delegates { found: 257 }));
}

/// A key that no repeated byte gives.
fn one_more() -> PublicKey {
    SigningKey::from_bytes(b"a key that no seed of a byte has").public_key()
}

#[test]
fn more_limits_than_a_capability_has() {
    let limited = |count: usize| {
        (0..count).try_fold(Capability::new("a", "b").unwrap(), |own, i| {
            own.with_arg(format!("a{i}"), [Constraint::max(1)])
        })
    };
    assert!(limited(16).is_ok());
    assert_eq!(limited(17), Err(CapabilityError::TooManyConstraints { found: 17 }));
}

/// Decides about `count` arguments that are paths of 4 KiB, each under a glob that scans all of it.
fn paths_of(count: usize, glob: &str) -> Decision {
    let names = || (0..count).map(|i| format!("path{i:02}"));
    let own = names().fold(Capability::new("crm.read", "**").unwrap(), |own, name| {
        own.with_arg(name, [Constraint::glob(glob).unwrap()]).unwrap()
    });
    let args = names().map(|name| format!(r#""{name}": "{}""#, "p".repeat(4_096)));
    let args: Vec<_> = args.collect();
    let raw = mint(grant("planner", &planner(), own, Duration::hours(1)));
    let call = crm_request("crm.read", "accounts/emea/42", &format!("{{{}}}", args.join(",")));
    let raw = present_for(raw, &planner(), &call);
    verifier().decide(shown(&raw), call, now())
}

/// Decides about `count` lists of `items` items under `subset_of` or `contains_all`.
fn lists_of(count: usize, item: &str, items: usize, own: &Constraint) -> Decision {
    let list = format!("[{}]", vec![item; items].join(","));
    let names = || (0..count).map(|i| format!("list{i:02}"));
    let capability = names().fold(Capability::new("crm.read", "**").unwrap(), |made, name| {
        made.with_arg(name, [own.clone()]).unwrap()
    });
    let args: Vec<_> = names().map(|name| format!("\"{name}\": {list}")).collect();
    let raw = mint(grant("planner", &planner(), capability, Duration::hours(1)));
    let call = crm_request("crm.read", "accounts/emea/42", &format!("{{{}}}", args.join(",")));
    let raw = present_for(raw, &planner(), &call);
    verifier().decide(shown(&raw), call, now())
}

/// Each item costs 24 and a quarter of its length, of 65,536 in total.
#[test]
fn longer_lists_than_one_decision_may_look_up() {
    let too_much = [(Some(0), DenyCode::WorkLimitExceeded)];
    let small = Constraint::subset_of([7]);
    assert!(lists_of(10, "7", 273, &small).is_allowed());
    refused(lists_of(10, "7", 274, &small), too_much);
    let long = "x".repeat(4_000);
    let item = format!("\"{long}\"");
    let texts = Constraint::subset_of([&*long]);
    assert!(lists_of(1, &item, 64, &texts).is_allowed());
    refused(lists_of(1, &item, 65, &texts), too_much);
    let never = Constraint::contains_all([7, 8]);
    refused(lists_of(1, "7", 2_730, &never), [(Some(0), DenyCode::ArgumentRefused)]);
    refused(lists_of(1, "7", 2_731, &never), too_much);
}

#[test]
fn more_work_than_one_decision_may_cost() {
    let literal = format!("p*{}", "p".repeat(100));
    for (glob, most) in [("**", 15), ("*", 15), ("p*p*p", 7), (&*literal, 15)] {
        refused(paths_of(most + 1, glob), [(Some(0), DenyCode::WorkLimitExceeded)]);
        assert!(paths_of(most, glob).is_allowed());
    }
}

/// Globs about other paths must not use up the budget that the right one needs.
#[test]
fn many_globs_about_other_paths_do_not_stop_a_call() {
    let path = "p".repeat(4_096);
    for other in ["q/**", "q*", "**/*.csv", "*q"] {
        let globs = std::iter::repeat_n(other, 40).chain(["*"]);
        let own: Vec<_> = globs
            .map(|glob| {
                let own = Capability::new("crm.read", "**").unwrap();
                own.with_arg("path", [Constraint::glob(glob).unwrap()]).unwrap()
            })
            .collect();
        let end = now() + Duration::hours(1);
        let grant = Grant::new(agent("planner", &planner()), own, end, "a test").unwrap();
        let call = crm_request("crm.read", "accounts/emea/42", &format!(r#"{{"path": "{path}"}}"#));
        let raw = present_for(mint(grant), &planner(), &call);
        assert!(verifier().decide(shown(&raw), call, now()).is_allowed(), "{other}");
    }
}

/// As for the endpoints of an API: a capability and a long URL for each, and the whole grant
/// delegated.
#[test]
fn many_urls_of_other_paths_do_not_stop_a_call() {
    let endpoint = |i: usize| {
        let url = UrlPattern::new(["https"], ["api.acme.com"]).unwrap();
        let url = url.with_path_prefix(&format!("/v1/endpoint{i}")).unwrap();
        Capability::new("http.get", "**")
            .and_then(|own| own.with_arg("url", [Constraint::url(url)]))
    };
    let own: Vec<_> = (0..64).map(|i| endpoint(i).unwrap()).collect();
    let grant = |to: &SigningKey, hops| {
        let end = now() + Duration::hours(1);
        let grant = Grant::new(agent("planner", to), own.clone(), end, "a test").unwrap();
        grant.with_max_hops(hops)
    };
    let keys: Vec<_> = (2..10).map(key).collect();
    let mut chain = mint(grant(&keys[0], 8));
    for (pair, hops) in keys.windows(2).zip((0..8).rev()) {
        chain = chain.delegate(&pair[0], grant(&pair[1], hops), now());
    }
    let url = format!("https://api.acme.com/v1/endpoint63/{}", "x".repeat(1_000));
    let call = crm_request("http.get", "any", &format!(r#"{{"url": "{url}"}}"#));
    let chain = present_for(chain, &keys[7], &call);
    let verifier = verifier().with_max_token_bytes(usize::MAX);
    let decision = verifier.decide(shown(&chain), call, now());
    assert!(decision.is_allowed(), "{:?}", codes(&denied(decision)));
}

/// A parent with expensive limits, and a child with many values to be tested against them.
#[test]
fn a_delegation_that_would_take_seconds() {
    let dear = format!("{}*", "*b".repeat(100));
    let mut own: Vec<_> = (0..63)
        .map(|_| {
            let own = Capability::new("crm.read", "**").unwrap();
            own.with_arg("path", [Constraint::glob(&dear).unwrap()]).unwrap()
        })
        .collect();
    own.push(Capability::new("crm.read", "**").unwrap().with_arg("path", []).unwrap());
    let end = now() + Duration::hours(1);
    let outer = Grant::new(agent("planner", &planner()), own, end, "a test").unwrap();
    let held = Token::mint(owner(), &alice(), outer.with_max_hops(1), now()).unwrap();
    let delegate = |count: usize| {
        // The last value fits only the last capability.
        let values = (0..count).map(|i| format!("{}{i}", "b".repeat(200))).chain(["z".into()]);
        let own = Capability::new("crm.read", "**").unwrap();
        let own = own.with_arg("path", [Constraint::one_of(values)]).unwrap();
        let inner = Grant::new(agent("researcher", &researcher()), [own], end, "a test").unwrap();
        held.delegate(&planner(), inner, now())
    };
    delegate(100).unwrap();
    assert_eq!(delegate(200).unwrap_err(), DelegateError::TooMuchWork { hop: 0 });
}
