//! Everything that is known of one series: what was seen of it, and the lists that count.

use crate::limits::MAX_HEADS;
use crate::statement::state::SeriesState;
use crate::verify::statements::accepted::Standing;
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::held::{Age, HeldList, Issued};

/// Everything that is known of one series.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// As it is stored.
    pub(super) state: Option<SeriesState>,
    pub(super) lists: Vec<Taken>,
}

/// A list whose entries count.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) held: HeldList,
    /// True for one that is older than a head.
    pub(super) is_old: bool,
}

impl Known {
    /// Takes a list that is a head, and drops those that are none any more.
    pub(super) fn keep(&mut self, held: HeldList, state: &SeriesState) {
        let digest = held.list.digest();
        self.lists.retain(|taken| {
            let own = taken.held.list.digest();
            own != digest && state.heads.iter().any(|head| head.digest == own)
        });
        self.lists.push(Taken { held, is_old: false });
    }

    /// Takes a list that is older than a head, if nothing newer is held.
    pub(super) fn take_old(
        &mut self,
        held: HeldList,
        state: &SeriesState,
    ) -> Result<Standing, NotAccepted> {
        let seen = state.heads.iter().map(|head| head.sequence).max().unwrap_or_default();
        let offered = held.list.sequence();
        let is_newest =
            self.lists.iter().all(|taken| taken.is_old && taken.held.list.sequence() <= offered);
        if !is_newest {
            return Err(NotAccepted::RolledBack { seen, offered });
        }
        self.lists = vec![Taken { held, is_old: true }];
        Ok(Standing::RolledBack { seen })
    }

    /// Takes a list beside the heads, which it may replace when it is stored. It takes the place of
    /// older ones that were not stored.
    pub(super) fn take_beside(&mut self, held: HeldList) -> Result<(), NotAccepted> {
        let (own, digest) = (held.list.issue(), held.list.digest());
        let heads = self.state.as_ref().map_or(&[][..], |state| &state.heads);
        self.lists.retain(|taken| {
            let (other, list) = (taken.held.list.issue(), &taken.held.list);
            let is_older = other.sequence < own.sequence && other.issued <= own.issued;
            let is_head = heads.iter().any(|head| head.digest == list.digest());
            list.digest() != digest && (is_head || taken.is_old || !is_older)
        });
        // Room for the heads of a fork, and for the list that ends it.
        if self.lists.len() >= MAX_HEADS.saturating_mul(2) {
            return Err(NotAccepted::TooManyHeads);
        }
        self.lists.push(Taken { held, is_old: false });
        Ok(())
    }

    /// Returns how old the knowledge of the series is.
    pub(super) fn age(&self) -> Age {
        let heads = self.state.as_ref().map_or(&[][..], |state| &state.heads);
        let is_head =
            |taken: &&Taken| heads.iter().any(|head| head.digest == taken.held.list.digest());
        match (heads, self.lists.iter().find(is_head)) {
            ([_], Some(head)) => Age::Of(Issued::of(&head.held)),
            ([_, _, ..], _) => Age::Forked,
            _ if self.lists.iter().any(|taken| taken.is_old) => Age::RolledBack,
            _ => Age::NotStored,
        }
    }
}
