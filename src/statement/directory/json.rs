//! The JSON form of agents.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::grant::json::{Time, not_null};
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::{Owner, Principal, PrincipalKind};
use crate::statement::directory::agent::{Agent, AgentStatus};
use crate::text::json::FromObject;

/// Writes the members in the order of RFC 8785, so that compact JSON is canonical JSON, as in the
/// body of a directory. Times that are not set are left out.
impl Serialize for Agent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Accountable<'a> {
            kind: PrincipalKind,
            name: &'a str,
        }
        #[derive(Serialize)]
        struct Fields<'a> {
            accountable: Accountable<'a>,
            id: &'a str,
            key: PublicKey,
            kind: PrincipalKind,
            #[serde(skip_serializing_if = "Option::is_none")]
            last_review: Option<String>,
            may_spawn: bool,
            name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            next_review: Option<String>,
            responsibilities: &'a [String],
            status: AgentStatus,
            #[serde(skip_serializing_if = "Option::is_none")]
            valid_from: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            valid_until: Option<String>,
        }
        let text = |at: Option<UnixTime>| at.map(|at| at.to_string());
        let Self { id, principal, accountable, responsibilities, status, may_spawn, .. } = self;
        let fields = Fields {
            accountable: Accountable { kind: accountable.kind(), name: accountable.name() },
            id,
            key: principal.key(),
            kind: principal.kind(),
            last_review: text(self.last_review),
            may_spawn: *may_spawn,
            name: principal.name(),
            next_review: text(self.next_review),
            responsibilities,
            status: *status,
            valid_from: text(self.valid_from),
            valid_until: text(self.valid_until),
        };
        fields.serialize(serializer)
    }
}

/// Reads the JSON form strictly, with the members in any order. Unknown members, repeated ones and
/// null are refused, and so is every agent that [`Agent::new`] refuses. Only the times may be left
/// out; they are rounded as in the constructors.
impl<'de> Deserialize<'de> for Agent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            accountable: Owner,
            id: String,
            key: PublicKey,
            kind: PrincipalKind,
            may_spawn: bool,
            name: String,
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
        }
        let FromObject(fields) = FromObject::<Fields>::deserialize(deserializer)?;
        let Fields { accountable, id, key, kind, name, responsibilities, .. } = fields;
        let principal = Principal::new(name, kind, key).map_err(D::Error::custom)?;
        let own = Self::new(id, principal, accountable)
            .and_then(|own| own.with_responsibilities(responsibilities))
            .map_err(D::Error::custom)?;
        let from = |at: Option<Time>| at.map(|Time(at)| UnixTime::lower_bound(at));
        let until = |at: Option<Time>| at.map(|Time(at)| UnixTime::upper_bound(at));
        Ok(Self {
            status: fields.status,
            may_spawn: fields.may_spawn,
            valid_from: from(fields.valid_from),
            valid_until: until(fields.valid_until),
            last_review: until(fields.last_review),
            next_review: until(fields.next_review),
            ..own
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::statement::directory::samples::{agent, agents};
    use crate::text::json;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    proptest! {
        #[test]
        fn a_written_agent_is_read_back_and_is_canonical_json(own in agents()) {
            let json = serde_json::to_string(&own).unwrap();
            prop_assert_eq!(&json, &serde_json_canonicalizer::to_string(&own).unwrap());
            let read = json::read_object::<Agent>(&json);
            prop_assert_eq!(read.as_ref(), Ok(&own), "{}", json);
            let value = serde_json::to_value(&own).unwrap();
            prop_assert_eq!(serde_json::from_value::<Agent>(value).unwrap(), own);
        }
    }

    fn sample() -> Json {
        serde_json::to_value(agent(2)).unwrap()
    }

    fn with(member: &str, value: Json) -> String {
        let mut json = sample();
        *json.pointer_mut(member).unwrap() = value;
        json.to_string()
    }

    #[test]
    fn the_members_are_those_of_the_specification() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&agent(2)).unwrap(), @r#"
        {
          "accountable": {
            "kind": "human",
            "name": "alice@acme.com"
          },
          "id": "urn:acme:agents:2",
          "key": "ed25519/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
          "kind": "agent",
          "last_review": "2026-11-22T18:00:00Z",
          "may_spawn": false,
          "name": "agent 2",
          "next_review": "2026-11-28T18:00:00Z",
          "responsibilities": [
            "reads accounts",
            "writes \"reports\""
          ],
          "status": "active",
          "valid_from": "2026-11-22T18:00:00Z",
          "valid_until": "2026-12-02T18:00:00Z"
        }
        "#);
    }

    #[test]
    fn what_is_not_an_agent_is_refused() {
        let without = |member: &str| {
            let mut json = sample();
            json.as_object_mut().unwrap().remove(member).unwrap();
            json.to_string()
        };
        for (json, why) in [
            (with("/accountable", json!("alice")), "expected a JSON object"),
            (with("/accountable/kind", json!("agent")), "the kind of this party is `agent`"),
            (with("/accountable/name", json!("")), "name is blank"),
            (with("/id", json!("planner")), "is not a URI"),
            (with("/id", json!(7)), "invalid type: integer"),
            (with("/key", json!("ed25519/00")), "64 lower-case"),
            (with("/kind", json!("robot")), "unknown variant `robot`"),
            (with("/name", json!("a\u{200b}")), "invisible"),
            (with("/responsibilities", json!("all")), "invalid type: string"),
            (with("/responsibilities", json!(["a", ""])), "responsibility 1: "),
            (with("/responsibilities", json!(vec!["a"; 17])), "at most 16"),
            (with("/status", json!("Active")), "unknown variant `Active`"),
            (with("/may_spawn", json!("false")), "invalid type: string"),
            (with("/may_spawn", Json::Null), "invalid type: null"),
            (with("/valid_from", Json::Null), "invalid type: null"),
            (with("/valid_until", json!("2026-11-23 18:00:00Z")), "is not a time in RFC 3339"),
            (with("/next_review", json!(1_795_456_800)), "invalid type: integer"),
            (sample().to_string().replacen('{', r#"{"more":1,"#, 1), "unknown field `more`"),
            (sample().to_string().replacen('{', r#"{"id":"urn:a","#, 1), "duplicate key `id`"),
            (json!([]).to_string(), "expected a JSON object"),
            (without("status"), "missing field `status`"),
            (without("may_spawn"), "missing field `may_spawn`"),
            (without("responsibilities"), "missing field `responsibilities`"),
        ] {
            let error = json::read_object::<Agent>(&json).unwrap_err();
            assert!(error.message().contains(why), "{json}: {error}");
        }
        for member in ["valid_from", "valid_until", "last_review", "next_review"] {
            assert!(json::read_object::<Agent>(&without(member)).is_ok(), "{member}");
        }
    }
}
