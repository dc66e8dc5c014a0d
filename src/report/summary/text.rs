//! The summary as a person reads it.

use std::fmt::{self, Display, Formatter};

use unicode_width::UnicodeWidthStr;

use crate::report::summary::Summary;
use crate::report::summary::counts::Counts;
use crate::report::summary::rows::Holder;
use crate::text::escape::{CommaSeparated, Quoted};

/// A line: a heading, or a row with its counts.
type Line<'a> = (String, Option<&'a Counts>);

impl Summary {
    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<Line<'_>> = Vec::new();
        for root in self.charged.roots.values() {
            let root_key = format!("(root key {})", root.fingerprint);
            for owner in root.owners.values() {
                lines.push((format!("{} {root_key}", Quoted(&owner.name)), None));
                owner.holders.values().for_each(|holder| push_holder(&mut lines, holder));
            }
            push_rest(&mut lines, &format!("other calls {root_key}"), &root.other_calls);
        }
        push_rest(&mut lines, "other calls", &self.charged.other_calls);
        push_rest(&mut lines, "unknown callers", &self.unknown_callers);
        push_rest(&mut lines, "presentations that arrived before", &self.repeated);
        lines
    }
}

fn push_holder<'a>(lines: &mut Vec<Line<'a>>, holder: &'a Holder) {
    let names = CommaSeparated(holder.names.iter().map(|name| Quoted(name)));
    lines.push((format!("  {names} (key {})", holder.fingerprint), None));
    for call in holder.calls.values() {
        let (operation, resource) = (Quoted(&call.operation), Quoted(&call.resource));
        lines.push((format!("    {operation} on {resource}"), Some(&call.counts)));
    }
    push_rest(lines, "    other calls", &holder.other_calls);
}

fn push_rest<'a>(lines: &mut Vec<Line<'a>>, label: &str, counts: &'a Counts) {
    if !counts.is_empty() {
        lines.push((label.to_owned(), Some(counts)));
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        if lines.is_empty() {
            return writeln!(f, "no calls");
        }
        let rows = || lines.iter().filter_map(|(label, counts)| Some((label, (*counts)?)));
        let widest = rows().map(|(label, _)| label.width()).max().unwrap_or(0);
        let digits = |of: fn(&Counts) -> u64| {
            rows().map(|(_, counts)| of(counts).to_string().len()).max().unwrap_or(0)
        };
        let (allowed, refused) = (digits(|own| own.allowed), digits(|own| own.refused));
        for (label, counts) in &lines {
            let Some(counts) = counts else {
                writeln!(f, "{label}")?;
                continue;
            };
            let blank = " ".repeat(widest.saturating_sub(label.width()));
            let remarks = counts.remarks();
            writeln!(
                f,
                "{label}{blank}   {:>allowed$} allowed  {:>refused$} refused{remarks}",
                counts.allowed, counts.refused
            )?;
        }
        Ok(())
    }
}
