//! The reason why a text is not a capability.

use std::fmt::{self, Display, Formatter};

use unicode_width::UnicodeWidthStr;

use crate::error::{Shown, write_shown};

/// The reason why a text is not a capability, and the place of the fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowError {
    /// The text.
    pub text: String,
    /// The index of the character that does not fit, from 0; the length of the text for its end.
    pub at: usize,
    /// The fault, in a lower-case sentence without a full stop.
    pub message: String,
}

/// One line, the text, and a caret under the character.
impl Display for AllowError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let character = self.at.saturating_add(1);
        let mut before = String::new();
        self.text.chars().take(self.at).try_for_each(|c| write_shown(&mut before, c))?;
        let indent = before.width();
        writeln!(f, "{}, at character {character}", self.message)?;
        write!(f, "  {}\n  {:indent$}^", Shown(&self.text), "")
    }
}

impl std::error::Error for AllowError {}
