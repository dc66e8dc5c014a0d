//! Receivers of events.

use crate::watch::event::Event;

/// A receiver of events.
///
/// A [`Monitor`](crate::Monitor) calls it on the thread that decides, before the call goes out: it must
/// not block. Put a slow one behind a [`QueuedSink`](crate::QueuedSink). The monitor holds no lock meanwhile, so
/// events of calls that are decided at the same time can arrive in any order. If it panics, so does the
/// thread that decides, once all sinks have their events, and an allowed call does not go out.
///
/// Each closure with this parameter is one:
///
/// ```
/// use deputize_audit::{Event, EventSink, Monitor};
///
/// let print = |event: &Event| {
///     if let Event::NearExpiry { caller, .. } = event {
///         println!("{} until {}", caller.holder, caller.expires);
///     }
/// };
/// let monitor = Monitor::default().with_sink(print);
/// ```
pub trait EventSink: Send + Sync {
    /// Receives an event.
    fn event(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> EventSink for F {
    fn event(&self, event: &Event) {
        self(event);
    }
}
