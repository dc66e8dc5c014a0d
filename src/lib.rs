#![doc = include_str!("../docs/links.md")]
#![doc = include_str!("../README.md")]
// Denies calls that can panic, outside tests. `Cargo.toml` denies further ones everywhere, and
// `clippy.toml` lists the functions.
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::string_slice,
        clippy::get_unwrap,
        clippy::unwrap_in_result,
        clippy::panic_in_result_fn
    )
)]

// Each module imports only modules declared above it, so the list follows the data flow.
pub mod limits;
mod instant;
pub mod text;

// Principals, and the calls that they make.
mod key;
mod principal;
mod request;

// The authority that a hop grants.
mod constraint;
mod capability;
mod grant;

// The bytes of a token, and its chain of signed blocks.
mod format;
mod reason;
mod chain;

// Mint, delegate, present.
mod token;
pub mod interop;

// Signed statements beside tokens: revocation lists, directories of agents, successors of keys.
mod statement;

// Verify, decide, report.
mod verify;
mod holder;
mod report;
pub mod wording {
    //! The words of a report in pieces, for formats outside this crate, such as the pages of
    //! `deputize-pages`.
    //!
    //! [`Report::summary_pieces`](crate::Report::summary_pieces) is the first sentence, and
    //! [`HopReport::lines`](crate::HopReport::lines) are the lines about a hop. A format marks each
    //! [`Piece`] in its own way and escapes it.

    pub use crate::report::{Label, Line, Piece, REFUSED_HERE, Room, UNVERIFIED};
}
mod record;
pub mod bind;

// For other programs and for tests.
#[cfg(feature = "biscuit")]
pub mod biscuit;
#[cfg(feature = "schema")]
mod schema;
#[cfg(feature = "testing")]
pub mod testing;
mod codes;

// Documentation only: the guides and the project's documents. `docs/links.md` rewrites their links
// to point here.
#[cfg(doc)]
pub mod _guide {
    //! Guides to the API: for the party that mints, the agent and the service, on taking authority
    //! back, on the directory of agents, and on showing what happened.
    //!
    //! Each presents the types of one party, in the order of their use.

    pub mod minting {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/guide/minting.md")]
        use crate::*;
    }
    pub mod agent {
        #![doc = include_str!("../docs/guide/agent.md")]
        use crate::*;
    }
    pub mod evidence {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/guide/evidence.md")]
        use crate::*;
    }
    pub mod revocation {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/guide/revocation.md")]
        use crate::*;
    }
    pub mod directory {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/guide/directory.md")]
        use crate::*;
    }
    pub mod service {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/guide/service.md")]
        use crate::*;
    }
}
#[cfg(doc)]
pub mod _docs {
    //! The documents of the project.

    pub mod bindings {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/BINDINGS.md")]
    }
    pub mod compare {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/COMPARE.md")]
    }
    pub mod design {
        //! [cli]: ../../../deputize_cli/index.html
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../DESIGN.md")]
    }
    pub mod evidence {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/EVIDENCE.md")]
    }
    pub mod format {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/FORMAT.md")]
    }
    pub mod performance {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/PERFORMANCE.md")]
        // The page cannot reach the SVG file, so it includes it.
        #![doc = "\n<style>.docblock img{display:none}</style>\n\n## Chart\n"]
        #![doc = include_str!("../docs/peers.svg")]
    }
    pub mod statements {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/STATEMENTS.md")]
    }
    pub mod security {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../SECURITY.md")]
    }
}

/// The crate `time`, whose types are in this API. `OffsetDateTime::now_utc()` is the current time,
/// and `std::time::SystemTime::now().into()` is the same.
pub use ::time;
pub use capability::{
    ArgLimits, Capability, CapabilityError, Excess, GrammarError, GrammarFault, OtherArgs, Presence,
};
pub use chain::Hop;
pub use codes::{CodedError, ERROR_CODES};
pub use constraint::{
    Cidr, CidrFault, Constraint, ConstraintError, ConstraintKind, Glob, GlobFault, ParameterType,
    Subpath, UrlFault, UrlPart, UrlPattern,
};
pub use format::container::FormatError;
pub use format::hop_id::{HopId, HopIdError};
pub use grant::{Grant, GrantError, GrantLint, LintCode, Widening};
pub use holder::ask::desk::{AnswerError, Answered, AskDesk};
pub use holder::ask::difference::Difference;
pub use holder::ask::message::{Ask, AskError, UnsignedAsk};
pub use holder::ask::open::{AcceptError, OpenAsks};
pub use holder::ask::wish::Wish;
pub use holder::to_sign::{SigningKind, ToSign};
pub use holder::wallet::{AddError, NoToken, Selection, Wallet, WalletError};
pub use instant::from_unix;
pub use key::{KeyError, PublicKey, Signature, Signer, SignerError, SigningKey, WrongSignature};
pub use principal::{NameError, Owner, Principal, PrincipalKind};
pub use reason::{DenyCode, NextStep, Reason, ReceivedReason, RefusalClass, UnknownCode};
pub use record::{
    Charged, ChargedTo, Commitment, Contradiction, DecisionCore, FieldKind, FieldState, Openings,
    OpeningsLine, OpeningsReader, OpeningsWriter, OutcomeResult, Record, RecordCore, RecordError,
    RecordKind, RecordRules, RecordedChains, RefusalsCore, SignedPart,
};
pub use report::{
    AgentReport, Answer, Check, CheckedFact, HopReport, InputCode, InputError, LogFields,
    PresentationReport, PrincipalReport, ReceiveError, ReceivedDenial, ReceivedReport, Removal,
    Report, RequestReport, RevocationReport, Summary, Verdict,
};
pub use request::arguments::{ArgumentError, PointerFault};
pub use request::operation::{Operation, OperationError, OperationFault, OperationPattern};
pub use request::resource::{Resource, ResourceError, ResourcePattern};
pub use request::value::{Value, ValueError};
pub use request::{Request, RequestError};
pub use statement::digest::StatementDigest;
pub use statement::directory::agent::{Agent, AgentStatus};
pub use statement::directory::draft::{DirectoryDraft, UnsignedDirectory};
pub use statement::directory::error::{AgentError, DirectoryError};
pub use statement::directory::facts::AgentFacts;
pub use statement::directory::fault::{AgentFault, AgentFinding, NameOwner};
pub use statement::directory::rules::DirectoryRules;
pub use statement::directory::scim::ScimAgents;
pub use statement::directory::signed::Directory;
pub use statement::error::StatementError;
pub use statement::kind::StatementKind;
pub use statement::note::{Note, NoteError};
pub use statement::revocation::content::VoidSeries;
pub use statement::revocation::draft::RevocationDraft;
pub use statement::revocation::entry::{KeyEnd, RevokedHop, RevokedKey};
pub use statement::revocation::list::RevocationList;
pub use statement::revocation::unsigned::UnsignedRevocations;
pub use statement::series::{SeriesId, StatementScope};
pub use statement::state::{
    MemoryStatementState, SeriesHead, SeriesState, StateError, StatementState,
};
pub use statement::succession::error::SuccessorError;
pub use statement::succession::parties::{Parties, VoidReason, VoidSuccession};
pub use statement::succession::set::Successions;
pub use statement::succession::statement::{Successor, UnsignedSuccessor};
pub use text::escape::TextFault;
pub use text::path::PathFault;
pub use token::any::AnyToken;
pub use token::counter::Counter;
pub use token::effective::NotPermitted;
pub use token::presentation::{PresentError, PresentOptions, Presentation, UnsignedPresentation};
pub use token::{DelegateError, MintError, NotTheHolder, Token, TokenError, UnsignedToken};
#[cfg(feature = "cache")]
pub use verify::cache::ChainCache;
pub use verify::call::{Call, CallError, Permitted};
pub use verify::caller::{Caller, FullShare};
pub use verify::checks::{CalledBy, CheckState};
pub use verify::decision::{Decision, Permit};
pub use verify::denial::{Denial, ForCaller, Refusal};
pub use verify::directory::DirectoryPolicy;
pub use verify::observer::{Observation, Observed, Observer};
pub use verify::proven::ProvenHolder;
pub use verify::replay::{
    Arrival, MemoryReplayGuard, Presented, ReplayError, ReplayGuard, ReplayPolicy, StoreAnswer,
};
pub use verify::revocation::{
    ListPolicy, RevocationPolicy, RevocationSource, RevocationStatus, RevokedHops,
};
pub use verify::settings::SettingError;
pub use verify::standing::{AuthorityEnded, Standing};
pub use verify::statements::accepted::{Accepted, StatementEffect};
pub use verify::statements::error::NotAccepted;
pub use verify::statements::store::Statements;
pub use verify::step::{PendingNote, PendingUse, Step};
pub use verify::trust::{NoAnchor, NotItsSuccessor, NotTrusted, TrustAnchor, TrustAnchors};
pub use verify::verified_chain::VerifiedChain;
pub use verify::verifier::Verifier;
