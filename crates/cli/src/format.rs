//! The forms of a report.

use clap::ValueEnum;
use deputize::Report;

use crate::error::Error;
use crate::output::Output;

/// The form in which a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A tree, in colours on a terminal.
    Text,
    /// JSON with a published schema.
    Json,
    /// Markdown with a table.
    Markdown,
    /// A Mermaid diagram.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// A page of its own.
    Html,
}

impl Format {
    /// Writes the report.
    ///
    /// # Errors
    ///
    /// Where standard output cannot be written.
    pub fn print(self, report: &Report, output: &Output) -> Result<(), Error> {
        match self {
            Self::Text => output.print_colored(format_args!("{}\n", report.in_color())),
            Self::Json => output.print(report.to_json().map_err(Error::new)?),
            Self::Html => output.print(report.to_html()),
            Self::Markdown => output.print(report.to_markdown()),
            Self::Mermaid => output.print(report.to_mermaid()),
            Self::Dot => output.print(report.to_dot()),
        }
    }
}
