//! Opening a log again: after its end, after a crash at any byte, and after somebody changed it.

use std::fs::{self, OpenOptions};

use deputize::RecordKind;
use deputize_audit::{Log, LogError};

use crate::cast::{Place, Service, call, later, lines, log_key, now, settings};

const CORES: &str = "segments/00000000.jsonl";
const OPENINGS: &str = "segments/00000000.open.jsonl";

/// A log of a few calls, closed.
fn written(calls: u32) -> Place {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for number in 0..calls {
        call(&log, service.allowed(number));
    }
    log.close().unwrap();
    place
}

fn cut(place: &Place, name: &str, length: u64) {
    OpenOptions::new().write(true).open(place.file(name)).unwrap().set_len(length).unwrap();
}

/// Puts an earlier checkpoint with its tiles in place, as after a crash before the next one.
fn copy(from: &Place, to: &Place) {
    fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy_folder(&entry.path(), &target),
                false => drop(fs::copy(entry.path(), target).unwrap()),
            }
        }
    }
    copy_folder(&from.path(), &to.path());
}

#[test]
fn a_closed_log_goes_on_where_it_ended() {
    let place = written(3);
    let before = place.cores();
    let log = place.open().unwrap();
    let service = Service::new();
    assert_eq!(call(&log, service.allowed(9)), 7);
    log.close().unwrap();
    let after = place.cores();
    assert_eq!((&after[..7], after.len()), (&before[..], 9));
    assert!(!place.kinds().contains(&"recovery"));
    assert_eq!(place.checkpoint().claimed().head().size(), 9);
}

/// A crash can leave any prefix of what was appended behind the checkpoint, of either file.
#[test]
fn a_tail_is_kept_up_to_the_last_whole_record_and_told() {
    // The state at a checkpoint, and the bytes of one more call behind it.
    let base = written(1);
    let more = Place::new();
    copy(&base, &more);
    let log = more.open().unwrap();
    call(&log, Service::new().allowed(5));
    log.close().unwrap();
    let [cores, openings] = [CORES, OPENINGS].map(|name| fs::read(more.file(name)).unwrap());
    let start = [CORES, OPENINGS].map(|name| fs::metadata(base.file(name)).unwrap().len() as usize);
    let ends: Vec<_> =
        (0..=cores.len()).filter(|end| *end >= start[0] && (*end - start[0]) % 37 == 0).collect();
    for end in ends.into_iter().chain([cores.len()]) {
        for open_end in [start[1], (start[1] + openings.len()) / 2, openings.len()] {
            let place = Place::new();
            copy(&base, &place);
            fs::write(place.file(CORES), &cores[..end]).unwrap();
            fs::write(place.file(OPENINGS), &openings[..open_end]).unwrap();
            let whole =
                |bytes: &[u8], from: usize| bytes[from..].iter().filter(|b| **b == b'\n').count();
            let kept = whole(&cores[..end], start[0]).min(whole(&openings[..open_end], start[1]));
            place.open().unwrap().close().unwrap();
            let all = place.cores();
            let is_same = end == start[0] && open_end == start[1];
            assert_eq!(all.len(), 3 + kept + usize::from(!is_same && (kept > 0 || end > start[0])));
            match &all.last().unwrap().kind {
                RecordKind::Recovery { kept: told, cut } => {
                    assert_eq!(*told, kept as u64);
                    let lines: usize =
                        lines(&place.file(CORES))[3..3 + kept].iter().map(|l| l.len() + 1).sum();
                    assert_eq!(*cut, (end - start[0] - lines) as u64);
                }
                _ => assert!(kept == 0 && end == start[0], "{end} {open_end}"),
            }
            assert_eq!(place.checkpoint().claimed().head().size(), all.len() as u64);
            assert_eq!(place.openings().len(), all.len());
        }
    }
}

/// Records that a checkpoint covers are not lost in a crash.
#[test]
fn a_segment_that_is_too_short_is_damaged() {
    for name in [CORES, OPENINGS] {
        let place = written(2);
        let length = fs::metadata(place.file(name)).unwrap().len();
        cut(&place, name, length - 1);
        let error = place.open().unwrap_err();
        assert!(
            matches!(&error, LogError::Damaged { path, .. } if path.ends_with(name)),
            "{error}"
        );
        // Nothing was changed.
        assert_eq!(fs::metadata(place.file(name)).unwrap().len(), length - 1);
    }
}

/// Segments behind the last one are looked for by their names, which can have any number.
#[test]
fn a_file_with_a_great_number_does_not_keep_a_log_from_opening() {
    let place = written(1);
    for name in ["00000007.jsonl", "18446744073709551615.jsonl", "99999999999999999999.jsonl"] {
        fs::write(place.file("segments").join(name), b"behind\n").unwrap();
    }
    place.open().unwrap().close().unwrap();
    assert!(!place.file("segments/00000007.jsonl").exists());
    assert_eq!(place.kinds().last(), Some(&"recovery"));
}

/// Tiles can be made anew from the records, and only from those.
#[test]
fn lost_tiles_are_made_anew() {
    let place = written(200);
    fs::remove_dir_all(place.file("tile")).unwrap();
    let log = place.open().unwrap();
    call(&log, Service::new().allowed(1));
    log.close().unwrap();
    assert_eq!(place.checkpoint().claimed().head().size(), 403);
    let size = place.checkpoint().claimed().head().size();
    let tiles = deputize_audit::FolderTiles::new(place.path());
    let tree = deputize_audit::TileWriter::resume(size, &tiles).unwrap();
    assert_eq!(tree.head(), *place.checkpoint().claimed().head());

    fs::remove_dir_all(place.file("tile")).unwrap();
    let text = fs::read_to_string(place.file(CORES)).unwrap();
    fs::write(place.file(CORES), text.replacen("\"done\"", "\"fail\"", 1)).unwrap();
    let error = place.open().unwrap_err();
    assert!(matches!(&error, LogError::Damaged { .. }), "{error}");
}

#[test]
fn a_log_that_was_set_back_is_not_opened() {
    let place = written(2);
    let early = Place::new();
    copy(&place, &early);
    let log = place.open().unwrap();
    call(&log, Service::new().allowed(5));
    log.close().unwrap();
    let kept_elsewhere = place.checkpoint();

    let open = |place: &Place| {
        Log::open(place.path(), log_key(), settings(), Some(&kept_elsewhere), now())
    };
    assert_eq!(open(&early).unwrap_err(), LogError::SetBack { expected: 7, found: 5 });
    // As long as the other, and not the same.
    let log = early.open().unwrap();
    call(&log, Service::new().allowed(6));
    log.close().unwrap();
    assert_eq!(open(&early).unwrap_err(), LogError::SetBack { expected: 7, found: 7 });
    open(&place).unwrap().close().unwrap();
    // Another log.
    assert!(matches!(open(&written(4)).unwrap_err(), LogError::OtherLog { .. }));
}

#[test]
fn a_log_is_opened_with_its_own_key() {
    let place = written(1);
    let other = deputize::SigningKey::from_bytes(&[71; 32]);
    let error = Log::open(place.path(), other, settings(), None, now()).unwrap_err();
    assert!(matches!(error, LogError::Checkpoint(_)), "{error}");
    let nothing = Place::new();
    assert_eq!(nothing.open().unwrap_err(), LogError::NotALog { path: nothing.path() });
}

/// A clock that is set back changes the times that records state, and nothing else.
#[test]
fn a_clock_can_go_back() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for at in [now(), later(20), later(1)] {
        let decision = service.decide("accounts/1", 5, at);
        drop(log.record(decision).unwrap());
    }
    log.close().unwrap();
    let log = Log::open(place.path(), log_key(), settings(), None, later(-3600)).unwrap();
    log.close().unwrap();
    let times: Vec<_> = place.cores().iter().map(|core| core.at).collect();
    assert!(!times.is_sorted());
    assert_eq!(place.checkpoint().claimed().head().size(), times.len() as u64);
}
