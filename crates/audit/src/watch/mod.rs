//! Monitoring: events about decisions as they are made, and strikes against keys that ask for what they
//! were not granted.

mod event;
mod sink;
mod table;
mod strikes;
mod first_hop;
mod statements;
mod monitor;
mod watched_call;
mod watched_log;
mod queued;
mod tail;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod traces;

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsSink;
pub use event::{CallVerdict, DenialStreak, Event, MonitorTable};
pub use monitor::Monitor;
pub use queued::QueuedSink;
pub use sink::EventSink;
pub use strikes::{StrikePolicy, StrikePolicyError};
pub use tail::LogTail;
#[cfg(feature = "tracing")]
pub use traces::TracingSink;
pub use watched_call::{WatchedCall, WatchedObservedCall};
pub use watched_log::{WatchedLog, WatchedRecord};
