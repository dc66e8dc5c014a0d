//! The tree of hops in the text of a report, read back. Every other format must show the same, with
//! each name and value that an agent chose escaped as it is in the text.

use deputize::Report;

/// The parsed lines of the tree.
#[derive(Debug, Default)]
pub(crate) struct ReportTree {
    /// `alice@acme.com (human, 8a88e3dd7409f195)`
    pub(crate) owner: String,
    pub(crate) hops: Vec<Hop>,
    /// `presented to crm.acme.com at 2026-11-23T18:00:00Z`
    pub(crate) presentation: Option<String>,
    pub(crate) presentation_refused: bool,
    /// `UNVERIFIED 1 more block, not shown: …`
    pub(crate) not_shown: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Hop {
    /// The prefix of each of its lines when it is not verified: `UNVERIFIED `, or nothing.
    pub(crate) mark: &'static str,
    /// `planner (agent, 8139770ea87d175f)`
    pub(crate) to: String,
    pub(crate) refused: bool,
    /// Each as `purpose: "Q3 account review"`.
    pub(crate) lines: Vec<String>,
}

pub(crate) const REFUSED: &str = " ✗ refused here";

impl ReportTree {
    pub(crate) fn of(report: &Report) -> Self {
        let text = report.to_string();
        let drawn = text.split("\n\n").nth(2).unwrap();
        let mut tree = Self::default();
        for line in drawn.lines() {
            let line = line.trim_start();
            let (is_branch, line) =
                line.strip_prefix("└─ ").map_or((false, line), |inner| (true, inner));
            let (mark, line) =
                line.strip_prefix("UNVERIFIED ").map_or(("", line), |inner| ("UNVERIFIED ", inner));
            let hop = format!("hop {}: ", tree.hops.len());
            if let Some(to) = line.strip_prefix(&hop).filter(|_| is_branch) {
                let to = to.strip_suffix(REFUSED).map_or((to, false), |to| (to, true));
                let (to, refused) = (to.0.to_owned(), to.1);
                tree.hops.push(Hop { mark, to, refused, lines: Vec::new() });
            } else if is_branch && line.contains(" not shown: ") {
                tree.not_shown = Some(format!("{mark}{line}"));
            } else if is_branch {
                tree.presentation_refused = line.ends_with(REFUSED);
                let line = line.trim_end_matches(REFUSED);
                tree.presentation = Some(format!("{mark}{line}"));
            } else if let Some(hop) = tree.hops.last_mut() {
                assert_eq!(hop.mark, mark, "{text}");
                // The text pads its labels.
                let (label, rest) = line.split_once(": ").unwrap_or((line, ""));
                let is_labelled = ["purpose", "allows", "removed", "note", "audience", "delegates"];
                let line = if is_labelled.contains(&label) {
                    format!("{label}: {}", rest.trim_start())
                } else {
                    line.to_owned()
                };
                hop.lines.push(line);
            } else {
                tree.owner = format!("{mark}{line}");
            }
        }
        assert_eq!(tree.hops.len(), report.hops.len(), "{text}");
        tree
    }

    /// The names as they are shown, the owner's first.
    pub(crate) fn names(&self) -> Vec<&str> {
        let owner = self.owner.trim_start_matches("UNVERIFIED ");
        let parties = [owner].into_iter().chain(self.hops.iter().map(|hop| hop.to.as_str()));
        parties.filter_map(|party| Some(party.rsplit_once(" (")?.0)).collect()
    }
}

impl Hop {
    /// The values with this label.
    pub(crate) fn all<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter_map(move |line| line.strip_prefix(label)?.strip_prefix(": "))
    }
}
