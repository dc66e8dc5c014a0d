//! Changes of the openings.

use deputize::Record;
use deputize_audit::Fault;

use crate::cast::{Place, Service, call};
use crate::forge::{CORES, Files, Forged, OPENINGS, faults, read, split, verified};

fn written() -> Files {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for number in 0..5 {
        call(&log, service.allowed(number));
    }
    log.close().unwrap();
    read(&place.path())
}

/// A record without fields has no openings, so a text that is put there is not a value of it.
#[test]
fn a_record_without_fields_has_no_values() {
    let mut log = Forged::of_size(3);
    log.add(&Record::recovery(1, 1, crate::cast::now()));
    log.cover();
    assert!(verified(&log.files).is_whole());
    let mut lines = split(&log.files, OPENINGS);
    lines[2] = "{\"index\":2,\"open\":[[\"\",{\"by\":\"alice\"}],null]}\n".to_owned();
    log.files.insert(OPENINGS.into(), lines.concat().into_bytes());
    assert!(!verified(&log.files).is_whole());
}

/// One line that cannot be read says nothing about the others.
#[test]
fn a_line_that_is_changed_does_not_blame_the_others() {
    let mut files = written();
    let mut lines = split(&files, OPENINGS);
    lines[3] = lines[3].replacen('{', " ", 1);
    files.insert(OPENINGS.into(), lines.concat().into_bytes());
    let found = faults(&files);
    assert!(matches!(&found[..], [(Some(3), Fault::Openings { .. })]), "{found:?}");
}

/// Each byte of the openings and of the cores, changed, makes the log not whole.
#[test]
fn each_byte_counts() {
    let files = written();
    for name in [OPENINGS, CORES] {
        let bytes = &files[name];
        for place in (0..bytes.len()).filter(|place| place % 7 == 0) {
            for flip in [1, 0x20] {
                let mut changed = files.clone();
                changed.get_mut(name).unwrap()[place] ^= flip;
                assert!(!verified(&changed).is_whole(), "{name} {place} {flip}");
            }
        }
        // Each line moved, doubled and dropped, in one of the two files alone.
        let lines = split(&files, name);
        for index in 0..lines.len() - 1 {
            for change in 0..3 {
                let mut own = lines.clone();
                match change {
                    0 => own.swap(index, index + 1),
                    1 => own.insert(index, lines[index].clone()),
                    _ => drop(own.remove(index)),
                }
                let mut changed = files.clone();
                changed.insert(name.into(), own.concat().into_bytes());
                assert!(!verified(&changed).is_whole(), "{name} {index} {change}");
            }
        }
    }
}
