//! `deputize revoke`: new entries in a revocation list.

mod subject;
mod change;

use std::path::PathBuf;

use clap::Args;
use deputize::Token;

use self::change::Change;
use self::subject::SubjectArgs;
use crate::input::keys::public_key;
use crate::input::revocation_list;
use crate::input::token::TokenText;
use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output, shell};
use crate::revocations::issued::Issued;
use crate::revocations::next::First;
use crate::statement_file::StatementFile;
use crate::statements::issue::IssueArgs;

/// The example in the help.
pub const EXAMPLE: &str = "\
Each key that revokes has one list, in one file. Publish the list where verifiers fetch it,
and issue it anew (`deputize revocations prune`) before the time of --next. Entries of expired
hops are removed each time.

A root key can revoke every hop of its chains, a delegator everything below its own hop, and a
delegate its own hop (--surrender). The exit status is 1, and nothing is written, if verifiers
would not follow the list (see --anyway).

Example:
  deputize revoke --new --key alice.key --list alice.revocations @planner.token
  deputize revoke --key alice.key --list alice.revocations @researcher.token
  deputize revoke --key alice.key --list alice.revocations --revoke-key planner.pub --compromised";

/// The options of `revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    pub(crate) issue: IssueArgs,
    /// The file of the list. It is replaced as a whole.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: PathBuf,
    /// Begin the first list of this key. Without it, the list must exist: a second first list, in
    /// another file, gives back what the first one revoked.
    #[arg(long)]
    pub(crate) new: bool,
    /// The sequence of the first list, if earlier lists were lost: higher than all of theirs.
    #[arg(long, value_name = "N", requires = "new", default_value_t = 1)]
    pub(crate) first_sequence: u64,
    /// Begin the list of a revoker, for chains with this root key. Verifiers follow it where their
    /// trust anchor names the signing key as revoker.
    #[arg(long, value_name = "KEY", requires = "new")]
    pub(crate) for_root: Option<String>,
    /// Begin the list of a revoker who holds this token, which grants deputize.revoke: text, @FILE,
    /// or - for standard input.
    #[arg(long, value_name = "TOKEN", requires = "new", conflicts_with = "for_root")]
    pub(crate) power: Option<String>,
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Remove the entries from the list instead: what they revoked is valid again.
    #[arg(long, conflicts_with_all = ["new", "ends_fork"])]
    pub(crate) give_back: bool,
    /// End a fork of the list and the one in this file: take the entries of both.
    #[arg(long, value_name = "FILE", conflicts_with = "new")]
    pub(crate) ends_fork: Option<PathBuf>,
    /// Sign the list even if it has no power over the hop, or nothing can follow it.
    #[arg(long)]
    pub(crate) anyway: bool,
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
}

/// Adds entries to a list, signs it, and prints the changes.
///
/// # Errors
///
/// If an option is malformed, or the list cannot be read or written. A list that verifiers would
/// not follow is refused.
pub fn run(args: &RevokeArgs, output: &Output) -> Result<Outcome, Error> {
    let subjects = args.subject.read(args.issue.at.now()?, output)?;
    if subjects.is_empty() && !args.new && args.ends_fork.is_none() {
        let list = shell::path(&args.list);
        return Err(Error::new(format_args!(
            "nothing to revoke: give a token, --hop, --token-id, --revoke-key, --owner or --void; to issue the list anew, run `deputize revocations prune {list} --key KEY`"
        )));
    }
    let first = args.first(output)?;
    let other = args.ends_fork.as_deref().map(revocation_list::read).transpose()?;
    let file = StatementFile::new("--list", &args.list)?;
    let mut next = match first {
        Some(first) => args.issue.first(&file, first, args.first_sequence)?,
        None => args.issue.after(&file, &args.list)?,
    };
    let is_fork = other.is_some();
    if let Some(other) = other {
        next.end_fork(other)?;
    }
    let mut change = Change::default();
    for subject in &subjects {
        match args.give_back {
            true => change.give_back(subject, &mut next)?,
            false => change.revoke(subject, &mut next)?,
        }
    }
    let is_changed = !change.done.is_empty() || args.new || is_fork;
    let list = match &next.before {
        Some(before) if !is_changed => before.clone(),
        _ => {
            let (list, judged) = next.sign()?;
            change.doubts.extend(judged.err());
            list
        }
    };
    if !change.doubts.is_empty() && !args.anyway {
        change.doubts.iter().for_each(|doubt| output.note(doubt));
        output.note("nothing was changed; pass --anyway to sign the list all the same");
        return Ok(Outcome::Refused);
    }
    if is_changed {
        next.write(&list)?;
    }
    let issued = Issued { path: &args.list, list: &list, written: is_changed, next: &next };
    issued.print(args.format, &change.done, output)?;
    for doubt in &change.doubts {
        output.note(format_args!("\u{1b}[1;33mwarning:\u{1b}[0m {doubt}"));
    }
    change.all_notes().for_each(|note| output.note(note));
    if args.new && args.first_sequence == 1 {
        output.note(
            "note: this is the first list of this key; if there were earlier ones, pass --first-sequence to begin after them",
        );
    }
    Ok(Outcome::Done)
}

impl RevokeArgs {
    /// Returns the list to begin, if `--new` was given.
    fn first(&self, output: &Output) -> Result<Option<First>, Error> {
        if !self.new {
            return Ok(None);
        }
        Ok(Some(match (&self.for_root, &self.power) {
            (Some(root), _) => First::ForRoot(public_key("--for-root", root)?),
            (None, Some(token)) => {
                let text = TokenText::read(Some(token), output)?;
                First::ByPowerOf(Token::parse(text.as_str()).map_err(|e| text.error(e))?)
            }
            (None, None) => First::Own,
        }))
    }
}
