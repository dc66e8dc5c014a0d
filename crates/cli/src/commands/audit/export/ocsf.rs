//! A decision as events of the Open Cybersecurity Schema Framework.
//!
//! The class is API Activity with the profiles `ai_operation` and `security_control`. `delegation` and
//! `attestation_list` are of OCSF 1.9. An event has one delegation, so each ancestor has an event of its
//! own.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::audit::export::event::{Decided, Party, What};

/// The operation of a call whose values are not shown.
const NOT_SHOWN: &str = "(not shown)";

/// An event of OCSF 1.9 of the class API Activity: a call, or a delegation on which it rests.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OcsfEvent {
    /// API Activity.
    class_uid: u32,
    /// Application Activity.
    category_uid: u32,
    /// 99: OCSF has no activity for the operations of services, nor for delegations.
    activity_id: u32,
    /// The operation of the call, or `delegation` for an ancestor of the last hop.
    activity_name: String,
    /// The class and the activity.
    type_uid: u32,
    /// Informational for a call that was allowed, Low for one that was refused.
    severity_id: u32,
    /// The time of the decision, in milliseconds.
    time: i64,
    /// The decision about the call in words.
    message: &'static str,
    /// Success if the call was allowed, Failure if not.
    status_id: u32,
    /// The deny codes, joined by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<String>,
    /// Allowed, Denied, or Observed if the decision was not enforced.
    action_id: u32,
    /// Allowed, Blocked, or Logged if the decision was not enforced.
    disposition_id: u32,
    /// The accountable owner, and the agent that acts.
    actor: Actor,
    /// The operation.
    api: Api,
    /// The resource, if it is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Resource>,
    /// The caller.
    src_endpoint: Endpoint,
    /// The log.
    metadata: Metadata,
    /// The delegation: the last hop, or an ancestor.
    #[serde(skip_serializing_if = "Option::is_none")]
    delegation: Option<Delegation>,
    /// The leaf of the log's tree.
    attestation_list: [Attestation; 1],
}

/// The party that acts.
#[derive(Debug, Serialize, JsonSchema)]
struct Actor {
    /// The agent by its name.
    app_name: String,
    /// The agent by its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_uid: Option<String>,
    /// The accountable owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
}

/// The accountable owner.
#[derive(Debug, Serialize, JsonSchema)]
struct User {
    /// The name.
    name: String,
    /// The root key.
    uid: String,
}

/// The operation of the call.
#[derive(Debug, Serialize, JsonSchema)]
struct Api {
    /// The name of the operation.
    operation: String,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Named>,
}

/// Something with a name.
#[derive(Debug, Serialize, JsonSchema)]
struct Named {
    /// The name.
    name: String,
}

/// The resource of the call.
#[derive(Debug, Serialize, JsonSchema)]
struct Resource {
    /// The resource.
    name: String,
}

/// The caller.
#[derive(Debug, Serialize, JsonSchema)]
struct Endpoint {
    /// The agent by its name, or `unknown`.
    name: String,
    /// The agent by its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
}

/// The source of the event.
#[derive(Debug, Serialize, JsonSchema)]
struct Metadata {
    /// The version of OCSF.
    version: &'static str,
    /// The profiles of the event.
    profiles: [&'static str; 3],
    /// The program that wrote the event.
    product: Product,
    /// The origin of the log, with the index of the record and the number of the hop.
    uid: String,
    /// The origin of the log, with the index of the record: what all events of one decision share.
    correlation_uid: String,
    /// The origin of the log.
    log_name: String,
    /// The index of the record.
    sequence: u64,
}

/// The program that wrote an event.
#[derive(Debug, Serialize, JsonSchema)]
struct Product {
    /// The name.
    name: &'static str,
    /// The version.
    version: &'static str,
}

/// A delegation, as OCSF 1.9 has it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Delegation {
    /// The id of the hop.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    uid: String,
    /// The id of the hop before it; absent for the owner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    parent_uid: Option<String>,
    /// When it was issued, in milliseconds, if the chain is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    created_time: Option<i64>,
    /// The key of the delegator, if it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer_uid: Option<String>,
}

/// The place of the event in a chain of evidence.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Attestation {
    /// The log.
    chain_uid: String,
    /// The hash of the record as a leaf of the log's tree (RFC 6962).
    fingerprint: Fingerprint,
}

/// A hash.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fingerprint {
    /// SHA-256.
    #[schemars(range(min = 3, max = 3))]
    algorithm_id: u32,
    /// The hash in hexadecimal.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    value: String,
}

impl OcsfEvent {
    /// Makes the events of a decision: one for each hop, the owner's first. The last one is the call. If
    /// no hop is shown, the call has one event without a delegation.
    pub fn all_of(decided: &Decided<'_>) -> Vec<Self> {
        let last = decided.hops.len().saturating_sub(1);
        (0..=last).map(|hop| Self::of(decided, hop, hop == last)).collect()
    }

    fn of(decided: &Decided<'_>, hop: usize, is_call: bool) -> Self {
        let (allowed, enforced, is_charged) = match decided.what {
            What::Decision(own) => (own.allowed, own.enforced, own.charged.is_some()),
            What::Unpresented(_) => (false, false, false),
        };
        let operation = decided.of_call("operation").unwrap_or_else(|| NOT_SHOWN.to_owned());
        let agent = match decided.hops.is_empty() {
            true => decided.agents.last(),
            false => decided.agents.get(hop),
        };
        let named = |agent: Option<&Party>| match (agent, is_charged) {
            (Some(agent), _) => agent.name.clone(),
            (None, true) => NOT_SHOWN.to_owned(),
            (None, false) => "unknown".to_owned(),
        };
        let key = |agent: Option<&Party>| agent.map(|agent| agent.key.clone());
        let user = decided.owner.as_ref();
        let codes = decided.codes().join(",");
        Self {
            class_uid: 6003,
            category_uid: 6,
            activity_id: 99,
            activity_name: if is_call { operation.clone() } else { "delegation".to_owned() },
            type_uid: 600_399,
            severity_id: if allowed { 1 } else { 2 },
            time: decided.record.core.at.unix_timestamp().saturating_mul(1000),
            message: match (decided.what, allowed, enforced) {
                (What::Unpresented(_), ..) => "observed: unpresented, and was made",
                (_, true, true) => "allowed",
                (_, false, true) => "refused",
                (_, true, false) => "observed: would be allowed",
                (_, false, false) => "observed: would be refused, and was made",
            },
            status_id: if allowed { 1 } else { 2 },
            status_detail: (!codes.is_empty()).then_some(codes),
            action_id: match (allowed, enforced) {
                (_, false) => 3,
                (true, true) => 1,
                (false, true) => 2,
            },
            disposition_id: match (allowed, enforced) {
                (_, false) => 17,
                (true, true) => 1,
                (false, true) => 2,
            },
            actor: Actor {
                app_name: named(agent),
                app_uid: key(agent),
                user: user.map(|own| User { name: own.name.clone(), uid: own.key.clone() }),
            },
            api: Api { operation, service: decided.of_call("audience").map(|name| Named { name }) },
            resources: decided.resource().map(|name| Resource { name }).into_iter().collect(),
            src_endpoint: Endpoint {
                name: named(decided.agents.last()),
                uid: key(decided.agents.last()),
            },
            metadata: Metadata {
                version: "1.9.0",
                profiles: ["ai_operation", "record_integrity", "security_control"],
                product: Product { name: "deputize", version: env!("CARGO_PKG_VERSION") },
                uid: format!("{}/{hop}", decided.id()),
                correlation_uid: decided.id(),
                log_name: decided.origin.to_string(),
                sequence: decided.record.core.index,
            },
            delegation: delegation(decided, hop),
            attestation_list: [Attestation {
                chain_uid: decided.origin.to_string(),
                fingerprint: Fingerprint { algorithm_id: 3, value: decided.leaf() },
            }],
        }
    }
}

fn delegation(decided: &Decided<'_>, hop: usize) -> Option<Delegation> {
    let own = decided.hops.get(hop)?;
    let parent = hop.checked_sub(1);
    let issuer = match parent {
        None => decided.owner.as_ref(),
        Some(parent) => decided.agents.get(parent),
    };
    Some(Delegation {
        uid: own.id.clone(),
        parent_uid: parent.and_then(|parent| decided.hops.get(parent)).map(|own| own.id.clone()),
        created_time: own.issued,
        issuer_uid: issuer.map(|issuer| issuer.key.clone()),
    })
}
