//! The decisions of a log, counted as they are read.

use std::collections::{BTreeMap, VecDeque};

use deputize::DenyCode;

use crate::activity::counts::Counts;
use crate::activity::deed::{Caller, Deed, DeedOutcome};
use crate::activity::lanes::Lanes;
use crate::activity::row::Row;
use crate::activity::tree::Tree;
use crate::given::LogFacts;
use crate::limits::MAX_ROWS;
use crate::shown::quoted;

/// The decisions of a log, for [`activity_page`](crate::activity_page). It is filled while the log is
/// read, and its size is bounded, however many decisions there are.
#[derive(Debug)]
pub struct Activity {
    pub(super) log: LogFacts,
    /// The filters, each with its value.
    pub(super) filters: Vec<(&'static str, String)>,
    pub(super) counts: Counts,
    /// Of the allowed ones, those that were only observed.
    pub(super) would_allow: u64,
    pub(super) by_first_code: BTreeMap<DenyCode, u64>,
    pub(super) unknown_callers: u64,
    pub(super) not_shown: u64,
    pub(super) counted_refusals: u64,
    /// Calls that nobody presented and that were made.
    pub(super) unpresented: u64,
    pub(super) counted_unpresented: u64,
    pub(super) lanes: Lanes,
    pub(super) tree: Tree,
    /// The newest decisions.
    pub(super) rows: VecDeque<Row>,
}

impl Activity {
    /// Begins an account of the decisions of this log.
    pub fn new(log: LogFacts) -> Self {
        Self {
            log,
            filters: Vec::new(),
            counts: Counts::default(),
            would_allow: 0,
            by_first_code: BTreeMap::new(),
            unknown_callers: 0,
            not_shown: 0,
            counted_refusals: 0,
            unpresented: 0,
            counted_unpresented: 0,
            lanes: Lanes::default(),
            tree: Tree::default(),
            rows: VecDeque::new(),
        }
    }

    /// States that only some decisions are given: those with this value of `what`, such as `agent` and
    /// `researcher`.
    #[must_use]
    pub fn with_filter(mut self, what: &'static str, value: &str) -> Self {
        self.filters.push((what, quoted(value)));
        self
    }

    /// Adds the next decision of the log.
    pub fn add(&mut self, deed: &Deed) {
        self.counts.add(deed.outcome);
        if deed.outcome == DeedOutcome::WouldAllow {
            self.would_allow = self.would_allow.saturating_add(1);
        }
        if let Some(code) = deed.codes.first() {
            let number = self.by_first_code.entry(*code).or_default();
            *number = number.saturating_add(1);
        }
        if deed.outcome == DeedOutcome::Unpresented {
            self.unpresented = self.unpresented.saturating_add(1);
        }
        if deed.caller == Caller::Unknown {
            self.unknown_callers = self.unknown_callers.saturating_add(1);
        }
        let not_shown = u64::try_from(deed.not_shown).unwrap_or(u64::MAX);
        self.not_shown = self.not_shown.saturating_add(not_shown);
        self.lanes.add(deed);
        self.tree.add(deed);
        if self.rows.len() >= MAX_ROWS {
            self.rows.pop_front();
        }
        self.rows.push_back(Row::of(deed));
    }

    /// Adds calls that nobody presented, that were made, and that the log only counts.
    pub fn add_counted_unpresented(&mut self, number: u64) {
        self.counted_unpresented = self.counted_unpresented.saturating_add(number);
    }

    /// Adds refused calls that the log only counts. They have no record each.
    pub fn add_counted_refusals(&mut self, number: u64) {
        self.counted_refusals = self.counted_refusals.saturating_add(number);
    }
}
