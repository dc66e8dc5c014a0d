//! [evidence]: ../deputize/_guide/evidence/index.html
//! [readme]: ../deputize/index.html
//! [schemas]: ../deputize/_docs/format/index.html#17-grants-and-capabilities-in-json
#![doc = include_str!("../README.md")]
// Denies calls that can panic, outside tests. `Cargo.toml` denies further ones everywhere, and
// `clippy.toml` lists the functions.
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

// Each module imports only modules that are declared above it.
pub mod limits;
pub mod platform;
pub mod output;
pub mod signals;
pub mod input;
pub mod statement_file;
pub mod presented_file;
pub mod statements;
pub mod revocations;
pub mod agents;
pub mod wallet;
pub mod batch;
pub mod commands;
pub mod cli;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::output::{Outcome, Output, color, notes, usage};

/// Runs the command line `args`, which begins with the name of the program. The exit status is 0 if
/// the call is allowed or the work is done, 1 if the call or the token is refused, and 2 for an
/// error.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<_> = args.into_iter().collect();
    let (output, outcome) = match Cli::try_parse_from(&args) {
        Ok(cli) => {
            let output = Output::new(cli.color.into());
            let outcome = cli.run(&output);
            // An error says what matters then.
            notes::take().iter().filter(|_| outcome.is_ok()).for_each(|note| output.note(note));
            (output, outcome)
        }
        Err(error) => {
            let output = Output::new(color::choice_in(&args));
            (output, usage::print(&error, &output))
        }
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Ok(Outcome::Stopped(status)) => ExitCode::from(status),
        Err(error) => {
            output.error(&error);
            ExitCode::from(2)
        }
    }
}
