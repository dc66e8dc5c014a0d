//! Processes that are killed at any time while they create, open or write a log.

use std::env;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration as Elapsed, Instant};

use deputize::{Record, RecordKind};
use deputize_audit::{LogError, SignedCheckpoint};

use crate::cast::{
    CORES, OPENINGS, Place, assert_extends, assert_root, assert_whole, checkpoint, create, kinds,
    now, open, size, whole_lines,
};
use crate::service::{Does, Service};

/// The kills of the test below: `DEPUTIZE_KILLS=300` for more than 25.
fn kills() -> u32 {
    env::var("DEPUTIZE_KILLS").map_or(25, |kills| kills.parse().unwrap())
}

/// The moments that the kills hit.
#[derive(Debug, Default)]
struct Hits {
    kills: u32,
    before_it_was_open: u32,
    torn: u32,
    torn_openings: u32,
    behind: u32,
    new_checkpoint: u32,
    nothing: u32,
    records: usize,
    acknowledged: usize,
}

impl Display for Hits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { kills, before_it_was_open, torn, torn_openings, behind, .. } = self;
        let Self { new_checkpoint, nothing, records, acknowledged, .. } = self;
        write!(
            f,
            "{kills} kills, {before_it_was_open} before the log was open: a torn line {torn}, openings without cores {torn_openings}, records behind the checkpoint {behind}, a checkpoint not yet in place {new_checkpoint}, nothing {nothing}; {records} records, {acknowledged} acknowledged"
        )
    }
}

/// The files as a kill left them.
struct Left {
    cores: Vec<Vec<u8>>,
    /// Whole records behind the checkpoint.
    kept: usize,
    /// Bytes of the cores behind those.
    cut: usize,
}

impl Left {
    fn read(folder: &Path, hits: &mut Hits) -> Self {
        let [cores, openings] = [CORES, OPENINGS].map(|name| whole_lines(&folder.join(name)));
        let covered = checkpoint(folder).as_ref().map_or(0, size);
        let whole = cores.len().min(openings.len());
        let length = usize::try_from(fs::metadata(folder.join(CORES)).unwrap().len()).unwrap();
        let lines: usize = cores[..whole].iter().map(Vec::len).sum();
        let own = Self { kept: whole - covered, cut: length - lines, cores };
        let is_torn = own.cut > 0;
        let of_openings = fs::metadata(folder.join(OPENINGS)).unwrap().len();
        let whole_openings: usize = openings[..whole].iter().map(Vec::len).sum();
        let ahead = usize::try_from(of_openings).unwrap() > whole_openings;
        let has_new = folder.join("checkpoint.new").exists();
        hits.torn += u32::from(is_torn);
        hits.torn_openings += u32::from(ahead);
        hits.behind += u32::from(own.kept > 0);
        hits.new_checkpoint += u32::from(has_new);
        hits.nothing += u32::from(!is_torn && !ahead && own.kept == 0 && !has_new);
        own
    }
}

/// Opens the log after a kill: nothing that was acknowledged is lost, and what was found is told.
fn open_again(folder: &Path, seen: &[SignedCheckpoint], is_verified: bool, hits: &mut Hits) {
    let left = Left::read(folder, hits);
    open(folder, seen.last()).unwrap().close().unwrap();
    let (after, told) = (whole_lines(&folder.join(CORES)), kinds(folder).pop().unwrap());
    let whole = left.cores.len().min(after.len());
    let same = after.iter().zip(&left.cores).take_while(|(own, before)| own == before).count();
    assert_eq!(same, whole, "{:?}", after.get(same).map(|own| String::from_utf8_lossy(own)));
    if left.kept > 0 || left.cut > 0 {
        let [kept, cut] = [left.kept, left.cut].map(|own| u64::try_from(own).unwrap());
        assert_eq!(told, RecordKind::Recovery { kept, cut });
        assert_eq!(after.len(), left.cores.len() + 1);
    } else {
        assert_eq!(after.len(), left.cores.len());
    }
    assert_eq!(checkpoint(folder).as_ref().map(size), Some(after.len()));
    assert_root(folder, &checkpoint(folder).unwrap());
    seen.iter().for_each(|older| assert_extends(folder, older));
    if is_verified {
        assert_whole(folder, seen);
    }
    hits.records = after.len();
}

fn assert_has(folder: &Path, acknowledged: &[(usize, String)]) {
    let [cores, openings] = [CORES, OPENINGS].map(|name| whole_lines(&folder.join(name)));
    for (index, resource) in acknowledged {
        let text = [&cores[*index], &openings[*index]].map(|own| String::from_utf8_lossy(own));
        let expected = format!("\"index\":{index},");
        assert!(text.iter().all(|own| own.contains(&expected)), "{index}: {text:?}");
        assert!(text[1].contains(resource), "{index}: {text:?}");
    }
}

/// The time that a process takes until the log is open.
fn timed(folder: &Path, does: Does) -> Elapsed {
    let mut service = Service::start(folder, does, 1);
    let begun = Instant::now();
    assert_eq!(service.answer(), "open");
    let timed = begun.elapsed();
    service.kill();
    timed
}

/// A part of this time, another one each round.
fn part(time: Elapsed, round: u32) -> Elapsed {
    time.mul_f64(f64::from(round * 377 % 1000) / 1000.0)
}

/// One log, all kills. Each process opens what the one before left, and so does this one.
#[test]
fn a_service_that_is_killed_at_any_time() {
    let place = Place::on_disk();
    let path = place.path();
    create(path).unwrap().close().unwrap();
    let (mut hits, mut before) = (Hits::default(), Vec::<Vec<u8>>::new());
    for round in 0..kills() {
        let service = Service::start(path, Does::Record, round);
        let seen = Service::watch(path, part(Elapsed::from_millis(120), round));
        let (was_open, acknowledged) = service.kill();
        hits.kills += 1;
        hits.before_it_was_open += u32::from(!was_open);
        hits.acknowledged += acknowledged.len();
        // Each third time a process is killed that opens it after that.
        if round % 3 == 2 {
            let service = Service::start(path, Does::Hold, round);
            thread::sleep(part(Elapsed::from_millis(40), round));
            let (was_open, _) = service.kill();
            hits.kills += 1;
            hits.before_it_was_open += u32::from(!was_open);
        }
        let is_verified = hits.records < 1_000 || round % 10 == 9 || round + 1 == kills();
        open_again(path, &seen, is_verified, &mut hits);
        assert_has(path, &acknowledged);
        let after = whole_lines(&path.join(CORES));
        assert!(after[..before.len()] == before, "{round}");
        before = after;
    }
    println!("on a disk: {hits}");
    assert!(hits.behind > 0 && hits.acknowledged > 0, "{hits}");
}

/// Adds records without openings, as if a crash had left them, so that the cores are the longer file.
fn lengthen_cores(folder: &Path) {
    let record = Record::recovery(0, 1, now());
    let next = u64::try_from(whole_lines(&folder.join(CORES)).len()).unwrap();
    let lines = (next..next + 2_000).map(|index| record.to_lines(index).unwrap());
    let (cores, openings): (Vec<_>, Vec<_>) = lines.unzip();
    for (name, lines) in [(CORES, cores), (OPENINGS, openings)] {
        let mut file = OpenOptions::new().append(true).open(folder.join(name)).unwrap();
        file.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    }
}

/// Killed while it writes a line, at any byte of it: of the cores if they are the longer file, and else
/// of the openings, which are written first.
#[test]
fn a_service_that_is_killed_within_a_line() {
    for longer in [CORES, OPENINGS] {
        let place = Place::new();
        let path = place.path();
        create(path).unwrap().close().unwrap();
        let mut hits = Hits::default();
        for round in 0..kills().div_ceil(2) {
            if longer == CORES && round % 10 == 0 {
                lengthen_cores(path);
                open_again(path, &[], false, &mut Hits::default());
            }
            let length = usize::try_from(fs::metadata(path.join(longer)).unwrap().len()).unwrap();
            // Room for some records, and a part of one.
            let most = length + 12_000 + usize::try_from(round * 377 % 1_000).unwrap();
            let service = Service::start_limited(path, round, most);
            let (was_open, acknowledged) = service.killed();
            assert!(was_open);
            hits.kills += 1;
            hits.acknowledged += acknowledged.len();
            let is_verified = hits.records < 1_000 || round % 10 == 9;
            let seen: Vec<_> = checkpoint(path).into_iter().collect();
            open_again(path, &seen, is_verified, &mut hits);
            assert_has(path, &acknowledged);
        }
        assert_whole(path, &[]);
        println!("within a line of {longer}: {hits}");
        let torn = if longer == CORES { hits.torn } else { hits.torn_openings };
        assert!(torn > 0 && hits.acknowledged > 0, "{hits}");
    }
}

/// Fresh logs, and early kills: the log is there or can be created.
#[test]
fn a_service_that_is_killed_while_it_creates_a_log() {
    let most = timed(Place::on_disk().path(), Does::Create) * 2;
    let (mut hits, mut without) = (Hits::default(), 0);
    for round in 0..kills() {
        let place = Place::on_disk();
        let mut service = Service::start(place.path(), Does::Create, round);
        // Each fifth one has a log for some time.
        let waits = round % 5 == 4;
        if waits {
            assert_eq!(service.answer(), "open");
        }
        thread::sleep(part(most, round));
        let (said_open, acknowledged) = service.kill();
        let was_open = waits || said_open;
        hits.kills += 1;
        hits.before_it_was_open += u32::from(!was_open);
        hits.acknowledged += acknowledged.len();
        if checkpoint(place.path()).is_none() {
            assert!(!was_open);
            without += 1;
            let error = open(place.path(), None).unwrap_err();
            assert!(matches!(error, LogError::NotALog { .. }), "{error}");
            create(place.path()).unwrap().close().unwrap();
        }
        open_again(place.path(), &[], true, &mut hits);
        assert_has(place.path(), &acknowledged);
    }
    println!("created: {hits}; no log yet {without}");
    assert!((1..kills()).contains(&without), "{without}");
}
