//! The options of the presenter in an entry.

use std::path::{Path, absolute};

use deputize::text::Backticked;

use crate::input::keys::is_public_key_text;

/// The command of the presenter.
pub(super) const COMMAND: &str = "mcp-present";

/// The option of the presenter for a server at a URL. It must be that of `mcp-present`.
pub(super) const URL: &str = "--url";

const KEY: &str = "--key";
const INSECURE: &str = "--insecure-key-permissions";
const TOKEN: &str = "--token";
pub(super) const WALLET: &str = "--wallet";
const TRUST: &str = "--trust";
const SUCCESSOR: &str = "--successor";
const AUDIENCE: &str = "--audience";
const BASE: &str = "--base";

/// The options that have a value.
const VALUED: [&str; 8] = [KEY, TOKEN, WALLET, TRUST, SUCCESSOR, AUDIENCE, BASE, URL];

/// The options with which a presenter presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presenting {
    /// The file of the private key.
    pub key: String,
    /// True if others may read that file.
    pub insecure_key: bool,
    /// The tokens.
    pub held: Held,
    /// The root keys to trust, `KEY[=OWNER]`.
    pub trust: Vec<String>,
    /// The files of successor statements.
    pub successor: Vec<String>,
    /// The audience of the server.
    pub audience: String,
    /// The directory of the server below which relative paths are made absolute.
    pub base: Option<String>,
}

/// The tokens of a presenter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The file of one token.
    Token(String),
    /// The folder of a wallet.
    Wallet(String),
}

impl Presenting {
    /// Returns the options with absolute paths: a client starts its servers in a directory of its own.
    ///
    /// # Errors
    ///
    /// A sentence about a path that cannot stand in a configuration.
    pub fn with_absolute_paths(self) -> Result<Self, String> {
        let held = match self.held {
            Held::Token(path) => Held::Token(full(TOKEN, &path)?),
            Held::Wallet(path) => Held::Wallet(full(WALLET, &path)?),
        };
        let trust = self.trust.iter().map(|text| {
            let (key, owner) = match text.split_once('=') {
                Some((key, owner)) => (key, format!("={owner}")),
                None => (text.as_str(), String::new()),
            };
            match is_public_key_text(key) {
                true => Ok(text.clone()),
                false => Ok(format!("{}{owner}", full(TRUST, key)?)),
            }
        });
        let successor = self.successor.iter().map(|path| full(SUCCESSOR, path));
        let own = Self {
            key: full(KEY, &self.key)?,
            held,
            trust: trust.collect::<Result<_, String>>()?,
            successor: successor.collect::<Result<_, _>>()?,
            ..self
        };
        // Clients put a variable's value in the place of `${NAME}`, so another option would be used.
        match own.to_args().iter().find(|arg| arg.contains("${")) {
            Some(arg) => Err(format!(
                "{}: clients replace `${{…}}` in their configurations; use a name without it",
                Backticked(arg)
            )),
            None => Ok(own),
        }
    }

    /// Returns the options that are known, and true for those that have a value.
    pub fn options() -> impl Iterator<Item = (&'static str, bool)> {
        VALUED.into_iter().map(|own| (own, true)).chain([(INSECURE, false)])
    }

    /// Returns the command of the presenter and its options. A value is in the word of its option, so that it
    /// is not taken for another one.
    pub fn to_args(&self) -> Vec<String> {
        let mut args = vec![COMMAND.to_owned(), format!("{KEY}={}", self.key)];
        if self.insecure_key {
            args.push(INSECURE.to_owned());
        }
        args.push(match &self.held {
            Held::Token(path) => format!("{TOKEN}=@{path}"),
            Held::Wallet(path) => format!("{WALLET}={path}"),
        });
        args.extend(self.trust.iter().map(|own| format!("{TRUST}={own}")));
        args.extend(self.successor.iter().map(|own| format!("{SUCCESSOR}={own}")));
        args.push(format!("{AUDIENCE}={}", self.audience));
        args.extend(self.base.iter().map(|own| format!("{BASE}={own}")));
        args
    }

    /// Returns the file or folder of each option that names one, with the option.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let held = match &self.held {
            Held::Token(path) => (TOKEN, path.as_str()),
            Held::Wallet(path) => (WALLET, path.as_str()),
        };
        let trust = self.trust.iter().map(|own| own.split_once('=').map_or(own.as_str(), |o| o.0));
        let trust = trust.filter(|own| !is_public_key_text(own)).map(|own| (TRUST, own));
        let successor = self.successor.iter().map(|own| (SUCCESSOR, own.as_str()));
        [(KEY, self.key.as_str()), held].into_iter().chain(trust).chain(successor)
    }
}

/// The rest of the words, after the options of a presenter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    /// The number of words before the command of the server.
    Program(usize),
    /// The URL of the server.
    Url(String),
}

/// Reads the words after the command `mcp-present`: the options, and what follows them.
///
/// # Errors
///
/// A sentence about an option that is missing, given twice, or not known.
pub(super) fn read<'w>(
    words: impl Iterator<Item = &'w str>,
) -> Result<(Presenting, After), String> {
    let (mut given, mut insecure_key, mut program) = (Vec::new(), false, None);
    let mut words = words.enumerate();
    while let Some((at, word)) = words.next() {
        if word == "--" {
            program = Some(at.saturating_add(1));
            break;
        }
        if word == INSECURE {
            insecure_key = true;
            continue;
        }
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        let Some(option) = VALUED.into_iter().find(|own| *own == option) else {
            return Err(format!("{} is not an option that is known", Backticked(word)));
        };
        let value = value.or_else(|| words.next().map(|(_, word)| word));
        given.push((option, value.ok_or_else(|| format!("{option} has no value"))?.to_owned()));
    }
    let every = |option: &str| {
        let own = given.iter().filter(|(own, _)| *own == option);
        own.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let one = |option: &str| match every(option).as_slice() {
        [] => Ok(None),
        [value] => Ok(Some(value.clone())),
        _ => Err(format!("{option} stands twice")),
    };
    let missing = |option: &str| format!("{option} is missing");
    let held = match (one(TOKEN)?, one(WALLET)?) {
        (Some(token), None) => match token.strip_prefix('@') {
            Some(path) => Held::Token(path.to_owned()),
            None => return Err("its token is in the configuration, and not in a file".to_owned()),
        },
        (None, Some(wallet)) => Held::Wallet(wallet),
        _ => return Err("either --token or --wallet is needed".to_owned()),
    };
    let after = match (program, one(URL)?) {
        (Some(at), None) => After::Program(at),
        (None, Some(url)) => After::Url(url),
        _ => return Err("either a server after -- or --url is needed".to_owned()),
    };
    let presenting = Presenting {
        key: one(KEY)?.ok_or_else(|| missing(KEY))?,
        insecure_key,
        held,
        trust: every(TRUST),
        successor: every(SUCCESSOR),
        audience: one(AUDIENCE)?.ok_or_else(|| missing(AUDIENCE))?,
        base: one(BASE)?,
    };
    Ok((presenting, after))
}

/// Returns a path as an absolute one. Links in it stay, since they may be moved.
fn full(option: &str, path: &str) -> Result<String, String> {
    if path == "-" {
        return Err(format!("{option}: the client starts the presenter later; give a file"));
    }
    let path = absolute(Path::new(path)).map_err(|why| format!("{option}: {why}"))?;
    let text = path.into_os_string().into_string();
    text.map_err(|_| format!("{option}: the name of the file is not Unicode"))
}
