//! The wish in an ask.

use time::Duration;

use crate::capability::Capability;
use crate::grant::{Grant, GrantError};
use crate::instant::{UnixTime, whole_seconds};
use crate::principal::Principal;

/// The delegation to itself that an agent wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub(super) asker: Principal,
    pub(super) capabilities: Vec<Capability>,
    pub(super) max_hops: u32,
    /// In seconds.
    pub(super) lifetime: u64,
    pub(super) purpose: String,
}

impl Wish {
    /// Creates a wish for a delegation to `asker`, for whole seconds of `lifetime`.
    ///
    /// # Errors
    ///
    /// [`GrantError`] if no grant can have these contents.
    pub fn new(
        asker: Principal,
        capabilities: impl IntoIterator<Item = Capability>,
        lifetime: Duration,
        purpose: impl Into<String>,
    ) -> Result<Self, GrantError> {
        Self {
            asker,
            capabilities: capabilities.into_iter().collect(),
            max_hops: 0,
            lifetime: whole_seconds(lifetime),
            purpose: purpose.into(),
        }
        .checked()
    }

    /// Asks for this many further delegations, instead of none.
    ///
    /// # Errors
    ///
    /// [`GrantError::TooManyHops`].
    pub fn with_max_hops(self, max_hops: u32) -> Result<Self, GrantError> {
        Self { max_hops, ..self }.checked()
    }

    /// Checks the rules of a grant by making one.
    fn checked(self) -> Result<Self, GrantError> {
        let (to, expires) = (self.asker.clone(), UnixTime::MAX.to_datetime());
        Grant::new(to, self.capabilities.clone(), expires, &self.purpose)?
            .with_max_hops(self.max_hops)
            .check()?;
        Ok(self)
    }

    /// Returns the asker: its key, and the name and kind that it claims.
    pub fn asker(&self) -> &Principal {
        &self.asker
    }

    /// Returns the capabilities.
    pub fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// Returns the number of further delegations.
    pub fn max_hops(&self) -> u32 {
        self.max_hops
    }

    /// Returns the lifetime, in whole seconds.
    pub fn lifetime(&self) -> Duration {
        Duration::seconds(i64::try_from(self.lifetime).unwrap_or(i64::MAX))
    }

    /// Returns the purpose.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }
}
