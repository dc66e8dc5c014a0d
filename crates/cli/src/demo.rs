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
    /// Why it is run; nothing where that was said already.
    why: &'static str,
    /// What follows `deputize`, as typed: words, some in single quotes, and perhaps the file that
    /// the output goes to.
    line: &'static str,
    /// The exit code that it must have.
    code: i32,
}

const fn step(why: &'static str, line: &'static str) -> Step {
    Step { why, line, code: 0 }
}

const fn refused(why: &'static str, line: &'static str) -> Step {
    Step { why, line, code: 1 }
}

const SCENE: [Step; 11] = [
    step("a key for everyone", "keygen alice"),
    step("", "keygen planner"),
    step("", "keygen researcher"),
    step(
        "alice lets the planner read all accounts for eight hours, and pass a part of that on",
        "mint --key alice.key --owner alice@acme.com --to planner=planner.pub \
         --allow 'crm.read accounts/** limit<=100' --expires 8h --max-hops 3 \
         --audience crm.acme.com --purpose 'Q3 account review' > planner.token",
    ),
    step(
        "the planner lets the researcher read those in EMEA, ten at a time",
        "delegate --key planner.key --to researcher=researcher.pub \
         --allow 'crm.read accounts/emea/** limit<=10' --expires 15m \
         --purpose 'read the EMEA accounts' @planner.token > researcher.token",
    ),
    step(
        "the researcher presents the token for one call …",
        "present --key researcher.key --operation crm.read --resource accounts/emea/42 \
         --audience crm.acme.com --arg limit=5 @researcher.token > emea.presentation",
    ),
    step(
        "… and the service, which knows alice's public key and nothing else, allows it",
        "verify --trust alice.pub=alice@acme.com --operation crm.read \
         --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 @emea.presentation",
    ),
    step(
        "the researcher tries an account that is not in EMEA …",
        "present --key researcher.key --operation crm.read --resource accounts/apac/7 \
         --audience crm.acme.com --arg limit=5 @researcher.token > apac.presentation",
    ),
    refused(
        "… and the service refuses",
        "verify --trust alice.pub=alice@acme.com --operation crm.read \
         --resource accounts/apac/7 --audience crm.acme.com --arg limit=5 @apac.presentation",
    ),
    step(
        "the same decisions as pages, for a browser",
        "verify --format html --trust alice.pub=alice@acme.com --operation crm.read \
         --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 @emea.presentation \
         > allowed.html",
    ),
    refused(
        "",
        "verify --format html --trust alice.pub=alice@acme.com --operation crm.read \
         --resource accounts/apac/7 --audience crm.acme.com --arg limit=5 @apac.presentation \
         > refused.html",
    ),
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
        let own = own.to_string_lossy().replace('\'', r"'\''");
        let _ = writeln!(script, "deputize() {{ '{own}' \"$@\"; }}");
    }
    for Step { why, line, code } in &SCENE {
        if !why.is_empty() {
            output.print_colored(format_args!("\n\u{1b}[32m# {why}\u{1b}[0m\n"))?;
            let _ = write!(script, "\n# {why}\n");
        }
        let _ = writeln!(script, "deputize {line}");
        output.print_colored(format_args!("\u{1b}[1m$ deputize {line}\u{1b}[0m\n"))?;
        output.print_colored(play(line, *code, &folder)?)?;
    }
    fs::write(folder.join("commands.sh"), script).map_err(failed)?;
    output.print(format_args!(
        "\nAll of it is in {shown}: keys, tokens, the commands in commands.sh, and\n\
         allowed.html and refused.html for a browser. Change a command and see what is said."
    ))?;
    Ok(Outcome::Done)
}

/// Runs a line as a shell would, and gives what is printed.
fn play(line: &str, code: i32, folder: &Path) -> Result<String, Error> {
    let failed = |why: &str| Error::about(format_args!("`deputize {line}` failed"), why);
    let (line, file) = match line.split_once(" > ") {
        Some((line, file)) => (line, Some(file)),
        None => (line, None),
    };
    // The colours are taken out again where nobody sees them.
    let color = file.is_none().then(|| "--color=always".to_owned());
    let ran = std::env::current_exe()
        .and_then(|own| {
            Command::new(own).args(color).args(words(line)).current_dir(folder).output()
        })
        .map_err(|e| failed(&e.to_string()))?;
    if ran.status.code() != Some(code) {
        return Err(failed(String::from_utf8_lossy(&ran.stderr).trim()));
    }
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
    let Some(file) = file else { return Ok(printed) };
    fs::write(folder.join(file), printed).map_err(|e| failed(&e.to_string()))?;
    Ok(String::new())
}

/// The words of a line, of which those in single quotes hold blanks.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(i, part)| {
        let is_quoted = i % 2 == 1;
        if is_quoted { vec![part] } else { part.split_whitespace().collect() }
    });
    words.map(str::to_owned).collect()
}
