//! The JSON form of grants.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use crate::capability::Capability;
use crate::grant::Grant;
use crate::instant::{UnixTime, rfc3339};
use crate::key::PublicKey;
use crate::principal::Principal;
use crate::text::escape::Backticked;
use crate::text::json::FromObject;

/// Writes the JSON form, with times in RFC 3339:
/// `{"to":{…},"capabilities":[…],"not_before":"…","expires":"…","max_hops":3,"audience":[…],"delegates":[…],"purpose":"…"}`.
/// Limits that the grant does not set are left out, and so is `max_hops` if it is 0.
impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            to: &'a Principal,
            capabilities: &'a [Capability],
            #[serde(skip_serializing_if = "Option::is_none")]
            not_before: Option<String>,
            expires: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            max_hops: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            audience: Option<&'a BTreeSet<String>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            delegates: Option<&'a BTreeSet<PublicKey>>,
            purpose: &'a str,
        }
        let fields = Fields {
            to: &self.delegate,
            capabilities: &self.capabilities,
            not_before: self.not_before.map(|start| start.to_string()),
            expires: self.expires.to_string(),
            max_hops: Some(self.max_hops).filter(|hops| *hops > 0),
            audience: self.audience.as_ref(),
            delegates: self.allowed_delegates.as_ref(),
            purpose: &self.purpose,
        };
        fields.serialize(serializer)
    }
}

/// Reads the JSON form strictly: unknown fields, repeated keys and values that are listed twice are
/// refused, and so is every grant that [`Token::mint`](crate::Token::mint) would refuse from any
/// signer.
impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            to: Principal,
            capabilities: Vec<Capability>,
            #[serde(default, deserialize_with = "not_null")]
            not_before: Option<Time>,
            expires: Time,
            #[serde(default, deserialize_with = "not_null")]
            max_hops: Option<u32>,
            #[serde(default, deserialize_with = "not_null")]
            audience: Option<Distinct<String>>,
            #[serde(default, deserialize_with = "not_null")]
            delegates: Option<Distinct<PublicKey>>,
            purpose: String,
        }
        let FromObject(fields) = FromObject::<Fields>::deserialize(deserializer)?;
        let Fields { to, capabilities, expires: Time(expires), purpose, .. } = fields;
        let mut grant = Self::new(to, capabilities, expires, purpose).map_err(D::Error::custom)?;
        if let Some(Time(start)) = fields.not_before {
            grant = grant.with_not_before(start).map_err(D::Error::custom)?;
        }
        if let Some(Distinct(services)) = fields.audience {
            grant = grant.with_audience(services).map_err(D::Error::custom)?;
        }
        if let Some(Distinct(keys)) = fields.delegates {
            grant = grant.with_allowed_delegates(keys).map_err(D::Error::custom)?;
        }
        let grant = grant.with_max_hops(fields.max_hops.unwrap_or(0));
        // `with_max_hops` leaves its check to minting and delegating.
        grant.check().map_err(D::Error::custom)?;
        Ok(grant)
    }
}

/// Reads an optional field that may be omitted but not null: a template with an unset variable must
/// not become a grant without that limit.
pub(crate) fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A time in RFC 3339 that a token can carry.
pub(crate) struct Time(pub(crate) OffsetDateTime);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = rfc3339(&text).ok_or_else(|| {
            let found = Backticked(&text);
            D::Error::custom(format_args!(
                "{found} is not a time in RFC 3339, such as `2026-11-23T18:00:00Z`"
            ))
        })?;
        let seconds = u64::try_from(time.unix_timestamp()).ok().and_then(UnixTime::from_seconds);
        match seconds {
            Some(_) => Ok(Self(time)),
            None => Err(D::Error::custom(format_args!(
                "the time {} is not between 1970 and 9999",
                Backticked(&text)
            ))),
        }
    }
}

/// A list without repetitions.
struct Distinct<T>(BTreeSet<T>);

impl<'de, T: Deserialize<'de> + Ord + Display> Deserialize<'de> for Distinct<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut distinct = BTreeSet::new();
        for item in Vec::<T>::deserialize(deserializer)? {
            if distinct.contains(&item) {
                let item = item.to_string();
                return Err(D::Error::custom(format_args!(
                    "{} is listed twice",
                    Backticked(&item)
                )));
            }
            distinct.insert(item);
        }
        Ok(Self(distinct))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::capability::OtherArgs;
    use crate::constraint::Constraint;
    use crate::key::{Signer as _, SigningKey};
    use crate::principal::PrincipalKind;
    use crate::text::json;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value as Json, json};

    fn key(seed: u8) -> PublicKey {
        SigningKey::from_bytes(&[seed; 32]).public_key()
    }

    fn principal() -> impl Strategy<Value = Principal> {
        use PrincipalKind::{Agent, Human, Organization, Service};
        let kinds = select(&[Human, Agent, Service, Organization][..]);
        ("[a-zé漢][ a-z\"\\\\]{0,8}[a-z]", kinds, 1..9_u8)
            .prop_map(|(name, kind, seed)| Principal::new(name, kind, key(seed)).unwrap())
    }

    fn capability() -> impl Strategy<Value = Capability> {
        let limit = prop_oneof![
            (-9_i64..9).prop_map(Constraint::max),
            "[a-zé]{1,8}".prop_map(Constraint::prefix),
            any::<bool>().prop_map(Constraint::equals),
        ];
        let others = select(&[OtherArgs::Allow, OtherArgs::Deny][..]);
        ("[a-z]{1,4}(\\.\\*)?", "[a-zé]{1,4}(/\\*)?", prop::option::of(limit), others).prop_map(
            |(operation, resource, limit, others)| {
                let own = Capability::new(&operation, &resource).unwrap();
                let limited = own.with_arg("a", limit).unwrap();
                limited.with_other_args(others)
            },
        )
    }

    fn grant() -> impl Strategy<Value = Grant> {
        let capabilities = prop::collection::vec(capability(), 1..4);
        let seconds = (1..253_402_300_799_i64, prop::option::of(any::<prop::sample::Index>()));
        let audience = prop::option::of(prop::collection::vec("[a-z.]{0,5}[a-zé]", 1..4));
        let delegates = prop::option::of(prop::collection::vec(1..9_u8, 1..4));
        (principal(), capabilities, seconds, 0..32_u32, audience, delegates, "[^\\pC\\pZ]{1,20}")
            .prop_filter_map(
                "a purpose may be invisible",
                |(to, capabilities, (expires, start), hops, audience, delegates, purpose)| {
                    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
                    let mut own = Grant::new(to, capabilities, at(expires), purpose).ok()?;
                    if let Some(start) = start {
                        let start = start.index(usize::try_from(expires).unwrap());
                        own = own.with_not_before(at(i64::try_from(start).unwrap())).unwrap();
                    }
                    if let Some(audience) = audience {
                        own = own.with_audience(audience).unwrap();
                    }
                    if let Some(seeds) = delegates {
                        own = own.with_allowed_delegates(seeds.into_iter().map(key)).unwrap();
                    }
                    Some(own.with_max_hops(hops))
                },
            )
    }

    proptest! {
        #[test]
        fn a_written_grant_is_read_back_unchanged(grant in grant()) {
            let json = serde_json::to_string(&grant).unwrap();
            let read = json::read_object::<Grant>(&json);
            prop_assert_eq!(read.as_ref(), Ok(&grant), "{}", json);
            let value = serde_json::to_value(&grant).unwrap();
            prop_assert_eq!(serde_json::from_value::<Grant>(value).unwrap(), grant);
        }
    }

    /// A grant with every field.
    fn sample() -> Json {
        json!({
            "to": {"name": "planner", "kind": "agent", "key": key(2)},
            "capabilities": [{"operation": "crm.read", "resource": "accounts/**"}],
            "not_before": "2026-11-23T18:00:00Z",
            "expires": "2026-11-24T02:00:00Z",
            "max_hops": 3,
            "audience": ["crm.acme.com"],
            "delegates": [key(3)],
            "purpose": "Q3 review",
        })
    }

    fn with(field: &str, value: Json) -> String {
        let mut json = sample();
        *json.pointer_mut(field).unwrap() = value;
        json.to_string()
    }

    #[test]
    fn fields_are_written_in_the_documented_order() {
        let grant: Grant = serde_json::from_value(sample()).unwrap();
        let to = format!(r#"{{"name":"planner","kind":"agent","key":"{}"}}"#, key(2));
        let capability = r#"{"operation":"crm.read","resource":"accounts/**"}"#;
        let json = format!(
            r#"{{"to":{to},"capabilities":[{capability}],"not_before":"2026-11-23T18:00:00Z","expires":"2026-11-24T02:00:00Z","max_hops":3,"audience":["crm.acme.com"],"delegates":["{}"],"purpose":"Q3 review"}}"#,
            key(3)
        );
        assert_eq!(serde_json::to_string(&grant).unwrap(), json);
        let least = Grant::new(
            grant.delegate().clone(),
            grant.capabilities().to_vec(),
            grant.expires(),
            grant.purpose(),
        );
        assert_eq!(
            serde_json::to_string(&least.unwrap()).unwrap(),
            format!(
                r#"{{"to":{to},"capabilities":[{capability}],"expires":"2026-11-24T02:00:00Z","purpose":"Q3 review"}}"#
            )
        );
    }

    #[test]
    fn invalid_grants_are_refused() {
        let key = key(2);
        for (json, why) in [
            (with("/to", json!(["planner", "agent", key])), "expected a JSON object"),
            (with("/to", json!({"name": " ", "kind": "agent", "key": key})), "name is blank"),
            (with("/to", json!({"name": "a", "kind": "robot", "key": key})), "unknown variant"),
            (with("/to", json!({"name": "a", "kind": "agent"})), "missing field `key`"),
            (
                with("/to", json!({"name": "a", "kind": "agent", "key": key, "id": 1})),
                "unknown field",
            ),
            (with("/to/key", json!("ed25519/00")), "ed25519/"),
            (with("/capabilities", json!([])), "at least one capability"),
            (with("/capabilities/0", json!({"operation": "a"})), "missing field `resource`"),
            (with("/expires", json!("tomorrow")), "`tomorrow` is not a time in RFC 3339"),
            (with("/expires", json!(1_795_456_800)), "invalid type: integer"),
            (with("/not_before", json!("1969-12-31T23:59:59Z")), "is not between 1970 and 9999"),
            (with("/expires", json!("9999-12-31T23:59:59-01:00")), "is not between 1970 and 9999"),
            (with("/not_before", Json::Null), "invalid type: null"),
            (with("/max_hops", Json::Null), "invalid type: null"),
            (with("/audience", Json::Null), "invalid type: null"),
            (with("/delegates", Json::Null), "invalid type: null"),
            (with("/expires", json!("2026-11-24 02:00:00Z")), "is not a time in RFC 3339"),
            (with("/expires", json!("2026-11-24902:00:00Z")), "is not a time in RFC 3339"),
            (with("/not_before", json!("2026-11-24T02:00:00Z")), "choose a later expiry"),
            (with("/not_before", json!("2026-11-24T01:59:59.5Z")), "choose a later expiry"),
            (with("/max_hops", json!(32)), "31"),
            (with("/max_hops", json!(-1)), "invalid value"),
            (with("/audience", json!([])), "1 to 256 services"),
            (with("/audience", json!(["a", "b", "a"])), "`a` is listed twice"),
            (with("/audience", json!("a")), "invalid type: string"),
            (with("/delegates", json!([])), "1 to 256 keys"),
            (with("/delegates", json!([key, key])), "is listed twice"),
            (with("/purpose", json!("a\u{202e}b")), r"`a\u{202e}b`"),
            (with("/purpose", json!("")), "purpose"),
            (sample().to_string().replacen('{', r#"{"more":1,"#, 1), "unknown field `more`"),
            (
                sample().to_string().replacen('{', r#"{"max_hops":3,"#, 1),
                "duplicate key `max_hops`",
            ),
            (
                sample().as_object().unwrap().values().cloned().collect::<Json>().to_string(),
                "expected a JSON object",
            ),
        ] {
            let error = json::read_object::<Grant>(&json).unwrap_err();
            assert!(error.message().contains(why), "{json}: {error}");
        }
    }

    #[test]
    fn times_are_rounded_like_those_of_the_constructors() {
        let grant: Grant =
            json::read_object(&with("/expires", json!("2026-11-24T03:00:00.9+01:00"))).unwrap();
        assert_eq!(grant.expires().to_string(), "2026-11-24 2:00:00.0 +00:00:00");
        let grant: Grant =
            json::read_object(&with("/not_before", json!("2026-11-23T18:00:00.1Z"))).unwrap();
        assert_eq!(grant.not_before().unwrap().second(), 1);
    }
}
