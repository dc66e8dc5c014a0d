//! Answering asks.

use std::collections::HashMap;

use thiserror::Error;
use time::OffsetDateTime;

use crate::grant::Grant;
use crate::holder::ask::difference::Difference;
use crate::holder::ask::message::Ask;
use crate::key::{PublicKey, Signer};
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, MAX_ANSWERED_ASKS};
use crate::time::{UnixTime, whole_seconds};
use crate::token::{DelegateError, Token};

/// The asks that a delegator has answered, each of which it answers once. It remembers each until
/// the ask's end, and at most [`MAX_ANSWERED_ASKS`].
#[derive(Debug, Default)]
pub struct AskDesk {
    /// The end of each answered ask, by the asker's key and the id.
    answered: HashMap<(PublicKey, [u8; 16]), UnixTime>,
    /// The latest time that was seen. A clock that goes back must not bring an ask back.
    latest: Option<UnixTime>,
}

/// The answer to an ask.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The token with one more hop, for the asker.
    pub token: Token,
    /// Each aspect in which the grant differs from the wish.
    pub differences: Vec<Difference>,
}

impl AskDesk {
    /// Answers `ask` by delegating `grant` from `token`, whose holder is `signer`. The grant may
    /// differ from the wish; [`Ask::grant_below`] makes the one that was asked for.
    ///
    /// Decide first whether the asker should have it: the ask proves the asker's key and nothing
    /// else. Its name is a claim.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] if the ask is for another key, not of this time, or answered already, and if
    /// the grant goes to another key or the token does not allow it.
    pub fn answer(
        &mut self,
        ask: &Ask,
        token: &Token,
        grant: Grant,
        signer: &(impl Signer + ?Sized),
        now: OffsetDateTime,
    ) -> Result<Answered, AnswerError> {
        let at = UnixTime::from(now).max(self.latest.unwrap_or(UnixTime::from(now)));
        self.latest = Some(at);
        let holder = token.holder().key();
        if ask.delegator != holder {
            let (delegator, holder) = (Box::new(ask.delegator), Box::new(holder));
            return Err(AnswerError::ForAnother { delegator, holder });
        }
        let tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        if at > ask.until || at.plus(tolerance) < ask.issued {
            return Err(AnswerError::NotNow {
                issued: ask.issued.to_datetime(),
                until: ask.until.to_datetime(),
                now: at.to_datetime(),
            });
        }
        let key = (ask.wish.asker.key(), ask.id);
        if self.answered.contains_key(&key) {
            return Err(AnswerError::AnsweredBefore);
        }
        if grant.delegate().key() != ask.wish.asker.key() {
            return Err(AnswerError::ToAnother { asker: Box::new(ask.wish.asker.key()) });
        }
        self.answered.retain(|_, until| *until >= at);
        if self.answered.len() >= MAX_ANSWERED_ASKS {
            return Err(AnswerError::Full);
        }
        let token = token.delegate(signer, grant, now)?;
        self.answered.insert(key, ask.until);
        let hop = token.delegations().hops.last();
        let differences = ask.differences(&hop.grant, hop.issued.to_datetime());
        Ok(Answered { token, differences })
    }
}

/// The reason why an ask was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The ask is for another delegator.
    #[error("the ask is for {delegator}, and the holder of this token is {holder}")]
    ForAnother {
        /// The key that is asked.
        delegator: Box<PublicKey>,
        /// The holder of the token.
        holder: Box<PublicKey>,
    },
    /// The ask is too old, or from the future.
    #[error(
        "the ask is valid from {} until {}, and it is {}; ask for a new one",
        UnixTime::from(*issued),
        UnixTime::from(*until),
        UnixTime::from(*now)
    )]
    NotNow {
        /// The time at which it was signed.
        issued: OffsetDateTime,
        /// Its end.
        until: OffsetDateTime,
        /// The time of the answer.
        now: OffsetDateTime,
    },
    /// The ask was answered before.
    #[error("this ask was answered before; a renewal is a new ask")]
    AnsweredBefore,
    /// The grant goes to another key than the asker's.
    #[error("the grant must go to the key that asks, {asker}")]
    ToAnother {
        /// The key of the asker.
        asker: Box<PublicKey>,
    },
    /// [`MAX_ANSWERED_ASKS`] answers are remembered.
    #[error("{MAX_ANSWERED_ASKS} answered asks are remembered; answer again when some have ended")]
    Full,
    /// The token does not allow the delegation.
    #[error(transparent)]
    Delegate(#[from] DelegateError),
}
