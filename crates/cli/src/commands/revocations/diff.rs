//! `deputize revocations diff`: the changes between two lists, and their relation in the series.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::input::{revocation_list, statement};
use crate::output::format::DataFormat;
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};
use crate::revocations::compare::{Changes, relation};
use crate::revocations::place::Place;
use crate::statements::relation::Relation;

/// The example in the help.
pub const EXAMPLE: &str = "\
An entry that the newer list lacks has no effect any more. GIVEN BACK marks an entry that had
not expired.

Exit status: 1 if a verifier that holds OLD refuses NEW, or the two make a fork; else 0.

Example:
  deputize revocations diff yesterday.revocations alice.revocations";

/// The options of `revocations diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The file of the older list; - for standard input.
    pub(crate) old: PathBuf,
    /// The file of the newer list; - for standard input.
    pub(crate) new: PathBuf,
}

/// The comparison of two lists in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Compared {
    /// The relation of the newer list to the older one.
    relation: Relation,
    /// The older list.
    old: Place,
    /// The newer list.
    new: Place,
    #[serde(flatten)]
    changes: Changes,
}

/// Prints the comparison.
///
/// # Errors
///
/// If one of the files cannot be read or is not a list.
pub fn run(args: &DiffArgs, output: &Output) -> Result<Outcome, Error> {
    let (old, new) = (revocation_list::read(&args.old)?, revocation_list::read(&args.new)?);
    let relation = relation(&new, &old);
    let changes = Changes::between(&old, &new);
    match args.format {
        DataFormat::Json => {
            let (old, new) = (Place::of(&old), Place::of(&new));
            output.print_json(&Compared { relation, old, new, changes })?;
        }
        DataFormat::Text => {
            let mut lines = Vec::new();
            for (path, list) in [(&args.old, &old), (&args.new, &new)] {
                let (path, key) = (statement::name(path), list.issuer().fingerprint());
                let (sequence, issued) = (list.sequence(), at(list.issued()));
                lines.push(format!("{path}: of {key}, sequence {sequence}, issued {issued}"));
            }
            lines.push(format!("{} {relation}", statement::name(&args.new)));
            lines.extend(lines_of(&changes));
            output.print(lines.join("\n"))?;
        }
    }
    Ok(if relation.is_accepted() { Outcome::Done } else { Outcome::Refused })
}

fn lines_of(changes: &Changes) -> Vec<String> {
    let given_back = |is: bool| if is { ", GIVEN BACK" } else { "" };
    let added = changes.added.iter().map(|entry| format!("+ {entry}"));
    let removed =
        changes.removed.iter().map(|own| format!("- {}{}", own.entry, given_back(own.given_back)));
    let changed = changes.changed.iter().flat_map(|own| {
        let after = format!("+ {}{}", own.after, given_back(own.given_back));
        [format!("- {}", own.before), after]
    });
    added.chain(removed).chain(changed).collect()
}
