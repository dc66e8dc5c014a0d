//! A refusal, with everything that was found against the call.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use crate::chain::{Chain, Unauthentic};
use crate::instant::Instant;
use crate::presentation::Presentation;
use crate::reason::{Code, Reason};
use crate::request::Request;

/// A call that was refused.
#[derive(Debug, Clone)]
pub struct Denial {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) evidence: Evidence,
    pub(crate) request: Option<Box<Request>>,
    pub(crate) circumstances: Circumstances,
}

/// What is known of the chain behind a refused call.
#[derive(Debug, Clone)]
pub(crate) enum Evidence {
    Authentic(Box<Chain>),
    Unauthentic(Presentation, Box<Unauthentic>),
}

/// When it was looked at, and what was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Circumstances {
    pub(crate) at: Instant,
    pub(crate) revocation: Looked,
    pub(crate) replays: Looked,
    pub(crate) policy: Looked,
    /// Whether the root key may speak for the owner.
    pub(crate) is_believed: bool,
}

/// Whether something was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    Checked,
    /// The service said that it does not want it checked.
    Waived,
    /// The call was refused before it came to that.
    NotReached,
}

impl Denial {
    /// Everything that was found against the call, at least one reason. A chain that is not
    /// authentic is not looked at any further.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Whether one of the reasons has this code.
    pub fn has(&self, code: Code) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }

    /// The call, where the refusal was of one.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_deref()
    }
}

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
