//! The result of a command that issued a list.

use std::path::Path;

use deputize::RevocationList;
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::format::DataFormat;
use crate::output::granted::at;
use crate::output::{Error, Output, shell};
use crate::revocations::compare::Changes;
use crate::revocations::entry::Entry;
use crate::revocations::next::Next;
use crate::revocations::place::Place;

/// The list that the file has now.
#[derive(Debug)]
pub struct Issued<'a> {
    /// The path of the file, as it was given.
    pub path: &'a Path,
    /// The list.
    pub list: &'a RevocationList,
    /// True if the list was issued, false if there was nothing to change.
    pub written: bool,
    /// The draft from which it was made.
    pub next: &'a Next<'a>,
}

/// The list that the file has now, and the changes, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IssuedJson {
    /// True if a list was issued; false if there was nothing to change.
    written: bool,
    /// The list in the file.
    list: Place,
    #[serde(flatten)]
    changes: Changes,
}

impl Issued<'_> {
    /// Prints these lines, then a line about the list. The result is in the file, so a closed
    /// standard output is not a failure.
    ///
    /// # Errors
    ///
    /// If standard output fails.
    pub fn print(
        &self,
        format: DataFormat,
        lines: &[String],
        output: &Output,
    ) -> Result<(), Error> {
        let printed = match format {
            DataFormat::Json => output.print_json(&self.json()),
            DataFormat::Text => output.print([lines, &[self.line()]].concat().join("\n")),
        };
        printed.or_else(Error::unless_output_closed)
    }

    fn json(&self) -> IssuedJson {
        let changes = match &self.next.before {
            Some(before) => Changes::between(before, self.list),
            None => Changes::all_of(self.list),
        };
        IssuedJson { written: self.written, list: Place::of(self.list), changes }
    }

    fn line(&self) -> String {
        let (path, sequence) = (shell::path(self.path), self.list.sequence());
        let next = at(self.list.next_update());
        let entries = match self.list.hop_count().saturating_add(Entry::of_text(self.list).len()) {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        };
        let pruned = match self.next.pruned {
            0 => String::new(),
            count => format!(", {count} expired and removed"),
        };
        match self.written {
            true => format!("{path}: sequence {sequence}, next by {next}, {entries}{pruned}"),
            false => format!("{path}: unchanged, sequence {sequence}, next by {next}, {entries}"),
        }
    }
}
