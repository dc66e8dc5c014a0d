//! The vocabulary that `--words` names.

use std::path::Path;

use deputize::Capability;
use deputize::text::Backticked;
use deputize_mcp::words::Vocabulary;

use crate::input::json_file;
use crate::output::{Error, Output};

/// The words that `--allow` takes beside capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vocabulary);

impl Words {
    /// Reads the file that `--words` names.
    ///
    /// # Errors
    ///
    /// If it is not a vocabulary.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = json_file::read("--words", path)?;
        let read = Vocabulary::parse(&text);
        read.map(Self).map_err(|why| json_file::error("--words", path, why))
    }

    /// Reads a value of `--allow`, and prints the tools that a word stands for: the vocabulary decides, not
    /// the word.
    ///
    /// # Errors
    ///
    /// If it is neither a word with its operands nor a capability.
    pub fn allowed(&self, text: &str, output: &Output) -> Result<Vec<Capability>, Error> {
        let Some(granted) = self.0.expand(text).map_err(|why| Error::about("--allow", why))? else {
            let neither = |why| {
                let words = self.0.usage();
                let why =
                    format!("{why}\n  neither a capability nor a word; the words are: {words}");
                Error::about("--allow", why)
            };
            return Ok(vec![text.parse().map_err(neither)?]);
        };
        let tools: Vec<_> = granted.iter().map(|own| own.resource().to_string()).collect();
        let (many, tools) = (tools.len(), tools.join(", "));
        let noun = if many == 1 { "tool" } else { "tools" };
        output.note(format_args!("{} stands for {many} {noun}: {tools}", Backticked(text)));
        Ok(granted)
    }
}
