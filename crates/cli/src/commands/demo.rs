//! `deputize demo`: three keys, two tokens, a call that is allowed and one that is refused.

use std::fmt::{self, Display, Formatter, Write as _};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use clap::Args;
use deputize::text::{Backticked, Visible};

use crate::output::{Error, Outcome, Output, shell};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize demo";

/// The options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The directory to create; by default, a new one in the system's temporary directory.
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

/// One command of the demonstration.
struct Step {
    /// Its reason; empty if that of the step before covers it too.
    why: &'static str,
    /// Its arguments, in groups that several commands share.
    args: &'static [&'static [&'static str]],
    /// The file that its output goes to.
    file: Option<&'static str>,
    exit_status: i32,
}

#[rustfmt::skip]
const MINT: &[&str] = &[
    "mint", "--key", "alice.key", "--owner", "alice@acme.com", "--to", "planner=planner.pub",
    "--allow", "crm.read accounts/** limit<=100", "--expires", "8h", "--max-hops", "3",
    "--audience", "crm.acme.com", "--purpose", "Q3 account review",
];

#[rustfmt::skip]
const DELEGATE: &[&str] = &[
    "delegate", "--key", "planner.key", "--to", "researcher=researcher.pub",
    "--allow", "crm.read accounts/emea/** limit<=10", "--expires", "15m",
    "--purpose", "read the EMEA accounts", "@planner.token",
];

const PRESENT: &[&str] = &["present", "--key", "researcher.key"];
const VERIFY: &[&str] = &["verify", "--trust", "alice.pub=alice@acme.com"];
const HTML: &[&str] = &["--format", "html"];

#[rustfmt::skip]
const EMEA: &[&str] = &[
    "--operation", "crm.read", "--resource", "accounts/emea/42", "--audience", "crm.acme.com",
    "--arg", "limit=5",
];

#[rustfmt::skip]
const APAC: &[&str] = &[
    "--operation", "crm.read", "--resource", "accounts/apac/7", "--audience", "crm.acme.com",
    "--arg", "limit=5",
];

#[rustfmt::skip]
const STEPS: [Step; 12] = [
    step("everyone makes a key", &[&["keygen", "alice"]]),
    step("", &[&["keygen", "planner"]]),
    step("", &[&["keygen", "researcher"]]),
    step(
        "alice lets the planner read all accounts for eight hours, and delegate a part of that",
        &[MINT],
    ).to("planner.token"),
    step(
        "the planner lets the researcher read the EMEA accounts, ten at a time",
        &[DELEGATE],
    ).to("researcher.token"),
    step(
        "the researcher presents the token for one call …",
        &[PRESENT, EMEA, &["@researcher.token"]],
    ).to("emea.presentation"),
    step(
        "… and the service allows it, with nothing but alice's public key",
        &[VERIFY, EMEA, &["@emea.presentation"]],
    ),
    step(
        "the token does not permit an account outside EMEA …",
        &[&["check"], APAC, &["@researcher.token"]],
    ).refused(),
    step(
        "… the researcher presents it all the same …",
        &[PRESENT, &["--anyway"], APAC, &["@researcher.token"]],
    ).to("apac.presentation"),
    step(
        "… and the service refuses it",
        &[VERIFY, APAC, &["@apac.presentation"]],
    ).refused(),
    step(
        "the same two decisions as pages for a browser",
        &[VERIFY, HTML, EMEA, &["@emea.presentation"]],
    ).to("allowed.html"),
    step("", &[VERIFY, HTML, APAC, &["@apac.presentation"]]).to("refused.html").refused(),
];

const fn step(why: &'static str, args: &'static [&'static [&'static str]]) -> Step {
    Step { why, args, file: None, exit_status: 0 }
}

impl Step {
    const fn to(self, file: &'static str) -> Self {
        Self { file: Some(file), ..self }
    }

    const fn refused(self) -> Self {
        Self { exit_status: 1, ..self }
    }

    fn args(&self) -> impl Iterator<Item = &'static str> {
        self.args.iter().copied().flatten().copied()
    }

    /// Runs the command in `folder`, and returns its output unless that goes to a file.
    fn run(&self, folder: &Path) -> Result<String, Error> {
        let failed = |why: &str| Error::about(format_args!("`{self}` failed"), why);
        // `Output` removes the colours where they are not wanted.
        let color = self.file.is_none().then_some("--color=always");
        let output = std::env::current_exe()
            .and_then(|exe| {
                Command::new(exe).args(color).args(self.args()).current_dir(folder).output()
            })
            .map_err(|e| failed(&e.to_string()))?;
        if output.status.code() != Some(self.exit_status) {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
        }
        match self.file {
            None => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Some(file) => fs::write(folder.join(file), output.stdout)
                .map(|()| String::new())
                .map_err(|e| failed(&e.to_string())),
        }
    }
}

/// The command as a person types it in a shell.
impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("deputize")?;
        for arg in self.args() {
            write!(f, " {}", shell::word(arg))?;
        }
        self.file.map_or(Ok(()), |file| write!(f, " > {file}"))
    }
}

/// Runs the commands in a new directory, prints them with their output, and keeps them as a script.
///
/// # Errors
///
/// If the directory exists or cannot be created, or a command exits with an unexpected status.
pub fn run(args: &DemoArgs, output: &Output) -> Result<Outcome, Error> {
    let temporary = || std::env::temp_dir().join(format!("deputize-demo-{}", process::id()));
    let folder = args.folder.clone().unwrap_or_else(temporary);
    let shown = Visible(&folder.to_string_lossy()).to_string();
    let failed = |e| Error::about(Backticked(&folder.to_string_lossy()), e);
    fs::create_dir(&folder).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Error::about(
            Backticked(&folder.to_string_lossy()),
            "it exists already, and the demonstration makes a new directory; give another name, or run `sh commands.sh` in that of an earlier demonstration",
        ),
        _ => failed(e),
    })?;
    let mut script = String::from(
        "#!/bin/sh\n# The commands of the demonstration, to be run in this directory. Keys are never\n\
         # overwritten, and a presentation is valid for 30 seconds.\n",
    );
    if let Ok(exe) = std::env::current_exe() {
        let exe = shell::path(&exe);
        let _ = writeln!(script, "deputize() {{ {exe} \"$@\"; }}");
    }
    for step in &STEPS {
        let why = step.why;
        if !why.is_empty() {
            output.print_colored(format_args!("\n\u{1b}[32m# {why}\u{1b}[0m\n"))?;
            let _ = write!(script, "\n# {why}\n");
        }
        let _ = writeln!(script, "{step}");
        output.print_colored(format_args!("\u{1b}[1m$ {step}\u{1b}[0m\n"))?;
        output.print_colored(step.run(&folder)?)?;
    }
    fs::write(folder.join("commands.sh"), script).map_err(failed)?;
    output.print_colored(format_args!(
        "\nAll of it is in {shown}: the keys, the tokens, the commands in commands.sh, and\n\
         allowed.html and refused.html for a browser. Change a command and see what happens.\n"
    ))?;
    Ok(Outcome::Done)
}
