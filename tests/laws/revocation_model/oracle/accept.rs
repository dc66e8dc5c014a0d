//! Section 2: the acceptance of a list.

use std::collections::BTreeSet;

use super::*;

/// The change of the heads of a series.
#[derive(Debug)]
pub(super) enum Step {
    Heads(Vec<Head>),
    Old,
    Ended,
}

impl List {
    /// Section 2, the table.
    pub(super) fn step(&self, heads: &[Head], is_final: bool) -> Step {
        let own = self.head();
        let is_newer = |head: &Head| own.sequence > head.sequence && own.issued >= head.issued;
        let is_older = |head: &Head| own.sequence < head.sequence && own.issued <= head.issued;
        let names =
            |head: &Head| self.previous == Some(head.digest) || self.ends.contains(&head.digest);
        let mut after = heads.to_vec();
        if heads.contains(&own) {
            // Nothing, or it is held again.
            return Step::Heads(after);
        }
        if heads.iter().any(is_older) {
            return Step::Old;
        }
        if is_final {
            return Step::Ended;
        }
        if heads.iter().all(is_newer) {
            let is_alone = heads.len() == 1;
            after.retain(|head| !(names(head) || is_alone && own.sequence > head.sequence + 1));
        }
        after.push(own);
        Step::Heads(after)
    }
}

impl Verifier {
    /// Section 2: the result of accepting a list, as the code of an error or the name of a
    /// effect.
    pub(in super::super) fn accept(&mut self, list: &List, now: Time) -> &'static str {
        if list.issued > now + TOLERANCE {
            return "statement_issued_ahead";
        }
        let mut ended = BTreeSet::new();
        let mut root = None;
        match &list.scope {
            Scope::Own => {}
            Scope::Root(of) => {
                let names = |own: &Anchor| own.root == *of && own.revokers.contains(&list.issuer);
                if !self.anchors.iter().any(names) {
                    return "statement_issuer_not_named";
                }
            }
            Scope::Power(authority) => {
                if let Some(fault) = Self::fault_of_power(list, authority) {
                    return fault;
                }
                root = Some(authority.root);
                // While the clock is set back, what has ended is not valid again.
                let at = self.latest_of_root(authority.root).map_or(now, |latest| latest.max(now));
                ended = self.ended(authority, list.issued, at);
            }
        }
        let id = list.series();
        let is_void = |own: Head| root.is_some_and(|root| self.is_void(&id, own, root));
        if is_void(list.head()) {
            return "statement_void";
        }
        let found = self.series.iter().find(|(own, _)| *own == id);
        let mut series = found.map(|(_, series)| series.clone()).unwrap_or_default();
        let is_head = series.heads.contains(&list.head());
        let is_held = series.held.iter().any(|own| own.digest == list.digest);
        if !ended.is_empty() && !is_head && !is_held {
            let Scope::Power(authority) = &list.scope else {
                panic!("only a power is asked for its authority")
            };
            let expires = authority.hops.iter().map(|hop| hop.expires).min().unwrap();
            let own = list.head();
            let is_older = |head: &Head| own.sequence < head.sequence && own.issued <= head.issued;
            let is_first = series.held.iter().all(|own| is_void(own.head()))
                && series.heads.iter().all(|head| is_void(*head) || is_older(head));
            let only_expired = ended == BTreeSet::from(["expired"]);
            if !(only_expired && list.issued < expires && is_first) {
                return "power_not_valid";
            }
        }
        let heads: Vec<Head> = series.heads.iter().copied().filter(|own| !is_void(*own)).collect();
        let held_void = series.held.iter().all(|own| is_void(own.head()));
        let is_final = series.is_final && !heads.is_empty();
        let after = match list.step(&heads, is_final) {
            Step::Heads(after) => after,
            Step::Ended => return "statement_series_ended",
            Step::Old if !(held_void || is_held) => return "statement_rolled_back",
            Step::Old => {
                series.held = vec![list.clone()];
                series.is_rolled_back = true;
                self.put(id, series);
                return "RolledBack";
            }
        };
        if after.len() > MAX_HEADS {
            return "statement_too_many_heads";
        }
        series.held.retain(|held| held.digest != list.digest && after.contains(&held.head()));
        series.held.push(list.clone());
        series.is_final = is_final || list.is_final();
        series.is_rolled_back = false;
        let effect = match after.len() {
            1 if !ended.is_empty() => "PowerEnded",
            1 => "Current",
            _ => "Forked",
        };
        series.heads = after;
        self.put(id, series);
        effect
    }

    fn put(&mut self, id: (Key, Scope), series: Series) {
        self.series.retain(|(own, _)| *own != id);
        self.series.push((id, series));
    }

    /// The verifier after a restart: it holds nothing, and has what it stored.
    pub(in super::super) fn restarted(&self) -> Self {
        let mut own = self.clone();
        for (_, series) in &mut own.series {
            (series.held, series.is_rolled_back) = (vec![], false);
        }
        own
    }
}
