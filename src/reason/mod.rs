//! Reasons for a refusal: stable codes for programs, sentences for people.

mod code;
mod next_step;

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::limits::{MAX_SHOWN_FACT, MAX_SHOWN_MESSAGE};
use crate::text::escape::truncated;

pub use code::{DenyCode, RefusalClass, UnknownCode};
pub use next_step::NextStep;

/// One reason why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Reason {
    /// The index of the hop at fault, from 0, if there is one. The presentation comes after the
    /// last hop.
    pub hop: Option<usize>,
    /// The code.
    pub code: DenyCode,
    /// The reason as a sentence, with untrusted text escaped.
    pub message: String,
    /// The permitted value or range, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// The requested value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    /// The remedy.
    pub remedy: &'static str,
}

impl Reason {
    pub(crate) fn new(code: DenyCode, message: impl Display) -> Self {
        Self {
            hop: None,
            code,
            message: truncated(message, MAX_SHOWN_MESSAGE),
            allowed: None,
            requested: None,
            remedy: code.remedy(),
        }
    }

    pub(crate) fn at(self, hop: usize) -> Self {
        Self { hop: Some(hop), ..self }
    }

    pub(crate) fn differs(self, allowed: impl Display, requested: impl Display) -> Self {
        let (allowed, requested) =
            (truncated(allowed, MAX_SHOWN_FACT), truncated(requested, MAX_SHOWN_FACT));
        Self { allowed: Some(allowed), requested: Some(requested), ..self }
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(hop) = self.hop {
            write!(f, "hop {hop}: ")?;
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}
