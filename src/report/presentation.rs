//! The presentation of a token.

use serde::Serialize;

use crate::format::datalog::PresentationBlock;
use crate::format::hop_id::HopId;
use crate::report::wording::Piece;

/// The block that presents a token for one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PresentationReport {
    /// True if the chain before it is trusted.
    pub trusted: bool,
    /// True if it is one of the blocks that refused the call.
    pub refused: bool,
    /// The service that the token is presented to.
    pub audience: String,
    /// The time of the presentation by the holder's clock, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub issued: String,
    /// The digest of the request that it is for, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{64}$")))]
    pub request_digest: String,
    /// The id, which no other presentation shares.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{64}$")))]
    pub id: HopId,
}

impl PresentationReport {
    pub(super) fn of(presentation: &PresentationBlock, id: HopId) -> Self {
        Self {
            trusted: false,
            refused: false,
            audience: presentation.audience.clone(),
            issued: presentation.issued.to_string(),
            request_digest: hex::encode(presentation.request_digest),
            id,
        }
    }

    /// Returns the service and the time. Some formats put both on one line.
    pub fn lines(&self) -> [Vec<Piece<'_>>; 2] {
        [
            vec![Piece::words("presented to "), Piece::Chosen(&self.audience)],
            vec![Piece::words(format!("at {}", self.issued))],
        ]
    }
}
