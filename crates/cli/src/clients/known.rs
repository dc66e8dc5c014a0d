//! The clients whose configuration is known.

use std::env;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use deputize::text::Backticked;

use crate::output::Error;

/// An MCP client, or one of its configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Claude Desktop.
    ClaudeDesktop,
    /// Claude Code, for the project in this directory.
    ClaudeCode,
    /// Cursor, for the user.
    Cursor,
    /// Cursor, for the project in this directory.
    CursorProject,
    /// VS Code, for the workspace in this directory.
    Vscode,
}

impl Client {
    /// All clients.
    pub const ALL: [Self; 5] =
        [Self::ClaudeDesktop, Self::ClaudeCode, Self::Cursor, Self::CursorProject, Self::Vscode];

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "claude-desktop",
            Self::ClaudeCode => "claude-code",
            Self::Cursor => "cursor",
            Self::CursorProject => "cursor-project",
            Self::Vscode => "vscode",
        }
    }

    /// Returns the member of the configuration that has the servers. That of VS Code is specified in
    /// <https://code.visualstudio.com/docs/agents/reference/mcp-configuration>.
    pub fn member(self) -> &'static str {
        match self {
            Self::Vscode => SERVERS,
            Self::ClaudeDesktop | Self::ClaudeCode | Self::Cursor | Self::CursorProject => {
                MCP_SERVERS
            }
        }
    }

    /// Returns the file, which need not exist, or `None` if the user has no home directory.
    pub fn file(self) -> Option<PathBuf> {
        match self {
            Self::ClaudeDesktop => {
                Some(configurations()?.join("Claude/claude_desktop_config.json"))
            }
            Self::ClaudeCode => Some(PathBuf::from(".mcp.json")),
            Self::Cursor => Some(env::home_dir()?.join(".cursor/mcp.json")),
            Self::CursorProject => Some(PathBuf::from(".cursor/mcp.json")),
            Self::Vscode => Some(PathBuf::from(".vscode/mcp.json")),
        }
    }

    /// Returns true for the configuration of a project, which often is in a repository.
    pub fn is_of_project(self) -> bool {
        match self {
            Self::ClaudeCode | Self::CursorProject | Self::Vscode => true,
            Self::ClaudeDesktop | Self::Cursor => false,
        }
    }

    /// Returns the clients whose file exists, with the file.
    pub fn present() -> impl Iterator<Item = (Self, PathBuf)> {
        let files = Self::ALL.into_iter().filter_map(|client| Some((client, client.file()?)));
        files.filter(|(_, file)| file.exists())
    }
}

/// The member with the servers of VS Code.
pub(super) const SERVERS: &str = "servers";

/// The member with the servers of every other client.
pub(super) const MCP_SERVERS: &str = "mcpServers";

/// Returns the folder in which desktop applications keep the user's configurations.
fn configurations() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|own| own.is_absolute());
    if cfg!(windows) {
        return named("APPDATA");
    }
    if cfg!(target_os = "macos") {
        return Some(env::home_dir()?.join("Library/Application Support"));
    }
    named("XDG_CONFIG_HOME").or_else(|| Some(env::home_dir()?.join(".config")))
}

/// The configuration of one client.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// The client, whose configuration is at its usual place.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Option<Client>,
    /// The configuration, at any other place.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

impl PlaceArgs {
    /// Returns the file.
    ///
    /// # Errors
    ///
    /// If neither option is given. The error lists the configurations that exist.
    pub fn path(&self) -> Result<PathBuf, Error> {
        match (&self.file, self.client) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(client)) => client.file().ok_or_else(|| {
                Error::about(
                    format_args!("--client {}", client.name()),
                    "the home directory is not known; give the configuration with --file",
                )
            }),
            (None, None) => Err(Error::new(format_args!(
                "name the configuration with --client or --file; {}",
                listed()
            ))),
        }
    }
}

/// Lists the configurations that exist.
fn listed() -> String {
    let shown = |path: &Path| Backticked(&path.to_string_lossy()).to_string();
    let found: Vec<_> = Client::present()
        .map(|(client, file)| format!("--client {} ({})", client.name(), shown(&file)))
        .collect();
    match found.is_empty() {
        true => "no client has one at its usual place".to_owned(),
        false => format!("found: {}", found.join(", ")),
    }
}
