//! The successor of a root key: followed where the anchor has the statement, and only there.

use deputize::{
    Capability, DenyCode, Grant, KeyEnd, ListPolicy, MemoryStatementState, Owner, Principal,
    ReplayPolicy, Request, RevocationDraft, RevocationPolicy, Signer, SigningKey, StatementEffect,
    Statements, Successor, Token, TrustAnchor, Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::common::now;

struct Cast {
    old: SigningKey,
    new: SigningKey,
    agent: SigningKey,
    statement: Successor,
}

fn cast() -> Cast {
    let [old, new, agent] = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let statement = Successor::sign(&old, &new, now()).unwrap();
    Cast { old, new, agent, statement }
}

impl Cast {
    fn old_anchor(&self) -> TrustAnchor {
        TrustAnchor::new(self.old.public_key(), "alice@acme.com")
    }

    fn following(&self) -> TrustAnchor {
        self.old_anchor().with_successor(self.statement.clone()).unwrap()
    }

    fn token(&self, root: &SigningKey, owner: &str) -> Token {
        let to = Principal::agent("planner", self.agent.public_key()).unwrap();
        let read = Capability::new("crm.read", "accounts/**").unwrap();
        let grant = Grant::new(to, [read], now() + Duration::hours(8), "Q3").unwrap();
        Token::mint(Owner::human(owner).unwrap(), root, grant, now()).unwrap()
    }

    /// Decides about a call, with the codes of a denial.
    fn call(&self, verifier: &Verifier, token: &Token, at: OffsetDateTime) -> Vec<DenyCode> {
        let request = || Request::new("crm.read", "accounts/42", "crm.acme.com").unwrap();
        let presentation = token.present(&self.agent, &request(), at).unwrap();
        match verifier.decide(presentation, request(), at).into_result() {
            Ok(_) => Vec::new(),
            Err(denial) => denial.reasons().iter().map(|reason| reason.code).collect(),
        }
    }
}

fn by_lists(anchor: TrustAnchor) -> (Statements, Verifier) {
    let statements = Statements::new(anchor.clone(), MemoryStatementState::default()).unwrap();
    let policy = RevocationPolicy::by_lists(ListPolicy::new(&statements, Duration::DAY));
    let replays = ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]);
    (statements, Verifier::new(anchor, policy, replays))
}

fn take(statements: &Statements, draft: &RevocationDraft, key: &SigningKey) {
    let list = draft.sign(key, now(), now() + Duration::DAY).unwrap();
    let accepted = statements.accept_list(list, now()).unwrap();
    assert_eq!(accepted.effect, StatementEffect::Current);
}

#[test]
fn a_successor_is_trusted_only_where_the_anchor_has_the_statement() {
    let cast = cast();
    let token = cast.token(&cast.new, "alice@acme.com");
    let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::DAY };
    let verifier = |anchor: TrustAnchor| {
        let replays = ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]);
        Verifier::new(anchor, by_expiry.clone(), replays)
    };
    assert_eq!(cast.call(&verifier(cast.old_anchor()), &token, now()), [DenyCode::UntrustedRoot]);
    assert_eq!(cast.call(&verifier(cast.following()), &token, now()), []);
    // For the same owner, and within the same limits.
    let bobs = cast.token(&cast.new, "bob@acme.com");
    assert_eq!(cast.call(&verifier(cast.following()), &bobs, now()), [DenyCode::OwnerNotTrusted]);
    let ended = cast.following().with_valid_until(now());
    assert_eq!(cast.call(&verifier(ended), &token, now()), [DenyCode::AnchorNotValid]);
    // The old key overlaps.
    let olds = cast.token(&cast.old, "alice@acme.com");
    assert_eq!(cast.call(&verifier(cast.following()), &olds, now()), []);
}

#[test]
fn an_anchor_follows_only_its_own_key() {
    let cast = cast();
    let other = TrustAnchor::new(cast.agent.public_key(), "alice@acme.com");
    let why = other.with_successor(cast.statement.clone()).unwrap_err();
    assert_eq!(*why.old, cast.old.public_key());
    // One after the other.
    let next = Successor::sign(&cast.new, &cast.agent, now()).unwrap();
    assert!(cast.old_anchor().with_successor(next.clone()).is_err());
    assert!(cast.following().with_successor(next).is_ok());
}

#[test]
fn the_json_of_an_anchor_has_the_whole_statement() {
    let cast = cast();
    let json = serde_json::to_string(&cast.following()).unwrap();
    let read: TrustAnchor = serde_json::from_str(&json).unwrap();
    assert_eq!(read, cast.following());
    // It is verified when it is read.
    let forged =
        json.replace("alice@acme.com", "bob@acme.com").replace("issued 2026", "issued 2027");
    assert!(serde_json::from_str::<TrustAnchor>(&forged).is_err());
}

#[test]
fn lists_of_the_new_key_count_for_the_old_one_and_not_the_other_way_round() {
    let cast = cast();
    let (statements, verifier) = by_lists(cast.following());
    let [olds, news] = [&cast.old, &cast.new].map(|root| cast.token(root, "alice@acme.com"));
    assert_eq!(cast.call(&verifier, &olds, now()), [DenyCode::RevocationUnknown]);
    // One list of the new key is enough for both.
    let mut draft = RevocationDraft::own();
    draft.revoke_token(olds.token_id(), now());
    take(&statements, &draft, &cast.new);
    assert_eq!(cast.call(&verifier, &olds, now()), [DenyCode::Revoked]);
    assert_eq!(cast.call(&verifier, &news, now()), []);

    // A list of the old key has no power over the chains of the new one.
    let (statements, verifier) = by_lists(cast.following());
    let mut draft = RevocationDraft::own();
    draft.revoke_token(news.token_id(), now());
    take(&statements, &draft, &cast.old);
    assert_eq!(cast.call(&verifier, &news, now()), [DenyCode::RevocationUnknown]);
    take(&statements, &RevocationDraft::own(), &cast.new);
    assert_eq!(cast.call(&verifier, &news, now()), []);
}

#[test]
fn a_report_of_the_old_key_voids_the_successor_unless_it_names_the_statement() {
    let cast = cast();
    let news = cast.token(&cast.new, "alice@acme.com");
    let named = KeyEnd::compromised().with_successor(cast.statement.digest());
    for (reporter, other) in [(&cast.old, &cast.new), (&cast.new, &cast.old)] {
        for (end, expected) in
            [(KeyEnd::compromised(), vec![DenyCode::KeyRevoked]), (named.clone(), Vec::new())]
        {
            let (statements, verifier) = by_lists(cast.following());
            take(&statements, &RevocationDraft::own(), other);
            let mut draft = RevocationDraft::own();
            draft.revoke_key(cast.old.public_key(), end, now());
            take(&statements, &draft, reporter);
            assert_eq!(cast.call(&verifier, &news, now()), expected);
        }
    }
}
