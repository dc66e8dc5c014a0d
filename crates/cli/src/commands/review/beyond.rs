//! The calls that a proposal permits beyond those that were recorded, in words.

use deputize::text::Quoted;
use deputize::{ArgLimits, Capability, Constraint, Presence};
use deputize_audit::{ArgReview, Beyond};

use super::words;

/// Lines that are listed of one proposal.
const LISTED: usize = 64;

/// Returns a line for each part of a proposal that permits more than was recorded.
pub(super) fn lines(capabilities: &[Capability], beyond: &[Beyond]) -> Vec<String> {
    let listed = beyond.iter().take(LISTED);
    let mut lines: Vec<String> = listed.filter_map(|own| line(capabilities, own)).collect();
    if let Some(more @ 1..) = beyond.len().checked_sub(LISTED) {
        lines.push(format!("and {more} more; --format json has all"));
    }
    if beyond.iter().any(|own| matches!(own, Beyond::Argument { .. })) {
        lines.push("any combination of arguments that were seen apart".to_owned());
    }
    lines
}

/// Returns the line for one part.
pub(super) fn line(capabilities: &[Capability], own: &Beyond) -> Option<String> {
    let capability = capabilities.get(own.capability())?;
    let (operation, resource) = (capability.operation(), capability.resource());
    let (operation, resource) = (operation.as_written(), resource.as_written());
    let what = said(capability, own);
    Some(format!("{} on {}: {what}", Quoted(&operation), Quoted(&resource)))
}

fn said(capability: &Capability, own: &Beyond) -> String {
    match own {
        Beyond::Operations { .. } => "every operation of this pattern".to_owned(),
        Beyond::Resources { seen, has_more, .. } => {
            let many = if *has_more { "more than " } else { "" };
            format!("every resource of this pattern, seen {many}{seen}")
        }
        Beyond::Argument { seen, .. } => argument(capability.args().get(&seen.name), seen),
        Beyond::OtherArguments { .. } => "any further argument".to_owned(),
        _ => "as granted, whatever was seen".to_owned(),
    }
}

fn argument(limits: Option<&ArgLimits>, seen: &ArgReview) -> String {
    let name = Quoted(&seen.name);
    let written = |limit: &Constraint| match limit {
        Constraint::Subpath(folder) => {
            format!("every path at or below {}", Quoted(folder.as_str()))
        }
        Constraint::Min(least) => format!("from {least}"),
        Constraint::Max(most) => format!("up to {most}"),
        // Its values are quoted.
        other => other.to_string(),
    };
    let limits =
        limits.map_or((Presence::Optional, &[][..]), |own| (own.presence(), own.constraints()));
    let permitted = match limits {
        (Presence::Below, _) => format!("any value of {name}, and of everything in it"),
        (_, []) => format!("any value of {name}"),
        (_, own) => {
            let own: Vec<_> = own.iter().map(written).collect();
            format!("{name} {}", own.join(" "))
        }
    };
    let values = match seen.present {
        0 => "never seen".to_owned(),
        _ => format!("seen: {}", words::values(seen)),
    };
    format!("{permitted}, {values}")
}
