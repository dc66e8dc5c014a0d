//! The outcome for a token.

use deputize::text::Quoted;
use deputize::{Capability, Hop, Principal, PublicKey, Token};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::granted::{self, at};
use crate::output::{Output, shell};

/// The outcome for a token.
#[derive(Debug)]
pub(super) enum Rotated {
    /// The token was delegated.
    Delegated {
        /// The token of the new key.
        token: Token,
    },
    /// The token does not allow that. Its delegator must grant it.
    Ask {
        /// The reason.
        why: String,
        /// The new key.
        to: PublicKey,
    },
    /// It has expired.
    Expired,
}

/// A token that was given, and its outcome.
#[derive(Debug)]
pub(super) struct TokenResult {
    pub(super) name: String,
    pub(super) token: Token,
    pub(super) result: Rotated,
}

/// A token that was given, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TokenJson<'a> {
    /// The file, with the line if it has several tokens, the place among the arguments, or the id
    /// in the wallet.
    name: &'a str,
    #[serde(flatten)]
    result: ResultJson<'a>,
}

/// The outcome for a token, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
enum ResultJson<'a> {
    /// The token was delegated to the new key.
    Delegated {
        /// The token of the new key.
        token: String,
    },
    /// The token does not allow that: ask its delegator.
    Ask(Box<AskJson<'a>>),
    /// It has expired.
    Expired,
}

/// The grant to ask for, and whom to ask, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct AskJson<'a> {
    /// The reason why the token could not be delegated.
    why: &'a str,
    /// The principal to ask.
    of: &'a Principal,
    /// The delegate of the new grant.
    to: Principal,
    /// The capabilities that it must grant.
    capabilities: Vec<Capability>,
    /// The time at which the token of the old key expires, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    until: String,
}

impl TokenResult {
    pub(super) fn json(&self) -> Option<TokenJson<'_>> {
        let result = match &self.result {
            Rotated::Delegated { token } => ResultJson::Delegated { token: token.to_text() },
            Rotated::Ask { why, to } => {
                let (hop, holder) = (self.token.hops().last()?, self.token.holder());
                ResultJson::Ask(Box::new(AskJson {
                    why,
                    of: hop.delegator(),
                    to: Principal::new(holder.name(), holder.kind(), *to).ok()?,
                    capabilities: self.token.capabilities(),
                    until: at(self.token.expires()),
                }))
            }
            Rotated::Expired => ResultJson::Expired,
        };
        Some(TokenJson { name: &self.name, result })
    }

    pub(super) fn note(&self, output: &Output) {
        let name = &self.name;
        match &self.result {
            Rotated::Delegated { token } => {
                output.note(format_args!("{name}: delegated to the new key"));
                granted::print(token, output);
            }
            Rotated::Ask { why, to } => {
                let above = self.token.hops().last().map(Hop::delegator);
                let (Some(above), holder) = (above, self.token.holder()) else { return };
                let (of, to) = (Quoted(above.name()), format!("{}={to}", holder.name()));
                output.note(format_args!("{name}: NOT delegated: {why}"));
                output.note(format_args!(
                    "ask {of} ({}, {}) for a grant to {}",
                    above.kind(),
                    above.key(),
                    shell::word(&to)
                ));
                let lines = granted::lines(&self.token, &self.token.capabilities());
                lines.iter().for_each(|line| output.note(line));
            }
            Rotated::Expired => {
                output
                    .note(format_args!("{name}: it has expired, so there is nothing to delegate"));
            }
        }
    }
}
