//! The table of codes.

use crate::bind::{McpError, RouteError, TransportError};
#[cfg(feature = "biscuit")]
use crate::biscuit::{DatalogError, StatementFault};
use crate::capability::{CapabilityError, GrammarFault};
use crate::codes::coded_error::{CodedError, codes};
use crate::constraint::ConstraintError;
use crate::format::container::FormatError;
use crate::format::hop_id::HopIdError;
use crate::grant::{GrantError, Widening};
use crate::holder::ask::desk::AnswerError;
use crate::holder::ask::message::AskError;
use crate::holder::ask::open::AcceptError;
use crate::holder::wallet::{AddError, NoToken, WalletError};
use crate::key::{KeyError, SignerError, WrongSignature};
use crate::principal::NameError;
use crate::reason::UnknownCode;
use crate::record::{Contradiction, RecordError};
use crate::report::ReceiveError;
use crate::request::RequestError;
use crate::request::arguments::ArgumentError;
use crate::request::operation::OperationError;
use crate::request::resource::ResourceError;
use crate::request::value::ValueError;
use crate::statement::directory::error::{AgentError, DirectoryError};
use crate::statement::error::StatementError;
use crate::statement::note::NoteError;
use crate::statement::state::StateError;
use crate::statement::succession::error::SuccessorError;
#[cfg(feature = "testing")]
use crate::testing::SceneError;
use crate::text::json::JsonError;
use crate::token::presentation::PresentError;
use crate::token::{DelegateError, MintError, NotTheHolder, TokenError};
use crate::verify::call::CallError;
use crate::verify::settings::SettingError;
use crate::verify::statements::error::NotAccepted;
use crate::verify::trust::{NoAnchor, NotItsSuccessor};

codes! {
    single: {
        HopIdError = "not_a_hop_id",
        OperationError = "not_an_operation",
        ResourceError = "not_a_resource",
        UnknownCode = "unknown_code",
        JsonError = "not_the_expected_json",
        NotTheHolder = "signer_is_not_the_holder",
        SignerError = "signer_failed",
        NoAnchor = "no_trust_anchor",
        NotItsSuccessor = "not_the_successor_of_the_anchor",
        WrongSignature = "wrong_signature",
    }
    KeyError {
        Text = "key_text",
        NotAKey = "not_a_key",
        Weak = "key_weak",
        Published = "key_published",
        Pem = "key_pem",
        Der = "key_der",
        NoRandomness = "key_no_randomness",
    }
    NoteError {
        TooLong = "note_too_long",
        LineTooLong = "note_line_too_long",
        NotUtf8 = "note_not_utf8",
        NoLineFeed = "note_no_line_feed",
        EmptyLine = "note_empty_line",
        Invisible = "note_invisible",
        NoSignature = "note_no_signature",
        Signature = "note_signature_line",
        TooManySignatures = "note_too_many_signatures",
        SignedTwice = "note_signed_twice",
        SignatureCount = "note_signature_count",
        NotSignedBy = "note_not_signed_by",
        Name = "note_key_name",
        ; wraps WrongSignature, Signer
    }
    StatementError {
        WrongKind = "statement_wrong_kind",
        Line = "statement_line",
        Spelling = "statement_spelling",
        NextNotLater = "statement_next_not_later",
        TooMany = "statement_too_many",
        BodyLength = "statement_body_length",
        BodyDigest = "statement_body_digest",
        BodyOrder = "statement_body_order",
        BodyEntry = "statement_body_entry",
        Authority = "statement_authority",
        WrongBase = "delta_wrong_base",
        DeltaMismatch = "delta_mismatch",
        NotTheIssuer = "signer_is_not_the_issuer",
        Void = "statement_void_line",
        OtherSeries = "statement_of_another_series",
        AfterFinal = "statement_after_final",
        PrunedLater = "statement_pruned_later",
        BeforePrevious = "statement_before_previous",
        SequenceAhead = "statement_sequence_ahead",
        AuthorityNotOfScope = "statement_authority_not_of_scope",
        NotADigest = "not_a_statement_digest",
        NotAKind = "not_a_statement_kind",
        NotAScope = "not_a_statement_scope",
        ; wraps Note, Signer
    }
    NotAccepted {
        IssuedAhead = "statement_issued_ahead",
        RolledBack = "statement_rolled_back",
        SeriesEnded = "statement_series_ended",
        TooManyHeads = "statement_too_many_heads",
        Rejected = "statement_rejected",
        NoSuchHead = "statement_no_such_head",
        NotNamed = "statement_issuer_not_named",
        DirectoryNotNamed = "directory_issuer_not_named",
        LacksAgent = "directory_lacks_agent",
        NotTheHolder = "power_not_held_by_issuer",
        LimitedToServices = "power_limited_to_services",
        NotGranted = "power_not_granted",
        TooManyToCompare = "power_too_many_to_compare",
        OverItsPower = "statement_over_its_power",
        NoPower = "power_not_valid",
        Void = "statement_void",
        Full = "statements_full",
        NoBase = "delta_no_base",
        ; wraps Statement, State
    }
    StateError {
        Changed = "state_changed",
        Failed = "state_failed",
    }
    SuccessorError {
        OneKey = "successor_one_key",
        TooMany = "successor_too_many",
        ; wraps Key, Statement, Signer
    }
    AgentError {
        Id = "agent_id",
        Accountable = "agent_accountable",
        TooManyResponsibilities = "agent_too_many_responsibilities",
        Responsibility = "agent_responsibility",
        ; wraps Key
    }
    DirectoryError {
        AlreadyListed = "directory_already_listed",
        NotListed = "directory_not_listed",
        Retired = "directory_retired",
        ReviewNotLater = "directory_review_not_later",
        RemovedEarly = "directory_removed_early",
        TooMany = "directory_too_many",
        TooLong = "directory_too_long",
        ; wraps Agent, Statement, Signer
    }
    NameError {
        Blank = "name_blank",
        TooLong = "name_too_long",
        Hidden = "name_hidden",
    }
    ValueError {
        TooLarge = "value_too_large",
        NotJudged = "value_not_judged",
    }
    ArgumentError {
        NotAValue = "argument_not_a_value",
        Reserved = "argument_reserved",
        Name = "argument_name",
        Pointer = "argument_pointer",
        TooMany = "argument_too_many",
        TooDeep = "argument_too_deep",
        TooLarge = "argument_too_large",
        IntegerTooLarge = "argument_integer_too_large",
    }
    RequestError {
        Audience = "request_audience",
        Json = "request_json",
        NotAnObject = "request_not_an_object",
        ArgJson = "request_arg_json",
        ArgTwice = "request_arg_twice",
        ContextTwice = "request_context_twice",
        ; wraps Operation, Resource, Argument
    }
    ConstraintError {
        UnknownKind = "constraint_unknown_kind",
        Parameter = "constraint_parameter",
        Element = "constraint_element",
        Empty = "constraint_empty",
        TooMany = "constraint_too_many",
        Repeated = "constraint_repeated",
        Glob = "constraint_glob",
        Subpath = "constraint_subpath",
        Url = "constraint_url",
        Cidr = "constraint_cidr",
    }
    CapabilityError {
        Arg = "capability_arg",
        ArgName = "capability_arg_name",
        ArgNameHidden = "capability_arg_name_hidden",
        ArgPointer = "capability_arg_pointer",
        ArgTwice = "capability_arg_twice",
        KindTwice = "capability_kind_twice",
        NotLimits = "capability_not_limits",
        TooManyConstraints = "capability_too_many_constraints",
        SaysNothing = "capability_says_nothing",
        EvadedByShape = "capability_evaded_by_shape",
        ; wraps Operation, Resource
    }
    GrammarFault {
        NoOperation = "grammar_no_operation",
        NoResource = "grammar_no_resource",
        ArgumentAsResource = "grammar_argument_as_resource",
        NoName = "grammar_no_name",
        NameStart = "grammar_name_start",
        NoOperator = "grammar_no_operator",
        OtherOperator = "grammar_other_operator",
        OptionalTwice = "grammar_optional_twice",
        OptionalAfterElements = "grammar_optional_after_elements",
        MixedOptional = "grammar_mixed_optional",
        LimitOnOthers = "grammar_limit_on_others",
        MisplacedBelow = "grammar_misplaced_below",
        LimitOnBelow = "grammar_limit_on_below",
        MixedBelow = "grammar_mixed_below",
        NoKind = "grammar_no_kind",
        NoEquals = "grammar_no_equals",
        EachAsKind = "grammar_each_as_kind",
        NoLimitOnElements = "grammar_no_limit_on_elements",
        RangeOnElements = "grammar_range_on_elements",
        NoValue = "grammar_no_value",
        NoListedValue = "grammar_no_listed_value",
        OpenQuote = "grammar_open_quote",
        NotAJsonString = "grammar_not_a_json_string",
        AfterQuote = "grammar_after_quote",
        QuoteInside = "grammar_quote_inside",
        OtherQuote = "grammar_other_quote",
        KindAfterEquals = "grammar_kind_after_equals",
        JsonList = "grammar_json_list",
        NotJson = "grammar_not_json",
        NumberInAnotherSpelling = "grammar_number_in_another_spelling",
        NotComparable = "grammar_not_comparable",
        QuotedNumber = "grammar_quoted_number",
        NotAnInteger = "grammar_not_an_integer",
        NotARange = "grammar_not_a_range",
        EmptyRange = "grammar_empty_range",
        RangeAsValue = "grammar_range_as_value",
        ; wraps Operation, Resource, Capability, Constraint
    }
    GrantError {
        PublishedKey = "grant_published_key",
        NoCapability = "grant_no_capability",
        TooManyCapabilities = "grant_too_many_capabilities",
        Capability = "grant_capability",
        NoPurpose = "grant_no_purpose",
        PurposeTooLong = "grant_purpose_too_long",
        PurposeHidden = "grant_purpose_hidden",
        NeverValid = "grant_never_valid",
        AudienceSize = "grant_audience_size",
        Audience = "grant_audience",
        Delegates = "grant_delegates",
        TooManyHops = "grant_too_many_hops",
    }
    Widening {
        Capability = "widening_capability",
        Expiry = "widening_expiry",
        NotBefore = "widening_not_before",
        Audience = "widening_audience",
        Delegates = "widening_delegates",
    }
    FormatError {
        TooLong = "format_too_long",
        Base64 = "format_base64",
        NotABiscuit = "not_a_biscuit",
    }
    TokenError {
        AnotherBiscuit = "token_another_biscuit",
        NotHeld = "token_not_held",
        BlockTooLong = "token_block_too_long",
        ; wraps Format ; refused NotAuthentic
    }
    MintError {
        PublishedKey = "mint_published_key",
        SelfDelegation = "mint_self_delegation",
        Expired = "mint_expired",
        NoRandomness = "mint_no_randomness",
        ; wraps Grant, Signer, Token
    }
    DelegateError {
        SelfDelegation = "delegate_self_delegation",
        Widens = "delegate_widens",
        TooMuchWork = "delegate_too_much_work",
        TooDeep = "delegate_too_deep",
        TooManyHops = "delegate_too_many_hops",
        NotAllowedDelegate = "delegate_not_allowed_delegate",
        Expired = "delegate_expired",
        ParentExpired = "delegate_parent_expired",
        BeforeParent = "delegate_before_parent",
        ChainFull = "delegate_chain_full",
        ; wraps Grant, NotTheHolder, Signer, Token
    }
    PresentError {
        NoRandomness = "present_no_randomness",
        ; wraps NotTheHolder, NotPermitted, Signer, Token
    }
    SettingError {
        ClockTolerance = "setting_clock_tolerance",
        Freshness = "setting_freshness",
        Observation = "setting_observation",
    }
    CallError {
        ; wraps Request, Denied
    }
    AskError {
        NotTheAsker = "not_the_asker",
        BadSignature = "ask_bad_signature",
        WindowTooLong = "ask_window_too_long",
        TooLong = "ask_too_long",
        NoRandomness = "ask_no_randomness",
        ; wraps Signer
    }
    AnswerError {
        ForAnother = "answer_for_another",
        NotNow = "answer_not_now",
        AnsweredBefore = "answer_answered_before",
        ToAnother = "answer_to_another",
        Full = "answer_full",
        ; wraps Delegate
    }
    AcceptError {
        NotAsked = "accept_not_asked",
        Full = "accept_full",
        ; wraps NotTrusted
    }
    AddError {
        Full = "add_full",
        ; wraps NotTrusted
    }
    NoToken {
        NoneFits = "no_token_fits",
        AmbiguousOwner = "ambiguous_owner",
    }
    WalletError {
        ; wraps NoToken, Present
    }
    RecordError {
        NoRandomness = "record_no_randomness",
        TooLong = "record_too_long",
        Index = "record_index",
        NotARecord = "not_a_record",
        Members = "record_members",
        Repeats = "record_repeats",
        Spelling = "record_spelling",
    }
    Contradiction {
        Malformed = "recorded_malformed",
        NotAToken = "recorded_not_a_token",
        NotAuthentic = "recorded_not_authentic",
        Split = "recorded_split",
        OtherValue = "recorded_other_value",
        OtherFirstHop = "recorded_other_first_hop",
        OtherPresentation = "recorded_other_presentation",
        OtherCount = "recorded_other_count",
        OtherAudience = "recorded_other_audience",
        OtherTime = "recorded_other_time",
        OtherCall = "recorded_other_call",
        NoPresentation = "recorded_no_presentation",
        Withheld = "recorded_withheld",
    }
    ReceiveError {
        TooLong = "receive_too_long",
        NotADenial = "receive_not_a_denial",
        NotAReport = "receive_not_a_report",
        ; wraps Json
    }
    TransportError {
        SeveralFields = "transport_several_fields",
        TooLong = "transport_too_long",
        TooLongToSend = "transport_too_long_to_send",
        NotOneCredential = "transport_not_one_credential",
        NotText = "transport_not_text",
        NotAnEnvelope = "transport_not_an_envelope",
        ; wraps Json
    }
    McpError {
        UnknownMember = "mcp_unknown_member",
        Member = "mcp_member",
        ReservedArgument = "mcp_reserved_argument",
        Roots = "mcp_roots",
        ReservedPrompt = "mcp_reserved_prompt",
        ; wraps Request
    }
    RouteError {
        NotAPath = "route_not_a_path",
        Elsewhere = "route_elsewhere",
        Escape = "route_escape",
        Query = "route_query",
        Unknown = "route_unknown",
        Twice = "route_twice",
        Value = "route_value",
        ; wraps Segment
    }
    #[cfg(feature = "testing")]
    SceneError {
        ; wraps Grammar, Grant, Mint, Delegate, Present, Format, Key, Name, Constraint, Request, Capability, Statement, NotAccepted, State, Directory
    }
    #[cfg(feature = "biscuit")]
    DatalogError {
        Syntax = "policy_syntax",
        Statement = "policy_statement",
        TooManyValues = "policy_too_many_values",
        TooMuchText = "policy_too_much_text",
        Engine = "policy_engine",
        Evaluation = "policy_evaluation",
        TooSlow = "policy_too_slow",
    }
    #[cfg(feature = "biscuit")]
    StatementFault {
        UnknownFact = "policy_statement_unknown_fact",
        TermType = "policy_statement_term_type",
        StatesFactOfCall = "policy_statement_states_fact_of_call",
        SeveralRejections = "policy_statement_several_rejections",
        Unreachable = "policy_statement_unreachable",
        Unbound = "policy_statement_unbound",
        Pattern = "policy_statement_pattern",
        ComputedPattern = "policy_statement_computed_pattern",
        Function = "policy_statement_function",
    }
}
