//! Warnings about a grant that was signed.

use deputize::GrantLint;

use crate::output::Output;

/// Prints each lint to standard error. The exit status does not depend on it.
pub fn warn(lints: &[GrantLint], output: &Output) {
    for lint in lints {
        output.note(format_args!("\u{1b}[1;33mwarning:\u{1b}[0m {lint}"));
    }
}
