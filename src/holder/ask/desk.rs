//! The answers to asks.

use std::collections::HashMap;

use thiserror::Error;
use time::OffsetDateTime;

use crate::grant::Grant;
use crate::holder::ask::difference::Difference;
use crate::holder::ask::message::Ask;
use crate::instant::{UnixTime, whole_seconds};
use crate::key::{PublicKey, Signer};
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, MAX_ANSWERED_ASKS};
use crate::token::{DelegateError, Token, UnsignedToken};

/// The asks that a delegator has answered. It answers each ask once. It remembers at most
/// [`MAX_ANSWERED_ASKS`], and forgets an ask only after its end.
#[derive(Debug, Default)]
pub struct AskDesk {
    /// The end of each answered ask, by the asker's key and the id.
    answered: HashMap<(PublicKey, [u8; 16]), UnixTime>,
    /// The latest end of a forgotten ask. A clock that goes back must not make a forgotten ask new.
    forgotten: Option<UnixTime>,
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
    /// differ from the wish; [`Ask::grant_below`] makes the one that fulfils it.
    ///
    /// Decide first whether the asker should have it. The ask shows that the asker holds its key,
    /// and nothing else: its name is a claim.
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
        self.check(ask, token, &grant, now)?;
        let token = token.delegate(signer, grant, now)?;
        self.note(ask);
        let hop = token.delegations().hops.last();
        let differences = ask.differences(&hop.grant, hop.issued.to_datetime());
        Ok(Answered { token, differences })
    }

    /// Does all of [`answer`](Self::answer) but sign, for a holder whose key is kept elsewhere. The
    /// ask then counts as answered, even if the answer is never signed. Otherwise two answers could
    /// be signed at once.
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub fn prepare_answer(
        &mut self,
        ask: &Ask,
        token: &Token,
        grant: Grant,
        now: OffsetDateTime,
    ) -> Result<UnsignedToken, AnswerError> {
        self.check(ask, token, &grant, now)?;
        let open = token.prepare_delegation(ask.delegator, grant, now)?;
        self.note(ask);
        Ok(open)
    }
}

impl AskDesk {
    fn check(
        &mut self,
        ask: &Ask,
        token: &Token,
        grant: &Grant,
        now: OffsetDateTime,
    ) -> Result<(), AnswerError> {
        let at = UnixTime::from(now);
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
        if self.answered.contains_key(&(ask.wish.asker.key(), ask.id))
            || self.forgotten >= Some(ask.until)
        {
            return Err(AnswerError::AnsweredBefore);
        }
        if grant.delegate().key() != ask.wish.asker.key() {
            return Err(AnswerError::ToAnother { asker: Box::new(ask.wish.asker.key()) });
        }
        self.make_room(at)
    }

    fn note(&mut self, ask: &Ask) {
        self.answered.insert((ask.wish.asker.key(), ask.id), ask.until);
    }

    /// Forgets asks that have ended, but only if the desk is full. So after a call with a clock
    /// that is ahead, later asks are still answered.
    fn make_room(&mut self, at: UnixTime) -> Result<(), AnswerError> {
        if self.answered.len() < MAX_ANSWERED_ASKS {
            return Ok(());
        }
        let ended = self.answered.values().filter(|until| **until < at);
        self.forgotten = self.forgotten.max(ended.max().copied());
        self.answered.retain(|_, until| *until >= at);
        if self.answered.len() < MAX_ANSWERED_ASKS { Ok(()) } else { Err(AnswerError::Full) }
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
    /// The ask was answered before, or may have been: it ends no later than a forgotten one.
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::capability::Capability;
    use crate::holder::ask::wish::Wish;
    use crate::key::SigningKey;
    use crate::principal::{Owner, Principal};
    use time::Duration;

    #[test]
    fn what_may_have_been_answered_and_forgotten_is_refused() {
        let now = OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap();
        let [alice, planner, researcher] = [1, 2, 3].map(|n| SigningKey::from_bytes(&[n; 32]));
        let agent = |key: &SigningKey| Principal::agent("agent", key.public_key()).unwrap();
        let read = Capability::new("crm.read", "**").unwrap();
        let grant = Grant::new(agent(&planner), [read.clone()], now + Duration::hours(8), "a test");
        let (owner, grant) = (Owner::human("alice").unwrap(), grant.unwrap().with_max_hops(1));
        let token = Token::mint(owner, &alice, grant, now).unwrap();
        let wish = Wish::new(agent(&researcher), [read], Duration::minutes(1), "a test").unwrap();
        let ask = Ask::new(wish, planner.public_key(), &researcher, now).unwrap();
        let answer = |forgotten| {
            let mut desk = AskDesk { forgotten: Some(forgotten), ..AskDesk::default() };
            let grant = ask.grant_below(&token, now).unwrap();
            desk.answer(&ask, &token, grant, &planner, now).map(|_| ())
        };
        assert_eq!(answer(ask.until), Err(AnswerError::AnsweredBefore));
        assert_eq!(answer(ask.until.minus(1)), Ok(()));
    }

    #[test]
    fn room_is_made_only_by_forgetting_asks_that_have_ended() {
        let key = SigningKey::from_bytes(&[1; 32]).public_key();
        let time = |seconds| UnixTime::from_seconds(seconds).unwrap();
        let mut desk = AskDesk::default();
        for n in 0..u64::try_from(MAX_ANSWERED_ASKS).unwrap() {
            let mut id = [0; 16];
            id.first_chunk_mut().unwrap().clone_from(&n.to_be_bytes());
            assert_eq!(desk.make_room(time(1_000_000)), Ok(()));
            desk.answered.insert((key, id), time(100 + n % 2));
        }
        assert_eq!(desk.forgotten, None);
        assert_eq!(desk.make_room(time(100)), Err(AnswerError::Full));
        assert_eq!(desk.make_room(time(101)), Ok(()));
        assert_eq!(desk.answered.len(), MAX_ANSWERED_ASKS / 2);
        assert_eq!(desk.forgotten, Some(time(100)));
    }
}
