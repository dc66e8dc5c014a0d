//! Reasons for a refusal: stable codes for programs, sentences for people.

mod code;
mod next_step;
mod alternatives;
mod received;

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::{MAX_SHOWN_FACT, MAX_SHOWN_REASON};
use crate::text::escape::truncated;

pub(crate) use alternatives::Alternatives;
pub use code::{DenyCode, RefusalClass, UnknownCode};
pub use next_step::NextStep;
pub use received::ReceivedReason;
pub(crate) use received::{next_step_of, variant_named};

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
    /// The permitted values or ranges, any of which would do. If several grants come equally near,
    /// they are those of all these grants, in an order that does not depend on the order of the
    /// grants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// The number of further alternatives, which are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_allowed: usize,
    /// The requested value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    /// The remedy.
    pub remedy: &'static str,
    /// The next step of the caller, for programs, including those that do not know the code.
    pub next_step: NextStep,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Reason {
    pub(crate) fn new(code: DenyCode, message: impl Display) -> Self {
        Self {
            hop: None,
            code,
            message: truncated(message, MAX_SHOWN_REASON),
            allowed: Vec::new(),
            more_allowed: 0,
            requested: None,
            remedy: code.remedy(),
            next_step: code.next_step(),
        }
    }

    pub(crate) fn at(self, hop: usize) -> Self {
        Self { hop: Some(hop), ..self }
    }

    pub(crate) fn differs(self, allowed: impl Display, requested: impl Display) -> Self {
        self.differs_from_all(Alternatives::new([allowed]), requested)
    }

    pub(crate) fn differs_from_all(self, all: Alternatives, requested: impl Display) -> Self {
        let requested = Some(truncated(requested, MAX_SHOWN_FACT));
        Self { allowed: all.shown, more_allowed: all.more, requested, ..self }
    }
}

/// Reads a reason with a code that this version knows. [`ReceivedReason`] reads any.
///
/// The remedy and the next step are those of the code. The other texts are the sender's; invisible
/// characters in them are escaped.
impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = ReceivedReason::deserialize(deserializer)?;
        let code = read.code.map_err(serde::de::Error::custom)?;
        let ReceivedReason { hop, message, allowed, more_allowed, requested, .. } = read;
        Ok(Self { hop, message, allowed, more_allowed, requested, ..Self::new(code, "") })
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
