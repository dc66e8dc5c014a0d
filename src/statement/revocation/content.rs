//! The text of a revocation list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::limits::{MAX_LISTED_HOPS, MAX_LISTED_LINES};
use crate::principal::checked_name;
use crate::statement::authority::read_authority;
use crate::statement::digest::StatementDigest;
use crate::statement::error::{StatementError, require_at_most};
use crate::statement::kind::StatementKind;
use crate::statement::lines::{Lines, key, number, require_spelling, time};
use crate::statement::revocation::entry::{KeyEnd, RevokedKey};
use crate::statement::series::{Issue, SeriesId, StatementScope};
use crate::token::Token;

/// The contents of a list's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) issue: Issue,
    /// The number of entries in the body.
    pub(crate) hops: u64,
    /// SHA-256 of the body.
    pub(crate) body: [u8; 32],
    pub(crate) entries: Entries,
}

/// The entries in the text of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Entries {
    pub(crate) tokens: BTreeMap<[u8; 16], UnixTime>,
    pub(crate) owners: BTreeMap<String, UnixTime>,
    pub(crate) keys: BTreeMap<PublicKey, RevokedKey>,
    /// Voided series, each with the first void sequence.
    pub(crate) void_series: BTreeMap<VoidSeries, u64>,
    pub(crate) void_lists: BTreeSet<StatementDigest>,
    /// The token that gives the issuer its power.
    pub(crate) authority: Option<Token>,
}

/// A series whose lists a root voids, for the chains that start with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum VoidSeries {
    /// The own lists of a delegator.
    Own(PublicKey),
    /// The lists of a revoker, by the last hop of the token that gives the power.
    Power(HopId),
}

/// The name of the entries in an error about their number.
pub(super) const HOPS_COUNTED: &str = "hops";
pub(super) const LINES_COUNTED: &str = "lines of entries";

const HOPS: &str = "hops NUMBER DIGEST";
const TOKEN: &str = "token TOKEN-ID since TIME";
const OWNER: &str = "owner NAME since TIME";
const KEY: &str = "key KEY retired TIME since TIME, or key KEY compromised since TIME";
const GOOD: &str = "good HOP";
const SUCCESSOR: &str = "successor DIGEST";
const VOID: &str = "void own KEY from NUMBER, void power HOP from NUMBER, or void list DIGEST";

impl Content {
    /// Reads a text whose signature has been verified: the token in it costs signature checks.
    pub(super) fn read(text: &str) -> Result<Self, StatementError> {
        let mut lines = Lines::new(text);
        let issue = Issue::read(StatementKind::Revocations, &mut lines)?;
        let SeriesId { issuer, scope, .. } = issue.series;
        if scope == StatementScope::Named || scope == StatementScope::Root(issuer) {
            let expected = "scope own, scope power HOP, or scope root KEY with another key";
            return Err(StatementError::Line { line: 2, expected });
        }
        let (hops, body) = lines.parse("hops", HOPS, |value| {
            let (count, digest) = value.split_once(' ')?;
            Some((number(count)?, digest.parse::<StatementDigest>().ok()?.to_bytes()))
        })?;
        require_at_most(HOPS_COUNTED, hops, MAX_LISTED_HOPS)?;
        let entries = Entries::read(&mut lines, &issue)?;
        lines.end("the end of the text, or a line in its place")?;
        let content = Self { issue, hops, body, entries };
        require_spelling(text, &content.write())?;
        Ok(content)
    }

    pub(super) fn write(&self) -> String {
        let Self { issue, hops, body, entries } = self;
        let mut text = String::new();
        issue.write(&mut text);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "hops {hops} {}", hex::encode(body));
        entries.write(&mut text);
        text
    }
}

impl Entries {
    fn read(lines: &mut Lines<'_>, issue: &Issue) -> Result<Self, StatementError> {
        let mut own = Self::default();
        let mut count = 0_u64;
        let mut counted = || {
            count = count.saturating_add(1);
            require_at_most(LINES_COUNTED, count, MAX_LISTED_LINES)
        };
        // A repeated or misplaced line is lost in its map, and then the comparison of the spelling
        // fails.
        while let Some((id, since)) = lines.optional("token", TOKEN, token)? {
            counted()?;
            own.tokens.insert(id, since);
        }
        while let Some((name, since)) = lines.optional("owner", OWNER, owner)? {
            counted()?;
            own.owners.insert(name, since);
        }
        while let Some((key, mut revoked)) = lines.optional("key", KEY, revoked_key)? {
            counted()?;
            if let KeyEnd::Compromised { good, successors } = &mut revoked.end {
                while let Some(hop) = lines.optional("good", GOOD, |id| id.parse::<HopId>().ok())? {
                    counted()?;
                    good.insert(hop);
                }
                while let Some(digest) =
                    lines.optional("successor", SUCCESSOR, |digest| digest.parse().ok())?
                {
                    counted()?;
                    successors.insert(digest);
                }
            }
            own.keys.insert(key, revoked);
        }
        let SeriesId { issuer, scope, .. } = issue.series;
        while let Some(void) = lines.optional("void", VOID, void)? {
            counted()?;
            let line = lines.number();
            match void {
                _ if scope != StatementScope::Own => {
                    let why = "is only for the scope `own`";
                    return Err(StatementError::Void { line, why });
                }
                Void::Series(VoidSeries::Own(key), _) if key == issuer => {
                    let why = "is for the issuer itself";
                    return Err(StatementError::Void { line, why });
                }
                Void::Series(series, from) => drop(own.void_series.insert(series, from)),
                Void::List(digest) => drop(own.void_lists.insert(digest)),
            }
        }
        // The token is read last: it costs signature checks.
        own.authority = read_authority(lines, scope)?;
        Ok(own)
    }

    fn write(&self, text: &mut String) {
        let Self { tokens, owners, keys, void_series, void_lists, authority } = self;
        for (id, since) in tokens {
            let _ = writeln!(text, "token {} since {since}", hex::encode(id));
        }
        for (name, since) in owners {
            let _ = writeln!(text, "owner {} since {since}", json_text(name));
        }
        for (key, RevokedKey { end, since }) in keys {
            match end {
                KeyEnd::Retired { at } => {
                    let at = UnixTime::from(*at);
                    let _ = writeln!(text, "key {key} retired {at} since {since}");
                }
                KeyEnd::Compromised { good, successors } => {
                    let _ = writeln!(text, "key {key} compromised since {since}");
                    for hop in good {
                        let _ = writeln!(text, "good {hop}");
                    }
                    for digest in successors {
                        let _ = writeln!(text, "successor {digest}");
                    }
                }
            }
        }
        for (series, from) in void_series {
            let _ = match series {
                VoidSeries::Own(key) => writeln!(text, "void own {key} from {from}"),
                VoidSeries::Power(hop) => writeln!(text, "void power {hop} from {from}"),
            };
        }
        for digest in void_lists {
            let _ = writeln!(text, "void list {digest}");
        }
        if let Some(token) = authority {
            let _ = writeln!(text, "authority {token}");
        }
    }

    /// Adds the entries of another list. If both have an entry, the one that refuses more counts.
    pub(super) fn add_all(&mut self, other: &Self) {
        for (id, since) in &other.tokens {
            let own = self.tokens.entry(*id).or_insert(*since);
            *own = (*own).min(*since);
        }
        for (name, since) in &other.owners {
            let own = self.owners.entry(name.clone()).or_insert(*since);
            *own = (*own).min(*since);
        }
        for (key, revoked) in &other.keys {
            match self.keys.get_mut(key) {
                Some(own) => own.take_stricter(revoked),
                None => drop(self.keys.insert(*key, revoked.clone())),
            }
        }
        // A void line lifts a refusal, so it counts only if both lists have it.
        self.void_series.retain(|series, from| match other.void_series.get(series) {
            Some(later) => {
                *from = (*from).max(*later);
                true
            }
            None => false,
        });
        self.void_lists.retain(|digest| other.void_lists.contains(digest));
    }

    /// Returns the number of lines, without the authority.
    pub(super) fn lines(&self) -> u64 {
        let exceptions = self.keys.values().map(|key| match &key.end {
            KeyEnd::Compromised { good, successors } => good.len().saturating_add(successors.len()),
            KeyEnd::Retired { .. } => 0,
        });
        let counts = [
            self.tokens.len(),
            self.owners.len(),
            self.keys.len(),
            exceptions.fold(0, usize::saturating_add),
            self.void_series.len(),
            self.void_lists.len(),
        ];
        u64::try_from(counts.into_iter().fold(0, usize::saturating_add)).unwrap_or(u64::MAX)
    }
}

enum Void {
    Series(VoidSeries, u64),
    List(StatementDigest),
}

fn void(value: &str) -> Option<Void> {
    if let Some(digest) = value.strip_prefix("list ") {
        return digest.parse().ok().map(Void::List);
    }
    let (series, from) = value.split_once(" from ")?;
    let series = match series.split_once(' ')? {
        ("own", issuer) => VoidSeries::Own(key(issuer)?),
        ("power", hop) => VoidSeries::Power(hop.parse().ok()?),
        _ => return None,
    };
    Some(Void::Series(series, number(from)?))
}

fn token(value: &str) -> Option<([u8; 16], UnixTime)> {
    let (digits, since) = value.split_once(" since ")?;
    let mut id = [0; 16];
    hex::decode_to_slice(digits, &mut id).ok()?;
    Some((id, time(since)?))
}

fn owner(value: &str) -> Option<(String, UnixTime)> {
    // A name may contain the word.
    let (name, since) = value.rsplit_once(" since ")?;
    let name = checked_name(serde_json::from_str(name).ok()?).ok()?;
    Some((name, time(since)?))
}

fn revoked_key(value: &str) -> Option<(PublicKey, RevokedKey)> {
    let (rest, since) = value.rsplit_once(" since ")?;
    let (own, rest) = rest.split_once(' ')?;
    let end = match rest.strip_prefix("retired ") {
        Some(at) => KeyEnd::Retired { at: time(at)?.to_datetime() },
        None if rest == "compromised" => KeyEnd::compromised(),
        None => return None,
    };
    Some((key(own)?, RevokedKey { end, since: time(since)? }))
}

/// Writes a name in the spelling of RFC 8785, which for a string without control characters is
/// that of `serde_json`.
fn json_text(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}
