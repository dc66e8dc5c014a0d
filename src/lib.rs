#![doc = include_str!("../README.md")]
// No panic path in what is no test, beyond what `Cargo.toml` denies everywhere: see `clippy.toml`.
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

// Each module imports only modules that are declared above it: the list is the story.
pub mod limits;
mod time;
mod text;

// The parties, and the calls they make.
mod key;
mod principal;
mod request;

// The authority that is passed on.
mod constraint;
mod capability;
mod grant;

// Its bytes, and the chain of signed blocks.
mod format;
mod reason;
mod chain;

// Mint, delegate, present.
mod token;
pub mod interop;

// Verify, decide, report.
mod verify;
mod report;

// For other programs and for tests.
#[cfg(feature = "schema")]
mod schema;
#[cfg(feature = "testing")]
pub mod testing;

pub use crate::time::DEFAULT_CLOCK_TOLERANCE;
pub use capability::{Capability, CapabilityError, OtherArgs};
pub use chain::Hop;
pub use constraint::{
    Cidr, Constraint, ConstraintError, ConstraintKind, Glob, Subpath, UrlPattern,
};
pub use format::container::FormatError;
pub use format::hop_id::{HopId, HopIdError};
pub use grant::{Grant, GrantError, Widening};
pub use key::{KeyError, PublicKey, Signature, Signer, SignerError, SigningKey};
pub use principal::{NameError, Owner, Principal, PrincipalKind};
pub use reason::{DenyCode, Reason, RefusalClass};
pub use report::{
    HopReport, PresentationReport, PrincipalReport, Removal, Report, RequestReport,
    RevocationReport, Verdict, visible_json,
};
pub use request::arguments::ArgumentError;
pub use request::operation::{Operation, OperationError, OperationPattern};
pub use request::resource::{Resource, ResourceError, ResourcePattern};
pub use request::value::Value;
pub use request::{Request, RequestError};
pub use token::counter::Counter;
pub use token::presentation::{DEFAULT_WINDOW, PresentError, PresentOptions, Presentation};
pub use token::{DelegateError, MintError, Token, TokenError};
#[cfg(feature = "cache")]
pub use verify::cache::ChainCache;
pub use verify::decision::{Decision, Permit};
pub use verify::denial::{CalledBy, Denial, Refusal};
pub use verify::replay::{
    Arrival, MemoryReplayGuard, Presented, ReplayError, ReplayGuard, ReplayPolicy,
};
pub use verify::revocation::{RevocationPolicy, RevocationSource, RevocationStatus};
pub use verify::trust::{NoAnchor, NotTrusted, TrustAnchor, TrustAnchors};
pub use verify::verifier::{
    DEFAULT_FRESHNESS, MAX_CLOCK_TOLERANCE, MAX_FRESHNESS, SettingError, VerifiedChain, Verifier,
};
