//! A revocation list that is read says exactly what its bytes say, and a delta gives exactly the list
//! that its issuer signed.

use crate::common::{alice, key, planner, researcher};
use crate::list_drafts::{Issuer, Signed, issuer};
use crate::plain_list::{Plain, file, parts, sha256};
use crate::source::Source;
use deputize::{HopId, KeyEnd, Note, RevocationDraft, RevocationList, Signer, SigningKey};
use time::Duration;

/// The first byte selects how the rest is read.
pub fn check(data: &[u8]) {
    let Some((what, rest)) = data.split_first() else { return };
    match what % 8 {
        0 => raw(rest),
        1 | 2 => signed_text(rest),
        3 | 4 => mutated_text(&mut Source::new(rest)),
        5 => raw_delta(rest),
        _ => mutated_delta(&mut Source::new(rest)),
    }
}

/// Any bytes. Only the seeds have a valid signature.
fn raw(bytes: &[u8]) {
    let delta = RevocationList::is_delta(bytes);
    if let Ok(list) = RevocationList::parse(bytes) {
        assert!(!delta, "a delta is not a list");
        assert_eq!(list.as_bytes(), bytes);
        says_its_bytes(&list);
    }
}

/// Any text before an empty line, signed by the key that it names, and any body after it. The text
/// commits to the body, if it has the line for that.
fn signed_text(bytes: &[u8]) {
    let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") else { return };
    let (text, body) = (&bytes[..end + 1], &bytes[end + 2..]);
    let Ok(text) = std::str::from_utf8(text) else { return };
    read_again(&committed(text, body), body);
}

/// The text with the digest of this body.
fn committed(text: &str, body: &[u8]) -> String {
    let commit = |line: &str| match line.strip_prefix("hops ").and_then(|rest| rest.split_once(' '))
    {
        Some((count, digest)) if digest.len() == 64 => format!("hops {count} {}\n", sha256(body)),
        _ => format!("{line}\n"),
    };
    text.lines().map(commit).collect()
}

/// The key that a text names as its issuer, if it is one of the cast.
fn named(text: &str) -> Option<SigningKey> {
    let cast = [alice(), planner(), researcher(), key(20), key(30)];
    let first = text.lines().next()?;
    cast.into_iter().find(|key| first.contains(&key.public_key().to_string()))
}

/// Signs the text, if it is one of a note, and reads the list.
fn read_again(text: &str, body: &[u8]) -> Option<RevocationList> {
    let issuer = named(text).unwrap_or_else(alice);
    Note::new(text).ok()?;
    let bytes = file(text, body, &issuer);
    let list = RevocationList::parse(bytes.as_slice()).ok()?;
    assert_eq!(list.as_bytes(), bytes);
    assert_eq!(parts(&list), (text, body));
    says_its_bytes(&list);
    Some(list)
}

/// Writing again what the list says gives its bytes: by a writer without the library's code, and by
/// the draft of the next list.
fn says_its_bytes(list: &RevocationList) {
    let plain = Plain::of(list);
    let (text, body) = parts(list);
    assert_eq!(plain.text(), text);
    assert_eq!(plain.body(), body);
    assert_eq!(list.hop_count(), plain.hops.len());
    for id in plain.hops.keys() {
        for step in [-1_i128, 0, 1] {
            let near = u128::from_be_bytes(*id).wrapping_add_signed(step).to_be_bytes();
            let hop = HopId::from_bytes([near; 2].concat().try_into().unwrap());
            let scanned = list.hops().find(|own| own.is_about(&hop));
            assert_eq!(list.hop(&hop), scanned);
        }
    }
    let Some(issuer) = named(text).filter(|key| key.public_key() == list.issuer()) else { return };
    let own = list.keys().find(|(key, _)| *key == list.issuer());
    let is_final = own.is_some_and(|(_, own)| matches!(own.end(), KeyEnd::Compromised { .. }));
    let Some(next) = list.issued().checked_add(Duration::hours(2)) else { return };
    let signed = RevocationDraft::after(list).sign(&issuer, next - Duration::HOUR, next);
    let holder = list.authority().map(|token| token.holder().key());
    // Years beyond 9999, sequences that have reached the clock.
    let Ok(signed) = signed else {
        let is_at_its_end = plain.sequence >= (plain.issued + 3_600).unsigned_abs();
        let is_other = holder.is_some_and(|holder| holder != list.issuer());
        assert!(is_final || is_at_its_end || is_other || next.year() > 9_999, "{signed:?}");
        return;
    };
    assert!(!is_final);
    let (sequence, previous) = (plain.sequence + 1, Some(list.digest().to_string()));
    let (issued, next) = (plain.issued + 3_600, plain.issued + 7_200);
    assert_eq!(Plain::of(&signed), Plain { sequence, previous, issued, next, ..plain });
}

/// A few lists of one series.
fn history(source: &mut Source<'_>) -> (Issuer, Vec<Signed>) {
    let issuer = issuer(source);
    let mut lists: Vec<Signed> = Vec::new();
    let mut at = crate::common::now();
    for _ in 0..=source.below(3) {
        let mut own = match lists.as_slice() {
            [] => issuer.first(source),
            [.., one, other] if source.chance(30) => one.ending_fork(other),
            lists => source.pick(lists).next(),
        };
        for _ in 0..source.below(8) {
            own.change(source);
        }
        at += Duration::seconds(source.below(4_000) as i64);
        lists.extend(issuer.sign(own, at));
    }
    (issuer, lists)
}

/// The text of a drafted list with one or two changes, signed by its issuer.
fn mutated_text(source: &mut Source<'_>) {
    let (_, lists) = history(source);
    let Some(own) = lists.last() else { return };
    let mut body = own.plain.body();
    let mut text = own.plain.text();
    for _ in 0..=source.below(2) {
        match source.below(8) {
            0 => body = mutated(source, body),
            _ => text = mutated_line(source, &text),
        }
    }
    let is_same = text == own.plain.text() && body == own.plain.body();
    let text = if source.chance(80) { committed(&text, &body) } else { text };
    let read = read_again(&text, &body);
    assert!(!is_same || read.as_ref() == Some(&own.list));
}

/// Words that a text may have in the wrong place.
const WORDS: [&str; 30] = [
    "scope",
    "own",
    "named",
    "root",
    "power",
    "sequence",
    "issued",
    "next",
    "previous",
    "ends",
    "hops",
    "token",
    "owner",
    "key",
    "good",
    "successor",
    "void",
    "list",
    "since",
    "from",
    "retired",
    "compromised",
    "authority",
    "0",
    "07",
    "+7",
    "1970-01-01T00:00:00Z",
    "2026-11-23t18:00:00Z",
    "\"\\u0061\"",
    "9223372036854775808",
];

fn mutated_line(source: &mut Source<'_>, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (at, other) = (source.below(lines.len()), source.below(lines.len()));
    match source.below(7) {
        0 => lines.swap(at, other),
        1 => drop(lines.remove(at)),
        2 => lines.insert(other, lines[at].clone()),
        3 | 4 => {
            let mut words: Vec<_> = lines[at].split(' ').collect();
            let word = source.below(words.len());
            match source.below(4) {
                0 => drop(words.remove(word)),
                1 => words.insert(word, source.pick(&WORDS)),
                _ => words[word] = source.pick(&WORDS),
            }
            lines[at] = words.join(" ");
        }
        _ => {
            let bytes = mutated(source, lines[at].clone().into_bytes());
            lines[at] = String::from_utf8_lossy(&bytes).into_owned();
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The bytes with one change.
fn mutated(source: &mut Source<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    let at = source.below(bytes.len() + 1);
    match (source.below(5), bytes.get(at).copied()) {
        (0, Some(_)) => drop(bytes.remove(at)),
        (1, Some(own)) => bytes.insert(at, own),
        (2, Some(own)) => bytes[at] = own ^ 1 << source.below(8),
        (3, Some(_)) => bytes.truncate(at),
        (_, Some(_)) if source.chance(50) => bytes[at] = source.byte(),
        _ => bytes.insert(at, source.byte()),
    }
    bytes
}

/// Any bytes as a delta to a list of the seeds.
fn raw_delta(bytes: &[u8]) {
    let (base, delta) = match bytes.windows(4).position(|own| own == b"\n\n\n\n") {
        Some(end) => (&bytes[..end], &bytes[end + 4..]),
        None => return,
    };
    let Ok(base) = RevocationList::parse(base) else { return };
    if let Ok(list) = base.apply(delta) {
        says_its_bytes(&list);
        assert_eq!(base.apply(&list.delta_from(&base)), Ok(list));
    }
}

/// A delta between two lists of a series, with one or two changes of its bytes.
fn mutated_delta(source: &mut Source<'_>) {
    let (_, lists) = history(source);
    if lists.is_empty() {
        return;
    }
    let (base, result) = (source.pick(&lists).list, source.pick(&lists).list);
    let honest = result.delta_from(&base);
    assert_eq!(base.apply(&honest).as_ref(), Ok(&result));
    let mut delta = honest.clone();
    for _ in 0..=source.below(2) {
        delta = mutated(source, delta);
    }
    // For every change, the result is a list that was signed.
    match base.apply(&delta) {
        Ok(list) => assert!(list == result && delta == honest),
        Err(_) => assert_ne!(delta, honest),
    }
}
