//! The JSON Schemas (draft 2020-12) of what the command reads and writes.

use clap::ValueEnum;
use deputize::{Report, Request};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::batch::CallLine;
use crate::decision::Answer;
use crate::grant_file::GrantFile;

/// A kind of JSON that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// The file that `--capabilities` names.
    Grant,
    /// The file that `--request` names.
    Request,
    /// What `report --format json` prints.
    Report,
    /// What `verify --format json` prints, and each line that `verify --batch` writes.
    Decision,
    /// Each line that `verify --batch` reads.
    BatchLine,
}

impl Document {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Grant, Self::Request, Self::Report, Self::Decision, Self::BatchLine];

    /// The word for it on the command line, and in the name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Request => "request",
            Self::Report => "report",
            Self::Decision => "decision",
            Self::BatchLine => "batch-line",
        }
    }

    /// The schema.
    pub fn schema(self) -> Schema {
        let (title, description) = self.words();
        let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(tidy));
        let read = settings.clone().for_deserialize();
        let written = settings.for_serialize().with_transform(RecursiveTransform(absent));
        let mut schema = match self {
            Self::Grant => root::<GrantFile>(read),
            Self::Request => root::<Request>(read),
            Self::Report => root::<Report>(written),
            Self::Decision => root::<Answer>(written),
            Self::BatchLine => root::<CallLine<'_>>(read),
        };
        schema.insert("title".to_owned(), title.into());
        schema.insert("description".to_owned(), description.into());
        schema
    }

    /// The schema as JSON, ending with a line break.
    pub fn to_json(self) -> String {
        format!("{:#}\n", self.schema().to_value())
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Grant => (
                "Deputize grant",
                "What is granted: the file that `deputize mint --capabilities` and `deputize delegate --capabilities` read. A call is granted where one of the capabilities covers it.",
            ),
            Self::Request => (
                "Deputize request",
                "One call: the file that `deputize present --request` and `deputize verify --request` read.",
            ),
            Self::Report => (
                "Deputize report",
                "Who is accountable, who delegated what to whom, why, until when, and why a call was allowed or refused: what `deputize report --format json` prints. Fields may be added.",
            ),
            Self::Decision => (
                "Deputize decision",
                "The answer to one call: what `deputize verify --format json` prints, and a line that `deputize verify --batch` writes. Fields may be added.",
            ),
            Self::BatchLine => (
                "Deputize batch line",
                "A line that `deputize verify --batch` reads: a presentation, and the call that it was presented for.",
            ),
        }
    }
}

fn root<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    settings.into_generator().into_root_schema_for::<T>()
}

/// Takes out what only Rust knows: where its comments break their lines, and how wide an integer is.
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

/// A field that is not always written is left out, and never null.
fn absent(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(fields)) = schema.get_mut("properties") else {
        return;
    };
    for (_, field) in fields.iter_mut().filter(|(name, _)| !required.contains(&json!(name))) {
        if let Value::Object(field) = field {
            without_null(field);
        }
    }
}

fn without_null(field: &mut Map<String, Value>) {
    let is_null = |own: &Value| own == "null" || own.get("type").is_some_and(|own| own == "null");
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
