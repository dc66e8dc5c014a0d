//! The second reading: the openings, against the cores.

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{
    Contradiction, FieldKind, FieldState, Openings, OpeningsLine, RecordCore, RecordedChains,
    SignedPart,
};
use rayon::iter::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

use crate::expander::Expander;
use crate::files::LogFiles;
use crate::limits::RECORDS_TOGETHER;
use crate::log::LogError;
use crate::verify::cores::Cores;
use crate::verify::erasures::Erasures;
use crate::verify::segments::{SegmentLine, SegmentLines};
use crate::verify::verdict::{Fault, Signatures, Verdict};

/// Compares the openings of each record with its core, and the record with the signatures in them if
/// `chains` are given.
pub(super) fn check_openings(
    files: &(impl LogFiles + ?Sized),
    cores: &Cores,
    chains: Option<&RecordedChains>,
    verdict: &mut Verdict,
    progress: &mut impl FnMut(u64),
) -> Result<(), LogError> {
    verdict.signatures = chains.map(|_| Signatures::default());
    let erasures = Erasures::of(files, cores, verdict)?;
    let mut core_lines = SegmentLines::cores(files, MAX_CORE_BYTES);
    let mut lines = SegmentLines::openings(files, MAX_OPENINGS_BYTES);
    let mut expander = Expander::default();
    let mut index = 0;
    while index < cores.count {
        let (mut together, end) = lines.next_lines(RECORDS_TOGETHER)?;
        // No more cores than lines, unless these have ended: then the rest is missing.
        let most = if end.is_some() { RECORDS_TOGETHER } else { together.len() };
        let (cores_together, _) = core_lines.next_lines(most)?;
        let missing = match end {
            Some(SegmentLine::Torn) => "the line is not whole",
            _ => "there is no line",
        };
        if cores_together.is_empty() {
            break;
        }
        together.resize_with(cores_together.len(), Vec::new);
        let pairs: Vec<_> = cores_together.iter().zip(&together).collect();
        let read: Vec<_> = pairs.par_iter().map(|(core, line)| read(core, line, missing)).collect();
        // In the order of the lines, since a line can repeat values of an earlier one.
        let whole = (index..)
            .zip(read)
            .map(|(index, (core, line))| (core, line.map(|line| expander.read(index, line))));
        let whole: Vec<_> = whole.collect();
        let judged = whole.into_par_iter().map(|(core, line)| judge(core, line, chains));
        for fields in judged.collect::<Vec<_>>() {
            match fields {
                Judged::NoCore => {}
                Judged::Fields { index: stated, .. } if stated != index => {
                    let why = format!("the line states the index {stated}");
                    verdict.add(Some(index), Fault::Openings { why });
                }
                Judged::Fields { fields, signed, .. } => {
                    compare(index, &fields, &erasures, verdict);
                    count(index, signed, verdict);
                }
                // Behind the checkpoint, a crash can have left a core without openings.
                Judged::NoOpenings { .. } if index >= verdict.head.size() => {}
                Judged::NoOpenings { why } => verdict.add(Some(index), Fault::Openings { why }),
            }
            index = index.saturating_add(1);
        }
        progress(index);
    }
    Ok(())
}

/// The openings of a record, compared with its core.
enum Judged {
    /// The core is not a record, which is a fault already: there is nothing to compare with.
    NoCore,
    /// The line is not one of a writer.
    NoOpenings { why: String },
    /// The fields in their order, the index that the line states, and what the signatures show.
    Fields {
        index: u64,
        fields: Vec<(FieldKind, State)>,
        signed: Result<Option<SignedPart>, Contradiction>,
    },
}

/// The state of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Shown,
    Gone,
    Wrong,
}

/// Reads the two lines of a record; the core is `None` if it is not one. A missing line of openings is
/// empty, for the reason `missing`.
fn read(
    core: &[u8],
    line: &[u8],
    missing: &str,
) -> (Option<RecordCore>, Result<OpeningsLine, String>) {
    let line = match line.is_empty() {
        true => Err(missing.to_owned()),
        false => OpeningsLine::parse(line).map_err(|why| why.to_string()),
    };
    (RecordCore::parse(core).ok(), line)
}

/// Compares the openings of a record with its core, and the record with the signatures in them.
fn judge(
    core: Option<RecordCore>,
    openings: Result<Openings, String>,
    chains: Option<&RecordedChains>,
) -> Judged {
    let Some(core) = core else { return Judged::NoCore };
    match openings {
        Err(why) => Judged::NoOpenings { why },
        Ok(openings) if openings.index == core.index && !openings.belongs_to(&core) => {
            Judged::NoOpenings { why: "the line has another number of values".to_owned() }
        }
        Ok(openings) => {
            let states: Vec<_> = openings.check(&core).collect();
            let signed = chains.map_or(Ok(None), |chains| core.check_signatures(&states, chains));
            let state = |(kind, state): &(FieldKind, FieldState<'_>)| match state {
                FieldState::Shown(_) => (*kind, State::Shown),
                FieldState::Gone => (*kind, State::Gone),
                FieldState::Wrong => (*kind, State::Wrong),
            };
            let fields = states.iter().map(state).collect();
            Judged::Fields { index: openings.index, fields, signed }
        }
    }
}

/// Counts a record by what its signatures show.
fn count(index: u64, signed: Result<Option<SignedPart>, Contradiction>, verdict: &mut Verdict) {
    match (signed, &mut verdict.signatures) {
        (Ok(Some(part)), Some(all)) => all.count(part),
        (Err(why), _) => verdict.add(Some(index), Fault::Recorded(why)),
        (Ok(_), _) => {}
    }
}

fn compare(index: u64, fields: &[(FieldKind, State)], erasures: &Erasures, verdict: &mut Verdict) {
    for (place, (kind, state)) in fields.iter().copied().enumerate() {
        let is_erased = erasures.has(index, kind);
        let fault = match state {
            _ if is_erased && erasures.was_wrong(index, place) => Fault::Wrong { place, kind },
            State::Wrong => Fault::Wrong { place, kind },
            State::Shown if is_erased => Fault::NotYetErased { place, kind },
            State::Gone if !is_erased => Fault::Missing { place, kind },
            State::Shown => {
                verdict.shown = verdict.shown.saturating_add(1);
                continue;
            }
            State::Gone => {
                verdict.erased = verdict.erased.saturating_add(1);
                continue;
            }
        };
        verdict.add(Some(index), fault);
    }
}
