//! All lints of a grant.

use time::OffsetDateTime;

use super::code::LintCode;
use super::finding::GrantLint;
use super::{limits, loose, overlap, whole};
use crate::constraint::Budget;
use crate::grant::Grant;

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

    /// As [`lints`](Self::lints), for a grant that is delegated below `parent`. Parts that the
    /// parent requires are not reported: a delegation has to name allowed delegates if its parent
    /// does, even if no further hop is left.
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
            LintCode::LongLifetime => whole::long_lifetime(self, issued).into_iter().collect(),
            LintCode::UnusedDelegates => whole::unused_delegates(self).into_iter().collect(),
        }
    }
}
