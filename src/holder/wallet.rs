//! The tokens of one holder, and the choice among them.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use thiserror::Error;
use time::OffsetDateTime;

use crate::constraint::Budget;
use crate::format::hop_id::HopId;
use crate::key::{PublicKey, Signer};
use crate::limits::MAX_WALLET_TOKENS;
use crate::request::Request;
use crate::text::escape::{CommaSeparated, Quoted};
use crate::token::Token;
use crate::token::counter::Counter;
use crate::token::effective::NotPermitted;
use crate::token::presentation::{
    PresentError, PresentOptions, Presentation, UnsignedPresentation,
};
use crate::verify::trust::{NotTrusted, TrustAnchors};

/// The tokens of one holder. It takes only tokens whose owner it trusts, finds the one that fits a
/// call, and presents it.
///
/// It never chooses among owners. If tokens of several owners, or under several root keys, permit a
/// call, the caller names one of them. Otherwise anyone could make this agent act for them by
/// giving it a narrow token that fits.
///
/// ```
/// # use deputize::*;
/// # use time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let to = Principal::agent("planner", planner.public_key())?;
/// # let read = Capability::new("crm.read", "accounts/**")?;
/// # let grant = Grant::new(to, [read], now + Duration::hours(8), "Q3")?;
/// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
/// let mut wallet = Wallet::new(TrustAnchor::new(alice.public_key(), "alice@acme.com"));
/// wallet.add(token, now)?;
/// let request = Request::new("crm.read", "accounts/42", "crm.acme.com")?;
/// // A retry is a new presentation.
/// let presentation = wallet.present(&planner, &request, now)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Wallet {
    /// `None` if it takes tokens under any root key.
    anchors: Option<TrustAnchors>,
    tokens: Vec<Token>,
    counter: Option<Counter>,
}

impl Wallet {
    /// Creates a wallet that takes a token only if `anchors` allow its root key to speak for its
    /// owner.
    pub fn new(anchors: impl Into<TrustAnchors>) -> Self {
        Self { anchors: Some(anchors.into()), tokens: Vec::new(), counter: None }
    }

    /// Creates a wallet that takes any authentic token. The owner of each is then only a claim by
    /// the holder of the root key.
    pub fn trusting_any_root() -> Self {
        Self { anchors: None, tokens: Vec::new(), counter: None }
    }

    /// Numbers the presentations of each token for each audience, so that a service or an auditor
    /// can notice a missing one. Missing presentations at the end of a series cannot be noticed in
    /// this way: compare the last count seen with [`Counter`]'s own.
    pub fn counted(self) -> Self {
        Self { counter: Some(Counter::default()), ..self }
    }

    /// Adds a token. A token that is in the wallet already is not added again.
    ///
    /// # Errors
    ///
    /// [`AddError`] if the wallet does not trust the owner of the token, or is full.
    pub fn add(&mut self, token: Token, now: OffsetDateTime) -> Result<(), AddError> {
        if let Some(anchors) = &self.anchors {
            anchors.owner_of(&token, now)?;
        }
        if self.tokens.contains(&token) {
            return Ok(());
        }
        if self.tokens.len() >= MAX_WALLET_TOKENS {
            return Err(AddError::Full);
        }
        self.tokens.push(token);
        Ok(())
    }

    /// Removes the token whose last hop has this id, and returns it.
    pub fn remove(&mut self, last_hop: &HopId) -> Option<Token> {
        self.take(|token| id_of(token) == *last_hop).pop()
    }

    /// Removes and returns the tokens that have expired at `now`.
    pub fn remove_expired(&mut self, now: OffsetDateTime) -> Vec<Token> {
        self.take(|token| token.expires() <= now)
    }

    fn take(&mut self, is_taken: impl Fn(&Token) -> bool) -> Vec<Token> {
        let (taken, kept) =
            std::mem::take(&mut self.tokens).into_iter().partition(|token| is_taken(token));
        self.tokens = kept;
        taken
    }

    /// Returns the tokens, in the order in which they were added.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Returns the tokens that expire before `at`, to renew them in time.
    pub fn expiring_before(&self, at: OffsetDateTime) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(move |token| token.expires() < at)
    }

    /// Returns the tokens of this owner, under any root key.
    pub fn on_behalf_of(&self, owner: &str) -> Selection<'_> {
        let of_owner = |token: &&Token| token.claimed_owner().name() == owner;
        Selection { wallet: self, tokens: self.tokens.iter().filter(of_owner).collect() }
    }

    /// Returns the tokens under this root key.
    pub fn under_root(&self, root: PublicKey) -> Selection<'_> {
        let of_root = |token: &&Token| token.root_key() == root;
        Selection { wallet: self, tokens: self.tokens.iter().filter(of_root).collect() }
    }

    /// Returns the narrowest token that permits the call; see [`Selection::choose`].
    pub fn choose(&self, request: &Request, now: OffsetDateTime) -> Result<&Token, NoToken> {
        self.all().choose(request, now)
    }

    /// Presents the narrowest token that permits the call; see [`Selection::present`].
    pub fn present(
        &self,
        signer: &(impl Signer + ?Sized),
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<Presentation, WalletError> {
        self.all().present(signer, request, now)
    }

    /// Prepares a presentation of that token; see [`Selection::prepare_presentation`].
    pub fn prepare_presentation(
        &self,
        signer: PublicKey,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<UnsignedPresentation, WalletError> {
        self.all().prepare_presentation(signer, request, now)
    }

    fn options(&self) -> PresentOptions<'_> {
        let options = PresentOptions::default();
        self.counter.as_ref().map_or(options, |counter| options.counted_by(counter))
    }

    fn all(&self) -> Selection<'_> {
        Selection { wallet: self, tokens: self.tokens.iter().collect() }
    }
}

/// Some tokens of a wallet, among which one is chosen for a call.
#[derive(Debug, Clone)]
pub struct Selection<'w> {
    wallet: &'w Wallet,
    tokens: Vec<&'w Token>,
}

impl<'w> Selection<'w> {
    /// Returns the narrowest of the tokens that permit the call.
    ///
    /// A token is narrower if its last hop's capabilities lie within the other's. Among tokens that
    /// cannot be compared, the one with the fewest further hops counts as narrower, then the one
    /// that expires first.
    ///
    /// # Errors
    ///
    /// [`NoToken`] if none of the tokens permits the call, or tokens of several owners or root keys
    /// do.
    pub fn choose(&self, request: &Request, now: OffsetDateTime) -> Result<&'w Token, NoToken> {
        let mut fitting = Vec::new();
        let mut refusing = Vec::new();
        for token in &self.tokens {
            match token.would_permit(request, now) {
                Ok(()) => fitting.push(*token),
                Err(why) => refusing.push((id_of(token), why)),
            }
        }
        let owners: BTreeSet<_> = fitting
            .iter()
            .map(|token| {
                let owner = token.claimed_owner();
                (owner.name().to_owned(), owner.kind().as_str(), token.root_key())
            })
            .collect();
        if owners.len() > 1 {
            let owners = owners.into_iter().map(|(name, _, root)| (name, root)).collect();
            return Err(NoToken::AmbiguousOwner { owners });
        }
        let mut fitting = fitting.into_iter();
        let first = fitting.next().ok_or(NoToken::NoneFits { refusing })?;
        let work = Budget::for_delegation();
        Ok(fitting.fold(
            first,
            |best, other| {
                if is_narrower(other, best, &work) { other } else { best }
            },
        ))
    }

    /// Presents the token that [`choose`](Self::choose) returns. Each attempt needs a presentation
    /// of its own.
    ///
    /// # Errors
    ///
    /// [`WalletError`] if no token can be chosen, or `signer` is not its holder or fails.
    pub fn present(
        &self,
        signer: &(impl Signer + ?Sized),
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<Presentation, WalletError> {
        let token = self.choose(request, now)?;
        Ok(token.present_with(signer, request, now, self.wallet.options())?)
    }

    /// Does all of [`present`](Self::present) but sign, for a holder whose key is kept elsewhere.
    ///
    /// # Errors
    ///
    /// As [`present`](Self::present).
    pub fn prepare_presentation(
        &self,
        signer: PublicKey,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<UnsignedPresentation, WalletError> {
        let token = self.choose(request, now)?;
        Ok(token.prepare_presentation_with(signer, request, now, self.wallet.options())?)
    }
}

fn id_of(token: &Token) -> HopId {
    token.delegations().last_id()
}

/// Returns true if `one` is a better choice than `other` for a call that both permit.
fn is_narrower(one: &Token, other: &Token, work: &Budget) -> bool {
    let within = |inner: &Token, outer: &Token| {
        let [inner, outer] = [inner, outer].map(|token| &token.delegations().hops.last().grant);
        let mut own = inner.capabilities.iter();
        own.all(|own| own.excess_over(&outer.capabilities, work).is_none())
    };
    match (within(one, other), within(other, one)) {
        (true, false) => true,
        (false, true) => false,
        _ => {
            let rank = |token: &Token| (token.further_hops(), token.expires(), id_of(token));
            rank(one) < rank(other)
        }
    }
}

/// The reason why a wallet did not take a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddError {
    /// No trust anchor of the wallet may speak for the owner of the token.
    #[error(transparent)]
    NotTrusted(#[from] NotTrusted),
    /// The wallet has [`MAX_WALLET_TOKENS`] tokens.
    #[error("the wallet has {MAX_WALLET_TOKENS} tokens; remove those that have expired")]
    Full,
}

/// The reason why no token was chosen for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoToken {
    /// No token permits the call.
    NoneFits {
        /// The id of each token's last hop, and why the token does not permit the call.
        refusing: Vec<(HopId, NotPermitted)>,
    },
    /// Tokens of several owners or under several root keys permit the call. Choose one with
    /// [`Wallet::on_behalf_of`] or [`Wallet::under_root`].
    AmbiguousOwner {
        /// The names of the owners, with their root keys.
        owners: Vec<(String, PublicKey)>,
    },
}

impl Display for NoToken {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoneFits { refusing } if refusing.is_empty() => {
                f.write_str("the wallet is empty; ask for a delegation")
            }
            Self::NoneFits { refusing } => {
                write!(f, "none of {} tokens permits this call", refusing.len())?;
                for (id, why) in refusing {
                    write!(f, "; {id}: ")?;
                    for (i, reason) in why.reasons().iter().enumerate() {
                        write!(f, "{}{reason}", if i == 0 { "" } else { ", " })?;
                    }
                }
                Ok(())
            }
            Self::AmbiguousOwner { owners } => {
                let owners = owners.iter().map(|(name, root)| {
                    format!("{} (root key {})", Quoted(name), root.fingerprint())
                });
                let owners: Vec<_> = owners.collect();
                let owners = CommaSeparated(owners.iter());
                write!(f, "tokens of {owners} permit this call; say on whose behalf it is made")
            }
        }
    }
}

impl std::error::Error for NoToken {}

/// The reason why a wallet did not present a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WalletError {
    /// No token was chosen.
    #[error(transparent)]
    NoToken(#[from] NoToken),
    /// The chosen token could not be presented.
    #[error(transparent)]
    Present(#[from] PresentError),
}
