//! Calls of a service's own types, decided about and carried out as one value.

use thiserror::Error;
use time::OffsetDateTime;

use crate::request::{Request, RequestError};
use crate::token::presentation::Presentation;
use crate::verify::decision::{Decision, Permit};
use crate::verify::denial::Denial;
use crate::verify::verified_chain::VerifiedChain;
use crate::verify::verifier::Verifier;

/// A call of a service's own type, from which its request is built in one place.
pub trait Call {
    /// Returns the request that this call is.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the call cannot be a request.
    fn request(&self) -> Result<Request, RequestError>;
}

/// A call that is allowed. Only a decision about the call in it can make one, so a service executes
/// the call that was decided about.
///
/// ```compile_fail
/// # fn f<C>(permitted: &mut deputize::Permitted<C>, other: C) {
/// permitted.call = other;
/// # }
/// ```
#[derive(Debug)]
pub struct Permitted<C> {
    call: C,
    permit: Permit,
}

impl<C> Permitted<C> {
    /// Returns the call if its decision allows it.
    fn by(decision: Decision, call: C) -> Result<Self, CallError> {
        match decision {
            Decision::Allow(permit) => Ok(Self { call, permit }),
            Decision::Deny(denial) => Err(CallError::Denied(Box::new(denial))),
        }
    }

    /// Returns the call that may be executed.
    pub fn call(&self) -> &C {
        &self.call
    }

    /// Returns the permit, with the request and the chain.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Returns the call and the permit.
    pub fn into_parts(self) -> (C, Permit) {
        (self.call, self.permit)
    }
}

impl Verifier {
    /// Decides about the request of `call`, as [`decide`](Self::decide) does.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the call is not a request, or is refused.
    pub fn decide_call<C: Call>(
        &self,
        presentation: Presentation,
        call: C,
        now: OffsetDateTime,
    ) -> Result<Permitted<C>, CallError> {
        let request = call.request()?;
        Permitted::by(self.decide(presentation, request, now), call)
    }
}

impl VerifiedChain {
    /// Decides about the request of `call`, as [`authorize`](Self::authorize) does.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the call is not a request, or is refused.
    pub fn authorize_call<C: Call>(
        self,
        call: C,
        now: OffsetDateTime,
    ) -> Result<Permitted<C>, CallError> {
        let request = call.request()?;
        Permitted::by(self.authorize(request, now), call)
    }
}

/// The reason why a call is not permitted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The call is not a request. Nothing was decided.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The call is refused.
    #[error(transparent)]
    Denied(Box<Denial>),
}
