//! The relation of two statements of a series.

use std::fmt::{self, Display, Formatter};

use schemars::JsonSchema;
use serde::Serialize;

use crate::statements::issue::Issue;

/// The relation of a list to an older one, as a verifier that holds the older one judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The two lists are the same.
    Same,
    /// The list names the older one as its predecessor, or as a head of the fork that it ends.
    Next,
    /// The list is newer and does not follow directly: lists between the two were not compared.
    Newer,
    /// The list is older: a verifier refuses it.
    Older,
    /// Neither follows the other: the issuer signed two lists for one place. Verifiers treat both
    /// as not fresh until a list ends the fork.
    Fork,
    /// The older one reports its own key as compromised, and no list may follow it.
    AfterFinal,
    /// The list has another issuer or scope.
    OtherSeries,
}

impl Relation {
    /// Returns the relation of `new` to `old`, neither of which is final.
    pub fn of(new: &Issue<'_>, old: &Issue<'_>) -> Self {
        let is_higher = new.sequence > old.sequence && new.issued >= old.issued;
        let is_direct = old.sequence.checked_add(1) == Some(new.sequence);
        let names_it = new.previous == Some(old.digest) || new.ends.contains(&old.digest);
        match () {
            () if new.series() != old.series() => Self::OtherSeries,
            () if new.digest == old.digest => Self::Same,
            () if new.sequence < old.sequence && new.issued <= old.issued => Self::Older,
            () if is_higher && names_it => Self::Next,
            () if is_higher && !is_direct => Self::Newer,
            () => Self::Fork,
        }
    }

    /// Checks that a statement and the one in the file are the two ends of a fork.
    ///
    /// # Errors
    ///
    /// A sentence if they are not the ends of a fork.
    pub fn require_fork(own: &Issue<'_>, other: &Issue<'_>) -> Result<(), &'static str> {
        match (Self::of(own, other), Self::of(other, own)) {
            (Self::OtherSeries, _) => Err(
                "this belongs to another series; both sides of a fork have one issuer and one scope",
            ),
            (Self::Same, _) => Err("this is the same as the one in the file"),
            (Self::Next, _) => {
                Err("the one in the file follows this one, so the two are not a fork")
            }
            (_, Self::Next) => Err(
                "this one follows the one in the file, so the two are not a fork; replace the file by it",
            ),
            _ => Ok(()),
        }
    }

    /// Returns true if a verifier that holds the older list accepts this one, or holds it.
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Same | Self::Next | Self::Newer)
    }
}

impl Display for Relation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "is the same list",
            Self::Next => "follows directly",
            Self::Newer => "is newer; the lists between are not compared",
            Self::Older => "is OLDER; verifiers refuse it",
            Self::Fork => {
                "is a FORK: neither follows the other, and verifiers trust neither until a list ends it"
            }
            Self::AfterFinal => "comes AFTER A FINAL list; verifiers refuse it",
            Self::OtherSeries => "is a list of ANOTHER SERIES; its issuer or its scope differs",
        })
    }
}
