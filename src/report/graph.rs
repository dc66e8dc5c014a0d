//! The chain as a picture: boxes with a few short lines each, one below another.

use crate::limits::{
    MAX_SHOWN_BOX_LINES, MAX_SHOWN_BOX_REASON_EXTRA, MAX_SHOWN_BOX_REASONS, MAX_SHOWN_BOX_WIDTH,
};
use crate::report::account::{Report, Verdict};
use crate::report::hop::HopReport;
use crate::report::lines::{Label, Line};
use crate::report::presentation::PresentationReport;
use crate::report::principal::PrincipalReport;
use crate::report::wording::{NOBODY, Piece, REFUSED_HERE, Room, mark, plain};
use crate::text::escape::truncated;

/// The amount of detail in a picture. A list that is cut short ends with the number of items left
/// out; the other formats have them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Capabilities in a box, and as many removals and notes.
    pub(super) lines: usize,
    /// Characters in a line.
    pub(super) width: usize,
}

impl Detail {
    pub(super) const FULL: Self = Self { lines: MAX_SHOWN_BOX_LINES, width: MAX_SHOWN_BOX_WIDTH };
}

/// A path of nodes, each with an edge to the next.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
}

pub(super) struct Node {
    pub(super) look: Look,
    /// True if it holds claims of a chain that is not trusted or not verified.
    pub(super) is_unverified: bool,
    /// Its lines, escaped. No line begins with untrusted text.
    pub(super) lines: Vec<String>,
    /// The label of the edge that leads to it; `None` for the first node.
    pub(super) edge: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Allowed,
    Refused,
    /// Neither allowed nor refused.
    Undecided,
}

impl Look {
    fn of_block(is_refusing: bool) -> Self {
        if is_refusing { Self::Refused } else { Self::Plain }
    }
}

impl Graph {
    pub(super) fn of(report: &Report, detail: Detail) -> Self {
        let mut nodes = vec![detail.owner(report)];
        nodes.extend(report.hops.iter().map(|hop| detail.hop(hop)));
        nodes.extend(report.presentation.iter().map(|block| detail.presentation(block)));
        nodes.push(detail.verdict(report));
        Self { nodes }
    }
}

impl Detail {
    fn truncate(self, text: &str) -> String {
        truncated(text, self.width)
    }

    /// Returns the pieces as text, truncated after any leading words of the report.
    fn line(self, pieces: &[Piece<'_>]) -> String {
        let start = pieces.iter().take_while(|piece| matches!(piece, Piece::Words(_))).count();
        let words = pieces.get(..start).unwrap_or_default();
        let rest = pieces.get(start..).unwrap_or_default();
        format!("{}{}", plain(words), self.truncate(&plain(rest)))
    }

    /// Returns the kind and the name, and the key on a line of its own.
    fn principal(self, principal: &PrincipalReport) -> [String; 2] {
        let name = self.line(&[Piece::Name(&principal.name)]);
        [format!("{} {name}", principal.kind), format!("key {}", principal.fingerprint)]
    }

    /// Returns the first few items of a list, and the number of the others.
    fn list(self, label: &str, items: &[String]) -> Vec<String> {
        let more = items.len().saturating_sub(self.lines);
        let shown = items.iter().take(self.lines).map(|text| format!("{label}{text}"));
        let rest = (more > 0).then(|| format!("{label}{more} more"));
        shown.chain(rest).collect()
    }

    fn owner(self, report: &Report) -> Node {
        let lines = match &report.owner {
            Some(owner) => self.principal(owner),
            None => NOBODY.map(str::to_owned),
        };
        Node {
            look: Look::Plain,
            is_unverified: !report.trusted,
            lines: marked(report.trusted, lines),
            edge: None,
        }
    }

    fn hop(self, hop: &HopReport) -> Node {
        let mut lines = self.principal(&hop.to).to_vec();
        lines.extend(hop.refused.then(|| REFUSED_HERE.to_owned()));
        let all = hop.lines(Room::Box);
        for group in all.chunk_by(|a, b| a.label == b.label) {
            lines.extend(self.group(group));
        }
        Node {
            look: Look::of_block(hop.refused),
            is_unverified: !hop.trusted,
            lines: marked(hop.trusted, lines),
            edge: Some(format!("{}hop {}", mark(hop.trusted), hop.index)),
        }
    }

    /// Returns the text of lines with one label.
    fn group(self, group: &[Line<'_>]) -> Vec<String> {
        let Some(Line { label, .. }) = group.first() else { return Vec::new() };
        let items: Vec<_> = group.iter().map(|line| self.line(&line.pieces)).collect();
        match label {
            // Other formats strike these through.
            Label::Removed => self.list("− ", &items),
            Label::Allows | Label::Note => self.list(&label.prefix(), &items),
            Label::Returned
            | Label::Purpose
            | Label::Audience
            | Label::Delegates
            | Label::Directory
            | Label::Validity
            | Label::Id => items.iter().map(|text| format!("{}{text}", label.prefix())).collect(),
        }
    }

    fn presentation(self, presentation: &PresentationReport) -> Node {
        let PresentationReport { trusted, refused, .. } = *presentation;
        let mut lines = presentation.lines().map(|pieces| self.line(&pieces)).to_vec();
        lines.extend(refused.then(|| REFUSED_HERE.to_owned()));
        Node {
            look: Look::of_block(refused),
            is_unverified: !trusted,
            lines: marked(trusted, lines),
            edge: Some(format!("{}presentation", mark(trusted))),
        }
    }

    fn verdict(self, report: &Report) -> Node {
        let mut lines = vec![format!("{} at {}", report.verdict.as_text(), report.at)];
        let accountable = match &report.owner {
            Some(owner) if report.trusted || !report.verdict.is_refusal() => {
                format!("accountable: {}", self.line(&[Piece::Name(&owner.name)]))
            }
            _ => "nobody is accountable".to_owned(),
        };
        lines.extend(marked(report.trusted, [accountable]));
        if let Some(request) = &report.request {
            lines.push(format!("call: {}", self.line(&[Piece::Chosen(&request.operation)])));
            lines.push(format!("on {}", self.line(&[Piece::Chosen(&request.resource)])));
            lines.push(format!("at {}", self.line(&[Piece::Chosen(&request.audience)])));
            lines.push(format!("with {}", self.truncate(&request.args_text(Room::Box))));
        }
        let few = Self {
            lines: MAX_SHOWN_BOX_REASONS,
            width: self.width.saturating_add(MAX_SHOWN_BOX_REASON_EXTRA),
        };
        // The code first, since the end of a long reason is cut off.
        let reasons = report.reasons.iter().map(|reason| {
            let hop = reason.hop.map(|hop| format!("hop {hop}: ")).unwrap_or_default();
            few.truncate(&format!("{hop}[{}] {}", reason.code, reason.message))
        });
        lines.extend(few.list("✗ ", &Vec::from_iter(reasons)));
        lines.extend(report.not_shown_text());
        let remarks = report.remarks.iter().map(|remark| few.truncate(remark));
        lines.extend(few.list("remark: ", &Vec::from_iter(remarks)));
        let missed = report.not_checked();
        lines.extend(missed.iter().map(|text| format!("not checked: {text}")));
        // Words only: Mermaid does not decode entities in the label of an edge.
        let (look, edge) = match report.verdict {
            Verdict::Allow => (Look::Allowed, "allowed"),
            Verdict::Deny => (Look::Refused, "refused"),
            Verdict::Verified => (Look::Allowed, "verified"),
            Verdict::Unverified => (Look::Undecided, "unverified"),
            Verdict::WouldAllow => (Look::Undecided, "would allow"),
            Verdict::WouldDeny => (Look::Undecided, "would refuse"),
        };
        let is_unverified = report.verdict == Verdict::Unverified;
        Node { look, is_unverified, lines, edge: Some(edge.to_owned()) }
    }
}

fn marked(is_trusted: bool, lines: impl IntoIterator<Item = String>) -> Vec<String> {
    lines.into_iter().map(|line| format!("{}{line}", mark(is_trusted))).collect()
}
