//! The token that a command uses: the one on the command line, or one of a wallet.

use std::path::PathBuf;

use clap::Args;
use deputize::text::Quoted;
use deputize::{CodedError, NoToken, PublicKey, Request, Token};
use time::OffsetDateTime;

use super::folder::{Folder, id_of};
use super::read;
use crate::input::token::TokenText;
use crate::input::trust::HolderTrustArgs;
use crate::output::{Error, Outcome, Output};

/// The wallet to choose from.
#[derive(Debug, Args)]
pub struct WalletArgs {
    /// Use the narrowest token of this wallet that permits the call, instead of one that is given.
    /// Needs --trust or --any-root.
    #[arg(long, value_name = "DIR", conflicts_with = "token")]
    pub(crate) wallet: Option<PathBuf>,
    /// Use only the tokens of this owner. Needed if tokens of several owners permit the call.
    #[arg(long, value_name = "OWNER", requires = "wallet", conflicts_with = "token")]
    pub(crate) on_behalf_of: Option<String>,
    /// Use tokens of the wallet under any root key. Anybody who can give this agent a token
    /// can then make it act for an owner of any name.
    #[arg(long, requires = "wallet", conflicts_with_all = ["trust", "token"])]
    pub(crate) any_root: bool,
}

impl WalletArgs {
    /// Returns the token `given`, as [`HolderTrustArgs::token`] does, or the one that is chosen
    /// from the wallet, for `holder` if its key is known. Otherwise returns the outcome of the
    /// command.
    ///
    /// # Errors
    ///
    /// If an option is malformed, the wallet cannot be read, or tokens of several owners permit the
    /// call.
    pub fn token(
        &self,
        given: Option<&str>,
        trust: &HolderTrustArgs,
        request: &Request,
        holder: Option<PublicKey>,
        now: OffsetDateTime,
        output: &Output,
    ) -> Result<Result<Token, Outcome>, Error> {
        let Some(path) = &self.wallet else {
            return trust.token(&TokenText::read(given, output)?, now, output);
        };
        if trust.trust.is_empty() && !self.any_root {
            return Err(Error::about(
                "--wallet",
                "pass --trust KEY=OWNER to name the root keys to trust, or --any-root to accept any",
            ));
        }
        let anchors = match self.any_root {
            true => None,
            false => Some(trust.anchors()?),
        };
        let wallet = read(&Folder::open(path)?, anchors, holder, now, output)?;
        let chosen = match &self.on_behalf_of {
            Some(owner) => wallet.on_behalf_of(owner).choose(request, now),
            None => wallet.choose(request, now),
        };
        match chosen {
            Ok(token) => {
                if let Some(id) = id_of(token) {
                    let owner = Quoted(token.claimed_owner().name());
                    output.note(format_args!("note: token {id}, on behalf of {owner}"));
                }
                Ok(Ok(token.clone()))
            }
            Err(NoToken::NoneFits { refusing }) => {
                let held = if holder.is_some() { " for this key" } else { "" };
                output.note(format_args!(
                    "no token of the wallet{held} permits this call [no_token_fits]"
                ));
                for (id, why) in refusing {
                    output.note(format_args!("  token {id}:"));
                    for reason in why.reasons() {
                        output.note(format_args!("    {reason}\n      → {}", reason.remedy));
                    }
                }
                Ok(Err(Outcome::Refused))
            }
            Err(why) => Err(Error::new(format_args!(
                "{why}, with --on-behalf-of OWNER, or trust one root key only [{}]",
                why.code()
            ))),
        }
    }
}
