//! Grants: the delegate, the capabilities, the times, the depth, and the purpose.

mod error;
pub(crate) mod json;
mod lint;

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::capability::Capability;
use crate::constraint::Budget;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::limits::{MAX_CAPABILITIES, MAX_FURTHER_HOPS, MAX_LIST, MAX_PURPOSE_BYTES};
use crate::principal::{Principal, is_blank};
use crate::request::check_audience;
use crate::text::escape::{check_visible, has_outer_blank};

pub use error::{GrantError, Widening};
pub use lint::{GrantLint, LintCode};

/// The content of one delegation.
///
/// ```
/// use deputize::{Capability, Grant, Principal, Signer, SigningKey};
/// use time::{Duration, macros::datetime};
///
/// let planner = Principal::agent("planner", SigningKey::generate()?.public_key())?;
/// let now = datetime!(2026-11-23 18:00 UTC);
/// let grant = Grant::new(
///     planner,
///     [Capability::new("crm.read", "accounts/**")?],
///     now + Duration::hours(8),
///     "Q3 account review",
/// )?
/// .with_max_hops(3)
/// .with_audience(["crm.acme.com"])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub(crate) delegate: Principal,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) expires: UnixTime,
    pub(crate) max_hops: u32,
    pub(crate) audience: Option<BTreeSet<String>>,
    pub(crate) allowed_delegates: Option<BTreeSet<PublicKey>>,
    pub(crate) purpose: String,
}

impl Grant {
    /// Grants `capabilities` to `delegate` until `expires` (in whole seconds, truncated), for
    /// `purpose`. The delegate cannot delegate further unless
    /// [`with_max_hops`](Self::with_max_hops) allows it.
    ///
    /// # Errors
    ///
    /// [`GrantError`] if `capabilities` is empty or longer than [`MAX_CAPABILITIES`], or if the
    /// purpose is blank, longer than [`MAX_PURPOSE_BYTES`], or partly invisible.
    pub fn new(
        delegate: Principal,
        capabilities: impl IntoIterator<Item = Capability>,
        expires: OffsetDateTime,
        purpose: impl Into<String>,
    ) -> Result<Self, GrantError> {
        let grant = Self {
            delegate,
            capabilities: capabilities.into_iter().collect(),
            not_before: None,
            expires: UnixTime::upper_bound(expires),
            max_hops: 0,
            audience: None,
            allowed_delegates: None,
            purpose: purpose.into(),
        };
        if grant.capabilities.is_empty() {
            return Err(GrantError::NoCapability);
        }
        grant.check()?;
        Ok(grant)
    }

    /// Sets the number of further delegations that may follow. [`MAX_FURTHER_HOPS`] is the maximum,
    /// which minting and delegating check.
    pub fn with_max_hops(self, max_hops: u32) -> Self {
        Self { max_hops, ..self }
    }

    /// Sets the time at which the grant begins (in whole seconds, rounded up).
    ///
    /// # Errors
    ///
    /// [`GrantError::NeverValid`] if it is not before the expiry.
    pub fn with_not_before(self, not_before: OffsetDateTime) -> Result<Self, GrantError> {
        let grant = Self { not_before: Some(UnixTime::lower_bound(not_before)), ..self };
        grant.check()?;
        Ok(grant)
    }

    /// Restricts calls to these services. Without it, calls to any service are allowed.
    ///
    /// # Errors
    ///
    /// [`GrantError::AudienceSize`] if the list is empty or longer than [`MAX_LIST`],
    /// [`GrantError::Audience`] for a name that is not visible text.
    pub fn with_audience<S: Into<String>>(
        self,
        audience: impl IntoIterator<Item = S>,
    ) -> Result<Self, GrantError> {
        let audience = audience.into_iter().map(Into::into).collect();
        let grant = Self { audience: Some(audience), ..self };
        grant.check()?;
        Ok(grant)
    }

    /// Restricts all further delegations to these keys. Without it, delegation to any key is
    /// allowed.
    ///
    /// # Errors
    ///
    /// [`GrantError::Delegates`] if the list is empty or longer than [`MAX_LIST`].
    pub fn with_allowed_delegates(
        self,
        delegates: impl IntoIterator<Item = PublicKey>,
    ) -> Result<Self, GrantError> {
        let grant = Self { allowed_delegates: Some(delegates.into_iter().collect()), ..self };
        grant.check()?;
        Ok(grant)
    }

    /// Checks everything except that there is a capability: a verifier denies an empty grant with a
    /// code of its own.
    pub(crate) fn check(&self) -> Result<(), GrantError> {
        if self.delegate.key().is_published() {
            return Err(GrantError::PublishedKey);
        }
        if self.capabilities.len() > MAX_CAPABILITIES {
            return Err(GrantError::TooManyCapabilities { found: self.capabilities.len() });
        }
        for (i, capability) in self.capabilities.iter().enumerate() {
            capability.check().map_err(|error| GrantError::Capability { index: i, error })?;
        }
        if is_blank(&self.purpose) {
            return Err(GrantError::NoPurpose);
        }
        if self.purpose.len() > MAX_PURPOSE_BYTES {
            return Err(GrantError::PurposeTooLong { found: self.purpose.len() });
        }
        if let Err(fault) = check_visible(&self.purpose) {
            return Err(GrantError::PurposeHidden { found: self.purpose.clone(), fault });
        }
        if let Some(start) = self.not_before.filter(|start| *start >= self.expires) {
            let (not_before, expires) = (start.to_datetime(), self.expires());
            return Err(GrantError::NeverValid { not_before, expires });
        }
        let fits = |count: usize| (1..=MAX_LIST).contains(&count);
        if let Some(audience) = &self.audience {
            let is_bad = |name: &&String| check_audience(name).is_err() || has_outer_blank(name);
            if let Some(bad) = audience.iter().find(is_bad) {
                return Err(GrantError::Audience { found: bad.clone() });
            }
            if !fits(audience.len()) {
                return Err(GrantError::AudienceSize { found: audience.len() });
            }
        }
        if let Some(keys) = self.allowed_delegates.as_ref().filter(|keys| !fits(keys.len())) {
            return Err(GrantError::Delegates { found: keys.len() });
        }
        if usize::try_from(self.max_hops).map_or(true, |hops| hops > MAX_FURTHER_HOPS) {
            return Err(GrantError::TooManyHops { found: self.max_hops });
        }
        Ok(())
    }

    /// Returns the delegate.
    pub fn delegate(&self) -> &Principal {
        &self.delegate
    }

    /// Returns the capabilities. A call is covered if one of them covers it.
    pub fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// Returns the time at which the grant begins, if it has one.
    pub fn not_before(&self) -> Option<OffsetDateTime> {
        self.not_before.map(UnixTime::to_datetime)
    }

    /// Returns the time at which the grant ends. The grant is not valid at that instant.
    pub fn expires(&self) -> OffsetDateTime {
        self.expires.to_datetime()
    }

    /// Returns the number of delegations that may follow.
    pub fn max_hops(&self) -> u32 {
        self.max_hops
    }

    /// Returns the services that may be called, or `None` for any.
    pub fn audience(&self) -> Option<&BTreeSet<String>> {
        self.audience.as_ref()
    }

    /// Returns the keys that further delegations may go to, or `None` for any.
    pub fn allowed_delegates(&self) -> Option<&BTreeSet<PublicKey>> {
        self.allowed_delegates.as_ref()
    }

    /// Returns the purpose, in the delegator's words.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// Returns the first aspect in which this grant exceeds `parent`, if any.
    pub(crate) fn beyond(&self, parent: &Self, work: &Budget) -> Option<Widening> {
        let capability = self.capabilities.iter().enumerate().find_map(|(index, own)| {
            let excess = own.excess_over(&parent.capabilities, work)?;
            Some(Widening::Capability { index, excess: Box::new(excess) })
        });
        if capability.is_some() {
            return capability;
        }
        if self.expires > parent.expires {
            return Some(Widening::Expiry { requested: self.expires(), granted: parent.expires() });
        }
        if let Some(start) = parent.not_before
            && self.not_before.is_none_or(|own| own < start)
        {
            let (requested, granted) = (self.not_before(), start.to_datetime());
            return Some(Widening::NotBefore { requested, granted });
        }
        if let Some(outer) = &parent.audience {
            match &self.audience {
                None => return Some(Widening::Audience { added: None }),
                Some(own) => {
                    if let Some(added) = own.difference(outer).next() {
                        return Some(Widening::Audience { added: Some(added.clone()) });
                    }
                }
            }
        }
        if let Some(outer) = &parent.allowed_delegates {
            match &self.allowed_delegates {
                None => return Some(Widening::Delegates { added: None }),
                Some(own) => {
                    if let Some(added) = own.difference(outer).next() {
                        return Some(Widening::Delegates { added: Some(Box::new(*added)) });
                    }
                }
            }
        }
        None
    }
}
