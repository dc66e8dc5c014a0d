//! A summary of many decisions: the callers, their calls, and the owners of the authority.

mod counts;
mod rows;
mod text;

use serde::Serialize;

use crate::report::Report;
use crate::report::summary::counts::Counts;
use crate::report::summary::rows::Rows;
use crate::text::escape::visible_json;

/// A summary of many decisions: the callers, their calls, and the owners of the authority.
///
/// A call is charged to a holder's key only if the report shows that the holder made it
/// ([`CalledBy::Holder`](crate::CalledBy::Holder)): the root key is trusted, and the holder signed
/// this very request. All other calls, such as those with a captured presentation, are charged to
/// nobody and counted by their codes. So are presentations that arrived before. If no replay guard
/// was asked, the row says so. A name never joins rows: an owner is a name with a root key, and a
/// holder is a key.
///
/// Its memory is bounded. Further calls share a row, `other calls`, beyond
/// [`MAX_SUMMARY_ROWS`](crate::limits::MAX_SUMMARY_ROWS), a quarter of them for one root key, and
/// [`MAX_SUMMARY_CALLS`](crate::limits::MAX_SUMMARY_CALLS) for one holder.
///
/// ```
/// # use deputize::*;
/// # use time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let to = Principal::agent("planner", planner.public_key())?;
/// # let grant = Grant::new(to, [Capability::new("crm.read", "**")?], now + Duration::hours(8), "Q3")?;
/// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
/// # let crm = Verifier::new(
/// #     TrustAnchor::new(alice.public_key(), "alice@acme.com"),
/// #     RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
/// #     ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(100)),
/// # );
/// # let call = Request::new("crm.read", "accounts/42", "crm.acme.com")?;
/// # let presentation = token.present(&planner, &call, now)?;
/// let mut summary = Summary::default();
/// summary.add(&Report::of(&crm.decide(presentation.clone(), call.clone(), now)));
/// // Somebody sends the presentation again, which is not charged to the planner.
/// summary.add(&Report::of(&crm.decide(presentation, call, now)));
/// let (alice, planner) = (alice.public_key().fingerprint(), planner.public_key().fingerprint());
/// assert_eq!(summary.to_string(), format!("\
/// alice@acme.com (root key {alice})
///   planner (key {planner})
///     crm.read on accounts/42         1 allowed  0 refused
/// presentations that arrived before   0 allowed  1 refused: replayed 1
/// "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    #[serde(flatten)]
    charged: Rows,
    /// Calls that nothing ties to a holder.
    unknown_callers: Counts,
    /// Calls with a presentation that had arrived before.
    repeated: Counts,
    /// Reports that are not about a call.
    without_call: u64,
}

impl Summary {
    /// Adds the report of a decision. A report that is not about a call is only counted.
    pub fn add(&mut self, report: &Report) {
        let Some(request) = &report.request else {
            self.without_call = self.without_call.saturating_add(1);
            return;
        };
        let counts = match (&report.owner, report.confirmed_holder()) {
            (Some(owner), Some(holder)) => self.charged.counts_of(owner, holder, request),
            _ if report.is_repeated() => &mut self.repeated,
            _ => &mut self.unknown_callers,
        };
        counts.add(report);
    }

    /// Returns the summary as JSON, with [invisible characters escaped](crate::text::visible_json).
    ///
    /// # Errors
    ///
    /// The encoder's type allows an error, but none can occur.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| visible_json(&json))
    }
}
