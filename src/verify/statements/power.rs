//! The power to issue statements about the chains of a root, given by a token.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::capability::Capability;
use crate::chain::{DelegationChain, TimeRules};
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::limits::MAX_COMPARED_HOPS;
use crate::reason::{DenyCode, Reason};
use crate::request::resource::{Resource, ResourcePattern};
use crate::statement::directory::agent::Agent;
use crate::statement::directory::signed::Directory;
use crate::statement::revocation::list::RevocationList;
use crate::token::Token;
use crate::verify::statements::error::NotAccepted;

/// The operation that every hop must grant by this name, so that the holder may issue revocation
/// lists.
const REVOKE: &str = "deputize.revoke";

/// The operation that every hop must grant by this name, so that the holder may issue directories.
const DIRECTORY: &str = "deputize.directory";

/// A token that gives the power to issue statements. Its grants have been compared with a
/// statement. Whether the token is trusted and valid is checked at each use.
#[derive(Debug, Clone)]
pub(crate) struct Power {
    pub(crate) chain: Arc<DelegationChain>,
}

impl Power {
    /// Checks that a token gives the issuer of a list the power over each of its entries.
    pub(crate) fn over_list(token: &Token, list: &RevocationList) -> Result<Self, NotAccepted> {
        let power = Self::of_holder(token, list.issuer())?;
        let entries = list.entries();
        let grants = Grants { chain: &power.chain, operation: REVOKE };
        for key in entries.keys.keys() {
            if power.chain.hops.iter().any(|hop| hop.delegator.key() == *key) {
                return Err(NotAccepted::OverItsPower { key: Box::new(*key) });
            }
            grants.require("key", &hex::encode(key.to_bytes()))?;
        }
        for id in entries.tokens.keys() {
            grants.require("token", &hex::encode(id))?;
        }
        for name in entries.owners.keys() {
            // A name need not be a valid resource, so its hash is granted.
            grants.require("owner", &hex::encode(Sha256::digest(name)))?;
        }
        if list.hop_count() > 0 && !grants.all_of("hop") {
            let (found, most) = (list.hop_count(), MAX_COMPARED_HOPS);
            if found > most {
                return Err(NotAccepted::TooManyToCompare { found, most });
            }
            for hop in list.hops() {
                grants.require("hop", &hex::encode(hop.id()))?;
            }
        }
        // Even a list without entries has an effect, because it is fresh. So it needs a power, too.
        grants.require_some()?;
        Ok(power)
    }

    /// Checks that a token gives the issuer of a directory the power over all agents. With power
    /// over a few agents only, the issuer could refuse all others by not listing them.
    pub(crate) fn over_agents(token: &Token, directory: &Directory) -> Result<Self, NotAccepted> {
        let power = Self::of_holder(token, directory.issuer())?;
        let grants = Grants { chain: &power.chain, operation: DIRECTORY };
        grants.require_all_of("agent")?;
        if directory.agents().iter().any(Agent::may_spawn) {
            grants.require_all_of("spawn")?;
        }
        Ok(power)
    }

    fn of_holder(token: &Token, issuer: PublicKey) -> Result<Self, NotAccepted> {
        let chain = Arc::clone(token.delegations());
        let holder = chain.holder().key();
        if holder != issuer {
            let (holder, issuer) = (Box::new(holder), Box::new(issuer));
            return Err(NotAccepted::NotTheHolder { holder, issuer });
        }
        // A statement is for every service that accepts it, so no audience can be compared.
        match chain.hops.iter().position(|hop| hop.grant.audience.is_some()) {
            Some(hop) => Err(NotAccepted::LimitedToServices { hop }),
            None => Ok(Self { chain }),
        }
    }

    pub(crate) fn hop_count(&self) -> usize {
        self.chain.hops.len()
    }

    /// Returns the root key that the power comes from.
    pub(crate) fn root(&self) -> PublicKey {
        self.chain.root
    }

    /// Returns the number of hops of a chain that are also hops of the power, above its last one.
    /// The issuer cannot revoke them, because its own power comes from them.
    pub(crate) fn hops_above(&self, chain: &DelegationChain) -> usize {
        let above = self.chain.hops.iter().take(self.chain.hops.len().saturating_sub(1));
        // The id of a hop covers all hops before it, so equal ids mean equal chains up to there.
        above.zip(&chain.hops).take_while(|(own, hop)| own.id == hop.id).count()
    }

    /// Returns the time at which the first hop expires, and with it the power.
    pub(crate) fn expires(&self) -> UnixTime {
        self.chain.hops.iter().map(|hop| hop.grant.expires).min().unwrap_or(UnixTime::MAX)
    }

    /// Finds everything that keeps the hops from being valid at `at`, except revocation.
    pub(crate) fn find_faults(&self, at: UnixTime, clock_tolerance: u64) -> Vec<Reason> {
        let rules = TimeRules { at, clock_tolerance, max_lifetime: None };
        let mut reasons = Vec::new();
        for (index, hop) in self.chain.hops.iter().enumerate() {
            self.chain.check_hop(index, hop, &rules, &mut reasons);
        }
        reasons
    }
}

impl Token {
    /// Checks that this token gives its holder a power at this time: every hop grants the operation on
    /// this resource by that name, and without arguments. A wildcard in an operation does not count, nor
    /// does a grant that is limited to some services.
    ///
    /// The caller checks whether the root key may give the power, and whether a hop is revoked.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`] with the hop that does not grant it, or the reasons for which a hop is not valid.
    pub fn require_power(
        &self,
        operation: &'static str,
        resource: &Resource,
        at: OffsetDateTime,
    ) -> Result<(), NotAccepted> {
        let power = Power::of_holder(self, self.holder().key())?;
        let grants = Grants { chain: &power.chain, operation };
        grants.require_resource(resource)?;
        let reasons = power.find_faults(UnixTime::from(at), 0);
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(NotAccepted::NoPower { reasons }),
        }
    }
}

/// Returns true if all of these reasons are that a hop has expired.
pub(crate) fn only_expired(reasons: &[Reason]) -> bool {
    reasons.iter().all(|reason| reason.code == DenyCode::Expired)
}

/// The grants of the hops of a power.
struct Grants<'a> {
    chain: &'a DelegationChain,
    operation: &'static str,
}

impl Grants<'_> {
    fn patterns<'a>(
        &self,
        capabilities: &'a [Capability],
    ) -> impl Iterator<Item = &'a ResourcePattern> + use<'a> {
        let operation = self.operation;
        capabilities.iter().filter_map(move |own| own.grants_by_name(operation))
    }

    /// Returns true if every hop grants all resources of a kind.
    fn all_of(&self, kind: &str) -> bool {
        self.require_all_of(kind).is_ok()
    }

    /// Checks that every hop grants all resources of a kind.
    fn require_all_of(&self, kind: &str) -> Result<(), NotAccepted> {
        let written = format!("{kind}/*");
        let all = written.parse::<ResourcePattern>();
        let grants = |capabilities: &[Capability]| {
            let mut patterns = self.patterns(capabilities);
            all.as_ref().is_ok_and(|all| patterns.any(|own| all.within(own)))
        };
        self.first_without(grants, &written)
    }

    /// Checks that every hop grants one resource.
    fn require(&self, kind: &str, name: &str) -> Result<(), NotAccepted> {
        let written = format!("{kind}/{name}");
        let resource = written.parse::<Resource>();
        let grants = |capabilities: &[Capability]| {
            let mut patterns = self.patterns(capabilities);
            resource.as_ref().is_ok_and(|resource| patterns.any(|own| own.permits(resource)))
        };
        self.first_without(grants, &written)
    }

    /// Checks that every hop grants this resource.
    fn require_resource(&self, resource: &Resource) -> Result<(), NotAccepted> {
        let grants = |capabilities: &[Capability]| {
            self.patterns(capabilities).any(|own| own.permits(resource))
        };
        self.first_without(grants, resource.as_str())
    }

    /// Checks that every hop grants the operation on something.
    fn require_some(&self) -> Result<(), NotAccepted> {
        self.first_without(|capabilities| self.patterns(capabilities).next().is_some(), "**")
    }

    fn first_without(
        &self,
        grants: impl Fn(&[Capability]) -> bool,
        resource: &str,
    ) -> Result<(), NotAccepted> {
        match self.chain.hops.iter().position(|hop| !grants(&hop.grant.capabilities)) {
            None => Ok(()),
            Some(hop) => {
                let (operation, resource) = (self.operation, resource.to_owned());
                Err(NotAccepted::NotGranted { hop, operation, resource })
            }
        }
    }
}
