//! A report as flat fields, for structured logs.

use serde::Serialize;

use crate::reason::NextStep;
use crate::report::account::Report;
#[cfg(feature = "tracing")]
use crate::report::account::Verdict;
use crate::text::escape::Escaped;

macro_rules! fields {
    ($($(#[doc = $meaning:literal])+ $name:ident,)+) => {
        /// A report as flat fields, for structured logs. The names are stable; new ones may be added.
        ///
        /// A name begins with `claimed_` if the chain states the value and nothing shows that it is
        /// true. Each value is one line of visible text, escaped for double quotes.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
        #[non_exhaustive]
        pub struct LogFields {
            $($(#[doc = $meaning])+
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $name: Option<String>,)+
        }

        impl LogFields {
            /// The names of all fields.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)+];

            /// Returns the fields that have a value, in the order of [`NAMES`](Self::NAMES).
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
                let all = [$((stringify!($name), self.$name.as_deref()),)+];
                all.into_iter().filter_map(|(name, value)| Some((name, value?)))
            }
        }

        impl Report {
            /// Emits one event with the [fields](Self::fields) of the report, for the target
            /// `deputize`. Its level is `INFO`, or `WARN` if the call or the chain is refused or
            /// was not verified. The message is `decision`. The sentence of the report is the field
            /// `summary`, because a message is not quoted, and a caller could write fields into it.
            ///
            /// No decision emits an event by itself, because a subscriber may block, be slow, or
            /// panic. The service calls this when it logs.
            #[cfg(feature = "tracing")]
            pub fn trace(&self) {
                let (fields, summary) = (self.fields(), self.summary.as_str());
                match self.verdict {
                    Verdict::Allow | Verdict::Verified | Verdict::WouldAllow => tracing::info!(
                        target: "deputize", $($name = fields.$name.as_deref(),)+ summary, "decision"
                    ),
                    Verdict::Deny | Verdict::Unverified | Verdict::WouldDeny => tracing::warn!(
                        target: "deputize", $($name = fields.$name.as_deref(),)+ summary, "decision"
                    ),
                }
            }
        }
    };
}

fields! {
    /// The decision: `allow`, `deny`, `verified` or `unverified`; `would_allow` or `would_deny` if it
    /// was observed and not enforced.
    verdict,
    /// The time that the report is about, RFC 3339.
    at,
    /// The codes of the reasons, with commas between them.
    codes,
    /// The next step of the caller after a refusal.
    next_step,
    /// The caller: `holder` or `unknown`.
    called_by,
    /// `true` if the presentation had arrived before.
    repeated,
    /// The name of the owner, if the root key is trusted to speak for it.
    owner,
    /// The name of the owner that the chain states, if the root key is not trusted to speak for it.
    claimed_owner,
    /// The root key, which signed the first hop.
    root_key,
    /// The name of the holder, if it made the call, or if the chain is trusted and the report is
    /// not about a call.
    holder,
    /// The key of this holder.
    holder_key,
    /// The name of the delegate of the last hop that is shown, in all other cases. Nothing shows
    /// that it made the call.
    claimed_holder,
    /// The key of this delegate.
    claimed_holder_key,
    /// The operation of the call.
    operation,
    /// The resource of the call.
    resource,
    /// The service that was called.
    audience,
    /// The random id of the token.
    token_id,
    /// The ids of the hops, the owner's first, with commas between them.
    hop_ids,
    /// The id of the presentation.
    presentation_id,
}

impl Report {
    /// Returns the report as flat fields.
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
    /// let decision = crm.decide(presentation.clone(), call.clone(), now);
    /// let fields = Report::of(&decision).fields();
    /// assert_eq!(fields.holder.as_deref(), Some("planner"));
    ///
    /// // Somebody sends it again. The planner is named, and not as the caller.
    /// let fields = Report::of(&crm.decide(presentation, call, now)).fields();
    /// assert_eq!(fields.codes.as_deref(), Some("replayed"));
    /// assert_eq!((fields.holder, fields.claimed_holder.as_deref()), (None, Some("planner")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fields(&self) -> LogFields {
        let shown = |text: &str| Some(Escaped(text).to_string());
        let mut codes: Vec<&str> = Vec::new();
        for reason in &self.reasons {
            if !codes.contains(&reason.code.as_str()) {
                codes.push(reason.code.as_str());
            }
        }
        let steps = self.reasons.iter().map(|reason| reason.next_step);
        let ids: Vec<_> = self.hops.iter().map(|hop| hop.id.to_string()).collect();
        let list = |items: Vec<&str>| (!items.is_empty()).then(|| items.join(","));
        let owner = self.owner.as_ref();
        let holder = self.confirmed_holder();
        let claimed = self.hops.last().map(|hop| &hop.to).filter(|_| holder.is_none());
        LogFields {
            verdict: Some(self.verdict.as_str().to_owned()),
            at: Some(self.at.clone()),
            codes: list(codes),
            next_step: steps.max().map(|step: NextStep| step.to_string()),
            called_by: self.called_by.map(|by| by.as_str().to_owned()),
            repeated: self.is_repeated().then(|| true.to_string()),
            owner: owner.filter(|_| self.trusted).and_then(|own| shown(&own.name)),
            claimed_owner: owner.filter(|_| !self.trusted).and_then(|own| shown(&own.name)),
            root_key: owner.map(|own| own.key.clone()),
            holder: holder.and_then(|own| shown(&own.name)),
            holder_key: holder.map(|own| own.key.clone()),
            claimed_holder: claimed.and_then(|own| shown(&own.name)),
            claimed_holder_key: claimed.map(|own| own.key.clone()),
            operation: self.request.as_ref().and_then(|call| shown(&call.operation)),
            resource: self.request.as_ref().and_then(|call| shown(&call.resource)),
            audience: self.request.as_ref().and_then(|call| shown(&call.audience)),
            token_id: self.token_id.clone(),
            hop_ids: list(ids.iter().map(String::as_str).collect()),
            presentation_id: self.presentation.as_ref().map(|own| own.id.to_string()),
        }
    }
}
