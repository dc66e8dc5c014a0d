//! Events for logs and traces, with the names of OpenTelemetry.

use deputize::text::Escaped;
use deputize::{Caller, DenyCode, FullShare, HopId};

use crate::watch::event::{CallVerdict, DenialStreak, Event};
use crate::watch::sink::EventSink;

/// Emits an event of [`tracing`] for each event of a monitor, for the target `deputize`. Its name is `deputize.`
/// and the kind, such as `deputize.decision`, in the metadata, where bridges to OpenTelemetry look for the
/// name of an event, and as the message.
///
/// Attributes with a meaning in the [semantic conventions][semconv] 1.41 have their names: the call of an agent is
/// `gen_ai.operation.name` = `execute_tool`, with `gen_ai.tool.name` (the operation), `gen_ai.agent.id` (the key of
/// the holder), `gen_ai.agent.name` (its name, which is its delegator's word), `enduser.id` (the root key, which
/// is the accountable owner's) and `error.type` (the first deny code, or the code of an error). All others begin
/// with `deputize.`. Texts of others are one line of visible characters.
///
/// Refusals are `INFO`, since an agent can make as many as it likes. What an operator should look at is `WARN`:
/// `denial_streak`, `denials_spread`, `share_full`, `stale_statement`, `lost`, `not_recorded` (`ERROR`).
///
/// A subscriber can be slow or block: it runs on the thread that decides.
///
/// [semconv]: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracingSink;

impl TracingSink {
    /// Creates the sink.
    pub fn new() -> Self {
        Self
    }
}

/// The attributes of a caller, as texts.
#[derive(Default)]
struct Attributes {
    agent_id: Option<String>,
    agent_name: Option<String>,
    enduser_id: Option<String>,
    first_hop: Option<String>,
    last_hop: Option<String>,
    presentation: Option<String>,
}

impl From<Option<&Caller>> for Attributes {
    fn from(caller: Option<&Caller>) -> Self {
        caller.map_or_else(Self::default, Self::from)
    }
}

impl From<&Caller> for Attributes {
    fn from(caller: &Caller) -> Self {
        Self {
            agent_id: Some(caller.holder.key().to_string()),
            agent_name: Some(Escaped(caller.holder.name()).to_string()),
            enduser_id: Some(caller.root.to_string()),
            first_hop: Some(caller.first_hop.to_string()),
            last_hop: Some(caller.last_hop.to_string()),
            presentation: Some(caller.presentation.to_string()),
        }
    }
}

/// The agent is the delegate of the first hop.
impl From<&FullShare> for Attributes {
    fn from(share: &FullShare) -> Self {
        Self {
            agent_id: Some(share.delegate.key().to_string()),
            agent_name: Some(Escaped(share.delegate.name()).to_string()),
            enduser_id: Some(share.root.to_string()),
            first_hop: Some(share.first_hop.to_string()),
            ..Self::default()
        }
    }
}

/// Emits an event with the attributes of a caller, and with its own.
macro_rules! emit {
    ($level:ident, $name:literal, $caller:expr $(, $field:literal = $value:expr)* $(,)?) => {{
        let own = Attributes::from($caller);
        tracing::event!(
            name: $name, target: "deputize", tracing::Level::$level,
            "gen_ai.agent.id" = own.agent_id.as_deref(),
            "gen_ai.agent.name" = own.agent_name.as_deref(),
            "enduser.id" = own.enduser_id.as_deref(),
            "deputize.first_hop" = own.first_hop.as_deref(),
            "deputize.last_hop" = own.last_hop.as_deref(),
            "deputize.presentation" = own.presentation.as_deref(),
            $($field = $value,)*
            $name
        );
    }};
}

impl EventSink for TracingSink {
    fn event(&self, event: &Event) {
        match event {
            Event::Decision { verdict, codes, operation, caller, took, .. } => {
                let tool = operation.as_ref().map(|own| Escaped(own.as_str()).to_string());
                let seconds = took.map(|took| took.as_secs_f64());
                let name = tool.is_some().then_some("execute_tool");
                decision(*verdict, codes, caller.as_deref(), tool.as_deref(), name, seconds);
            }
            Event::Recorded { index, took, .. } => emit!(
                DEBUG,
                "deputize.recorded",
                None::<&Caller>,
                "deputize.record" = *index,
                "deputize.duration" = took.as_secs_f64(),
            ),
            Event::RefusalCounted { code, caller, .. } => {
                let (caller, code) = (caller.as_deref(), code.as_str());
                emit!(INFO, "deputize.refusal_counted", caller, "error.type" = code);
            }
            Event::UnpresentedCounted { code, .. } => {
                let code = code.as_str();
                emit!(INFO, "deputize.unpresented_counted", None::<&Caller>, "error.type" = code);
            }
            Event::NotRecorded { code, .. } => {
                emit!(ERROR, "deputize.not_recorded", None::<&Caller>, "error.type" = *code);
            }
            Event::Outcome { of, result, verdict, caller, .. } => emit!(
                INFO,
                "deputize.outcome",
                caller.as_deref(),
                "deputize.record" = *of,
                "deputize.result" = result.as_str(),
                "deputize.verdict" = verdict.as_str(),
            ),
            Event::Strike { caller, strikes, of, .. } => emit!(
                INFO,
                "deputize.strike",
                Some(&**caller),
                "deputize.strikes" = count(*strikes),
                "deputize.strikes_allowed" = count(*of),
            ),
            Event::DenialStreak(DenialStreak { caller, strikes, hops, .. }) => emit!(
                WARN,
                "deputize.denial_streak",
                Some(&**caller),
                "deputize.strikes" = count(*strikes),
                "deputize.hops" = list(hops).as_str(),
            ),
            Event::DenialsSpread { caller, keys, .. } => {
                emit!(
                    WARN,
                    "deputize.denials_spread",
                    Some(&**caller),
                    "deputize.keys" = count(*keys)
                );
            }
            Event::ShareFull { share, .. } => emit!(
                WARN,
                "deputize.share_full",
                &**share,
                "deputize.share" = if share.is_of_refused { "refused" } else { "used" },
            ),
            Event::NearExpiry { caller, .. } => emit!(
                INFO,
                "deputize.near_expiry",
                Some(&**caller),
                "deputize.expires" = caller.expires.unix_timestamp(),
            ),
            Event::StaleStatement { root, code, .. } => emit!(
                WARN,
                "deputize.stale_statement",
                None::<&Caller>,
                "error.type" = code.as_str(),
                "deputize.root" = root.to_string().as_str(),
            ),
            Event::GoodStatement { root, code, .. } => emit!(
                INFO,
                "deputize.good_statement",
                None::<&Caller>,
                "deputize.code" = code.as_str(),
                "deputize.root" = root.to_string().as_str(),
            ),
            Event::FirstUse { caller, capability, .. } => emit!(
                INFO,
                "deputize.first_use",
                Some(&**caller),
                "deputize.capability" = Escaped(&capability.to_string()).to_string().as_str(),
            ),
            Event::NewAgent { caller, .. } => emit!(INFO, "deputize.new_agent", Some(&**caller)),
            Event::Lost { count, .. } => {
                emit!(WARN, "deputize.lost", None::<&Caller>, "deputize.count" = *count);
            }
            Event::Forgotten { of, first_hop, total, .. } => emit!(
                INFO,
                "deputize.forgotten",
                None::<&Caller>,
                "deputize.table" = of.as_str(),
                "deputize.total" = *total,
                "deputize.forgotten_below" = first_hop.map(|own| own.to_string()).as_deref(),
            ),
        }
    }
}

fn decision(
    verdict: CallVerdict,
    codes: &[DenyCode],
    caller: Option<&Caller>,
    tool: Option<&str>,
    operation: Option<&str>,
    seconds: Option<f64>,
) {
    let first = codes.first().map(|code| code.as_str());
    let all: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let all = (!all.is_empty()).then(|| all.join(","));
    emit!(
        INFO,
        "deputize.decision",
        caller,
        "gen_ai.operation.name" = operation,
        "gen_ai.tool.name" = tool,
        "error.type" = first,
        "deputize.verdict" = verdict.as_str(),
        "deputize.codes" = all.as_deref(),
        "deputize.duration" = seconds,
    );
}

/// Returns a number as the events have it.
fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn list(hops: &[HopId]) -> String {
    hops.iter().map(HopId::to_string).collect::<Vec<_>>().join(",")
}
