//! The result of a rotation, and the steps that remain.

use std::path::Path;

use deputize::text::visible_json;
use deputize::{PublicKey, Successor, TrustAnchor};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::result::{Rotated, TokenJson, TokenResult};
use crate::output::format::DataFormat;
use crate::output::{Error, Output, shell};

/// The paths of the files, as they were given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) successor: &'a Path,
    pub(super) old_key: &'a Path,
    pub(super) new_key: &'a Path,
}

/// A rotation that was done.
#[derive(Debug)]
pub struct Rotation<'a> {
    pub(super) files: Files<'a>,
    /// The owner of a root key.
    pub(super) owner: Option<&'a str>,
    pub(super) statement: Successor,
    pub(super) is_written: bool,
    pub(super) results: Vec<TokenResult>,
    pub(super) anchor: Option<TrustAnchor>,
}

/// A rotation in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RotationJson<'a> {
    /// The old key.
    old: PublicKey,
    /// The new key.
    new: PublicKey,
    /// The text of the successor statement, as it is in the file.
    successor: String,
    /// The digest of the statement.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    digest: String,
    /// True if the statement was written, false if the file had it.
    written: bool,
    /// The tokens that were given.
    tokens: Vec<TokenJson<'a>>,
    /// The trust anchor of a root key that verifiers need.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    anchor: Option<&'a TrustAnchor>,
}

impl Rotation<'_> {
    /// Returns true if somebody else must grant what could not be delegated.
    pub(super) fn must_ask(&self) -> bool {
        self.results.iter().any(|own| matches!(own.result, Rotated::Ask { .. }))
    }

    /// Prints the result, and on standard error the steps that were done and those that remain.
    pub(super) fn print(&self, format: DataFormat, output: &Output) -> Result<(), Error> {
        let (file, own) = (shell::path(self.files.successor), &self.statement);
        let (old, new) = (own.old().fingerprint(), own.new_key());
        let verb = if self.is_written { "wrote" } else { "found" };
        output.note(format_args!("{verb} {file}: {new} succeeds {old}"));
        for result in &self.results {
            result.note(output);
        }
        match format {
            DataFormat::Json => output.print_json(&self.json())?,
            DataFormat::Text => {
                let delegated = self.results.iter().filter_map(|own| match &own.result {
                    Rotated::Delegated { token } => Some(token.to_text()),
                    _ => None,
                });
                let mut lines: Vec<_> = delegated.collect();
                lines.extend(self.anchor_lines()?);
                if !lines.is_empty() {
                    output.print(lines.join("\n"))?;
                }
            }
        }
        self.steps().iter().for_each(|step| output.note(step));
        Ok(())
    }

    fn json(&self) -> RotationJson<'_> {
        RotationJson {
            old: self.statement.old(),
            new: self.statement.new_key(),
            successor: self.statement.to_text(),
            digest: self.statement.digest().to_string(),
            written: self.is_written,
            tokens: self.results.iter().filter_map(TokenResult::json).collect(),
            anchor: self.anchor.as_ref(),
        }
    }

    /// Returns the anchor as options, and as JSON.
    fn anchor_lines(&self) -> Result<Vec<String>, Error> {
        let Some(anchor) = &self.anchor else { return Ok(Vec::new()) };
        let owner = self.owner.map_or_else(String::new, |own| format!("={own}"));
        let trust = shell::word(&format!("{}{owner}", anchor.key()));
        let options = format!("--trust {trust} --successor {}", shell::path(self.files.successor));
        let json = serde_json::to_string(anchor).map_err(Error::new)?;
        Ok(vec![options, visible_json(&json)])
    }

    /// Returns the steps that remain.
    fn steps(&self) -> Vec<String> {
        let key_word = |path: &Path| match path.as_os_str() == "-" {
            true => "KEY".to_owned(),
            false => shell::path(path),
        };
        let (file, old) = (shell::path(self.files.successor), self.statement.old());
        let retire = |key: &Path| {
            let key = key_word(key);
            format!("`deputize revoke --key {key} --list LIST --revoke-key {old} --retired now`")
        };
        if self.anchor.is_some() {
            let retire = retire(self.files.new_key);
            return vec![
                format!(
                    "next: give verifiers the anchor, with {file}; until they have it, they refuse what the new key grants"
                ),
                format!(
                    "next: when every verifier has it and the old key grants nothing more, retire the old key in the list of the new one: {retire}"
                ),
            ];
        }
        let retire = retire(self.files.old_key);
        let mut steps = vec![format!(
            "next: if the agent is in a directory, list its new key: `deputize agents rekey --key ISSUER DIRECTORY {file}`"
        )];
        if self.must_ask() {
            steps.push("next: ask for the tokens that could not be delegated".to_owned());
        }
        steps.push(format!(
            "next: when the new key is in use, retire the old one, in its own list or in that of a delegator above it: {retire}"
        ));
        steps
    }
}
