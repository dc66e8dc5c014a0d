//! The attacker has revocation lists of others, and can sign its own. It wants a list to count that
//! its issuer did not sign, a list that two readers read differently, or one that costs its readers
//! much.

mod texts;
mod bodies;
mod signers;
mod deltas;
mod drafts;

use std::collections::BTreeSet;

use deputize::{RevocationList, Signer, SigningKey, StatementError, Token};
use time::Duration;

use crate::common::{alice, key, now, researcher, token};
use crate::plain_list::{End, Entry, Plain, file};

/// A list by Alice with every kind of line.
fn everything() -> Plain {
    let at = now().unix_timestamp();
    let digest = |byte: u8| hex::encode([byte; 32]);
    let key = |seed: u8| key(seed).public_key().to_string();
    let entry = |expires| Entry { since: at - 60, expires };
    let hours = at / 3_600;
    let compromised = End::Compromised {
        good: BTreeSet::from([digest(0x61), digest(0x62)]),
        successors: BTreeSet::from([digest(0x63), digest(0x64)]),
    };
    Plain {
        sequence: 7,
        previous: Some(digest(0x10)),
        ends: BTreeSet::from([digest(0x1a), digest(0x2b)]),
        hops: [(0x11, Some(hours)), (0x22, Some(hours + 9)), (0x33, None)]
            .map(|(id, expires)| ([id; 16], entry(expires)))
            .into(),
        tokens: [([0xaa; 16], at), ([0xbb; 16], at - 5)].into(),
        owners: [("alice@acme.com".to_owned(), at), ("bob \"b\" since".to_owned(), at)].into(),
        keys: [(key(21), (compromised, at)), (key(22), (End::Retired(at - 9), at))].into(),
        void_own: [(key(23), 0), (key(24), 0)].into(),
        void_power: [(digest(0x71), 5)].into(),
        void_lists: BTreeSet::from([digest(0x81), digest(0x82)]),
        ..Plain::own(&alice(), now(), now() + Duration::hours(24))
    }
}

/// A list by a revoker who holds this token.
fn by_power_of(token: &Token) -> Plain {
    let mut plain = everything();
    plain.issuer = token.holder().key().to_string();
    plain.scope = format!("power {}", token.hops().last().unwrap().id());
    (plain.void_own, plain.void_power) = Default::default();
    plain.void_lists = BTreeSet::new();
    plain.authority = Some(token.to_text());
    plain
}

/// A list by the researcher, who holds the standard token.
fn officer() -> Plain {
    by_power_of(&token())
}

/// The error of a text that its issuer has signed, with this body.
#[track_caller]
fn error(text: &str, body: &[u8], issuer: &SigningKey) -> StatementError {
    RevocationList::parse(file(text, body, issuer)).unwrap_err()
}

/// The text with one part replaced, which it has once.
#[track_caller]
fn edited(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} in:\n{text}");
    text.replace(from, to)
}

/// The number and the text of the first line that begins like this.
#[track_caller]
fn line<'t>(text: &'t str, start: &str) -> (usize, &'t str) {
    let found = text.lines().enumerate().find(|(_, line)| line.starts_with(start));
    let (index, line) = found.unwrap();
    (index + 1, line)
}

/// Without this, the others would prove nothing.
#[test]
fn the_honest_lists_are_read() {
    for (plain, issuer) in [(everything(), alice()), (officer(), researcher())] {
        let list = RevocationList::parse(plain.file(&issuer)).unwrap();
        assert_eq!(Plain::of(&list), plain);
    }
}
