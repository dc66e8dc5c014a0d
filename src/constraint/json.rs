//! The JSON form of constraints.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::fault::ParameterType;
use super::{Constraint, ConstraintError, ConstraintKind, UrlPattern};
use crate::request::value::Value;

impl Constraint {
    /// Creates the constraint of this kind with this parameter.
    pub(crate) fn from_json(kind: &str, json: Json) -> Result<Self, ConstraintError> {
        let kind: ConstraintKind = kind.parse()?;
        let word = kind.as_str();
        let constraint = match kind {
            ConstraintKind::Equals => Self::Equals(value(word, &json)?),
            ConstraintKind::OneOf => Self::OneOf(values(word, &json)?),
            ConstraintKind::NoneOf => Self::NoneOf(values(word, &json)?),
            ConstraintKind::Min => Self::Min(integer(word, &json)?),
            ConstraintKind::Max => Self::Max(integer(word, &json)?),
            ConstraintKind::Prefix => Self::Prefix(text(word, json)?),
            ConstraintKind::Suffix => Self::Suffix(text(word, json)?),
            ConstraintKind::Glob => Self::glob(&text(word, json)?)?,
            ConstraintKind::Subpath => Self::subpath(&text(word, json)?)?,
            ConstraintKind::Url => Self::Url(url(json)?),
            ConstraintKind::Cidr => Self::cidr(&text(word, json)?)?,
            ConstraintKind::MaxLen => Self::MaxLen(length(word, &json)?),
            ConstraintKind::SubsetOf => Self::SubsetOf(values(word, &json)?),
            ConstraintKind::ContainsAll => Self::ContainsAll(values(word, &json)?),
            ConstraintKind::Each => Self::Each(Box::new(element(json)?)),
        };
        constraint.check()?;
        Ok(constraint)
    }

    /// Returns the parameter alone. Its key is the [`kind`](Self::kind).
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
                Json::Object([(limit.kind().to_string(), limit.to_json())].into_iter().collect())
            }
        }
    }
}

/// Reads the constraint inside `each`: `{KIND: parameter}`.
fn element(json: Json) -> Result<Constraint, ConstraintError> {
    let refuse = |found: &Json| ConstraintError::Element {
        found: found.to_string(),
        remedy: r#"write `{"max": 5}`"#,
    };
    let Json::Object(members) = json else { return Err(refuse(&json)) };
    if members.len() > 1 {
        return Err(refuse(&Json::Object(members)));
    }
    let Some((kind, parameter)) = members.into_iter().next() else {
        return Err(refuse(&Json::Object(Map::new())));
    };
    // The parameter of a refused kind is not read, because `each` could nest in it without limit.
    match kind.parse::<ConstraintKind>()?.refused_by_each() {
        Some(remedy) => Err(ConstraintError::Element { found: kind, remedy }),
        None => Constraint::from_json(&kind, parameter),
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

/// Reads a list of distinct elements. A repeated one is refused: its author meant another.
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

fn length(kind: &'static str, json: &Json) -> Result<u64, ConstraintError> {
    json.as_u64().ok_or_else(|| refuse(kind, ParameterType::Length, json))
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
        let parameter = |kind| match kind {
            ConstraintKind::Equals => json!(["a", 1, null]),
            ConstraintKind::OneOf => json!([null, true, -1, "a"]),
            ConstraintKind::NoneOf => json!(["a", "b"]),
            ConstraintKind::Min => json!(-5),
            ConstraintKind::Max => json!(5),
            ConstraintKind::Prefix => json!("a"),
            ConstraintKind::Suffix => json!("@acme.com"),
            ConstraintKind::Glob => json!("a/*/**"),
            ConstraintKind::Subpath => json!("/srv/data"),
            ConstraintKind::Url => json!({
                "schemes": ["http", "https"],
                "hosts": ["*.acme.com"],
                "ports": [443, 8443],
                "path_prefix": "/v1",
            }),
            ConstraintKind::Cidr => json!("10.0.0.0/8"),
            ConstraintKind::MaxLen => json!(0),
            ConstraintKind::SubsetOf => json!(["a"]),
            ConstraintKind::ContainsAll => json!([1, 2]),
            ConstraintKind::Each => json!({"subpath": "/srv/data"}),
        };
        let mut read = Vec::new();
        for kind in ConstraintKind::ALL {
            let json = parameter(*kind);
            let constraint = Constraint::from_json(kind.as_str(), json.clone());
            assert_eq!(constraint.as_ref().map(Constraint::kind), Ok(*kind));
            assert_eq!(constraint.as_ref().map(Constraint::to_json), Ok(json));
            read.extend(constraint);
        }
        assert!(read.is_sorted(), "tokens list constraints in the order of their kinds");
    }

    #[test]
    fn errors_name_the_fault_and_the_remedy() {
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
            r#"`max` takes an integer within ±(2^53 − 1), such as `5`, not `"100"`"#
        );
        assert_eq!(
            why("max", json!(9_007_199_254_740_992_i64)),
            "`max` takes an integer within ±(2^53 − 1), such as `5`, not `9007199254740992`"
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
            format!("{element} `each`; name the members inside with `*`, or grant any value")
        );
        for other in [json!(5), json!({}), json!({"min": 1, "max": 2})] {
            let expected = format!("{element} `{other}`; write `{{\"max\": 5}}`");
            assert_eq!(why("each", other), expected);
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
            "the URL host `127.1` ends in a number and is not a dotted quad such as `93.184.215.14`"
        );
        assert_eq!(
            why("cidr", json!("10.1.0.0/8")),
            "the network `10.1.0.0/8` has bits set beyond its prefix length; write `10.0.0.0/8`"
        );
    }
}
