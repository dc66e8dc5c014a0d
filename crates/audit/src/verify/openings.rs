//! The second reading: the openings, against the cores.

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{FieldState, Openings, RecordCore};

use crate::files::LogFiles;
use crate::limits::PROGRESS_RECORDS;
use crate::log::LogError;
use crate::verify::cores::Cores;
use crate::verify::erasures::Erasures;
use crate::verify::segments::{SegmentLine, SegmentLines};
use crate::verify::verdict::{Fault, Verdict};

/// Compares the openings of each record with its core.
pub(super) fn check_openings(
    files: &(impl LogFiles + ?Sized),
    cores: &Cores,
    verdict: &mut Verdict,
    progress: &mut impl FnMut(u64),
) -> Result<(), LogError> {
    let erasures = Erasures::of(files, cores, verdict)?;
    let mut core_lines = SegmentLines::cores(files, MAX_CORE_BYTES);
    let mut lines = SegmentLines::openings(files, MAX_OPENINGS_BYTES);
    let mut ended = false;
    for index in 0..cores.count {
        let SegmentLine::Whole(core) = core_lines.next()? else { break };
        let opening = if ended { SegmentLine::End } else { lines.next()? };
        // One that is no record is a fault already. Its openings have nothing to be compared with.
        let Ok(core) = RecordCore::parse(&core) else { continue };
        let openings = match opening {
            SegmentLine::Whole(line) => Openings::parse(&line).map_err(|why| why.to_string()),
            SegmentLine::Torn => {
                ended = true;
                Err("the line is not whole".to_owned())
            }
            SegmentLine::End => {
                ended = true;
                Err("there is no line".to_owned())
            }
        };
        match openings {
            Ok(openings) if openings.index != index => {
                let why = format!("the line states the index {}", openings.index);
                verdict.add(Some(index), Fault::Openings { why });
            }
            Ok(openings) => compare(index, &core, &openings, &erasures, verdict),
            Err(why) => {
                // Behind the checkpoint, a crash can have left a core without openings.
                if index < verdict.head.size() {
                    verdict.add(Some(index), Fault::Openings { why });
                }
            }
        }
        if index.checked_rem(PROGRESS_RECORDS) == Some(0) {
            progress(index);
        }
    }
    Ok(())
}

fn compare(
    index: u64,
    core: &RecordCore,
    openings: &Openings,
    erasures: &Erasures,
    verdict: &mut Verdict,
) {
    for (place, (kind, state)) in openings.check(core).enumerate() {
        let is_erased = erasures.has(index, kind);
        let fault = match state {
            _ if is_erased && erasures.was_wrong(index, place) => Fault::Wrong { place, kind },
            FieldState::Wrong => Fault::Wrong { place, kind },
            FieldState::Shown(_) if is_erased => Fault::NotYetErased { place, kind },
            FieldState::Gone if !is_erased => Fault::Missing { place, kind },
            FieldState::Shown(_) => {
                verdict.shown = verdict.shown.saturating_add(1);
                continue;
            }
            FieldState::Gone => {
                verdict.erased = verdict.erased.saturating_add(1);
                continue;
            }
        };
        verdict.add(Some(index), fault);
    }
}
