//! The authority of a token, in lines for people.

use std::fmt::Display;

use deputize::text::Quoted;
use deputize::{Capability, Principal, PublicKey, Token};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::output::streams::Output;

/// Prints the hop that was just signed to standard error, as it is in the token.
pub fn print(token: &Token, output: &Output) {
    let Some(hop) = token.hops().last() else { return };
    let (from, to) = (Quoted(hop.delegator().name()), hop.delegate());
    output.note(format_args!("granted by {from} to {to}"));
    lines(token, hop.grant().capabilities()).iter().for_each(|line| output.note(line));
}

/// Returns the authority of the holder of a token with these of its capabilities, line by line:
/// capabilities, services, times, purpose and further delegations.
pub fn lines(token: &Token, capabilities: &[Capability]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |label: &str, text: &dyn Display| lines.push(format!("  {label:<9}{text}"));
    for (i, capability) in capabilities.iter().enumerate() {
        add(if i == 0 { "may do:" } else { "" }, capability);
    }
    if capabilities.is_empty() {
        add("may do:", &"nothing");
    }
    match token.audience() {
        None => add("at:", &"any service"),
        Some(services) if services.is_empty() => add("at:", &"no service"),
        Some(services) => add("at:", &listed(services.iter().map(|name| Quoted(name)))),
    }
    if let Some(start) = token.not_before() {
        add("from:", &at(start));
    }
    add("until:", &at(token.expires()));
    if let Some(hop) = token.hops().last() {
        add("purpose:", &Quoted(hop.grant().purpose()));
    }
    let only_to = token.allowed_delegates().map_or_else(String::new, |keys| {
        format!(", only to {}", listed(keys.iter().map(PublicKey::fingerprint)))
    });
    match token.further_hops() {
        0 => add("further:", &"may not delegate further"),
        1 => add("further:", &format!("1 delegation{only_to}")),
        more => add("further:", &format!("{more} delegations{only_to}")),
    }
    lines
}

fn listed(items: impl Iterator<Item = impl Display>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// Returns the name of a principal, with the fingerprint of its key.
pub fn named(principal: &Principal) -> String {
    format!("{} ({})", Quoted(principal.name()), principal.key().fingerprint())
}

/// Returns a time in RFC 3339. Every time in a token can be written so.
pub fn at(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}
