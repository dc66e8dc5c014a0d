//! Counters and histograms, for the recorder that a service installs.

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use crate::watch::event::Event;
use crate::watch::sink::EventSink;

/// Counts what a monitor sees, with the [`metrics`] facade: the service installs a recorder, such as the one of
/// `metrics-exporter-prometheus`. The names follow the rules of Prometheus, and so do the units.
///
/// | metric | labels | counts |
/// |---|---|---|
/// | `deputize_decisions_total` | `verdict`, `code` | decisions, by the first deny code; `none` if allowed |
/// | `deputize_decision_duration_seconds` | `verdict` | the time of decisions that the service measures ([`Monitor::decide`](crate::Monitor::decide)) |
/// | `deputize_log_append_duration_seconds` | | the time until the record of a call that goes out is on the disk |
/// | `deputize_refusals_counted_total` | `code` | refusals that have no record of their own and are counted in one, by the first deny code |
/// | `deputize_unpresented_counted_total` | `code` | observed calls of strangers that have no record of their own and are counted in one, by the first deny code |
/// | `deputize_log_errors_total` | `code` | decisions and outcomes that could not be recorded |
/// | `deputize_outcomes_total` | `result`, `verdict` | outcomes; `would_deny` and `unpresented` are the verdicts about calls that enforcement would have refused |
/// | `deputize_strikes_total` | | strikes |
/// | `deputize_events_total` | `event` | the rarer events: `denial_streak`, `denials_spread`, `share_full`, `near_expiry`, `stale_statement`, `good_statement`, `first_use`, `new_agent` |
/// | `deputize_lost_events_total` | | events that this sink did not get, if it is behind a [`QueuedSink`](crate::QueuedSink) |
/// | `deputize_forgotten_entries_total` | `table` | entries that full tables of the monitor have forgotten: more than half of them |
///
/// Each label has few values, all from this library: a caller cannot make new ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetricsSink;

const DECISIONS: &str = "deputize_decisions_total";
const DECISION_SECONDS: &str = "deputize_decision_duration_seconds";
const APPEND_SECONDS: &str = "deputize_log_append_duration_seconds";
const LOG_ERRORS: &str = "deputize_log_errors_total";
const COUNTED: &str = "deputize_refusals_counted_total";
const UNPRESENTED: &str = "deputize_unpresented_counted_total";
const OUTCOMES: &str = "deputize_outcomes_total";
const STRIKES: &str = "deputize_strikes_total";
const EVENTS: &str = "deputize_events_total";
const LOST: &str = "deputize_lost_events_total";
const FORGOTTEN: &str = "deputize_forgotten_entries_total";

impl MetricsSink {
    /// Describes the metrics to the recorder, which must be installed already.
    pub fn new() -> Self {
        describe_counter!(DECISIONS, "Decisions about calls, by their first deny code");
        describe_histogram!(DECISION_SECONDS, Unit::Seconds, "Time of a decision");
        describe_histogram!(APPEND_SECONDS, Unit::Seconds, "Time until a record is on the disk");
        describe_counter!(COUNTED, "Refused calls that have no record of their own");
        describe_counter!(UNPRESENTED, "Observed calls of strangers without a record of their own");
        describe_counter!(LOG_ERRORS, "Decisions and outcomes that could not be recorded");
        describe_counter!(OUTCOMES, "Outcomes of calls that went out");
        describe_counter!(STRIKES, "Calls that holders signed for what they were not granted");
        describe_counter!(EVENTS, "Rarer events of the monitor");
        describe_counter!(FORGOTTEN, "Entries that tables of the monitor have forgotten, at least");
        describe_counter!(LOST, "Events that did not reach a queued sink");
        Self
    }
}

impl EventSink for MetricsSink {
    fn event(&self, event: &Event) {
        let rare = |event| counter!(EVENTS, "event" => event).increment(1);
        match event {
            Event::Decision { verdict, codes, took, .. } => {
                let verdict = verdict.as_str();
                let code = codes.first().map_or("none", |code| code.as_str());
                counter!(DECISIONS, "verdict" => verdict, "code" => code).increment(1);
                if let Some(took) = took {
                    histogram!(DECISION_SECONDS, "verdict" => verdict).record(*took);
                }
            }
            Event::Recorded { took, .. } => histogram!(APPEND_SECONDS).record(*took),
            Event::RefusalCounted { code, .. } => {
                counter!(COUNTED, "code" => code.as_str()).increment(1);
            }
            Event::UnpresentedCounted { code, .. } => {
                counter!(UNPRESENTED, "code" => code.as_str()).increment(1);
            }
            Event::NotRecorded { code, .. } => {
                counter!(LOG_ERRORS, "code" => *code).increment(1);
            }
            Event::Outcome { result, verdict, .. } => {
                let (result, verdict) = (result.as_str(), verdict.as_str());
                counter!(OUTCOMES, "result" => result, "verdict" => verdict).increment(1);
            }
            Event::Strike { .. } => counter!(STRIKES).increment(1),
            Event::DenialStreak(_) => {
                // The last strike of a streak has no event of its own.
                counter!(STRIKES).increment(1);
                rare("denial_streak");
            }
            Event::DenialsSpread { .. } => rare("denials_spread"),
            Event::ShareFull { .. } => rare("share_full"),
            Event::NearExpiry { .. } => rare("near_expiry"),
            Event::StaleStatement { .. } => rare("stale_statement"),
            Event::GoodStatement { .. } => rare("good_statement"),
            Event::FirstUse { .. } => rare("first_use"),
            Event::NewAgent { .. } => rare("new_agent"),
            Event::Lost { count, .. } => counter!(LOST).increment(*count),
            Event::Forgotten { of, total, .. } => {
                // The events of a table come when its number has doubled. There are many tables.
                let more = total.saturating_sub(total.checked_div(2).unwrap_or_default());
                counter!(FORGOTTEN, "table" => of.as_str()).increment(more);
            }
        }
    }
}
