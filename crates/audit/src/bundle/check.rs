//! The check of a bundle by somebody who has nothing else.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{
    Directory, FieldKind, FieldState, Note, Openings, OutcomeResult, PublicKey, RecordCore,
    RecordKind, RecordedChains, RevocationList,
};
use time::OffsetDateTime;

use crate::bundle::error::BundleError;
use crate::bundle::format::{Bundle, Bundled, Hashes, Seen};
use crate::bundle::verdict::{BundleFault, BundleVerdict};
use crate::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use crate::erasure::Erasure;
use crate::tree::{ConsistencyProof, Hash, InclusionProof, TreeHead, leaf_hash};
use crate::verify::{Erasures, Fault, Signatures};

/// The outcomes of a call that went out: whether one is known.
type Calls = BTreeMap<u64, Option<OutcomeResult>>;

impl Bundle {
    /// Verifies the bundle: the signature of its checkpoint, the proof of each record, each value, the
    /// statements of erasures, the signatures of the chains, and those of lists and directories.
    ///
    /// `origin` is the log that the caller trusts. Without it, the verdict is about whichever log the
    /// bundle names.
    ///
    /// # Errors
    ///
    /// [`BundleError::Checkpoint`] if the log's key did not sign the checkpoint, or it is of another log.
    /// Everything else is in the verdict.
    pub fn verify(&self, origin: Option<&Origin>) -> Result<BundleVerdict, BundleError> {
        let signed = self.checkpoint()?;
        if let Some(origin) = origin {
            signed.verify(origin)?;
        }
        let checkpoint = *signed.claimed();
        let mut verdict = BundleVerdict {
            origin: *checkpoint.origin(),
            head: *checkpoint.head(),
            records: self.records.0.len(),
            decisions: 0,
            unpresented: 0,
            extends: Vec::new(),
            shown: 0,
            erased: 0,
            signatures: Signatures::default(),
            lists: 0,
            directories: 0,
            findings: Vec::new(),
            more_findings: 0,
        };
        for (place, seen) in self.seen.0.iter().enumerate() {
            match check_seen(seen, &checkpoint) {
                Ok(size) => verdict.extends.push(size),
                Err(why) => verdict.add(None, BundleFault::Seen { place, why }),
            }
        }
        self.check_statements(&mut verdict);
        let cores = self.check_cores(&checkpoint, &mut verdict);
        self.check_values(&cores, &mut verdict);
        verdict.findings.sort_by_key(|finding| finding.record);
        Ok(verdict)
    }

    fn check_statements(&self, verdict: &mut BundleVerdict) {
        let bytes = |text: &String| STANDARD.decode(text).map_err(|why| why.to_string());
        for (place, list) in self.lists.0.iter().enumerate() {
            let list = bytes(list)
                .and_then(|bytes| RevocationList::parse(bytes).map_err(|why| why.to_string()));
            match list {
                Ok(_) => verdict.lists = verdict.lists.saturating_add(1),
                Err(why) => verdict.add(None, BundleFault::List { place, why }),
            }
        }
        for (place, directory) in self.directories.0.iter().enumerate() {
            let directory = bytes(directory)
                .and_then(|bytes| Directory::parse(&bytes).map_err(|why| why.to_string()));
            match directory {
                Ok(_) => verdict.directories = verdict.directories.saturating_add(1),
                Err(why) => verdict.add(None, BundleFault::Directory { place, why }),
            }
        }
    }

    /// Checks each record against the tree and the records before it. Returns what the values are
    /// compared with.
    fn check_cores(&self, checkpoint: &Checkpoint, verdict: &mut BundleVerdict) -> Erasures {
        let mut erasers = Vec::new();
        let (mut erasures, mut calls, mut last) = (Vec::new(), Calls::new(), None);
        let mut indexes = BTreeSet::new();
        if self.records.0.first().is_none_or(|own| !is_first(own)) {
            verdict.add(None, BundleFault::NoFirstRecord);
        }
        for own in &self.records.0 {
            let core = match RecordCore::parse(own.core.as_bytes()) {
                Ok(core) => core,
                Err(why) => {
                    let fault = Fault::NotARecord { why: why.to_string() };
                    verdict.add(None, BundleFault::Record(fault));
                    continue;
                }
            };
            let index = core.index;
            if let Some(after) = last.replace(index)
                && after >= index
            {
                verdict.add(Some(index), BundleFault::Order { after });
            }
            let proof = InclusionProof::from_hashes(hashes(&own.proof));
            let leaf = leaf_hash(own.core.as_bytes());
            if let Err(why) = proof.check(index, leaf, checkpoint.head()) {
                verdict.add(Some(index), BundleFault::NotInTheLog { why });
                // It decides nothing about other records.
                continue;
            }
            indexes.insert(index);
            if own.history.is_some() && !matches!(core.kind, RecordKind::Erasure { .. }) {
                verdict.add(Some(index), BundleFault::History);
            }
            match &core.kind {
                RecordKind::Log { origin, erasers: own } => {
                    if *origin != checkpoint.origin().to_string() {
                        verdict.add(Some(index), BundleFault::Record(Fault::OtherLog));
                    }
                    erasers.extend(own);
                }
                RecordKind::Decision(decision) => {
                    verdict.decisions = verdict.decisions.saturating_add(1);
                    let went_out = decision.allowed || !decision.enforced;
                    if went_out {
                        calls.insert(index, None);
                    }
                }
                RecordKind::Unpresented(_) => {
                    verdict.unpresented = verdict.unpresented.saturating_add(1);
                    calls.insert(index, None);
                }
                RecordKind::Outcome { of, result } => {
                    // The decision can be one that is not in the bundle.
                    let is_fault = match calls.get_mut(of) {
                        Some(known @ (None | Some(OutcomeResult::Unknown))) => {
                            known.replace(*result) == Some(*result)
                        }
                        Some(Some(_)) => true,
                        None => indexes.contains(of),
                    };
                    if is_fault {
                        verdict.add(Some(index), BundleFault::Record(Fault::Outcome { of: *of }));
                    }
                }
                RecordKind::Erasure { statement, wrong } => {
                    match counted((index, core.at), statement, own, checkpoint, &erasers) {
                        Ok(erasure) => erasures.push((erasure, wrong.clone())),
                        Err(why) => {
                            let fault = Fault::Erasure { why };
                            verdict.add(Some(index), BundleFault::Record(fault));
                        }
                    }
                }
                _ => {}
            }
        }
        Erasures::counting(erasures.iter().map(|(own, wrong)| (own, wrong.as_slice())))
    }

    /// Compares the values of each record with its core, and checks its chain.
    fn check_values(&self, erasures: &Erasures, verdict: &mut BundleVerdict) {
        let chains = RecordedChains::default();
        for own in &self.records.0 {
            let Ok(core) = RecordCore::parse(own.core.as_bytes()) else { continue };
            let openings = match read_openings(own, &core) {
                Ok(openings) => openings,
                Err(why) => {
                    let fault = Fault::Openings { why };
                    verdict.add(Some(core.index), BundleFault::Record(fault));
                    continue;
                }
            };
            for (place, (kind, state)) in openings.check(&core).enumerate() {
                let is_erased = erasures.has(core.index, kind);
                let was_wrong = is_erased && erasures.was_wrong(core.index, place);
                compare(core.index, (place, kind), state, is_erased, was_wrong, verdict);
            }
            let fields: Vec<_> = openings.check(&core).collect();
            match core.check_signatures(&fields, &chains) {
                Ok(None) => {}
                Ok(Some(part)) => verdict.signatures.count(part),
                Err(why) => {
                    verdict.add(Some(core.index), BundleFault::Record(Fault::Recorded(why)));
                }
            }
        }
    }
}

fn is_first(own: &Bundled) -> bool {
    RecordCore::parse(own.core.as_bytes()).is_ok_and(|core| core.index == 0)
}

fn hashes(texts: &Hashes) -> Vec<Hash> {
    texts.0.iter().map(|own| own.0).collect()
}

/// Checks that the log extends an older checkpoint. Returns its size.
fn check_seen(seen: &Seen, checkpoint: &Checkpoint) -> Result<u64, String> {
    let older = SignedCheckpoint::parse(seen.checkpoint.as_bytes()).map_err(|e| e.to_string())?;
    let older = older.verify(checkpoint.origin()).map_err(|e| e.to_string())?;
    let proof = ConsistencyProof::from_hashes(hashes(&seen.proof));
    proof.check(older.head(), checkpoint.head()).map_err(|e| e.to_string())?;
    Ok(older.head().size())
}

/// Reads the statement of an erasure that counts.
fn counted(
    (index, at): (u64, OffsetDateTime),
    statement: &str,
    own: &Bundled,
    checkpoint: &Checkpoint,
    erasers: &[PublicKey],
) -> Result<Erasure, String> {
    let note = Note::parse(statement.as_bytes()).map_err(|why| why.to_string())?;
    let erasure = Erasure::parse(&note).map_err(|why| why.to_string())?;
    if erasure.origin != *checkpoint.origin() {
        return Err("the statement is about another log".to_owned());
    }
    erasure.require_power(erasers, at).map_err(|why| why.to_string())?;
    let history = own.history.as_ref().map(hashes).unwrap_or_default();
    let older = TreeHead::new(erasure.size, erasure.root).map_err(|why| why.to_string())?;
    let proof = ConsistencyProof::from_hashes(history).check(&older, checkpoint.head());
    if erasure.size > index || proof.is_err() {
        return Err(
            "the statement is about another history than that of this log, or there is no proof that it is not"
                .to_owned(),
        );
    }
    Ok(erasure)
}

fn read_openings(own: &Bundled, core: &RecordCore) -> Result<Openings, String> {
    let line = own.openings.as_ref().ok_or("there is no line")?;
    let openings = Openings::parse(line.as_bytes()).map_err(|why| why.to_string())?;
    match (openings.index == core.index, openings.belongs_to(core)) {
        (_, true) => Ok(openings),
        (true, false) => Err("the line has another number of values".to_owned()),
        (false, false) => Err(format!("the line states the index {}", openings.index)),
    }
}

fn compare(
    index: u64,
    (place, kind): (usize, FieldKind),
    state: FieldState<'_>,
    is_erased: bool,
    was_wrong: bool,
    verdict: &mut BundleVerdict,
) {
    let fault = match state {
        _ if was_wrong => Fault::Wrong { place, kind },
        FieldState::Wrong => Fault::Wrong { place, kind },
        FieldState::Shown(_) if is_erased => Fault::NotYetErased { place, kind },
        FieldState::Gone if !is_erased => Fault::Missing { place, kind },
        FieldState::Shown(_) => {
            verdict.shown = verdict.shown.saturating_add(1);
            return;
        }
        FieldState::Gone => {
            verdict.erased = verdict.erased.saturating_add(1);
            return;
        }
    };
    verdict.add(Some(index), BundleFault::Record(fault));
}
