//! The tokens of a holder, in a directory.
//!
//! **A stored token is not trusted more than its directory.** A file has the text of one token and
//! nothing else: no trust anchor, and no verdict of an earlier run. Each command that uses a wallet
//! takes the root keys to trust as options, authenticates every token anew, and uses only tokens
//! under these root keys. So a user who can write to the directory can remove and add tokens, as on
//! any other way to the holder, but makes no token trusted. A root key that is not trusted any more
//! has no effect from the next command on.
//!
//! The directory has mode 0700, its files 0600, and both belong to the user: others should neither
//! read what the agent is authorised to do, nor choose among its tokens.

mod folder;
mod choice;

use deputize::{PublicKey, TrustAnchors, Wallet};
use time::OffsetDateTime;

use crate::output::{Error, Output};

pub use choice::WalletArgs;
pub use folder::{Folder, Stored, id_of};

/// Reads the tokens that these anchors trust, or all authentic ones without anchors, and of these
/// only those for `holder` if there is one. Any other file that cannot be used is named on
/// standard error, and does not affect the rest.
///
/// # Errors
///
/// As [`Folder::tokens`].
pub fn read(
    folder: &Folder,
    anchors: Option<TrustAnchors>,
    holder: Option<PublicKey>,
    now: OffsetDateTime,
    output: &Output,
) -> Result<Wallet, Error> {
    let mut wallet = anchors.map_or_else(Wallet::trusting_any_root, Wallet::new);
    for Stored { id, token } in folder.tokens()? {
        let added = token.and_then(|token| {
            if holder.is_some_and(|holder| token.holder().key() != holder) {
                return Ok(());
            }
            wallet.add(token, now).map_err(|e| e.to_string())
        });
        if let Err(why) = added {
            output.note(format_args!("note: token {id} is not used: {why}"));
        }
    }
    Ok(wallet)
}
