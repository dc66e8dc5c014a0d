//! The chain as a picture: boxes with a few short lines each, one below the other.

use crate::report::words::{Lengths, NotShown, mark};
use crate::report::{HopReport, PrincipalReport, Report, Verdict};
use crate::text::escape::{Quoted, truncated};

/// How much a picture shows. What it leaves out it counts, and the other forms tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Capabilities a box, and as many removals.
    pub(super) lines: usize,
    /// Characters a line.
    pub(super) width: usize,
}

impl Detail {
    /// As much as fits a screen beside other boxes.
    pub(super) const FULL: Self = Self { lines: 8, width: 64 };
}

/// More reasons than these stand in the other forms.
const MOST_REASONS: usize = 3;

/// Reasons have this many characters more than other lines: they are what is looked for.
const REASON_WIDTH: usize = 32;

/// Boxes, each joined with the next by a line.
pub(super) struct Graph {
    pub(super) boxes: Vec<Node>,
}

pub(super) struct Node {
    pub(super) look: Look,
    /// Whether a signature proves what it says.
    pub(super) proven: bool,
    /// Its lines, inert; none begins with what somebody chose.
    pub(super) lines: Vec<String>,
    /// What stands beside the line that leads to it; nothing for the first.
    pub(super) edge: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Allowed,
    Refused,
    /// Neither: nothing was decided.
    Open,
}

impl Graph {
    pub(super) fn of(report: &Report, detail: Detail) -> Self {
        let mut boxes = vec![owner(report, detail)];
        boxes.extend(report.hops.iter().map(|hop| delegate(hop, detail)));
        if let Some(presentation) = &report.presentation {
            let proven = mark(presentation.trusted);
            let mut lines = vec![
                format!("{proven}asked: {}", detail.said(&presentation.audience)),
                format!("{proven}presented at {}", presentation.issued),
            ];
            if presentation.refused {
                lines.push(format!("{proven}✗ refused here"));
            }
            boxes.push(Node {
                look: if presentation.refused { Look::Refused } else { Look::Plain },
                proven: presentation.trusted,
                lines,
                edge: Some(format!("{proven}presentation")),
            });
        }
        boxes.push(verdict(report, detail));
        Self { boxes }
    }
}

impl Detail {
    fn short(self, text: &str) -> String {
        truncated(text, self.width)
    }

    fn said(self, text: &str) -> String {
        self.short(&Quoted(text).to_string())
    }

    fn party(self, party: &PrincipalReport, proven: bool) -> [String; 2] {
        let proven = mark(proven);
        let name = format!("{proven}{} {}", party.kind, self.said(&party.name));
        [name, format!("{proven}key {}", party.fingerprint)]
    }

    /// The first few of a list, and how many more there are.
    fn list(self, label: &str, items: impl ExactSizeIterator<Item = String>) -> Vec<String> {
        let more = items.len().saturating_sub(self.lines);
        let shown = items.take(self.lines).map(|text| format!("{label}{}", self.short(&text)));
        let rest = (more > 0).then(|| format!("{label}{more} more"));
        shown.chain(rest).collect()
    }
}

fn owner(report: &Report, detail: Detail) -> Node {
    let proven = report.trusted;
    let lines = match &report.owner {
        Some(owner) => detail.party(owner, proven).to_vec(),
        None => vec![
            format!("{}nobody: no block is both readable", mark(false)),
            format!("{}and signed by whom it should be", mark(false)),
        ],
    };
    Node { look: Look::Plain, proven, lines, edge: None }
}

fn delegate(hop: &HopReport, detail: Detail) -> Node {
    let proven = mark(hop.trusted);
    let mut lines = detail.party(&hop.to, hop.trusted).to_vec();
    let mut line = |text: String| lines.push(format!("{proven}{text}"));
    if hop.refused {
        line("✗ refused here".to_owned());
    }
    if let Some(earlier) = hop.returned_to {
        line(format!("returned to the delegator of hop {earlier}"));
    }
    line(format!("purpose: {}", detail.said(&hop.purpose)));
    let allows: Vec<_> = hop.allows_in_words(Lengths::SHORT).collect();
    detail.list("allows: ", allows.into_iter()).into_iter().for_each(&mut line);
    let removed = hop.removed.iter().map(ToString::to_string);
    detail.list("− ", removed).into_iter().for_each(&mut line);
    detail.list("note: ", hop.notes.iter().cloned()).into_iter().for_each(&mut line);
    if let Some(names) = hop.audience_in_words() {
        line(format!("audience: {}", detail.short(&names)));
    }
    if let Some(delegates) = &hop.delegates {
        line(format!("delegates: {}", detail.short(&delegates.join(", "))));
    }
    if let Some(start) = &hop.not_before {
        line(format!("from {start}"));
    }
    line(format!("until {} ({})", hop.expires, hop.time_left()));
    Node {
        look: if hop.refused { Look::Refused } else { Look::Plain },
        proven: hop.trusted,
        lines,
        edge: Some(format!("{proven}hop {}", hop.index)),
    }
}

fn verdict(report: &Report, detail: Detail) -> Node {
    let mut lines = vec![format!("{} at {}", report.verdict.word(), report.at)];
    let name = report.owner.as_ref().map(|owner| detail.said(&owner.name));
    lines.push(match (report.verdict, name) {
        (Verdict::Deny, _) if !report.trusted => {
            format!("{}nobody is accountable", mark(false))
        }
        (_, name) => {
            let name = name.unwrap_or_else(|| "somebody".to_owned());
            format!("{}accountable: {name}", mark(report.trusted))
        }
    });
    if let Some(request) = &report.request {
        lines.push(format!("call: {}", detail.said(&request.operation)));
        lines.push(format!("on {}", detail.said(&request.resource)));
        lines.push(format!("at {}", detail.said(&request.audience)));
        lines.push(format!("with {}", detail.short(&request.args_in_words(Lengths::SHORT))));
    }
    // The code first, since the end of a long reason is cut off.
    let reasons = report.reasons.iter().map(|reason| {
        let hop = reason.hop.map(|hop| format!("hop {hop}: ")).unwrap_or_default();
        format!("{hop}[{}] {}", reason.code, reason.message)
    });
    let few = Detail { lines: MOST_REASONS, width: detail.width.saturating_add(REASON_WIDTH) };
    lines.extend(few.list("✗ ", reasons));
    if report.not_shown > 0 {
        lines.push(NotShown(report.not_shown).to_string());
    }
    lines.extend(few.list("remark: ", report.remarks.iter().cloned()));
    lines.extend(report.not_checked.iter().map(|text| format!("not checked: {text}")));
    let (look, edge) = match report.verdict {
        Verdict::Allow => (Look::Allowed, "allowed"),
        Verdict::Deny => (Look::Refused, "✗ refused"),
        Verdict::Verified => (Look::Allowed, "verified"),
        Verdict::Unverified => (Look::Open, "unverified"),
    };
    let proven = report.verdict != Verdict::Unverified;
    Node { look, proven, lines, edge: Some(edge.to_owned()) }
}
