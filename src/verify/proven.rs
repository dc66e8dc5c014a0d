//! Holders that have proved that they hold a chain, by a request that needs no authority.

use time::OffsetDateTime;

use crate::chain::PermittedArgs;
use crate::request::Request;
use crate::token::presentation::Presentation;
use crate::verify::decide::NoPolicy;
use crate::verify::decision::Decision;
use crate::verify::denial::Denial;
use crate::verify::step::Coverage;
use crate::verify::verified_chain::VerifiedChain;
use crate::verify::verifier::Verifier;

/// A holder that has proved that it holds a chain, by a presentation for a request that needs no
/// authority, such as the listing of tools. It is not a permit.
///
/// ```compile_fail
/// # fn f(holder: deputize::ProvenHolder) {
/// let permit: deputize::Permit = holder.into();
/// # }
/// ```
#[derive(Debug)]
pub struct ProvenHolder {
    chain: VerifiedChain,
}

impl ProvenHolder {
    /// Returns the chain.
    pub fn chain(&self) -> &VerifiedChain {
        &self.chain
    }

    /// Returns true if every hop permits the operation of `request` on its resource, at its service,
    /// with these or other arguments, as [`Token::may_permit`](crate::Token::may_permit) does. A
    /// listing need not show a tool for which this is false.
    pub fn may_permit(&self, request: &Request) -> bool {
        self.chain.chain.delegations.may_cover(request)
    }

    /// Returns the arguments that every hop permits in calls of the operation of `request` on its
    /// resource, at its service, to describe them to the holder; `None` if no such call is permitted.
    /// The arguments of `request` do not matter.
    pub fn permitted(&self, request: &Request) -> Option<PermittedArgs<'_>> {
        self.chain.chain.delegations.permitted(request)
    }
}

impl Verifier {
    /// Verifies a presentation for a request that needs no authority: everything is checked but
    /// whether the grants cover the request, and the replay guard uses the presentation up. The
    /// service's policy is not asked.
    ///
    /// # Errors
    ///
    /// [`Denial`] with all reasons. It does not refuse a call; do not record it as one.
    pub fn prove(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
    ) -> Result<ProvenHolder, Denial> {
        let chain = match self.authenticate(presentation, now) {
            Ok(chain) => chain,
            Err(denial) => return Err(Denial { request: Some(Box::new(request)), ..denial }),
        };
        let step = chain.step_with(request, now, None::<NoPolicy>, Coverage::Waived);
        match step.without_store() {
            Decision::Allow(permit) => Ok(ProvenHolder { chain: permit.chain }),
            Decision::Deny(denial) => Err(denial),
        }
    }
}
