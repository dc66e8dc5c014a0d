//! The command `deputize`.

use std::process::ExitCode;

fn main() -> ExitCode {
    deputize_cli::run(std::env::args_os())
}
