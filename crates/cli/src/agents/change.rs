//! A change to a directory: read, changed, signed and written under one lock.

use std::path::PathBuf;

use clap::Args;
use deputize::AgentStatus;

use crate::agents::changes::Changes;
use crate::agents::issued::Issued;
use crate::agents::next::{First, Messages, Next};
use crate::agents::state::{Refused, in_words};
use crate::output::format::DataFormat;
use crate::output::granted::named;
use crate::output::{Error, Outcome, Output};
use crate::statement_file::StatementFile;
use crate::statements::issue::IssueArgs;

/// The options of every command that changes a directory.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    #[command(flatten)]
    pub(crate) issue: IssueArgs,
    /// Sign the directory even if verifiers would refuse an agent that it lists, or all of it.
    #[arg(long)]
    pub(crate) anyway: bool,
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The file of the directory. It is replaced as a whole.
    pub(crate) file: PathBuf,
}

/// The choice to issue a directory or not if nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// The directory stays as it is.
    Stays,
    /// The directory is issued anew.
    IsRenewed,
}

impl ChangeArgs {
    /// Changes the directory in the file, or begins the `first` one, signs it and prints the
    /// changes.
    ///
    /// # Errors
    ///
    /// If an option is malformed, the change is not possible, or the file cannot be read or
    /// written. A directory that verifiers would refuse in part is refused.
    pub fn run(
        &self,
        first: Option<First>,
        unchanged: Unchanged,
        output: &Output,
        edit: impl FnOnce(&mut Next<'_>) -> Result<(), Error>,
    ) -> Result<Outcome, Error> {
        let is_first = first.is_some();
        let file = StatementFile::new("", &self.file)?;
        let mut next = match first {
            Some(first) => Next::first(&self.issue, &file, first)?,
            None => Next::after(&self.issue, &file)?,
        };
        edit(&mut next)?;
        let changes = Changes::between(next.before.as_ref(), &next.draft);
        let written = !changes.is_empty() || is_first || unchanged == Unchanged::IsRenewed;
        let directory = match &next.before {
            Some(before) if !written => before.clone(),
            _ => next.sign(&changes)?,
        };
        let doubts = &next.messages.doubts;
        if !doubts.is_empty() && !self.anyway {
            doubts.iter().for_each(|doubt| output.note(doubt));
            output.note("nothing was changed; pass --anyway to sign the directory all the same");
            return Ok(Outcome::Refused);
        }
        if written {
            next.write(&directory)?;
        }
        let refused = refused(&changes, &next);
        let Messages { done, notes, doubts, .. } = &next.messages;
        let issued = Issued { path: &self.file, directory: &directory, written, changes };
        issued.print(self.format, done, output)?;
        for doubt in doubts {
            output.note(format_args!("\u{1b}[1;33mwarning:\u{1b}[0m {doubt}"));
        }
        notes.iter().chain(&refused).for_each(|note| output.note(note));
        if is_first && directory.sequence() == 1 {
            output.note(
                "note: this is the first directory of this key; if there were earlier ones, pass --first-sequence to begin after them",
            );
        }
        Ok(Outcome::Done)
    }
}

/// Returns a note for each active agent that verifiers refuse.
fn refused(changes: &Changes, next: &Next<'_>) -> Vec<String> {
    let active = changes.present().filter(|agent| agent.status() == AgentStatus::Active);
    let notes = active.filter_map(|agent| {
        let refused = Refused::all_of(agent, next.now);
        let (agent, why) = (named(agent.principal()), in_words(&refused));
        (!refused.is_empty()).then(|| format!("note: verifiers refuse {agent}: {why}"))
    });
    notes.collect()
}
