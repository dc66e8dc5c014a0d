#![doc = include_str!("../docs/links.md")]
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

// Each module imports only modules that stand above it: the list is the story.
mod wording;
mod inert;
mod alike;
mod apart;
pub mod limits;

// Who takes part, and what is asked.
mod instant;
mod json;
mod key;
mod hop_id;
mod principal;
mod value;
mod arguments;
mod spelling;
mod pattern;
mod request;

// What may be passed on.
mod constraint;
mod capability;
mod grant;

// How it is written down.
mod wire;
mod batch;
mod container;
mod datalog;

// Read and authenticate.
mod reason;
mod chain;

// Mint, delegate, present.
mod token;
mod counter;
mod presentation;
pub mod ambient;

// Verify, decide.
mod trust;
mod revocation;
mod replay;
#[cfg(feature = "cache")]
mod cache;
mod standing;
mod denial;
mod verify;
mod decision;

// Report.
mod report;

// For other programs and for tests.
#[cfg(feature = "schema")]
mod schema;
#[cfg(feature = "forge")]
pub mod forge;

// For reading: guides, and the documents of the project. `docs/links.md` leads their links here.
#[cfg(doc)]
pub mod _guide {
    //! Guides to the API: who mints, the agent, the service.
    //!
    //! Each presents the types of one party, in the order in which it meets them.

    pub mod minting {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/guide/minting.md")]
        use crate::*;
    }
    pub mod agent {
        #![doc = include_str!("../docs/guide/agent.md")]
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

    pub mod compare {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/COMPARE.md")]
    }
    pub mod design {
        //! [cli]: ../../../deputize_cli/index.html
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../DESIGN.md")]
    }
    pub mod format {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/FORMAT.md")]
    }
    pub mod performance {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../docs/PERFORMANCE.md")]
        // The files of the two charts are not beside this page, so it holds them itself.
        #![doc = "\n<style>.docblock img{display:none}</style>\n\n## Charts\n"]
        #![doc = include_str!("../docs/peers.svg")]
        #![doc = "\n"]
        #![doc = include_str!("../docs/growth.svg")]
    }
    pub mod security {
        #![doc = include_str!("../docs/links.md")]
        #![doc = include_str!("../SECURITY.md")]
    }
}

pub use arguments::ArgumentError;
#[cfg(feature = "cache")]
pub use cache::ChainCache;
pub use capability::{Capability, CapabilityError, OtherArgs};
pub use chain::Hop;
pub use constraint::{Cidr, Constraint, ConstraintError, Glob, Subpath, UrlPattern};
pub use container::FormatError;
pub use counter::Counter;
pub use decision::{Decision, Permit};
pub use denial::{CalledBy, Denial, Refusal};
pub use grant::{Beyond, Grant, GrantError};
pub use hop_id::{HopId, HopIdError};
pub use instant::DEFAULT_CLOCK_TOLERANCE;
pub use key::{KeyError, PublicKey, Signature, Signer, SignerError, SigningKey};
pub use pattern::{Operation, OperationPattern, PatternError, Resource, ResourcePattern};
pub use presentation::{DEFAULT_WINDOW, PresentError, PresentOptions, Presentation};
pub use principal::{Kind, NameError, Owner, Principal};
pub use reason::{Code, Reason, RefusalClass};
pub use replay::{Arrival, MemoryReplayGuard, Presented, ReplayGuard, ReplayRefusal, Replays};
pub use report::{
    HopReport, PartyReport, PresentationReport, Removal, Report, RequestReport, RevocationReport,
    Verdict, visible_json,
};
pub use request::{Request, RequestError};
pub use revocation::{Revocation, RevocationSource, RevocationStatus};
pub use token::{DelegateError, MintError, Token, TokenError};
pub use trust::{NoAnchor, NotTrusted, TrustAnchor, TrustAnchors};
pub use value::Value;
pub use verify::{
    DEFAULT_FRESHNESS, MAX_CLOCK_TOLERANCE, MAX_FRESHNESS, SettingError, VerifiedChain, Verifier,
};
