//! `deputize schema`: the JSON Schemas (draft 2020-12) of the inputs and outputs.

use clap::{Args, ValueEnum};
use deputize::{Agent, Answer, Grant, Report, Request};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::agents::issued::IssuedJson as AgentsIssued;
use crate::batch::CallLine;
use crate::commands::agents::show::Shown as AgentsShown;
use crate::commands::audit::check::Checked;
use crate::commands::audit::export::cloud_events::CloudEvent;
use crate::commands::audit::export::ocsf::OcsfEvent;
use crate::commands::audit::matching::json::MatchedJson;
use crate::commands::audit::show::ShownLine;
use crate::commands::audit::tail::TailLine;
use crate::commands::audit::verify::VerdictJson;
use crate::commands::ends::Ends;
use crate::commands::ids::Ids;
use crate::commands::mcp::doctor::Diagnosis;
use crate::commands::review::ReviewJson;
use crate::commands::revocations::diff::Compared;
use crate::commands::revocations::show::Shown;
use crate::commands::rotate::RotationJson;
use crate::commands::wallet::list::Listed;
use crate::input::capabilities::CapabilitiesFile;
use crate::input::grant_file::GrantFile;
use crate::output::{Error, Outcome, Output};
use crate::revocations::issued::IssuedJson;

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize schema grant > grant.schema.json";

/// The options of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The document.
    pub(crate) document: Document,
}

/// Prints the schema of a document.
///
/// # Errors
///
/// If standard output is closed or fails.
pub fn run(args: &SchemaArgs, output: &Output) -> Result<Outcome, Error> {
    output.print(args.document.to_json())?;
    Ok(Outcome::Done)
}

/// A JSON document with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// The file of mint --capabilities and delegate --capabilities.
    Capabilities,
    /// A whole grant, as the library reads and writes it.
    Grant,
    /// The file of present --request and verify --request.
    Request,
    /// The output of report --format json.
    Report,
    /// The output of verify --format json, and of verify --batch for each line.
    Decision,
    /// A line of the input of verify --batch.
    BatchLine,
    /// The output of ids --format json.
    Ids,
    /// The output of wallet list --format json.
    Wallet,
    /// The output of report --ends --format json.
    Ends,
    /// The output of revoke --format json and revocations prune --format json.
    Revoke,
    /// The output of revocations show --format json.
    Revocations,
    /// The output of revocations diff --format json.
    RevocationsDiff,
    /// The file of agents import, and the output of agents export.
    Agents,
    /// The output of agents show --format json.
    AgentsShow,
    /// The output of agents add --format json, and of the other commands that change a directory.
    AgentsChange,
    /// The output of rotate --format json.
    Rotate,
    /// The output of audit verify --format json.
    AuditVerify,
    /// A line of the output of audit show --format json.
    AuditShow,
    /// The output of review --format json.
    Review,
    /// The file of mint --grant.
    Proposal,
    /// A line of the output of audit tail --format json.
    AuditTail,
    /// The output of audit check --format json.
    AuditCheck,
    /// The output of audit match --format json.
    AuditMatch,
    /// A line of the output of audit export --format ocsf.
    AuditOcsf,
    /// A line of the output of audit export --format cloudevents.
    AuditCloudEvent,
    /// The output of mcp doctor --format json.
    McpDoctor,
}

impl Document {
    /// All documents.
    pub const ALL: [Self; 26] = [
        Self::Capabilities,
        Self::Grant,
        Self::Request,
        Self::Report,
        Self::Decision,
        Self::BatchLine,
        Self::Ids,
        Self::Wallet,
        Self::Ends,
        Self::Revoke,
        Self::Revocations,
        Self::RevocationsDiff,
        Self::Agents,
        Self::AgentsShow,
        Self::AgentsChange,
        Self::Rotate,
        Self::AuditVerify,
        Self::AuditShow,
        Self::Review,
        Self::Proposal,
        Self::AuditTail,
        Self::AuditCheck,
        Self::AuditMatch,
        Self::AuditOcsf,
        Self::AuditCloudEvent,
        Self::McpDoctor,
    ];

    /// Returns the name on the command line and of the published file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::Grant => "grant",
            Self::Request => "request",
            Self::Report => "report",
            Self::Decision => "decision",
            Self::BatchLine => "batch-line",
            Self::Ids => "ids",
            Self::Wallet => "wallet",
            Self::Ends => "ends",
            Self::Revoke => "revoke",
            Self::Revocations => "revocations",
            Self::RevocationsDiff => "revocations-diff",
            Self::Agents => "agents",
            Self::AgentsShow => "agents-show",
            Self::AgentsChange => "agents-change",
            Self::Rotate => "rotate",
            Self::AuditVerify => "audit-verify",
            Self::AuditShow => "audit-show",
            Self::Review => "review",
            Self::Proposal => "proposal",
            Self::AuditTail => "audit-tail",
            Self::AuditCheck => "audit-check",
            Self::AuditMatch => "audit-match",
            Self::AuditOcsf => "audit-ocsf",
            Self::AuditCloudEvent => "audit-cloud-event",
            Self::McpDoctor => "mcp-doctor",
        }
    }

    /// Returns the schema.
    pub fn schema(self) -> Schema {
        let (title, description) = self.title_and_description();
        let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(tidy));
        let read = settings.clone().for_deserialize();
        let written = settings.for_serialize().with_transform(RecursiveTransform(forbid_null));
        let mut schema = match self {
            Self::Capabilities => root::<CapabilitiesFile>(read),
            Self::Grant => root::<Grant>(read),
            Self::Request => root::<Request>(read),
            Self::Report => root::<Report>(written),
            Self::Decision => root::<Answer>(written),
            Self::BatchLine => root::<CallLine<'_>>(read),
            Self::Ids => root::<Ids<'_>>(written),
            Self::Wallet => root::<Vec<Listed<'_>>>(written),
            Self::Ends => root::<Ends>(written),
            Self::Revoke => root::<IssuedJson>(written),
            Self::Revocations => root::<Shown>(written),
            Self::RevocationsDiff => root::<Compared>(written),
            Self::Agents => root::<Vec<Agent>>(read),
            Self::AgentsShow => root::<AgentsShown<'_>>(written),
            Self::AgentsChange => root::<AgentsIssued>(written),
            Self::Rotate => root::<RotationJson<'_>>(written),
            Self::AuditVerify => root::<VerdictJson>(written),
            Self::AuditShow => root::<ShownLine>(written),
            Self::Review => root::<ReviewJson>(written),
            Self::Proposal => root::<GrantFile>(read),
            Self::AuditTail => root::<TailLine>(written),
            Self::AuditCheck => root::<Checked>(written),
            Self::AuditMatch => root::<MatchedJson>(written),
            Self::AuditOcsf => root::<OcsfEvent>(written),
            Self::AuditCloudEvent => root::<CloudEvent>(written),
            Self::McpDoctor => root::<Diagnosis>(written),
        };
        schema.insert("title".to_owned(), title.into());
        schema.insert("description".to_owned(), description.into());
        schema
    }

    /// Returns the schema as JSON, with a line break at the end.
    pub fn to_json(self) -> String {
        format!("{:#}\n", self.schema().to_value())
    }

    fn title_and_description(self) -> (&'static str, &'static str) {
        match self {
            Self::Capabilities => (
                "Deputize capabilities",
                "Capabilities for a delegate: the file that `deputize mint --capabilities` and `deputize delegate --capabilities` read. A call is covered if one of them covers it.",
            ),
            Self::Grant => (
                "Deputize grant",
                "The content of one delegation: to whom, which capabilities, until when, and why.",
            ),
            Self::Request => (
                "Deputize request",
                "One call: the file that `deputize present --request` and `deputize verify --request` read.",
            ),
            Self::Report => (
                "Deputize report",
                "Who is accountable, who delegated what to whom, why, until when, and why a call was allowed or refused: the output of `deputize report --format json`. Fields may be added.",
            ),
            Self::Decision => (
                "Deputize decision",
                "The answer to one call: the output of `deputize verify --format json`, and of `deputize verify --batch` for each line. Fields may be added.",
            ),
            Self::BatchLine => (
                "Deputize batch line",
                "A line of the input of `deputize verify --batch`: a presentation, and the call for which it was made.",
            ),
            Self::Ids => (
                "Deputize ids",
                "The ids of a token, of its hops and of its presentation: the output of `deputize ids --format json`. The names are what the token claims. Fields may be added.",
            ),
            Self::Wallet => (
                "Deputize wallet",
                "The tokens of a wallet: the output of `deputize wallet list --format json`. Fields may be added.",
            ),
            Self::Ends => (
                "Deputize ends",
                "The tokens that would end with each owner, key, token and hop: the output of `deputize report --ends --format json`. The names are what the tokens claim. Fields may be added.",
            ),
            Self::Revoke => (
                "Deputize revoke",
                "The revocation list that was issued, and what was changed: the output of `deputize revoke --format json` and `deputize revocations prune --format json`. Fields may be added.",
            ),
            Self::Revocations => (
                "Deputize revocations",
                "A revocation list: the output of `deputize revocations show --format json`. Fields may be added.",
            ),
            Self::RevocationsDiff => (
                "Deputize revocations diff",
                "The comparison of two revocation lists: the output of `deputize revocations diff --format json`. Fields may be added.",
            ),
            Self::Agents => (
                "Deputize agents",
                "Agents of a directory: the file that `deputize agents import` reads, and the output of `deputize agents export`.",
            ),
            Self::AgentsShow => (
                "Deputize agents show",
                "An agent directory: the output of `deputize agents show --format json`. Fields may be added, but not to an agent.",
            ),
            Self::AgentsChange => (
                "Deputize agents change",
                "The agent directory that was issued, and what was changed: the output of `deputize agents add --format json` and of the other commands that change a directory. Fields may be added, but not to an agent.",
            ),
            Self::Rotate => (
                "Deputize rotate",
                "The rotation of a key: the output of `deputize rotate --format json`. Fields may be added.",
            ),
            Self::AuditVerify => (
                "Deputize verdict about a log",
                "The verdict about the log of a service: the output of `deputize audit verify --format json`. Fields may be added.",
            ),
            Self::AuditShow => (
                "Deputize decision of a log",
                "A decision that a service recorded: a line of the output of `deputize audit show --format json`. Fields may be added.",
            ),
            Self::Review => (
                "Deputize access review",
                "The grants of the recorded chains beside their use: the output of `deputize review --format json`. Fields may be added.",
            ),
            Self::Proposal => (
                "Deputize proposal",
                "The part of a grant that a review proposes: the output of `deputize review --propose`, and the file that `deputize mint --grant` and `deputize delegate --grant` read.",
            ),
            Self::AuditTail => (
                "Deputize record of a log",
                "A record of a log: a line of the output of `deputize audit tail --format json`. Fields and kinds may be added.",
            ),
            Self::AuditCheck => (
                "Deputize verdict about a bundle",
                "The verdict about some records of a log: the output of `deputize audit check --format json`. Fields may be added.",
            ),
            Self::AuditMatch => (
                "Deputize match of presentations and records",
                "Which numbered presentations are in no log: the output of `deputize audit match --format json`. Fields may be added.",
            ),
            Self::AuditOcsf => (
                "Deputize decision as an event of OCSF",
                "A decision of a log, or a delegation on which it rests, in the part of OCSF 1.9 that is written: a line of the output of `deputize audit export --format ocsf`. Fields may be added.",
            ),
            Self::AuditCloudEvent => (
                "Deputize decision as a CloudEvent",
                "A decision of a log as a CloudEvent: a line of the output of `deputize audit export --format cloudevents`. Fields may be added.",
            ),
            Self::McpDoctor => (
                "Deputize diagnosis of MCP clients and guards",
                "Whether presenters and guards can do their work: the output of `deputize mcp doctor --format json`. Fields may be added.",
            ),
        }
    }
}

fn root<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    settings.into_generator().into_root_schema_for::<T>()
}

/// Removes what matters only in Rust: line breaks of doc comments, and the width of integers.
fn tidy(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<_> = text.split("\n\n").map(|part| part.replace('\n', " ")).collect();
        *text = paragraphs.join("\n\n");
    }
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| format.starts_with("uint")) {
        schema.remove("format");
    }
}

/// Forbids null in optional fields: a field without a value is absent.
fn forbid_null(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(fields)) = schema.get_mut("properties") else {
        return;
    };
    for (_, field) in fields.iter_mut().filter(|(name, _)| !required.contains(&json!(name))) {
        if let Value::Object(field) = field {
            remove_null(field);
        }
    }
}

fn remove_null(field: &mut Map<String, Value>) {
    let is_null = |own: &Value| own == "null" || own.get("type").is_some_and(|name| name == "null");
    for key in ["type", "anyOf"] {
        let Some(Value::Array(choices)) = field.get_mut(key) else { continue };
        choices.retain(|own| !is_null(own));
        match choices.as_slice() {
            [Value::Object(only)] => {
                let only = only.clone();
                field.remove(key);
                field.extend(only);
            }
            [only] => {
                let only = only.clone();
                field.insert(key.to_owned(), only);
            }
            _ => {}
        }
    }
}
