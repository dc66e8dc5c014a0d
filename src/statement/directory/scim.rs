//! Agents as SCIM resources, to exchange them with identity providers.

use std::collections::BTreeMap;

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::grant::json::{Time, not_null};
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::{Owner, Principal, PrincipalKind};
use crate::statement::directory::agent::{Agent, AgentStatus};
use crate::text::escape::Backticked;
use crate::text::json::FromObject;

/// The schema of the draft.
const AGENT: &str = "urn:ietf:params:scim:schemas:core:2.0:Agent";

/// Our extension, for the members of an agent that the draft does not have.
const OURS: &str = "urn:deputize:scim:schemas:extension:1.0:Agent";

/// A list response (RFC 7644, section 3.4.2).
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The attributes of a resource that are read, and the schema of the extension.
const READ: [&str; 5] = ["schemas", "externalId", "agentUserName", "active", OURS];

/// Agents in JSON as a SCIM 2.0 list response, for identity providers. **Experimental**: it follows
/// an Internet-Draft, [draft-wzdk-scim-agent-resource-00][draft] of June 2026. If the draft changes
/// or is dropped, so does this.
///
/// | SCIM | agent |
/// |---|---|
/// | `externalId` | [`id`](Agent::id) |
/// | `agentUserName` | the name |
/// | `active` | true if the [status](Agent::status) is `active` |
/// | `urn:deputize:scim:schemas:extension:1.0:Agent` | everything else, and the status |
///
/// Writing and reading keep every member of an agent. If an identity provider sets `active` to
/// false, the agent is read as suspended. If it sets `active` to true, the status in the extension
/// counts. The draft's `owners` refer to users by SCIM ids, which a directory does not have, so the
/// extension has the accountable party. Other attributes are ignored. A page of a longer list is
/// refused. So is an attribute of the table in other capitals, because SCIM ignores case.
///
/// While an agent changes its key, two resources have one `agentUserName`, which a SCIM provider
/// may refuse.
///
/// ```
/// # use deputize::{Agent, Owner, Principal, Signer, SigningKey};
/// use deputize::ScimAgents;
///
/// # let planner = Principal::agent("planner", SigningKey::generate()?.public_key())?;
/// # let planner = Agent::new("spiffe://acme.com/agents/planner", planner, Owner::human("alice")?)?;
/// let json = serde_json::to_string(&ScimAgents(vec![planner.clone()]))?;
/// let ScimAgents(read) = serde_json::from_str(&json)?;
/// assert_eq!(read, [planner]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [draft]: https://datatracker.ietf.org/doc/html/draft-wzdk-scim-agent-resource-00
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimAgents(pub Vec<Agent>);

impl Serialize for ScimAgents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct List<'a> {
            schemas: [&'a str; 1],
            total_results: usize,
            #[serde(rename = "Resources")]
            resources: Vec<Resource<'a>>,
        }
        let resources: Vec<_> = self.0.iter().map(Resource::of).collect();
        let list = List { schemas: [LIST], total_results: resources.len(), resources };
        list.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    schemas: [&'a str; 2],
    external_id: &'a str,
    agent_user_name: &'a str,
    active: bool,
    #[serde(rename = "urn:deputize:scim:schemas:extension:1.0:Agent")]
    ours: Written<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    key: PublicKey,
    kind: PrincipalKind,
    accountable: &'a Owner,
    responsibilities: &'a [String],
    status: AgentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_review: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_review: Option<String>,
    may_spawn: bool,
}

impl<'a> Resource<'a> {
    fn of(agent: &'a Agent) -> Self {
        let text = |at: Option<UnixTime>| at.map(|at| at.to_string());
        let ours = Written {
            key: agent.key(),
            kind: agent.principal.kind(),
            accountable: &agent.accountable,
            responsibilities: &agent.responsibilities,
            status: agent.status,
            valid_from: text(agent.valid_from),
            valid_until: text(agent.valid_until),
            last_review: text(agent.last_review),
            next_review: text(agent.next_review),
            may_spawn: agent.may_spawn,
        };
        Self {
            schemas: [AGENT, OURS],
            external_id: &agent.id,
            agent_user_name: agent.principal.name(),
            active: agent.status == AgentStatus::Active,
            ours,
        }
    }
}

impl<'de> Deserialize<'de> for ScimAgents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct List {
            schemas: Vec<String>,
            total_results: usize,
            #[serde(default, rename = "Resources")]
            resources: Vec<FromObject<Read>>,
        }
        let FromObject(list) = FromObject::<List>::deserialize(deserializer)?;
        if !list.schemas.iter().any(|schema| schema == LIST) {
            return Err(D::Error::custom(format_args!("it must have the schema `{LIST}`")));
        }
        let (total, found) = (list.total_results, list.resources.len());
        if total != found {
            return Err(D::Error::custom(format_args!(
                "it has {found} of {total} agents; get all of them in one list"
            )));
        }
        let agents = list.resources.into_iter().map(|FromObject(read)| read.agent());
        agents.collect::<Result<_, _>>().map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    schemas: Vec<String>,
    external_id: String,
    agent_user_name: String,
    #[serde(default, deserialize_with = "not_null")]
    active: Option<bool>,
    #[serde(rename = "urn:deputize:scim:schemas:extension:1.0:Agent")]
    ours: FromObject<Ours>,
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ours {
    key: PublicKey,
    kind: PrincipalKind,
    accountable: Owner,
    responsibilities: Vec<String>,
    status: AgentStatus,
    #[serde(default, deserialize_with = "not_null")]
    valid_from: Option<Time>,
    #[serde(default, deserialize_with = "not_null")]
    valid_until: Option<Time>,
    #[serde(default, deserialize_with = "not_null")]
    last_review: Option<Time>,
    #[serde(default, deserialize_with = "not_null")]
    next_review: Option<Time>,
    may_spawn: bool,
}

impl Read {
    fn agent(self) -> Result<Agent, String> {
        let Self { schemas, external_id, agent_user_name, active, ours: FromObject(ours), .. } =
            self;
        if !schemas.iter().any(|schema| schema == AGENT) {
            return Err(format!("a resource must have the schema `{AGENT}`"));
        }
        // SCIM compares names of attributes without case (RFC 7643, section 2.1), so ignoring
        // `Active` would overlook a suspension.
        let is_other_case = |name: &&String| READ.iter().any(|own| own.eq_ignore_ascii_case(name));
        if let Some(name) = self.others.keys().find(is_other_case) {
            return Err(format!("write {} in the capitals of the draft", Backticked(name)));
        }
        let own =
            Principal::new(agent_user_name, ours.kind, ours.key).map_err(|e| e.to_string())?;
        let own = Agent::new(external_id, own, ours.accountable)
            .and_then(|own| own.with_responsibilities(ours.responsibilities))
            .map_err(|error| error.to_string())?;
        let status = match (ours.status, active) {
            (AgentStatus::Active, Some(false)) => AgentStatus::Suspended,
            (status, _) => status,
        };
        let until = |at: Option<Time>| at.map(|Time(at)| UnixTime::upper_bound(at));
        Ok(Agent {
            status,
            valid_from: ours.valid_from.map(|Time(at)| UnixTime::lower_bound(at)),
            valid_until: until(ours.valid_until),
            last_review: until(ours.last_review),
            next_review: until(ours.next_review),
            may_spawn: ours.may_spawn,
            ..own
        })
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]
mod tests {
    use super::*;
    use crate::statement::directory::samples::{agent, agents};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn written(agents: &[Agent]) -> Json {
        serde_json::to_value(ScimAgents(agents.to_vec())).unwrap()
    }

    fn read(json: &Json) -> Result<Vec<Agent>, String> {
        let read = serde_json::from_str::<ScimAgents>(&json.to_string());
        read.map(|ScimAgents(agents)| agents).map_err(|error| error.to_string())
    }

    proptest! {
        #[test]
        fn nothing_of_an_agent_is_lost(own in prop::collection::vec(agents(), 0..4)) {
            prop_assert_eq!(read(&written(&own)), Ok(own));
        }
    }

    #[test]
    fn a_resource_has_the_attributes_of_the_draft_and_our_extension() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&ScimAgents(vec![agent(2)])).unwrap(), @r#"
        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:ListResponse"
          ],
          "totalResults": 1,
          "Resources": [
            {
              "schemas": [
                "urn:ietf:params:scim:schemas:core:2.0:Agent",
                "urn:deputize:scim:schemas:extension:1.0:Agent"
              ],
              "externalId": "urn:acme:agents:2",
              "agentUserName": "agent 2",
              "active": true,
              "urn:deputize:scim:schemas:extension:1.0:Agent": {
                "key": "ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
                "kind": "agent",
                "accountable": {
                  "name": "alice@acme.com",
                  "kind": "human"
                },
                "responsibilities": [
                  "reads accounts",
                  "writes \"reports\""
                ],
                "status": "active",
                "validFrom": "2026-11-22T18:00:00Z",
                "validUntil": "2026-12-02T18:00:00Z",
                "lastReview": "2026-11-22T18:00:00Z",
                "nextReview": "2026-11-28T18:00:00Z",
                "maySpawn": false
              }
            }
          ]
        }
        "#);
    }

    /// Additions of providers are ignored, and their `active` can only narrow the agent's state.
    #[test]
    fn a_provider_can_suspend_an_agent_and_not_revive_one() {
        let with = |status, active: Json| {
            let mut json = written(&[agent(2).with_status(status)]);
            let resource = json.pointer_mut("/Resources/0").unwrap();
            resource["active"] = active;
            resource["id"] = json!("2819c223");
            resource["meta"] = json!({"resourceType": "Agent", "created": "2026-01-23T04:56:22Z"});
            resource["displayName"] = json!("The planner");
            resource["owners"] = json!([{"value": "71ddacd2", "display": "Alice"}]);
            read(&json).unwrap().first().unwrap().status()
        };
        use AgentStatus::{Active, Retired, Suspended};
        assert_eq!(with(Active, json!(true)), Active);
        assert_eq!(with(Active, json!(false)), Suspended);
        assert_eq!(with(Suspended, json!(true)), Suspended);
        assert_eq!(with(Retired, json!(true)), Retired);
        assert_eq!(with(Retired, json!(false)), Retired);
    }

    #[test]
    fn what_is_not_such_a_list_is_refused() {
        type Change = fn(&mut Json);
        let cases: [(Change, &str); 14] = [
            (|json| json["totalResults"] = json!(2), "has 1 of 2 agents"),
            (|json| drop(json.as_object_mut().unwrap().remove("Resources")), "has 0 of 1 agents"),
            (|json| json["schemas"] = json!([]), "must have the schema"),
            (|json| *json = json!([]), "expected a JSON object"),
            (|json| json["Resources"][0]["schemas"] = json!([OURS]), "must have the schema"),
            (
                |json| json["Resources"][0]["Active"] = json!(false),
                "write `Active` in the capitals",
            ),
            (
                |json| json["Resources"][0][OURS.to_uppercase()] = json!({}),
                "in the capitals of the draft",
            ),
            (|json| json["Resources"][0]["active"] = json!("False"), "invalid type: string"),
            (|json| json["Resources"][0]["active"] = Json::Null, "invalid type: null"),
            (|json| json["Resources"][0]["externalId"] = json!("planner"), "is not a URI"),
            (|json| json["Resources"][0]["agentUserName"] = json!("a\u{202e}"), "visible text"),
            (|json| json["Resources"][0][OURS]["more"] = json!(1), "unknown field `more`"),
            (|json| json["Resources"][0][OURS]["maySpawn"] = json!(1), "invalid type: integer"),
            (
                |json| drop(json["Resources"][0].as_object_mut().unwrap().remove(OURS)),
                "missing field `urn:deputize:scim",
            ),
        ];
        for (change, why) in cases {
            let mut json = written(&[agent(2)]);
            change(&mut json);
            let error = read(&json).unwrap_err();
            assert!(error.contains(why), "{json}: {error}");
        }
        let twice = written(&[agent(2)]).to_string().replacen(
            r#""active":true"#,
            r#""active":true,"active":false"#,
            1,
        );
        let error = serde_json::from_str::<ScimAgents>(&twice).unwrap_err().to_string();
        assert!(error.contains("duplicate field `active`"), "{error}");
    }
}
