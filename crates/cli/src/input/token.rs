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
    /// no argument.
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
                let text = Opened::standard_input("the token").and_then(|own| read(own, "FILE"));
                (text, Source::StandardInput)
            }
            Some(argument) => match argument.strip_prefix('@') {
                Some(path) => {
                    let source = Source::File(Backticked(path).to_string());
                    let (path, reader) = (Path::new(path), "the token");
                    let text = Opened::open(path, reader);
                    (text.and_then(|own| read(own, &shell::path(path))), source)
                }
                None => (Ok(argument.to_owned()), Source::Argument),
            },
        };
        let mut found = Self { text: String::new(), source };
        match text.as_deref().map(str::trim) {
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

    /// Creates an error that names the source of the text, and what the text has that no token has;
    /// it suggests `@` for the name of a file.
    pub fn error(&self, why: impl Display) -> Error {
        let why = explain(&self.text, why);
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

/// Reads the text of a token, from a file with this name in the words of a shell.
fn read(from: impl Read, file: &str) -> Result<String, String> {
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
        Err(error) => Err(match error.command(file, "NEW.token") {
            Some(command) => format!("{error}; convert it with `{command}`"),
            None => format!("{error}; a token is base64url text"),
        }),
    }
}

/// Returns why a text is not a token: what people copy along with one, or `why` if it has nothing
/// of the kind. A token has one spelling, so nothing is left out for them.
pub fn explain(text: &str, why: impl Display) -> String {
    const SCHEMES: [&str; 3] = ["authorization:", "bearer ", "deputize "];
    const QUOTES: [char; 9] =
        ['"', '\'', '`', '\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '<'];
    let text = text.trim();
    let scheme = SCHEMES.iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| start.trim_end())
    });
    if let Some(scheme) = scheme {
        let scheme = Backticked(scheme);
        return format!("the text begins with {scheme}; give the token without it");
    }
    if let Some(quote) = text.chars().next().filter(|c| QUOTES.contains(c)) {
        let quote = quote.to_string();
        return format!("the token is in quotes, {}; give it without them", Backticked(&quote));
    }
    if text.contains("-----BEGIN") {
        return "this is PEM, such as a key, and a token is base64url text".to_owned();
    }
    if text.starts_with('{') {
        return "this is JSON; give the text of its token alone".to_owned();
    }
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "-_+/=".contains(c) || c.is_whitespace();
    // The name of a file is shorter.
    if text.len() < SHORTEST || !text.chars().all(is_base64) {
        return why.to_string();
    }
    if text.contains(char::is_whitespace) {
        return "the token has white space inside; write it as one word".to_owned();
    }
    if text.ends_with('=') {
        return "the token ends with padding, `=`; leave it out".to_owned();
    }
    if text.contains(['+', '/']) {
        let alphabet = "the token is base64 with `+` and `/`, and base64url has `-` and `_`";
        return format!("{alphabet}; write it as it was made");
    }
    why.to_string()
}

/// No token has fewer characters.
const SHORTEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_along_with_a_token_is_named() {
        let token = "Ab_-".repeat(60);
        for (before, after, why) in [
            ("Bearer ", "", "the text begins with `Bearer`;"),
            ("bearer  ", "", "the text begins with `bearer`;"),
            ("Deputize ", "", "the text begins with `Deputize`;"),
            ("Authorization: Deputize ", "", "the text begins with `Authorization:`;"),
            ("\"", "\"", "the token is in quotes, `\"`;"),
            ("'", "'", "the token is in quotes, `'`;"),
            ("\u{201c}", "\u{201d}", "the token is in quotes, `\u{201c}`;"),
            ("{\"token\":\"", "\"}", "this is JSON;"),
            ("", "=", "the token ends with padding, `=`;"),
            ("", "\nAAAA", "the token has white space inside;"),
            ("+/", "", "the token is base64 with `+` and `/`,"),
            ("-----BEGIN X-----", "", "this is PEM,"),
            ("", "", "why"),
            ("\u{e9}", "", "why"),
        ] {
            let text = format!(" {before}{token}{after}\n");
            assert!(explain(&text, "why").starts_with(why), "{text}");
        }
        for name in ["a/b.token", "call token", "", "a="] {
            assert_eq!(explain(name, "why"), "why");
        }
    }
}
