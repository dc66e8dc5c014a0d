//! Decisions over time, by who made the call: counted in columns of equal width, which grows with the
//! time that they cover.

use std::collections::BTreeMap;

use crate::activity::counts::Counts;
use crate::activity::deed::{Caller, Deed};
use crate::limits::{MAX_COLUMNS, MAX_LANES};
use crate::shown::ShownParty;

/// The widths of a column in seconds. Each is a multiple of the one before, so that columns can be
/// joined.
const WIDTHS: [i64; 12] =
    [1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 604_800, 2_419_200, 31_449_600];

/// The lanes of a timeline.
#[derive(Debug)]
pub(super) struct Lanes {
    width: i64,
    /// The times of the first and the last decision, in seconds.
    span: Option<(i64, i64)>,
    lanes: BTreeMap<LaneKey, Lane>,
}

/// The caller whose calls a lane has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LaneKey {
    /// Those of the agent with this key.
    Agent([u8; 32]),
    /// Those of agents beyond the bound.
    Further,
    /// Those of holders that are not shown.
    NotShown,
    /// Those that nobody is charged with.
    Unknown,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    pub(super) agent: Option<ShownParty>,
    /// True if the key has called under another name, too.
    pub(super) has_other_names: bool,
    pub(super) total: Counts,
    /// The columns with decisions, by their number since 1970.
    pub(super) columns: BTreeMap<i64, Column>,
}

/// The decisions in a column of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) counts: Counts,
    /// The first and the last record.
    pub(super) records: (u64, u64),
}

impl Default for Lanes {
    fn default() -> Self {
        Self { width: 1, span: None, lanes: BTreeMap::new() }
    }
}

impl Lanes {
    pub(super) fn add(&mut self, deed: &Deed) {
        let at = deed.at.unix_timestamp();
        let (first, last) = self.span.map_or((at, at), |(a, b)| (a.min(at), b.max(at)));
        self.span = Some((first, last));
        while self.columns() > MAX_COLUMNS {
            self.widen();
        }
        let agent = match &deed.caller {
            Caller::Holder { owner, agents, .. } => Some(agents.last().unwrap_or(owner)),
            Caller::NotShown | Caller::Unknown => None,
        };
        let key = match (&deed.caller, agent) {
            (Caller::Unknown, _) => LaneKey::Unknown,
            (Caller::NotShown, _) | (_, None) => LaneKey::NotShown,
            (Caller::Holder { .. }, Some(agent)) => LaneKey::Agent(agent.key.to_bytes()),
        };
        let is_full = self.lanes.len() >= MAX_LANES && !self.lanes.contains_key(&key);
        let is_further = is_full && matches!(key, LaneKey::Agent(_));
        let key = if is_further { LaneKey::Further } else { key };
        let lane = self.lanes.entry(key).or_default();
        if let Some(agent) = agent.filter(|_| !is_further) {
            let shown = ShownParty::of(agent);
            match &lane.agent {
                None => lane.agent = Some(shown),
                Some(known) => lane.has_other_names |= known.name != shown.name,
            }
        }
        lane.total.add(deed.outcome);
        let mut counts = Counts::default();
        counts.add(deed.outcome);
        let column = Column { counts, records: (deed.record, deed.record) };
        join(&mut lane.columns, at.div_euclid(self.width), column);
    }

    /// Returns the width of a column in seconds.
    pub(super) fn width(&self) -> i64 {
        self.width
    }

    /// Returns the times of the first and the last decision, if there are any.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        self.span
    }

    /// Returns the number of the first column.
    pub(super) fn first(&self) -> i64 {
        self.span.map_or(0, |(first, _)| first.div_euclid(self.width))
    }

    /// Returns the number of columns from the first to the last decision.
    pub(super) fn columns(&self) -> i64 {
        let Some((first, last)) = self.span else { return 0 };
        let (first, last) = (first.div_euclid(self.width), last.div_euclid(self.width));
        last.saturating_sub(first).saturating_add(1)
    }

    /// Returns the lanes: agents with the most calls first, then the others. Agents behind the first
    /// `most` are joined in one lane; their number is in the second place.
    pub(super) fn busiest(&self, most: usize) -> (Vec<(LaneKey, Lane)>, usize) {
        let is_agent = |key: &LaneKey| matches!(key, LaneKey::Agent(_));
        let mut agents: Vec<_> = self.lanes.iter().filter(|(key, _)| is_agent(key)).collect();
        agents.sort_by_key(|(_, lane)| std::cmp::Reverse(lane.total.total()));
        let joined = agents.len().saturating_sub(most);
        let mut drawn: Vec<(LaneKey, Lane)> =
            agents.iter().take(most).map(|(key, lane)| (**key, (*lane).clone())).collect();
        let mut further = Lane::default();
        let beyond = self.lanes.get(&LaneKey::Further).into_iter();
        for lane in agents.iter().skip(most).map(|(_, lane)| *lane).chain(beyond) {
            further.total.join(lane.total);
            lane.columns.iter().for_each(|(at, own)| join(&mut further.columns, *at, *own));
        }
        if further.total.total() > 0 {
            drawn.push((LaneKey::Further, further));
        }
        for key in [LaneKey::NotShown, LaneKey::Unknown] {
            drawn.extend(self.lanes.get(&key).map(|lane| (key, lane.clone())));
        }
        (drawn, joined)
    }

    /// Returns true if there were more agents than are told apart.
    pub(super) fn is_full(&self) -> bool {
        self.lanes.contains_key(&LaneKey::Further)
    }

    fn widen(&mut self) {
        let wider = WIDTHS.into_iter().find(|width| *width > self.width);
        let wider = wider.unwrap_or_else(|| self.width.saturating_mul(2));
        let factor = wider.checked_div(self.width).unwrap_or(1).max(1);
        for lane in self.lanes.values_mut() {
            let mut columns = BTreeMap::new();
            for (at, own) in &lane.columns {
                join(&mut columns, at.div_euclid(factor), *own);
            }
            lane.columns = columns;
        }
        self.width = wider;
    }
}

fn join(columns: &mut BTreeMap<i64, Column>, at: i64, more: Column) {
    let own = columns.entry(at).or_insert(Column { counts: Counts::default(), ..more });
    own.counts.join(more.counts);
    own.records = (own.records.0.min(more.records.0), own.records.1.max(more.records.1));
}

#[cfg(test)]
mod tests {
    use super::WIDTHS;

    #[test]
    fn each_width_is_a_multiple_of_the_one_before() {
        let mut pairs = WIDTHS.iter().zip(WIDTHS.iter().skip(1));
        assert!(pairs.all(|(narrow, wide)| wide.checked_rem(*narrow) == Some(0)));
    }
}
