//! Grants that keep everything of a token that they do not narrow.

use time::OffsetDateTime;

use crate::capability::Capability;
use crate::grant::{Grant, GrantError};
use crate::principal::Principal;
use crate::token::Token;

impl Grant {
    /// Creates a grant to pass on a part of `token`. It has the expiry, the start, the audience and
    /// the allowed delegates of the whole chain, and allows no further hops.
    ///
    /// A grant by [`Grant::new`] that does not state them would be wider than the token, so
    /// [`Token::delegate`] would refuse it.
    ///
    /// ```
    /// # use deputize::*;
    /// # use time::{Duration, macros::datetime};
    /// # let now = datetime!(2026-11-23 18:00 UTC);
    /// # let [alice, planner, researcher] = [(); 3].map(|()| SigningKey::generate().unwrap());
    /// # let to = Principal::agent("planner", planner.public_key())?;
    /// # let read = Capability::new("crm.read", "accounts/**")?;
    /// # let grant = Grant::new(to, [read], now + Duration::hours(8), "Q3")?.with_max_hops(1);
    /// # let grant = grant.with_audience(["crm.acme.com"])?;
    /// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
    /// let to = Principal::agent("researcher", researcher.public_key())?;
    /// let read = Capability::new("crm.read", "accounts/eu/**")?;
    /// let grant = Grant::below(&token, to, [read], "European accounts")?
    ///     .until(now + Duration::minutes(15))?;
    /// let passed_on = token.delegate(&planner, grant, now)?;
    /// assert_eq!(passed_on.audience(), token.audience());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Grant::new`], and [`GrantError::AudienceSize`] if the hops of the token have no service
    /// in common, so that no call is possible.
    pub fn below(
        token: &Token,
        to: Principal,
        capabilities: impl IntoIterator<Item = Capability>,
        purpose: impl Into<String>,
    ) -> Result<Self, GrantError> {
        let mut grant = Self::new(to, capabilities, token.expires(), purpose)?;
        if let Some(start) = token.not_before() {
            grant = grant.with_not_before(start)?;
        }
        if let Some(services) = token.audience() {
            grant = grant.with_audience(services)?;
        }
        if let Some(keys) = token.allowed_delegates() {
            grant = grant.with_allowed_delegates(keys)?;
        }
        Ok(grant)
    }

    /// Ends the grant at `at` if that is earlier than its expiry.
    ///
    /// # Errors
    ///
    /// [`GrantError::NeverValid`] if it would end before it begins.
    pub fn until(self, at: OffsetDateTime) -> Result<Self, GrantError> {
        let expires = self.expires.min(at.into());
        let grant = Self { expires, ..self };
        grant.check()?;
        Ok(grant)
    }
}
