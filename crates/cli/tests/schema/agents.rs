//! The schema of agents accepts every list that is imported, on random JSON.

use deputize::{Agent, Signer};
use deputize_cli::commands::schema::Document;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::agreement::{changed, require_agreement};

fn agent() -> impl Strategy<Value = Value> {
    let name = prop_oneof![9 => "[a-z]{1,5}", 1 => "\\PC{0,3}"];
    let id = prop_oneof![9 => "urn:[a-z/?#@]{1,4}", 1 => "[a-z:%é ]{0,5}"];
    let kind = select(&["agent", "human", "service", "organization", "robot"][..]);
    let status = select(&["active", "suspended", "retired"][..]);
    const TIMES: [&str; 4] = ["valid_from", "valid_until", "last_review", "next_review"];
    let written = select(&["2026-11-23T18:00:00Z", "2026-11-23T18:00:00.5+01:00", "soon"][..]);
    let time = prop::option::weighted(0.3, (select(&TIMES[..]), written));
    let fields = (name.clone(), id, kind, status, 1_u8..5, prop::collection::vec(name, 0..3), time);
    fields.prop_map(|(name, id, kind, status, seed, responsibilities, time)| {
        let mut own = json!({
            "key": super::common::key(seed).public_key().to_string(),
            "id": id,
            "name": name,
            "kind": kind,
            "accountable": {"name": "alice@acme.com", "kind": "human"},
            "responsibilities": responsibilities,
            "status": status,
            "may_spawn": false,
        });
        if let Some((member, time)) = time {
            own[member] = time.into();
        }
        own
    })
}

#[test]
fn lists_of_agents() {
    let agents = prop::collection::vec(agent(), 0..3).prop_map(Value::from);
    require_agreement(Document::Agents, changed(agents), |json| {
        serde_json::from_str::<Vec<Agent>>(json).is_ok()
    });
}
