//! The subjects of a revocation, as the options name them.

use clap::Args;
use deputize::{HopId, KeyEnd, PublicKey, StatementDigest, VoidSeries};
use time::OffsetDateTime;

use crate::input::chain::Chain;
use crate::input::ids::{digest, hop_id, token_id};
use crate::input::keys::public_key;
use crate::input::token::TokenText;
use crate::input::when;
use crate::output::{Error, Output};

/// The subjects of a revocation.
#[derive(Debug, Args)]
pub(crate) struct SubjectArgs {
    /// Tokens or presentations, each as text, @FILE, or - for standard input: the last hop of each
    /// is revoked, and with it everything that was delegated from it.
    #[arg(value_name = "TOKEN")]
    pub(crate) tokens: Vec<String>,
    /// Revoke this hop of the token instead of its last one. The owner's is 0.
    #[arg(long, value_name = "N", requires = "tokens")]
    pub(crate) at_hop: Option<usize>,
    /// Revoke the signing key's own hop, that is the hop of which it is the delegate.
    #[arg(long, requires = "tokens", conflicts_with = "at_hop")]
    pub(crate) surrender: bool,
    /// Revoke the hop with this id, 64 hexadecimal digits; repeatable. Its expiry is unknown, so
    /// its entry stays for ever: give the token instead if you have it.
    #[arg(long, value_name = "ID")]
    pub(crate) hop: Vec<String>,
    /// Revoke the token with this random id, 32 hexadecimal digits; repeatable.
    #[arg(long, value_name = "ID")]
    pub(crate) token_id: Vec<String>,
    /// Revoke everything of the owner with this name; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: Vec<String>,
    /// End the use of this public key at any place in a chain. Needs --retired or --compromised.
    #[arg(long, value_name = "KEY")]
    pub(crate) revoke_key: Option<String>,
    /// The key was used until this time, such as 2026-11-23T18:00:00Z or now, and nobody else had
    /// it: what it signed later is refused.
    #[arg(long, value_name = "TIME", requires = "revoke_key", conflicts_with = "compromised")]
    pub(crate) retired: Option<String>,
    /// Somebody else may have the key: everything that it signed is refused, whatever its date.
    #[arg(long, requires = "revoke_key")]
    pub(crate) compromised: bool,
    /// A hop that the compromised key signed and that stays valid; repeatable.
    #[arg(long, value_name = "ID", requires = "compromised", conflicts_with = "retired")]
    pub(crate) good: Vec<String>,
    /// The digest of a successor statement of the compromised key that stays valid; repeatable.
    #[arg(long, value_name = "DIGEST", requires = "compromised", conflicts_with = "retired")]
    pub(crate) successor: Vec<String>,
    /// Void lists of others for chains of this root key: 'own KEY from N', 'power HOP from N' or
    /// 'list DIGEST'; repeatable.
    #[arg(long, value_name = "LISTS")]
    pub(crate) void: Vec<String>,
}

/// The subject of a revocation.
#[derive(Debug)]
pub(super) enum Subject {
    /// A hop of a chain that was given.
    InChain(Chain, Which),
    /// A hop by its id.
    Hop(HopId),
    /// A token by its id.
    Token([u8; 16]),
    /// Everything of an owner.
    Owner(String),
    /// A key, and the end of its use.
    Key(PublicKey, Option<KeyEnd>),
    /// Lists of a series, from a sequence on.
    Series(VoidSeries, u64),
    /// A list.
    List(StatementDigest),
}

/// A hop of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The last hop.
    Last,
    /// The hop of which the issuer is the delegate.
    Own,
    /// The hop at this place.
    At(usize),
}

impl SubjectArgs {
    /// Reads everything that is to be revoked.
    ///
    /// # Errors
    ///
    /// If an option is malformed, or a token is not authentic.
    pub(super) fn read(&self, now: OffsetDateTime, output: &Output) -> Result<Vec<Subject>, Error> {
        let mut subjects = Vec::new();
        for text in &self.tokens {
            if let Some(option) = option_for(text) {
                let why = format!("this is an id, and not a token; write `{option} {text}`");
                return Err(Error::about("token", why));
            }
            let text = TokenText::read(Some(text), output)?;
            let chain = Chain::read(&text)?;
            let which = match self.at_hop {
                Some(hop) if hop >= chain.hops.len() => {
                    let last = chain.hops.len().saturating_sub(1);
                    let why = format!("the token has no hop {hop}; its last one is {last}");
                    return Err(Error::about("--at-hop", text.error(why)));
                }
                Some(hop) => Which::At(hop),
                None if self.surrender => Which::Own,
                None => Which::Last,
            };
            subjects.push(Subject::InChain(chain, which));
        }
        for id in &self.hop {
            subjects.push(Subject::Hop(hop_id("--hop", id)?));
        }
        for id in &self.token_id {
            subjects.push(Subject::Token(token_id("--token-id", id)?));
        }
        subjects.extend(self.owner.iter().cloned().map(Subject::Owner));
        if let Some(key) = &self.revoke_key {
            let key = public_key("--revoke-key", key)?;
            subjects.push(Subject::Key(key, self.key_end(now)?));
        }
        for lists in &self.void {
            subjects.push(void(lists)?);
        }
        Ok(subjects)
    }

    fn key_end(&self, now: OffsetDateTime) -> Result<Option<KeyEnd>, Error> {
        let retired = match self.retired.as_deref() {
            Some("now") => Some(now),
            Some(text) => Some(when::time(text).map_err(|e| Error::about("--retired", e))?),
            None if !self.compromised => return Ok(None),
            None => None,
        };
        let mut end = retired.map_or_else(KeyEnd::compromised, KeyEnd::retired);
        for id in &self.good {
            end = end.with_good(hop_id("--good", id)?);
        }
        for statement in &self.successor {
            end = end.with_successor(digest("--successor", statement)?);
        }
        Ok(Some(end))
    }
}

/// Returns the option for a text that is an id. No token is as short.
fn option_for(text: &str) -> Option<&'static str> {
    let is_hex = text.bytes().all(|b| b.is_ascii_hexdigit());
    match text.len() {
        64 if is_hex => Some("--hop"),
        32 if is_hex => Some("--token-id"),
        _ => None,
    }
}

/// Reads a text in the form of the line in the list.
fn void(text: &str) -> Result<Subject, Error> {
    const OPTION: &str = "--void";
    let read = || -> Option<Result<Subject, Error>> {
        if let Some(list) = text.strip_prefix("list ") {
            return Some(digest(OPTION, list).map(Subject::List));
        }
        let (series, from) = text.split_once(" from ")?;
        let from = from.parse().ok()?;
        Some(match series.split_once(' ')? {
            ("own", key) => {
                public_key(OPTION, key).map(|key| Subject::Series(VoidSeries::Own(key), from))
            }
            ("power", hop) => {
                hop_id(OPTION, hop).map(|hop| Subject::Series(VoidSeries::Power(hop), from))
            }
            _ => return None,
        })
    };
    read().unwrap_or_else(|| {
        Err(Error::about(
            OPTION,
            "write `own KEY from SEQUENCE`, `power HOP from SEQUENCE` or `list DIGEST`",
        ))
    })
}
