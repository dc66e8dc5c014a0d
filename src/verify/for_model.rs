//! A refusal as one text for a language model.

use std::fmt::Write as _;

use crate::capability::Capability;
use crate::limits::{MAX_MODEL_FACT, MAX_MODEL_REASONS};
use crate::reason::{NextStep, Reason, RefusalClass};
use crate::request::Request;
use crate::text::escape::{Visible, truncated};
use crate::token::effective::NotPermitted;
use crate::verify::denial::{Denial, ForCaller, Refusal};

impl Denial {
    /// Returns a text that a language model can act on, as the result of its tool call: the refused
    /// call, the next step, and the calls that would be allowed. Texts of other parties in it are
    /// escaped, and its length is bounded.
    ///
    /// It is safe to send. It contains more than the class only if the [holder made the
    /// call](Self::is_for_the_holder). The reasons against the root, its owner or pinned names are
    /// never in it.
    ///
    /// ```
    /// use deputize::{Denial, time::OffsetDateTime};
    ///
    /// let denial = Denial::by_policy("no such tool", OffsetDateTime::now_utc());
    /// assert_eq!(
    ///     denial.for_model(),
    ///     "Refused: the call is not granted.\nNext: do not repeat the call as it is; ask for more authority, or do without it.",
    /// );
    /// ```
    pub fn for_model(&self) -> String {
        self.for_caller().for_model()
    }
}

impl ForCaller<'_> {
    /// Returns the refusal as a text for a language model, as [`Denial::for_model`] does.
    pub fn for_model(&self) -> String {
        match self {
            Self::Holder(own) => {
                explained(own.request(), own.reasons(), own.next_step(), own.would_need())
            }
            Self::Stranger(refusal) => refusal.for_model(),
        }
    }
}

impl Refusal {
    /// Returns the class as a text for a language model, as [`Denial::for_model`] does.
    pub fn for_model(&self) -> String {
        let next = match self.class {
            RefusalClass::NotAuthentic => {
                "present a token that this service accepts; if one was presented, stop"
            }
            RefusalClass::NotGranted => {
                "do not repeat the call as it is; ask for more authority, or do without it"
            }
            RefusalClass::NotFresh => "make the same call once more, presented anew",
            RefusalClass::TryLater => "wait, then make the same call once more",
        };
        let why = self.to_string();
        let why = why.strip_prefix("refused: ").unwrap_or(&why);
        format!("Refused: {why}.\nNext: {next}.")
    }
}

impl NotPermitted {
    /// Returns a text for the language model that wanted to make `request`, as
    /// [`Denial::for_model`] does, before a service is called.
    pub fn for_model(&self, request: &Request) -> String {
        let needed = (self.next_step() == NextStep::AskForMore)
            .then(|| request.least_capability().ok())
            .flatten();
        explained(Some(request), self.reasons(), self.next_step(), needed)
    }
}

/// The next step precedes the reasons, which may be many.
fn explained(
    request: Option<&Request>,
    reasons: &[Reason],
    next: NextStep,
    needed: Option<Capability>,
) -> String {
    let mut text = match request {
        Some(request) => format!("Refused: {}.", short(&request.to_string())),
        None => "Refused.".to_owned(),
    };
    let next = match next {
        NextStep::PresentAnew => "make the same call once more, presented anew",
        NextStep::Wait => "wait, then make the same call once more",
        NextStep::ChangeCall => "change the call as described below",
        NextStep::Renew => "the authority has ended or is not usable; have it delegated anew",
        NextStep::AskForMore => "keep to what is allowed below, or ask for more authority",
        NextStep::GiveUp => "stop; only a person or the service can change this answer",
    };
    push(&mut text, format_args!("\nNext: {next}"));
    if let Some(needed) = needed.map(|needed| needed.as_written()) {
        // A capability that is truncated or escaped would be another one. A backtick would end its
        // quotation.
        if short(&needed) == needed && !needed.contains('`') {
            push(&mut text, format_args!(", such as `{needed}`"));
        }
    }
    push(&mut text, ". Do not repeat the call as it is unless this says so.");
    for reason in reasons.iter().take(MAX_MODEL_REASONS) {
        push(&mut text, format_args!("\n- {}", reason.code));
        if let Some(hop) = reason.hop {
            push(&mut text, format_args!(" (hop {hop})"));
        }
        // The messages of this class name pins, roots and owners of the service.
        if reason.code.class() == RefusalClass::NotAuthentic {
            push(&mut text, format_args!(": {}", reason.code.meaning()));
        } else {
            push(&mut text, format_args!(": {}.", short(&reason.message)));
            let allowed: Vec<_> = reason.allowed.iter().map(|own| short(own)).collect();
            if !allowed.is_empty() {
                push(&mut text, format_args!(" Allowed: {}", allowed.join(" or ")));
                if reason.more_allowed > 0 {
                    push(&mut text, format_args!(", and {} more", reason.more_allowed));
                }
                push(&mut text, ".");
            }
        }
        push(&mut text, format_args!(" To do: {}.", reason.remedy));
    }
    let more = reasons.len().saturating_sub(MAX_MODEL_REASONS);
    if more > 0 {
        push(&mut text, format_args!("\n- and {more} more reasons"));
    }
    text
}

/// Writing to a string does not fail.
fn push(text: &mut String, more: impl std::fmt::Display) {
    let _ = write!(text, "{more}");
}

fn short(text: &str) -> String {
    truncated(Visible(text), MAX_MODEL_FACT)
}
