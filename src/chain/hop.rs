//! One hop of a chain.

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::principal::Principal;
use crate::time::UnixTime;

/// One delegation of an authentic chain: the delegator, the delegate and the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub(crate) delegator: Principal,
    pub(crate) grant: Grant,
    pub(crate) issued: UnixTime,
    pub(crate) id: HopId,
}

impl Hop {
    /// The delegator, with the key that signed.
    pub fn delegator(&self) -> &Principal {
        &self.delegator
    }

    /// The delegate.
    pub fn delegate(&self) -> &Principal {
        &self.grant.delegate
    }

    /// The grant.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The time of the delegation, by the delegator's clock.
    pub fn issued(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }

    /// The id to revoke the hop by.
    pub fn id(&self) -> HopId {
        self.id
    }
}
