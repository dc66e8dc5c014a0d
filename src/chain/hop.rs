//! Hops of a chain.

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::instant::UnixTime;
use crate::principal::Principal;

/// One delegation of an authentic chain: the delegator, the delegate and the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub(crate) delegator: Principal,
    pub(crate) grant: Grant,
    pub(crate) issued: UnixTime,
    pub(crate) id: HopId,
}

impl Hop {
    /// Returns the delegator, whose key signed the hop.
    pub fn delegator(&self) -> &Principal {
        &self.delegator
    }

    /// Returns the delegate.
    pub fn delegate(&self) -> &Principal {
        &self.grant.delegate
    }

    /// Returns the grant.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Returns the time of the delegation, by the delegator's clock.
    pub fn issued(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }

    /// Returns the id by which the hop can be revoked.
    pub fn id(&self) -> HopId {
        self.id
    }
}
