//! The lists and directories for which calls are refused.

use deputize::{Caller, Decision, DenyCode, HopId, PublicKey};
use time::OffsetDateTime;

use crate::limits::WATCHED_STATEMENTS;
use crate::watch::event::{Event, MonitorTable};
use crate::watch::table::{Table, Used};

/// The codes of calls that are refused because a statement is stale or missing.
const CODES: [DenyCode; 4] = [
    DenyCode::RevocationStale,
    DenyCode::RevocationUnknown,
    DenyCode::DirectoryStale,
    DenyCode::DirectoryUnknown,
];

/// The root keys and codes of which it was told that a statement is stale or missing, each with the last
/// hop of the chain that was refused for it last.
#[derive(Debug)]
pub(super) struct StaleStatements(Table<(PublicKey, DenyCode), PublicKey, Option<HopId>>);

impl Default for StaleStatements {
    fn default() -> Self {
        Self(Table::new(WATCHED_STATEMENTS))
    }
}

impl StaleStatements {
    /// Notes the decision about a call of a holder, for which all statements were looked up.
    pub(super) fn note(
        &mut self,
        decision: &Decision,
        caller: &Caller,
        at: OffsetDateTime,
        events: &mut Vec<Event>,
    ) {
        let Caller { root, last_hop, .. } = *caller;
        for code in CODES {
            let is_refused = match decision {
                Decision::Allow(_) => false,
                Decision::Deny(denial) => denial.has(code),
            };
            if is_refused {
                let Used { value, is_new, forgotten } = self.0.make((root, code), root);
                *value = Some(last_hop);
                if let Some(own) = forgotten.filter(|own| own.total.is_power_of_two()) {
                    let of = MonitorTable::Statements;
                    events.push(Event::Forgotten { at, of, first_hop: None, total: own.total });
                }
                if is_new {
                    events.push(Event::StaleStatement { at, root, code });
                }
            } else if self.0.get_mut(&(root, code)).is_some_and(|own| *own == Some(last_hop)) {
                // Another chain may need fewer statements, so only the same one shows that they are good.
                self.0.remove(&(root, code));
                events.push(Event::GoodStatement { at, root, code });
            }
        }
    }
}
