//! The JSON form of trust anchors.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::grant::json::{Time, not_null};
use crate::key::PublicKey;
use crate::principal::Principal;
use crate::statement::succession::statement::Successor;
use crate::text::json::FromObject;
use crate::verify::trust::anchor::TrustAnchor;

impl Serialize for TrustAnchor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            key: PublicKey,
            #[serde(skip_serializing_if = "Option::is_none")]
            owner: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            any_owner: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            valid_from: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            valid_until: Option<String>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            pinned: &'a [Principal],
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            revokers: &'a [PublicKey],
            #[serde(skip_serializing_if = "Vec::is_empty")]
            successors: Vec<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            accountable_owner: Option<bool>,
        }
        let fields = Fields {
            key: self.key,
            owner: self.name(),
            any_owner: self.name().is_none().then_some(true),
            valid_from: self.valid_from.map(|at| at.to_string()),
            valid_until: self.valid_until.map(|at| at.to_string()),
            pinned: &self.pinned,
            revokers: &self.revokers,
            successors: self.successors.iter().map(Successor::to_text).collect(),
            accountable_owner: self.accountable_only.then_some(true),
        };
        fields.serialize(serializer)
    }
}

/// Reads the JSON form strictly. The owner must be stated, and a field that is null is refused: a
/// template with an unset variable must not become an anchor that trusts more.
impl<'de> Deserialize<'de> for TrustAnchor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            key: PublicKey,
            #[serde(default, deserialize_with = "not_null")]
            owner: Option<String>,
            #[serde(default, deserialize_with = "not_null")]
            any_owner: Option<bool>,
            #[serde(default, deserialize_with = "not_null")]
            valid_from: Option<Time>,
            #[serde(default, deserialize_with = "not_null")]
            valid_until: Option<Time>,
            #[serde(default)]
            pinned: Vec<Principal>,
            #[serde(default)]
            revokers: Vec<PublicKey>,
            #[serde(default)]
            successors: Vec<String>,
            #[serde(default)]
            accountable_owner: bool,
        }
        let FromObject(fields) = FromObject::<Fields>::deserialize(deserializer)?;
        let mut anchor = match (fields.owner, fields.any_owner) {
            (Some(owner), None | Some(false)) => Self::new(fields.key, owner),
            (None, Some(true)) => Self::for_any_owner(fields.key),
            _ => {
                return Err(D::Error::custom(
                    "an anchor has either `owner`, such as \"alice@acme.com\", or `any_owner`: true",
                ));
            }
        };
        if let Some(Time(at)) = fields.valid_from {
            anchor = anchor.with_valid_from(at);
        }
        if let Some(Time(at)) = fields.valid_until {
            anchor = anchor.with_valid_until(at);
        }
        if fields.accountable_owner {
            anchor = anchor.with_accountable_owner();
        }
        for text in fields.successors {
            let statement = Successor::parse(text.as_bytes()).map_err(D::Error::custom)?;
            anchor = anchor.with_successor(statement).map_err(D::Error::custom)?;
        }
        let anchor = fields.revokers.into_iter().fold(anchor, Self::with_revoker);
        Ok(fields.pinned.into_iter().fold(anchor, Self::with_pinned))
    }
}
