//! The checks that a verifier made of one call.

use serde::{Deserialize, Serialize};

use crate::instant::UnixTime;
use crate::statement::directory::signed::Directory;
use crate::verify::statements::age::InForce;
use crate::verify::trust::Trust;

/// The time of a verification, and the state of each check.
#[derive(Debug, Clone)]
pub(crate) struct Checks {
    pub(crate) at: UnixTime,
    pub(crate) revocation: CheckState,
    pub(crate) agents: CheckState,
    pub(crate) replays: CheckState,
    /// The replay guard has no room for this presentation in the share of its first hop.
    pub(crate) is_share_full: bool,
    pub(crate) policy: CheckState,
    /// The trust in the root key.
    pub(crate) trust: Trust,
    pub(crate) called_by: CalledBy,
    /// The oldest of the required revocation lists.
    pub(crate) list: Option<InForce>,
    /// The directory by which the agents were judged.
    pub(crate) directory: Option<Directory>,
}

impl Checks {
    /// Returns the state before any check.
    pub(crate) fn not_reached(at: UnixTime) -> Self {
        let [revocation, agents, replays, policy] = [CheckState::NotReached; 4];
        let (trust, called_by, list, directory) = (Trust::None, CalledBy::Unknown, None, None);
        let is_share_full = false;
        Self {
            at,
            revocation,
            agents,
            replays,
            is_share_full,
            policy,
            trust,
            called_by,
            list,
            directory,
        }
    }
}

/// The state of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// It was made. If it failed, one of the reasons says so.
    Done,
    /// The service waives it in its settings.
    Waived,
    /// The verification ended before it, or there was nothing to check.
    NotReached,
}

impl CheckState {
    const ALL: [Self; 3] = [Self::Done, Self::Waived, Self::NotReached];

    /// Returns the stable text, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waived => "waived",
            Self::NotReached => "not_reached",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// The party that made a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CalledBy {
    /// The holder of the token: the root key is trusted, and the holder signed this very request,
    /// for this service and this time. If there is a replay guard, it had not seen the presentation
    /// before.
    Holder,
    /// Unknown: no check ties the holder to this call.
    Unknown,
}

impl CalledBy {
    /// Returns the stable text, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Unknown => "unknown",
        }
    }
}
