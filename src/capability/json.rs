//! The JSON form of capabilities.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::{ArgLimits, Capability, CapabilityError, OtherArgs, Presence};
use crate::constraint::Constraint;
use crate::text::json::{FromObject, LimitJson};

/// Writes the JSON form:
/// `{"operation":"bank.pay","resource":"**","args":{"amount":{"min":0,"max":500}},"other_args":"allow"}`.
impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Map::new();
        object.insert("operation".to_owned(), self.operation.as_written().into());
        object.insert("resource".to_owned(), self.resource.as_written().into());
        if !self.args.is_empty() {
            let args = self.args.iter().map(|(name, limits)| (name.clone(), limits.to_json()));
            object.insert("args".to_owned(), args.collect::<Map<_, _>>().into());
        }
        if self.other_args == OtherArgs::Allow {
            object.insert("other_args".to_owned(), "allow".into());
        }
        object.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            operation: String,
            resource: String,
            args: Option<LimitJson>,
            other_args: Option<OtherArgs>,
        }
        let FromObject(fields) = FromObject::<Fields>::deserialize(deserializer)?;
        let mut capability =
            Self::new(&fields.operation, &fields.resource).map_err(D::Error::custom)?;
        let args = match fields.args {
            None => Map::new(),
            Some(LimitJson(Json::Object(args))) => args,
            Some(_) => return Err(D::Error::custom("`args` must be an object")),
        };
        for (name, limits) in args {
            let (presence, constraints) =
                limits_from_json(&name, limits).map_err(D::Error::custom)?;
            capability =
                capability.with_limits(name, presence, constraints).map_err(D::Error::custom)?;
        }
        Ok(capability.with_other_args(fields.other_args.unwrap_or(OtherArgs::Deny)))
    }
}

impl ArgLimits {
    fn to_json(&self) -> Json {
        let mut object = Map::new();
        for constraint in &self.constraints {
            object.insert(constraint.kind().to_string(), constraint.to_json());
        }
        match self.presence {
            Presence::Below => return json!({ "below": true }),
            Presence::Optional => drop(object.insert("optional".to_owned(), true.into())),
            Presence::Required => {}
        }
        if self.constraints.is_empty() {
            object.insert("any".to_owned(), true.into());
        }
        object.into()
    }
}

fn limits_from_json(
    name: &str,
    json: Json,
) -> Result<(Presence, Vec<Constraint>), CapabilityError> {
    let Json::Object(members) = json else {
        return Err(CapabilityError::NotLimits { name: name.to_owned() });
    };
    // `below` permits everything, so no other member may accompany it.
    if members.get("below") == Some(&Json::Bool(true)) && members.len() == 1 {
        return Ok((Presence::Below, Vec::new()));
    }
    let mut presence = Presence::Required;
    let mut is_any = false;
    let mut constraints = Vec::new();
    for (kind, parameter) in members {
        match (kind.as_str(), parameter) {
            ("optional", Json::Bool(true)) => presence = Presence::Optional,
            ("optional", Json::Bool(false)) => {}
            ("any", Json::Bool(true)) => is_any = true,
            ("any" | "optional" | "below", _) => {
                return Err(CapabilityError::NotLimits { name: name.to_owned() });
            }
            (kind, parameter) => {
                let constraint = Constraint::from_json(kind, parameter)
                    .map_err(|error| CapabilityError::Arg { name: name.to_owned(), error })?;
                constraints.push(constraint);
            }
        }
    }
    // Without constraints, `any` must be stated. It excludes any constraint.
    if is_any != constraints.is_empty() {
        return Err(CapabilityError::NotLimits { name: name.to_owned() });
    }
    Ok((presence, constraints))
}
