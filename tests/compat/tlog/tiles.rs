//! Both read whole logs from the folders that we write, and refuse altered ones.

use std::path::Path;

use deputize::Record;
use deputize_audit::{FolderFiles, LogSettings, export_tiles};
use serde_json::json;
use time::OffsetDateTime;

use crate::checkers::{Case, agree, by_python};
use crate::log::{Log, base64, empty, key};

fn case(what: &str, log: &Log, folder: &Path, holds: bool) -> Case {
    let root = base64(log.head.root());
    let task = json!({"folder": folder, "size": log.head.size(), "root": root});
    Case { what: what.to_owned(), task, holds }
}

#[test]
fn folders() {
    let mut cases = Vec::new();
    let logs = [1, 255, 256, 257, 1_000, 70_000]
        .map(|size| (size, Log::new(&format!("tiles-{size}"), size)));
    for (size, log) in &logs {
        cases.push(case(&format!("{size} records"), log, &log.folder, true));
    }
    let altered = [
        (4, "tile/0/001"),
        (4, "tile/0/003.p/232"),
        (4, "tile/1/000.p/3"),
        (4, "tile/entries/002"),
        (4, "tile/entries/003.p/232"),
        (5, "tile/0/200"),
        (5, "tile/0/273.p/112"),
        (5, "tile/1/000"),
        (5, "tile/1/001.p/17"),
        (5, "tile/2/000.p/1"),
        (5, "tile/entries/273.p/112"),
    ];
    for (at, file) in altered {
        let (size, log) = &logs[at];
        let name = format!("altered-{size}-{}", file.replace('/', "-"));
        cases.push(case(&format!("{file} of {size}"), log, &log.altered(&name, file), false));
    }
    agree("tiles", &cases);

    // And the other writer writes the same files.
    let tasks: Vec<_> = cases.iter().map(|case| case.task.clone()).take(logs.len()).collect();
    for (answer, (size, _)) in by_python("written", &tasks).iter().zip(&logs) {
        assert_eq!(answer["error"], "", "{size}");
    }
}

/// A log that a service wrote, as it is exported.
#[test]
fn exports() {
    let now = OffsetDateTime::UNIX_EPOCH;
    let exported = |size: u64| {
        let (own, to) = (empty(&format!("service-{size}")), empty(&format!("exported-{size}")));
        let settings = LogSettings::new("crm.acme.com", "crm-1");
        let log = deputize_audit::Log::create(&own, key(1), settings, now).unwrap();
        for number in 1..size {
            drop(log.append(&Record::recovery(number, 0, now)).unwrap());
        }
        log.close().unwrap();
        let checkpoint = export_tiles(&FolderFiles::new(&own), &to).unwrap();
        let head = *checkpoint.claimed().head();
        assert_eq!(head.size(), size);
        Log { folder: to, head }
    };
    let logs = [1, 256, 600].map(exported);
    let mut cases: Vec<_> =
        logs.iter().map(|log| case("an export", log, &log.folder, true)).collect();
    let altered = logs[2].altered("altered-export", "tile/entries/001");
    cases.push(case("an altered export", &logs[2], &altered, false));
    agree("tiles", &cases);
}
