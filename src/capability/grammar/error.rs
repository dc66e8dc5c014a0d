//! The fault of a text, and its place.

use std::fmt::{self, Display, Formatter};

use unicode_width::UnicodeWidthStr;

use super::fault::GrammarFault;
use crate::limits::MAX_SHOWN_MESSAGE;
use crate::text::escape::Visible;

/// The reason why a text is not a capability, and the place of the fault.
///
/// ```
/// use deputize::{Capability, GrammarFault};
///
/// let error = "crm.read accounts/** limit<100".parse::<Capability>().unwrap_err();
/// assert_eq!(error.at, 26);
/// assert!(matches!(error.fault, GrammarFault::OtherOperator { found: "<", .. }));
/// let lines = [
///     "`<` is not an operator; write `<=`, at character 27",
///     "  crm.read accounts/** limit<100",
///     "                            ^",
/// ];
/// assert_eq!(error.to_string(), lines.join("\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrammarError {
    /// The text.
    pub text: String,
    /// The index of the wrong character, from 0, in characters (not bytes). It is the number of
    /// characters where something is missing at the end.
    pub at: usize,
    /// The fault.
    pub fault: GrammarFault,
}

/// Writes three lines: the fault with the number of the character, from 1; the text; and a caret
/// below the character. Of a long text, only the part around the character is shown.
impl Display for GrammarError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_long = self.text.chars().nth(MAX_SHOWN_MESSAGE).is_some();
        let first = if is_long { self.at.saturating_sub(MAX_SHOWN_MESSAGE / 2) } else { 0 };
        let shown: String = self.text.chars().skip(first).take(MAX_SHOWN_MESSAGE).collect();
        let before: String = shown.chars().take(self.at.saturating_sub(first)).collect();
        let cut = if first > 0 { "…" } else { "" };
        let indent = cut.width().saturating_add(visible(&before).width());
        writeln!(f, "{}, at character {}", self.fault, self.at.saturating_add(1))?;
        write!(f, "  {cut}{}\n  {:indent$}^", visible(&shown), "")
    }
}

impl std::error::Error for GrammarError {}

/// Escapes invisible characters. Blanks stay as they are: here they only separate words.
fn visible(text: &str) -> String {
    let words: Vec<_> = text.split(' ').map(|word| Visible(word).to_string()).collect();
    words.join(" ")
}
