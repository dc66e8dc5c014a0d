//! The attacker has a valid token and wants a second text for it, so that a log, a list of revoked
//! tokens or a cache takes it for another token.

use deputize::testing::with_purpose;
use deputize::{FormatError, Presentation, Token, TokenError};

use crate::common::{first, held, mint, presented};

/// Checks that neither a token nor a presentation can be parsed from the changed text.
#[track_caller]
fn no_text(change: impl Fn(&str) -> String) {
    let (presentation, token) = (change(&presented().to_text()), change(&held().to_text()));
    let read = Presentation::parse(&presentation);
    assert!(matches!(read, Err(FormatError::Base64 { .. })), "{presentation}: {read:?}");
    let read = Token::parse(&token);
    assert!(
        matches!(read, Err(TokenError::Format(FormatError::Base64 { .. }))),
        "{token}: {read:?}"
    );
}

#[test]
fn padding() {
    no_text(|text| format!("{text}="));
    no_text(|text| format!("{text}=="));
    no_text(|text| format!("{text}===="));
}

#[test]
fn the_other_alphabet() {
    let standard = |text: &str| text.replace('-', "+").replace('_', "/");
    let texts = [presented().to_text(), held().to_text()];
    assert!(texts.iter().all(|text| standard(text) != *text));
    no_text(standard);
}

#[test]
fn one_character_of_the_other_alphabet() {
    no_text(|text| text.replacen('_', "/", 1));
    no_text(|text| text.replacen('-', "+", 1));
    no_text(|text| text.replacen('-', "%2D", 1));
}

/// The last character has bits that belong to no byte.
#[test]
fn bits_after_the_last_byte() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut tried = 0;
    // Tokens of every length modulo 3: the purpose gets one byte longer each time.
    for length in 1..4 {
        let mut longer = mint(with_purpose(first(), &"x".repeat(length)));
        longer.root_hint = Some(1);
        let text = longer.to_text();
        if text.len().is_multiple_of(4) {
            continue;
        }
        let last = text.as_bytes()[text.len() - 1];
        let place = ALPHABET.iter().position(|c| *c == last).unwrap();
        let other = char::from(ALPHABET[place + 1]);
        let spelled = format!("{}{other}", &text[..text.len() - 1]);
        let read = Presentation::parse(&spelled);
        assert!(matches!(read, Err(FormatError::Base64 { .. })), "{read:?}");
        tried += 1;
    }
    assert_eq!(tried, 2);
}

#[test]
fn white_space() {
    for space in [" ", "\n", "\r\n", "\t", "\u{a0}", "\0"] {
        no_text(|text| format!("{text}{space}"));
        no_text(|text| format!("{space}{text}"));
        no_text(|text| format!("{}{space}{}", &text[..40], &text[40..]));
    }
}

#[test]
fn a_prefix_before_the_text() {
    for word in ["Bearer ", "biscuit:", "\u{feff}", "data:,", "\"", "//"] {
        no_text(|text| format!("{word}{text}"));
    }
}

#[test]
fn a_letter_that_looks_alike() {
    no_text(|text| text.replacen('C', "\u{421}", 1));
    no_text(|text| text.replacen('A', "\u{ff21}", 1));
}

#[test]
fn an_empty_text() {
    assert_eq!(Presentation::parse(""), Err(FormatError::NotABiscuit));
    assert_eq!(Token::parse(""), Err(TokenError::Format(FormatError::NotABiscuit)));
}

#[test]
fn more_than_any_token_has() {
    let text = "A".repeat(64 * 1024 + 1);
    assert_eq!(Presentation::parse(&text), Err(FormatError::TooLong { found: text.len() }));
    let text = "A".repeat(64 * 1024);
    assert_eq!(Presentation::parse(&text), Err(FormatError::NotABiscuit));
}
