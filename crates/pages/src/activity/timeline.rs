//! The timeline: a lane for each agent, with what was allowed above its line and what was refused
//! below it.
//!
//! Places along the line are percentages and all other lengths are pixels, so that marks and letters
//! keep their size on every screen.

use maud::{Markup, html};

use crate::activity::lanes::{Column, Lane, LaneKey, Lanes};
use crate::instant::{seconds_text, span_text};
use crate::limits::{MAX_MARKS, MAX_SHOWN_LANES};
use crate::number::grouped;

/// The height of a lane, and of its upper half.
const HEIGHT: u64 = 60;
const MIDDLE: u64 = 30;

/// The length of the longest bar, and the shortest length that is seen.
const LONGEST: u64 = 26;
const SHORTEST: u64 = 3;

pub(super) fn draw(lanes: &Lanes) -> Markup {
    let Some((first, last)) = lanes.span() else {
        return html! { p class="faint" { "no decisions" } };
    };
    let (drawn, joined) = lanes.busiest(MAX_SHOWN_LANES);
    let columns = drawn.iter().flat_map(|(_, lane)| lane.columns.values());
    let most = columns.map(|column| column.counts.most()).max().unwrap_or(0);
    let total = drawn.iter().map(|(_, lane)| lane.total.total()).fold(0, u64::saturating_add);
    let scale = Scale {
        first: lanes.first(),
        columns: lanes.columns(),
        width: lanes.width(),
        most,
        has_marks: most <= 1 && total <= MAX_MARKS,
    };
    html! {
        (legend(&scale))
        @for (key, lane) in &drawn {
            div class="lane" {
                p { (name(*key, lane, joined, lanes.is_full())) ": " (lane.total.in_words()) }
                (draw_lane(lane, &scale))
            }
        }
        p class="axis" {
            time { (seconds_text(first)) }
            @if last > first { time { (seconds_text(last)) } }
        }
    }
}

/// The places of columns, and the lengths of bars.
struct Scale {
    first: i64,
    columns: i64,
    width: i64,
    most: u64,
    /// True if each decision has a mark of its own.
    has_marks: bool,
}

impl Scale {
    /// Returns the middle of a column, as a percentage of the line.
    fn place(&self, column: i64) -> String {
        let at = column.saturating_sub(self.first).saturating_mul(2).saturating_add(1);
        let share = at.saturating_mul(50_000).checked_div(self.columns.max(1)).unwrap_or(0);
        let share = u64::try_from(share).unwrap_or(0);
        format!("{}.{:03}%", share / 1_000, share % 1_000)
    }

    /// Returns the length of a bar. It grows with the square root, so that few decisions are seen beside
    /// many.
    fn length(&self, number: u64) -> u64 {
        let share = number.saturating_mul(LONGEST * LONGEST).checked_div(self.most.max(1));
        share.unwrap_or(0).isqrt().clamp(SHORTEST, LONGEST)
    }
}

fn legend(scale: &Scale) -> Markup {
    html! {
        p class="legend" {
            span class="allowed" { "● allowed, above the line" }
            span class="refused" { "✗ refused, below it" }
            span class="passed" { "◇ refused but not enforced, below it" }
        }
        p class="faint" {
            @if scale.has_marks { "Each mark is one decision." } @else {
                "Each column is " (span_text(scale.width)) ", and the highest has " (grouped(scale.most))
                " decisions of one kind. Heights grow with the square root of the number."
            }
            " Times are those of the service's clock."
        }
    }
}

fn name(key: LaneKey, lane: &Lane, joined: usize, is_full: bool) -> Markup {
    html! {
        @match (key, &lane.agent) {
            (LaneKey::Agent(_), Some(agent)) => {
                (agent.markup())
                @if lane.has_other_names { ", under other names too" }
            }
            (LaneKey::Agent(_), None) | (LaneKey::NotShown, _) => strong { "holders that are not shown" },
            (LaneKey::Further, _) => strong {
                @if is_full { "more than " }
                (joined) " further agents"
            },
            (LaneKey::Unknown, _) => strong { "unknown callers" },
        }
    }
}

fn draw_lane(lane: &Lane, scale: &Scale) -> Markup {
    html! {
        svg class="timeline" width="100%" height=(HEIGHT) role="img" aria-label=(lane.total.in_words()) {
            line class="base" x1="0" x2="100%" y1=(MIDDLE) y2=(MIDDLE) {}
            @for (at, column) in &lane.columns {
                g {
                    title { (about(*at, column, scale)) }
                    @let x = scale.place(*at);
                    @if scale.has_marks { (marks(&x, column)) } @else { (bars(&x, column, scale)) }
                }
            }
        }
    }
}

fn about(at: i64, column: &Column, scale: &Scale) -> String {
    let start = at.saturating_mul(scale.width);
    let (first, last) = column.records;
    let records = match first == last {
        true => format!("record {first}"),
        false => format!("records {first} to {last}"),
    };
    let start = match scale.width {
        1 => seconds_text(start),
        width => format!("{} from {}", span_text(width), seconds_text(start)),
    };
    format!("{start}: {}, {records}", column.counts.in_words())
}

fn marks(x: &str, column: &Column) -> Markup {
    html! {
        @if column.counts.allowed > 0 { circle class="allowed" cx=(x) cy="17" r="5" {} }
        // An inner `svg` puts the path at a percentage.
        @if column.counts.refused > 0 {
            svg class="mark" x=(x) y="43" {
                path class="refused" d="M-4.5 -4.5L4.5 4.5M-4.5 4.5L4.5 -4.5" {}
            }
        }
        @if column.counts.passed > 0 {
            svg class="mark" x=(x) y="43" { path class="passed" d="M0 -6L6 0L0 6L-6 0Z" {} }
        }
    }
}

fn bars(x: &str, column: &Column, scale: &Scale) -> Markup {
    let (allowed, refused, passed) = (
        scale.length(column.counts.allowed),
        scale.length(column.counts.refused),
        scale.length(column.counts.passed),
    );
    let bar = |class: &str, from: u64, to: u64| {
        html! { line class=(class) x1=(x) x2=(x) y1=(from) y2=(to) {} }
    };
    // Both kinds are below the line if a service enforced only a part of its decisions. The longer one
    // is drawn first.
    let mut below =
        [("refused", column.counts.refused, refused), ("passed", column.counts.passed, passed)];
    below.sort_by_key(|(_, number, _)| std::cmp::Reverse(*number));
    html! {
        @if column.counts.allowed > 0 {
            (bar("bar allowed", MIDDLE.saturating_sub(1), MIDDLE.saturating_sub(allowed)))
        }
        @for (class, number, length) in below {
            @if number > 0 {
                (bar(&format!("bar {class}"), MIDDLE.saturating_add(1), MIDDLE.saturating_add(length)))
            }
        }
    }
}
