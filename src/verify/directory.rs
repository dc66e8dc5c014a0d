//! The directory of agents that a verifier follows.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::Duration;

use crate::instant::whole_seconds;
use crate::key::PublicKey;
use crate::verify::statements::agents::{DirectorySource, RequiredDirectory};
use crate::verify::statements::store::Statements;

/// The directory of agents that a verifier follows
/// ([`Verifier::with_directory`](crate::Verifier::with_directory)), and its maximum age.
///
/// The key of each delegate is looked up, whatever kind the hop states. The delegate must agree
/// with its entry ([`DirectoryRules`](crate::DirectoryRules)). While the directory is missing or
/// stale, every chain is refused.
///
/// Use one set of [`Statements`] for lists and directories: the lists of that set decide whether
/// the power to issue a directory is valid.
///
/// ```
/// # use deputize::*;
/// # use deputize::time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let (alice, hr) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let planner = SigningKey::generate()?.public_key();
/// # let anchor = TrustAnchor::new(alice.public_key(), "alice@acme.com");
/// let statements = Statements::new(anchor.clone(), MemoryStatementState::default())?;
/// let directory = DirectoryPolicy::issued_by(&statements, hr.public_key(), Duration::DAY);
/// # let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) };
/// # let replays = ReplayPolicy::refused_by(MemoryReplayGuard::new(60_000, now));
/// let verifier = Verifier::new(anchor, revocation, replays).with_directory(directory);
///
/// # let mut draft = DirectoryDraft::named();
/// # let named = Principal::agent("planner", planner)?;
/// # draft.add(Agent::new("urn:acme:planner", named, Owner::human("alice@acme.com")?)?)?;
/// # let signed = draft.sign(&hr, now, now + Duration::DAY)?;
/// # let file = signed.as_bytes();
/// // And each new one while the service runs:
/// let accepted = statements.accept(file, now)?;
/// assert_eq!(accepted.effect, StatementEffect::Current);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DirectoryPolicy {
    pub(crate) statements: Statements,
    pub(crate) required: RequiredDirectory,
}

impl DirectoryPolicy {
    /// Follows the directory of this issuer for all chains. It must have been issued at most
    /// `max_stale` ago, in whole seconds. `statements` accepts the issuer's directories from now
    /// on.
    pub fn issued_by(statements: &Statements, issuer: PublicKey, max_stale: Duration) -> Self {
        statements.name_directory_issuer(issuer);
        Self::new(statements, DirectorySource::Issuer(issuer), max_stale)
    }

    /// Follows, for the chains of each root key, the directory of the party to which that root
    /// delegated `deputize.directory`. It must have been issued at most `max_stale` ago, in whole
    /// seconds.
    ///
    /// If several parties have this power, each of their directories that is held must admit every
    /// delegate.
    pub fn by_power_of_root(statements: &Statements, max_stale: Duration) -> Self {
        Self::new(statements, DirectorySource::PowerOfRoot, max_stale)
    }

    fn new(statements: &Statements, source: DirectorySource, max_stale: Duration) -> Self {
        let max_stale = whole_seconds(max_stale);
        let required = RequiredDirectory { source, max_stale, outside: Arc::default() };
        Self { statements: statements.clone(), required }
    }

    /// Names keys that need no entry, such as those of another organization. Their names are still
    /// checked.
    pub fn with_outside(mut self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Arc::make_mut(&mut self.required.outside).extend(keys);
        self
    }
}

/// Shows the requirements.
impl Debug for DirectoryPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { statements, required } = self;
        let RequiredDirectory { source, max_stale, outside } = required;
        let mut shown = f.debug_struct("DirectoryPolicy");
        shown.field("statements", statements).field("source", source).field("max_stale", max_stale);
        shown.field("outside", outside).finish()
    }
}
