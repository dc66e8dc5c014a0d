//! Answers of a capability for which only so much work may be done, where strangers chose limits and
//! values.

use crate::capability::Capability;
use crate::constraint::Budget;
use crate::request::Request;

impl Capability {
    /// As [`within`](Self::within), with at most this much work, which it lessens by its own: `false`
    /// where that is not enough. The unit is that of
    /// [`MAX_DECISION_WORK`](crate::limits::MAX_DECISION_WORK).
    pub fn within_with(&self, parent: &Self, work: &mut usize) -> bool {
        let budget = Budget::of(*work);
        let is_within = self.beyond(parent, &budget).is_none();
        *work = budget.left();
        is_within
    }

    /// As [`permits`](Self::permits), with at most this much work, which it lessens by its own; `None`
    /// where that is not enough. A verifier checks all hops of a call with
    /// [`MAX_DECISION_WORK`](crate::limits::MAX_DECISION_WORK), which is also the unit.
    ///
    /// ```
    /// # use deputize::{Capability, Request, limits::MAX_DECISION_WORK};
    /// let reads: Capability = "files.read docs/** path:subpath=/srv".parse()?;
    /// let call = Request::new("files.read", "docs/1", "files.acme.com")?;
    /// let call = call.with_args(r#"{"path":"/srv/1.md"}"#)?;
    /// let mut work = MAX_DECISION_WORK;
    /// assert_eq!(reads.permits_with(&call, &mut work), Some(true));
    /// assert!(work < MAX_DECISION_WORK);
    /// assert_eq!(reads.permits_with(&call, &mut 1), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn permits_with(&self, request: &Request, work: &mut usize) -> Option<bool> {
        let budget = Budget::of(*work);
        let is_permitted = self.mismatch(request, &budget).is_none();
        *work = budget.left();
        // Without work, limits fail without being evaluated, and none passes.
        (is_permitted || !budget.is_exhausted()).then_some(is_permitted)
    }
}
