//! Stable codes of the errors of this crate.

use deputize::CodedError;

use crate::client::NotAllowed;
use crate::lines::LinesError;
use crate::message::{Malformed, MessageError};
use crate::open::OpenIdError;

impl CodedError for LinesError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "mcp_line_io",
            Self::TooLong => "mcp_line_too_long",
            Self::Unfinished { .. } => "mcp_line_unfinished",
        }
    }
}

impl CodedError for MessageError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "mcp_not_utf8",
            Self::CarriageReturn { .. } => "mcp_carriage_return",
            Self::NotJson(_) => "mcp_not_json",
            Self::NotAnObject => "mcp_not_an_object",
            Self::LargeInteger => "mcp_large_integer",
            Self::Version => "mcp_version",
            Self::UnknownMember { .. } => "mcp_unknown_member",
            Self::Id => "mcp_id",
            Self::Kind => "mcp_kind",
            Self::Member { .. } => "mcp_member",
        }
    }
}

impl CodedError for Malformed {
    fn code(&self) -> &'static str {
        self.error.code()
    }
}

impl CodedError for OpenIdError {
    fn code(&self) -> &'static str {
        match self {
            Self::StillOpen { .. } => "mcp_id_still_open",
            Self::TooMany => "mcp_too_many_open",
            Self::TooLarge { .. } => "mcp_open_too_large",
            Self::TooLong { .. } => "mcp_id_too_long",
        }
    }
}

impl CodedError for NotAllowed<'_> {
    fn code(&self) -> &'static str {
        "mcp_not_allowed"
    }
}
