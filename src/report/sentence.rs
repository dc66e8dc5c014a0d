//! The one sentence that says it all.

use crate::inert::Inert;
use crate::report::{Report, Verdict};

/// A part of the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Our own words.
    Words(&'static str),
    /// The name of somebody, as given.
    Name(&'a str),
    /// What somebody else chose, in text that is inert already.
    Said(String),
}

impl Report {
    /// As text, everything in it inert.
    pub(super) fn sentence(&self) -> String {
        let write = |piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Name(name) => Inert(name).to_string(),
            Piece::Said(said) => said,
        };
        self.pieces().into_iter().map(write).collect()
    }

    /// The pieces that the sentence is made of, for those who mark names in their own way.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        use Piece::{Name, Said, Words};
        let mut pieces = Vec::new();
        let owner = self.owner.as_ref().map(|owner| owner.name.as_str());
        let is_proven = self.trusted;
        match (self.verdict, owner) {
            (Verdict::Unverified, owner) => pieces.extend([
                Words("UNVERIFIED, the token itself says: "),
                owner.map_or(Words("somebody"), Name),
                Words(" is accountable"),
            ]),
            (Verdict::Deny, _) if !is_proven => {
                pieces.push(Words("UNVERIFIED, nobody is accountable"));
            }
            (_, owner) => {
                pieces.extend([owner.map_or(Words("somebody"), Name), Words(" is accountable")]);
            }
        }
        if is_proven || owner.is_some() || self.verdict == Verdict::Unverified {
            pieces.extend([Words(": "), owner.map_or(Words("somebody"), Name)]);
            pieces.extend(self.hops.iter().flat_map(|hop| [Words(" → "), Name(&hop.to.name)]));
        }
        match self.verdict {
            Verdict::Allow => pieces.push(Words("; allowed")),
            Verdict::Deny => pieces.push(Words("; refused")),
            Verdict::Verified | Verdict::Unverified => return pieces,
        }
        if let Some(request) = &self.request {
            pieces.extend([
                Words(" "),
                Said(Inert(&request.operation).to_string()),
                Words(" on "),
                Said(Inert(&request.resource).to_string()),
                Words(" at "),
                Said(Inert(&request.audience).to_string()),
            ]);
        }
        if self.verdict == Verdict::Deny {
            let why = self.reasons.first().map(ToString::to_string).unwrap_or_default();
            pieces.extend([Words(": "), Said(why)]);
        }
        pieces
    }
}
