//! Stable codes of the errors of this crate.

use deputize::CodedError;

use crate::client::NotAllowed;
use crate::lines::LinesError;
use crate::message::{Malformed, MessageError};
use crate::open::OpenIdError;
#[cfg(feature = "words")]
use crate::words::{VocabularyError, VocabularyFault, WordError};

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

#[cfg(feature = "words")]
impl CodedError for VocabularyError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "vocabulary_too_long",
            Self::At { fault, .. } => fault.code(),
        }
    }
}

#[cfg(feature = "words")]
impl CodedError for VocabularyFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "vocabulary_syntax",
            Self::ToolName { .. } => "vocabulary_tool_name",
            Self::WordName { .. } => "vocabulary_word_name",
            Self::ToolCount { .. } => "vocabulary_tool_count",
            Self::ToolTwice { .. } => "vocabulary_tool_twice",
            Self::NoTool { .. } => "vocabulary_no_tool",
            Self::NoArgument { .. } => "vocabulary_no_argument",
            Self::NoText { .. } => "vocabulary_no_text",
            Self::NoLimit { .. } => "vocabulary_no_limit",
            Self::NotAValue { .. } => "vocabulary_not_a_value",
            Self::OperandMissing { .. } => "vocabulary_operand_missing",
            Self::BeyondOperand { .. } => "vocabulary_beyond_operand",
            Self::Word { error, .. } => error.code(),
        }
    }
}

#[cfg(feature = "words")]
impl CodedError for WordError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAWord { .. } => "word_unknown",
            Self::Operands { .. } => "word_operands",
            Self::Empty => "word_operand_empty",
            Self::Quotes { .. } => "word_quotes",
            Self::NotAValue { .. } => "word_not_a_value",
            Self::NotAbsolute { .. } => "word_path_not_absolute",
            Self::NotInside { .. } => "word_path_not_inside",
            Self::Spelling { .. } => "word_path_spelling",
            Self::Expanded { .. } => "word_path_expanded",
            Self::Path { .. } => "word_path",
            Self::Limit { .. } => "word_limit",
            Self::OtherArguments { .. } => "word_other_arguments",
            Self::Shape { .. } => "word_shape",
            Self::Tool { .. } => "word_tool",
            Self::Capability { .. } => "word_capability",
        }
    }
}

#[cfg(feature = "http")]
impl CodedError for crate::http::NotServed {
    fn code(&self) -> &'static str {
        match self {
            Self::Path => "mcp_http_path",
            Self::Method => "mcp_http_method",
            Self::Field { .. } => "mcp_http_field",
            Self::Host { .. } => "mcp_http_host",
            Self::Origin { .. } => "mcp_http_origin",
            Self::Presentation => "mcp_http_presentation",
            Self::Authorization(why) => why.code(),
            Self::MediaType => "mcp_http_media_type",
            Self::Coding => "mcp_http_coding",
            Self::NotAcceptable(_) => "mcp_http_not_acceptable",
            Self::TooLong => "mcp_http_too_long",
            Self::LongFirst => "mcp_http_long_first",
            Self::LongId => "mcp_http_long_id",
            Self::Slow => "mcp_http_slow",
            Self::Lines => "mcp_http_lines",
            Self::NoSession => "mcp_http_no_session",
            Self::UnknownSession => "mcp_http_unknown_session",
            Self::Stateless { .. } => "mcp_http_stateless",
            Self::Version { .. } => "mcp_http_version",
            Self::SecondInitialize => "mcp_http_second_initialize",
            Self::Differs(_) => "mcp_http_differs",
            Self::Resumed => "mcp_http_resumed",
            Self::Busy(_) => "mcp_http_busy",
            Self::NotStarted => "mcp_http_not_started",
            Self::NoAnswer => "mcp_http_no_answer",
        }
    }
}

#[cfg(feature = "http")]
impl CodedError for crate::http::TargetError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAUrl { .. } => "mcp_target_not_a_url",
            Self::Extra => "mcp_target_extra",
            Self::Scheme { .. } => "mcp_target_scheme",
            Self::Plain { .. } => "mcp_target_plain",
            Self::NoTls => "mcp_target_no_tls",
        }
    }
}
