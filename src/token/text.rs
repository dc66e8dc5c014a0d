//! Tokens and presentations as text and in JSON.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::format::container::FormatError;
use crate::token::presentation::Presentation;
use crate::token::{Token, TokenError};

impl FromStr for Token {
    type Err = TokenError;

    /// Reads a token, with [`Token::parse`].
    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::parse(text)
    }
}

/// Writes the text of the token, as [`to_text`](Token::to_text) does. `Debug` does not.
impl Display for Token {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Writes the text of the token.
impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

/// Reads the text of a token, with [`Token::parse`].
impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl FromStr for Presentation {
    type Err = FormatError;

    /// Reads a presentation, with [`Presentation::parse`].
    fn from_str(text: &str) -> Result<Self, FormatError> {
        Self::parse(text)
    }
}

/// Writes the text of the presentation, as [`to_text`](Presentation::to_text) does. `Debug` does
/// not.
///
/// # Security
///
/// Anyone who gets the text first can make the call in it. So send it, and do not log it.
impl Display for Presentation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Writes the text of the presentation.
impl Serialize for Presentation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

/// Reads the text of a presentation, with [`Presentation::parse`].
impl<'de> Deserialize<'de> for Presentation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}
