//! The hops over which a list has power, as far as its issuer can tell.
//!
//! The verifier decides. But a list that every verifier ignores gives a false sense of safety, so
//! `revoke` refuses to sign one.

use deputize::{HopId, PublicKey, StatementScope, Token};

use crate::input::chain::Chain;

/// The issuer of a list, and the source of its power.
#[derive(Debug, Clone, Copy)]
pub struct Power<'a> {
    /// The key that signs.
    pub issuer: PublicKey,
    /// The chains that the list is about.
    pub scope: StatementScope,
    /// The token that gives the power.
    pub authority: Option<&'a Token>,
}

impl Power<'_> {
    /// Returns the hop that is revoked by default: the last one, unless that is the issuer's own.
    ///
    /// # Errors
    ///
    /// A sentence if the list has no power over that hop.
    pub fn last_hop(&self, chain: &Chain) -> Result<usize, String> {
        let last = chain.hops.len().saturating_sub(1);
        match self.start(chain)? {
            Start::OwnHop(own) if own == last => Err(format!(
                "this key holds the token, so the last hop is its own, {own}; to give it back, pass --surrender"
            )),
            _ => self.require(chain, last).map(|()| last),
        }
    }

    /// Returns the issuer's own hop: the first of which it is the delegate.
    ///
    /// # Errors
    ///
    /// A sentence if there is none.
    pub fn own_hop(&self, chain: &Chain) -> Result<usize, String> {
        let mut hops = chain.hops.iter();
        hops.position(|hop| hop.delegate().key() == self.issuer).ok_or_else(|| {
            let key = self.issuer.fingerprint();
            format!("the key {key} is not a delegate of this token, so it has no hop of its own to revoke")
        })
    }

    /// Checks that the list has power over a hop.
    ///
    /// # Errors
    ///
    /// A sentence if the list has no power over it.
    pub fn require(&self, chain: &Chain, hop: usize) -> Result<(), String> {
        match self.start(chain)? {
            Start::OwnHop(own) if hop < own => Err(format!(
                "hop {hop} is above the one that gave this key its authority, hop {own}, so its list has no power over it"
            )),
            Start::Authority => {
                chain.hops.get(hop).map_or(Ok(()), |hop| self.require_hop(&hop.id()))
            }
            Start::Root | Start::OwnHop(_) => Ok(()),
        }
    }

    /// Checks that the power does not come from the hop with this id. The grant of the power is
    /// checked when the list is complete.
    ///
    /// # Errors
    ///
    /// A sentence if the power comes from it.
    pub fn require_hop(&self, id: &HopId) -> Result<(), String> {
        let Some(token) = self.authority else { return Ok(()) };
        let above = token.hops().split_last().map_or(&[][..], |(_, above)| above);
        match above.iter().position(|hop| hop.id() == *id) {
            None => Ok(()),
            Some(place) => Err(format!(
                "the power comes from hop {place} of its own token, so the list has no power over that hop"
            )),
        }
    }

    fn start(&self, chain: &Chain) -> Result<Start, String> {
        let (issuer, root) = (self.issuer.fingerprint(), chain.root_key.fingerprint());
        match (self.scope, self.authority) {
            (StatementScope::Root(own), _) if own == chain.root_key => Ok(Start::Root),
            (StatementScope::Root(own), _) => Err(format!(
                "the list is about chains with the root key {}, and that of this token is {root}",
                own.fingerprint()
            )),
            (_, Some(token)) if token.root_key() == chain.root_key => Ok(Start::Authority),
            (_, Some(token)) => Err(format!(
                "the power is over chains with the root key {}, and that of this token is {root}",
                token.root_key().fingerprint()
            )),
            _ if self.issuer == chain.root_key => Ok(Start::Root),
            _ => self.own_hop(chain).map(Start::OwnHop).map_err(|_| {
                format!(
                    "the key {issuer} is neither the root key of this token, {root}, nor one of its delegates, so its list has no power over it"
                )
            }),
        }
    }
}

/// The place where the power over a chain begins.
enum Start {
    /// The first hop.
    Root,
    /// The issuer's own hop.
    OwnHop(usize),
    /// The first hop, except the hops from which the power comes.
    Authority,
}
