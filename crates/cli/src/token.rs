//! Where a token comes from: the argument, a file, or standard input.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use deputize::limits::HARD_MAX_TOKEN_BYTES;

use crate::error::{Error, Shown};
use crate::output::Output;

/// The text of a token or a presentation, and where it was found.
#[derive(Debug)]
pub struct TokenText {
    text: String,
    from: From,
}

#[derive(Debug)]
enum From {
    Argument,
    File(String),
    StandardInput,
}

impl TokenText {
    /// The text of the argument; of the file after `@`; of standard input for `-` or nothing.
    ///
    /// # Errors
    ///
    /// Where there is nothing to be read, or more than any token has.
    pub fn read(argument: Option<&str>, output: &Output) -> Result<Self, Error> {
        let (text, from) = match argument {
            None | Some("-") => {
                if io::stdin().is_terminal() {
                    output.note("reading a token from the terminal; paste it and press Ctrl-D");
                }
                (read(io::stdin().lock()), From::StandardInput)
            }
            Some(argument) => match argument.strip_prefix('@') {
                Some(path) => {
                    let from = From::File(Shown(path).to_string());
                    (File::open(path).map_err(|e| e.to_string()).and_then(read), from)
                }
                None => (Ok(argument.to_owned()), From::Argument),
            },
        };
        let mut found = Self { text: String::new(), from };
        match text {
            Err(why) => Err(found.error(why)),
            Ok(text) if text.trim().is_empty() => Err(found
                .error("there is no token; give it as an argument, `@FILE`, or on standard input")),
            Ok(text) => {
                text.trim().clone_into(&mut found.text);
                Ok(found)
            }
        }
    }

    /// The text, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Why the text is not what is needed, and what may have been meant.
    pub fn error(&self, why: impl Display) -> Error {
        match &self.from {
            From::StandardInput => Error::about("standard input", why),
            From::File(path) => Error::about(format_args!("`{path}`"), why),
            From::Argument if self.looks_like_a_file() => {
                let (text, why) = (Shown(&self.text), why.to_string());
                Error::about("token", format_args!("{why}; to read a file, write `@{text}`"))
            }
            From::Argument => Error::about("token", why),
        }
    }

    /// No token has these characters, and no token is so short.
    fn looks_like_a_file(&self) -> bool {
        let is_short = self.text.len() < 256;
        is_short && (self.text.contains(['.', '/']) || Path::new(&self.text).exists())
    }
}

fn read(from: impl Read) -> Result<String, String> {
    // A token, and as much white space.
    let most = HARD_MAX_TOKEN_BYTES.saturating_mul(2);
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() > most {
        return Err(format!(
            "a token has at most {HARD_MAX_TOKEN_BYTES} bytes, and this is longer"
        ));
    }
    String::from_utf8(bytes).map_err(|_| "this is no text; a token is base64url".to_owned())
}
