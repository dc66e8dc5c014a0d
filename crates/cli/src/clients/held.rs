//! The key and the tokens of a presenter, examined before it is started.

use std::fs;
use std::path::Path;

use deputize::text::Backticked;
use deputize::{PublicKey, Signer as _, Token, TrustAnchors};
use time::{Duration, OffsetDateTime};

use super::known::Client;
use super::presenting::{Held, Presenting, WALLET};
use super::search::is_remote;
use crate::input::keys::{Permissions, signing_key};
use crate::input::token::TokenText;
use crate::input::trust::trust_anchors;
use crate::limits::ENDS_SOON;
use crate::output::granted::at;
use crate::output::{Error, Output};
use crate::wallet::{self, Folder};

/// The findings about a presenter's key and tokens.
#[derive(Debug, Default)]
pub struct Holding {
    /// Sentences about what keeps it from presenting, or lets others present.
    pub problems: Vec<String>,
    /// Sentences about what will.
    pub notes: Vec<String>,
    /// The tokens that it can present.
    pub tokens: Vec<HeldToken>,
}

impl Holding {
    /// Creates the findings about a presenter whose files are not examined: whoever wrote the project wrote
    /// their names.
    pub fn unexamined(client: Client) -> Self {
        let note = format!(
            "its key and tokens are not examined, because the file is that of a project; name it with --client {}",
            client.name()
        );
        Self { notes: vec![note], ..Self::default() }
    }
}

/// A token of a presenter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldToken {
    /// The owner.
    pub owner: String,
    /// True if the presenter trusts the root key for the owner. Otherwise the owner is a claim.
    pub trusted: bool,
    /// The holder: the delegate of the last hop.
    pub holder: String,
    /// The time at which its first hop expires.
    pub expires: OffsetDateTime,
}

impl Presenting {
    /// Examines the key and the tokens, as the presenter does when it starts, and further: a presenter that
    /// starts and presents nothing is of no use.
    pub fn examine(&self, now: OffsetDateTime, output: &Output) -> Holding {
        let mut holding = Holding::default();
        // Who wrote the configuration may not be the user, so nothing is opened that could wait for ever, ask
        // the terminal, or reach another machine.
        for (option, path) in self.paths() {
            if let Err(why) = is_openable(option, path) {
                holding.problems.push(format!("{option} {}: {why}", Backticked(path)));
            }
        }
        if !holding.problems.is_empty() {
            return holding;
        }
        match self.tokens(now, output) {
            Err(why) => holding.problems.push(why.to_string()),
            Ok(tokens) => {
                let judged: Vec<_> =
                    tokens.iter().map(|own| (own, self.unusable(own, now))).collect();
                // Of a wallet, one that can be presented is enough.
                let usable = judged.iter().any(|(_, why)| why.is_none());
                let reasons = judged.iter().filter_map(|(_, why)| why.clone());
                match (usable, &self.held) {
                    (true, _) => holding.notes.extend(reasons),
                    (false, Held::Token(_)) => holding.problems.extend(reasons),
                    (false, Held::Wallet(path)) => {
                        let reasons: Vec<_> = reasons.collect();
                        holding.problems.push(format!(
                            "--wallet {}: none of its tokens can be presented with this key{}",
                            Backticked(path),
                            reasons.iter().map(|own| format!("; {own}")).collect::<String>()
                        ));
                    }
                }
                for (token, why) in judged {
                    let soon = token.expires().checked_sub(ends_soon());
                    if why.is_none() && soon.is_none_or(|soon| soon <= now) {
                        let until = at(token.expires());
                        holding.notes.push(format!("the token ends soon, at {until}"));
                    }
                    holding.tokens.push(HeldToken {
                        owner: token.claimed_owner().name().to_owned(),
                        trusted: !self.trust.is_empty(),
                        holder: token.holder().to_string(),
                        expires: token.expires(),
                    });
                }
            }
        }
        if let Err(why) = self.key() {
            // Once, if the tokens could not be read for it.
            let why = why.to_string();
            if !holding.problems.contains(&why) {
                holding.problems.push(why);
            }
        }
        holding
    }

    fn key(&self) -> Result<PublicKey, Error> {
        let permissions = match self.insecure_key {
            true => Permissions::Any,
            false => Permissions::OwnerOnly,
        };
        Ok(signing_key(Some("--key"), Path::new(&self.key), permissions)?.public_key())
    }

    /// Returns the trusted root keys, if there are any.
    fn anchors(&self) -> Result<Option<TrustAnchors>, Error> {
        let successor: Vec<_> = self.successor.iter().map(Into::into).collect();
        let is_trusting = !self.trust.is_empty();
        is_trusting.then(|| trust_anchors(&self.trust, &successor)).transpose()
    }

    fn tokens(&self, now: OffsetDateTime, output: &Output) -> Result<Vec<Token>, Error> {
        let anchors = self.anchors()?;
        match &self.held {
            Held::Token(path) => {
                let text = TokenText::read(Some(&format!("@{path}")), output)?;
                let token = Token::parse(text.as_str()).map_err(|why| text.error(why))?;
                if let Some(anchors) = anchors {
                    anchors.owner_of(&token, now).map_err(|why| text.error(why))?;
                }
                let key = self.key()?;
                if token.holder().key() != key {
                    return Err(text.error(format_args!(
                        "the token is held by {}, and the key is {}; give the key of the last hop",
                        token.holder(),
                        key.fingerprint()
                    )));
                }
                Ok(vec![token])
            }
            Held::Wallet(path) => {
                if anchors.is_none() {
                    let why = "--trust KEY=OWNER is needed with a wallet";
                    return Err(Error::about("--wallet", why));
                }
                let folder = Folder::open(Path::new(path))?;
                let wallet = wallet::read(&folder, anchors, Some(self.key()?), now, output)?;
                Ok(wallet.tokens().to_vec())
            }
        }
    }

    /// Returns why a token cannot be presented to this audience now.
    fn unusable(&self, token: &Token, now: OffsetDateTime) -> Option<String> {
        let until = at(token.expires());
        if token.expires() <= now {
            return Some(format!(
                "the token has expired, at {until}; ask its delegator for another"
            ));
        }
        if let Some(from) = token.not_before().filter(|from| *from > now) {
            return Some(format!("the token is not valid before {}", at(from)));
        }
        let audiences = token.audience()?;
        let is_granted = audiences.contains(self.audience.as_str());
        let audiences: Vec<_> = audiences.iter().map(|own| Backticked(own).to_string()).collect();
        (!is_granted).then(|| {
            format!(
                "the token is for {}, and the audience is {}",
                audiences.join(", "),
                Backticked(&self.audience)
            )
        })
    }
}

/// Examines the path of an option before it is opened.
fn is_openable(option: &str, path: &str) -> Result<(), String> {
    let file = Path::new(path);
    if path == "-" {
        return Err("standard input is the client's; give a file".to_owned());
    }
    if is_remote(file) {
        return Err("the path is on another machine, and is not opened".to_owned());
    }
    if !file.is_absolute() {
        let why =
            "the path is relative, and the client starts the presenter in a directory of its own";
        return Err(why.to_owned());
    }
    // The wallet examines its folder itself before it reads it.
    if option == WALLET {
        return Ok(());
    }
    match fs::metadata(file).map_err(|why| why.to_string())?.is_file() {
        true => Ok(()),
        false => Err("this is not a file".to_owned()),
    }
}

fn ends_soon() -> Duration {
    Duration::try_from(ENDS_SOON).unwrap_or(Duration::MAX)
}
