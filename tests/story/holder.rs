//! The agent that holds tokens: their use, the choice of one, and the owner for whom it acts.

use crate::common::{
    agent, alice, grant, held, key, mint, now, owner, planner, reading, request, request_for,
    researcher, thief,
};
use deputize::testing::RawToken;
use deputize::{
    Capability, CodedError, DenyCode, Grant, GrantError, NoToken, Owner, PresentError,
    PresentOptions, Signer, SigningKey, Token, TrustAnchor, Wallet, WalletError,
};
use time::Duration;

fn token() -> Token {
    Token::from_bytes(held().to_bytes()).unwrap()
}

/// A token of one hop for the researcher.
fn minted(owner: &str, root: &SigningKey, grant: Grant) -> Token {
    Token::mint(Owner::human(owner).unwrap(), root, grant, now()).unwrap()
}

fn from_alice(resource: &str, most: i64, lifetime: Duration) -> Token {
    let own = grant("researcher", &researcher(), reading(resource, most), lifetime);
    minted("alice@acme.com", &alice(), own)
}

fn of_alice() -> TrustAnchor {
    TrustAnchor::new(alice().public_key(), "alice@acme.com")
}

/// The tools to show a model: with some arguments, the token permits the call.
#[test]
fn a_token_may_permit_a_call_with_other_arguments() {
    let (token, at) = (crate::common::token(), now());
    let may = |operation: &str, resource: &str, args: &str| {
        token.may_permit(&crate::common::crm_request(operation, resource, args), at)
    };
    assert!(may("crm.read", "accounts/emea/42", r#"{"limit": 5}"#));
    assert!(may("crm.read", "accounts/emea/42", "{}"));
    assert!(may("crm.read", "accounts/emea/42", r#"{"limit": 5000, "other": 1}"#));
    assert!(!may("crm.read", "accounts/apac/42", r#"{"limit": 5}"#));
    assert!(!may("crm.delete", "accounts/emea/42", "{}"));
    let elsewhere = deputize::Request::new("crm.read", "accounts/emea/42", "other").unwrap();
    assert!(!token.may_permit(&elsewhere, at));
    let call = request();
    assert!(!token.may_permit(&call, at + Duration::hours(9)));
}

#[test]
fn a_token_states_the_bounds_of_its_whole_chain() {
    let token = token();
    assert_eq!(token.expires(), now() + Duration::minutes(15));
    assert_eq!(token.not_before(), None);
    assert_eq!(token.audience().unwrap().into_iter().collect::<Vec<_>>(), ["crm.acme.com"]);
    assert_eq!(token.further_hops(), 2);
    assert_eq!(token.allowed_delegates(), None);
    let ids: Vec<_> = token.hops().iter().map(deputize::Hop::id).collect();
    assert_eq!(token.hop_ids().collect::<Vec<_>>(), ids);
}

/// The hops of a chain that other software made need not lie within each other.
#[test]
fn the_bounds_are_those_of_the_narrowest_hop() {
    let first = grant("planner", &planner(), reading("**", 9), Duration::minutes(5));
    let first = first.with_max_hops(1).with_audience(["a", "b"]).unwrap();
    let first = first.with_allowed_delegates([researcher().public_key(), key(7).public_key()]);
    let second = grant("researcher", &researcher(), reading("**", 9), Duration::hours(5));
    let second = second.with_max_hops(30).with_audience(["b", "c"]).unwrap();
    let second = second.with_not_before(now() + Duration::minutes(1)).unwrap();
    let chain = mint(first.unwrap()).delegate(&planner(), second, now());
    let token = Token::from_bytes(chain.to_bytes()).unwrap();
    assert_eq!(token.expires(), now() + Duration::minutes(5));
    assert_eq!(token.not_before(), Some(now() + Duration::minutes(1)));
    assert_eq!(token.audience().unwrap().into_iter().collect::<Vec<_>>(), ["b"]);
    assert_eq!(token.further_hops(), 0);
    assert_eq!(token.allowed_delegates().unwrap().len(), 2);
}

/// Everything that is passed on lies within every hop, even where the last one claims more.
#[test]
fn the_capabilities_of_a_token_are_those_of_every_hop() {
    let of_token = |raw: RawToken| Token::from_bytes(raw.to_bytes()).unwrap();
    let whole = token();
    assert_eq!(whole.capabilities(), whole.hops()[1].grant().capabilities());
    let capability = |text: &str| text.parse::<Capability>().unwrap();
    let to = |to, allows: &[&str], hops| {
        let allows = allows.iter().map(|text| capability(text));
        let end = now() + Duration::hours(1);
        Grant::new(to, allows, end, "a test").unwrap().with_max_hops(hops)
    };
    let first = to(agent("planner", &planner()), &["crm.read a/**", "crm.list a/** n<=9"], 2);
    for (claimed, held) in [
        // It claims more than the first, which is left; and something else, which is not.
        (&["crm.* **"][..], &["crm.read a/**"][..]),
        (&["crm.* ** ..."], &["crm.read a/**", "crm.list a/** n<=9"]),
        (&["crm.read a/b", "mail.send **"], &["crm.read a/b"]),
        (&["crm.list a/b n<=99"], &[]),
        (
            &["crm.read a/b/*", "crm.list a/** n=5", "crm.read **"],
            &["crm.read a/b/*", "crm.list a/** n=5", "crm.read a/**"],
        ),
        (&["mail.send **"], &[]),
    ] {
        let second = to(agent("researcher", &researcher()), claimed, 1);
        let token = of_token(mint(first.clone()).delegate(&planner(), second, now()));
        let all = token.capabilities();
        assert_eq!(
            all,
            held.iter().map(|text| capability(text)).collect::<Vec<_>>(),
            "{claimed:?}"
        );
        let same = Grant::below(&token, agent("thief", &thief()), all, "the same");
        match held {
            [] => assert_eq!(same, Err(GrantError::NoCapability)),
            _ => {
                assert!(token.delegate(&researcher(), same.unwrap(), now()).is_ok(), "{claimed:?}");
            }
        }
    }
}

#[test]
fn a_call_that_is_not_permitted_is_presented_only_when_told_to() {
    let (token, other) = (token(), request_for("accounts/apac/7"));
    let refused = token.present(&researcher(), &other, now()).unwrap_err();
    let PresentError::NotPermitted(why) = &refused else { panic!("{refused}") };
    assert!(why.has(DenyCode::ResourceNotGranted));
    assert!(refused.to_string().starts_with("the token does not permit this call: hop 1: grants"));
    let late = now() + Duration::minutes(15);
    assert!(token.present(&researcher(), &request(), late).is_err());
    let anyway = PresentOptions::default().anyway();
    assert!(token.present_with(&researcher(), &other, now(), anyway).is_ok());
}

#[test]
fn a_grant_below_a_token_keeps_what_it_does_not_narrow() {
    let first = grant("planner", &planner(), reading("accounts/**", 100), Duration::hours(8));
    let first = first.with_max_hops(1).with_audience(["crm.acme.com"]).unwrap();
    let first = first.with_not_before(now() + Duration::minutes(1)).unwrap();
    let first = first.with_allowed_delegates([researcher().public_key()]).unwrap();
    let token = Token::mint(owner(), &alice(), first.clone(), now()).unwrap();
    let to = agent("researcher", &researcher());
    let below = Grant::below(&token, to, [reading("accounts/eu/**", 5)], "a part").unwrap();
    assert_eq!(below.expires(), first.expires());
    assert_eq!(below.not_before(), first.not_before());
    assert_eq!(below.audience(), first.audience());
    assert_eq!(below.allowed_delegates(), first.allowed_delegates());
    assert_eq!(below.max_hops(), 0);
    let shorter = below.clone().until(now() + Duration::minutes(15)).unwrap();
    assert_eq!(shorter.expires(), now() + Duration::minutes(15));
    assert_eq!(below.clone().until(now() + Duration::days(9)).unwrap(), below);
    assert!(token.delegate(&planner(), shorter, now()).is_ok());
    // Nothing is common to these hops.
    let chain = mint(first).delegate(
        &planner(),
        grant("researcher", &researcher(), reading("**", 5), Duration::hours(1))
            .with_audience(["mail.acme.com"])
            .unwrap(),
        now(),
    );
    let token = Token::from_bytes(chain.to_bytes()).unwrap();
    let to = agent("writer", &key(7));
    assert!(Grant::below(&token, to, [reading("**", 5)], "a part").is_err());
}

#[test]
fn a_wallet_takes_only_tokens_that_it_trusts() {
    let mut wallet = Wallet::new(of_alice());
    wallet.add(token(), now()).unwrap();
    wallet.add(token(), now()).unwrap();
    assert_eq!(wallet.tokens().len(), 1, "the same token is kept once");
    let own = grant("researcher", &researcher(), reading("**", 5), Duration::hours(1));
    // Mallory may name any owner.
    let forged = minted("alice@acme.com", &thief(), own);
    assert!(wallet.add(forged.clone(), now()).is_err());
    let mut any = Wallet::trusting_any_root();
    any.add(forged, now()).unwrap();
}

#[test]
fn a_wallet_presents_the_narrowest_token_that_fits() {
    let mut wallet = Wallet::new(of_alice());
    let wide = from_alice("**", 100, Duration::hours(8));
    let narrow = from_alice("accounts/emea/**", 10, Duration::hours(8));
    let short = from_alice("accounts/emea/**", 10, Duration::minutes(5));
    let other = from_alice("accounts/apac/**", 10, Duration::hours(8));
    for token in [&wide, &narrow, &other] {
        wallet.add(token.clone(), now()).unwrap();
    }
    assert_eq!(wallet.choose(&request(), now()), Ok(&narrow));
    assert_eq!(wallet.choose(&request_for("accounts/latam/1"), now()), Ok(&wide));
    wallet.add(short.clone(), now()).unwrap();
    assert_eq!(wallet.choose(&request(), now()), Ok(&short));
    let later = now() + Duration::minutes(5);
    assert_eq!(wallet.choose(&request(), later), Ok(&narrow));
    let soon: Vec<_> = wallet.expiring_before(now() + Duration::hours(1)).collect();
    assert_eq!(soon, [&short]);
    assert_eq!(wallet.remove_expired(later), [short]);
    // A retry is a presentation of its own.
    let first = wallet.present(&researcher(), &request(), now()).unwrap();
    assert_ne!(first, wallet.present(&researcher(), &request(), now()).unwrap());
}

#[test]
fn a_wallet_never_chooses_among_owners() {
    let bob = key(50);
    let anchors = [of_alice(), TrustAnchor::new(bob.public_key(), "bob@acme.com")];
    let mut wallet = Wallet::new(deputize::TrustAnchors::new(anchors).unwrap());
    let own = reading("accounts/emea/42", 5);
    let of_bob = grant("researcher", &researcher(), own, Duration::minutes(1));
    let of_bob = minted("bob@acme.com", &bob, of_bob);
    let wide = from_alice("**", 100, Duration::hours(8));
    wallet.add(wide.clone(), now()).unwrap();
    wallet.add(of_bob.clone(), now()).unwrap();
    let ambiguous = wallet.choose(&request(), now()).unwrap_err();
    assert_eq!(ambiguous.code(), "ambiguous_owner");
    assert!(matches!(&ambiguous, NoToken::AmbiguousOwner { owners } if owners.len() == 2));
    let presented = wallet.present(&researcher(), &request(), now());
    assert!(matches!(presented, Err(WalletError::NoToken(NoToken::AmbiguousOwner { .. }))));
    let chosen = wallet.on_behalf_of("alice@acme.com").choose(&request(), now());
    assert_eq!(chosen, Ok(&wide));
    assert_eq!(wallet.under_root(bob.public_key()).choose(&request(), now()), Ok(&of_bob));
    // One name under two roots is two owners.
    let mut any = Wallet::trusting_any_root();
    let own = grant("researcher", &researcher(), reading("**", 5), Duration::hours(1));
    any.add(minted("alice@acme.com", &thief(), own), now()).unwrap();
    any.add(wide, now()).unwrap();
    let ambiguous = any.on_behalf_of("alice@acme.com").choose(&request(), now());
    assert_eq!(ambiguous.unwrap_err().code(), "ambiguous_owner");
}

#[test]
fn a_counted_wallet_numbers_the_presentations_of_each_token() {
    let mut wallet = Wallet::new(of_alice()).counted();
    wallet.add(token(), now()).unwrap();
    // The block has 8 bytes of the series and then 8 of the count.
    let series = |wallet: &Wallet, count: u64| {
        let presented = wallet.present(&researcher(), &request(), now()).unwrap();
        let block = RawToken::take_apart(presented.as_bytes()).unwrap().blocks.pop().unwrap();
        let mut places = block.content.windows(16).filter(|own| own[8..] == count.to_be_bytes());
        places.next().map(|own| own[..8].to_vec())
    };
    let first = series(&wallet, 1);
    assert!(first.is_some());
    assert_eq!(series(&wallet, 2), first);
    let mut plain = Wallet::new(of_alice());
    plain.add(token(), now()).unwrap();
    assert_eq!(series(&plain, 1), None);
}

#[test]
fn a_token_is_removed_by_the_id_of_its_last_hop() {
    let mut wallet = Wallet::new(of_alice());
    let [one, other] = ["accounts/**", "mail/**"].map(|own| from_alice(own, 1, Duration::hours(1)));
    wallet.add(one.clone(), now()).unwrap();
    wallet.add(other.clone(), now()).unwrap();
    let id = one.hop_ids().last().unwrap();
    assert_eq!(wallet.remove(&id), Some(one));
    assert_eq!(wallet.remove(&id), None);
    assert_eq!(wallet.tokens(), [other]);
}

#[test]
fn a_wallet_says_why_no_token_fits() {
    let mut wallet = Wallet::new(of_alice());
    let empty = wallet.choose(&request(), now()).unwrap_err();
    assert_eq!(empty.to_string(), "the wallet is empty; ask for a delegation");
    let token = from_alice("accounts/apac/**", 10, Duration::hours(8));
    wallet.add(token.clone(), now()).unwrap();
    let none = wallet.choose(&request(), now()).unwrap_err();
    assert_eq!(none.code(), "no_token_fits");
    let NoToken::NoneFits { refusing } = &none else { panic!("{none}") };
    let (id, why) = &refusing[0];
    assert_eq!(Some(*id), token.hop_ids().last());
    assert!(why.has(DenyCode::ResourceNotGranted));
}
