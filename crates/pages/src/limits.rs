//! Every bound of the pages, and the reason for it.

/// Lines of one kind in a card of a report's drawing. The table beneath has all.
pub(crate) const MAX_SHOWN_CARD_LINES: usize = 6;

/// Characters of a name or another text in a page of many decisions: three lines of a cell.
pub(crate) const MAX_SHOWN_TEXT: usize = 120;

/// Characters of the arguments of a decision in that page. `audit show` has all.
pub(crate) const MAX_SHOWN_ARGUMENTS: usize = 400;

/// Decisions in the table, the newest ones: fifteen sheets of paper.
pub(crate) const MAX_ROWS: usize = 200;

/// Columns of a timeline: on a phone, one has 3 pixels.
pub(crate) const MAX_COLUMNS: i64 = 120;

/// Decisions that are drawn as a mark each. More of them would cover one another on a phone.
pub(crate) const MAX_MARKS: u64 = 40;

/// Agents that are told apart while a log is read. Each takes at most [`MAX_COLUMNS`] counters.
pub(crate) const MAX_LANES: usize = 256;

/// Agents with a lane of their own in the timeline: two screens.
pub(crate) const MAX_SHOWN_LANES: usize = 20;

/// Owners and delegates that are told apart while a log is read.
pub(crate) const MAX_TREE_NODES: usize = 512;

/// Owners and delegates that are drawn: four screens.
pub(crate) const MAX_SHOWN_NODES: usize = 40;

/// Characters of a capability, a limit or a line of a proposal in the page of a review. Text has all.
pub(crate) const MAX_SHOWN_LIMIT: usize = 600;

/// Hops in the page of a review: about as many screens.
pub(crate) const MAX_SHOWN_HOPS: usize = 60;

/// Operations of a capability, which has one or a pattern that few operations match.
pub(crate) const MAX_SHOWN_OPERATIONS: usize = 8;

/// Resources of an operation: three lines of a cell.
pub(crate) const MAX_SHOWN_RESOURCES: usize = 6;

/// Lines of a proposal: both grants with the most capabilities, and what is beside them.
pub(crate) const MAX_SHOWN_DIFF: usize = 140;
