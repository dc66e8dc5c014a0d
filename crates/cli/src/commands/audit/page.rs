//! The decisions of a log as a page, filled while the log is read.

use std::collections::BTreeMap;

use deputize::{CheckState, DecisionCore, FieldKind, PrincipalKind, RecordKind};
use deputize_audit::{ReadRecord, Verdict};
use deputize_pages::{Activity, Caller, Deed, DeedOutcome, LogFacts, Party, activity_page};
use serde_json::Value;

use crate::commands::audit::args::{Members, text as members};
use crate::commands::audit::filter::FilterArgs;
use crate::output::{Error, Output};

/// The page of `audit show`.
#[derive(Debug)]
pub(super) struct Page {
    activity: Activity,
}

impl Page {
    /// Begins the page of a log, with the options that choose decisions.
    pub(super) fn new(verdict: &Verdict, filter: &FilterArgs) -> Self {
        let log = LogFacts {
            origin: verdict.origin.to_string(),
            records: verdict.read,
            behind: verdict.behind,
            is_whole: verdict.is_whole(),
        };
        let FilterArgs { agent, owner, system, value, since, until, refused } = filter;
        let refused = refused.then(|| "refused".to_owned());
        let filters = [
            ("agent", agent.as_slice()),
            ("owner", owner),
            ("system", system),
            ("value", value),
            ("since", since.as_slice()),
            ("until", until.as_slice()),
            ("decision", refused.as_slice()),
        ];
        let filters =
            filters.into_iter().flat_map(|(what, own)| own.iter().map(move |own| (what, own)));
        let activity = Activity::new(log);
        Self { activity: filters.fold(activity, |page, (what, own)| page.with_filter(what, own)) }
    }

    /// Adds the calls that a record only counts.
    pub(super) fn count(&mut self, kind: &RecordKind) {
        let sum = |counts: &BTreeMap<&'static str, u64>| {
            counts.values().copied().fold(0, u64::saturating_add)
        };
        match kind {
            RecordKind::Refusals(own) => self.activity.add_counted_refusals(sum(&own.refused)),
            RecordKind::MoreUnpresented(own) => {
                self.activity.add_counted_unpresented(sum(&own.counted));
            }
            _ => {}
        }
    }

    /// Adds a decision, or a call that nobody presented.
    pub(super) fn add(&mut self, record: &ReadRecord) {
        let (outcome, codes, caller) = match &record.core.kind {
            RecordKind::Decision(own) => {
                let outcome = match (own.allowed, own.enforced) {
                    (true, true) => DeedOutcome::Allowed,
                    (false, true) => DeedOutcome::Refused,
                    (true, false) => DeedOutcome::WouldAllow,
                    (false, false) => DeedOutcome::WouldRefuse,
                };
                let codes = own.codes.iter().map(|(code, _)| *code).collect();
                (outcome, codes, caller(record, own))
            }
            RecordKind::Unpresented(own) => {
                (DeedOutcome::Unpresented, own.codes.clone(), Caller::Unknown)
            }
            _ => return,
        };
        let call = record.value(FieldKind::Call);
        let (args, context) = (Members::args_of(record), Members::context_of(record));
        let malformed = args.malformed.saturating_add(context.malformed);
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let member = |name: &str| text(call.and_then(|call| call.get(name)));
        self.activity.add(&Deed {
            record: record.core.index,
            at: record.core.at,
            outcome,
            codes,
            caller,
            audience: member("audience"),
            operation: member("operation"),
            resource: text(record.value(FieldKind::Resource)),
            not_shown: record.not_shown.saturating_add(malformed),
            args: members(&args, &context).unwrap_or_default(),
        });
    }

    /// Prints the page.
    ///
    /// # Errors
    ///
    /// If standard output is closed or fails.
    pub(super) fn print(&self, output: &Output) -> Result<(), Error> {
        output.print(activity_page(&self.activity))
    }
}

fn caller(record: &ReadRecord, decision: &DecisionCore) -> Caller {
    if decision.charged.is_none() {
        return Caller::Unknown;
    }
    let owner = record.value(FieldKind::Owner).and_then(party);
    let agents = record.value(FieldKind::Agents).and_then(Value::as_array);
    let agents = agents.and_then(|agents| agents.iter().map(party).collect());
    match (owner, agents) {
        (Some(owner), Some(agents)) => {
            let replay_checked = decision.replays == CheckState::Done;
            Caller::Holder { owner, agents, replay_checked }
        }
        _ => Caller::NotShown,
    }
}

/// Reads a member of the fields `owner` and `agents`.
fn party(value: &Value) -> Option<Party> {
    let text = |member: &str| value.get(member)?.as_str();
    let kind = serde_json::from_value::<PrincipalKind>(value.get("kind")?.clone()).ok()?;
    Some(Party { name: text("name")?.to_owned(), kind, key: text("key")?.parse().ok()? })
}
