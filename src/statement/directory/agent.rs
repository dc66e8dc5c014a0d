//! One entry of a directory.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::{KeyError, PublicKey};
use crate::limits::{MAX_NAME_BYTES, MAX_RESPONSIBILITIES};
use crate::principal::{Owner, Principal, PrincipalKind, checked_name};
use crate::statement::directory::error::AgentError;

/// An entry of a [`Directory`](crate::Directory): an agent, the party that answers for it, and its
/// state.
///
/// In JSON:
/// `{"key":"ed25519/…","id":"spiffe://acme.com/agents/planner","name":"planner","kind":"agent","accountable":{"name":"alice@acme.com","kind":"human"},"responsibilities":["reads accounts"],"status":"active","valid_from":"…","valid_until":"…","last_review":"…","next_review":"…","may_spawn":false}`,
/// with the times only if they are set. Directories import and export lists of agents.
///
/// ```
/// use deputize::{Agent, Owner, Principal, Signer, SigningKey};
/// use time::macros::datetime;
///
/// let planner = Principal::agent("planner", SigningKey::generate()?.public_key())?;
/// let alice = Owner::human("alice@acme.com")?;
/// let agent = Agent::new("spiffe://acme.com/agents/planner", planner, alice)?
///     .with_responsibilities(["reads accounts"])?
///     .with_valid_until(datetime!(2027-11-01 0:00 UTC))
///     .with_next_review(datetime!(2027-02-01 0:00 UTC));
/// let json = serde_json::to_string(&[&agent])?;
/// assert_eq!(serde_json::from_str::<Vec<Agent>>(&json)?, [agent]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub(super) id: String,
    pub(super) principal: Principal,
    pub(super) accountable: Owner,
    pub(super) responsibilities: Vec<String>,
    pub(super) status: AgentStatus,
    pub(super) valid_from: Option<UnixTime>,
    pub(super) valid_until: Option<UnixTime>,
    pub(super) last_review: Option<UnixTime>,
    pub(super) next_review: Option<UnixTime>,
    pub(super) may_spawn: bool,
}

/// The state of an agent's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AgentStatus {
    /// It may act.
    Active,
    /// It is suspended, and can be resumed.
    Suspended,
    /// It is retired for good.
    Retired,
}

impl AgentStatus {
    /// Returns the word in the entry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Retired => "retired",
        }
    }
}

impl Display for AgentStatus {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Agent {
    /// Creates an active agent without responsibilities or bounds on its time, that may not spawn
    /// others.
    ///
    /// `principal` has the key, and the name and kind that hops must state for it. `id` is a URI
    /// that stays when the key changes, such as a SPIFFE id. `accountable` is the person or
    /// organization that answers for the agent.
    ///
    /// # Errors
    ///
    /// [`AgentError`] if the id is not a URI, `accountable` is of another kind, or the key is the
    /// terminal key.
    pub fn new(
        id: impl Into<String>,
        principal: Principal,
        accountable: Owner,
    ) -> Result<Self, AgentError> {
        let id = id.into();
        if !is_uri(&id) {
            return Err(AgentError::Id { found: id });
        }
        if principal.key().is_published() {
            return Err(KeyError::Published.into());
        }
        if !matches!(accountable.kind(), PrincipalKind::Human | PrincipalKind::Organization) {
            return Err(AgentError::Accountable { found: accountable.kind() });
        }
        Ok(Self {
            id,
            principal,
            accountable,
            responsibilities: Vec::new(),
            status: AgentStatus::Active,
            valid_from: None,
            valid_until: None,
            last_review: None,
            next_review: None,
            may_spawn: false,
        })
    }

    /// Sets the responsibilities of the agent, in words, at most [`MAX_RESPONSIBILITIES`].
    ///
    /// # Errors
    ///
    /// [`AgentError`] if there are more, or one is not a text like a name.
    pub fn with_responsibilities<S: Into<String>>(
        self,
        responsibilities: impl IntoIterator<Item = S>,
    ) -> Result<Self, AgentError> {
        let mut checked = Vec::new();
        for (index, text) in responsibilities.into_iter().enumerate() {
            let text = checked_name(text.into())
                .map_err(|error| AgentError::Responsibility { index, error })?;
            checked.push(text);
        }
        match checked.len() {
            found if found > MAX_RESPONSIBILITIES => {
                Err(AgentError::TooManyResponsibilities { found })
            }
            _ => Ok(Self { responsibilities: checked, ..self }),
        }
    }

    /// Sets the status.
    pub fn with_status(self, status: AgentStatus) -> Self {
        Self { status, ..self }
    }

    /// Sets the time from which on the agent may act, rounded up to a whole second.
    pub fn with_valid_from(self, at: OffsetDateTime) -> Self {
        Self { valid_from: Some(UnixTime::lower_bound(at)), ..self }
    }

    /// Sets the time from which on the agent may no longer act, rounded down to a whole second.
    pub fn with_valid_until(self, at: OffsetDateTime) -> Self {
        Self { valid_until: Some(UnixTime::upper_bound(at)), ..self }
    }

    /// Sets the time at which the agent was reviewed.
    pub fn with_last_review(self, at: OffsetDateTime) -> Self {
        Self { last_review: Some(UnixTime::from(at)), ..self }
    }

    /// Sets the time by which the agent must be reviewed, rounded down to a whole second. The agent
    /// is refused from that time on.
    pub fn with_next_review(self, at: OffsetDateTime) -> Self {
        Self { next_review: Some(UnixTime::upper_bound(at)), ..self }
    }

    /// Sets whether the delegates below this agent need no entry of their own.
    pub fn with_may_spawn(self, may_spawn: bool) -> Self {
        Self { may_spawn, ..self }
    }

    /// Returns the id, which stays when the key changes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name, the kind and the key.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the key.
    pub fn key(&self) -> PublicKey {
        self.principal.key()
    }

    /// Returns the person or organization that answers for the agent.
    pub fn accountable(&self) -> &Owner {
        &self.accountable
    }

    /// Returns the responsibilities of the agent.
    pub fn responsibilities(&self) -> &[String] {
        &self.responsibilities
    }

    /// Returns the status.
    pub fn status(&self) -> AgentStatus {
        self.status
    }

    /// Returns the time from which on the agent may act.
    pub fn valid_from(&self) -> Option<OffsetDateTime> {
        self.valid_from.map(UnixTime::to_datetime)
    }

    /// Returns the time from which on the agent may no longer act.
    pub fn valid_until(&self) -> Option<OffsetDateTime> {
        self.valid_until.map(UnixTime::to_datetime)
    }

    /// Returns the time of the last review.
    pub fn last_review(&self) -> Option<OffsetDateTime> {
        self.last_review.map(UnixTime::to_datetime)
    }

    /// Returns the time by which the agent must be reviewed.
    pub fn next_review(&self) -> Option<OffsetDateTime> {
        self.next_review.map(UnixTime::to_datetime)
    }

    /// Returns true if the delegates below this agent need no entry of their own.
    pub fn may_spawn(&self) -> bool {
        self.may_spawn
    }

    /// Returns the same agent with another key.
    ///
    /// # Errors
    ///
    /// [`AgentError::Key`] for the terminal key.
    pub fn with_key(self, key: PublicKey) -> Result<Self, AgentError> {
        if key.is_published() {
            return Err(KeyError::Published.into());
        }
        let principal = self.principal.with_key(key);
        Ok(Self { principal, ..self })
    }
}

/// Returns true for a URI (RFC 3986): a scheme (section 3.1), a colon, and at least one of the
/// characters that section 2 allows. All of them are visible.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let is_rest = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    is_scheme && !rest.is_empty() && rest.chars().all(is_rest) && text.len() <= MAX_NAME_BYTES
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::key::{Signer as _, SigningKey, TERMINAL_SECRET};

    fn planner() -> Principal {
        Principal::agent("planner", SigningKey::from_bytes(&[2; 32]).public_key()).unwrap()
    }

    fn alice() -> Owner {
        Owner::human("alice@acme.com").unwrap()
    }

    #[test]
    fn an_id_is_a_uri_such_as_a_spiffe_id() {
        let long = format!("urn:{}", "a".repeat(MAX_NAME_BYTES - 4));
        for id in [
            "spiffe://acme.com/agents/planner",
            "urn:acme:agents:planner",
            "https://acme.com/agents?id=1#a",
            "a:b",
            &long,
        ] {
            let own = Agent::new(id, planner(), alice()).unwrap();
            assert_eq!((own.id(), own.key()), (id, planner().key()));
        }
        for id in [
            "",
            "planner",
            ":planner",
            "urn:",
            "1urn:a",
            "u n:a",
            "urn:a b",
            "urn:\u{e9}",
            "urn:a\u{200b}",
            "urn:<a>",
            "ürn:a",
            &format!("{long}a"),
        ] {
            let found = id.to_owned();
            assert_eq!(Agent::new(id, planner(), alice()), Err(AgentError::Id { found }), "{id}");
        }
    }

    #[test]
    fn an_agent_is_answered_for_and_has_a_key_of_its_own() {
        for kind in [PrincipalKind::Agent, PrincipalKind::Service] {
            let other = Owner::new("alice", kind).unwrap();
            let error = Agent::new("urn:a", planner(), other).unwrap_err();
            assert_eq!(error, AgentError::Accountable { found: kind });
        }
        let team = Owner::new("Payments", PrincipalKind::Organization).unwrap();
        assert!(Agent::new("urn:a", planner(), team).is_ok());
        let terminal = SigningKey::from_bytes(&TERMINAL_SECRET).public_key();
        let published = Err(AgentError::Key(KeyError::Published));
        let named = Principal::agent("planner", terminal).unwrap();
        assert_eq!(Agent::new("urn:a", named, alice()), published);
        let own = Agent::new("urn:a", planner(), alice()).unwrap();
        assert_eq!(own.with_key(terminal), published);
    }

    #[test]
    fn responsibilities_are_a_few_visible_texts() {
        let with = |texts: Vec<String>| {
            Agent::new("urn:a", planner(), alice()).unwrap().with_responsibilities(texts)
        };
        let most = vec!["reads accounts".to_owned(); MAX_RESPONSIBILITIES];
        assert_eq!(with(most.clone()).unwrap().responsibilities(), most);
        let found = MAX_RESPONSIBILITIES + 1;
        let more = vec!["a".to_owned(); found];
        assert_eq!(with(more), Err(AgentError::TooManyResponsibilities { found }));
        for text in ["", " ", "a\u{202e}", " a", &"a".repeat(MAX_NAME_BYTES + 1)] {
            let error = with(vec!["a".to_owned(), text.to_owned()]).unwrap_err();
            assert!(matches!(error, AgentError::Responsibility { index: 1, .. }), "{text}");
        }
    }

    #[test]
    fn times_are_rounded_so_that_a_fraction_extends_nothing() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(5_500_000_000).unwrap();
        let own = Agent::new("urn:a", planner(), alice()).unwrap();
        let own = own.with_valid_from(at).with_valid_until(at);
        let own = own.with_last_review(at).with_next_review(at);
        let seconds = |at: Option<OffsetDateTime>| at.unwrap().unix_timestamp();
        assert_eq!((seconds(own.valid_from()), seconds(own.valid_until())), (6, 5));
        assert_eq!((seconds(own.last_review()), seconds(own.next_review())), (5, 5));
    }
}
