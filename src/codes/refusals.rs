//! Errors with the code of a refusal.

use crate::capability::GrammarError;
use crate::codes::coded_error::CodedError;
use crate::reason::{DenyCode, Reason, RefusalClass};
use crate::report::ReceivedDenial;
#[cfg(feature = "testing")]
use crate::testing::Broken;
use crate::token::effective::NotPermitted;
use crate::verify::denial::{Denial, Refusal};
use crate::verify::replay::ReplayError;
use crate::verify::standing::AuthorityEnded;
use crate::verify::trust::NotTrusted;

impl CodedError for GrammarError {
    fn code(&self) -> &'static str {
        self.fault.code()
    }
}

/// The code with which a verifier refuses the call.
impl CodedError for ReplayError {
    fn code(&self) -> &'static str {
        let code = match self {
            Self::Replayed => DenyCode::Replayed,
            Self::Full | Self::ShareFull => DenyCode::ReplayGuardFull,
            Self::Unknown(_) => DenyCode::ReplayUnknown,
        };
        code.as_str()
    }
}

/// The class.
impl CodedError for Refusal {
    fn code(&self) -> &'static str {
        self.class.as_str()
    }
}

/// The code of the first reason.
impl CodedError for Denial {
    fn code(&self) -> &'static str {
        first_code(self.reasons())
    }
}

/// The code of the first reason, if this version knows it, and otherwise the class.
impl CodedError for ReceivedDenial {
    fn code(&self) -> &'static str {
        let first = self.reasons().first().map(|reason| reason.code.as_ref());
        match first {
            Some(Ok(code)) => code.as_str(),
            Some(Err(unknown)) => unknown.code(),
            None => self.class().map_or("refused", RefusalClass::as_str),
        }
    }
}

#[cfg(feature = "testing")]
impl CodedError for Broken {
    fn code(&self) -> &'static str {
        "rule_broken"
    }
}

/// The code of the first reason.
impl CodedError for NotPermitted {
    fn code(&self) -> &'static str {
        first_code(self.reasons())
    }
}

/// The code of the first reason.
impl CodedError for AuthorityEnded {
    fn code(&self) -> &'static str {
        first_code(self.reasons())
    }
}

/// The code of the first reason.
impl CodedError for NotTrusted {
    fn code(&self) -> &'static str {
        first_code(self.reasons())
    }
}

/// There is always a reason.
fn first_code(reasons: &[Reason]) -> &'static str {
    reasons.first().map_or("refused", |reason| reason.code.as_str())
}
