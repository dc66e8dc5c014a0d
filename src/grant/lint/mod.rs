//! Lints: parts of a grant that cannot be meant, or permit more than they seem to.

mod code;
mod words;
mod through;
mod limits;
mod loose;
mod overlap;

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use time::OffsetDateTime;

use super::Grant;
use crate::constraint::Budget;
use crate::limits::LONG_LIFETIME;
use crate::time::{Span, UnixTime};

pub use code::LintCode;

/// A part of a grant that cannot be meant, or permits more than it seems to.
///
/// A lint is advice to the author. It refuses nothing, and no verifier looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantLint {
    /// The code.
    pub code: LintCode,
    /// The index of the capability, from 0, if the lint is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<usize>,
    /// The argument, if the lint is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// A sentence that says what is wrong, with text of the grant escaped.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

impl GrantLint {
    fn new(code: LintCode, message: impl Display, instead: impl Display) -> Self {
        let (message, instead) = (message.to_string(), instead.to_string());
        Self { code, capability: None, argument: None, message, instead }
    }

    fn in_capability(self, index: usize) -> Self {
        Self { capability: Some(index), ..self }
    }

    fn in_argument(self, name: &str) -> Self {
        Self { argument: Some(name.to_owned()), ..self }
    }
}

/// Writes the capability, the message, what to write instead, and the code.
impl Display for GrantLint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.capability {
            write!(f, "capability {index}: ")?;
        }
        write!(f, "{}; {} [{}]", self.message, self.instead, self.code)
    }
}

impl Grant {
    /// Returns the lints of the grant, in the order of [`LintCode::ALL`]. `issued` is the time at
    /// which it is signed.
    ///
    /// For a delegation, use [`lints_below`](Self::lints_below).
    ///
    /// ```
    /// use deputize::{Capability, Grant, LintCode, Principal, Signer, SigningKey};
    /// use time::{Duration, macros::datetime};
    ///
    /// let now = datetime!(2026-11-23 18:00 UTC);
    /// let to = Principal::agent("clerk", SigningKey::generate()?.public_key())?;
    /// let pay: Capability = "bank.pay suppliers/** amount<=500".parse()?;
    /// let grant = Grant::new(to, [pay], now + Duration::hours(8), "invoices of Q3")?;
    /// let lints = grant.lints(now);
    /// assert_eq!(lints.len(), 1);
    /// assert_eq!(lints[0].code, LintCode::NegativeAmount);
    /// assert_eq!(lints[0].instead, "write `amount=0..500`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lints(&self, issued: OffsetDateTime) -> Vec<GrantLint> {
        let work = Budget::for_delegation();
        LintCode::ALL.iter().flat_map(|code| self.lints_of(*code, issued, &work)).collect()
    }

    /// As [`lints`](Self::lints), for a grant that is delegated below `parent`. What the parent
    /// forces upon it is not reported: a delegation has to name allowed delegates if its parent
    /// does, even where no further hop is left.
    pub fn lints_below(&self, parent: &Self, issued: OffsetDateTime) -> Vec<GrantLint> {
        let mut lints = self.lints(issued);
        if parent.allowed_delegates.is_some() {
            lints.retain(|lint| lint.code != LintCode::UnusedDelegates);
        }
        lints
    }

    fn lints_of(&self, code: LintCode, issued: OffsetDateTime, work: &Budget) -> Vec<GrantLint> {
        match code {
            LintCode::ImpossibleLimits => limits::impossible(self, work),
            LintCode::RepeatedCapability => overlap::repeated(self),
            LintCode::CoveredCapability => overlap::covered(self, work),
            LintCode::CoveredHost => overlap::covered_hosts(self),
            LintCode::NegativeAmount => limits::negative_amounts(self),
            LintCode::LoosePath | LintCode::LooseUrl | LintCode::LooseMail => {
                loose::lints(self, code)
            }
            LintCode::LongLifetime => self.long_lifetime(issued).into_iter().collect(),
            LintCode::UnusedDelegates => self.unused_delegates().into_iter().collect(),
        }
    }

    fn long_lifetime(&self, issued: OffsetDateTime) -> Option<GrantLint> {
        let issued = UnixTime::from(issued);
        let start = self.not_before.map_or(issued, |start| start.max(issued));
        let seconds = self.expires.since(start);
        let most = LONG_LIFETIME.whole_seconds().unsigned_abs();
        (seconds > most).then(|| {
            let message = format!("the grant is valid for {}", Span(seconds));
            let instead = "choose an expiry within a day, and renew the grant while it is needed";
            GrantLint::new(LintCode::LongLifetime, message, instead)
        })
    }

    fn unused_delegates(&self) -> Option<GrantLint> {
        let keys = self.allowed_delegates.as_ref().filter(|_| self.max_hops == 0)?;
        let message = format!(
            "the grant allows delegation to {} {} and no further hop",
            keys.len(),
            if keys.len() == 1 { "key" } else { "keys" }
        );
        let instead = "set the number of further hops to at least 1, or leave the keys out";
        Some(GrantLint::new(LintCode::UnusedDelegates, message, instead))
    }
}
