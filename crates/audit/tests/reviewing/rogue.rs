//! Logs that grow, and logs that state more than a verifier allowed.

use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use deputize::{Decision, Record, Token};
use deputize_audit::{FolderFiles, LogFiles, Reviewer, Usage};

use crate::cast::{
    Place, append, capabilities, day, decide, of, planner, planners, proposed, request,
};

fn read(token: &Token, on: i64, limit: u32) -> Decision {
    let call = request("crm.read", "accounts/1", &format!("{{\"limit\":{limit}}}"));
    decide(token, &planner(), &call, day(on))
}

/// The files of a log to which its service adds a checkpoint after each look at the newest.
struct Growing {
    files: FolderFiles,
    checkpoints: Vec<Vec<u8>>,
    looks: AtomicUsize,
}

impl LogFiles for Growing {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        if name != "checkpoint" {
            return self.files.open(name);
        }
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        let own = &self.checkpoints[look.min(self.checkpoints.len() - 1)];
        Ok(Some(Box::new(own.as_slice())))
    }
}

/// Each reading sees the same records: a call that the proposal was not made of is not replayed.
#[test]
fn a_log_that_grows_is_reviewed_as_it_was_at_the_start() {
    let (place, token) = (Place::new(), planners(capabilities(&["crm.read ** limit<=100"])));
    let checkpoint = |path: &Path| std::fs::read(path.join("checkpoint")).unwrap();
    let mut checkpoints = Vec::new();
    place.write(&[read(&token, 1, 10)]);
    for (on, limit) in [(2, 50), (3, 100)] {
        checkpoints.push(checkpoint(&place.path()));
        let log = place.open();
        let record = Record::of(&read(&token, on, limit), &place.rules).unwrap();
        drop(log.append(&record).unwrap());
        log.close().unwrap();
    }
    checkpoints.push(checkpoint(&place.path()));
    let files =
        Growing { files: FolderFiles::new(place.path()), checkpoints, looks: AtomicUsize::new(0) };
    let review = Reviewer::new(day(4)).review(&[&files as &dyn LogFiles], |_| ()).unwrap();
    let own = of(&review, "planner");
    assert_eq!((review.coverage.allowed, own.calls), (1, 1));
    assert_eq!(proposed(own), ["crm.read accounts/1 limit=10"]);
    assert_eq!((own.replay.allowed, own.replay.refused), (1, 0));
    assert!(!own.has_findings());
    // Nor are records behind the head that was verified.
    let files = FolderFiles::new(place.path());
    let review = Reviewer::new(day(4)).up_to([2]).review(&[&files as &dyn LogFiles], |_| ());
    assert_eq!(review.unwrap().coverage.allowed, 1);
}

/// A record of a refused call, as a rogue service states that it was allowed.
fn as_allowed(place: &Place, index: u64, decision: &Decision) -> (String, String) {
    assert!(!decision.is_allowed());
    let (core, openings) = Record::of(decision, &place.rules).unwrap().to_lines(index).unwrap();
    let mut core: serde_json::Value = serde_json::from_str(&core).unwrap();
    let mut openings: serde_json::Value = serde_json::from_str(&openings).unwrap();
    (core["allowed"], core["codes"]) = (true.into(), serde_json::json!([]));
    let fields = core["fields"].as_array_mut().unwrap();
    let reasons = fields.iter().position(|own| own[0] == "reasons").unwrap();
    fields.remove(reasons);
    openings["open"].as_array_mut().unwrap().remove(reasons);
    (core.to_string(), openings.to_string())
}

/// A grant that had ended permitted nothing, whatever the log states.
#[test]
fn a_call_after_the_end_of_the_grant_does_not_widen_a_proposal() {
    let place = Place::new();
    let token = planners(capabilities(&["crm.read ** limit<=100", "crm.export **"]));
    place.write(&[read(&token, 1, 10)]);
    let late = request("crm.export", "accounts/1", "{}");
    let late = as_allowed(&place, 2, &decide(&token, &planner(), &late, day(31)));
    append(&place, &[late]);
    place.open().close().unwrap();
    let review = place.review(&Reviewer::new(day(32)));
    let own = of(&review, "planner");
    assert_eq!((own.calls, own.hidden), (2, 1));
    assert_eq!(proposed(own), ["crm.read accounts/1 limit=10"]);
    assert_ne!(own.rights[1].usage, Usage::Used);
}
