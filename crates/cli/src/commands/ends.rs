//! `deputize report --ends`: the tokens that would end with each owner, key, token and hop.

use std::collections::BTreeMap;

use deputize::text::Quoted;
use deputize::{HopId, PrincipalReport, Report, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::input::token::explain;
use crate::input::tokens::read_many;
use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output};

/// Tokens that are named in one line; JSON names all.
const NAMED: usize = 8;

/// The tokens that would end with each subject, in JSON.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Ends {
    /// The tokens, expired ones included.
    tokens: Vec<GivenToken>,
    /// The subjects that a revocation list can name, and the tokens that would end with each.
    subjects: Vec<Ending>,
}

/// A token that was given.
#[derive(Debug, Serialize, JsonSchema)]
struct GivenToken {
    /// The file, with the line if it has several tokens, or the place among the arguments.
    name: String,
    /// The random id that the owner gave it, in hexadecimal.
    #[schemars(extend("pattern" = "^[0-9a-f]{32}$"))]
    token_id: String,
    /// The owner that it claims, with the root key.
    owner: PrincipalReport,
    /// The holder.
    holder: PrincipalReport,
    /// The time at which its first hop expires, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    expires: String,
    /// True if a hop has expired. Then the token has ended already.
    expired: bool,
}

/// A subject that can be revoked, and its tokens.
#[derive(Debug, Serialize, JsonSchema)]
struct Ending {
    #[serde(flatten)]
    subject: Subject,
    /// The places of the tokens that would end, from 0.
    ends: Vec<usize>,
}

/// A subject that a revocation list can name.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Subject {
    /// Everything of an owner. Only the list of the root key counts.
    Owner {
        /// The name.
        name: String,
        /// The root key.
        root_key: String,
    },
    /// A key: the hops that it signed, and the tokens that it holds.
    Key {
        /// The key.
        key: String,
        /// The names that the tokens give it.
        names: Vec<String>,
    },
    /// A token by its id.
    Token {
        /// The random id that the owner gave it, in hexadecimal.
        #[schemars(extend("pattern" = "^[0-9a-f]{32}$"))]
        id: String,
    },
    /// A hop, and everything that was delegated from it.
    Hop {
        /// The id.
        id: HopId,
        /// The place in the chain, from 0.
        index: usize,
        /// The delegator.
        from: PrincipalReport,
        /// The delegate.
        to: PrincipalReport,
        /// The time at which it expires, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        expires: String,
    },
}

/// Prints the tokens that would end with each subject.
///
/// # Errors
///
/// If a text is not a token, after the others are printed. A token that is not authentic is
/// refused.
pub fn run(
    sources: &[&str],
    format: DataFormat,
    now: OffsetDateTime,
    output: &Output,
) -> Result<Outcome, Error> {
    let texts = read_many(sources, output)?;
    let mut ends = Index::default();
    let (mut malformed, mut refused) = (0_usize, false);
    for own in texts {
        match Report::of_text(&own.text, None, now) {
            Err(why) => {
                output.note(format_args!("{}: {}", own.name, explain(&own.text, why)));
                malformed = malformed.saturating_add(1);
            }
            Ok(report) if !report.authentic || report.verdict == Verdict::Deny => {
                output.note(format_args!(
                    "{}: the token is not authentic, so nobody can use it",
                    own.name
                ));
                refused = true;
            }
            Ok(report) => ends.add(own.name, report),
        }
    }
    let ends = ends.finish();
    match format {
        DataFormat::Json => output.print_json(&ends)?,
        DataFormat::Text if ends.subjects.is_empty() => {}
        DataFormat::Text => output.print(ends.text())?,
    }
    let expired = ends.tokens.iter().filter(|token| token.expired).map(|token| &token.name);
    expired.for_each(|name| output.note(format_args!("note: {name} has expired, so it has ended")));
    match malformed {
        0 if refused => Ok(Outcome::Refused),
        0 => Ok(Outcome::Done),
        1 => Err(Error::new("one text is not a token")),
        count => Err(Error::new(format_args!("{count} texts are not tokens"))),
    }
}

/// The subjects that can be revoked, in the order of their first occurrence.
#[derive(Debug, Default)]
struct Index {
    ends: Ends,
    places: BTreeMap<(&'static str, String), usize>,
}

impl Index {
    fn add(&mut self, name: String, report: Report) {
        let (Some(owner), Some(token_id)) = (report.owner, report.token_id) else { return };
        let Some(holder) = report.hops.last().map(|hop| hop.to.clone()) else { return };
        // Times have one spelling, so their texts are in their order.
        let expires = report.hops.iter().map(|hop| hop.expires.as_str()).min();
        let expires = expires.unwrap_or_default().to_owned();
        let expired = report.hops.iter().any(|hop| hop.seconds_left == 0);
        if !expired {
            let (name, root_key) = (owner.name.clone(), owner.key.clone());
            self.ends("owner", format!("{root_key} {name}"), || Subject::Owner { name, root_key });
            self.key(&owner);
            report.hops.iter().for_each(|hop| self.key(&hop.to));
            let id = token_id.clone();
            self.ends("token", id.clone(), || Subject::Token { id });
            for hop in report.hops {
                let (id, index, expires) = (hop.id, hop.index, hop.expires);
                let (from, to) = (hop.from, hop.to);
                let subject = || Subject::Hop { id, index, from, to, expires };
                self.ends("hop", id.to_string(), subject);
            }
        }
        self.ends.tokens.push(GivenToken { name, token_id, owner, holder, expires, expired });
    }

    /// Adds a key of a chain. Every key of a chain ends it: it signed a hop, or holds the token.
    fn key(&mut self, principal: &PrincipalReport) {
        let key = principal.key.clone();
        let place = self.ends("key", key.clone(), || Subject::Key { key, names: Vec::new() });
        if let Some(Ending { subject: Subject::Key { names, .. }, .. }) =
            self.ends.subjects.get_mut(place)
            && !names.contains(&principal.name)
        {
            names.push(principal.name.clone());
        }
    }

    /// Notes that the token that is being added ends with this subject, and returns its place.
    fn ends(&mut self, kind: &'static str, id: String, subject: impl FnOnce() -> Subject) -> usize {
        let (token, subjects) = (self.ends.tokens.len(), &mut self.ends.subjects);
        let place = *self.places.entry((kind, id)).or_insert_with(|| {
            subjects.push(Ending { subject: subject(), ends: Vec::new() });
            subjects.len().saturating_sub(1)
        });
        if let Some(ending) = subjects.get_mut(place)
            && ending.ends.last() != Some(&token)
        {
            ending.ends.push(token);
        }
        place
    }

    /// Sorts the subjects by the number of tokens that end with them, so that an owner comes before
    /// hops.
    fn finish(self) -> Ends {
        let mut ends = self.ends;
        ends.subjects.sort_by_key(|ending| std::cmp::Reverse(ending.ends.len()));
        ends
    }
}

impl Ends {
    fn text(&self) -> String {
        let mut lines = Vec::new();
        for Ending { subject, ends } in &self.subjects {
            lines.push(subject.line());
            let named = ends.iter().filter_map(|token| self.tokens.get(*token)).take(NAMED);
            let mut named: Vec<_> = named.map(|token| token.name.as_str()).collect();
            let more = ends.len().saturating_sub(named.len());
            let more = format!("{more} more");
            if ends.len() > named.len() {
                named.push(&more);
            }
            lines.push(format!("  ends {}: {}", ends.len(), named.join(", ")));
        }
        lines.join("\n")
    }
}

impl Subject {
    fn line(&self) -> String {
        match self {
            Self::Owner { name, root_key } => {
                format!("owner {}, root key {root_key}", Quoted(name))
            }
            Self::Key { key, names } => {
                let names: Vec<_> = names.iter().map(|name| Quoted(name).to_string()).collect();
                format!("key {key} {}", names.join(", "))
            }
            Self::Token { id } => format!("token {id}"),
            Self::Hop { id, index, from, to, expires } => {
                let (from, to) = (named(from), named(to));
                format!("hop {index} {id} {from} → {to}, until {expires}")
            }
        }
    }
}

fn named(principal: &PrincipalReport) -> String {
    format!("{} ({})", Quoted(&principal.name), principal.fingerprint)
}
