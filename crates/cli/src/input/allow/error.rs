//! The reason why a text is not a capability.

use std::fmt::{self, Display, Formatter};

use deputize::text::Visible;
use unicode_width::UnicodeWidthStr;

/// The reason why a text is not a capability, and the place of the fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowError {
    /// The text.
    pub text: String,
    /// The index of the wrong character, from 0; the length of the text for its end.
    pub at: usize,
    /// The fault, in a lower-case sentence without a full stop.
    pub message: String,
}

/// The message, the text, and a caret below the character.
impl Display for AllowError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let before: String = self.text.chars().take(self.at).collect();
        let indent = visible(&before).width();
        writeln!(f, "{}, at character {}", self.message, self.at.saturating_add(1))?;
        write!(f, "  {}\n  {:indent$}^", visible(&self.text), "")
    }
}

impl std::error::Error for AllowError {}

/// Escapes invisible characters. Blanks stay as they are: here they only separate words.
fn visible(text: &str) -> String {
    let words: Vec<_> = text.split(' ').map(|word| Visible(word).to_string()).collect();
    words.join(" ")
}
