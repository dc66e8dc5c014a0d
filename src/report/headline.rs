//! The whole report in one sentence.

use crate::report::account::{Report, Verdict};
use crate::report::principal::PrincipalReport;
use crate::report::wording::Piece;

impl Report {
    /// Returns the pieces of the [`summary`](Self::summary).
    pub fn summary_pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        match (&self.owner, self.verdict) {
            (None, _) => pieces.push(Piece::words("UNVERIFIED, nobody is accountable")),
            (Some(_), verdict) if verdict.is_refusal() && !self.trusted => {
                pieces.push(Piece::words("UNVERIFIED, nobody is accountable"));
            }
            (Some(owner), verdict) => {
                if verdict == Verdict::Unverified {
                    pieces.push(Piece::words("UNVERIFIED, the token itself claims: "));
                }
                self.push_name(owner, &mut pieces);
                pieces.push(Piece::words(" is accountable"));
            }
        }
        if let Some(owner) = &self.owner {
            pieces.push(Piece::words(": "));
            self.push_name(owner, &mut pieces);
            for hop in &self.hops {
                pieces.push(Piece::words(" → "));
                self.push_name(&hop.to, &mut pieces);
            }
        }
        match self.verdict {
            Verdict::Allow => pieces.push(Piece::words("; allowed")),
            Verdict::Deny => pieces.push(Piece::words("; refused")),
            Verdict::WouldAllow => pieces.push(Piece::words("; observed, would allow")),
            Verdict::WouldDeny => pieces.push(Piece::words("; observed, would refuse")),
            Verdict::Verified | Verdict::Unverified => return pieces,
        }
        if let Some(request) = &self.request {
            pieces.push(Piece::words(" "));
            pieces.extend(request.pieces());
        }
        if self.verdict.is_refusal() {
            let why = self.reasons.first().map(ToString::to_string).unwrap_or_default();
            pieces.extend([Piece::words(": "), Piece::Escaped(why.into())]);
        }
        pieces
    }

    /// Adds the name, and the key if the name alone could mislead.
    fn push_name<'a>(&self, principal: &'a PrincipalReport, pieces: &mut Vec<Piece<'a>>) {
        pieces.push(Piece::Name(&principal.name));
        if self.names_need_keys {
            let key = Piece::Digits(principal.fingerprint.as_str().into());
            pieces.extend([Piece::words(" ("), key, Piece::words(")")]);
        }
    }
}
