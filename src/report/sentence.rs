//! The one sentence that says it all.

use crate::report::{PrincipalReport, Report, Verdict};
use crate::text::escape::Quoted;

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
            Piece::Name(name) => Quoted(name).to_string(),
            Piece::Said(said) => said,
        };
        self.pieces().into_iter().map(write).collect()
    }

    /// The pieces that the sentence is made of, for those who mark names in their own way.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        use Piece::{Said, Words};
        let mut pieces = Vec::new();
        match (self.verdict, &self.owner) {
            (Verdict::Unverified, owner) => {
                pieces.push(Words("UNVERIFIED, the token itself says: "));
                self.name(owner.as_ref(), &mut pieces);
                pieces.push(Words(" is accountable"));
            }
            (Verdict::Deny, _) if !self.trusted => {
                pieces.push(Words("UNVERIFIED, nobody is accountable"));
            }
            (_, owner) => {
                self.name(owner.as_ref(), &mut pieces);
                pieces.push(Words(" is accountable"));
            }
        }
        if self.trusted || self.owner.is_some() || self.verdict == Verdict::Unverified {
            pieces.push(Words(": "));
            self.name(self.owner.as_ref(), &mut pieces);
            for hop in &self.hops {
                pieces.push(Words(" → "));
                self.name(Some(&hop.to), &mut pieces);
            }
        }
        match self.verdict {
            Verdict::Allow => pieces.push(Words("; allowed")),
            Verdict::Deny => pieces.push(Words("; refused")),
            Verdict::Verified | Verdict::Unverified => return pieces,
        }
        if let Some(request) = &self.request {
            pieces.extend([
                Words(" "),
                Said(Quoted(&request.operation).to_string()),
                Words(" on "),
                Said(Quoted(&request.resource).to_string()),
                Words(" at "),
                Said(Quoted(&request.audience).to_string()),
            ]);
        }
        if self.verdict == Verdict::Deny {
            let why = self.reasons.first().map(ToString::to_string).unwrap_or_default();
            pieces.extend([Words(": "), Said(why)]);
        }
        pieces
    }

    /// A name, and the key where the name alone might mislead.
    fn name<'a>(&self, party: Option<&'a PrincipalReport>, pieces: &mut Vec<Piece<'a>>) {
        let Some(party) = party else {
            return pieces.push(Piece::Words("somebody"));
        };
        pieces.push(Piece::Name(&party.name));
        if self.names_need_keys {
            pieces.extend([Piece::Words(" ("), Piece::Said(party.fingerprint.clone())]);
            pieces.push(Piece::Words(")"));
        }
    }
}
