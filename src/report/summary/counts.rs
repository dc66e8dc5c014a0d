//! The number of calls of one row.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::reason::DenyCode;
use crate::report::{Report, Verdict};
use crate::verify::checks::CalledBy;

/// The number of calls of one row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Counts {
    pub(super) allowed: u64,
    pub(super) refused: u64,
    /// Decisions that were observed and not enforced.
    #[serde(skip_serializing_if = "is_zero")]
    would_allow: u64,
    #[serde(skip_serializing_if = "is_zero")]
    would_deny: u64,
    /// The number of refusals with each code. A refusal can have several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    codes: BTreeMap<DenyCode, u64>,
    /// Calls by the holder for which no replay guard was asked, so another party may have repeated
    /// a presentation of the holder.
    #[serde(skip_serializing_if = "is_zero")]
    replay_not_checked: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn increment(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl Counts {
    pub(super) fn add(&mut self, report: &Report) {
        if report.called_by == Some(CalledBy::Holder) && !report.is_first_use_checked() {
            increment(&mut self.replay_not_checked);
        }
        increment(match report.verdict {
            Verdict::Allow => &mut self.allowed,
            Verdict::WouldAllow => &mut self.would_allow,
            Verdict::WouldDeny => &mut self.would_deny,
            Verdict::Deny | Verdict::Verified | Verdict::Unverified => &mut self.refused,
        });
        let mut codes: Vec<_> = report.reasons.iter().map(|reason| reason.code).collect();
        codes.sort();
        codes.dedup();
        codes.into_iter().for_each(|code| increment(self.codes.entry(code).or_default()));
    }

    pub(super) fn is_empty(&self) -> bool {
        [self.allowed, self.refused, self.would_allow, self.would_deny] == [0; 4]
    }

    /// Returns the codes, and whether replays were checked.
    pub(super) fn remarks(&self) -> impl Display + '_ {
        Remarks(self)
    }
}

struct Remarks<'a>(&'a Counts);

impl Display for Remarks<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, (code, count)) in self.0.codes.iter().enumerate() {
            write!(f, "{}{code} {count}", if i == 0 { ": " } else { ", " })?;
        }
        let Counts { would_allow, would_deny, .. } = self.0;
        if (would_allow, would_deny) != (&0, &0) {
            write!(f, " (observed: {would_allow} would be allowed, {would_deny} refused)")?;
        }
        match self.0.replay_not_checked {
            0 => Ok(()),
            count => write!(f, " (replay not checked: {count})"),
        }
    }
}
