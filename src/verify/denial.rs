//! A refusal, with everything that was found against the call.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::chain::PresentedChain;
use crate::reason::{DenyCode, Reason, RefusalClass};
use crate::request::Request;
use crate::token::presentation::Presentation;
use crate::verify::checks::{CalledBy, CheckState, Checks};
use crate::verify::trust::TrustAnchors;

/// A call that was refused.
#[derive(Debug, Clone)]
pub struct Denial {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) chain: ChainState,
    pub(crate) request: Option<Box<Request>>,
    pub(crate) checks: Checks,
}

/// The chain behind a refused call, as far as it is authentic.
#[derive(Debug, Clone)]
pub(crate) enum ChainState {
    Authentic(Box<PresentedChain>),
    /// With the anchors that say whether the owner of its authentic beginning is trusted.
    NotAuthentic(Presentation, TrustAnchors),
}

impl Denial {
    /// Everything that was found against the call, at least one reason. A chain that is not
    /// authentic is not looked at any further.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Whether one of the reasons has this code.
    pub fn has(&self, code: DenyCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }

    /// The call, where the refusal was of one.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_deref()
    }

    /// Who made the call that was refused. Only a call by the [holder](CalledBy::Holder) may be held
    /// against one.
    pub fn called_by(&self) -> CalledBy {
        self.checks.called_by
    }

    /// Whether all of the denial may be shown to who made the call: to the holder, whose first use of
    /// the presentation it is. Others may be shown [`for_stranger`](Self::for_stranger).
    pub fn is_for_the_holder(&self) -> bool {
        self.called_by() == CalledBy::Holder && self.checks.replays == CheckState::Done
    }

    /// What somebody who is not known to be the holder may be told.
    ///
    /// A [`Denial`] names pinned principals, roots and the limits of others.
    pub fn for_stranger(&self) -> Refusal {
        let classes = self.reasons.iter().map(|reason| reason.code.class());
        Refusal { class: classes.min().unwrap_or(RefusalClass::NotGranted) }
    }
}

/// A denial of which nothing is said but its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Refusal {
    /// The class.
    pub class: RefusalClass,
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.class {
            RefusalClass::NotAuthentic => "refused: the token is not accepted here",
            RefusalClass::NotGranted => "refused: the call is not granted",
            RefusalClass::NotFresh => "refused: present the token again for this call",
            RefusalClass::TryLater => "refused: try again later",
        })
    }
}

impl Error for Refusal {}

/// All reasons in one line.
impl Display for Denial {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("refused")?;
        for (i, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if i == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl Error for Denial {}
