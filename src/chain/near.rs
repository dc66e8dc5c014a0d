//! The capabilities that come nearest to a call which none covers, and how they differ from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::capability::{Capability, Found, Mismatch};
use crate::constraint::Constraint;
use crate::limits::{MAX_SHOWN_FACT, MAX_SHOWN_VALUE};
use crate::reason::{Alternatives, DenyCode, Reason};
use crate::request::Request;
use crate::request::arguments::{Argument, enclosing_list};
use crate::request::value::Value;
use crate::text::contrast::distinguish;
use crate::text::escape::{CommaSeparated, Quoted, truncated};

/// The capabilities of one hop that come equally near to a call, each with its mismatch. A reason
/// names all of them: a reader who saw only one would conclude that nothing else is granted.
#[derive(Debug, Default)]
pub(super) struct Near<'a>(Vec<(&'a Capability, Mismatch<'a>)>);

impl<'a> Near<'a> {
    /// Adds a capability, unless others come nearer. Farther ones are removed.
    pub(super) fn add(&mut self, capability: &'a Capability, mismatch: Mismatch<'a>) {
        let nearest = self.0.first().map(|(_, own)| own.nearness());
        if nearest.is_some_and(|nearest| nearest < mismatch.nearness()) {
            self.0.clear();
        } else if nearest.is_some_and(|nearest| nearest > mismatch.nearness()) {
            return;
        }
        self.0.push((capability, mismatch));
    }

    /// Describes how they differ from the call. The order of the capabilities has no influence.
    pub(super) fn reason(&self, request: &Request) -> Reason {
        match self.0.first() {
            None => Reason::new(DenyCode::NoCapability, "grants nothing"),
            Some((_, Mismatch::Operation)) => self.operations(request),
            Some((_, Mismatch::Resource)) => self.resources(request),
            Some((_, Mismatch::Unnamed { .. })) => self.unnamed(request),
            Some((_, Mismatch::Missing { .. })) => self.missing(request),
            Some((_, Mismatch::Limit { .. })) => self.limits(),
        }
    }

    /// Returns a part of each capability, sorted, without repetition.
    fn each<T: Ord>(&self, part: impl Fn(&'a Capability) -> T) -> BTreeSet<T> {
        self.0.iter().map(|(own, _)| part(own)).collect()
    }

    /// Returns the arguments that differ, sorted, without repetition.
    fn arguments(&self) -> BTreeSet<&'a str> {
        self.0.iter().filter_map(|(_, mismatch)| mismatch.argument()).collect()
    }

    fn operations(&self, request: &Request) -> Reason {
        let requested = request.operation();
        let granted = self.each(|own| (own.operation().stem(), own.operation()));
        let granted = Alternatives::new(granted.iter().map(|(_, own)| own));
        let message = format!("grants {}, not {requested}", granted.joined(", "));
        Reason::new(DenyCode::OperationNotGranted, message).differs_from_all(granted, requested)
    }

    fn resources(&self, request: &Request) -> Reason {
        let granted = self.each(|own| (own.resource().stem(), own.resource()));
        let granted = granted.iter().map(|(_, own)| own.as_written());
        let (granted, requested) = contrast(granted, request.resource().as_str());
        let operation = request.operation();
        let on = granted.joined(", ");
        let message = format!("grants {operation} on {on}, not on {requested}");
        Reason::new(DenyCode::ResourceNotGranted, message).differs_from_all(granted, requested)
    }

    fn unnamed(&self, request: &Request) -> Reason {
        let named = self.each(|own| {
            let names = own.args().keys().map(|name| Quoted(name));
            if own.args().is_empty() { "none".to_owned() } else { short(CommaSeparated(names)) }
        });
        let lacked = Alternatives::new(self.arguments().into_iter().map(Quoted));
        let names = lacked.joined(" or, in another capability, ");
        let mut message = format!("does not name the argument {names}");
        let inside = self.0.iter().filter_map(|(own, mismatch)| {
            let list = mismatch.argument().filter(|name| is_empty_list(name, request))?;
            own.limits_elements_of(list).then_some(list)
        });
        message.extend(inside.min().map(empty_list_remedy));
        let (code, named) = (DenyCode::UnknownArgument, Alternatives::new(named));
        Reason::new(code, message).differs_from_all(named, lacked.joined(", "))
    }

    fn missing(&self, request: &Request) -> Reason {
        let names = self.arguments();
        let all = Alternatives::new(names.iter().map(|name| Quoted(name)));
        let mut message = format!("requires the argument {}, which is missing", all.joined(" or "));
        let is_object = |name: &&str| {
            matches!(request.arguments().get(name), Argument::Object | Argument::Objects(_))
        };
        if names.iter().any(is_object) {
            message.push_str(": the values inside it have names of their own");
        }
        let mut lists = names.iter().filter_map(|name| enclosing_list(name));
        if let Some(list) = lists.find(|list| is_empty_list(list, request)) {
            message.push_str(&empty_list_remedy(&list));
        }
        Reason::new(DenyCode::ArgumentMissing, message).differs_from_all(all, "no such argument")
    }

    /// Describes the limits that the values of arguments do not satisfy, for each argument.
    fn limits(&self) -> Reason {
        let mut by_argument = BTreeMap::<_, (Found<'_>, BTreeSet<&Constraint>)>::new();
        for (_, mismatch) in &self.0 {
            if let Mismatch::Limit { name, limit, found } = mismatch {
                // A list can be too long for one limit, and not be judged by another.
                let key = (*name, matches!(found, Found::TooLong(_)));
                by_argument.entry(key).or_insert((*found, BTreeSet::new())).1.insert(limit);
            }
        }
        let mut all = Alternatives::default();
        let (mut sentences, mut requested) = (Vec::new(), Vec::new());
        for ((name, _), (found, limits)) in by_argument {
            let shown = limits.len().min(all.room());
            if shown > 0 {
                let first = limits.iter().take(shown).copied();
                let Described { limits, found, value } = describe(name, found, first);
                let name = truncated(Quoted(name), MAX_SHOWN_VALUE);
                sentences.push(format!("requires {name} {}, and {found}", limits.join(" or ")));
                requested.push(format!("{name} {value}"));
                limits.iter().for_each(|limit| all.add(format!("{name} {limit}")));
            }
            all.leave_out(limits.len().saturating_sub(shown));
        }
        let more = all.and_more();
        let message = format!("{}{more}", sentences.join("; or "));
        let requested = requested.join(", ");
        Reason::new(DenyCode::ArgumentRefused, message).differs_from_all(all, requested)
    }
}

/// Returns the permitted texts and the requested one, so that a reader sees how they differ.
pub(super) fn contrast<T: AsRef<str>>(
    mut permitted: impl ExactSizeIterator<Item = T>,
    requested: &str,
) -> (Alternatives, String) {
    let mut shown_requested = None;
    let mut all = Alternatives::default();
    // The comparison costs time in proportion to the texts, so the others are only counted.
    for permitted in permitted.by_ref().take(all.room()) {
        let [own, other] = distinguish(permitted.as_ref(), requested);
        if other.is_escaped() {
            shown_requested.get_or_insert(short(other));
        }
        all.add(short(own));
    }
    all.leave_out(permitted.len());
    (all, shown_requested.unwrap_or_else(|| short(Quoted(requested))))
}

/// The limits on one argument, and its value.
struct Described {
    limits: Vec<String>,
    /// The value in a sentence, with a remedy if it cannot be judged.
    found: String,
    value: String,
}

fn describe<'a>(
    name: &str,
    found: Found<'_>,
    limits: impl Iterator<Item = &'a Constraint>,
) -> Described {
    match found {
        Found::Undecidable(found) => {
            let (found, remedy) = undecidable(name, found);
            Described {
                limits: limits.map(short).collect(),
                found: format!("its value is {found}{remedy}"),
                value: format!("is {found}"),
            }
        }
        Found::TooLong(length) => Described {
            limits: limits.map(short).collect(),
            found: format!("it has {length} elements"),
            value: format!("has {length} elements"),
        },
        Found::Value(value) => {
            let mut shown_value = None;
            let mut describe = |limit: &Constraint| {
                if let (Constraint::Equals(Value::String(own)), Value::String(found)) =
                    (limit, value)
                    && let [own, found] = distinguish(own, found)
                    && own.is_escaped()
                {
                    shown_value.get_or_insert(short(found));
                    return short(format_args!("= {own}"));
                }
                short(limit)
            };
            let limits = limits.map(&mut describe).collect();
            let value = shown_value.unwrap_or_else(|| short(value));
            Described { limits, found: format!("it is {value}"), value: format!("= {value}") }
        }
    }
}

/// Describes a value that no limit can judge, and the remedy.
fn undecidable(name: &str, found: Argument<'_>) -> (&'static str, &'static str) {
    match found {
        Argument::Objects(_) => (
            "a list of objects",
            ", which cannot be checked; name the values inside it, with `*` for the index",
        ),
        Argument::List(_) => (
            "a list with a float, an object or a list in it",
            ", which cannot be checked; use integer minor units",
        ),
        Argument::Undecidable if enclosing_list(name).is_some() => (
            "not a string, integer, boolean or null in every element of the list",
            ", so it cannot be checked",
        ),
        _ => ("a float or an object", ", which cannot be checked; use integer minor units"),
    }
}

fn is_empty_list(name: &str, request: &Request) -> bool {
    matches!(request.arguments().get(name), Argument::Value(Value::List(items)) if items.is_empty())
}

fn empty_list_remedy(list: &str) -> String {
    let list = Quoted(list);
    format!("; to allow an empty list, grant another capability that limits {list} to `max_len` 0")
}

fn short(text: impl Display) -> String {
    truncated(text, MAX_SHOWN_FACT)
}
