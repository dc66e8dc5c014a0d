//! The lines about a hop: their labels, their order and their words, for every format of a report.

use crate::instant::Span;
use crate::report::account::Report;
use crate::report::checks::{list_done, list_missed};
use crate::report::hop::HopReport;
use crate::report::wording::{FurtherHops, NOBODY, NotShown, Piece, Room};
use crate::text::escape::Quoted;

/// A line about a hop.
#[derive(Debug)]
#[non_exhaustive]
pub struct Line<'a> {
    /// Its subject.
    pub label: Label,
    /// The words behind the label.
    pub pieces: Vec<Piece<'a>>,
}

/// The subject of a line. A format that treats some lines specially matches on all labels, so the
/// compiler finds every place that a new label concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// The delegate delegated before: the chain returned to it.
    Returned,
    /// The purpose, in the delegator's words.
    Purpose,
    /// A capability that the hop grants.
    Allows,
    /// A part of its parent's grant that the hop took away.
    Removed,
    /// Something unusual about the hop.
    Note,
    /// The services that may be called.
    Audience,
    /// The keys that further delegations may go to.
    Delegates,
    /// The delegate's entry in the directory of agents.
    Directory,
    /// The times between which the hop is valid.
    Validity,
    /// The id of the hop, and its revocation status.
    Id,
}

impl Label {
    /// The width of the longest word with its colon and a blank.
    pub(super) const WIDTH: usize = "delegates: ".len();

    /// Returns the word before the line. Lines without one are sentences.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Purpose => Some("purpose"),
            Self::Allows => Some("allows"),
            Self::Removed => Some("removed"),
            Self::Note => Some("note"),
            Self::Audience => Some("audience"),
            Self::Delegates => Some("delegates"),
            Self::Directory => Some("directory"),
            Self::Returned | Self::Validity | Self::Id => None,
        }
    }

    /// Returns the word with its colon, for a line without columns.
    pub fn prefix(self) -> String {
        self.word().map(|word| format!("{word}: ")).unwrap_or_default()
    }
}

impl HopReport {
    /// Returns the lines about the hop, in the order of every format. A box has no room for the
    /// hop's id or its time of issue.
    pub fn lines(&self, room: Room) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        let mut add = |label, pieces| lines.push(Line { label, pieces });
        if let Some(earlier) = self.returned_to {
            let text = format!("returned to the delegator of hop {earlier}");
            add(Label::Returned, vec![Piece::words(text)]);
        }
        add(Label::Purpose, vec![Piece::Chosen(&self.purpose)]);
        for capability in &self.allows {
            let text = capability.truncated_to(room.max_chars());
            add(Label::Allows, vec![Piece::Escaped(text.into())]);
        }
        for removal in &self.removed {
            add(Label::Removed, removal.pieces());
        }
        for note in &self.notes {
            add(Label::Note, vec![Piece::Escaped(note.as_str().into())]);
        }
        if let Some(names) = &self.audience {
            let names: Vec<_> = names.iter().map(|name| Quoted(name).to_string()).collect();
            add(Label::Audience, vec![Piece::Escaped(names.join(", ").into())]);
        }
        if let Some(keys) = &self.delegates {
            add(Label::Delegates, vec![Piece::Digits(keys.join(", ").into())]);
        }
        if let Some(agent) = &self.agent {
            add(Label::Directory, agent.pieces());
        }
        if room == Room::Box {
            if let Some(start) = &self.not_before {
                add(Label::Validity, vec![Piece::words(format!("from {start}"))]);
            }
            let until = format!("until {} ({})", self.expires, self.time_left());
            add(Label::Validity, vec![Piece::words(until)]);
        } else {
            add(Label::Validity, vec![Piece::words(self.validity())]);
            let as_of = self.not_revoked_as_of.as_ref().map(|at| format!(" as of {at}"));
            let revocation = self.revocation.as_text();
            let revocation = format!(", {revocation}{}", as_of.unwrap_or_default());
            let id = Piece::Digits(self.id.to_string().into());
            add(Label::Id, vec![Piece::words("id "), id, Piece::words(revocation)]);
        }
        lines
    }

    fn validity(&self) -> String {
        let start = self.not_before.as_ref().map(|at| format!(" from {at}")).unwrap_or_default();
        let further = FurtherHops(self.max_hops);
        let (issued, expires, left) = (&self.issued, &self.expires, self.time_left());
        format!("issued {issued}, valid{start} until {expires} ({left}), {further}")
    }

    fn time_left(&self) -> String {
        match self.seconds_left {
            0 => "expired".to_owned(),
            left => format!("{} left", Span(left)),
        }
    }
}

impl Report {
    /// Returns the line about the owner.
    pub fn owner_pieces(&self) -> Vec<Piece<'_>> {
        match &self.owner {
            Some(owner) => owner.pieces(),
            None => vec![Piece::words(NOBODY.join(" "))],
        }
    }

    /// Returns the line about the blocks that are not shown, if there are any.
    pub fn not_shown_text(&self) -> Option<String> {
        (self.not_shown > 0).then(|| NotShown(self.not_shown).to_string())
    }

    /// Lists the checks that were made, in words.
    pub fn checked(&self) -> Vec<String> {
        list_done(&self.checks)
    }

    /// Lists the checks that were not made, in words, with one item for each reason.
    pub fn not_checked(&self) -> Vec<String> {
        list_missed(&self.checks)
    }
}
