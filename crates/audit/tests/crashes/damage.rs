//! Each file of a log is damaged in each of several ways. Whatever it is, opening does not panic, cuts
//! off nothing that a checkpoint covers, and signs nothing that does not extend the checkpoint before.

use std::fs;
use std::path::Path;
use std::slice;

use deputize_audit::{LogError, SignedCheckpoint};

use crate::cast::{
    Agent, CORES, OPENINGS, Place, assert_extends, assert_root, assert_whole, call, checkpoint,
    copy, create, files, in_time, later, now, open, refused, size, verdict, whole_lines,
};

#[derive(Debug, Clone, Copy)]
enum Damage {
    Removed,
    Emptied,
    Halved,
    Folder,
    /// As many bytes that are not text.
    Garbage,
    /// As many empty lines.
    Lines,
    /// Each line is doubled.
    Doubled,
    /// A line feed in the middle makes two lines of one.
    Split,
    /// A byte in the middle is another one.
    Changed,
}

const DAMAGES: [Damage; 9] = [
    Damage::Removed,
    Damage::Emptied,
    Damage::Halved,
    Damage::Folder,
    Damage::Garbage,
    Damage::Lines,
    Damage::Doubled,
    Damage::Split,
    Damage::Changed,
];

impl Damage {
    fn apply(self, path: &Path) {
        if path.is_dir() {
            match self {
                Self::Removed => fs::remove_dir_all(path).unwrap(),
                Self::Emptied => {
                    fs::remove_dir_all(path).unwrap();
                    fs::create_dir(path).unwrap();
                }
                _ => {
                    fs::remove_dir_all(path).unwrap();
                    fs::write(path, "a file in the place of a folder").unwrap();
                }
            }
            return;
        }
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        match self {
            Self::Removed | Self::Folder => {
                fs::remove_file(path).unwrap();
                if matches!(self, Self::Folder) {
                    fs::create_dir(path).unwrap();
                }
                return;
            }
            Self::Emptied => bytes.clear(),
            Self::Halved => bytes.truncate(middle),
            Self::Garbage => bytes.fill(0xfe),
            Self::Lines => bytes.fill(b'\n'),
            Self::Doubled => {
                let lines = bytes.split_inclusive(|byte| *byte == b'\n');
                bytes = lines.flat_map(|line| [line, line]).flatten().copied().collect();
            }
            Self::Split => bytes.insert(middle, b'\n'),
            Self::Changed => {
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 0x10;
                }
            }
        }
        fs::write(path, bytes).unwrap();
    }
}

/// A closed log of 281 records, most of them of calls that were refused.
fn closed() -> Place {
    let (place, agent) = (Place::new(), Agent::new(now()));
    let log = create(place.path()).unwrap();
    for minute in 0..260 {
        drop(log.record(refused(later(60 * minute))).unwrap());
    }
    for number in 0..10 {
        call(&log, agent.allowed(&format!("accounts/{number}"))).unwrap();
    }
    log.close().unwrap();
    assert_eq!(checkpoint(place.path()).as_ref().map(size), Some(281));
    place
}

/// A log with records behind its checkpoint, as a crash leaves it, and one without.
fn logs() -> [Place; 2] {
    let closed = closed();
    let longer = Place::copy_of(closed.path());
    let log = open(longer.path(), None).unwrap();
    for number in 0..3 {
        call(&log, Agent::new(now()).allowed(&format!("accounts/{number}"))).unwrap();
    }
    log.close().unwrap();
    let crashed = Place::copy_of(closed.path());
    for name in [CORES, OPENINGS] {
        fs::copy(longer.path().join(name), crashed.path().join(name)).unwrap();
    }
    [closed, crashed]
}

/// The bytes of the lines that a checkpoint covers.
fn covered(folder: &Path, name: &str, checkpoint: &SignedCheckpoint) -> usize {
    let lines = whole_lines(&folder.join(name));
    lines.iter().take(size(checkpoint)).map(Vec::len).sum()
}

/// Opens a damaged log, and goes on with it if that is possible. Returns what happened.
fn open_damaged(folder: &Path, before: &SignedCheckpoint, newest: bool) -> Result<(), LogError> {
    let (path, newest) = (folder.to_owned(), newest.then(|| before.clone()));
    in_time(move || {
        let log = open(&path, newest.as_ref())?;
        call(&log, Agent::new(now()).allowed("accounts/9"))?;
        log.close()
    })
}

fn damage(log: &Place, name: &str, damage: Damage) {
    let before = checkpoint(log.path()).unwrap();
    let lengths = [CORES, OPENINGS].map(|name| covered(log.path(), name, &before));
    for newest in [false, true] {
        let place = Place::copy_of(log.path());
        let (folder, what) = (place.path(), format!("{name} {damage:?} {newest}"));
        damage.apply(&folder.join(name));
        let damaged = files(folder);
        let outcome = open_damaged(folder, &before, newest);
        println!("{what}: {outcome:?}");
        // Of what the checkpoint covers, each byte is as the damage left it.
        for (own, length) in [CORES, OPENINGS].into_iter().zip(lengths) {
            let path = folder.join(own);
            let Some((_, bytes)) = damaged.iter().find(|(other, _)| *other == path) else {
                assert!(!path.is_file(), "{what}: a file was made in the place of {own}");
                continue;
            };
            let after = fs::read(path).unwrap();
            let length = length.min(bytes.len());
            assert!(after.len() >= length && after[..length] == bytes[..length], "{what}: {own}");
        }
        match outcome {
            Ok(()) if name == "checkpoint" => panic!("{what}"),
            Ok(()) => {
                assert_extends(folder, &before);
                // Values that a change in the middle made wrong are for a verifier to find.
                if name == OPENINGS {
                    assert_root(folder, &checkpoint(folder).unwrap());
                    let verdict = verdict(folder, slice::from_ref(&before));
                    assert!(verdict.findings.iter().all(|own| own.record.is_some()), "{what}");
                } else {
                    assert_whole(folder, slice::from_ref(&before));
                }
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                // The checkpoint is the one before, or what the damage made of it.
                let path = folder.join("checkpoint");
                let old = damaged.iter().find(|(other, _)| *other == path);
                assert_eq!(fs::read(&path).ok().as_ref(), old.map(|(_, bytes)| bytes), "{what}");
            }
        }
    }
}

fn each_damage(names: &[&str]) {
    for log in logs() {
        for name in names {
            DAMAGES.iter().for_each(|own| damage(&log, name, *own));
        }
    }
}

#[test]
fn damaged_records() {
    each_damage(&[CORES]);
}

#[test]
fn damaged_openings() {
    each_damage(&[OPENINGS]);
}

#[test]
fn a_damaged_checkpoint_or_lock() {
    each_damage(&["checkpoint", "lock", "segments"]);
}

#[test]
fn damaged_tiles() {
    each_damage(&["tile", "tile/0/000", "tile/0/001.p/25", "tile/1/000.p/1"]);
}

/// Creating a log where only the checkpoint is lost does not delete the records.
#[test]
fn a_log_without_its_checkpoint_is_not_created_anew() {
    let place = Place::written(2);
    fs::remove_file(place.path().join("checkpoint")).unwrap();
    let before = files(place.path());
    for error in [create(place.path()).unwrap_err(), open(place.path(), None).unwrap_err()] {
        let is_named = |path: &Path| path.ends_with("checkpoint");
        assert!(matches!(&error, LogError::Damaged { path, .. } if is_named(path)), "{error}");
    }
    assert!(files(place.path()) == before);
}

/// Opening makes nothing where there is no log.
#[test]
fn a_folder_without_a_log_stays_as_it_is() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    let error = open(place.path(), None).unwrap_err();
    assert_eq!(error, LogError::NotALog { path: place.path().into() });
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

/// The tiles that are there name the record that was changed, so a log that is not opened keeps them.
#[test]
fn tiles_are_not_made_of_changed_records() {
    let place = closed();
    Damage::Changed.apply(&place.path().join(CORES));
    Damage::Removed.apply(&place.path().join("tile/0/001.p"));
    let before = files(place.path());
    let error = open(place.path(), None).unwrap_err();
    assert!(matches!(error, LogError::Damaged { .. }), "{error}");
    assert!(files(place.path()) == before);
}

/// An old copy of the folder, put back piece by piece over the new one.
#[test]
fn older_files_in_the_place_of_newer_ones() {
    let [old, _] = logs();
    let new = Place::copy_of(old.path());
    let log = open(new.path(), None).unwrap();
    for number in 0..5 {
        call(&log, Agent::new(now()).allowed(&format!("accounts/{number}"))).unwrap();
    }
    log.close().unwrap();
    let newest = checkpoint(new.path()).unwrap();
    for name in [CORES, OPENINGS, "checkpoint"] {
        let place = Place::copy_of(new.path());
        fs::copy(old.path().join(name), place.path().join(name)).unwrap();
        assert!(open_damaged(place.path(), &newest, true).is_err(), "{name}");
        match open_damaged(place.path(), &newest, false) {
            Ok(()) => {
                assert_eq!(name, "checkpoint");
                assert_whole(place.path(), slice::from_ref(&newest));
            }
            Err(error) => assert!(matches!(error, LogError::Damaged { .. }), "{error}"),
        }
    }
    // Older tiles are made anew.
    let place = Place::copy_of(new.path());
    fs::remove_dir_all(place.path().join("tile")).unwrap();
    copy(&old.path().join("tile"), &place.path().join("tile"));
    open_damaged(place.path(), &newest, true).unwrap();
    assert_whole(place.path(), &[newest]);
}

/// A crash leaves files that were not yet moved into their places. They do not stop the next writer.
#[test]
fn files_that_a_crash_left_are_replaced() {
    let place = closed();
    let seen = checkpoint(place.path()).unwrap();
    for name in ["checkpoint.new", "tile/0/001.new", "tile/1/000.p/1.new", "tile/0/001"] {
        fs::write(place.path().join(name), "half of a file").unwrap();
    }
    let log = open(place.path(), Some(&seen)).unwrap();
    let agent = Agent::new(now());
    for number in 0..3 {
        call(&log, agent.allowed(&format!("accounts/{number}"))).unwrap();
    }
    log.close().unwrap();
    assert!(!place.path().join("checkpoint.new").exists());
    assert_whole(place.path(), &[seen]);
}
