//! Changes of the folder while nothing runs, or while the log is open.

use std::fs;

use deputize::Signer;
use deputize_audit::{ConsistencyProof, Log, LogError, TiledHashes};

use crate::cast::{Place, Service, call, log_key, now, settings};
use crate::forge::{CORES, faults, read, verified};

fn written(calls: u32) -> Place {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for number in 0..calls {
        call(&log, service.allowed(number));
    }
    log.close().unwrap();
    place
}

/// The checkpoint is lost. `open` says "create one", and that must not be the end of the records.
#[test]
fn records_are_not_deleted_by_creating_a_log() {
    let place = written(3);
    let before = fs::read(place.file(CORES)).unwrap();
    fs::remove_file(place.file("checkpoint")).unwrap();
    assert!(matches!(place.open(), Err(LogError::Damaged { .. })));
    let created = Log::create(place.path(), log_key(), settings(), now());
    assert!(created.is_err());
    assert_eq!(fs::read(place.file(CORES)).unwrap(), before);
}

/// Tiles are made anew from the records, so the log is whole when it was opened.
#[test]
fn a_log_whose_tiles_were_lost_is_whole_after_it_was_opened() {
    let place = written(3);
    fs::remove_dir_all(place.file("tile")).unwrap();
    place.open().unwrap().close().unwrap();
    assert_eq!(faults(&read(&place.path())), []);
}

/// The same, with the checkpoint that was kept elsewhere.
#[test]
fn tiles_that_were_lost_or_changed_do_not_keep_a_log_from_extending_a_checkpoint() {
    for is_changed in [false, true] {
        let place = written(3);
        let kept = place.checkpoint();
        let log = place.open().unwrap();
        call(&log, Service::new().allowed(9));
        log.close().unwrap();
        if is_changed {
            let name = "tile/0/000.p/9";
            let mut tile = fs::read(place.file(name)).unwrap();
            tile[0] ^= 1;
            fs::write(place.file(name), tile).unwrap();
        } else {
            fs::remove_dir_all(place.file("tile")).unwrap();
        }
        let opened = Log::open(place.path(), log_key(), settings(), Some(&kept), now());
        assert_eq!(opened.map(drop), Ok(()), "{is_changed}");
    }
}

/// Somebody deletes the file of the lock, thinking that it is left from a crash. Two writers must not
/// sign two histories.
#[test]
fn two_writers_do_not_sign_two_histories() {
    let (place, service) = (Place::new(), Service::new());
    let first = place.create();
    call(&first, service.allowed(1));
    fs::remove_file(place.file("lock")).unwrap();
    let Ok(second) = place.open() else { return };
    let mut written = Vec::new();
    for (log, number) in [(&first, 2), (&second, 3), (&first, 4), (&second, 5)] {
        written.push(log.record(service.allowed(number)).is_ok());
    }
    drop((first, second));
    let all_of_one =
        [true, false, true, false] == written[..] || [false, true, false, true] == written[..];
    assert!(all_of_one && verified(&read(&place.path())).is_whole(), "{written:?}");
}

/// A reader reads a log that is being written: the checkpoint first, and the tiles when the next
/// checkpoint is there already.
#[test]
fn a_log_is_read_while_it_is_written() {
    let place = written(3);
    let early = fs::read(place.file("checkpoint")).unwrap();
    let log = place.open().unwrap();
    call(&log, Service::new().allowed(9));
    log.close().unwrap();
    let mut files = read(&place.path());
    files.insert("checkpoint".into(), early);
    assert_eq!(faults(&files), []);
}

/// After the loss of any file, opening the log makes no checkpoint that contradicts an earlier one.
#[test]
fn no_loss_of_a_file_leads_to_another_history() {
    let whole = written(150);
    let before = whole.checkpoint();
    let files = read(&whole.path());
    for lost in files.keys() {
        for empties in [false, true] {
            let place = Place::new();
            crate::forge::write(&files, &place.path());
            match empties {
                true => fs::write(place.file(lost), b"").unwrap(),
                false => fs::remove_file(place.file(lost)).unwrap(),
            }
            let Ok(log) = place.open() else { continue };
            call(&log, Service::new().allowed(9));
            log.close().unwrap();
            let after = place.checkpoint();
            let (old, new) = (before.claimed().head(), after.claimed().head());
            assert_eq!(after.claimed().origin().key(), &log_key().public_key());
            let tiles = deputize_audit::FolderTiles::new(place.path());
            let hashes = &mut TiledHashes::new(new.size(), &tiles);
            let proof = ConsistencyProof::prove(old.size(), new.size(), hashes).unwrap();
            assert_eq!(proof.check(old, new), Ok(()), "{lost}");
        }
    }
}

/// A full tile of the last segment that was changed is made anew from the records.
#[test]
fn a_full_tile_that_was_changed_changes_no_checkpoint() {
    let place = written(150);
    let mut tile = fs::read(place.file("tile/0/000")).unwrap();
    tile[100] ^= 1;
    fs::write(place.file("tile/0/000"), tile).unwrap();
    let log = place.open().unwrap();
    call(&log, Service::new().allowed(9));
    log.close().unwrap();
    assert_eq!(faults(&read(&place.path())), []);
}
