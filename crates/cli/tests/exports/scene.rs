//! A log with a call that was allowed, one that was refused, one of a stranger, and one that was erased.

use std::fs;

use deputize::{Decision, Denial, PresentOptions, Request};
use deputize_audit::{ErasedRange, ErasureReason, Log, LogSettings, Recorded};
use serde_json::Value;

use crate::common::{crm_request, key, now, researcher, token, verifier};
use crate::shell::Shell;

fn decide(resource: &str, limit: u32) -> Decision {
    let call = crm_request("crm.read", resource, &format!("{{\"limit\":{limit}}}"));
    let anyway = PresentOptions::default().anyway();
    let presentation = token().present_with(&researcher(), &call, now(), anyway).unwrap();
    verifier().decide(presentation, call, now())
}

fn record(log: &Log, decision: Decision) {
    if let Recorded::Allowed(call) = log.record(decision).unwrap() {
        call.done(None, now()).unwrap().wait().unwrap();
    }
}

pub(crate) fn shell() -> Shell {
    let shell = Shell::new();
    let settings = LogSettings::new("crm.acme.com", "crm-1");
    let log = Log::create(shell.path("log"), key(70), settings, now()).unwrap();
    record(&log, decide("accounts/emea/1", 5));
    record(&log, decide("accounts/emea/2", 50));
    let stranger = Request::new("crm.read", "accounts/emea/3", "crm.acme.com").unwrap();
    record(&log, Decision::Deny(Denial::not_presented(stranger, now())));
    record(&log, decide("accounts/emea/4", 5));
    let range = ErasedRange { first: 5, last: 5, kinds: None };
    log.erase([range], ErasureReason::Law, now()).unwrap();
    log.close().unwrap();
    shell
}

/// The events of the whole log.
pub(crate) fn events(shell: &Shell, format: &str) -> Vec<Value> {
    let out = shell.done(&format!("deputize audit export log --format {format}"));
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The leaves of the log in hexadecimal, without our code for proofs.
pub(crate) fn leaf(shell: &Shell, record: usize) -> String {
    let text = fs::read_to_string(shell.path("log/segments/00000000.jsonl")).unwrap();
    let line = text.lines().nth(record).unwrap();
    let hash = deputize_audit::leaf_hash(line.as_bytes()).to_bytes();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
