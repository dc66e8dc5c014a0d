//! Stable codes of the errors of this crate.

use deputize::CodedError;

use crate::config::ConfigError;
use crate::fetched::FetchError;
use crate::place::PlaceError;
use crate::source::SourceFailure;

/// The codes of the errors of this crate. A [`Refused`](crate::Refused) and a [`SourceFailure`] can have those of
/// `deputize` and `deputize-audit` too.
pub const ERROR_CODES: &[&str] = &[
    "place_empty",
    "place_url",
    "fetch_file",
    "fetch_https",
    "fetch_without_https",
    "fetch_status",
    "fetch_redirected_away",
    "fetch_redirects",
    "fetch_coding",
    "fetch_too_large",
    "fetch_thread",
    "fetch_roots",
    "source_died",
    "config_read",
    "config_syntax",
    "config_member",
    "guard_observing",
    "guard_died",
];

impl CodedError for PlaceError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "place_empty",
            Self::Url { .. } => "place_url",
        }
    }
}

impl CodedError for FetchError {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "fetch_file",
            Self::Https { .. } => "fetch_https",
            Self::WithoutHttps => "fetch_without_https",
            Self::Status { .. } => "fetch_status",
            Self::RedirectedAway => "fetch_redirected_away",
            Self::Redirects => "fetch_redirects",
            Self::Coding { .. } => "fetch_coding",
            Self::TooLarge => "fetch_too_large",
            Self::Thread { .. } => "fetch_thread",
            Self::Roots { .. } => "fetch_roots",
        }
    }
}

impl CodedError for SourceFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::Fetch(why) => why.code(),
            Self::NotAccepted(why) => why.code(),
            Self::Died => "source_died",
        }
    }
}

impl CodedError for ConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "config_read",
            Self::Syntax { .. } => "config_syntax",
            Self::Member { .. } => "config_member",
        }
    }
}
