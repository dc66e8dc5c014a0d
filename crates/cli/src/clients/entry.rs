//! The way in which an entry starts its server, with and without a presenter.

use super::document::{Fields, Server};
use super::presenting::{self, After, COMMAND, Presenting};

/// A server, as a client starts or reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behind {
    /// A program and its arguments.
    Program {
        /// The program.
        command: String,
        /// The arguments.
        args: Vec<String>,
    },
    /// A URL.
    Url(String),
}

/// An entry with a presenter in front of its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The program of the presenter.
    pub program: String,
    /// Its options.
    pub presenting: Presenting,
    /// The server behind it.
    pub behind: Behind,
    /// The number of words of `args` before the command of the server.
    pub(super) before: Option<usize>,
}

impl Server {
    /// Returns the way in which the entry starts the server, with a presenter in front of it or not.
    ///
    /// # Errors
    ///
    /// A sentence about an entry that starts nothing, or in which a presenter has options that are not
    /// known.
    pub fn starts(&self) -> Result<Result<Presented, Behind>, String> {
        let behind = self.as_written()?;
        let Behind::Program { command, args } = &behind else { return Ok(Err(behind)) };
        let words = match args.split_first() {
            Some((first, words)) if is_own(command) && first == COMMAND => words,
            _ => return Ok(Err(behind)),
        };
        let (presenting, after) = presenting::read(words.iter().map(String::as_str))
            .map_err(|why| format!("the entry starts `deputize mcp-present`, but {why}"))?;
        let program = command.clone();
        let (behind, before) = match after {
            After::Url(url) => (Behind::Url(url), None),
            After::Program(at) => {
                let Some((command, args)) = words.get(at..).and_then(<[_]>::split_first) else {
                    return Err("the entry starts `deputize mcp-present`, but no server".to_owned());
                };
                let (command, args) = (command.clone(), args.to_vec());
                (Behind::Program { command, args }, Some(at.saturating_add(1)))
            }
        };
        Ok(Ok(Presented { program, presenting, behind, before }))
    }

    /// Returns what the client starts or reaches, whether that is a presenter or not.
    ///
    /// # Errors
    ///
    /// As [`starts`](Self::starts).
    pub fn as_written(&self) -> Result<Behind, String> {
        self.fields.as_ref().map_err(Clone::clone)?.behind()
    }

    /// Returns the variables that the entry sets for its server.
    pub fn env(&self) -> &[(String, String)] {
        self.fields.as_ref().map_or(&[], |own| own.env.as_slice())
    }
}

impl Fields {
    fn behind(&self) -> Result<Behind, String> {
        let args = || self.args.iter().flat_map(|args| &args.items);
        match (&self.command, &self.url) {
            (Some(command), None) => Ok(Behind::Program {
                command: command.value.clone(),
                args: args().map(|own| own.value.clone()).collect(),
            }),
            (None, Some(url)) => Ok(Behind::Url(url.value.clone())),
            (Some(_), Some(_)) => {
                Err("the entry has both `command` and `url`; remove one".to_owned())
            }
            (None, None) => Err("the entry has neither `command` nor `url`".to_owned()),
        }
    }

    /// Returns the type of an entry with a URL, if it is not the transport that a presenter speaks.
    pub(super) fn other_transport(&self) -> Option<&str> {
        let http = ["http", "streamable-http", "streamableHttp"];
        let kind = self.kind.as_ref().filter(|_| self.url.is_some())?;
        Some(kind.value.as_str()).filter(|kind| !http.contains(kind))
    }
}

/// Returns true for the path of a program with the name of this one.
fn is_own(command: &str) -> bool {
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(name, "deputize" | "deputize.exe")
}
