//! `deputize audit show`: who did what, on whose authority, and what was refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deputize::text::Quoted;
use deputize::{CheckState, DecisionCore, FieldKind, PublicKey, RecordKind};
use deputize_audit::{FolderFiles, LogReader, ReadRecord};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::audit::args::{Members, ValueDigest, said, text as members};
use crate::commands::audit::filter::{Filter, FilterArgs};
use crate::commands::audit::page::Page;
use crate::commands::audit::unpresented::UnpresentedLine;
use crate::commands::audit::verify::verify_to_print;
use crate::input::statement;
use crate::output::count::Count;
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The log is verified first, without its values; each value that is shown is the one that was
recorded. A record that no checkpoint covers yet is left out, since anybody with access to the
folder could have written it. A call is shown with its chain only if the service found that its
holder made it; `audit verify` compares that with the signatures. Exit status 1 if the log is
not whole. With --format json, each line is a JSON object; with --format html, a page shows
the decisions over time, who delegated to whom, and the newest ones.

Example:
  deputize audit show /var/lib/crm/log --agent researcher --since 2026-11-01T00:00:00Z
  deputize audit show /var/lib/crm/log --format html > activity.html";

/// The formats of `audit show`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// Lines for people.
    Text,
    /// JSON with a published schema, an object in each line.
    Json,
    /// A self-contained HTML page.
    Html,
}

/// The options of `audit show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// The format: lines of text, a JSON object in each line, or a page in HTML.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ShowFormat,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// A record of a call in JSON.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ShownLine {
    /// A decision about a call.
    Decision(Box<DecisionLine>),
    /// A call that went out while the service observed, and for which no presentation counts.
    Unpresented(Box<UnpresentedLine>),
}

/// A decision of a log in JSON. A value that was erased is absent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DecisionLine {
    /// The index of the record.
    record: u64,
    /// The time of the decision, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// True if the call was allowed.
    allowed: bool,
    /// False if the decision was only observed, and the call was made whatever the decision.
    enforced: bool,
    /// The deny codes.
    codes: Vec<&'static str>,
    /// True if the holder of the chain made the call. If not, nobody is charged with it, and nothing is
    /// said about a chain.
    charged: bool,
    /// True if a replay guard was asked. If not, a charged presentation can have been repeated by
    /// somebody else.
    replay_checked: bool,
    /// The accountable owner with the root key.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Value>,
    /// The delegates of the hops, the owner's first.
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Value>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<Value>,
    /// The operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Value>,
    /// The resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    /// The arguments that were kept.
    args: Map<String, Value>,
    /// The arguments of which a digest was kept, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digests: BTreeMap<String, ValueDigest>,
    /// The arguments of which the name alone was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<String>,
    /// The members of the context that were kept.
    #[serde(skip_serializing_if = "Map::is_empty")]
    context: Map<String, Value>,
    /// The members of the context of which a digest was kept, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context_digests: BTreeMap<String, ValueDigest>,
    /// The members of the context of which the name alone was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    context_withheld: Vec<String>,
    /// The arguments and the context for a person.
    #[serde(skip)]
    members: Option<String>,
    /// The number of values that are not shown.
    not_shown: usize,
}

/// Prints the decisions of a log that the options ask for.
///
/// # Errors
///
/// If an option is malformed, or there is no log in the folder.
pub fn run(args: &ShowArgs, output: &Output) -> Result<Outcome, Error> {
    let filter = Filter::of(&args.filter)?;
    let verdict = verify_to_print(&args.folder, output)?;
    let mut page = Page::new(&verdict, &args.filter);
    let files = FolderFiles::new(&args.folder);
    let mut reader = LogReader::new(&files).up_to(verdict.head.size());
    let next = |reader: &mut LogReader<'_, _>| {
        reader.next_record().map_err(|why| statement::error(&args.folder, why))
    };
    let (mut lines, mut count) = (output.lines()?, Count::beside_results("records"));
    let mut read: u64 = 0;
    while let Some(record) = next(&mut reader)? {
        read = read.saturating_add(1);
        count.show_some(read);
        page.count(&record.core.kind);
        let Some(line) = filter.has(&record).then(|| ShownLine::of(&record)).flatten() else {
            continue;
        };
        match args.format {
            ShowFormat::Text => lines.print(line.text())?,
            ShowFormat::Json => lines.print_json(&line)?,
            ShowFormat::Html => page.add(&record),
        }
    }
    drop(count);
    lines.end()?;
    drop(lines);
    if args.format == ShowFormat::Html {
        page.print(output)?;
    }
    Ok(if verdict.is_whole() { Outcome::Done } else { Outcome::Refused })
}

impl ShownLine {
    /// Returns the line of a decision, or of a call that nobody presented; `None` for other records.
    pub(super) fn of(record: &ReadRecord) -> Option<Self> {
        match &record.core.kind {
            RecordKind::Decision(own) => {
                Some(Self::Decision(Box::new(DecisionLine::of(record, own))))
            }
            RecordKind::Unpresented(own) => {
                Some(Self::Unpresented(Box::new(UnpresentedLine::of(record, own))))
            }
            _ => None,
        }
    }

    /// Returns the line for a person.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Decision(own) => own.text(),
            Self::Unpresented(own) => own.text(),
        }
    }
}

impl DecisionLine {
    pub(super) fn of(record: &ReadRecord, decision: &DecisionCore) -> Self {
        let value = |kind| record.value(kind).cloned();
        let call = record.value(FieldKind::Call);
        let member = |name: &str| call.and_then(|call| call.get(name)).cloned();
        let (args, context) = (Members::args_of(record), Members::context_of(record));
        let malformed = args.malformed.saturating_add(context.malformed);
        Self {
            record: record.core.index,
            at: at(record.core.at),
            allowed: decision.allowed,
            enforced: decision.enforced,
            codes: decision.codes.iter().map(|(code, _)| code.as_str()).collect(),
            charged: decision.charged.is_some(),
            replay_checked: decision.replays == CheckState::Done,
            owner: value(FieldKind::Owner),
            agents: value(FieldKind::Agents),
            audience: member("audience"),
            operation: member("operation"),
            resource: value(FieldKind::Resource),
            not_shown: record.not_shown.saturating_add(malformed),
            members: members(&args, &context),
            args: args.kept,
            digests: args.digests,
            withheld: args.withheld,
            context: context.kept,
            context_digests: context.digests,
            context_withheld: context.withheld,
        }
    }

    /// Returns the line for a person.
    pub(super) fn text(&self) -> String {
        let verdict = match (self.allowed, self.enforced) {
            (true, true) => "allowed",
            (false, true) => "refused",
            (true, false) => "would be allowed",
            (false, false) => "would be refused, and was made",
        };
        let names = match (&self.owner, self.agents.as_ref().and_then(Value::as_array)) {
            (Some(owner), Some(agents)) => {
                let names = [owner].into_iter().chain(agents).map(named);
                names.collect::<Vec<_>>().join(" → ")
            }
            _ if self.charged => "a chain that is not shown".to_owned(),
            _ => "an unknown caller".to_owned(),
        };
        let call = [&self.operation, &self.resource, &self.audience].map(Option::as_ref);
        let call = said(call, self.members.as_deref());
        let mut line = format!("{}  {verdict}  {names}: {call}", self.at);
        if !self.codes.is_empty() {
            line.push_str(&format!(" [{}]", self.codes.join(", ")));
        }
        line.push_str(&format!("  (record {})", self.record));
        line
    }
}

/// Returns the name of a member of the fields `owner` and `agents`, with the fingerprint of its key: a
/// delegator chooses the names of those below it.
fn named(own: &Value) -> String {
    let text = |member: &str| own.get(member).and_then(Value::as_str).unwrap_or_default();
    let (name, key) = (Quoted(text("name")), text("key"));
    match key.parse::<PublicKey>() {
        Ok(key) => format!("{name} ({})", key.fingerprint()),
        Err(_) => format!("{name} ({})", Quoted(key)),
    }
}
