//! The chains from which refused calls are made.

use time::{Duration, OffsetDateTime};

use crate::capability::Capability;
use crate::grant::Grant;
use crate::key::{KeyError, Signer, SigningKey};
use crate::request::Request;
use crate::request::operation::OperationPattern;
use crate::request::resource::ResourcePattern;
use crate::testing::raw::RawToken;
use crate::testing::scene::{Scene, SceneError, owner};

const WINDOW: Duration = Duration::seconds(30);

/// The lifetimes of the first and the second hop.
const LONG: Duration = Duration::minutes(4);
pub(super) const BRIEF: Duration = Duration::minutes(2);

/// A scene, and the request that is to be refused.
pub(super) struct Stage<'a> {
    pub(super) scene: &'a Scene,
    pub(super) request: &'a Request,
    pub(super) least: Capability,
}

impl Stage<'_> {
    /// A capability for the call without its arguments.
    pub(super) fn without_args(&self) -> Capability {
        let operation = OperationPattern::Exact(self.request.operation().clone());
        let resource = ResourcePattern::Exact(self.request.resource().clone());
        Capability::from_patterns(operation, resource)
    }

    /// The first grant, to the planner, which covers the request.
    pub(super) fn first(&self) -> Result<Grant, SceneError> {
        let (key, expires) = (self.scene.planner.public_key(), self.scene.now.saturating_add(LONG));
        Ok(self.scene.grant("planner", key, self.least.clone(), expires)?.with_max_hops(1))
    }

    /// The second grant, to the researcher.
    pub(super) fn second(&self) -> Result<Grant, SceneError> {
        let (key, expires) =
            (self.scene.researcher.public_key(), self.scene.now.saturating_add(BRIEF));
        self.scene.grant("researcher", key, self.least.clone(), expires)
    }

    pub(super) fn minted(&self, first: Grant) -> Result<RawToken, SceneError> {
        Ok(RawToken::mint(owner()?, &self.scene.alice, first, self.scene.now, [0; 16]))
    }

    pub(super) fn held(&self) -> Result<RawToken, SceneError> {
        let first = self.minted(self.first()?)?;
        Ok(first.delegate(&self.scene.planner, self.second()?, self.scene.now))
    }

    pub(super) fn with_second(&self, second: Grant) -> Result<RawToken, SceneError> {
        let first = self.minted(self.first()?)?;
        self.presented(first.delegate(&self.scene.planner, second, self.scene.now))
    }

    pub(super) fn with_capability(&self, capability: Capability) -> Result<RawToken, SceneError> {
        let (key, expires) =
            (self.scene.researcher.public_key(), self.scene.now.saturating_add(BRIEF));
        self.with_second(self.scene.grant("researcher", key, capability, expires)?)
    }

    /// A presented chain with a change that the presenter did not see.
    pub(super) fn altered(
        &self,
        chain: RawToken,
        change: impl FnOnce(&mut RawToken),
    ) -> Result<RawToken, SceneError> {
        let mut chain = self.presented(chain)?;
        change(&mut chain);
        Ok(chain)
    }

    pub(super) fn presented(&self, chain: RawToken) -> Result<RawToken, SceneError> {
        self.presented_by(&self.scene.researcher, chain, self.request, self.scene.now)
    }

    pub(super) fn presented_by(
        &self,
        holder: &SigningKey,
        chain: RawToken,
        request: &Request,
        at: OffsetDateTime,
    ) -> Result<RawToken, SceneError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| KeyError::NoRandomness)?;
        Ok(chain.present(holder, request, at, WINDOW, nonce))
    }

    pub(super) fn elsewhere(&self, audience: &str) -> Result<Request, SceneError> {
        let (operation, resource) = (self.request.operation(), self.request.resource());
        let other = Request::new(&operation.to_string(), &resource.to_string(), audience)?;
        Ok(other.with_arg_map(self.request.args().clone())?)
    }
}
