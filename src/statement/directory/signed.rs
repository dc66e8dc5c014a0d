//! A directory as it is signed, stored and sent.

use std::fmt::{self, Debug, Formatter, Write as _};
use std::sync::{Arc, OnceLock};

use time::OffsetDateTime;

use crate::instant::{UnixTime, whole_seconds};
use crate::key::PublicKey;
use crate::limits::AGENTS_KEPT;
use crate::statement::authority::read_authority;
use crate::statement::digest::StatementDigest;
use crate::statement::directory::agent::Agent;
use crate::statement::directory::body::Commitment;
use crate::statement::directory::names::Names;
use crate::statement::error::StatementError;
use crate::statement::in_series::InSeries;
use crate::statement::kind::StatementKind;
use crate::statement::lines::{Lines, require_spelling};
use crate::statement::note::Note;
use crate::statement::series::{Issue, SeriesId, StatementScope};
use crate::token::Token;

/// A signed list of agents. It names agents, not roots, so it makes no key trusted.
///
/// A `Directory` is authentic by type: its issuer signed it. Other types decide whether a verifier
/// follows it and whether it is fresh. [`DirectoryRules`](crate::DirectoryRules) judge the agents
/// of a chain by it. Cheap to clone.
///
/// ```
/// use deputize::{
///     Agent, Directory, DirectoryDraft, Owner, Principal, Signer, SigningKey, StatementScope,
/// };
/// use time::{Duration, macros::datetime};
///
/// let (security, planner) = (SigningKey::generate()?, SigningKey::generate()?.public_key());
/// let now = datetime!(2026-11-23 18:00 UTC);
/// let mut draft = DirectoryDraft::named();
/// let named = Principal::agent("planner", planner)?;
/// draft.add(Agent::new("spiffe://acme.com/agents/planner", named, Owner::human("alice@acme.com")?)?)?;
/// let first = draft.sign(&security, now, now + Duration::DAY)?;
///
/// let read = Directory::parse(first.as_bytes())?;
/// assert_eq!(read.agent(&planner).map(|agent| agent.accountable().name()), Some("alice@acme.com"));
///
/// let mut draft = DirectoryDraft::of(&read);
/// draft.suspend(&planner)?;
/// let second = draft.sign(&security, now + Duration::HOUR, now + Duration::DAY)?;
/// assert_eq!((second.sequence(), second.previous()), (2, Some(first.digest())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Directory(Arc<Content>);

struct Content {
    issue: Issue,
    authority: Option<Token>,
    /// In ascending order of their keys.
    agents: Arc<[Agent]>,
    digest: StatementDigest,
    bytes: Vec<u8>,
    /// Built on first use: it takes about as long as reading the directory.
    names: OnceLock<Names>,
}

impl Directory {
    /// Reads a directory, and checks that its issuer signed it.
    ///
    /// The token of an [authority](Self::authority) is authentic. Its power is checked when the
    /// directory is accepted.
    ///
    /// # Errors
    ///
    /// [`StatementError`] with the rule that the bytes break.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let (note, body) = Note::read(bytes, 1)?;
        // The signature is checked before anything else, because reading the rest costs more.
        let issuer = Lines::new(note.text()).first(StatementKind::Agents)?;
        note.require_exactly(&[issuer])?;
        let mut lines = Lines::new(note.text());
        let issue = Issue::read(StatementKind::Agents, &mut lines)?;
        let scope = issue.series.scope;
        if !matches!(scope, StatementScope::Named | StatementScope::Power(_)) {
            let expected = "scope named, or scope power HOP";
            return Err(StatementError::Line { line: 2, expected });
        }
        let commitment = lines.parse("agents", Commitment::FORM, Commitment::parse)?;
        commitment.require_bounds()?;
        let authority = read_authority(&mut lines, scope)?;
        lines.end("the end of the text")?;
        require_spelling(note.text(), &text(&issue, &commitment, authority.as_ref()))?;
        let agents = commitment.read(body)?.into();
        Ok(Self::of(issue, authority, agents, note.text(), bytes.to_vec()))
    }

    /// Returns true if the bytes begin as a directory does.
    pub(crate) fn is_directory(bytes: &[u8]) -> bool {
        bytes.starts_with(b"deputize agents ")
    }

    /// Returns the issuer that the first line states, if the scope is `named`. Nothing is verified.
    pub(crate) fn stated_issuer(bytes: &[u8]) -> Option<PublicKey> {
        let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
        let (first, scope) = (str::from_utf8(lines.next()?).ok()?, lines.next()?);
        let issuer = first.strip_prefix("deputize agents v1 ").filter(|_| scope == b"scope named");
        issuer?.parse().ok()
    }

    /// Combines the contents. `bytes` are the note with this text and the signature, and the body
    /// with these agents.
    pub(super) fn of(
        issue: Issue,
        authority: Option<Token>,
        agents: Arc<[Agent]>,
        text: &str,
        bytes: Vec<u8>,
    ) -> Self {
        let digest = StatementDigest::of(text.as_bytes());
        let names = OnceLock::new();
        Self(Arc::new(Content { issue, authority, agents, digest, bytes, names }))
    }

    /// Returns the bytes that [`parse`](Self::parse) reads: a text for people, the signature, and
    /// one line of JSON for each agent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Returns the key that signed it.
    pub fn issuer(&self) -> PublicKey {
        self.0.issue.series.issuer
    }

    /// Returns the scope: the chains of the root key that gave the power, or all chains of the
    /// verifiers that name the issuer.
    pub fn scope(&self) -> StatementScope {
        self.0.issue.series.scope
    }

    /// Returns the series to which the directory belongs.
    pub fn series(&self) -> SeriesId {
        self.0.issue.series
    }

    /// Returns its place in the series, from 1.
    pub fn sequence(&self) -> u64 {
        self.0.issue.sequence
    }

    /// Returns the time of issue, by the issuer's clock.
    pub fn issued(&self) -> OffsetDateTime {
        self.0.issue.issued_at()
    }

    /// Returns the time by which a newer directory is issued. From that time on, this one is stale.
    pub fn next_update(&self) -> OffsetDateTime {
        self.0.issue.next.to_datetime()
    }

    /// Returns the digest of the previous directory; `None` for the first.
    pub fn previous(&self) -> Option<StatementDigest> {
        self.0.issue.previous
    }

    /// Returns the digests of the heads of a fork that ends with this directory.
    pub fn ends(&self) -> impl Iterator<Item = StatementDigest> + '_ {
        self.0.issue.ends.iter().copied()
    }

    /// Returns its digest, which names it.
    pub fn digest(&self) -> StatementDigest {
        self.0.digest
    }

    /// Returns the token by which a root key gave the issuer the power over its chains.
    pub fn authority(&self) -> Option<&Token> {
        self.0.authority.as_ref()
    }

    /// Returns the agents, in ascending order of their keys.
    pub fn agents(&self) -> &[Agent] {
        &self.0.agents
    }

    /// Returns the agent with this key.
    pub fn agent(&self, key: &PublicKey) -> Option<&Agent> {
        self.place(key).and_then(|at| self.agents().get(at))
    }

    /// Returns the other agents whose names are equal to, or look like, the name of the agent with
    /// this key. Verifiers refuse all of them, unless the names are equal and successor statements
    /// link the keys.
    pub fn alike<'d>(&'d self, key: &PublicKey) -> impl Iterator<Item = &'d Agent> + use<'d> {
        let own = self.place(key);
        let places = own.map_or(&[][..], |own| self.names().shared(own));
        places.iter().filter(move |at| Some(**at) != own).filter_map(|at| self.agents().get(*at))
    }

    /// Returns the index of the agent with this key.
    pub(super) fn place(&self, key: &PublicKey) -> Option<usize> {
        self.agents().binary_search_by(|agent| agent.principal.key().cmp(key)).ok()
    }

    /// Builds the index of names, so that no decision waits for it.
    pub(crate) fn index_names(&self) {
        self.names();
    }

    /// Returns the index of names.
    pub(super) fn names(&self) -> &Names {
        self.0.names.get_or_init(|| Names::of(self.agents()))
    }

    /// Returns an agent of `before`, an earlier directory of the series, that this one must have
    /// and lacks. A verifier that holds `before` refuses this one then.
    ///
    /// A deleted entry would let a suspended agent in again below an agent that may spawn. So an
    /// entry is kept for [`AGENTS_KEPT`](crate::limits::AGENTS_KEPT) after its `valid_until`, and
    /// for ever if it has no `valid_until`.
    pub fn lacks_of<'d>(&self, before: &'d Self) -> Option<&'d Agent> {
        lacking(before.agents(), |key| self.agent(key).is_some(), self.0.issue.issued)
    }

    /// Returns the seconds since the time of issue, and 0 if that is later.
    pub(super) fn age(&self, at: UnixTime) -> u64 {
        at.since(self.0.issue.issued)
    }
}

impl InSeries for Directory {
    fn issue(&self) -> &Issue {
        &self.0.issue
    }

    fn digest(&self) -> StatementDigest {
        self.0.digest
    }

    /// A newer directory can revert any change.
    fn is_final(&self) -> bool {
        false
    }
}

/// Shows the series, the sequence and the number of agents.
impl Debug for Directory {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (series, sequence) = (self.series(), self.sequence());
        write!(f, "Directory({series}, sequence {sequence}, {} agents)", self.agents().len())
    }
}

/// Returns an agent whose key a newer directory must have and lacks.
pub(super) fn lacking(
    before: &[Agent],
    has: impl Fn(&PublicKey) -> bool,
    issued: UnixTime,
) -> Option<&Agent> {
    let kept = whole_seconds(AGENTS_KEPT);
    let is_over = |agent: &Agent| agent.valid_until.is_some_and(|end| end.plus(kept) < issued);
    before.iter().find(|agent| !has(&agent.key()) && !is_over(agent))
}

/// Writes the text of the note.
pub(super) fn text(issue: &Issue, commitment: &Commitment, authority: Option<&Token>) -> String {
    let Commitment { count, length, digest } = commitment;
    let mut text = String::new();
    issue.write(&mut text);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "agents {count} {length} {digest}");
    if let Some(token) = authority {
        let _ = writeln!(text, "authority {token}");
    }
    text
}
