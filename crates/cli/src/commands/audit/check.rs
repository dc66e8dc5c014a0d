//! `deputize audit check`: the check of a bundle or a proof by somebody who has nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use deputize::RecordKind;
use deputize::text::Visible;
use deputize_audit::{
    Bundle, BundleError, BundleFault, BundleFinding, BundleVerdict, Fault, MAX_BUNDLE_BYTES,
    Origin, ReadRecord, RecordProof, Signatures, SignedCheckpoint,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::audit::show::DecisionLine;
use crate::commands::audit::unpresented::UnpresentedLine;
use crate::commands::audit::verify::{FindingJson, SignaturesJson, signatures};
use crate::commands::audit::witnesses::{Required, WitnessArgs};
use crate::input::statement;
use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Exit status: 1 if the bundle does not hold, or too few witnesses cosigned its checkpoint; 2 if the file is neither a bundle nor a proof, or is
about another log than --log names. A proof that does not hold is not one.

Example:
  deputize audit check calls.bundle --log deputize/log/v1/$KEY/$ID";

/// The options of `audit check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The origin of the log, as the service printed it; by default, the one in the file.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) log: Option<String>,
    #[command(flatten)]
    pub(crate) witnesses: WitnessArgs,
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The bundle or the proof; - for standard input.
    pub(crate) file: PathBuf,
}

/// The verdict about a bundle or a proof in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checked {
    /// True if each record is in the log that the checkpoint names, with the values that were recorded,
    /// or without those that a statement erased, and the witnesses that were asked for cosigned it.
    holds: bool,
    /// The origin of the log, which has its key.
    origin: String,
    /// The number of records that the checkpoint covers.
    size: u64,
    /// The root of their tree, in base64.
    root: String,
    /// The indexes of the records that are shown.
    records: Vec<u64>,
    /// The sizes of the older checkpoints that the log extends.
    extends: Vec<u64>,
    /// The witnesses that cosigned the checkpoint.
    witnesses: Vec<String>,
    /// The number of values that are shown.
    values_shown: u64,
    /// The number of values that were erased by a statement.
    values_erased: u64,
    /// The records of charged decisions by what the signatures in their values show.
    signatures: SignaturesJson,
    #[serde(skip)]
    counted: Signatures,
    #[serde(skip)]
    checkpoint: SignedCheckpoint,
    /// The number of revocation lists whose signatures hold.
    lists: usize,
    /// The number of agent directories whose signatures hold.
    directories: usize,
    /// The decisions.
    decisions: Vec<DecisionLine>,
    /// The calls that went out unpresented while the service observed.
    unpresented: Vec<UnpresentedLine>,
    /// The limits of the file: facts that it does not show.
    not_said: Vec<String>,
    /// The faults, at most a thousand of them.
    findings: Vec<FindingJson>,
    /// The number of further faults.
    more_findings: u64,
}

/// Prints the verdict about a bundle or a proof.
///
/// # Errors
///
/// If an option is malformed, or the file is neither, or is about another log.
pub fn run(args: &CheckArgs, output: &Output) -> Result<Outcome, Error> {
    let origin = args.log.as_ref().map(|text| text.parse::<Origin>());
    let origin = origin.transpose().map_err(|why| Error::about("--log", why))?;
    let required = args.witnesses.required()?;
    let most = u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX);
    let bytes = statement::read_bytes("bundle", &args.file, most)?;
    let mut checked = match bytes.starts_with(b"c2sp.org/tlog-proof@") {
        true => of_proof(&bytes, origin.as_ref(), &args.file)?,
        false => of_bundle(&bytes, origin.as_ref(), &args.file)?,
    };
    checked.require(&required);
    match args.format {
        DataFormat::Text => output.print(checked.text())?,
        DataFormat::Json => output.print_json(&checked)?,
    }
    Ok(if checked.holds { Outcome::Done } else { Outcome::Refused })
}

fn of_bundle(bytes: &[u8], origin: Option<&Origin>, path: &Path) -> Result<Checked, Error> {
    let about = |why: BundleError| statement::error(path, Visible(&why.to_string()));
    let bundle = Bundle::parse(bytes).map_err(about)?;
    let verdict = bundle.verify(origin).map_err(about)?;
    let records: Vec<_> = bundle.claimed_records().collect();
    // Values that are not in the log are not shown as if they were.
    let is_in_the_log = |record: &&ReadRecord| {
        let index = Some(record.core.index);
        let is_fault = |own: &BundleFinding| {
            own.record == index && matches!(own.fault, BundleFault::NotInTheLog { .. })
        };
        verdict.more_findings == 0 && !verdict.findings.iter().any(is_fault)
    };
    let finding = |own: &BundleFinding| FindingJson {
        record: own.record,
        code: own.fault.code(),
        message: Visible(&own.fault.to_string()).to_string(),
    };
    Ok(Checked {
        holds: verdict.holds(),
        origin: verdict.origin.to_string(),
        size: verdict.head.size(),
        root: verdict.head.root().to_string(),
        records: records.iter().map(|record| record.core.index).collect(),
        extends: verdict.extends.clone(),
        witnesses: Vec::new(),
        values_shown: verdict.shown,
        values_erased: verdict.erased,
        signatures: SignaturesJson::of(&verdict.signatures),
        counted: verdict.signatures,
        checkpoint: bundle.checkpoint().map_err(about)?,
        lists: verdict.lists,
        directories: verdict.directories,
        decisions: records.iter().filter(is_in_the_log).filter_map(decision).collect(),
        unpresented: records.iter().filter(is_in_the_log).filter_map(unpresented).collect(),
        not_said: not_said_by_bundle(&verdict, &records, origin.is_some()),
        findings: verdict.findings.iter().map(finding).collect(),
        more_findings: verdict.more_findings,
    })
}

fn of_proof(bytes: &[u8], origin: Option<&Origin>, path: &Path) -> Result<Checked, Error> {
    let proof = RecordProof::parse(bytes)
        .map_err(|why| statement::error(path, Visible(&why.to_string())))?;
    if let Some(origin) = origin {
        proof.verify(origin).map_err(|why| statement::error(path, why))?;
    }
    let checkpoint = *proof.checkpoint().claimed();
    let mut not_said = not_said(origin.is_some());
    not_said.push("the values of the record: a proof has its core alone, with commitments".into());
    Ok(Checked {
        holds: true,
        origin: checkpoint.origin().to_string(),
        size: checkpoint.head().size(),
        root: checkpoint.head().root().to_string(),
        records: vec![proof.claimed().index],
        extends: Vec::new(),
        witnesses: Vec::new(),
        values_shown: 0,
        values_erased: 0,
        signatures: SignaturesJson::of(&Signatures::default()),
        counted: Signatures::default(),
        checkpoint: proof.checkpoint().clone(),
        lists: 0,
        directories: 0,
        decisions: decision(&proof.without_values()).into_iter().collect(),
        unpresented: unpresented(&proof.without_values()).into_iter().collect(),
        not_said,
        findings: Vec::new(),
        more_findings: 0,
    })
}

fn decision(record: &ReadRecord) -> Option<DecisionLine> {
    match &record.core.kind {
        RecordKind::Decision(own) => Some(DecisionLine::of(record, own)),
        _ => None,
    }
}

fn unpresented(record: &ReadRecord) -> Option<UnpresentedLine> {
    match &record.core.kind {
        RecordKind::Unpresented(own) => Some(UnpresentedLine::of(record, own)),
        _ => None,
    }
}

/// Returns the number of records that are shown with a chain.
fn signed_in_part(own: &Signatures) -> u64 {
    own.calls.saturating_add(own.presentations).saturating_add(own.chains)
}

/// The limits of every bundle and proof.
fn not_said(with_origin: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if !with_origin {
        lines.push("whether this is the log that you mean; pass --log ORIGIN".to_owned());
    }
    lines.extend([
        "which other records the log has: whoever made this chose".to_owned(),
        "what the log did after this checkpoint, such as being cut back".to_owned(),
        "whether the decision was made, and when, beyond the word of the log".to_owned(),
    ]);
    lines
}

fn not_said_by_bundle(
    verdict: &BundleVerdict,
    records: &[ReadRecord],
    with_origin: bool,
) -> Vec<String> {
    let mut lines = not_said(with_origin);
    if verdict.erased > 0 {
        lines.push(format!("{} values that were erased", verdict.erased));
    }
    let Signatures { presentations, chains, nothing, .. } = verdict.signatures;
    if nothing > 0 {
        lines.push(format!("who signed {nothing} of the calls: their chains are not shown"));
    }
    let in_part = presentations.saturating_add(chains);
    if in_part > 0 {
        lines.push(format!(
            "whether the holders signed {in_part} of the calls with these values: not all are shown"
        ));
    }
    if signed_in_part(&verdict.signatures) > 0 {
        lines.push(
            "whether the root keys may speak for the owners: trust them, or compare them with yours"
                .to_owned(),
        );
    }
    if verdict.unpresented > 0 {
        lines.push(format!("who made {} of the calls: nobody presented them", verdict.unpresented));
    }
    if verdict.lists > 0 || verdict.directories > 0 {
        lines.push("whether the service decided by these lists and directories".to_owned());
    }
    let indexes: BTreeSet<_> = records.iter().map(|own| own.core.index).collect();
    let is_alone = |own: &&ReadRecord| matches!(&own.core.kind, RecordKind::Outcome { of, .. } if !indexes.contains(of));
    let alone = records.iter().filter(is_alone).count();
    if alone > 0 {
        lines.push(format!(
            "what {alone} of the outcomes are outcomes of: those decisions are not here"
        ));
    }
    lines
}

impl Checked {
    /// Counts the witnesses that cosigned the checkpoint.
    fn require(&mut self, Required { count, witnesses }: &Required) {
        let found = self.checkpoint.cosignatures(witnesses);
        self.witnesses = found.iter().map(|own| own.witness.name().to_owned()).collect();
        if found.len() < *count {
            let fault = Fault::Witnesses { expected: *count, found: found.len() };
            let (code, message) = (fault.code(), fault.to_string());
            let finding = FindingJson { record: None, code, message };
            let others = std::mem::take(&mut self.findings);
            self.findings = [finding].into_iter().chain(others).collect();
            self.holds = false;
        }
    }

    fn text(&self) -> String {
        let word = if self.holds { "HOLDS" } else { "DOES NOT HOLD" };
        let mut lines = vec![format!("{word}: {}", self.origin)];
        let mut add =
            |label: &str, text: String| lines.push(format!("{:<14}{text}", format!("{label}:")));
        add("checkpoint", format!("{} records", self.size));
        add(
            "records",
            format!("{} of them, {} decisions", self.records.len(), self.decisions.len()),
        );
        if self.values_shown > 0 || self.values_erased > 0 {
            let (shown, erased) = (self.values_shown, self.values_erased);
            add("values", format!("{shown} shown, {erased} erased by statements"));
        }
        if signed_in_part(&self.counted) > 0 || self.counted.nothing > 0 {
            signatures(&self.counted).into_iter().for_each(|(label, text)| add(label, text));
        }
        for size in &self.extends {
            add("extends", format!("the checkpoint of {size} records"));
        }
        if !self.witnesses.is_empty() {
            add("witnesses", self.witnesses.join(", "));
        }
        if self.lists > 0 || self.directories > 0 {
            let (lists, directories) = (self.lists, self.directories);
            add("statements", format!("{lists} lists, {directories} directories, authentic"));
        }
        for line in &self.decisions {
            add("decision", line.text());
        }
        for line in &self.unpresented {
            add("call", line.text());
        }
        for line in &self.not_said {
            add("not said", line.clone());
        }
        for finding in &self.findings {
            let place = finding.record.map_or("bundle".to_owned(), |own| format!("record {own}"));
            add("fault", format!("{place}: {} [{}]", finding.message, finding.code));
        }
        if self.more_findings > 0 {
            add("fault", format!("and {} more", self.more_findings));
        }
        lines.join("\n")
    }
}
