//! `deputize audit verify`: the check that a log is whole.

use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::{Backticked, Visible};
use deputize_audit::{FolderFiles, LogVerifier, Origin, Signatures, SignedCheckpoint, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::audit::witnesses::{Required, WitnessArgs};
use crate::input::statement;
use crate::limits::MAX_CHECKPOINT_BYTES;
use crate::output::count::Count;
use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Exit status: 1 if the log is not whole; 2 if there is no log in the folder, or it is another
one than --log names. Without --seen and --witness, a log that was cut back to an earlier
checkpoint of its own is whole.

Example:
  cp /var/lib/crm/log/checkpoint last-week.checkpoint
  deputize audit verify /var/lib/crm/log --seen last-week.checkpoint";

/// The options of `audit verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The origin of the log, as the service printed it; by default, the one in its checkpoint.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) log: Option<String>,
    /// A checkpoint that was kept elsewhere, which the log must extend; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) witnesses: WitnessArgs,
    /// Leave the values aside: verify the records alone, in a tenth of the time.
    #[arg(long)]
    pub(crate) without_values: bool,
    /// Leave the signatures in the values aside: do not verify that holders signed the calls. It takes
    /// half of the time.
    #[arg(long)]
    pub(crate) without_signatures: bool,
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// The verdict about a log in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerdictJson {
    /// True if every record that the checkpoint covers is as it was written, every value is there or
    /// was erased by a statement, and no record contradicts the signatures in its values.
    whole: bool,
    /// The origin of the log, which has its key.
    origin: String,
    /// The number of records that the newest checkpoint covers.
    size: u64,
    /// The root of their tree, in base64.
    root: String,
    /// The number of records behind the newest checkpoint, which does not cover them.
    not_covered: u64,
    /// The number of records that were behind a checkpoint when the log was opened, by its records. They
    /// are the word of whoever could write to the disk then.
    recovered: u64,
    /// The calls that went out unpresented while the service observed. They are the word of the log, about
    /// nobody.
    unpresented: u64,
    /// Further ones, which the log only counts.
    unpresented_counted: u64,
    /// The sizes of the checkpoints kept elsewhere with which the log was compared.
    compared_with: Vec<u64>,
    /// The witnesses that cosigned the newest checkpoint.
    witnesses: Vec<String>,
    /// The number of values that are there, if values were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    values_shown: Option<u64>,
    /// The number of values that were erased by a statement, if values were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    values_erased: Option<u64>,
    /// The records of charged decisions by what the signatures in their values show, if they were
    /// verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    signatures: Option<SignaturesJson>,
    /// The faults, at most a thousand of them.
    findings: Vec<FindingJson>,
    /// The number of further faults.
    more_findings: u64,
}

/// The records of charged decisions by what the signatures in their values show, in JSON. The rest
/// of such a record is the word of its log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SignaturesJson {
    /// The holder signed the call, with all of its values.
    calls: u64,
    /// The holder presented the chain to this service around this time, and a value of the call was
    /// erased or kept as a digest.
    presentations: u64,
    /// The delegations are authentic, and the presentation was erased, was left out for a value that is
    /// withheld, or is shown without its audience and resource.
    chains: u64,
    /// The chain was erased, so that there is no signature.
    nothing: u64,
}

impl SignaturesJson {
    pub(super) fn of(own: &Signatures) -> Self {
        let Signatures { calls, presentations, chains, nothing, .. } = *own;
        Self { calls, presentations, chains, nothing }
    }
}

/// A fault of a log in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingJson {
    /// The index of the record, if the fault is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) record: Option<u64>,
    /// The stable code.
    pub(super) code: &'static str,
    /// The fault in words.
    pub(super) message: String,
}

/// Prints the verdict about a log.
///
/// # Errors
///
/// If an option is malformed, or there is no such log in the folder.
pub fn run(args: &VerifyArgs, output: &Output) -> Result<Outcome, Error> {
    let mut verifier = LogVerifier::default();
    if let Some(text) = &args.log {
        let origin: Origin = text.parse().map_err(|why| Error::about("--log", why))?;
        verifier = verifier.expecting(origin);
    }
    for path in &args.seen {
        verifier = verifier.having_seen(read_checkpoint(path)?);
    }
    let Required { count, witnesses } = args.witnesses.required()?;
    verifier = verifier.requiring(count, witnesses);
    if args.without_values {
        verifier = verifier.without_values();
    }
    if args.without_signatures {
        verifier = verifier.without_signatures();
    }
    let verdict = verify(&args.folder, &verifier)?;
    match args.format {
        DataFormat::Text => output.print(text(&verdict, args))?,
        DataFormat::Json => output.print_json(&json(&verdict, args))?,
    }
    Ok(if verdict.is_whole() { Outcome::Done } else { Outcome::Refused })
}

/// Verifies the log in a folder, with its progress on a terminal.
///
/// # Errors
///
/// If there is no such log.
pub(in crate::commands) fn verify(folder: &Path, verifier: &LogVerifier) -> Result<Verdict, Error> {
    let mut count = Count::on_terminal("records");
    let verdict = verifier.verify(&FolderFiles::new(folder), |records| count.show(records));
    verdict.map_err(|why| statement::error(folder, why))
}

/// Verifies a log whose records are printed, without its values. Notes if it is not whole, and how many
/// records are left out because no checkpoint covers them.
///
/// # Errors
///
/// If there is no such log.
pub(super) fn verify_to_print(folder: &Path, output: &Output) -> Result<Verdict, Error> {
    let verdict = verify(folder, &LogVerifier::default().without_values())?;
    let name = folder.to_string_lossy();
    let name = Backticked(&name);
    if !verdict.is_whole() {
        output.note(format_args!(
            "WARNING: the log {name} is not whole; `deputize audit verify` says why"
        ));
    }
    if verdict.behind > 0 {
        let (records, them) = match verdict.behind {
            1 => ("1 record behind the newest checkpoint is".to_owned(), "it"),
            more => (format!("{more} records behind the newest checkpoint are"), "them"),
        };
        output.note(format_args!("{name}: {records} left out; `deputize audit tail` shows {them}"));
    }
    Ok(verdict)
}

/// Reads a checkpoint that was kept elsewhere.
///
/// # Errors
///
/// If the file cannot be read, or is not one.
pub(in crate::commands) fn read_checkpoint(path: &Path) -> Result<SignedCheckpoint, Error> {
    let bytes = statement::read_bytes("checkpoint", path, MAX_CHECKPOINT_BYTES)?;
    SignedCheckpoint::parse(&bytes).map_err(|why| statement::error(path, why))
}

fn text(verdict: &Verdict, args: &VerifyArgs) -> String {
    let size = verdict.head.size();
    let word = if verdict.is_whole() { "WHOLE" } else { "NOT WHOLE" };
    let mut lines = vec![format!("{word}: {}", verdict.origin)];
    lines.push(format!("covered:      {size} records, up to the newest checkpoint in the folder"));
    if verdict.behind > 0 {
        lines.push(format!(
            "not covered:  {} records behind it, which can be changed unnoticed",
            verdict.behind
        ));
    }
    if verdict.recovered > 0 {
        lines.push(format!(
            "recovered:    {} records were behind a checkpoint when the log was opened; they are the word of whoever could write to the disk then",
            verdict.recovered
        ));
    }
    if verdict.unpresented > 0 || verdict.more_unpresented > 0 {
        lines.push(format!(
            "unpresented:  {} calls that went out while the service observed, and {} more that are counted; the log's word, about nobody",
            verdict.unpresented, verdict.more_unpresented
        ));
    }
    if !args.without_values {
        let (shown, erased) = (verdict.shown, verdict.erased);
        lines.push(format!("values:       {shown} shown, {erased} erased by statements"));
    }
    if let Some(own) = &verdict.signatures {
        let told = signatures(own).into_iter();
        lines.extend(told.map(|(label, text)| format!("{:<14}{text}", format!("{label}:"))));
    }
    for size in &verdict.compared_with {
        lines.push(format!(
            "compared:     the checkpoint of {size} records that was kept elsewhere"
        ));
    }
    if !verdict.witnesses.is_empty() {
        lines.push(format!("witnesses:    {}", verdict.witnesses.join(", ")));
    }
    if args.log.is_none() {
        lines.push("log:          not compared with one that you trust; pass --log ORIGIN".into());
    }
    if verdict.compared_with.is_empty() && verdict.witnesses.is_empty() {
        lines.push(
            "cut back:     a log that was cut back to an earlier checkpoint cannot be told from this; pass --seen or --witness".into(),
        );
    }
    for finding in &verdict.findings {
        let place = finding.record.map_or("log".to_owned(), |record| format!("record {record}"));
        let fault = finding.fault.to_string();
        lines.push(format!(
            "fault:        {place}: {} [{}]",
            Visible(&fault),
            finding.fault.code()
        ));
    }
    if verdict.more_findings > 0 {
        lines.push(format!("fault:        and {} more", verdict.more_findings));
    }
    lines.join("\n")
}

/// Tells how far signatures cover the records of charged decisions, and what is the log's word.
pub(super) fn signatures(own: &Signatures) -> Vec<(&'static str, String)> {
    let signed = format!("{} calls, each signed by its holder with all values", own.calls);
    let mut lines = vec![("signatures", signed)];
    for (count, why) in [
        (own.presentations, "presentations without all values of the call (erased, or too long)"),
        (
            own.chains,
            "chains without the presentation, or without its call (erased, or a value is withheld)",
        ),
        (own.nothing, "calls without their chain (erased)"),
    ] {
        if count > 0 {
            lines.push(("log's word", format!("{count} {why}")));
        }
    }
    lines
}

fn json(verdict: &Verdict, args: &VerifyArgs) -> VerdictJson {
    let finding = |own: &deputize_audit::Finding| FindingJson {
        record: own.record,
        code: own.fault.code(),
        message: own.fault.to_string(),
    };
    let with_values = !args.without_values;
    VerdictJson {
        whole: verdict.is_whole(),
        origin: verdict.origin.to_string(),
        size: verdict.head.size(),
        root: verdict.head.root().to_string(),
        not_covered: verdict.behind,
        recovered: verdict.recovered,
        unpresented: verdict.unpresented,
        unpresented_counted: verdict.more_unpresented,
        compared_with: verdict.compared_with.clone(),
        witnesses: verdict.witnesses.clone(),
        values_shown: with_values.then_some(verdict.shown),
        values_erased: with_values.then_some(verdict.erased),
        signatures: verdict.signatures.as_ref().map(SignaturesJson::of),
        findings: verdict.findings.iter().map(finding).collect(),
        more_findings: verdict.more_findings,
    }
}
