//! An owner, two agents and a token, for the tests of a service.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::capability::{Capability, CapabilityError, GrammarError};
use crate::constraint::ConstraintError;
use crate::format::container::FormatError;
use crate::grant::{Grant, GrantError};
use crate::key::{KeyError, PublicKey, Signer, SigningKey};
use crate::principal::{NameError, Owner, Principal};
use crate::request::{Request, RequestError};
use crate::statement::directory::error::{AgentError, DirectoryError};
use crate::statement::error::StatementError;
use crate::statement::revocation::draft::RevocationDraft;
use crate::statement::state::{MemoryStatementState, StateError};
use crate::token::presentation::{PresentError, PresentOptions, Presentation};
use crate::token::{DelegateError, MintError, Token};
use crate::verify::replay::{MemoryReplayGuard, ReplayPolicy};
use crate::verify::revocation::{ListPolicy, RevocationPolicy};
use crate::verify::statements::error::NotAccepted;
use crate::verify::statements::store::Statements;
use crate::verify::trust::TrustAnchor;
use crate::verify::verifier::Verifier;

/// The lifetime of everything in a scene. It is shorter than the maximum of any service, and longer
/// than a test.
const LIFETIME: Duration = Duration::minutes(5);

/// Alice, who owns the authority; her planner; and the planner's researcher, which holds a token.
///
/// All keys are new, so nothing outside the test can trust or use them.
///
/// ```
/// use deputize::testing::Scene;
/// use deputize::Request;
/// use time::OffsetDateTime;
///
/// let now = OffsetDateTime::now_utc();
/// let scene = Scene::allowing(["crm.read accounts/** limit<=10"], now)?;
/// let verifier = scene.verifier(); // or your service's own, with `scene.anchor()`
///
/// let call = Request::new("crm.read", "accounts/42", "crm.acme.com")?.with_args(r#"{"limit": 5}"#)?;
/// assert!(verifier.decide(scene.present(&call)?, call, now).is_allowed());
///
/// let call = Request::new("crm.delete", "accounts/42", "crm.acme.com")?;
/// assert!(!verifier.decide(scene.present(&call)?, call, now).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Scene {
    pub(super) alice: SigningKey,
    pub(super) planner: SigningKey,
    pub(super) researcher: SigningKey,
    pub(super) now: OffsetDateTime,
    token: Token,
}

impl Scene {
    /// Creates a scene in which the researcher may do this at any service, from `now` on for five
    /// minutes. Each capability is written as in [`Capability`]'s `FromStr`.
    ///
    /// # Errors
    ///
    /// [`SceneError`] if a capability is malformed, or the list is empty.
    pub fn allowing<'a>(
        capabilities: impl IntoIterator<Item = &'a str>,
        now: OffsetDateTime,
    ) -> Result<Self, SceneError> {
        let allowed: Result<Vec<Capability>, _> =
            capabilities.into_iter().map(str::parse).collect();
        let allowed = allowed.map_err(Box::new)?;
        let [alice, planner, researcher] =
            [SigningKey::generate()?, SigningKey::generate()?, SigningKey::generate()?];
        let to = |name: &str, key: &SigningKey| -> Result<Grant, SceneError> {
            let to = Principal::agent(name, key.public_key())?;
            Ok(Grant::new(to, allowed.clone(), now.saturating_add(LIFETIME), "a test")?)
        };
        let first = to("planner", &planner)?.with_max_hops(1);
        let token = Token::mint(owner()?, &alice, first, now)?;
        let token = token.delegate(&planner, to("researcher", &researcher)?, now)?;
        Ok(Self { alice, planner, researcher, now, token })
    }

    /// Returns the token that the researcher holds: alice@acme.com → planner → researcher.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Returns the researcher's key.
    pub fn holder_key(&self) -> &SigningKey {
        &self.researcher
    }

    /// Returns Alice's key, as a service trusts it.
    pub fn anchor(&self) -> TrustAnchor {
        TrustAnchor::new(self.alice.public_key(), OWNER)
    }

    /// Returns a new verifier that trusts Alice and refuses replays.
    pub fn verifier(&self) -> Verifier {
        self.verifier_with(self.anchor(), self.by_expiry())
    }

    /// Presents the researcher's token for `request`, even if the token does not permit the call.
    ///
    /// # Errors
    ///
    /// [`PresentError`] if the request cannot be presented.
    pub fn present(&self, request: &Request) -> Result<Presentation, PresentError> {
        let anyway = PresentOptions::default().anyway();
        self.token.present_with(&self.researcher, request, self.now, anyway)
    }

    pub(super) fn verifier_with(
        &self,
        anchor: TrustAnchor,
        revocation: RevocationPolicy,
    ) -> Verifier {
        let guard = MemoryReplayGuard::for_new_audience(GUARDED).with_share(GUARDED);
        Verifier::new(anchor, revocation, ReplayPolicy::refused_by(guard))
    }

    pub(super) fn by_expiry(&self) -> RevocationPolicy {
        RevocationPolicy::OnlyByExpiry { at_most: Duration::HOUR }
    }

    /// Returns a grant to one of the agents.
    pub(super) fn grant(
        &self,
        name: &str,
        key: PublicKey,
        capability: Capability,
        expires: OffsetDateTime,
    ) -> Result<Grant, SceneError> {
        Ok(Grant::new(Principal::agent(name, key)?, [capability], expires, "a test")?)
    }
}

/// Presentations that the guard of a scene remembers.
const GUARDED: usize = 10_000;

pub(super) const OWNER: &str = "alice@acme.com";

pub(super) fn owner() -> Result<Owner, NameError> {
    Owner::human(OWNER)
}

impl Scene {
    /// Checks revocation with this list of the owner, issued at `at`.
    pub(super) fn by_list(
        &self,
        list: &RevocationDraft,
        at: OffsetDateTime,
    ) -> Result<RevocationPolicy, SceneError> {
        let an_hour = Duration::HOUR;
        let list = list.sign(&self.alice, at, at.saturating_add(an_hour))?;
        let statements = Statements::new(self.anchor(), MemoryStatementState::default())?;
        let _ = statements.accept_list(list, at)?;
        Ok(RevocationPolicy::by_lists(ListPolicy::new(&statements, an_hour)))
    }
}

impl From<AgentError> for SceneError {
    fn from(error: AgentError) -> Self {
        Self::Directory(error.into())
    }
}

/// The reason why a scene, or a call in it, cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SceneError {
    /// A capability is malformed.
    #[error(transparent)]
    Grammar(#[from] Box<GrammarError>),
    /// The list of capabilities is empty or too long.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// A token cannot be minted.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// A token cannot be delegated.
    #[error(transparent)]
    Delegate(#[from] DelegateError),
    /// A call cannot be presented.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// A forged presentation is not even a Biscuit.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A key cannot be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A revocation list cannot be made.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A revocation list is not accepted.
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    /// The state of revocation lists cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A directory cannot be made.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A name is malformed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A limit cannot be made.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// A request cannot be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A capability cannot state the request.
    #[error(transparent)]
    Capability(#[from] CapabilityError),
}
