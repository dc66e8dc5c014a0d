//! The result of reading a source.

use thiserror::Error;

use crate::limits::{MAX_REDIRECTS, MAX_STATEMENT_BYTES};

/// The result of a reading.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// The source says that nothing has changed since the last reading.
    #[cfg_attr(not(feature = "https"), expect(dead_code, reason = "only a server says so"))]
    Unchanged,
    /// The content.
    Content(Vec<u8>),
}

/// The reason why a source could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The file cannot be read.
    #[error("cannot read the file: {why}")]
    File {
        /// The reason.
        why: String,
    },
    /// The server cannot be reached, its certificate is not trusted, or it did not answer in time.
    #[error("cannot fetch the URL: {why}")]
    Https {
        /// The reason.
        why: String,
    },
    /// This program was built without the feature `https`.
    #[error("this program is built without https; name a file")]
    WithoutHttps,
    /// The server answered with another status than 200.
    #[error("the server answered with the status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// The server redirects to another host, another port, or away from `https`.
    #[error("the server redirects to another host or scheme; name that URL as the source")]
    RedirectedAway,
    /// The server redirects more often than is followed.
    #[error("the server redirects more than {MAX_REDIRECTS} times")]
    Redirects,
    /// The body is coded, although that was not asked for.
    #[error("the body has the content coding `{}`; serve it as it is", coding.escape_debug())]
    Coding {
        /// The coding.
        coding: String,
    },
    /// The statement has more than [`MAX_STATEMENT_BYTES`].
    #[error("the statement has more than {MAX_STATEMENT_BYTES} bytes")]
    TooLarge,
    /// The thread of the source cannot be started.
    #[error("cannot start the thread of the source: {why}")]
    Thread {
        /// The reason.
        why: String,
    },
    /// The certificates of the authorities cannot be read.
    #[error("cannot read the certificates of the authorities: {why}")]
    Roots {
        /// The reason.
        why: String,
    },
}
