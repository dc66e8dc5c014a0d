//! `deputize rotate`: a new key in the place of an old one.

mod statement;
mod result;
mod token;
mod rotation;

use std::path::PathBuf;

use clap::Args;
use deputize::{Signer, SigningKey, Token, TrustAnchor};

use self::result::{Rotated, TokenResult};
use self::rotation::Files;
use crate::input::keys::{KeyArgs, Permissions, signing_key};
use crate::input::tokens::read_many;
use crate::input::when::AtArgs;
use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output};
use crate::wallet::{Folder, Stored};

pub use self::rotation::{Rotation, RotationJson};

/// The example in the help.
pub const EXAMPLE: &str = "\
The statement says that the two keys are one party. It moves no authority: each token of the
old key is delegated to the new one, with the same capabilities and the same expiry, and
printed, one in a line. If a token does not allow that, its delegator must grant it to
the new key: the command prints whom to ask for which grant, and exits with status 1.

A root key has no tokens to delegate, and the tokens that it granted stay valid. With --owner,
the trust anchor that verifiers need is printed, as options of `deputize` and in JSON.

Example:
  deputize rotate --key planner.key --new-key new.key --successor planner.successor \\
    --token @planner.token > new.token
  deputize rotate --key alice.key --new-key new-alice.key --successor alice.successor \\
    --owner alice@acme.com";

/// The options of `rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// The new private key, which signs the statement, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key: PathBuf,
    /// The file of the successor statement. If it has the statement of these keys already, that is
    /// used.
    #[arg(long, value_name = "FILE")]
    pub(crate) successor: PathBuf,
    /// A token that the old key holds: its text, @FILE with one in each line, or - for standard
    /// input; repeatable.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Vec<String>,
    /// The wallet with more tokens of the old key. Those of the new key are added to it.
    #[arg(long, value_name = "DIR")]
    pub(crate) wallet: Option<PathBuf>,
    /// The old key is a root key, which speaks for this owner.
    #[arg(long, value_name = "OWNER", conflicts_with_all = ["token", "wallet"])]
    pub(crate) owner: Option<String>,
    /// The old key is a root key, which speaks for any owner.
    #[arg(long, conflicts_with_all = ["owner", "token", "wallet"])]
    pub(crate) any_owner: bool,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The format: tokens, one in a line, or JSON with everything.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
}

/// Writes the statement, delegates the tokens, and prints the steps that remain.
///
/// # Errors
///
/// If an option is malformed, a token is not held by the old key, or a file cannot be written.
pub fn run(args: &RotateArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let old = args.key.signing_key()?;
    let new = args.new_key()?;
    let folder = args.wallet.as_deref().map(Folder::open).transpose()?;
    let tokens = args.tokens(&old, folder.as_ref(), output)?;
    let (statement, is_written) = statement::write(&args.successor, &old, &new, now)?;
    let mut results = Vec::new();
    for (name, own) in tokens {
        let result = token::rotate(&own, &old, new.public_key(), now);
        if let (Some(folder), Rotated::Delegated { token }) = (&folder, &result) {
            folder.put(token)?;
        }
        results.push(TokenResult { name, token: own, result });
    }
    let anchor = match &args.owner {
        Some(owner) => Some(TrustAnchor::new(old.public_key(), owner)),
        None => args.any_owner.then(|| TrustAnchor::for_any_owner(old.public_key())),
    };
    let anchor = anchor.map(|anchor| anchor.with_successor(statement.clone())).transpose();
    let anchor = anchor.map_err(Error::new)?;
    let files =
        Files { successor: &args.successor, old_key: &args.key.key, new_key: &args.new_key };
    let owner = args.owner.as_deref();
    let rotation = Rotation { files, owner, statement, is_written, results, anchor };
    rotation.print(args.format, output)?;
    Ok(if rotation.must_ask() { Outcome::Refused } else { Outcome::Done })
}

impl RotateArgs {
    fn new_key(&self) -> Result<SigningKey, Error> {
        let permissions = match self.key.insecure_key_permissions {
            true => Permissions::Any,
            false => Permissions::OwnerOnly,
        };
        signing_key(Some("--new-key"), &self.new_key, permissions)
    }

    /// Reads the tokens, each with a name for messages. All must be held by the old key; other
    /// tokens of the wallet are left alone.
    fn tokens(
        &self,
        old: &SigningKey,
        folder: Option<&Folder>,
        output: &Output,
    ) -> Result<Vec<(String, Token)>, Error> {
        let mut tokens = Vec::new();
        let given: Vec<_> = self.token.iter().map(String::as_str).collect();
        let given = if given.is_empty() { Vec::new() } else { read_many(&given, output)? };
        for own in given {
            let token = Token::parse(&own.text).map_err(|why| Error::about(&own.name, why))?;
            require_holder(&token, old).map_err(|why| Error::about(&own.name, why))?;
            tokens.push((own.name, token));
        }
        for Stored { id, token } in folder.map(Folder::tokens).transpose()?.unwrap_or_default() {
            match token {
                Err(why) => output.note(format_args!("note: token {id} is not used: {why}")),
                Ok(token) if token.holder().key() == old.public_key() => {
                    tokens.push((format!("token {id}"), token));
                }
                Ok(_) => {}
            }
        }
        Ok(tokens)
    }
}

fn require_holder(token: &Token, old: &SigningKey) -> Result<(), String> {
    let (holder, key) = (token.holder(), old.public_key());
    match () {
        () if holder.key() == key => Ok(()),
        () if token.root_key() == key => Err(format!(
            "--key is the root key of this token, and {holder} holds it: the token stays valid, and verifiers need the new root key; give --owner instead of the token"
        )),
        () => Err(format!(
            "the token is held by {holder}, and --key is {}; give the holder's key",
            key.fingerprint()
        )),
    }
}
