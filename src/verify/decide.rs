//! Decisions in one step and in two.

use time::OffsetDateTime;

use crate::reason::{DenyCode, Reason};
use crate::request::Request;
use crate::token::presentation::Presentation;
use crate::verify::decision::Decision;
use crate::verify::denial::Denial;
use crate::verify::step::Step;
use crate::verify::verified_chain::VerifiedChain;
use crate::verify::verifier::Verifier;

impl Verifier {
    /// Verifies a presentation and decides about `request` in one step. A denial lists all reasons,
    /// against the chain and against the call.
    pub fn decide(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
    ) -> Decision {
        self.step(presentation, request, now, None::<NoPolicy>).without_store()
    }

    /// Decides as [`decide`](Self::decide) does, about the text that arrived with a call, if there
    /// was one. A call without a text, or with a text that is not a presentation, is refused like
    /// any other, so that it is answered and recorded in the same way.
    pub fn decide_text(
        &self,
        text: Option<&str>,
        request: Request,
        now: OffsetDateTime,
    ) -> Decision {
        match text.map(Presentation::parse) {
            Some(Ok(presentation)) => self.decide(presentation, request, now),
            Some(Err(why)) => {
                let reason = Reason::new(DenyCode::NotCanonical, why);
                Decision::Deny(Denial::without_chain(reason, Some(request), now))
            }
            None => Decision::Deny(Denial::not_presented(request, now)),
        }
    }

    /// Decides as [`decide`](Self::decide) does, with the service's own policy.
    ///
    /// The policy is called last, for a call that everything else allows, and before the replay
    /// guard uses the presentation up. It can only refuse, with a reason as text.
    pub fn decide_with_policy<P>(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
        policy: P,
    ) -> Decision
    where
        P: FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    {
        self.step(presentation, request, now, Some(policy)).without_store()
    }

    /// Takes the first step of a decision in two steps, for services that ask their replay store
    /// themselves, such as over an asynchronous connection
    /// ([`refused_in_two_steps`]). Neither step does any I/O.
    ///
    /// ```
    /// # use deputize::*;
    /// # use time::{Duration, OffsetDateTime};
    /// # struct Redis;
    /// # impl Redis {
    /// #     async fn set_if_new(&self, _: [u8; 32], _: i64) -> Result<bool, String> { Ok(true) }
    /// # }
    /// async fn decide(
    ///     verifier: &Verifier,
    ///     store: &Redis,
    ///     presentation: Presentation,
    ///     request: Request,
    ///     now: fn() -> OffsetDateTime,
    /// ) -> Decision {
    ///     match verifier.begin(presentation, request, now()) {
    ///         Step::Decided(decision) => decision,
    ///         // Refused. The store could tell whether the holder made the call.
    ///         Step::Note(pending) => Decision::Deny(pending.unanswered()),
    ///         Step::Use(pending) => {
    ///             let presented = *pending.presented();
    ///             // `until` is the last second in which it could be used. A minute more, since the
    ///             // store's clock may be ahead.
    ///             let expires_at = presented.until.unix_timestamp() + 60;
    ///             let used = match store.set_if_new(presented.id.to_bytes(), expires_at).await {
    ///                 Ok(true) => Ok(()),
    ///                 Ok(false) => Err(ReplayError::Replayed),
    ///                 Err(why) => Err(ReplayError::Unknown(why)),
    ///             };
    ///             pending.conclude(presented.answered(used), now())
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// [`refused_in_two_steps`]: crate::ReplayPolicy::refused_in_two_steps
    pub fn begin(&self, presentation: Presentation, request: Request, now: OffsetDateTime) -> Step {
        self.step(presentation, request, now, None::<NoPolicy>)
    }

    /// Takes the first step as [`begin`](Self::begin) does, with the service's own policy, as in
    /// [`decide_with_policy`](Self::decide_with_policy).
    pub fn begin_with_policy<P>(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
        policy: P,
    ) -> Step
    where
        P: FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    {
        self.step(presentation, request, now, Some(policy))
    }

    fn step<P>(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
        policy: Option<P>,
    ) -> Step
    where
        P: FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    {
        match self.authenticate(presentation, now) {
            // Neither the policy nor the replay guard is asked, because nothing in the chain can be
            // relied on. The request is kept for the record of the refusal.
            Err(denial) => {
                let request = Some(Box::new(request));
                Step::Decided(Decision::Deny(Denial { request, ..denial }))
            }
            Ok(chain) => chain.step(request, now, policy),
        }
    }
}

pub(super) type NoPolicy = fn(&VerifiedChain, &Request) -> Result<(), String>;

impl VerifiedChain {
    /// Decides about `request`, which must be the request that was presented and that the service
    /// will execute.
    ///
    /// The time is `now` or the time of the verification, whichever is later. So a hop that has
    /// since expired or been revoked is refused, and so is a presentation that is no longer fresh.
    ///
    /// Only a verified presentation can be decided about, not a held token:
    ///
    /// ```compile_fail
    /// # fn f(token: deputize::Token, request: deputize::Request, now: time::OffsetDateTime) {
    /// token.authorize(request, now);
    /// # }
    /// ```
    pub fn authorize(self, request: Request, now: OffsetDateTime) -> Decision {
        self.step(request, now, None::<NoPolicy>).without_store()
    }

    /// Decides as [`authorize`](Self::authorize) does, with the service's own policy, as in
    /// [`decide_with_policy`](Verifier::decide_with_policy).
    pub fn authorize_with_policy<P>(
        self,
        request: Request,
        now: OffsetDateTime,
        policy: P,
    ) -> Decision
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        self.step(request, now, Some(policy)).without_store()
    }

    /// Takes the first step of a decision in two steps, as [`Verifier::begin`] does.
    pub fn begin(self, request: Request, now: OffsetDateTime) -> Step {
        self.step(request, now, None::<NoPolicy>)
    }

    /// Takes the first step as [`begin`](Self::begin) does, with the service's own policy.
    pub fn begin_with_policy<P>(self, request: Request, now: OffsetDateTime, policy: P) -> Step
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        self.step(request, now, Some(policy))
    }
}
