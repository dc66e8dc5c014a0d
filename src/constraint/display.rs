//! The text form of a constraint in reports.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use super::Constraint;
use crate::request::value::Value;
use crate::text::escape::Escaped;

/// Writes the words that follow the name of the argument: `<= 100`, `one of "a", "b"`,
/// `ends with "@acme.com"`. Text from the token is escaped.
impl Display for Constraint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "= {value}"),
            Self::OneOf(set) => write_set(f, "one of", set),
            Self::NoneOf(set) => write_set(f, "none of", set),
            Self::Min(bound) => write!(f, ">= {bound}"),
            Self::Max(bound) => write!(f, "<= {bound}"),
            Self::Prefix(text) => write!(f, "starts with \"{}\"", Escaped(text)),
            Self::Suffix(text) => write!(f, "ends with \"{}\"", Escaped(text)),
            Self::Glob(glob) => write!(f, "matches glob \"{}\"", Escaped(glob.as_str())),
            Self::Subpath(directory) => {
                write!(f, "under \"{}\"", Escaped(directory.as_str()))
            }
            Self::Url(pattern) => write!(f, "url {pattern}"),
            Self::Cidr(network) => write!(f, "in {network}"),
            Self::MaxLen(length) => write!(f, "at most {length} long"),
            Self::SubsetOf(set) => write_set(f, "subset of", set),
            Self::ContainsAll(set) => write_set(f, "contains", set),
            Self::Each(limit) => write!(f, "each {limit}"),
        }
    }
}

fn write_set(f: &mut Formatter<'_>, words: &str, set: &BTreeSet<Value>) -> fmt::Result {
    f.write_str(words)?;
    for (i, value) in set.iter().enumerate() {
        write!(f, "{}{value}", if i == 0 { " " } else { ", " })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::constraint::{Constraint, UrlPattern};

    #[test]
    fn each_kind_reads_as_words() {
        let shown = |c: Constraint| c.to_string();
        let parsed = |c: Result<Constraint, _>| c.map(shown);
        assert_eq!(shown(Constraint::equals("ro")), r#"= "ro""#);
        assert_eq!(shown(Constraint::one_of(["b", "a\n"])), r#"one of "a\n", "b""#);
        assert_eq!(shown(Constraint::none_of([2, 1])), "none of 1, 2");
        assert_eq!(shown(Constraint::min(1)), ">= 1");
        assert_eq!(shown(Constraint::max(-1)), "<= -1");
        assert_eq!(shown(Constraint::prefix("\"\u{202e}")), r#"starts with "\"\u{202e}""#);
        assert_eq!(shown(Constraint::suffix("@a.com")), r#"ends with "@a.com""#);
        assert_eq!(parsed(Constraint::glob("a/*")), Ok(r#"matches glob "a/*""#.to_owned()));
        assert_eq!(parsed(Constraint::subpath("/srv")), Ok(r#"under "/srv""#.to_owned()));
        assert_eq!(parsed(Constraint::cidr("10.0.0.0/8")), Ok("in 10.0.0.0/8".to_owned()));
        assert_eq!(shown(Constraint::max_len(20)), "at most 20 long");
        assert_eq!(shown(Constraint::subset_of([1])), "subset of 1");
        assert_eq!(shown(Constraint::contains_all(["x"])), r#"contains "x""#);
        assert_eq!(parsed(Constraint::each(Constraint::max(5))), Ok("each <= 5".to_owned()));
        let inner = Constraint::subpath("/srv").and_then(Constraint::each);
        assert_eq!(parsed(inner), Ok(r#"each under "/srv""#.to_owned()));
        let url = UrlPattern::new(["https", "http"], ["b.com", "*.a.com"])
            .and_then(|url| url.with_ports([8443, 443]))
            .and_then(|url| url.with_path_prefix("/v1"));
        assert_eq!(
            url.map(Constraint::url).map(shown),
            Ok("url {http,https}://{*.a.com,b.com}:{443,8443}/v1".to_owned())
        );
    }
}
