//! The folder of a guard: first starts that are killed, parts that are lost, and copies of the log.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration as Elapsed;
use std::{fs, thread};

use deputize_audit::Monitor;
use deputize_guard::GuardConfig;

use crate::{BY_EXPIRY, LOG, Place, code, now};

fn rest() -> String {
    format!("{BY_EXPIRY}{LOG}")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).unwrap()),
        }
    }
}

/// Only the log is restored from a copy: what it lacks is noticed.
#[test]
fn an_older_copy_of_the_log_is_noticed() {
    let place = Place::new();
    let data = place.folder.path().join("data");
    drop(place.start_new(&rest()).unwrap());
    copy(&data.join("log"), &place.folder.path().join("copy"));
    let guard = place.start(&rest()).unwrap();
    assert_eq!(code(place.check(&guard)), None);
    drop(guard);
    // The whole log goes on.
    drop(place.start(&rest()).unwrap());
    fs::remove_dir_all(data.join("log")).unwrap();
    copy(&place.folder.path().join("copy"), &data.join("log"));
    let refused = place.start(&rest()).unwrap_err().to_string();
    assert!(refused.contains("its folder was set back or changed"), "{refused}");
    // Whoever knows why can go on.
    fs::remove_file(data.join("log.checkpoint")).unwrap();
    drop(place.start(&rest()).unwrap());
    fs::write(data.join("log.checkpoint"), "deputize").unwrap();
    let refused = place.start(&rest()).unwrap_err().to_string();
    assert!(refused.contains("log.checkpoint`"), "{refused}");
}

/// A guard that is killed has kept a checkpoint that its log has, too.
#[test]
fn a_kept_checkpoint_is_never_ahead_of_the_log() {
    let place = Place::new();
    let guard = place.start_new(&rest()).unwrap();
    let data = place.folder.path().join("data");
    let copied = place.folder.path().join("copied");
    for _ in 0..20 {
        assert_eq!(code(place.check(&guard)), None);
        // The kept one first: the log may be ahead by the time that it is copied, as when both stop.
        let _ = fs::remove_dir_all(&copied);
        fs::create_dir(&copied).unwrap();
        fs::copy(data.join("log.checkpoint"), copied.join("log.checkpoint")).unwrap();
        copy(&data, &copied.join("rest"));
        fs::rename(copied.join("log.checkpoint"), copied.join("rest/log.checkpoint")).unwrap();
        let config = place.config(&rest()).replace("\"data\"", "\"copied/rest\"");
        place.write("copied.toml", config.as_bytes());
        let config = GuardConfig::read(place.folder.path().join("copied.toml")).unwrap();
        drop(config.start(Monitor::default(), now(), |_| {}).unwrap());
    }
}

#[test]
fn parts_are_made_together_and_one_that_is_missing_later_was_lost() {
    let place = Place::new();
    let data = place.folder.path().join("data");
    drop(place.start_new(&rest()).unwrap());
    let whole = place.folder.path().join("whole");
    copy(&data, &whole);
    assert_eq!(fs::read_to_string(data.join("made")).unwrap(), "made\n");
    let remove = |part: &str| {
        let path = data.join(part);
        match path.is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    };
    let restore = |made: Option<&str>| {
        fs::remove_dir_all(&data).unwrap();
        copy(&whole, &data);
        match made {
            Some(text) => fs::write(data.join("made"), text).unwrap(),
            None => remove("made"),
        }
    };
    let all = ["used", "statements", "log"];
    for part in all {
        for made in [Some("made\n"), Some(""), Some("madeng\n"), Some("ma"), None] {
            restore(made);
            remove(part);
            let refused = place.start(&rest()).unwrap_err().to_string();
            assert!(refused.contains(&format!("it has no `{part}`")), "{made:?}: {refused}");
        }
    }
    restore(Some("made\n"));
    all.into_iter().for_each(remove);
    let refused = place.start(&rest()).unwrap_err().to_string();
    assert!(refused.contains("it has no `used`"), "{refused}");

    // A first start that was killed: what is there is kept, and the rest is made.
    let killed: [&[&str]; 6] = [
        &[],
        &["log/checkpoint"],
        &["log"],
        &["log", "statements"],
        &["log", "statements", "used/state"],
        &["log", "statements", "used"],
    ];
    for missing in killed {
        restore(Some("making\n"));
        remove("log.checkpoint");
        missing.iter().copied().for_each(remove);
        drop(place.start(&rest()).unwrap_or_else(|why| panic!("{missing:?}: {why}")));
        assert_eq!(fs::read_to_string(data.join("made")).unwrap(), "made\n");
        drop(place.start(&rest()).unwrap());
    }
    // Folders without the file are as they were, and have it then.
    restore(None);
    drop(place.start(&rest()).unwrap());
    assert_eq!(fs::read_to_string(data.join("made")).unwrap(), "made\n");
}

/// A first start is killed at many points, and the next one needs no help.
#[test]
fn a_first_start_that_is_killed_is_gone_on_with() {
    const CHILD: &str = "DEPUTIZE_TEST_START";
    if let Some(path) = std::env::var_os(CHILD) {
        let config = GuardConfig::read(path).unwrap();
        drop(config.start(Monitor::default(), now(), |_| {}).unwrap());
        return;
    }
    let place = Place::new();
    place.write("guard.toml", place.config(&rest()).as_bytes());
    let (config, data) = (place.folder.path().join("guard.toml"), place.folder.path().join("data"));
    let child = || {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "folder::a_first_start_that_is_killed_is_gone_on_with"]);
        child.env(CHILD, &config).stdout(Stdio::null()).stderr(Stdio::null());
        child.spawn().unwrap()
    };
    let rounds: u32 = std::env::var("DEPUTIZE_KILLS").map_or(48, |text| text.parse().unwrap());
    // What appears in the folder, in this order.
    let steps = [
        "made",
        "statements",
        "used",
        "used/state",
        "log",
        "log/segments",
        "log/checkpoint",
        "log.checkpoint",
    ];
    let (mut making, mut made) = (0, 0);
    for (round, step) in (0..rounds).zip(steps.iter().cycle()) {
        let mut child = child();
        while !data.join(step).exists() && child.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        thread::sleep(Elapsed::from_micros(u64::from(round) * 97 % 2_000));
        child.kill().unwrap();
        child.wait().unwrap();
        match fs::read_to_string(data.join("made")).as_deref() {
            Ok("made\n") => made += 1,
            _ => making += 1,
        }
        drop(place.start(&rest()).unwrap_or_else(|why| panic!("round {round}: {why}")));
        drop(place.start(&rest()).unwrap());
        fs::remove_dir_all(&data).unwrap();
    }
    assert!(making > rounds / 4 && made > 0, "{making} and {made}");
}
