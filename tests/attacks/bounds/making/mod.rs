//! Values of the public API, made at each limit and refused beyond it.

mod grants;
mod calls;
mod notes;
mod lists;

use std::fmt::Display;

use deputize::{
    Capability, Constraint, Grant, MintError, OtherArgs, Presentation, Principal, Token, TokenError,
};
use time::Duration;

use crate::common::{agent, alice, key, now, owner, planner};

/// Makes a value of this size.
type Make = fn(usize) -> Result<(), String>;

/// The quantity, its limit, how to make a value of a size, and a part of the error for one more.
type Limit = (&'static str, usize, Make, &'static str);

/// Limits of tokens and presentations.
const LIMITS: &[Limit] = &[
    (
        "further hops of a grant",
        31,
        |n| made(Token::mint(owner(), &alice(), granting(plain()).with_max_hops(n as u32), now())),
        "at most 31",
    ),
    ("hops of a chain", 32, |n| made(hops(n)), "has 32 hops, and no more are allowed"),
    ("bytes of text in one block", 65_536, block_text, "more than 65536 bytes"),
    (
        "characters of a token as text",
        65_536,
        |n| as_text(&Token::parse(&"A".repeat(n))),
        "has 65537",
    ),
    (
        "characters of a presentation as text",
        65_536,
        |n| as_text(&Presentation::parse(&"A".repeat(n))),
        "has 65537",
    ),
    (
        "bytes of a presentation",
        49_152,
        |n| as_text(&Presentation::from_bytes(vec![0; n])),
        "has 65538",
    ),
];

/// 2^53 − 1
const MAX_INTEGER: usize = 9_007_199_254_740_991;

#[test]
fn values_at_their_limit_are_made_and_one_more_is_refused() {
    let mut wrong = Vec::new();
    let all = [grants::LIMITS, calls::LIMITS, notes::LIMITS, lists::LIMITS, LIMITS].concat();
    for (what, most, make, why) in all {
        if let Err(e) = make(most) {
            wrong.push(format!("{what}: {most} are refused: {e}"));
        }
        match make(most + 1) {
            Ok(()) => wrong.push(format!("{what}: one more than {most} is made")),
            Err(e) if e.contains(why) => {}
            Err(e) => wrong.push(format!("{what}: the refusal does not say `{why}`: {e}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// 65,536 characters are 49,152 bytes.
#[test]
fn nothing_is_appended_beyond_the_longest_token() {
    let own = |hop: usize, lengths: &[usize]| {
        // The first hop's argument may be absent beside others, so the second hop may limit another
        // one.
        let strings = lengths.iter().enumerate().map(|(i, n)| format!("{hop}{i}{}", x(n - 2)));
        let name = format!("a{hop}");
        let open = plain().with_other_args(OtherArgs::Allow);
        let own = match hop {
            0 => open.with_optional_arg(name, [Constraint::none_of(strings)]),
            _ => plain().with_arg(name, [Constraint::none_of(strings)]),
        };
        Grant::new(agent("next", &key(hop as u8 + 2)), [own.unwrap()], later(), "why")
            .unwrap()
            .with_max_hops(9)
    };
    let first = Token::mint(owner(), &alice(), own(0, &[4_090; 8]), now()).unwrap();
    let text = |last: usize| {
        let second = own(1, &[4_000, 4_000, 4_000, last]).with_max_hops(8);
        first.delegate(&key(2), second, now()).map(|token| token.to_text().len())
    };
    let rest = 65_536 * 3 / 4 - text(3_000).unwrap() * 3 / 4;
    let most = 3_000 + rest;
    assert_eq!(text(most), Ok(65_536));
    let refusal = text(most + 1).unwrap_err().to_string();
    assert!(refusal.contains("a token has at most 65536 bytes"), "{refusal}");
}

fn x(count: usize) -> String {
    "x".repeat(count)
}

fn to() -> Principal {
    agent("planner", &planner())
}

fn later() -> ::time::OffsetDateTime {
    now() + Duration::hours(1)
}

fn plain() -> Capability {
    Capability::new("crm.read", "**").unwrap()
}

fn granting(own: Capability) -> Grant {
    Grant::new(to(), [own], later(), "why").unwrap()
}

fn made<T, E: Display>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|e| e.to_string())
}

/// A chain of `count` hops, each to the key of the next number.
fn hops(count: usize) -> Result<Token, String> {
    let grant = |hop: usize| {
        let to = agent("next", &key(hop as u8 + 2));
        Grant::new(to, [plain()], later(), "why")
            .unwrap()
            .with_max_hops(31_u32.saturating_sub(hop as u32))
    };
    let first = Token::mint(owner(), &alice(), grant(0), now()).unwrap();
    // The key of number 1 is Alice's.
    (1..count).try_fold(first, |token, hop| {
        token.delegate(&key(hop as u8 + 1), grant(hop), now()).map_err(|e| e.to_string())
    })
}

/// A grant whose strings have this many bytes in total, each counted at every use.
fn block_text(bytes: usize) -> Result<(), String> {
    let strings = |last: usize| {
        let own = |length: usize| plain().with_arg("a", [Constraint::equals(x(length))]).unwrap();
        let mut all = vec![own(4_000); 16];
        all.push(own(last));
        Grant::new(to(), all, later(), "why").unwrap()
    };
    let fits = |last: usize| Token::mint(owner(), &alice(), strings(last), now());
    match fits(bytes - 16 * 4_000 - WORDS) {
        Ok(_) => Ok(()),
        Err(MintError::Token(e @ TokenError::BlockTooLong)) => Err(e.to_string()),
        Err(e) => panic!("{e}"),
    }
}

/// Bytes of the other strings in the block of [`block_text`], each counted at every use.
const WORDS: usize = 842;

fn as_text<T, E: Display>(read: &Result<T, E>) -> Result<(), String> {
    // Texts within the limit are refused for a reason other than their length.
    match read {
        Ok(_) => panic!("this is not a token"),
        Err(e) if e.to_string().contains("at most 65536") => Err(e.to_string()),
        Err(_) => Ok(()),
    }
}
