//! The result of a command that issued a directory.

use std::path::Path;

use deputize::Directory;
use schemars::JsonSchema;
use serde::Serialize;

use crate::agents::changes::Changes;
use crate::output::format::DataFormat;
use crate::output::granted::at;
use crate::output::{Error, Output, shell};
use crate::statements::issue::Issue;
use crate::statements::place::Place;

/// The directory that the file has now.
#[derive(Debug)]
pub struct Issued<'a> {
    /// The path of the file, as it was given.
    pub path: &'a Path,
    /// The directory.
    pub directory: &'a Directory,
    /// True if the directory was issued, false if there was nothing to change.
    pub written: bool,
    /// The changes.
    pub changes: Changes,
}

/// The directory that the file has now, and the changes, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IssuedJson {
    /// True if a directory was issued; false if there was nothing to change.
    written: bool,
    /// The directory in the file.
    directory: Place,
    #[serde(flatten)]
    changes: Changes,
}

impl Issued<'_> {
    /// Prints these lines, then a line about the directory. The result is in the file, so a closed
    /// standard output is not a failure.
    ///
    /// # Errors
    ///
    /// If standard output fails.
    pub fn print(self, format: DataFormat, lines: &[String], output: &Output) -> Result<(), Error> {
        let printed = match format {
            DataFormat::Text => output.print([lines, &[self.line()]].concat().join("\n")),
            DataFormat::Json => {
                let directory = Place::of(&Issue::from(self.directory));
                let (written, changes) = (self.written, self.changes);
                output.print_json(&IssuedJson { written, directory, changes })
            }
        };
        printed.or_else(Error::unless_output_closed)
    }

    fn line(&self) -> String {
        let (path, sequence) = (shell::path(self.path), self.directory.sequence());
        let next = at(self.directory.next_update());
        let agents = match self.directory.agents().len() {
            1 => "1 agent".to_owned(),
            count => format!("{count} agents"),
        };
        let unchanged = if self.written { "" } else { "unchanged, " };
        format!("{path}: {unchanged}sequence {sequence}, next by {next}, {agents}")
    }
}
