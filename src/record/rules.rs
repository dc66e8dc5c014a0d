//! The values that a service keeps.

use crate::limits::{DEFAULT_RECORDED_VALUE, MAX_RECORDED_VALUE};
use crate::request::Request;
use crate::request::operation::OperationPattern;

/// The values of calls that a service keeps in the openings of its records.
///
/// By default it keeps every argument of at most 1,024 bytes, and the length and a salted digest of
/// longer ones. Withhold arguments that are text, code or secrets: of them, only the name is kept.
///
/// ```
/// use deputize::RecordRules;
///
/// let rules = RecordRules::default()
///     .withholding("mail.*".parse()?, "body")
///     .withholding("*".parse()?, "password");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRules {
    max_value: usize,
    withheld: Vec<(OperationPattern, String)>,
    keeps_values: bool,
}

/// How an argument is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// By its value.
    Value,
    /// By its length and a salted digest.
    Digest,
    /// By its name alone.
    Name,
}

impl Default for RecordRules {
    fn default() -> Self {
        Self { max_value: DEFAULT_RECORDED_VALUE, withheld: Vec::new(), keeps_values: true }
    }
}

impl RecordRules {
    /// Sets the greatest length of a value that is kept, in bytes of canonical JSON, up to
    /// [`MAX_RECORDED_VALUE`].
    #[must_use]
    pub fn with_max_value(self, bytes: usize) -> Self {
        Self { max_value: bytes.min(MAX_RECORDED_VALUE), ..self }
    }

    /// Withholds an argument, or a member of the context, of these operations.
    ///
    /// The last block of the presentation is not kept either: it has a digest of the whole call,
    /// from which a short value could be guessed.
    #[must_use]
    pub fn withholding(mut self, operation: OperationPattern, name: impl Into<String>) -> Self {
        self.withheld.push((operation, name.into()));
        self
    }

    /// Withholds all arguments of all operations. A review then sees their names only.
    #[must_use]
    pub fn without_values(self) -> Self {
        Self { keeps_values: false, ..self }
    }

    pub(super) fn keep(&self, request: &Request, name: &str, length: usize) -> Kept {
        let mut withheld = self.withheld.iter();
        let is_withheld =
            withheld.any(|(operation, own)| own == name && operation.permits(request.operation()));
        match () {
            () if is_withheld || !self.keeps_values => Kept::Name,
            () if length > self.max_value => Kept::Digest,
            () => Kept::Value,
        }
    }
}
