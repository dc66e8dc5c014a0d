//! Proofs of a log while it is written: partial tiles are deleted when the tree grows.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Mutex;

use deputize::Record;
use deputize_audit::{BundleDraft, LogFiles, RecordProof};

use crate::cast::now;
use crate::forge::Forged;

type Files = BTreeMap<String, Vec<u8>>;

/// The files of a log, which become those of a later state when a file is opened the nth time.
struct Growing {
    states: [Files; 2],
    opened: Mutex<usize>,
    at: usize,
}

impl LogFiles for Growing {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        let mut opened = self.opened.lock().unwrap();
        *opened += 1;
        self.states[usize::from(*opened > self.at)].open(name)
    }
}

fn states() -> [Files; 2] {
    let mut log = Forged::new(Vec::new());
    let add = |log: &mut Forged, count: u64| {
        let size = log.size();
        (0..count).for_each(|_| log.add(&Record::recovery(0, 1, now())));
        assert_eq!(log.size(), size + count);
        log.cover();
    };
    add(&mut log, 299);
    let before = log.files.clone();
    add(&mut log, 5);
    // As a writer does.
    let old: Vec<_> = before.keys().filter(|name| name.contains(".p/")).cloned().collect();
    for name in &old {
        assert!(log.files.remove(name).is_some());
    }
    assert_eq!(old.len(), 2);
    // One of them is a tile of the new tree, too.
    log.cover();
    [before, log.files]
}

#[test]
fn a_log_can_grow_at_any_moment() {
    let states = states();
    for at in 0..12 {
        let growing = || Growing { states: states.clone(), opened: Mutex::new(0), at };
        let proof = RecordProof::prove(&growing(), 298).unwrap();
        let size = proof.checkpoint().claimed().head().size();
        assert!(size == 300 || size == 305, "{size}");
        assert_eq!(RecordProof::parse(proof.to_string().as_bytes()), Ok(proof));
        let bundle = BundleDraft::default().collect(&growing(), |_| true).unwrap();
        let verdict = bundle.verify(None).unwrap();
        assert!(verdict.holds(), "{at}: {:?}", verdict.findings);
        assert_eq!(verdict.records as u64, verdict.head.size());
    }
}
