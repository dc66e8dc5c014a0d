//! A decision as a row of the table.

use deputize::time::OffsetDateTime;
use maud::{Markup, html};

use crate::activity::deed::{Caller, Deed, DeedOutcome};
use crate::instant::time_text;
use crate::number::grouped;
use crate::shown::{ShownParty, json, quoted};

/// A decision as a row keeps it: escaped text of bounded length.
#[derive(Debug)]
pub(super) struct Row {
    record: u64,
    at: OffsetDateTime,
    outcome: DeedOutcome,
    codes: Vec<&'static str>,
    caller: RowCaller,
    operation: Option<String>,
    resource: Option<String>,
    audience: Option<String>,
    args: String,
    not_shown: usize,
}

#[derive(Debug)]
enum RowCaller {
    Holder { owner: ShownParty, agents: Vec<ShownParty>, replay_checked: bool },
    NotShown,
    Unknown,
}

/// A column of the table, by its head.
const HEADS: [&str; 5] = ["when", "decision", "who for whom", "call", "record"];

impl Row {
    pub(super) fn of(deed: &Deed) -> Self {
        let caller = match &deed.caller {
            Caller::Holder { owner, agents, replay_checked } => RowCaller::Holder {
                owner: ShownParty::of(owner),
                agents: agents.iter().map(ShownParty::of).collect(),
                replay_checked: *replay_checked,
            },
            Caller::NotShown => RowCaller::NotShown,
            Caller::Unknown => RowCaller::Unknown,
        };
        let text = |text: &Option<String>| text.as_deref().map(quoted);
        Self {
            record: deed.record,
            at: deed.at,
            outcome: deed.outcome,
            codes: deed.codes.iter().map(|code| code.as_str()).collect(),
            caller,
            operation: text(&deed.operation),
            resource: text(&deed.resource),
            audience: text(&deed.audience),
            args: json(&deed.args),
            not_shown: deed.not_shown,
        }
    }

    pub(super) fn head() -> Markup {
        html! { tr { @for head in HEADS { th scope="col" { (head) } } } }
    }

    pub(super) fn markup(&self) -> Markup {
        let [when, decision, who, call, record] = HEADS;
        html! {
            tr class=[(self.outcome == DeedOutcome::Refused).then_some("refusing")] {
                td data-label=(when) { (self.when()) }
                td data-label=(decision) {
                    p { (word(self.outcome)) }
                    @for code in &self.codes { p { code { "[" (code) "]" } } }
                }
                td data-label=(who) { (self.caller.markup()) }
                td data-label=(call) { (self.call()) }
                td data-label=(record) { (grouped(self.record)) }
            }
        }
    }

    /// Returns the time, which may break between date and hour alone.
    fn when(&self) -> Markup {
        let text = time_text(self.at);
        let (date, hour) = text.split_once('T').unwrap_or((&text, ""));
        html! { time datetime=(text) { span { (date) } " " span { (hour) } } }
    }

    fn call(&self) -> Markup {
        let text = |text: &Option<String>| {
            html! {
                @match text {
                    Some(text) => bdi dir="ltr" { (text) },
                    None => span class="faint" { "(not shown)" },
                }
            }
        };
        html! {
            p { (text(&self.operation)) " on " (text(&self.resource)) }
            p class="faint" { "at " (text(&self.audience)) }
            @if !self.args.is_empty() { p { code { (self.args) } } }
            @if self.not_shown > 0 {
                p class="faint" {
                    (self.not_shown)
                    @if self.not_shown == 1 { " value is" } @else { " values are" }
                    " not shown"
                }
            }
        }
    }
}

impl RowCaller {
    fn markup(&self) -> Markup {
        html! {
            @match self {
                Self::Holder { owner, agents, replay_checked } => {
                    p { (owner.markup()) }
                    @for agent in agents { p { "→ " (agent.markup()) } }
                    @if !replay_checked {
                        p class="faint" { "no replay guard was asked: it may be a repetition" }
                    }
                }
                Self::NotShown => span class="faint" { "a holder that is not shown" },
                Self::Unknown => span class="faint" { "an unknown caller" },
            }
        }
    }
}

fn word(outcome: DeedOutcome) -> Markup {
    html! {
        @match outcome {
            DeedOutcome::Allowed => span class="allowed" { "● allowed" },
            DeedOutcome::Refused => span class="refused" { "✗ refused" },
            DeedOutcome::WouldAllow => span class="allowed" { "● would be allowed, not enforced" },
            DeedOutcome::WouldRefuse => span class="passed" { "◇ would be refused, and was made" },
            DeedOutcome::Unpresented => span class="passed" { "◇ unpresented, and was made" },
        }
    }
}
