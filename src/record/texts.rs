//! The values of a record that all calls with one chain share.

use std::sync::Arc;

use serde::Serialize;

use crate::chain::DelegationChain;
use crate::principal::{Principal, PrincipalKind};
use crate::record::error::RecordError;
use crate::record::field::to_canonical;

/// The owner, the agents and the hops of a chain, in the form of RFC 8785.
#[derive(Debug, Clone)]
pub(crate) struct ChainTexts {
    pub(super) owner: Arc<str>,
    pub(super) agents: Arc<str>,
    pub(super) hops: Arc<str>,
}

/// A principal with its key.
#[derive(Serialize)]
struct Named<'a> {
    key: String,
    kind: PrincipalKind,
    name: &'a str,
}

impl<'a> Named<'a> {
    fn of(own: &'a Principal) -> Self {
        Self { key: own.key().to_string(), kind: own.kind(), name: own.name() }
    }
}

impl ChainTexts {
    pub(super) fn of(chain: &DelegationChain) -> Result<Self, RecordError> {
        let owner = chain.owner.with_key(chain.root);
        let agents: Vec<_> = chain.hops.iter().map(|hop| Named::of(hop.delegate())).collect();
        let ids: Vec<_> = chain.hops.iter().map(|hop| hop.id).collect();
        Ok(Self {
            owner: to_canonical(&Named::of(&owner))?.into(),
            agents: to_canonical(&agents)?.into(),
            hops: to_canonical(&ids)?.into(),
        })
    }
}
