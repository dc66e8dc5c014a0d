//! The root keys that a command trusts.

use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::{Backticked, Quoted};
use deputize::{
    OperationPattern, ReplayPolicy, Report, Token, TrustAnchor, TrustAnchors, Verifier,
};
use time::OffsetDateTime;

use crate::input::keys::public_key;
use crate::input::policies::PolicyArgs;
use crate::input::successors::followed;
use crate::input::token::TokenText;
use crate::output::{Error, Outcome, Output, shell};

/// Reads `KEY[=OWNER]`.
///
/// # Errors
///
/// As [`public_key`], and for an owner without a name.
pub fn trust_anchor(text: &str) -> Result<TrustAnchor, Error> {
    match text.split_once('=') {
        None => public_key("--trust", text).map(TrustAnchor::for_any_owner),
        Some((_, owner)) if owner.trim().is_empty() => Err(Error::about(
            "--trust",
            "the owner after `=` is missing; leave out the `=` for any owner",
        )),
        Some((key, owner)) => match public_key("--trust", key) {
            Ok(key) => Ok(TrustAnchor::new(key, owner)),
            Err(error) => Err(hint_at_path(error, text)),
        },
    }
}

/// Adds what to do if the whole text, or a longer part of it, is the path of a key.
fn hint_at_path(error: Error, text: &str) -> Error {
    let ends = text.match_indices('=').map(|(at, _)| at).chain([text.len()]);
    let path =
        ends.filter_map(|end| text.get(..end)).skip(1).find(|path| Path::new(path).is_file());
    let Some(path) = path else { return error };
    let word = shell::path(Path::new(path));
    let path = Backticked(path);
    Error::new(format_args!(
        "{error}; the first `=` ends KEY, so give the file {path} on standard input, as `--trust=-[=OWNER] < {word}`"
    ))
}

/// Reads every `--trust`, and lets its anchor follow the statements of `--successor`.
///
/// # Errors
///
/// As [`trust_anchor`] and [`followed`], and if there is none.
pub fn trust_anchors(trust: &[String], successor: &[PathBuf]) -> Result<TrustAnchors, Error> {
    let anchors: Vec<_> = trust.iter().map(|text| trust_anchor(text)).collect::<Result<_, _>>()?;
    let anchors = followed(anchors, successor)?;
    TrustAnchors::new(anchors).map_err(|e| Error::about("--trust", e))
}

/// The root keys that a service trusts, who may revoke, and which agents it admits.
#[derive(Debug, Args)]
pub struct ServiceTrustArgs {
    /// The key of a revoker, such as a security officer, whose lists count for every --trust;
    /// repeatable.
    #[arg(long, value_name = "KEY")]
    pub(crate) revoker: Vec<String>,
    /// A successor statement of a root key, from `deputize rotate`; repeatable. Its --trust holds for
    /// the new key, too.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(crate) successor: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,
}

impl ServiceTrustArgs {
    /// Creates a verifier that trusts the keys in `trust`. It has no replay guard, since this process
    /// ends at once. Its reports say so.
    ///
    /// # Errors
    ///
    /// As [`trust_anchors`], and if a statement is not accepted.
    pub fn verifier(
        &self,
        trust: &[String],
        now: OffsetDateTime,
        output: &Output,
    ) -> Result<Verifier, Error> {
        let revokers = self.revoker.iter().map(|text| public_key("--revoker", text));
        let revokers: Vec<_> = revokers.collect::<Result<_, _>>()?;
        let named =
            |anchor: TrustAnchor| revokers.iter().copied().fold(anchor, TrustAnchor::with_revoker);
        let anchors: Vec<_> =
            trust.iter().map(|text| trust_anchor(text).map(named)).collect::<Result<_, _>>()?;
        let anchors = followed(anchors, &self.successor)?;
        let anchors = TrustAnchors::new(anchors).map_err(|e| Error::about("--trust", e))?;
        let (revocation, directory) = self.policies.policies(&anchors, now, output)?;
        let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
        let verifier = Verifier::new(anchors, revocation, replays);
        Ok(match directory {
            Some(directory) => verifier.with_directory(directory),
            None => verifier,
        })
    }
}

/// The root keys that a holder trusts.
#[derive(Debug, Args)]
pub struct HolderTrustArgs {
    /// A root key to trust, and the owner for whom it may speak (by default, any); repeatable. A
    /// token with another root key or owner is refused. Without --trust, the claimed owner and the
    /// root key are printed on standard error.
    #[arg(long, value_name = "KEY[=OWNER]")]
    pub(crate) trust: Vec<String>,
    /// A successor statement of a root key, from `deputize rotate`; repeatable. Its --trust holds for
    /// the new key, too.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(crate) successor: Vec<PathBuf>,
}

impl HolderTrustArgs {
    /// Returns the token if its root key may speak for its owner or there is no `--trust`;
    /// otherwise the outcome of the command.
    ///
    /// # Errors
    ///
    /// If the text is not a held token, or a `--trust` is malformed.
    pub fn token(
        &self,
        text: &TokenText,
        now: OffsetDateTime,
        output: &Output,
    ) -> Result<Result<Token, Outcome>, Error> {
        let token = Token::parse(text.as_str()).map_err(|e| text.error(e))?;
        if self.trust.is_empty() {
            return Ok(Ok(token));
        }
        if let Err(why) = self.anchors()?.owner_of(&token, now) {
            output.note(why);
            return Ok(Err(Outcome::Refused));
        }
        Ok(Ok(token))
    }

    /// Reads every `--trust`.
    ///
    /// # Errors
    ///
    /// As [`trust_anchors`].
    pub fn anchors(&self) -> Result<TrustAnchors, Error> {
        trust_anchors(&self.trust, &self.successor)
    }

    /// Notes the claimed owner of the token if there is no `--trust`.
    pub fn note_claim(&self, token: &Token, output: &Output) {
        if self.trust.is_empty() {
            note(token.claimed_owner().name(), &token.root_key().fingerprint(), output);
        }
    }
}

/// Notes the claimed owner in an unverified report.
pub fn note_claim_in(report: &Report, output: &Output) {
    if let Some(owner) = &report.owner {
        note(&owner.name, &owner.fingerprint, output);
    }
}

/// Prints the claim: anybody can make a root key and claim any name with it.
fn note(owner: &str, root: &str, output: &Output) {
    let owner = Quoted(owner);
    output.note(format_args!(
        "note: the token claims the owner {owner}, with root key {root}; pass --trust to check this"
    ));
}
