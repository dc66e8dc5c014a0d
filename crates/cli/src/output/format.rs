//! The formats of a report and of other results.

use clap::ValueEnum;
use deputize::{Answer, Decision, Report};

use crate::output::error::Error;
use crate::output::streams::Output;

/// The format of a report.
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
    /// A self-contained HTML page.
    Html,
}

/// The formats of a result that is not a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DataFormat {
    /// Lines for people.
    Text,
    /// JSON with a published schema.
    Json,
}

impl Format {
    /// Prints a report.
    ///
    /// # Errors
    ///
    /// If standard output is closed or fails.
    pub fn print(self, report: &Report, output: &Output) -> Result<(), Error> {
        match self {
            Self::Text => output.print_colored(format_args!("{}\n", report.in_color())),
            Self::Json => output.print(report.to_json().map_err(Error::new)?),
            Self::Html => output.print(deputize_pages::report_page(report)),
            Self::Markdown => output.print(report.to_markdown()),
            Self::Mermaid => output.print(report.to_mermaid()),
            Self::Dot => output.print(report.to_dot()),
        }
    }

    /// Prints a decision: as an [`Answer`] in JSON, and as its report in every other format.
    ///
    /// # Errors
    ///
    /// As [`print`](Self::print).
    pub fn print_decision(self, decision: &Decision, output: &Output) -> Result<(), Error> {
        match self {
            Self::Json => output.print(Answer::of(decision).to_json().map_err(Error::new)?),
            _ => self.print(&Report::of(decision), output),
        }
    }
}
