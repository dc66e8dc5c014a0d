//! `deputize pubkey`: the public half of a private key.

use std::path::PathBuf;

use clap::Args;
use deputize::Signer;

use crate::input::keys::{Permissions, signing_key};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize pubkey alice.key > alice.pub";

/// The options of `pubkey`.
#[derive(Debug, Args)]
pub struct PubkeyArgs {
    /// The files of private keys, PKCS#8 in PEM or OpenSSH keys without a passphrase; - for standard
    /// input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) keys: Vec<PathBuf>,
}

/// Prints the public key of each file in PEM, or nothing if one of them cannot be read. The file of
/// a private key that others can read is noted, not refused: nothing is signed with it.
///
/// # Errors
///
/// As [`signing_key`].
pub fn run(args: &PubkeyArgs, output: &Output) -> Result<Outcome, Error> {
    let mut pem = String::new();
    for path in &args.keys {
        let key = signing_key(None, path, Permissions::Noted)?;
        pem.push_str(&key.public_key().to_pem().map_err(Error::new)?);
    }
    output.print(pem)?;
    Ok(Outcome::Done)
}
