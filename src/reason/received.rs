//! Reasons as another program sent them.

use std::fmt::{self, Display, Formatter};

use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde::{Deserialize, Deserializer};

use crate::limits::{MAX_SHOWN_FACT, MAX_SHOWN_REASON};
use crate::reason::code::{DenyCode, UnknownCode};
use crate::reason::next_step::NextStep;
use crate::text::escape::{Visible, truncated};
use crate::text::json::FromObject;

/// A reason that another program sent. It is the sender's statement, not a finding of this program.
///
/// The sender may be newer. So the code may be unknown here, and unknown members are ignored. All
/// texts are short, and invisible characters in them are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedReason {
    /// The index of the hop at fault, from 0, if there is one.
    pub hop: Option<usize>,
    /// The code, if this version knows it, and otherwise its text.
    pub code: Result<DenyCode, UnknownCode>,
    /// The reason as a sentence.
    pub message: String,
    /// The permitted values or ranges, any of which would do.
    pub allowed: Vec<String>,
    /// The number of further alternatives, which are not listed.
    pub more_allowed: usize,
    /// The requested value.
    pub requested: Option<String>,
    /// The remedy.
    pub remedy: String,
    /// The next step of the caller: the step of the code, or the sender's if this version does not
    /// know the code. `None` if it does not know the step either.
    pub next_step: Option<NextStep>,
}

impl<'de> Deserialize<'de> for ReceivedReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            hop: Option<usize>,
            code: String,
            message: String,
            #[serde(default)]
            allowed: Vec<String>,
            #[serde(default)]
            more_allowed: usize,
            requested: Option<String>,
            #[serde(default)]
            remedy: String,
            next_step: Option<String>,
        }
        let FromObject(read) = FromObject::<Fields>::deserialize(deserializer)?;
        let code: Result<DenyCode, UnknownCode> = read.code.parse();
        let next_step = match code {
            Ok(code) => Some(code.next_step()),
            Err(_) => read.next_step.as_deref().and_then(variant_named),
        };
        Ok(Self {
            hop: read.hop,
            code,
            message: visible(&read.message, MAX_SHOWN_REASON),
            allowed: read.allowed.iter().map(|own| visible(own, MAX_SHOWN_FACT)).collect(),
            more_allowed: read.more_allowed,
            requested: read.requested.map(|own| visible(&own, MAX_SHOWN_FACT)),
            remedy: visible(&read.remedy, MAX_SHOWN_FACT),
            next_step,
        })
    }
}

fn visible(text: &str, most: usize) -> String {
    truncated(Visible(text), most)
}

/// Returns the variant with this name, if this version has one.
pub(crate) fn variant_named<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(name)).ok()
}

/// Returns the step without which the others would not suffice; `None` if a step is unknown.
pub(crate) fn next_step_of(reasons: &[ReceivedReason]) -> Option<NextStep> {
    let steps: Option<Vec<_>> = reasons.iter().map(|reason| reason.next_step).collect();
    steps?.into_iter().max()
}

impl Display for ReceivedReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(hop) = self.hop {
            write!(f, "hop {hop}: ")?;
        }
        match &self.code {
            Ok(code) => write!(f, "{} [{code}]", self.message),
            Err(code) => write!(f, "{} [{}]", self.message, visible(code.as_str(), MAX_SHOWN_FACT)),
        }
    }
}
