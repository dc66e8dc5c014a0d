//! The body of a directory: one agent in each line.

use std::str;

use crate::limits::{MAX_AGENTS, MAX_DIRECTORY_BYTES};
use crate::statement::digest::StatementDigest;
use crate::statement::directory::agent::Agent;
use crate::statement::error::StatementError;
use crate::statement::lines::number;
use crate::text::json::JsonError;

/// The line `agents NUMBER BYTES DIGEST` of a directory's text, which commits to the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commitment {
    /// The number of agents.
    pub(super) count: u64,
    /// The length in bytes.
    pub(super) length: u64,
    pub(super) digest: StatementDigest,
}

impl Commitment {
    pub(super) const FORM: &str = "agents NUMBER BYTES DIGEST";

    pub(super) fn to(body: &[u8], count: usize) -> Self {
        let [count, length] = [count, body.len()].map(|of| u64::try_from(of).unwrap_or(u64::MAX));
        Self { count, length, digest: StatementDigest::of(body) }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (count, rest) = text.split_once(' ')?;
        let (length, digest) = rest.split_once(' ')?;
        Some(Self { count: number(count)?, length: number(length)?, digest: digest.parse().ok()? })
    }

    /// Checks the bounds of the numbers, which are only a claim until the body has been read.
    pub(super) fn require_bounds(&self) -> Result<(), StatementError> {
        for (what, found, most) in [
            ("agents", self.count, MAX_AGENTS),
            ("bytes of agents", self.length, MAX_DIRECTORY_BYTES),
        ] {
            let most = u64::try_from(most).unwrap_or(u64::MAX);
            if found > most {
                return Err(StatementError::TooMany { what, found, most });
            }
        }
        Ok(())
    }

    /// Reads the agents of the body to which the text commits.
    pub(super) fn read(&self, body: &[u8]) -> Result<Vec<Agent>, StatementError> {
        let found = Self::to(body, 0);
        if found.length != self.length {
            let (expected, found) = (self.length, found.length);
            return Err(StatementError::BodyLength { expected, found });
        }
        if found.digest != self.digest {
            return Err(StatementError::BodyDigest);
        }
        let text = str::from_utf8(body).map_err(|error| {
            let before = body.get(..error.valid_up_to()).unwrap_or_default();
            let entry = before.iter().filter(|byte| **byte == b'\n').count();
            wrong(entry, "is not UTF-8")
        })?;
        // Nothing is allocated for the stated number of agents: it is only a claim, and a line may
        // be empty.
        let mut agents: Vec<Agent> = Vec::new();
        let mut written = Vec::new();
        for (entry, line) in text.split_inclusive('\n').enumerate() {
            let line = line.strip_suffix('\n');
            let line = line.ok_or_else(|| wrong(entry, "does not end in a line feed"))?;
            let agent: Agent = serde_json::from_str(line).map_err(|error| {
                wrong(entry, format!("is not an agent: {}", JsonError::from(error).message()))
            })?;
            written.clear();
            // Writing to memory cannot fail. If it did, the comparison below would fail.
            let _ = serde_json::to_writer(&mut written, &agent);
            if written != line.as_bytes() {
                return Err(wrong(entry, "is not spelled as canonical JSON (RFC 8785)"));
            }
            if agents.last().is_some_and(|last| last.key() >= agent.key()) {
                return Err(StatementError::BodyOrder { entry });
            }
            agents.push(agent);
        }
        let found = u64::try_from(agents.len()).unwrap_or(u64::MAX);
        if found != self.count {
            let why = format!("is the last, and the text counts {} entries", self.count);
            return Err(wrong(agents.len().saturating_sub(1), why));
        }
        Ok(agents)
    }
}

/// Writes the agents, which are in ascending order of their keys.
pub(super) fn write<'a>(agents: impl IntoIterator<Item = &'a Agent>) -> Vec<u8> {
    let mut body = Vec::new();
    for agent in agents {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut body, agent);
        body.push(b'\n');
    }
    body
}

fn wrong(entry: usize, why: impl Into<String>) -> StatementError {
    StatementError::BodyEntry { entry, why: why.into() }
}
