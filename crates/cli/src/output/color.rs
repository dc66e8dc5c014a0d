//! The use of colours.

use std::ffi::OsString;

use anstream::ColorChoice;
use clap::ValueEnum;

/// The use of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Returns the value of `--color` among arguments that do not parse as a whole.
pub fn choice_in(args: &[OsString]) -> ColorChoice {
    let mut words = args.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let value = words.find_map(|word| match word.strip_prefix("--color=") {
        Some(value) => Some(Some(value.to_owned())),
        None if word == "--color" => Some(None),
        None => None,
    });
    let value = value.map(|inline| inline.or_else(|| words.next().map(Into::into)));
    match value.flatten().as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}
