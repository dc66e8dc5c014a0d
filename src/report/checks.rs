//! The facts that a verifier checks, and how far it got with each.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::instant::{Span, UnixTime};
use crate::statement::directory::signed::Directory;
use crate::verify::checks::{CheckState, Checks};
use crate::verify::statements::age::InForce;

macro_rules! facts {
    ($($(#[doc = $meaning:literal])+ $name:ident = $code:literal, $checked:literal;)+) => {
        /// A fact about a chain or a call that a verifier can check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum CheckedFact {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl CheckedFact {
            /// Every fact, in the order in which reports list them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the stable code, in snake case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// Returns the fact as a list of checks names it.
            fn as_text(self) -> &'static str {
                match self { $(Self::$name => $checked,)+ }
            }
        }
    };
}

facts! {
    /// Each block that is shown is signed by the key that the block before it names.
    Signatures = "signatures", "signatures";
    /// Each block that is shown has exactly the bytes that Deputize writes.
    Form = "form", "form of every block";
    /// A trust anchor may speak for the owner.
    Trust = "trust", "trust anchor";
    /// Each hop is in time, and no hop outlives the one before it.
    Times = "times", "times";
    /// Each hop was allowed to delegate this far, and to this delegate.
    Depth = "depth", "delegation depth";
    /// The holder's key signed a presentation.
    Possession = "possession", "possession of the holder's key";
    /// No hop was revoked.
    Revocation = "revocation", "revocation";
    /// Each delegate is an agent in the directory, and agrees with its entry.
    Agents = "agents", "directory of agents";
    /// The presentation is for this request and this service, and each hop permits the call.
    Request = "request", "request, audience and arguments";
    /// The service's own policy permits the call.
    Policy = "policy", "the service's policy";
    /// The presentation was not used before.
    Replay = "replay", "replay";
}

impl Display for CheckedFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A fact, and the state of its check. A report has one check for each fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Check {
    /// The fact.
    pub what: CheckedFact,
    /// The state of the check.
    pub state: CheckState,
    /// The fact in words, with the reason if it was not checked.
    pub text: String,
    #[serde(skip)]
    why_not: &'static str,
}

impl Check {
    fn done(what: CheckedFact) -> Self {
        let text = what.as_text().to_owned();
        Self { what, state: CheckState::Done, text, why_not: "" }
    }

    /// Revocation was checked. `list` is the oldest of the required lists.
    fn by_list(list: &InForce, at: UnixTime) -> Self {
        let (issuer, sequence) = (hex::encode(list.fingerprint), list.sequence);
        let age = Span(at.since(list.issued));
        let text = format!("revocation (list {sequence} of {issuer}, {age} old)");
        Self { text, ..Self::done(CheckedFact::Revocation) }
    }

    /// The agents were judged by this directory.
    fn by_directory(directory: &Directory, at: UnixTime) -> Self {
        let (issuer, sequence) = (directory.issuer().fingerprint(), directory.sequence());
        let age = Span(at.since(UnixTime::from(directory.issued())));
        let text = format!("directory of agents ({sequence} of {issuer}, {age} old)");
        Self { text, ..Self::done(CheckedFact::Agents) }
    }

    fn missed(what: CheckedFact, state: CheckState, why_not: &'static str) -> Self {
        Self { what, state, text: format!("{what}: {why_not}"), why_not }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == CheckState::Done
    }

    /// Returns the checks of an authentic chain that a verifier judged.
    pub(super) fn of_judged(checks: &Checks, is_presented: bool, has_request: bool) -> Vec<Self> {
        use CheckedFact as Fact;
        let Checks { revocation, agents, policy, replays, list, at, ref directory, .. } = *checks;
        let check = |what| match what {
            Fact::Possession if !is_presented => {
                let why_not = "the token is held, and nobody has presented it";
                Self::missed(what, CheckState::NotReached, why_not)
            }
            Fact::Request | Fact::Policy | Fact::Replay if !has_request => {
                Self::missed(what, CheckState::NotReached, "no request was given")
            }
            Fact::Revocation => match list {
                Some(list) => Self::by_list(&list, at),
                None => Self::of_setting(what, revocation),
            },
            Fact::Agents => match directory {
                Some(directory) => Self::by_directory(directory, at),
                None => Self::of_setting(what, agents),
            },
            Fact::Policy => Self::of_setting(what, policy),
            Fact::Replay => Self::of_setting(what, replays),
            Fact::Signatures
            | Fact::Form
            | Fact::Trust
            | Fact::Times
            | Fact::Depth
            | Fact::Possession
            | Fact::Request => Self::done(what),
        };
        CheckedFact::ALL.iter().copied().map(check).collect()
    }

    /// Returns a check that the service's settings can waive.
    fn of_setting(what: CheckedFact, state: CheckState) -> Self {
        let why_not = match (what, state) {
            (_, CheckState::Done) => return Self::done(what),
            (CheckedFact::Revocation, CheckState::Waived) => {
                "the verifier has no revocation source"
            }
            (CheckedFact::Agents, CheckState::Waived) => "the verifier follows none",
            (CheckedFact::Policy, CheckState::Waived) => "the service has none of its own",
            (CheckedFact::Replay, CheckState::Waived) => {
                "the verifier does not guard this operation against it"
            }
            (_, CheckState::Waived) => "the service waives it",
            (CheckedFact::Replay, CheckState::NotReached) => {
                "refused before this check, and the presentation is not used up"
            }
            (_, CheckState::NotReached) => "refused before this check",
        };
        Self::missed(what, state, why_not)
    }

    /// Returns the checks of a chain if only the facts in `done` were checked, and the others were
    /// all left out for one reason.
    pub(super) fn only(done: &[CheckedFact], why_not: &'static str) -> Vec<Self> {
        let check = |what| match done.contains(&what) {
            true => Self::done(what),
            false => Self::missed(what, CheckState::NotReached, why_not),
        };
        CheckedFact::ALL.iter().copied().map(check).collect()
    }
}

impl Display for Check {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Lists the checks that were made.
pub(super) fn list_done(checks: &[Check]) -> Vec<String> {
    checks.iter().filter(|check| check.is_done()).map(ToString::to_string).collect()
}

/// Lists the checks that were not made, with one item for each reason.
pub(super) fn list_missed(checks: &[Check]) -> Vec<String> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for Check { what, why_not, .. } in checks.iter().filter(|check| !check.is_done()) {
        match by_reason.iter_mut().find(|(reason, _)| reason == why_not) {
            Some((_, facts)) => facts.push(what.as_str()),
            None => by_reason.push((why_not, vec![what.as_str()])),
        }
    }
    // One reason for most of them, such as a chain that is not authentic.
    if let [(reason, facts)] = by_reason.as_slice()
        && facts.len() > 3
    {
        return vec![format!("everything else: {reason}")];
    }
    let item = |(reason, facts): (&str, Vec<&str>)| format!("{}: {reason}", facts.join(", "));
    by_reason.into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_json() {
        for fact in CheckedFact::ALL {
            assert_eq!(serde_json::to_value(fact).ok(), Some(fact.as_str().into()));
        }
    }

    #[test]
    fn checks_with_one_reason_are_one_item() {
        let all = Check::only(&[CheckedFact::Signatures], "no reason");
        assert_eq!(list_missed(&all), ["everything else: no reason"]);
        let some = [CheckedFact::Policy, CheckedFact::Replay, CheckedFact::Trust];
        let reasons = ["a", "b", "a"];
        let some = some.into_iter().zip(reasons);
        let some: Vec<_> =
            some.map(|(what, why)| Check::missed(what, CheckState::Waived, why)).collect();
        assert_eq!(list_missed(&some), ["policy, trust: a", "replay: b"]);
    }
}
