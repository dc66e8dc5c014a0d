//! The text of a token: from an argument, a file, or standard input.

use std::fmt::Display;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use deputize::limits::HARD_MAX_TOKEN_BYTES;
use deputize::text::Backticked;
use deputize::{AnyToken, Presentation, TokenError};

use crate::input::encoding;
use crate::input::source::Source as Opened;
use crate::output::{Error, Output, shell};

/// The text of a token or a presentation, and its source.
#[derive(Debug)]
pub struct TokenText {
    text: String,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Argument,
    File(String),
    StandardInput,
}

impl TokenText {
    /// Reads the argument itself, the content of the file after `@`, or standard input for `-` or
    /// no argument. Quotes around the text and a scheme of HTTP before it (`Bearer`, `Deputize`)
    /// are left out: no token has a character of either.
    ///
    /// # Errors
    ///
    /// If there is nothing to read, or more bytes than a token can have.
    pub fn read(argument: Option<&str>, output: &Output) -> Result<Self, Error> {
        let (text, source) = match argument {
            None | Some("-" | "@-") => {
                if io::stdin().is_terminal() {
                    output.note("reading a token from the terminal; paste it and press Ctrl-D");
                }
                (Opened::standard_input("the token").and_then(read), Source::StandardInput)
            }
            Some(argument) => match argument.strip_prefix('@') {
                Some(path) => {
                    let source = Source::File(Backticked(path).to_string());
                    (Opened::open(Path::new(path), "the token").and_then(read), source)
                }
                None => (Ok(argument.to_owned()), Source::Argument),
            },
        };
        let mut found = Self { text: String::new(), source };
        match text.as_deref().map(bare) {
            Err(why) => Err(found.error(why)),
            Ok("") => Err(found.error(
                "the token is missing; give it as an argument, as `@FILE`, or on standard input",
            )),
            Ok(text) => {
                text.clone_into(&mut found.text);
                Ok(found)
            }
        }
    }

    /// Returns the text, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Parses the presentation to decide about.
    ///
    /// # Errors
    ///
    /// As [`presentation`].
    pub fn presentation(&self) -> Result<Presentation, Error> {
        presentation(&self.text).map_err(|e| self.error(e))
    }

    /// Creates an error that names the source of the text, and suggests `@` for the name of a file.
    pub fn error(&self, why: impl Display) -> Error {
        match &self.source {
            Source::StandardInput => Error::about("standard input", why),
            Source::File(path) => Error::about(path, why),
            Source::Argument if self.looks_like_a_file() => {
                let file = shell::word(&format!("@{}", self.text));
                let why = format_args!("{why}; to read a file, write `{file}`");
                Error::about("token", why)
            }
            Source::Argument => Error::about("token", why),
        }
    }

    /// Returns true for a short text that has characters no token has, or that names a file.
    fn looks_like_a_file(&self) -> bool {
        let is_short = self.text.len() < 256;
        is_short && (self.text.contains(['.', '/']) || Path::new(&self.text).exists())
    }
}

/// Reads a text that a verifier can decide about. That includes a held token, even one that is not
/// authentic: the verifier refuses it, and its report says why.
///
/// # Errors
///
/// [`TokenError`] for a text that is not a Biscuit, and for another kind of Biscuit.
pub fn presentation(text: &str) -> Result<Presentation, TokenError> {
    match text.parse() {
        Ok(AnyToken::Presented(presentation)) => Ok(presentation),
        Ok(AnyToken::Held(_)) | Err(TokenError::NotAuthentic(_)) => Ok(Presentation::parse(text)?),
        Err(error) => Err(error),
    }
}

fn read(from: impl Read) -> Result<String, String> {
    // Twice the bytes of a token, since white space may surround it.
    let most = HARD_MAX_TOKEN_BYTES.saturating_mul(2);
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() > most {
        return Err(format!(
            "a token has at most {HARD_MAX_TOKEN_BYTES} bytes, and this is longer"
        ));
    }
    match encoding::utf8(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; a token is base64url text")),
    }
}

/// Returns a token without what people copy along with it: white space, quotes, and the name of the
/// header and its scheme.
fn bare(text: &str) -> &str {
    const QUOTES: [(char, char); 6] = [
        ('"', '"'),
        ('\'', '\''),
        ('`', '`'),
        ('\u{201c}', '\u{201d}'),
        ('\u{2018}', '\u{2019}'),
        ('<', '>'),
    ];
    const PREFIXES: [&str; 3] = ["authorization:", "bearer ", "deputize "];
    let mut text = text.trim();
    loop {
        let unquoted = QUOTES.iter().find_map(|(open, close)| {
            text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close))
        });
        let unprefixed = PREFIXES.iter().find_map(|prefix| {
            let (start, rest) = text.split_at_checked(prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then_some(rest)
        });
        match unquoted.or(unprefixed) {
            Some(rest) => text = rest.trim(),
            None => return text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_along_with_a_token_is_left_out() {
        for text in [
            "abc",
            " abc\n",
            "\"abc\"",
            "'abc'",
            "\u{201c}abc\u{201d}",
            "Bearer abc",
            "bearer  abc",
            "Deputize abc",
            "Authorization: Deputize abc",
            "\"Authorization: Bearer abc\"",
            "Bearer \"abc\"\n",
        ] {
            assert_eq!(bare(text), "abc", "{text}");
        }
        for text in ["", "Bearerabc", "\"abc", "abc'", "a b"] {
            assert_eq!(bare(text), text, "{text}");
        }
        assert_eq!(bare("\"\""), "");
    }
}
