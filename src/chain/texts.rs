//! The texts about a chain in the records of all calls that are made with it.

use std::sync::Arc;

use serde::Serialize;

use crate::chain::known::ChainTexts;
use crate::chain::types::DelegationChain;
use crate::format::container::to_text;
use crate::principal::{Principal, PrincipalKind};

/// A principal with its key. The members are in the order of RFC 8785.
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

impl DelegationChain {
    /// Returns the texts of the owner, the agents and the hops.
    pub(crate) fn texts(&self) -> serde_json::Result<ChainTexts> {
        if let Some(known) = self.texts.names.get() {
            return Ok(known.clone());
        }
        let owner = self.owner.with_key(self.root);
        let agents: Vec<_> = self.hops.iter().map(|hop| Named::of(hop.delegate())).collect();
        let ids: Vec<_> = self.hops.iter().map(|hop| hop.id).collect();
        // `serde_json` escapes texts as RFC 8785 asks.
        let made = ChainTexts {
            owner: serde_json::to_string(&Named::of(&owner))?.into(),
            agents: serde_json::to_string(&agents)?.into(),
            hops: serde_json::to_string(&ids)?.into(),
        };
        Ok(self.texts.names.get_or_init(|| made).clone())
    }

    /// Returns the JSON text of these bytes, which are those of its delegations.
    pub(crate) fn text_of(&self, bytes: &[u8]) -> Arc<str> {
        let make = || Arc::from(format!("\"{}\"", to_text(bytes)));
        let (known, text) = self.texts.delegations.get_or_init(|| (bytes.into(), make()));
        if **known == *bytes { Arc::clone(text) } else { make() }
    }
}
