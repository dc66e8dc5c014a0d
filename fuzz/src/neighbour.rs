//! A constraint close to another: two independent ones are hardly ever comparable.

use std::collections::BTreeSet;

use crate::arbitrary;
use crate::source::Source;
use deputize::{Constraint, UrlPattern, Value};

/// The constraint with a change, perhaps of another kind.
pub(crate) fn of(source: &mut Source<'_>, own: &Constraint) -> Option<Constraint> {
    Some(match own {
        Constraint::Prefix(text) | Constraint::Suffix(text) => of_text(source, text)?,
        Constraint::Glob(glob) => of_text(source, glob.as_str())?,
        Constraint::Subpath(path) => of_text(source, path.as_str())?,
        Constraint::Equals(Value::String(text)) => of_text(source, text)?,
        Constraint::Equals(Value::List(items)) => of_set(source, items.iter().cloned().collect()),
        Constraint::Equals(value) => of_set(source, [value.clone()].into()),
        Constraint::OneOf(set)
        | Constraint::NoneOf(set)
        | Constraint::SubsetOf(set)
        | Constraint::ContainsAll(set) => of_set(source, set.clone()),
        Constraint::Min(bound) | Constraint::Max(bound) => {
            let bound = bound.saturating_add(source.below(5) as i64 - 2);
            if source.chance(50) { Constraint::Min(bound) } else { Constraint::Max(bound) }
        }
        Constraint::MaxLen(most) => {
            Constraint::MaxLen((most + 1).saturating_sub(source.below(3) as u64))
        }
        Constraint::Cidr(network) => of_network(source, &network.to_string())?,
        Constraint::Url(pattern) => of_url(source, pattern)?,
        Constraint::Each(inner) => match (source.below(4), of(source, inner)?) {
            (0, Constraint::OneOf(set) | Constraint::NoneOf(set)) => Constraint::SubsetOf(set),
            (_, inner) => Constraint::each(inner).ok()?,
        },
    })
}

fn of_text(source: &mut Source<'_>, text: &str) -> Option<Constraint> {
    let text = near(source, text);
    Some(match source.below(8) {
        0 | 1 => Constraint::Prefix(text),
        2 | 3 => Constraint::Suffix(text),
        4 => Constraint::glob(&text).ok()?,
        5 => Constraint::subpath(&text).ok()?,
        6 => Constraint::Equals(Value::String(text)),
        _ => Constraint::glob(&format!("{text}/**")).ok()?,
    })
}

/// The text, shorter or longer.
fn near(source: &mut Source<'_>, text: &str) -> String {
    let count = text.chars().count();
    match source.below(6) {
        0 => text.chars().skip(source.below(count + 1)).collect(),
        1 => text.chars().take(source.below(count + 1)).collect(),
        2 => format!("{text}{}", arbitrary::text(source)),
        3 => format!("{}{text}", arbitrary::text(source)),
        4 => text
            .replace(source.pick(&["a", "b", "*", "/"]), source.pick(&["a", "*", "**", "/", ""])),
        _ => text.to_owned(),
    }
}

fn of_set(source: &mut Source<'_>, mut set: BTreeSet<Value>) -> Constraint {
    match source.below(3) {
        0 => drop(set.pop_first()),
        1 => drop(set.insert(arbitrary::value(source))),
        _ => {}
    }
    match source.below(7) {
        6 => match set.pop_first() {
            Some(Value::Integer(bound)) => Constraint::Each(Box::new(Constraint::Max(bound))),
            _ => Constraint::Each(Box::new(Constraint::NoneOf(set))),
        },
        0 => Constraint::NoneOf(set),
        1 => Constraint::SubsetOf(set),
        2 => Constraint::ContainsAll(set),
        3 => set.pop_first().map_or(Constraint::MaxLen(0), Constraint::Equals),
        _ => Constraint::OneOf(set),
    }
}

/// A network around the address or within it.
fn of_network(source: &mut Source<'_>, text: &str) -> Option<Constraint> {
    let (address, length) = text.split_once('/')?;
    let length = length.parse::<usize>().ok()? + source.below(9);
    let exact = format!("{address}/{}", length.saturating_sub(4));
    match source.below(4) {
        0 => Some(Constraint::Equals(address.into())),
        1 => Some(Constraint::Prefix(address.chars().take(source.below(6)).collect())),
        _ => Constraint::cidr(&exact).ok(),
    }
}

fn of_url(source: &mut Source<'_>, own: &UrlPattern) -> Option<Constraint> {
    let mut parts = [own.schemes().clone(), own.hosts().clone()];
    let mut ports: BTreeSet<u16> = own.ports().clone();
    let mut prefix = own.path_prefix().to_owned();
    match source.below(9) {
        0 => drop(parts[0].insert(source.pick(&["https", "http", "ftp"]).to_owned())),
        1 => drop(parts[0].pop_first()),
        2 => drop(parts[1].insert(source.pick(&["*.acme.com", "acme.com", "a"]).to_owned())),
        3 => drop(parts[1].pop_first()),
        4 => drop(ports.insert(source.pick(&[443, 80, 1]))),
        5 => drop(ports.pop_first()),
        6 => prefix = near(source, &prefix),
        7 => {
            let text = format!("{}://{}{prefix}", parts[0].first()?, parts[1].first()?);
            return Some(Constraint::Prefix(near(source, &text)));
        }
        _ => {}
    }
    let [schemes, hosts] = parts;
    let pattern = UrlPattern::new(schemes, hosts).ok()?.with_ports(ports).ok()?;
    Some(Constraint::Url(pattern.with_path_prefix(&prefix).ok()?))
}
