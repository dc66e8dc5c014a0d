//! Words that every form of a report shares.

use std::fmt::{self, Display, Formatter};

#[cfg(feature = "html")]
use crate::limits::MAX_ARGUMENTS;
use crate::report::{HopReport, PrincipalReport, RequestReport, RevocationReport, Verdict};
use crate::text::escape::{Quoted, Visible, truncated};
use crate::time::Span;

/// How much of each value is shown: a long one must not hide those behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    /// Characters of a name or a value.
    pub(super) each: usize,
    /// Arguments of a call.
    pub(super) args: usize,
}

impl Lengths {
    /// For lines that a person reads at once.
    pub(super) const SHORT: Self = Self { each: 100, args: 16 };
    /// For pages, which have room: all that a request may have.
    #[cfg(feature = "html")]
    pub(super) const LONG: Self = Self { each: 1_000, args: MAX_ARGUMENTS };
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Allow => "ALLOWED",
            Self::Deny => "REFUSED",
            Self::Verified => "VERIFIED",
            Self::Unverified => "UNVERIFIED",
        }
    }
}

impl RevocationReport {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NotChecked => "revocation not checked",
            Self::Good => "not revoked",
            Self::Revoked => "REVOKED",
            Self::Unknown => "revocation unknown",
        }
    }
}

impl RequestReport {
    /// The arguments as JSON, and the context where there is any, inert, each not too long.
    pub(super) fn args_in_words(&self, lengths: Lengths) -> String {
        let args = members_in_words(&self.args, lengths);
        match self.context.is_empty() {
            true => args,
            false => format!("{args} in the context {}", members_in_words(&self.context, lengths)),
        }
    }
}

fn members_in_words(
    members: &serde_json::Map<String, serde_json::Value>,
    lengths: Lengths,
) -> String {
    // A character is shown by one or more, so that of so many there is at least as much to show.
    let short =
        |json: &serde_json::Value| truncated(Visible(&truncated(json, lengths.each)), lengths.each);
    let shown = members.iter().take(lengths.args).map(|(name, value)| {
        let name = serde_json::Value::from(name.as_str());
        format!("{}:{}", short(&name), short(value))
    });
    let mut all: Vec<_> = shown.collect();
    let more = members.len().saturating_sub(lengths.args);
    if more > 0 {
        all.push(format!("… and {more} more"));
    }
    format!("{{{}}}", all.join(","))
}

impl HopReport {
    /// What it allows, a line for each, inert.
    pub(super) fn allows_in_words(&self, lengths: Lengths) -> impl Iterator<Item = String> {
        self.allows.iter().map(move |own| own.in_short(lengths.each))
    }

    /// The services that may be asked, inert.
    pub(super) fn audience_in_words(&self) -> Option<String> {
        let names = self.audience.as_ref()?.iter().map(|name| Quoted(name).to_string());
        Some(names.collect::<Vec<_>>().join(", "))
    }

    /// When it is valid and how far it reaches.
    pub(super) fn validity(&self) -> String {
        let start = self.not_before.as_ref().map(|at| format!(" from {at}")).unwrap_or_default();
        format!(
            "issued {}, valid{start} until {} ({}), {}",
            self.issued,
            self.expires,
            self.time_left(),
            Further(self.max_hops)
        )
    }

    /// The time left in words.
    pub(super) fn time_left(&self) -> String {
        match self.seconds_left {
            0 => "over".to_owned(),
            left => format!("{} left", Span(left)),
        }
    }
}

/// What is said of blocks that are not shown.
pub(super) struct NotShown(pub(super) usize);

impl Display for NotShown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let blocks = if self.0 == 1 { "block" } else { "blocks" };
        write!(
            f,
            "{} more {blocks}, not shown: unreadable, or not signed by whom it should be",
            self.0
        )
    }
}

/// A name, what it is said to be, and its key's fingerprint.
pub(super) struct Party<'a>(pub(super) &'a PrincipalReport);

impl Display for Party<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", Quoted(&self.0.name), self.0.kind, self.0.fingerprint)
    }
}

/// How many delegations may follow.
pub(super) struct Further(pub(super) u32);

impl Display for Further {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("no further hop"),
            1 => f.write_str("1 further hop"),
            n => write!(f, "{n} further hops"),
        }
    }
}

/// Goes before every claim that no signature proves.
pub(super) fn mark(proven: bool) -> &'static str {
    if proven { "" } else { "UNVERIFIED " }
}

/// A list of checks.
pub(super) fn join(items: &[&str]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.join("; ") }
}
