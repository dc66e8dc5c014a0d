//! A folder with the keys of the cast, in which a real shell runs commands.

#![allow(dead_code, reason = "every test file uses a part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deputize::Signer;
use tempfile::TempDir;

use crate::common::{PEOPLE, key_of};

/// The time that the tests give to `--at`.
pub(crate) const NOW: &str = "2026-11-23T18:00:00Z";

/// Writes the fixed key pair of this name.
pub(crate) fn write_key(folder: &Path, name: &str) {
    let private = folder.join(format!("{name}.key"));
    fs::write(&private, key_of(name).to_pem().unwrap()).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
    let public = key_of(name).public_key().to_pem().unwrap();
    fs::write(folder.join(format!("{name}.pub")), public).unwrap();
}

/// A shell in a temporary folder.
pub(crate) struct Shell {
    folder: TempDir,
}

/// The exit code of a command, and what it wrote to its two outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shell {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// A folder with the keys of the whole cast.
    pub(crate) fn new() -> Self {
        let shell = Self::empty();
        PEOPLE.iter().for_each(|(name, _)| write_key(shell.folder.path(), name));
        shell
    }

    /// A folder with the keys and two tokens: Alice's for the planner, and the planner's for the
    /// researcher.
    pub(crate) fn with_tokens() -> Self {
        let shell = Self::new();
        shell.done(MINT);
        shell.done(DELEGATE);
        shell
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs a line in a shell that finds `deputize`, with `$NOW` set and nothing on standard input.
    pub(crate) fn run(&self, line: &str) -> Outcome {
        let binary = Path::new(env!("CARGO_BIN_EXE_deputize"));
        let others = std::env::var("PATH").unwrap();
        let path = format!("{}:{others}", binary.parent().unwrap().display());
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("CI")
            .env_remove("CLICOLOR")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("COLUMNS")
            .env("PATH", path)
            .env("NOW", NOW)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        Outcome { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a line that must succeed, and returns its standard output.
    pub(crate) fn done(&self, line: &str) -> String {
        let Outcome { code, out, err } = self.run(line);
        assert_eq!(code, 0, "{line}\n{out}{err}");
        out
    }

    /// Runs a line that must fail with 2, print nothing, and say why in one line.
    pub(crate) fn refused(&self, line: &str) -> String {
        let Outcome { code, out, err } = self.run(line);
        assert_eq!((code, out.as_str()), (2, ""), "{line}\n{err}");
        let sentence = err.strip_prefix("error: ").unwrap_or_else(|| panic!("{line}\n{err}"));
        let sentence = sentence.strip_suffix('\n').unwrap();
        // The folder has another name each time.
        sentence.replace(self.folder.path().to_str().unwrap(), "[FOLDER]")
    }
}

/// Alice lets the planner read accounts.
pub(crate) const MINT: &str = "deputize mint --at $NOW --key alice.key --owner alice@acme.com \
    --to planner=planner.pub --allow 'crm.read accounts/** limit<=100' --expires 8h --max-hops 3 \
    --audience crm.acme.com --purpose 'Q3 review' > planner.token";

/// The planner lets the researcher read those in EMEA.
pub(crate) const DELEGATE: &str = "deputize delegate --at $NOW --key planner.key \
    --to researcher=researcher.pub --allow 'crm.read accounts/emea/** limit<=10' --expires 15m \
    --purpose 'read the EMEA accounts' @planner.token > researcher.token";

/// The researcher's call, in the options of `present` and `verify`.
pub(crate) const CALL: &str = "--at $NOW --operation crm.read --resource accounts/emea/42 \
    --audience crm.acme.com --arg limit=5";

/// Returns a command with the researcher's call.
pub(crate) fn with_call(command: &str) -> String {
    format!("deputize {command} {CALL}")
}
