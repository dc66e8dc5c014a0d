//! [readme]: ../deputize/index.html
//! [schemas]: ../deputize/_docs/format/index.html#17-grants-and-capabilities-in-json
#![doc = include_str!("../README.md")]
// No panic path in what is no test, beyond what `Cargo.toml` denies everywhere: see `clippy.toml`.
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::string_slice,
        clippy::get_unwrap,
        clippy::unwrap_in_result,
        clippy::panic_in_result_fn
    )
)]

// Each module imports only modules that stand above it: the list is the story.
pub mod error;
pub mod output;
pub mod when;
pub mod allow;
pub mod file;
pub mod token;
pub mod grant_file;
pub mod decision;
pub mod batch;
pub mod schema;
pub mod format;
pub mod examples;

// What can be said, and what it comes to.
pub mod args;
pub mod keys;
pub mod trusting;
pub mod granting;
pub mod calling;
pub mod batching;

// A file for each command.
pub mod keygen;
pub mod mint;
pub mod delegate;
pub mod present;
pub mod verify;
pub mod report;
pub mod explain;
pub mod complete;
pub mod demo;
pub mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::Parser;

use crate::args::{Cli, Color, Command};
use crate::error::{Error, Outcome};
use crate::output::Output;

/// Does what the arguments say, the first of which is the name of the program: 0 for what is
/// allowed or done, 1 for what is denied, 2 for what could not be done.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<_> = args.into_iter().collect();
    let (output, outcome) = match Cli::try_parse_from(&args) {
        Ok(cli) => {
            let output = Output::new(choice(cli.color));
            (output, command(&cli.command, &output))
        }
        Err(error) => {
            let output = Output::new(usage::color_in(&args));
            (output, usage::tell(&error, &output))
        }
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Denied) => ExitCode::from(1),
        Err(error) => {
            output.error(&error);
            ExitCode::from(2)
        }
    }
}

fn command(command: &Command, output: &Output) -> Result<Outcome, Error> {
    match command {
        Command::Keygen(args) => keygen::run(args, output),
        Command::Mint(args) => mint::run(args, output),
        Command::Delegate(args) => delegate::run(args, output),
        Command::Present(args) => present::run(args, output),
        Command::Verify(args) => verify::run(args, output),
        Command::Report(args) => report::run(args, output),
        Command::Explain(args) => explain::run(args, output),
        Command::Completions(args) => complete::completions(args, output),
        Command::Man(args) => complete::man(args, output),
        Command::Schema(args) => output.print(args.document.to_json()).map(|()| Outcome::Done),
        Command::Demo(args) => demo::run(args, output),
    }
}

fn choice(color: Color) -> ColorChoice {
    match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}
