//! `deputize review`: grants beside the recorded use of them, and narrower grants.

mod diff;
mod words;
mod beyond;
mod observed;
mod json_observed;
mod json;
mod text;
mod page;
mod take;
mod check;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deputize::text::{Backticked, rfc3339};
use deputize::{Principal, Token};
use deputize_audit::{
    FolderFiles, HopReview, KeyReview, LogFiles, LogVerifier, Origin, Proposal, Review, Reviewer,
    SignedCheckpoint, Verdict,
};
use time::{Duration, OffsetDateTime};

pub use self::json::ReviewJson;
pub use self::take::Taking;
use crate::commands::audit::verify::{read_checkpoint, verify};
use crate::input::directory;
use crate::input::grant_file::GrantFile;
use crate::input::token::TokenText;
use crate::input::when::{AtArgs, When};
use crate::output::count::Count;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
A call counts for every hop of its chain. Refused calls are not use. While a service observes, calls
that would be refused are made: for each key to which some are charged, the grant is proposed that
would have covered them. Calls that nobody presented are listed apart, and --take takes a tool of them.
 A proposal permits every
recorded call, which is proved: a token is minted with it, and each call is checked against that as
a verifier does; the first calls of each hop are presented and decided, too. Below a key with very
many hops, the first ones are reviewed and the others are counted.

Exit status: 1 if a log is not whole, or with --check if a capability was never used, an agent is
past its review, a proposal refuses a recorded call, hops of a key or costly calls are left out, or
there is no allowed call at all; standard error has the reasons, each with its agent.

Example:
  deputize review /var/lib/crm/log --since 2026-09-01T00:00:00Z
  deputize review /var/lib/crm/log --propose researcher > researcher.grant
  deputize review /var/lib/fs/log --take 'read_text_file: path, head' > reader.grant
  deputize delegate --key planner.key --to researcher=researcher.pub --grant researcher.grant \\
    --expires 8h --purpose 'Q4 review' @planner.token > researcher.token";

/// Ids of hops that an error lists.
const LISTED_IDS: usize = 20;

/// The options of `review`.
#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// Only records from this time on, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only records before this time, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// The origin of a log, as the service printed it; repeatable. By default, those in the checkpoints.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) log: Vec<String>,
    /// A checkpoint that was kept elsewhere, which its log must extend; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Vec<PathBuf>,
    /// Also review the hops of this token, which may never have been used: the text, or @FILE;
    /// repeatable.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Vec<String>,
    /// An agent directory, with whose dates of review to compare.
    #[arg(long, value_name = "FILE")]
    pub(crate) directory: Option<PathBuf>,
    /// Tell the grants that end within this time: 12h, 7d or 2w, or before a time in RFC 3339.
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    pub(crate) ending: String,
    /// Propose bounds on numbers as they were recorded, without rounding them.
    #[arg(long)]
    pub(crate) exact: bool,
    /// Print only the narrower grant for this agent, by its name or its key, or for this hop, by its id:
    /// the file that --grant of mint and delegate reads.
    #[arg(long, value_name = "AGENT", conflicts_with_all = ["format", "check"])]
    pub(crate) propose: Option<String>,
    /// Print only the grant for these calls that nobody presented: TOOL: ARGUMENT, ARGUMENT; with the
    /// values that were recorded, or with any as ARGUMENT=any. A resource of another operation than
    /// tools/call is OPERATION RESOURCE. Repeatable.
    #[arg(long, value_name = "TOOL", conflicts_with_all = ["format", "check", "propose"])]
    pub(crate) take: Vec<Taking>,
    /// Exit with status 1 if there is something to take away, or an agent is past its review.
    #[arg(long)]
    pub(crate) check: bool,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReviewFormat,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The folders of the logs.
    #[arg(required = true, value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,
}

/// The formats of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReviewFormat {
    /// Lines for people.
    Text,
    /// JSON with a published schema.
    Json,
    /// The grants as they are and as they are proposed.
    Diff,
    /// A self-contained HTML page.
    Html,
}

/// Prints a review of logs.
///
/// # Errors
///
/// If an option is malformed, or a folder has no log.
pub fn run(args: &ReviewArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let reviewer = reviewer(args, now, output)?;
    let verdicts = verdicts(args)?;
    for (folder, verdict) in args.logs.iter().zip(&verdicts) {
        if !verdict.is_whole() {
            let folder = Backticked(&folder.to_string_lossy()).to_string();
            output.note(format_args!(
                "WARNING: the log {folder} is not whole; `deputize audit verify` says why"
            ));
        }
    }
    let files: Vec<_> = args.logs.iter().map(FolderFiles::new).collect();
    let files: Vec<&dyn LogFiles> = files.iter().map(|own| -> &dyn LogFiles { own }).collect();
    let review = {
        let mut count = Count::on_terminal("records, in three readings");
        let covered = verdicts.iter().map(|own| own.head.size());
        reviewer.up_to(covered).review(&files, |records| count.show(records)).map_err(Error::new)?
    };
    let window = window(args);
    let mut loses_calls = false;
    match (&args.propose, args.format) {
        (None, _) if !args.take.is_empty() => take::print(&review, output)?,
        (Some(wanted), _) if let Some(key) = proposed_for_key(&review, wanted) => {
            let (own, proposal) = key;
            text::of_key(own).iter().for_each(|line| output.note(line));
            output.print_json(&GrantFile::of(proposal))?;
            loses_calls = own.replay.refused > 0;
        }
        (Some(wanted), _) => {
            let (hop, file) = proposed(&review, wanted)?;
            text::of_proposal(hop).iter().for_each(|line| output.note(line));
            if !review.crowded.is_empty() || review.more > 0 {
                output
                    .note("WARNING: some hops are not reviewed, so others can have this delegate");
            }
            output.print_json(&file)?;
            loses_calls = hop.replay.refused > 0;
        }
        (None, ReviewFormat::Text) => {
            output.print(text::of(&review, &verdicts, window.as_deref(), now))?;
        }
        (None, ReviewFormat::Json) => output.print_json(&ReviewJson::of(&review, &verdicts))?,
        (None, ReviewFormat::Diff) => output.print(diff::of(&review))?,
        (None, ReviewFormat::Html) => {
            output.print(page::of(&review, &verdicts, window.as_deref(), now))?;
        }
    }
    if args.check {
        check::lines(&review).iter().for_each(|line| output.note(line));
    }
    let is_whole = verdicts.iter().all(Verdict::is_whole);
    let is_refused = !is_whole || loses_calls || (args.check && review.has_findings());
    Ok(if is_refused { Outcome::Refused } else { Outcome::Done })
}

/// Verifies the logs, each against the checkpoints of it that were kept elsewhere.
fn verdicts(args: &ReviewArgs) -> Result<Vec<Verdict>, Error> {
    let origin = |text: &String| text.parse().map_err(|why| Error::about("--log", why));
    let expected: Vec<Origin> = args.log.iter().map(origin).collect::<Result<_, _>>()?;
    let seen = args.seen.iter().map(|path| read_checkpoint(path));
    let seen: Vec<SignedCheckpoint> = seen.collect::<Result<_, _>>()?;
    let mut verdicts: Vec<Verdict> = Vec::new();
    for folder in &args.logs {
        let own = read_checkpoint(&folder.join("checkpoint"))?;
        let own = own.claimed().origin();
        if !expected.is_empty() && !expected.contains(own) {
            return Err(Error::about(
                Backticked(&folder.to_string_lossy()),
                format_args!("it is the log {own}, which --log does not name"),
            ));
        }
        if verdicts.iter().any(|other| other.origin == *own) {
            let why = "this log is given twice, and its calls would count twice";
            return Err(Error::about(Backticked(&folder.to_string_lossy()), why));
        }
        let seen = seen.iter().filter(|other| other.claimed().origin() == own).cloned();
        let verifier = seen.fold(LogVerifier::default(), LogVerifier::having_seen);
        verdicts.push(verify(folder, &verifier)?);
    }
    for (path, other) in args.seen.iter().zip(&seen) {
        if !verdicts.iter().any(|own| own.origin == *other.claimed().origin()) {
            let why = "it is the checkpoint of none of these logs, so nothing was compared with it";
            return Err(Error::about(Backticked(&path.to_string_lossy()), why));
        }
    }
    Ok(verdicts)
}

/// Returns the window that the options state, if they state one.
fn window(args: &ReviewArgs) -> Option<String> {
    let time = |text: &Option<String>| text.clone().unwrap_or_else(|| "…".to_owned());
    let is_stated = args.since.is_some() || args.until.is_some();
    is_stated.then(|| format!("{} to {}", time(&args.since), time(&args.until)))
}

fn reviewer(args: &ReviewArgs, now: OffsetDateTime, output: &Output) -> Result<Reviewer, Error> {
    let time = |option: &str, text: &str| {
        rfc3339(text).ok_or_else(|| {
            let why = "this is not a time in RFC 3339, such as 2026-11-23T18:00:00Z";
            Error::about(format_args!("{option} {}", Backticked(text)), why)
        })
    };
    let ending: When = args.ending.parse().map_err(|e| Error::about("--ending", e))?;
    let ending = ending.from(now).map_err(|e| Error::about("--ending", e))?;
    let within = ending.unix_timestamp().saturating_sub(now.unix_timestamp());
    let mut reviewer = Reviewer::new(now).ending_within(Duration::seconds(within));
    if let Some(text) = &args.since {
        reviewer = reviewer.since(time("--since", text)?);
    }
    if let Some(text) = &args.until {
        reviewer = reviewer.until(time("--until", text)?);
    }
    if args.exact {
        reviewer = reviewer.without_rounding();
    }
    for argument in &args.token {
        let text = TokenText::read(Some(argument), output)?;
        let token = Token::parse(text.as_str()).map_err(|why| text.error(why))?;
        reviewer = reviewer.with_token(token);
    }
    for Taking(take) in &args.take {
        reviewer = reviewer.taking(take.clone());
    }
    if let Some(path) = &args.directory {
        reviewer = reviewer.with_directory(&directory::read(path)?);
    }
    Ok(reviewer)
}

/// Returns the proposal for the key of an agent, by its name or its key, if observed calls are charged to it
/// that a wider grant would have allowed. With a name that several keys have, it is nobody's.
fn proposed_for_key<'r>(review: &'r Review, wanted: &str) -> Option<(&'r KeyReview, &'r Proposal)> {
    let is_wanted = |own: &Principal| own.name() == wanted || own.key().to_string() == wanted;
    let mut keys = review.keys.iter().filter(|own| is_wanted(&own.holder));
    let own = keys.next().filter(|own| own.wanted > 0)?;
    let mut hops = review.hops.iter().map(|own| own.hop.delegate()).filter(|own| is_wanted(own));
    let is_one = keys.next().is_none() && hops.all(|hop| hop.key() == own.holder.key());
    own.proposal.as_ref().filter(|_| is_one).map(|proposal| (own, proposal))
}

/// Returns the proposal for an agent or a hop.
fn proposed<'r>(review: &'r Review, wanted: &str) -> Result<(&'r HopReview, GrantFile), Error> {
    // An id is one hop, and a key one agent. A name is what a delegator calls somebody.
    let by = |is_it: &dyn Fn(&HopReview) -> bool| {
        review.hops.iter().filter(|own| is_it(own)).collect::<Vec<_>>()
    };
    let id = by(&|own| own.hop.id().to_string() == wanted);
    let key = by(&|own| own.hop.delegate().key().to_string() == wanted);
    let name = by(&|own| own.hop.delegate().name() == wanted);
    let found = [id, key, name].into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    let about = |why: &str| Error::about(format_args!("--propose {}", Backticked(wanted)), why);
    // A key without a hop, whose calls were only observed, can have the name of another one's hop.
    let is_another = |own: &KeyReview| {
        let is_found = found.iter().any(|hop| hop.hop.delegate().key() == own.holder.key());
        own.holder.name() == wanted && !is_found
    };
    if !found.is_empty() && review.keys.iter().any(is_another) {
        return Err(about("several keys have this name; name one by its key"));
    }
    match found.as_slice() {
        [] => {
            Err(about("no reviewed hop has this id, and none has a delegate of this name or key"))
        }
        [own] => match &own.proposal {
            Some(proposal) => Ok((own, GrantFile::of(proposal))),
            None => {
                Err(about("no recorded call shows what it needs, so there is nothing to propose"))
            }
        },
        [..] => {
            let ids = found.iter().take(LISTED_IDS).map(|own| own.hop.id().to_string());
            let ids: Vec<_> = ids.collect();
            let more = match found.len().checked_sub(LISTED_IDS) {
                Some(more @ 1..) => format!(", and {more} more"),
                _ => String::new(),
            };
            let ids = ids.join(", ");
            let why = format!("several hops have this delegate; name one by its id: {ids}{more}");
            Err(about(&why))
        }
    }
}
