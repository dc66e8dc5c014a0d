//! A text has one spelling, and every line its place: even for an issuer, who can sign any text.

use std::collections::BTreeSet;

use deputize::{RevocationList, Signer, StatementError};
use time::Duration;

use super::{edited, error, everything, line};
use crate::common::forging::terminal;
use crate::common::{alice, key, now, planner};
use crate::plain_list::{End, Plain, file};

const SCOPE: &str = "scope own, scope root KEY, scope power HOP, or scope named";
const SCOPE_OF_LISTS: &str = "scope own, scope power HOP, or scope root KEY with another key";
const SEQUENCE: &str = "sequence NUMBER, at least 1";
const HOPS: &str = "hops NUMBER DIGEST";
const TOKEN: &str = "token TOKEN-ID since TIME";
const OWNER: &str = "owner NAME since TIME";
const KEY: &str = "key KEY retired TIME since TIME, or key KEY compromised since TIME";
const VOID: &str = "void own KEY from NUMBER, void power HOP from NUMBER, or void list DIGEST";
const NO_MORE: &str = "the end of the text, or a line in its place";

/// The error of Alice's list with one part of its text replaced. She has signed it.
#[track_caller]
fn with(from: &str, to: &str) -> StatementError {
    let plain = everything();
    error(&edited(&plain.text(), from, to), &plain.body(), &alice())
}

#[track_caller]
fn malformed(from: &str, to: &str, line: usize, expected: &'static str) {
    assert_eq!(with(from, to), StatementError::Line { line, expected }, "{to:?}");
}

#[track_caller]
fn misspelled(from: &str, to: &str, line: usize) {
    assert_eq!(with(from, to), StatementError::Spelling { line }, "{to:?}");
}

/// A line of Alice's list, with its number. The line feed is part of it.
#[track_caller]
fn own(start: &str) -> (usize, String) {
    let text = everything().text();
    let (number, line) = line(&text, start);
    (number, format!("{line}\n"))
}

/// A statement of one kind passed for another, among other first lines.
#[test]
fn another_first_line() {
    let own = alice().public_key().to_string();
    let first = format!("deputize revocations v1 {own}\n");
    for other in [
        format!("deputize agents v1 {own}"),
        format!("deputize successor v1 {own}"),
        format!("deputize revocations-delta v1 {own}"),
        format!("deputize revocations v2 {own}"),
        format!("deputize revocations v10 {own}"),
        format!("deputize revocations  v1 {own}"),
        format!("deputize revocations v1  {own}"),
        format!("deputize revocations v1 {own} "),
        format!("Deputize revocations v1 {own}"),
        format!(" deputize revocations v1 {own}"),
        format!("deputize revocations v1 {}", own.to_uppercase()),
        format!("deputize revocations v1 {}", &own[..71]),
        format!("deputize revocations v1 {}", terminal().public_key()),
        "deputize revocations v1".to_owned(),
        "deputize".to_owned(),
        format!("deputize revocations v1 {own} signed by Alice, who owns the account"),
    ] {
        assert_eq!(with(&first, &format!("{other}\n")), wrong_kind(&other));
    }
    assert_eq!(with(&first, ""), wrong_kind("scope own"));
}

/// The error about another first line, which is cut.
pub(super) fn wrong_kind(first: &str) -> StatementError {
    let cut = first.chars().count() > 100;
    let found: String = first.chars().take(100).chain(cut.then_some('…')).collect();
    StatementError::WrongKind { expected: "revocations", found }
}

#[test]
fn another_scope() {
    let root = alice().public_key();
    malformed("scope own\n", "scope named\n", 2, SCOPE_OF_LISTS);
    malformed("scope own\n", &format!("scope root {root}\n"), 2, SCOPE_OF_LISTS);
    for other in [
        "scope\n",
        "scope all\n",
        "scope own \n",
        "scope root\n",
        "scope power 7\n",
        "Scope own\n",
        "",
    ] {
        malformed("scope own\n", other, 2, SCOPE);
    }
}

/// Only a root voids lists, and never its own.
#[test]
fn void_lines_of_others() {
    let (line, first) = own("void ");
    let void = |why| StatementError::Void { line, why };
    let root = format!("scope root {}\n", planner().public_key());
    let power = format!("scope power {}\n", "ab".repeat(32));
    for scope in [root, power] {
        assert_eq!(with("scope own\n", &scope), void("is only for the scope `own`"));
    }
    let own = format!("void own {} from 1\n", alice().public_key());
    assert_eq!(with(&first, &own), void("is for the issuer itself"));
}

#[test]
fn another_spelling_of_a_number() {
    for other in ["0", "-1", "7.0", "0x7", "７", "7 ", "", "9223372036854775808"] {
        malformed("sequence 7\n", &format!("sequence {other}\n"), 3, SEQUENCE);
    }
    for other in ["07", "+7"] {
        misspelled("sequence 7\n", &format!("sequence {other}\n"), 3);
    }
    malformed("sequence 7\n", "", 3, SEQUENCE);
    let (number, void) = own("void ");
    for other in ["from 00", "from +0"] {
        misspelled(&void, &edited(&void, "from 0", other), number);
    }
    for other in ["from -1", "from", "from  0", "from 9223372036854775808"] {
        malformed(&void, &edited(&void, "from 0", other), number, VOID);
    }
    misspelled("hops 3 ", "hops 03 ", 9);
    malformed("hops 3 ", "hops  ", 9, HOPS);
}

#[test]
fn a_sequence_ahead_of_the_clock() {
    let seconds = now().unix_timestamp().unsigned_abs();
    for sequence in [seconds + 1, i64::MAX.unsigned_abs()] {
        let ahead = StatementError::SequenceAhead { sequence, issued: now() };
        assert_eq!(with("sequence 7\n", &format!("sequence {sequence}\n")), ahead);
    }
    let latest = Plain { sequence: seconds, ..everything() };
    assert!(RevocationList::parse(latest.file(&alice())).is_ok());
}

#[test]
fn another_spelling_of_a_time() {
    let (number, own) = own("issued ");
    for other in [
        "2026-11-23t18:00:00Z",
        "2026-11-23T18:00:00z",
        "2026-11-23T18:00:00.0Z",
        "2026-11-23T18:00:00+00:00",
        "2026-11-23T18:00:00-00:00",
        "2026-11-23T19:00:00+01:00",
    ] {
        misspelled(&own, &format!("issued {other}\n"), number);
    }
    for other in [
        "2026-11-23 18:00:00Z",
        "2026-11-23T18:00:00",
        "2026-11-23T18:00Z",
        "2026-11-31T18:00:00Z",
        "2026-11-23T24:00:00Z",
        "26-11-23T18:00:00Z",
        "1795456800",
        "",
    ] {
        malformed(&own, &format!("issued {other}\n"), number, "issued TIME");
    }
}

#[test]
fn a_next_update_that_is_not_later() {
    let (_, own) = own("next ");
    for (other, earlier) in [("2026-11-23T18:00:00Z", 0), ("2026-11-23T17:59:59Z", 1)] {
        let next = now() - Duration::seconds(earlier);
        let expected = StatementError::NextNotLater { issued: now(), next };
        assert_eq!(with(&own, &format!("next {other}\n")), expected);
    }
    malformed(&own, "", 5, "next TIME");
}

/// For each line that has such a value, the same value in other letters, and one that is too short.
#[test]
fn another_spelling_of_a_key_an_id_or_a_digest() {
    // Read in upper case too, but not written so.
    let upper_case_reads = ["token", "good", "void power"];
    for (start, expected) in [
        ("previous", "previous DIGEST"),
        ("ends", "ends DIGEST"),
        ("hops", HOPS),
        ("token", TOKEN),
        ("key", KEY),
        ("good", "good HOP"),
        ("successor", "successor DIGEST"),
        ("void own", VOID),
        ("void power", VOID),
        ("void list", VOID),
    ] {
        // Digits that are letters, so that they have an upper case.
        let letters = || BTreeSet::from(["ab".repeat(32)]);
        let compromised = End::Compromised { good: letters(), successors: letters() };
        let plain = Plain {
            previous: Some("ab".repeat(32)),
            ends: letters(),
            keys: [(key(21).public_key().to_string(), (compromised, 0))].into(),
            void_power: [("ab".repeat(32), 1)].into(),
            void_lists: letters(),
            ..everything()
        };
        let text = plain.text();
        let (number, own) = line(&text, start);
        let digits = own.split(['/', ' ']).find(|word| word.len() >= 32).unwrap();
        let with = |other: &str| {
            error(&text.replacen(own, &edited(own, digits, other), 1), &plain.body(), &alice())
        };
        let line = StatementError::Line { line: number, expected };
        let upper_case = match upper_case_reads.contains(&start) {
            true => StatementError::Spelling { line: number },
            false => line.clone(),
        };
        assert_eq!(with(&digits.to_uppercase()), upper_case, "{own}");
        let short = &digits[2..];
        for other in
            [short, &format!("{short}zz"), &format!("0x{short}"), &format!("{digits}00"), ""]
        {
            assert_eq!(with(other), line, "{own} with {other}");
        }
    }
}

/// Keys for which anybody can sign, or that have two spellings.
#[test]
fn bad_keys_in_a_line() {
    let weak = format!("ed25519/01{}", "00".repeat(31));
    let second_spelling = format!("ed25519/ee{}7f", "ff".repeat(30));
    for bad in [weak, second_spelling, terminal().public_key().to_string()] {
        for (start, seed, expected) in [("key", 21, KEY), ("key", 22, KEY), ("void own", 23, VOID)]
        {
            let good = key(seed).public_key().to_string();
            let (number, line) = own(&format!("{start} {good}"));
            malformed(&line, &edited(&line, &good, &bad), number, expected);
        }
        malformed("scope own\n", &format!("scope root {bad}\n"), 2, SCOPE);
    }
}

#[test]
fn another_spelling_of_a_name() {
    let (number, own) = own("owner ");
    let with = |name: &str| edited(&own, "\"alice@acme.com\"", name);
    for other in [
        r#""\u0061lice@acme.com""#,
        r#""alice\u0040acme.com""#,
        r#" "alice@acme.com""#,
        r#""alice@acme.com" "#,
        r#""a\/lice@acme.com""#,
    ] {
        misspelled(&own, &with(other), number);
    }
    for other in [
        "alice@acme.com",
        "'alice@acme.com'",
        "\"alice@acme.com",
        "\"\"",
        "\" \"",
        "\"alice@acme.com \"",
        r#""alice\u200b@acme.com""#,
        r#""alice\u202e@acme.com""#,
        r#""alice\n@acme.com""#,
        r#""alice\ud800@acme.com""#,
        r#""alice@acme.com" since "bob""#,
        &format!("\"{}\"", "x".repeat(257)),
        "7",
        "null",
        "[\"alice@acme.com\"]",
        "",
    ] {
        malformed(&own, &with(other), number, OWNER);
    }
}

/// Each line but the first ones of a list may be repeated or moved, and is refused.
#[test]
fn lines_in_another_order() {
    let plain = everything();
    let text = plain.text();
    let lines: Vec<_> = text.lines().collect();
    let refuse = |lines: &[&str], what: &str| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let found = error(&text, &plain.body(), &alice());
        let is_fitting = matches!(
            found,
            StatementError::Line { .. }
                | StatementError::Spelling { .. }
                | StatementError::WrongKind { .. }
        );
        assert!(is_fitting, "{what}: {found:?}");
    };
    for at in 0..lines.len() {
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        refuse(&doubled, &format!("{} twice", lines[at]));
        for to in (0..lines.len()).filter(|to| *to != at) {
            let mut moved = lines.clone();
            let line = moved.remove(at);
            moved.insert(to, line);
            refuse(&moved, &format!("{line} moved to {to}"));
        }
    }
}

#[test]
fn lines_of_one_kind_in_another_order() {
    for start in ["ends", "token", "owner", "good", "successor", "void own", "void list"] {
        let (number, first) = own(start);
        let text = everything().text();
        let second = text.lines().nth(number).unwrap();
        assert!(second.starts_with(start));
        let both = format!("{first}{second}\n");
        misspelled(&both, &format!("{second}\n{first}"), number);
        misspelled(&first, &format!("{first}{first}"), number + 1);
    }
}

/// One entry for each key: which of two counts would be ambiguous.
#[test]
fn two_entries_of_one_key() {
    for seed in [21, 22] {
        let (number, line) = own(&format!("key {}", key(seed).public_key()));
        let other = format!("key {} retired 2026-11-23T17:00:00Z", key(seed).public_key());
        let again = format!("{other} since 2026-11-23T18:00:00Z\n");
        misspelled(&line, &format!("{again}{line}"), number);
    }
}

#[test]
fn exceptions_of_a_key_that_has_none() {
    let (number, retired) = own(&format!("key {}", key(22).public_key()));
    for exception in ["good", "successor"] {
        let (_, exception) = own(exception);
        malformed(&retired, &format!("{retired}{exception}"), number + 1, NO_MORE);
    }
    // Behind a successor.
    let ((_, good), (number, successor)) = (own("good"), own("successor"));
    malformed(&successor, &format!("{successor}{good}"), number + 1, NO_MORE);
}

/// The words of other lists, and of none.
#[test]
fn lines_that_are_not_of_a_list() {
    let text = everything().text();
    let (count, last) = text.lines().enumerate().last().unwrap();
    for other in
        ["agents 1 2 3", "to ed25519/00", "hop", "note hello", "Token 00", "void", "goodbye"]
    {
        malformed(last, &format!("{last}\n{other}"), count + 2, NO_MORE);
    }
    malformed(last, &format!("{last}\nvoid all"), count + 2, VOID);
}

/// Reading stops at the first line too many.
#[test]
fn more_ended_heads_than_a_list_has() {
    let ends = (0..40_u8).map(|byte| hex::encode([byte; 32])).collect();
    let plain = Plain { ends, ..everything() };
    let found = error(&plain.text(), &plain.body(), &alice());
    let what = "heads of a fork that it ends";
    assert_eq!(found, StatementError::TooMany { what, found: 17, most: 16 });
}

/// A changed text that Alice signed is refused, unless it is the one spelling of other content.
#[test]
fn no_character_of_a_signed_text_can_be_replaced_left_out_or_doubled() {
    let plain = everything();
    let text = plain.text();
    let mut read = 0;
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let (before, rest) = text.split_at(at);
        let after = &rest[rest.chars().next().unwrap().len_utf8()..];
        let others = ["", " ", "\n", "f"].map(|other| format!("{before}{other}{after}"));
        let doubled = format!("{before}{}{rest}", &rest[..rest.len() - after.len()]);
        for other in others.into_iter().chain([doubled]).filter(|other| *other != text) {
            // No note has such a text.
            if other.contains("\n\n") || !other.ends_with('\n') || other.starts_with('\n') {
                continue;
            }
            if let Ok(list) = RevocationList::parse(file(&other, &plain.body(), &alice())) {
                assert_ne!(Plain::of(&list), plain);
                assert_eq!(Plain::of(&list).text(), other);
                read += 1;
            }
        }
    }
    // Other digits of ids, of times and of numbers.
    assert!(read > 400, "{read}");
}
