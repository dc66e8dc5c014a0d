//! The input of an outsider whose key nobody trusts, but who knows the public root keys and has
//! copies of other people's tokens.

use deputize::testing::{RawBlock, RawToken};
use deputize::{Capability, ChainCache, Presentation, Request};

use crate::Row;
use crate::agent::{self, Kind, Limits, Shape, chain, grant, key, now};
use crate::measure::{TRIES, Yardstick};

pub(crate) fn rows(yard: &Yardstick, room: Limits) -> Vec<Row> {
    let request = Request::new("crm.read", "a", "crm.acme.com").unwrap();
    let verifier = agent::verifier(room);
    let plain = || Capability::new("*", "**").unwrap();
    let stolen = |hops| chain((0..hops).map(|hop| grant(hop, vec![plain()])).collect(), &request);
    let longest = stolen(room.hops);
    let expensive = Shape {
        hops: room.hops,
        capabilities: 64,
        kinds: vec![Kind::Prefix; 12],
        differ: false,
        resource: 950,
        delegates: 0,
    };
    let expensive = RawToken::take_apart(
        Presentation::parse(&expensive.case(room).unwrap().text).unwrap().as_bytes(),
    )
    .unwrap();
    let keys = agent::full_of_keys(room, 1, &request);
    let tokens = [
        ("not base64 at the very end", format!("{}!", "A".repeat(room.text - 1))),
        ("bytes that are not a Biscuit", "A".repeat(room.text / 4 * 4)),
        ("a length of 2^63", "EoCAgICAgICAgAE".to_owned()),
        ("as many blocks as fit", filled(room, |n| tiny_blocks(&longest, n))),
        (
            "a first block that fills the text, not signed",
            filled(room, |n| padded(stolen(1), 0, n)),
        ),
        (
            "a copied longest chain, presented with another key",
            by_another(longest.clone()).to_text(),
        ),
        (
            "the same, with a presentation that fills the text",
            filled(room, |n| by_another(padded(longest.clone(), room.hops, n))),
        ),
        (
            "a copied most expensive chain, presented with another key",
            by_another(expensive.clone()).to_text(),
        ),
        ("the same, its first signature altered", altered(expensive.clone(), 0).to_text()),
        ("the same, its last but one altered", altered(expensive.clone(), room.hops - 1).to_text()),
        ("the same, without its presentation", cut(expensive).to_text()),
        (
            "a first hop full of keys, presented with another key",
            by_another(keys.clone()).to_text(),
        ),
    ];
    let plain = tokens.into_iter().map(|(what, text)| (what, text, verifier.clone()));
    // A cached chain does not make refusals more expensive.
    let caching = verifier.clone().with_cache(ChainCache::new(10));
    let honest = Presentation::parse(&keys.to_text()).unwrap();
    assert!(caching.decide(honest, request.clone(), now()).is_allowed());
    let known = [("the same, its chain cached", by_another(keys).to_text(), caching)];
    plain
        .chain(known)
        .map(|(what, text, verifier)| {
            let run = |request| {
                // A text that is not a token goes no further.
                Presentation::parse(&text)
                    .ok()
                    .map(|presentation| verifier.decide(presentation, request, now()))
            };
            let allowed = run(request.clone()).is_some_and(|decision| decision.is_allowed());
            assert!(!allowed, "{what} is allowed");
            let figure = yard.measure(TRIES, || request.clone(), run);
            Row { what: what.to_owned(), bytes: text.len(), figure }
        })
        .collect()
}

/// A well-formed signature over something else.
fn altered(mut raw: RawToken, hop: usize) -> RawToken {
    raw.blocks[hop].signature[40] ^= 1;
    raw
}

/// Rows for the cost of reading arguments into a request.
pub(crate) fn requests(yard: &Yardstick) -> Vec<Row> {
    let row = |(what, json): (&str, String)| {
        let call = || Request::new("a", "b", "c").unwrap();
        let figure = yard.measure(TRIES, call, |call| call.with_args(&json));
        Row { what: what.to_owned(), bytes: json.len(), figure }
    };
    arguments().into_iter().map(row).collect()
}

/// The longest text of its kind that fits; `make` takes the amount of content.
fn filled(room: Limits, make: impl Fn(usize) -> RawToken) -> String {
    let (mut fits, mut too_long) = (0, room.text);
    while too_long - fits > 1 {
        let middle = (fits + too_long) / 2;
        if make(middle).to_text().len() <= room.text { fits = middle } else { too_long = middle }
    }
    make(fits).to_text()
}

fn tiny_blocks(like: &RawToken, count: usize) -> RawToken {
    let block =
        RawBlock { content: vec![], signature: vec![], next_key: vec![], ..like.blocks[0].clone() };
    RawToken { blocks: vec![block; count.max(1)], ..like.clone() }
}

fn padded(mut raw: RawToken, block: usize, bytes: usize) -> RawToken {
    raw.blocks[block].content.resize(bytes, 7);
    if block == 0 {
        raw.sign(0, &key(999));
    }
    raw
}

/// The same chain, with a presentation signed by another key than the holder's.
fn by_another(mut raw: RawToken) -> RawToken {
    let last = raw.blocks.len() - 1;
    raw.sign(last, &key(999));
    raw
}

fn cut(mut raw: RawToken) -> RawToken {
    let request = Request::new("crm.read", "a", "crm.acme.com").unwrap();
    raw.blocks.pop();
    raw.present(&key(999), &request, now(), time::Duration::seconds(30), [8; 16])
}

/// Arguments of 64 KiB, as read by a service that accepts that much.
fn arguments() -> Vec<(&'static str, String)> {
    const ROOM: usize = 64 * 1024;
    let object = |members: Vec<String>| format!("{{{}}}", members.join(","));
    let args =
        (0..255).map(|i| format!(r#""a{i}":"{}""#, "é".repeat(ROOM / 255 / 2 - 6))).collect();
    let deep = |i| format!(r#""{i}":{}1{}"#, r#"{"a":"#.repeat(15), "}".repeat(15));
    vec![
        ("a call of 255 arguments", object(args)),
        ("a call of 255 arguments, each 16 deep", object((0..255).map(deep).collect())),
        ("a call with a list of integers", format!(r#"{{"a":[{}1]}}"#, "1,".repeat(ROOM / 2 - 5))),
        (
            "a call with a list of floats",
            format!(r#"{{"a":[{}1]}}"#, "1.7e-9,".repeat(ROOM / 7 - 5)),
        ),
        ("a call with escapes", format!(r#"{{"a":"{}"}}"#, r"\u001f".repeat(ROOM / 6 - 5))),
        (
            "a call with one argument too many",
            object((0..5_000).map(|i| format!(r#""{i}":1"#)).collect()),
        ),
    ]
}
