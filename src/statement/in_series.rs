//! Statements that are replaced by newer ones.

use crate::statement::digest::StatementDigest;
use crate::statement::series::Issue;
use crate::statement::state::SeriesHead;

/// A statement that newer ones of its series replace.
pub(crate) trait InSeries: Clone {
    fn issue(&self) -> &Issue;

    fn digest(&self) -> StatementDigest;

    /// Returns true if no newer statement may follow this one.
    fn is_final(&self) -> bool;

    /// Returns the statement as a head of its series.
    fn head(&self) -> SeriesHead {
        let Issue { sequence, issued, .. } = *self.issue();
        SeriesHead { sequence, digest: self.digest(), issued: issued.to_datetime() }
    }
}
