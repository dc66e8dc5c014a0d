//! The grant that the options of `mint` and `delegate` describe.

use std::path::PathBuf;

use clap::{Args, value_parser};
use deputize::limits::MAX_FURTHER_HOPS;
use deputize::text::Backticked;
use deputize::{Capability, Grant, Principal, PrincipalKind, Token};
use time::OffsetDateTime;

use crate::input::capabilities::CapabilitiesFile;
use crate::input::grant_file::GrantFile;
use crate::input::json_file;
use crate::input::keys;
use crate::input::kind::KindName;
use crate::input::when::When;
use crate::input::words::Words;
use crate::output::{Error, Output};

/// The grant: to whom, which capabilities, until when, and why.
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// The name and the public key of the delegate. KEY is a file, ed25519/HEX, or a line from
    /// ssh-keygen: 'ssh-ed25519 AAAA…'.
    #[arg(long, value_name = "NAME=KEY")]
    pub(crate) to: String,
    /// The kind of the delegate.
    #[arg(long, value_name = "KIND", default_value = "agent")]
    pub(crate) to_kind: KindName,
    /// A capability of the delegate, 'OPERATION RESOURCE [ARG…]'; repeatable. A call needs only one
    /// that covers it.
    #[arg(long, value_name = "CAPABILITY", required_unless_present_any = ["capabilities", "grant"])]
    pub(crate) allow: Vec<String>,
    /// A vocabulary of an MCP server, in TOML. With it, --allow also takes 'WORD [OPERAND…]', such as
    /// 'read /srv/docs', for all capabilities of the word.
    #[arg(long, value_name = "FILE", requires = "allow")]
    pub(crate) words: Option<PathBuf>,
    /// A JSON file with more capabilities, {"capabilities":[…]}; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) capabilities: Vec<PathBuf>,
    /// A JSON file with capabilities, services and the number of further delegations, as `deputize
    /// review --propose` writes it. Options beside it add capabilities, and replace the rest.
    #[arg(long, value_name = "FILE")]
    pub(crate) grant: Option<PathBuf>,
    /// The end of validity: 15m, 8h, 2d or 1h30m from now, or a time such as 2026-11-23T18:00:00Z.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) expires: String,
    /// The start of validity, written like --expires.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) not_before: Option<String>,
    /// The number of further delegations that may follow; by default 0, or as in --grant.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(..=i64::try_from(MAX_FURTHER_HOPS).unwrap_or(0)))]
    pub(crate) max_hops: Option<u32>,
    /// A service that may be called; repeatable. By default, any service.
    #[arg(long, value_name = "SERVICE")]
    pub(crate) audience: Vec<String>,
    /// A key to which further delegations may go; repeatable. By default, any key.
    #[arg(long, value_name = "KEY")]
    pub(crate) delegates: Vec<String>,
    /// The reason for the delegation, for people who read the report.
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
}

impl GrantArgs {
    /// Returns the grant of a first hop, and prints the tools that words stand for.
    ///
    /// # Errors
    ///
    /// If an option is malformed; the error begins with its name.
    pub fn grant(&self, now: OffsetDateTime, output: &Output) -> Result<Grant, Error> {
        let file = self.file()?;
        self.build(None, self.capabilities(file.as_ref(), output)?, file, now)
    }

    /// Returns the grant of a hop after those of `parent`. Limits that the options leave out are
    /// those of all its hops, since without them the grant would be wider. If it is the `same`, so
    /// are the capabilities.
    ///
    /// # Errors
    ///
    /// As [`grant`](Self::grant), and if all hops of `parent` together grant nothing.
    pub fn grant_below(
        &self,
        parent: &Token,
        same: bool,
        now: OffsetDateTime,
        output: &Output,
    ) -> Result<Grant, Error> {
        let file = self.file()?;
        let capabilities =
            if same { parent.capabilities() } else { self.capabilities(file.as_ref(), output)? };
        if same && capabilities.is_empty() {
            let why =
                "no capability lies within every hop of the token; choose a part with --allow";
            return Err(Error::about("--same", why));
        }
        self.build(Some(parent), capabilities, file, now)
    }

    fn build(
        &self,
        parent: Option<&Token>,
        capabilities: Vec<Capability>,
        file: Option<GrantFile>,
        now: OffsetDateTime,
    ) -> Result<Grant, Error> {
        let max_hops = self.max_hops.or(file.as_ref().map(|own| own.max_hops)).unwrap_or(0);
        let when = |option: &str, text: &str| {
            let when: When = text.parse().map_err(|e| Error::about(option, e))?;
            when.from(now).map_err(|e| Error::about(option, e))
        };
        let expires = when("--expires", &self.expires)?;
        let to = principal("--to", &self.to, self.to_kind.into())?;
        let mut grant = Grant::new(to, capabilities, expires, &self.purpose)
            .map_err(Error::new)?
            .with_max_hops(max_hops);
        let not_before = match &self.not_before {
            Some(text) => Some(when("--not-before", text)?),
            None => parent.and_then(Token::not_before),
        };
        if let Some(not_before) = not_before {
            let option = if self.not_before.is_some() { "--not-before" } else { "--expires" };
            grant = grant.with_not_before(not_before).map_err(|e| Error::about(option, e))?;
        }
        let inherited = parent.and_then(Token::audience);
        if !self.audience.is_empty() {
            grant =
                grant.with_audience(&self.audience).map_err(|e| Error::about("--audience", e))?;
        } else if let Some(services) = file.as_ref().and_then(|own| own.audience.clone()) {
            grant = grant.with_audience(services).map_err(|e| Error::about("--grant", e))?;
        } else if let Some(inherited) = inherited {
            grant = grant.with_audience(inherited).map_err(Error::new)?;
        }
        if !self.delegates.is_empty() {
            let keys: Result<Vec<_>, _> =
                self.delegates.iter().map(|key| keys::public_key("--delegates", key)).collect();
            grant =
                grant.with_allowed_delegates(keys?).map_err(|e| Error::about("--delegates", e))?;
        } else if let Some(keys) = file.map(|own| own.delegates()).transpose()?.flatten() {
            grant = grant.with_allowed_delegates(keys).map_err(|e| Error::about("--grant", e))?;
        } else if let Some(inherited) = parent.and_then(Token::allowed_delegates) {
            grant = grant.with_allowed_delegates(inherited).map_err(Error::new)?;
        }
        Ok(grant)
    }

    fn file(&self) -> Result<Option<GrantFile>, Error> {
        self.grant.as_deref().map(GrantFile::read).transpose()
    }

    /// Returns the capabilities of `--allow`, then those of the files.
    fn capabilities(
        &self,
        file: Option<&GrantFile>,
        output: &Output,
    ) -> Result<Vec<Capability>, Error> {
        let words = self.words.as_deref().map(Words::read).transpose()?;
        let mut all = Vec::new();
        for text in &self.allow {
            match &words {
                Some(words) => all.extend(words.allowed(text, output)?),
                None => all.push(text.parse().map_err(|e| Error::about("--allow", e))?),
            }
        }
        for path in &self.capabilities {
            let text = json_file::read("--capabilities", path)?;
            let file = CapabilitiesFile::from_json(&text)
                .map_err(|e| json_file::error("--capabilities", path, e))?;
            all.extend(file.capabilities);
        }
        all.extend(file.iter().flat_map(|own| own.capabilities.iter().cloned()));
        Ok(all)
    }
}

/// Reads `NAME=KEY`. Errors begin with `option`.
///
/// # Errors
///
/// If there is no key, or the name or the key is not acceptable.
pub fn principal(option: &str, text: &str, kind: PrincipalKind) -> Result<Principal, Error> {
    let Some((name, key)) = text.split_once('=') else {
        return Err(Error::about(
            option,
            format_args!(
                "{} has no key; write NAME=KEY, such as `planner=planner.pub`",
                Backticked(text)
            ),
        ));
    };
    let key = keys::public_key(option, key)?;
    Principal::new(name, kind, key).map_err(|e| Error::about(option, e))
}
