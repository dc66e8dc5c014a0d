//! The parameter of a constraint in JSON.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::fault::ParameterType;
use super::{Constraint, ConstraintError, UrlPattern, each};
use crate::request::value::Value;

/// The kinds, in the order in which they are written.
const KINDS: [&str; 15] = [
    "equals",
    "one_of",
    "none_of",
    "min",
    "max",
    "prefix",
    "suffix",
    "glob",
    "subpath",
    "url",
    "cidr",
    "max_len",
    "subset_of",
    "contains_all",
    "each",
];

impl Constraint {
    /// The constraint of this kind with this parameter.
    ///
    /// # Errors
    ///
    /// For a kind that there is not, and a parameter that the kind does not take.
    pub(crate) fn from_json(kind: &str, json: Json) -> Result<Self, ConstraintError> {
        let constraint = match kind {
            "equals" => Self::Equals(value("equals", &json)?),
            "one_of" => Self::OneOf(values("one_of", &json)?),
            "none_of" => Self::NoneOf(values("none_of", &json)?),
            "min" => Self::Min(integer("min", &json)?),
            "max" => Self::Max(integer("max", &json)?),
            "prefix" => Self::Prefix(text("prefix", json)?),
            "suffix" => Self::Suffix(text("suffix", json)?),
            "glob" => Self::glob(&text("glob", json)?)?,
            "subpath" => Self::subpath(&text("subpath", json)?)?,
            "url" => Self::Url(url(json)?),
            "cidr" => Self::cidr(&text("cidr", json)?)?,
            "max_len" => Self::MaxLen(
                json.as_u64().ok_or_else(|| refuse("max_len", ParameterType::Length, &json))?,
            ),
            "subset_of" => Self::SubsetOf(values("subset_of", &json)?),
            "contains_all" => Self::ContainsAll(values("contains_all", &json)?),
            "each" => each::from_json(json)?,
            other => {
                return Err(ConstraintError::UnknownKind {
                    found: other.to_owned(),
                    kinds: KINDS.join(", "),
                });
            }
        };
        constraint.check()?;
        Ok(constraint)
    }

    /// The parameter alone; its key is [`kind`](Self::kind).
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Equals(value) => Json::from(value),
            Self::OneOf(set) | Self::NoneOf(set) | Self::SubsetOf(set) | Self::ContainsAll(set) => {
                set.iter().map(Json::from).collect()
            }
            Self::Min(bound) | Self::Max(bound) => Json::from(*bound),
            Self::Prefix(text) | Self::Suffix(text) => Json::from(text.as_str()),
            Self::Glob(glob) => Json::from(glob.as_str()),
            Self::Subpath(directory) => Json::from(directory.as_str()),
            Self::Url(pattern) => url_to_json(pattern),
            Self::Cidr(network) => Json::from(network.to_string()),
            Self::MaxLen(length) => Json::from(*length),
            Self::Each(limit) => {
                Json::Object([(limit.kind().to_owned(), limit.to_json())].into_iter().collect())
            }
        }
    }
}

fn url(json: Json) -> Result<UrlPattern, ConstraintError> {
    let Json::Object(mut parts) = json else {
        return Err(refuse("url", ParameterType::UrlParts, &json));
    };
    let (schemes, hosts) = (parts.remove("schemes"), parts.remove("hosts"));
    let (ports, path_prefix) = (parts.remove("ports"), parts.remove("path_prefix"));
    let (Some(schemes), Some(hosts), true) = (schemes, hosts, parts.is_empty()) else {
        let found = parts.keys().next();
        return Err(ConstraintError::Parameter {
            kind: "url",
            expected: ParameterType::UrlParts,
            found: found.map_or("an object without them", String::as_str).to_owned(),
        });
    };
    let mut pattern =
        UrlPattern::new(texts("url schemes", &schemes)?, texts("url hosts", &hosts)?)?;
    if let Some(ports) = ports {
        pattern = pattern.with_ports(port_numbers(&ports)?)?;
    }
    match path_prefix {
        Some(prefix) => pattern.with_path_prefix(&text("url path_prefix", prefix)?),
        None => Ok(pattern),
    }
}

fn url_to_json(pattern: &UrlPattern) -> Json {
    let mut parts = Map::new();
    let list = |texts: &BTreeSet<String>| texts.iter().map(String::as_str).collect::<Json>();
    parts.insert("schemes".to_owned(), list(pattern.schemes()));
    parts.insert("hosts".to_owned(), list(pattern.hosts()));
    if !pattern.ports().is_empty() {
        let ports = pattern.ports().iter().copied().collect();
        parts.insert("ports".to_owned(), ports);
    }
    if !pattern.path_prefix().is_empty() {
        parts.insert("path_prefix".to_owned(), Json::from(pattern.path_prefix()));
    }
    Json::Object(parts)
}

fn value(kind: &'static str, json: &Json) -> Result<Value, ConstraintError> {
    Value::from_json(json).ok_or_else(|| refuse(kind, ParameterType::Value, json))
}

fn values(kind: &'static str, json: &Json) -> Result<BTreeSet<Value>, ConstraintError> {
    distinct(kind, ParameterType::Values, json, |item| value(kind, item))
}

fn texts(kind: &'static str, json: &Json) -> Result<BTreeSet<String>, ConstraintError> {
    distinct(kind, ParameterType::Strings, json, |item| text(kind, item.clone()))
}

fn port_numbers(json: &Json) -> Result<BTreeSet<u16>, ConstraintError> {
    distinct("url ports", ParameterType::Ports, json, |item| {
        let port = item.as_u64().and_then(|port| u16::try_from(port).ok());
        port.ok_or_else(|| refuse("url ports", ParameterType::Ports, item))
    })
}

/// The elements of a list, none of which stands there twice: whoever wrote it twice meant another.
fn distinct<T: Ord>(
    kind: &'static str,
    expected: ParameterType,
    json: &Json,
    read: impl Fn(&Json) -> Result<T, ConstraintError>,
) -> Result<BTreeSet<T>, ConstraintError> {
    let items = json.as_array().ok_or_else(|| refuse(kind, expected, json))?;
    let mut found = BTreeSet::new();
    for item in items {
        if !found.insert(read(item)?) {
            return Err(ConstraintError::Repeated { kind, found: item.to_string() });
        }
    }
    Ok(found)
}

fn integer(kind: &'static str, json: &Json) -> Result<i64, ConstraintError> {
    json.as_i64().ok_or_else(|| refuse(kind, ParameterType::Integer, json))
}

fn text(kind: &'static str, json: Json) -> Result<String, ConstraintError> {
    match json {
        Json::String(text) => Ok(text),
        other => Err(refuse(kind, ParameterType::String, &other)),
    }
}

fn refuse(kind: &'static str, expected: ParameterType, found: &Json) -> ConstraintError {
    ConstraintError::Parameter { kind, expected, found: found.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_goes_to_json_and_back() {
        let parameters = [
            json!(["a", 1, null]),
            json!([null, true, -1, "a"]),
            json!(["a", "b"]),
            json!(-5),
            json!(5),
            json!("a"),
            json!("@acme.com"),
            json!("a/*/**"),
            json!("/srv/data"),
            json!({"schemes": ["http", "https"], "hosts": ["*.acme.com"], "ports": [443, 8443], "path_prefix": "/v1"}),
            json!("10.0.0.0/8"),
            json!(0),
            json!(["a"]),
            json!([1, 2]),
            json!({"subpath": "/srv/data"}),
        ];
        for (kind, json) in KINDS.into_iter().zip(parameters) {
            let constraint = Constraint::from_json(kind, json.clone());
            assert_eq!(constraint.as_ref().map(Constraint::kind), Ok(kind));
            assert_eq!(constraint.map(|c| c.to_json()), Ok(json));
        }
    }

    #[test]
    fn what_is_not_a_constraint_says_why() {
        let why = |kind, json| match Constraint::from_json(kind, json) {
            Ok(constraint) => format!("accepted {constraint}"),
            Err(e) => e.to_string(),
        };
        assert_eq!(
            why("regex", json!("a.*")),
            "`regex` is not a constraint; the kinds are equals, one_of, none_of, min, max, \
             prefix, suffix, glob, subpath, url, cidr, max_len, subset_of, contains_all, each"
        );
        assert_eq!(
            why("max", json!("100")),
            r#"`max` takes an integer within ±(2^53 − 1), not `"100"`"#
        );
        assert_eq!(
            why("max", json!(9_007_199_254_740_992_i64)),
            "`max` takes an integer within ±(2^53 − 1), not `9007199254740992`"
        );
        assert_eq!(why("one_of", json!([])), "`one_of` lists no value; list at least one");
        assert_eq!(why("one_of", json!([1, 1])), "`one_of` lists `1` twice; list each value once");
        assert_eq!(
            why("none_of", json!([1, "1"])),
            "`none_of` takes only strings, only integers or only booleans, not `1`"
        );
        assert_eq!(
            why("equals", json!(1.5)),
            "`equals` takes a string, an integer within ±(2^53 − 1), a boolean, null or a list of these, not `1.5`"
        );
        let element = "`each` takes one of none_of, min, max, prefix, suffix, glob, subpath, url, cidr, max_len, not";
        assert_eq!(
            why("each", json!({"one_of": ["a"]})),
            format!("{element} `one_of`; list the permitted elements in `subset_of`")
        );
        assert_eq!(
            why("each", json!({"each": {"max": 1}})),
            format!("{element} `each`; name what lies inside by `*`, or grant any value")
        );
        for odd in [json!(5), json!({}), json!({"min": 1, "max": 2})] {
            let told = format!("{element} `{}`; write `{{\"max\": 5}}`", odd);
            assert_eq!(why("each", odd), told);
        }
        assert_eq!(
            why("glob", json!("a/?")),
            "the glob `a/?` has one of `? [ ] { }`, and the only wildcards are `*` and `**`; write \
             segments such as `reports/*.csv` or `reports/**`"
        );
        assert_eq!(
            why("url", json!({"schemes": ["https"], "hosts": ["a.com"], "port": 1})),
            "`url` takes an object with `schemes`, `hosts`, and optionally `ports` and `path_prefix`, not `port`"
        );
        assert_eq!(
            why("url", json!({"schemes": ["ssh"], "hosts": ["a.com"]})),
            "the URL scheme `ssh` has no default port; list its ports"
        );
        assert_eq!(
            why("url", json!({"schemes": ["https"], "hosts": ["127.1"]})),
            "the URL host `127.1` ends in a number and is not a dotted quad; write `93.184.215.14`"
        );
        assert_eq!(
            why("cidr", json!("10.1.0.0/8")),
            "the network `10.1.0.0/8` has bits set beyond its prefix length; write `10.0.0.0/8` or `2001:db8::/32`"
        );
    }
}
