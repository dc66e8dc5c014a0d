//! Lints about text comparisons of paths, URLs and mail addresses.
//!
//! Each is reported with a value that the limits permit and that its author did not mean. Without
//! such a value there is no lint, so other limits on the argument can make a prefix safe.

use super::code::LintCode;
use super::finding::GrantLint;
use super::limits::{each_argument, written};
use super::through::Elements;
use super::words::{is_host, is_mail, is_media_type, is_path, is_url};
use crate::capability::ArgLimits;
use crate::constraint::{Constraint, UrlPattern};
use crate::grant::Grant;
use crate::request::value::Value;
use crate::text::escape::Backticked;

/// The kind of string that an argument holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Path,
    Url,
    Host,
    Mail,
}

impl Shape {
    fn code(self) -> LintCode {
        match self {
            Self::Path => LintCode::LoosePath,
            Self::Url | Self::Host => LintCode::LooseUrl,
            Self::Mail => LintCode::LooseMail,
        }
    }
}

/// The part of a string that a limit fixes.
#[derive(Clone, Copy)]
enum Part<'g> {
    Beginning(&'g str),
    End(&'g str),
}

impl<'g> Part<'g> {
    fn of(limit: &'g Constraint) -> Option<Self> {
        match limit {
            Constraint::Prefix(text) => Some(Self::Beginning(text)),
            Constraint::Suffix(text) => Some(Self::End(text)),
            // `*@acme.com` is a suffix of addresses, written as a path.
            Constraint::Glob(glob) if !glob.as_str().contains('/') => {
                let (_, end) = glob.as_str().rsplit_once('*')?;
                end.contains('@').then_some(Self::End(end))
            }
            _ => None,
        }
    }

    /// Returns the shape by the text itself, and by the name of the argument where the text does
    /// not tell.
    fn shape(self, name: &str) -> Option<Shape> {
        match self {
            Self::Beginning(text) if text.contains("://") => Some(Shape::Url),
            Self::Beginning(text) if text.contains(['/', '\\']) => {
                (!is_media_type(name)).then_some(Shape::Path)
            }
            Self::Beginning(text) if text.get(1..).is_some_and(|rest| rest.contains('@')) => {
                Some(Shape::Mail)
            }
            Self::Beginning(_) if is_path(name) => Some(Shape::Path),
            Self::Beginning(_) if is_url(name) => Some(Shape::Url),
            Self::Beginning(_) if is_host(name) => Some(Shape::Host),
            Self::End(text) if text.contains('@') && !text.contains('/') => Some(Shape::Mail),
            Self::End(text) if !is_domain(text) => None,
            Self::End(_) if is_url(name) => Some(Shape::Url),
            Self::End(text) if is_host(name) && !text.starts_with('.') => Some(Shape::Host),
            Self::End(_) if is_mail(name) => Some(Shape::Mail),
            Self::Beginning(_) | Self::End(_) => None,
        }
    }

    /// Returns values with this part that an author does not mean, the worst one first. `end` is
    /// the end that the other limits require.
    fn strangers(self, shape: Shape, end: &str) -> Vec<String> {
        match (shape, self) {
            (Shape::Path, Self::Beginning(text)) if text.ends_with(['/', '\\']) => {
                vec![format!("{text}../etc/passwd{end}")]
            }
            (Shape::Path, Self::Beginning(text)) if text.contains(['/', '\\']) => {
                vec![format!("{text}/../etc/passwd{end}"), format!("{text}-other{end}")]
            }
            (Shape::Path, Self::Beginning(text)) => vec![format!("{text}/../../etc/passwd{end}")],
            (Shape::Url, Self::Beginning(text)) => match text.split_once("://") {
                // No host is meant, or any path on the host.
                Some((_, rest)) if rest.find('/') == rest.len().checked_sub(1) => Vec::new(),
                Some((_, rest)) if rest.contains('/') => {
                    vec![format!("{}/../admin{end}", text.trim_end_matches('/'))]
                }
                Some(_) => vec![format!("{text}.evil.com/{end}"), format!("{text}@evil.com/{end}")],
                None => vec![format!("{text}.evil.com/{end}")],
            },
            (Shape::Url, Self::End(text)) => vec![format!("https://evil.com/{text}")],
            (Shape::Host, Self::Beginning(text)) => vec![format!("{text}.evil.com{end}")],
            (Shape::Host, Self::End(text)) => vec![format!("evil{text}")],
            (Shape::Mail, Self::Beginning(text)) => {
                vec![format!("{text},eve@evil.com{end}"), format!("{text}.evil.com{end}")]
            }
            (Shape::Mail, Self::End(text)) if text.contains('@') => {
                vec![format!("eve@evil.com,x{text}")]
            }
            (Shape::Mail, Self::End(text)) => vec![format!("eve@evil{text}")],
            (Shape::Path, Self::End(_)) => Vec::new(),
        }
    }
}

/// Returns the arguments that are compared as text, as far as this code is about them.
pub(super) fn lints(grant: &Grant, code: LintCode) -> Vec<GrantLint> {
    each_argument(grant, |_, name, limits| {
        let found = Elements::of(&limits.constraints);
        let end = found.own.iter().find_map(|limit| match limit {
            Constraint::Suffix(text) => Some(text.as_str()),
            _ => None,
        });
        found.own.iter().filter_map(|limit| Part::of(limit)).find_map(|part| {
            let shape = part.shape(name).filter(|shape| shape.code() == code)?;
            let strangers = part.strangers(shape, end.unwrap_or(""));
            let is_permitted = |text: &&String| found.permit(&Value::from(text.as_str()));
            strangers.first().filter(is_permitted)?;
            let shown: Vec<_> = strangers
                .iter()
                .filter(is_permitted)
                .map(|text| Backticked(text).to_string())
                .collect();
            let message = format!(
                "argument {} is compared as text, so {} {} permitted",
                Backticked(name),
                shown.join(" and "),
                if shown.len() == 1 { "is" } else { "are" }
            );
            let instead = instead(part, shape, name, limits, found.is_list);
            Some(GrantLint::new(code, message, instead))
        })
    })
}

/// Returns the safe spelling of a limit.
fn instead(part: Part<'_>, shape: Shape, name: &str, limits: &ArgLimits, is_list: bool) -> String {
    let safe = match (shape, part) {
        (Shape::Path, Part::Beginning(text)) if text.contains('/') => {
            let directory = if text == "/" { text } else { text.trim_end_matches('/') };
            Constraint::subpath(directory).ok()
        }
        (Shape::Path, Part::Beginning(text)) => Constraint::glob(&format!("{text}*")).ok(),
        (Shape::Url, Part::Beginning(text)) => {
            let pattern = text.trim_end_matches('/').parse::<UrlPattern>();
            pattern.ok().map(Constraint::Url)
        }
        (Shape::Url, Part::End(text)) => {
            let pattern = format!("https://*.{}", text.trim_start_matches('.'));
            pattern.parse::<UrlPattern>().ok().map(Constraint::Url)
        }
        (Shape::Path | Shape::Host | Shape::Mail, _) => None,
    };
    if let Some(safe) = safe {
        let safe = if is_list { Constraint::Each(Box::new(safe)) } else { safe };
        return written(name, limits, vec![safe]);
    }
    let example = match (shape, is_list) {
        (Shape::Path, _) => "name the directory, as in `path:subpath=/srv/data`",
        (Shape::Url, _) => "write a URL pattern, as in `site:url=https://*.acme.com/v1`",
        (Shape::Host, _) => "list the names, as in `host:one_of=api.acme.com,www.acme.com`",
        (Shape::Mail, false) => "list the addresses, as in `to:one_of=ann@acme.com,bob@acme.com`",
        (Shape::Mail, true) => "list the addresses, as in `to:subset_of=ann@acme.com,bob@acme.com`",
    };
    example.to_owned()
}

/// Returns true for the end of a host name: `acme.com`, `.acme.com`.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let labels: Vec<_> = text.strip_prefix('.').unwrap_or(text).split('.').collect();
    labels.len() > 1 && labels.into_iter().all(is_label)
}
