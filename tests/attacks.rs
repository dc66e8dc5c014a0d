//! Ways in that were found and closed, one test each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use std::sync::Arc;

use common::{
    NONCE, TOKEN_ID, agent, alice, anchor, close, close_over, decided, denied, first, grant, held,
    key, mint, now, owner, planner, presented, reading, request, researcher, shown, thief,
    verifier, verifier_of,
};
use deputize::forge::{Forge, ForgedProof};
use deputize::{
    ArgumentError, Capability, Code, Constraint, Grant, KeyError, Kind, MemoryReplayGuard,
    MintError, OtherArgs, Principal, PublicKey, ReplayGuard, Replays, Report, Request,
    RequestError, Revocation, Signer, Token, TokenError, TrustAnchor, Verifier, ambient,
};
use time::Duration;

const TERMINAL: [u8; 32] = [
    0x45, 0x73, 0x26, 0x6f, 0x2d, 0x18, 0x48, 0x2a, 0x7e, 0x53, 0x82, 0xee, 0xb4, 0xdd, 0x68, 0xeb,
    0xa1, 0xfe, 0xa7, 0xb6, 0xd6, 0x6b, 0x86, 0x68, 0x18, 0x17, 0x5f, 0x66, 0x51, 0xfa, 0x8d, 0xd3,
];

fn request_with(args: &str) -> Result<Request, RequestError> {
    Request::new("db.query", "t", "db.acme.com").unwrap().with_args(args)
}

fn db() -> Capability {
    Capability::new("db.query", "**").unwrap()
}

/// `{"/filter/owner": "me"}` would have passed for `{"filter": {"owner": "me"}}`.
#[test]
fn no_argument_passes_for_what_lies_inside_another() {
    let refused = request_with(r#"{"/filter/owner": "me"}"#).unwrap_err();
    assert!(matches!(refused, RequestError::Argument(ArgumentError::Pointer { .. })), "{refused}");
    let own = db().with_arg("/filter/owner", [Constraint::equals("me")]).unwrap();
    assert!(own.permits(&request_with(r#"{"filter": {"owner": "me"}}"#).unwrap()));
    assert!(!own.permits(&request_with(r#"{"filter": [{"owner": "me"}]}"#).unwrap()));
    let open = own.with_other_args(OtherArgs::Allow);
    assert!(!open.permits(&request_with(r#"{"filter": {"Owner": "me"}}"#).unwrap()));
}

/// An object in the place of a limited argument would have counted as its absence.
#[test]
fn an_object_is_not_an_absent_argument() {
    let own = db().with_optional_arg("owner", [Constraint::equals("me")]).unwrap();
    let open = own.with_other_args(OtherArgs::Allow);
    assert!(open.permits(&request_with("{}").unwrap()));
    for evading in [r#"{"owner": {"$ne": ""}}"#, r#"{"owner": {}}"#, r#"{"owner": ["me"]}"#] {
        assert!(!open.permits(&request_with(evading).unwrap()), "{evading}");
    }
    let path = db().with_optional_arg("path", [Constraint::subpath("/srv").unwrap()]).unwrap();
    let path = path.with_other_args(OtherArgs::Allow);
    assert!(!path.permits(&request_with(r#"{"path": {"raw": "/etc/passwd"}}"#).unwrap()));
    let inside = db().with_optional_arg("/filter/owner", [Constraint::equals("me")]).unwrap();
    let open = inside.with_other_args(OtherArgs::Allow);
    let end = now() + Duration::hours(1);
    assert!(Grant::new(agent("planner", &planner()), [open], end, "a purpose").is_err());
    for outer in ["f/~", "/f~1~0/b"] {
        let beside = db().with_optional_arg(outer, []).unwrap();
        let inside = [Constraint::equals("me")];
        let evaded = beside.with_optional_arg("/f~1~0/b/c", inside).unwrap();
        assert!(Grant::new(agent("planner", &planner()), [evaded], end, "a purpose").is_err());
    }
}

/// One long text, shown again for every pair of capabilities.
#[test]
fn a_short_token_makes_no_long_report() {
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

/// A pin says whose a name is; a report must not name another.
#[test]
fn nobody_is_accountable_whom_a_pin_contradicts() {
    let pinned = Principal::new("alice@acme.com", Kind::Human, key(60).public_key()).unwrap();
    let anchor = TrustAnchor::for_any_owner(alice().public_key()).with_pinned(pinned);
    for chain in [presented(), close(held(), &thief())] {
        let decision = verifier_of(anchor.clone()).decide(shown(&chain), request(), now());
        let report = Report::of(&decision);
        assert!(report.summary.starts_with("UNVERIFIED, nobody is accountable"), "{report}");
        assert!(report.hops.iter().all(|hop| !hop.authentic), "{report}");
    }
}

/// A report of a token that nobody signed would have been dear to make.
#[test]
fn what_nobody_signed_is_not_reported_on() {
    let wide = db().with_arg("a", [Constraint::cidr("2001:db8::/120").unwrap()]).unwrap();
    let end = Duration::hours(1);
    let forged = grant("planner", &planner(), wide, end);
    let mut chain = Forge::mint(owner(), &thief(), forged.clone(), now(), TOKEN_ID);
    chain.root_hint = presented().root_hint;
    let chain = close(chain.delegate(&planner(), forged, now()), &planner());
    let denial = denied(decided(&chain));
    assert!(denial.has(Code::BadSignature));
    let report = Report::of_denial(&denial);
    assert!(report.hops.is_empty() && report.owner.is_none(), "{report}");
}

/// What a hop took away is not worked out where that would be dear.
#[test]
fn large_grants_are_not_compared() {
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
    assert_eq!(last.notes, ["there are too many capabilities to work out what was removed"]);
}

/// A string of 4 KiB stands once in a token and can be used a thousand times.
#[test]
fn a_block_uses_only_so_much_text() {
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

/// Two verifiers of unlike freshness share a guard: what the one forgot the other accepted again.
#[test]
fn a_shared_guard_remembers_for_the_most_patient_verifier() {
    let guard: Arc<dyn ReplayGuard> = Arc::new(MemoryReplayGuard::new(100));
    let of = |freshness| {
        let replays = Replays::RefusedBy(Arc::clone(&guard));
        Verifier::new([anchor()], Revocation::NotChecked, replays).with_freshness(freshness)
    };
    let (hasty, patient) = (of(Duration::seconds(30)), of(Duration::days(1)));
    let long = Duration::hours(1);
    let chain = held().present(&researcher(), &request(), now(), long, NONCE);
    assert!(hasty.decide(shown(&chain), request(), now()).is_allowed());
    for seconds in [0, 31, 60, 299, 300] {
        let later = now() + Duration::seconds(seconds);
        let decision = patient.decide(shown(&chain), request(), later);
        assert!(denied(decision).has(Code::Replayed), "{seconds} s later");
    }
    let stale = patient.decide(shown(&chain), request(), now() + Duration::seconds(301));
    assert!(denied(stale).has(Code::NotFresh));
}

/// An empty block that names the terminal key makes a token good for every call.
#[test]
fn no_facts_for_a_token_that_asks_for_nothing() {
    let mut open = held().block(&researcher(), vec![0x18, 6], &TERMINAL);
    open.proof = presented().proof;
    assert!(matches!(open.proof, ForgedProof::NextSecret(_)));
    let refused = ambient::facts(&shown(&open), &request(), now()).unwrap_err();
    assert!(matches!(refused, TokenError::Block { hop: 2, .. }), "{refused}");
    assert!(ambient::facts(&shown(&presented()), &request(), now()).is_ok());
    assert_eq!(PublicKey::from_bytes(&TERMINAL), Err(KeyError::Published));
}

/// A start is as exact as an end: only `issued` is forgiven a clock that is ahead.
#[test]
fn nothing_is_allowed_before_it_begins() {
    let late = first().with_not_before(now() + Duration::seconds(1)).unwrap();
    let chain = close(mint(late), &planner());
    let denial = denied(decided(&chain));
    assert!(denial.has(Code::NotYetValid));
    let ahead = Forge::mint(owner(), &alice(), first(), now() + Duration::seconds(30), TOKEN_ID);
    assert!(decided(&close(ahead, &planner())).is_allowed());
}

/// A pinned name or key is pinned for the owner too.
#[test]
fn nobody_else_bears_a_pinned_name() {
    let treasurer = Principal::new("alice@acme.com", Kind::Human, key(60).public_key()).unwrap();
    let decide = |anchor| verifier_of(anchor).decide(shown(&presented()), request(), now());
    let of_name = TrustAnchor::for_any_owner(alice().public_key()).with_pinned(treasurer);
    assert!(denied(decide(of_name)).has(Code::Pinned));
    let mallory = Principal::new("mallory", Kind::Human, alice().public_key()).unwrap();
    let of_key = anchor().with_pinned(mallory.clone());
    assert!(denied(decide(of_key)).has(Code::Pinned));
    // What is pinned for somebody else's chains says nothing of these.
    let others = TrustAnchor::new(alice().public_key(), "bob@acme.com").with_pinned(mallory);
    let both = Verifier::new(
        [anchor(), others],
        Revocation::NotChecked,
        Replays::AcceptedForReadOnlyCalls,
    );
    assert!(both.decide(shown(&presented()), request(), now()).is_allowed());
}

/// Version 0 is written by leaving it out, and only so.
#[test]
fn a_version_has_one_spelling() {
    let mut old = held();
    old.blocks.iter_mut().for_each(|block| block.version = 0);
    let bytes = old.to_bytes();
    assert_eq!(Forge::take_apart(&bytes).map(|apart| apart.to_bytes()), Some(bytes));
    assert!(matches!(Token::parse(&old.to_text()), Err(TokenError::Block { hop: 0, .. })));
}

/// A grant that cannot be read is not made.
#[test]
fn what_is_minted_can_be_read() {
    let deep = first().with_max_hops(32);
    assert!(matches!(Token::mint(owner(), &alice(), deep, now()), Err(MintError::Grant(_))));
}

/// That anything may stand in an argument has to be said.
#[test]
fn an_empty_limit_is_no_limit() {
    for (json, is_fine) in [
        (r#"{"x": {"any": true}}"#, true),
        (r#"{"x": {"max": 5}}"#, true),
        (r#"{"x": {}}"#, false),
        (r#"{"x": {"optional": true}}"#, false),
        (r#"{"x": {"any": true, "max": 5}}"#, false),
    ] {
        let json = format!(r#"{{"operation": "a", "resource": "b", "args": {json}}}"#);
        assert_eq!(serde_json::from_str::<Capability>(&json).is_ok(), is_fine, "{json}");
    }
}

/// Segments that some server reads as `..`.
#[test]
fn parents_in_disguise_are_refused() {
    for path in [
        "a/..;/b",
        "a/.;x/b",
        "a/.. /b",
        "a/%c0%ae%c0%ae/b",
        "a/%u002e/b",
        "a/..%3b/b",
        "a/..%20/b",
        "a/%20../b",
        "a/..?/b",
        "a/..#x/b",
        "a/%f0%80%80%ae/b",
        "a/\u{ff0e}\u{ff0e}/b",
    ] {
        assert!(Request::new("files.read", path, "files.acme.com").is_err(), "{path}");
        let value = deputize::Value::from(path);
        assert!(!Constraint::subpath("a").unwrap().permits(&value), "{path}");
        assert!(!Constraint::glob("**").unwrap().permits(&value), "{path}");
    }
}

/// Letters that run from right to left would have shown a chain backwards.
#[test]
fn a_chain_reads_from_left_to_right() {
    let end = Duration::hours(1);
    let outer =
        grant("\u{5d0}\u{5d0}", &planner(), reading("accounts/**", 9), end).with_max_hops(1);
    let inner = grant("\u{5d1}\u{5d1}", &researcher(), reading("accounts/**", 9), end);
    let chain =
        close_over(mint(outer).delegate(&planner(), inner, now()), &researcher(), &request());
    let report = Report::of(&verifier().decide(shown(&chain), request(), now())).to_string();
    assert!(report.contains(r#""\u{5d0}\u{5d0}" → "\u{5d1}\u{5d1}""#), "{report}");
}

/// A sibling that was dropped because another covers it was not removed.
#[test]
fn what_is_still_allowed_was_not_removed() {
    let end = now() + Duration::hours(1);
    let all = || reading("accounts/**", 9);
    let to = agent("planner", &planner());
    let outer = Grant::new(to, [all(), reading("accounts/emea/**", 9)], end, "a purpose").unwrap();
    let inner = Grant::new(agent("researcher", &researcher()), [all()], end, "a purpose").unwrap();
    let chain = mint(outer.with_max_hops(1)).delegate(&planner(), inner, now());
    let report = Report::unverified_token(&Token::parse(&chain.to_text()).unwrap(), now());
    assert_eq!(report.hops.last().unwrap().removed, []);
}
