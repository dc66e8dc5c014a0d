//! The text that parses to a capability.

use serde_json::Value as Json;

use super::limit::looks_like_argument;
use super::parser::is_name_start;
use super::scanner::{Scanner, is_other_quote};
use crate::capability::{ArgLimits, Capability, OtherArgs, Presence};
use crate::constraint::Constraint;
use crate::request::value::Value;
use crate::text::escape::visible_json;

impl Capability {
    /// Returns a text that parses to this capability, without invisible characters. Its form is
    /// that of [`FromStr`](#impl-FromStr-for-Capability).
    ///
    /// A shell needs quotes around it, and the text can have single quotes in it.
    ///
    /// ```
    /// use deputize::{Capability, Constraint};
    ///
    /// let read = Capability::new("crm.read", "accounts/**")?
    ///     .with_arg("limit", [Constraint::min(0), Constraint::max(100)])?
    ///     .with_optional_arg("mode", [Constraint::one_of(["ro", "a b"])])?;
    /// assert_eq!(
    ///     read.as_written(),
    ///     r#"crm.read accounts/** limit=0..100 mode?:one_of="a b",ro"#
    /// );
    /// assert_eq!(read.as_written().parse(), Ok(read));
    /// # Ok::<(), deputize::CapabilityError>(())
    /// ```
    pub fn as_written(&self) -> String {
        let resource = self.resource.as_written();
        let is_plain = !resource.starts_with(is_other_quote)
            && !looks_like_argument(&resource)
            && !resource.contains(|c: char| c == '"' || c.is_whitespace());
        let resource = if is_plain { resource } else { quoted(&resource) };
        let mut words = vec![self.operation.as_written(), resource];
        words.extend(self.args.iter().flat_map(|(name, limits)| limits.as_written(name)));
        if self.other_args == OtherArgs::Allow {
            words.push("...".to_owned());
        }
        words.join(" ")
    }
}

impl ArgLimits {
    /// Returns the words for the argument of this name.
    pub(crate) fn as_written(&self, name: &str) -> Vec<String> {
        let mut name = written_name(name);
        name.push_str(match self.presence {
            Presence::Required => "",
            Presence::Optional => "?",
            Presence::Below => "/**",
        });
        let limits = match self.constraints.as_slice() {
            [] => return vec![name],
            limits => limits,
        };
        let bounds = limits.iter().find_map(|limit| match limit {
            Constraint::Min(min) => Some(*min),
            _ => None,
        });
        let bounds = limits.iter().find_map(|limit| match (limit, bounds) {
            (Constraint::Max(max), Some(min)) if min <= *max => Some(format!("{min}..{max}")),
            _ => None,
        });
        let mut words = Vec::new();
        for limit in limits {
            match (limit, &bounds) {
                (Constraint::Min(_), Some(range)) => words.push(format!("{name}={range}")),
                (Constraint::Max(_), Some(_)) => {}
                (limit, _) => words.push(format!("{name}{}", written_limit(limit))),
            }
        }
        words
    }
}

/// Returns an operator, or a kind, and the parameter.
fn written_limit(limit: &Constraint) -> String {
    let named = |parameter: String| format!(":{}={parameter}", limit.kind());
    match limit {
        Constraint::Equals(value) => format!("={}", written_value(value)),
        Constraint::Min(bound) => format!(">={bound}"),
        Constraint::Max(bound) => format!("<={bound}"),
        Constraint::Prefix(text) => format!("^={}", written_text(text)),
        Constraint::Suffix(text) => format!("$={}", written_text(text)),
        Constraint::Glob(glob) => format!("~{}", written_text(glob.as_str())),
        Constraint::Subpath(directory) => named(written_text(directory.as_str())),
        // Neither has blanks or quotes.
        Constraint::Url(pattern) => named(pattern.to_string()),
        Constraint::Cidr(network) => named(network.to_string()),
        Constraint::MaxLen(length) => named(length.to_string()),
        Constraint::OneOf(set)
        | Constraint::NoneOf(set)
        | Constraint::SubsetOf(set)
        | Constraint::ContainsAll(set) => {
            let values: Vec<_> = set.iter().map(written_value).collect();
            named(values.join(","))
        }
        Constraint::Each(limit) => format!("[]{}", written_limit(limit)),
    }
}

pub(crate) fn written_name(name: &str) -> String {
    let mut scanner = Scanner::new(name);
    let is_plain = scanner.name() == name && name.starts_with(is_name_start);
    if is_plain { name.to_owned() } else { quoted(name) }
}

fn written_value(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) => Json::from(value).to_string(),
        Value::String(text) => written_text(text),
        // The only blanks are those in strings.
        Value::List(_) => visible_json(&Json::from(value).to_string()).replace(' ', "\\u0020"),
    }
}

/// Returns the text, in double quotes unless it is a plain word that reads as itself everywhere.
fn written_text(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/@*".contains(c);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || "/@*".contains(c))
        && text.chars().all(is_plain);
    let is_literal = ["true", "false", "null"].contains(&text);
    if is_word && !is_literal { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    visible_json(&Json::from(text).to_string())
}
