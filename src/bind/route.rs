//! The parts of an HTTP request that become segments of a resource, and arguments.

use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::limits::MAX_INTEGER;
use crate::request::resource::{Resource, ResourceError};
use crate::text::escape::Backticked;
use crate::text::path::percent_decode;

/// Splits the path of a URL, as it was sent, into segments, and decodes each once.
///
/// Text that readers take in different ways is refused: raw text beyond ASCII, a `;`, which some cut off,
/// and an escape of a character that needs none, which some compare before they decode it.
///
/// A service makes its resource of some of them, by
/// [`Resource::from_segments`](crate::Resource::from_segments), and arguments of others. A router
/// that decodes `%2F` and matches afterwards would give another answer.
///
/// ```
/// # use deputize::bind::segments;
/// assert_eq!(segments("/accounts/emea/a%20b")?, ["accounts", "emea", "a b"]);
/// assert!(segments("/accounts/emea%2F7").is_err());
/// assert!(segments("/accounts/").is_err());
/// # Ok::<(), deputize::bind::RouteError>(())
/// ```
///
/// # Errors
///
/// [`RouteError::NotAPath`] for a text that does not begin with a slash or has a query, and
/// [`RouteError::Segment`] for a segment that no resource can have.
pub fn segments(path: &str) -> Result<Vec<String>, RouteError> {
    let relative = match path.strip_prefix('/') {
        Some(relative) if !path.contains(['?', '#']) => relative,
        _ => return Err(RouteError::NotAPath { found: path.to_owned() }),
    };
    if relative.is_empty() {
        return Ok(Vec::new());
    }
    let segments = relative.split('/').map(|raw| {
        let escape = || RouteError::Escape { found: raw.to_owned() };
        if !raw.is_ascii() || raw.contains(';') || has_needless_escape(raw) {
            return Err(escape());
        }
        let segment = percent_decode(raw).ok_or_else(escape)?;
        Resource::from_segments([&segment]).map_err(RouteError::Segment)?;
        Ok(segment)
    });
    segments.collect()
}

/// The type of a query parameter, which the route states: in a URL, `5` is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueryKind {
    /// A string.
    Text,
    /// An integer in decimal, within ±(2^53 − 1), in its one spelling.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list of strings: the only kind that may occur more than once.
    Texts,
}

/// Reads the query of a URL, as it was sent and without its `?`, into arguments.
///
/// ```
/// # use deputize::bind::{QueryKind, query};
/// let kinds = [("limit", QueryKind::Integer), ("q", QueryKind::Text)];
/// let args = query("q=a%20b&limit=5", &kinds)?;
/// assert_eq!(serde_json::json!(args), serde_json::json!({"limit": 5, "q": "a b"}));
/// assert!(query("limit=5&limit=500", &kinds).is_err());
/// assert!(query("q=a+b", &kinds).is_err());
/// # Ok::<(), deputize::bind::RouteError>(())
/// ```
///
/// # Errors
///
/// [`RouteError`] for a parameter that the route does not name, one that occurs twice, a value of
/// another type, and for text that two readers could read in two ways.
pub fn query(query: &str, kinds: &[(&str, QueryKind)]) -> Result<Map<String, Json>, RouteError> {
    let mut args = Map::new();
    if query.is_empty() {
        return Ok(args);
    }
    for pair in query.split('&') {
        // Some readers take `+` for a blank, and `;` for `&`.
        let pair = match pair.split_once('=') {
            Some(pair) if !query.contains(['+', ';', '#']) => pair,
            _ => return Err(RouteError::Query { found: query.to_owned() }),
        };
        let (name, value) = (decoded(pair.0)?, decoded(pair.1)?);
        let kind = kinds.iter().find(|(own, _)| *own == name).map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| RouteError::Unknown { name: name.clone() })?;
        match (args.get_mut(&name), kind) {
            (Some(Json::Array(values)), QueryKind::Texts) => values.push(value.into()),
            (Some(_), _) => return Err(RouteError::Twice { name }),
            (None, _) => {
                let value = kind.read(value).ok_or_else(|| RouteError::Value {
                    name: name.clone(),
                    expected: kind.expected(),
                })?;
                args.insert(name, value);
            }
        }
    }
    Ok(args)
}

impl QueryKind {
    fn read(self, value: String) -> Option<Json> {
        match self {
            Self::Text => Some(value.into()),
            Self::Texts => Some(Json::Array(vec![value.into()])),
            Self::Boolean => value.parse::<bool>().ok().map(Json::from),
            Self::Integer => {
                let integer = value.parse::<i64>().ok().filter(|own| own.to_string() == value)?;
                let is_exact = integer.unsigned_abs() <= MAX_INTEGER.unsigned_abs();
                is_exact.then(|| integer.into())
            }
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::Texts => "a text",
            Self::Boolean => "`true` or `false`",
            Self::Integer => "an integer, such as `5`",
        }
    }
}

/// Puts the arguments of a call together from its path, its query and its body. `kinds` are the
/// parameters that the route has in its query.
///
/// A name has one place: otherwise a flag of the query that a relay moves to the body, where the
/// service does not look for it, would be the same request.
///
/// ```
/// # use deputize::bind::{QueryKind, arguments};
/// # use serde_json::{Map, json};
/// let kinds = [("dry_run", QueryKind::Boolean)];
/// let body = |json: serde_json::Value| json.as_object().cloned().unwrap_or_default();
/// let args = arguments(Map::new(), "dry_run=true", &kinds, body(json!({"text": "a"})))?;
/// assert_eq!(json!(args), json!({"dry_run": true, "text": "a"}));
/// assert!(arguments(Map::new(), "", &kinds, body(json!({"dry_run": true}))).is_err());
/// # Ok::<(), deputize::bind::RouteError>(())
/// ```
///
/// # Errors
///
/// As [`query`], [`RouteError::Elsewhere`] for a member of the body with the name of a parameter of the path
/// or the query, and [`RouteError::Twice`] for a name that the route has in its path and its query.
pub fn arguments(
    path: Map<String, Json>,
    query: &str,
    kinds: &[(&str, QueryKind)],
    body: Map<String, Json>,
) -> Result<Map<String, Json>, RouteError> {
    if let Some((name, _)) = kinds.iter().find(|(name, _)| path.contains_key(*name)) {
        return Err(RouteError::Twice { name: (*name).to_owned() });
    }
    let is_elsewhere =
        |name: &&String| path.contains_key(*name) || kinds.iter().any(|(own, _)| own == name);
    if let Some(name) = body.keys().find(is_elsewhere) {
        return Err(RouteError::Elsewhere { name: name.clone() });
    }
    let mut args = self::query(query, kinds)?;
    args.extend(path);
    args.extend(body);
    Ok(args)
}

/// Returns true if the text escapes a character that needs no escape (RFC 3986, section 2.3).
fn has_needless_escape(raw: &str) -> bool {
    raw.split('%').skip(1).any(|piece| {
        let byte = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    })
}

/// Decodes any escape, since a value is data, and no reader splits it again.
fn decoded(text: &str) -> Result<String, RouteError> {
    let mut pieces = text.split('%');
    let mut plain = pieces.next().unwrap_or_default().as_bytes().to_vec();
    let whole = pieces.try_for_each(|piece| {
        let (digits, rest) = piece.split_at_checked(2)?;
        let mut byte = [0];
        hex::decode_to_slice(digits, &mut byte).ok()?;
        plain.extend(byte);
        plain.extend(rest.bytes());
        Some(())
    });
    let plain = whole.and_then(|()| String::from_utf8(plain).ok());
    plain.ok_or_else(|| RouteError::Escape { found: text.to_owned() })
}

/// The reason why a part of a URL does not become a part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The text is not a path that begins with a slash.
    #[error("{} must be a path that begins with `/`, without a query", Backticked(found))]
    NotAPath {
        /// The text.
        found: String,
    },
    /// A segment of the path cannot be in a resource.
    #[error(transparent)]
    Segment(ResourceError),
    /// A percent-escape is not two hexadecimal digits of UTF-8. In a path also: an escape of a
    /// character that needs none or must not be hidden (`.`, `/`, `\\`, `%`, `;`, controls), a raw `;`, and
    /// raw text beyond ASCII.
    #[error(
        "{} has an escape that is not UTF-8; in a path, also one that readers take in different ways, a `;` or raw text beyond ASCII",
        Backticked(found)
    )]
    Escape {
        /// The text with the escape.
        found: String,
    },
    /// The query is not `name=value` between `&`, or has a `+`, `;` or `#`.
    #[error(
        "the query {} must be `name=value` between `&`; escape a blank as `%20`, and `+`, `;` and `#` as well",
        Backticked(found)
    )]
    Query {
        /// The query.
        found: String,
    },
    /// The route has no parameter with this name.
    #[error("the route has no parameter {}", Backticked(name))]
    Unknown {
        /// The name.
        name: String,
    },
    /// The name occurs twice.
    #[error("the argument {} occurs twice; give it once", Backticked(name))]
    Twice {
        /// The name.
        name: String,
    },
    /// The body has the name of a parameter of the path or the query.
    #[error("the argument {} belongs in the path or the query, not in the body", Backticked(name))]
    Elsewhere {
        /// The name.
        name: String,
    },
    /// The value is of another type.
    #[error("the value of {} must be {expected}", Backticked(name))]
    Value {
        /// The name.
        name: String,
        /// The type, such as `true` or `false`.
        expected: &'static str,
    },
}
