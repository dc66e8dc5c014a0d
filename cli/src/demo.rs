//! A scene to look at: three keys, two tokens, one call that is allowed and one that is refused.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{self, Command};

use crate::args::DemoArgs;
use crate::error::{Error, Outcome, Shown};
use crate::output::Output;

/// One command of the scene.
struct Step {
    /// Why it is run.
    why: &'static str,
    args: &'static [&'static str],
    /// The file that its output goes to.
    into: Option<&'static str>,
    /// The exit code that it must have.
    code: i32,
}

const fn step(why: &'static str, args: &'static [&'static str], into: &'static str) -> Step {
    Step { why, args, into: Some(into), code: 0 }
}

/// What the service asks about: the call that it is about to make.
macro_rules! verify {
    ($format:literal, $resource:literal, $presentation:literal) => {
        &[
            "verify",
            "--format",
            $format,
            "--trust",
            "alice.pub=alice@acme.com",
            "--operation",
            "crm.read",
            "--resource",
            $resource,
            "--audience",
            "crm.acme.com",
            "--arg",
            "limit=5",
            $presentation,
        ]
    };
}

macro_rules! present {
    ($resource:literal) => {
        &[
            "present",
            "--key",
            "researcher.key",
            "--operation",
            "crm.read",
            "--resource",
            $resource,
            "--audience",
            "crm.acme.com",
            "--arg",
            "limit=5",
            "@researcher.token",
        ]
    };
}

const SCENE: [Step; 11] = [
    Step { why: "a key for everyone", args: &["keygen", "alice"], into: None, code: 0 },
    Step { why: "", args: &["keygen", "planner"], into: None, code: 0 },
    Step { why: "", args: &["keygen", "researcher"], into: None, code: 0 },
    step(
        "alice lets the planner read all accounts for eight hours, and pass a part of that on",
        &[
            "mint",
            "--key",
            "alice.key",
            "--owner",
            "alice@acme.com",
            "--to",
            "planner=planner.pub",
            "--allow",
            "crm.read accounts/** limit<=100",
            "--expires",
            "8h",
            "--max-hops",
            "3",
            "--audience",
            "crm.acme.com",
            "--purpose",
            "Q3 account review",
        ],
        "planner.token",
    ),
    step(
        "the planner lets the researcher read those in EMEA, ten at a time",
        &[
            "delegate",
            "--key",
            "planner.key",
            "--to",
            "researcher=researcher.pub",
            "--allow",
            "crm.read accounts/emea/** limit<=10",
            "--expires",
            "15m",
            "--purpose",
            "read the EMEA accounts",
            "@planner.token",
        ],
        "researcher.token",
    ),
    step(
        "the researcher presents the token for one call …",
        present!("accounts/emea/42"),
        "emea.presentation",
    ),
    Step {
        why: "… and the service, which knows alice's public key and nothing else, allows it",
        args: verify!("text", "accounts/emea/42", "@emea.presentation"),
        into: None,
        code: 0,
    },
    step(
        "the researcher tries an account that is not in EMEA …",
        present!("accounts/apac/7"),
        "apac.presentation",
    ),
    Step {
        why: "… and the service refuses",
        args: verify!("text", "accounts/apac/7", "@apac.presentation"),
        into: None,
        code: 1,
    },
    Step {
        why: "the same decisions as pages, for a browser",
        args: verify!("html", "accounts/emea/42", "@emea.presentation"),
        into: Some("allowed.html"),
        code: 0,
    },
    Step {
        why: "",
        args: verify!("html", "accounts/apac/7", "@apac.presentation"),
        into: Some("refused.html"),
        code: 1,
    },
];

/// Lays the scene out in a folder that must not exist yet, and tells it.
///
/// # Errors
///
/// Where the folder is there already or cannot be made, or a command does not do what it should.
pub fn run(args: &DemoArgs, output: &Output) -> Result<Outcome, Error> {
    let new = || std::env::temp_dir().join(format!("deputize-demo-{}", process::id()));
    let folder = args.folder.clone().unwrap_or_else(new);
    let shown = Shown(&folder.to_string_lossy()).to_string();
    let failed = |e| Error::about(format_args!("`{shown}`"), e);
    fs::create_dir(&folder).map_err(failed)?;
    let mut script = String::from(
        "#!/bin/sh\n# The commands of the scene, in this folder. Keys are never overwritten, and a\n\
         # presentation is good for 30 seconds.\n",
    );
    if let Ok(own) = std::env::current_exe() {
        let _ = writeln!(script, "deputize() {{ '{}' \"$@\"; }}", own.display());
    }
    for step in &SCENE {
        let line = step.line();
        if !step.why.is_empty() {
            output.print_colored(format_args!("\n\u{1b}[32m# {}\u{1b}[0m\n", step.why))?;
            let _ = write!(script, "\n# {}\n", step.why);
        }
        let _ = writeln!(script, "{line}");
        output.print_colored(format_args!("\u{1b}[1m$ {line}\u{1b}[0m\n"))?;
        output.print_colored(step.run(&folder)?)?;
    }
    fs::write(folder.join("commands.sh"), script).map_err(failed)?;
    output.print(format_args!(
        "\nAll of it is in {shown}: keys, tokens, the commands in commands.sh, and\n\
         allowed.html and refused.html for a browser. Change a command and see what is said."
    ))?;
    Ok(Outcome::Done)
}

impl Step {
    /// As it would be typed.
    fn line(&self) -> String {
        let mut line = String::from("deputize");
        for arg in self.args {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./=@".contains(&b);
            let quote = if arg.bytes().all(is_plain) { "" } else { "'" };
            let _ = write!(line, " {quote}{arg}{quote}");
        }
        if let Some(file) = self.into {
            let _ = write!(line, " > {file}");
        }
        line
    }

    /// Runs it, and gives what it prints.
    fn run(&self, folder: &Path) -> Result<String, Error> {
        let failed = |why: &str| Error::about(format_args!("`{}` failed", self.line()), why);
        let ran = std::env::current_exe()
            .and_then(|own| {
                let mut command = Command::new(own);
                // The colours are taken out again where nobody sees them.
                command.args(self.into.is_none().then_some("--color=always"));
                command.args(self.args).current_dir(folder).output()
            })
            .map_err(|e| failed(&e.to_string()))?;
        if ran.status.code() != Some(self.code) {
            return Err(failed(String::from_utf8_lossy(&ran.stderr).trim()));
        }
        let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
        match self.into {
            None => Ok(printed),
            Some(file) => {
                let written = fs::write(folder.join(file), printed);
                written.map(|()| String::new()).map_err(|e| failed(&e.to_string()))
            }
        }
    }
}
