//! The words of a server, and the capabilities for which they stand.

use std::collections::BTreeMap;

use deputize::Capability;
use deputize::bind::McpCall;

use super::error::WordError;
use super::kind::ArgumentKind;
use super::limit::{Limit, OPEN};
use super::operand::{first_word, operands};

/// The words for an MCP server, its tools, and the kinds of their arguments.
///
/// ```
/// use deputize_mcp::words::Vocabulary;
///
/// let files = Vocabulary::parse(r#"
///     server = "mcp-server-files"
///
///     [words.read]
///     tools = ["read_file", "list_folder"]
///     limit = { path = ":subpath={0}" }        # as in `--allow`, after the name of the argument
///
///     [tools.read_file]
///     path = "path"
///     head = "count"
///     [tools.list_folder]
///     path = "path"
/// "#)?;
/// let granted = files.expand("read /srv/docs")?.unwrap_or_default();
/// let granted: Vec<_> = granted.iter().map(|own| own.as_written()).collect();
/// assert_eq!(granted, [
///     "tools/call read_file head? path:subpath=/srv/docs",
///     "tools/call list_folder path:subpath=/srv/docs",
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A word grants each of its tools. `limit` has the text that follows the name of an argument in a
/// [`Capability`]'s `FromStr`, or a list of such texts, which must all hold: `:subpath={0}`,
/// `[]:subpath={0}`, `?<=100`. `{0}` is the first operand of the word, as one whole value, and
/// limits those of its tools that have the argument. Each operand must limit each tool of its word,
/// so that `show REPO v1.0` grants nothing beyond `v1.0`. An argument [that a call acts
/// on](ArgumentKind::is_acted_on) must have a limit in each word with its tool; `?` permits any
/// value, or none. All other arguments may be absent and may have any value. An argument that
/// the vocabulary does not have is not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    pub(super) server: String,
    pub(super) words: BTreeMap<String, Word>,
    pub(super) tools: BTreeMap<String, Arguments>,
}

/// The arguments of a tool.
pub(super) type Arguments = BTreeMap<String, ArgumentKind>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) tools: Vec<String>,
    /// By the name of the argument.
    pub(super) limits: BTreeMap<String, Limit>,
    /// The kind of the first argument that each operand limits.
    pub(super) operands: Vec<ArgumentKind>,
}

impl Vocabulary {
    /// Returns the name of the server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns the words with the kinds of their operands.
    pub fn words(&self) -> impl Iterator<Item = (&str, &[ArgumentKind])> {
        self.words.iter().map(|(name, word)| (name.as_str(), word.operands.as_slice()))
    }

    /// Returns the tools with the names and the kinds of their arguments. Members of objects are named
    /// as in [`Capability::with_arg`].
    pub fn tools(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, ArgumentKind>)> {
        self.tools.iter().map(|(name, arguments)| (name.as_str(), arguments))
    }

    /// Returns the words as a person writes them: `read PATH, write PATH`.
    pub fn usage(&self) -> String {
        let words = self.words.iter().map(|(name, word)| word.usage(name));
        words.collect::<Vec<_>>().join(", ")
    }

    /// Returns the capabilities of a word with its operands, or `None` if the text does not begin
    /// with a word: it has an operation there, such as `tools/call` or `crm.read`.
    ///
    /// Blanks separate operands; one in double quotes is a JSON string. An operand is a value,
    /// whatever characters it has.
    ///
    /// # Errors
    ///
    /// [`WordError`] for a word that the vocabulary does not have, and for operands that are too
    /// few, too many, or not values of the arguments that they limit.
    pub fn expand(&self, text: &str) -> Result<Option<Vec<Capability>>, WordError> {
        let Some((name, rest)) = first_word(text) else { return Ok(None) };
        let Some(word) = self.words.get(name) else {
            return Err(WordError::NotAWord { found: name.to_owned(), words: self.usage() });
        };
        let operands = operands(rest)?;
        if operands.len() != word.operands.len() {
            let (usage, found) = (word.usage(name), operands.len());
            return Err(WordError::Operands { usage, found });
        }
        let tools = word.tools.iter().filter_map(|tool| self.tools.get_key_value(tool));
        tools
            .map(|(tool, own)| word.capability(tool, own, &operands))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

impl Word {
    /// Returns the capability for one of the tools.
    pub(super) fn capability(
        &self,
        tool: &str,
        arguments: &Arguments,
        operands: &[String],
    ) -> Result<Capability, WordError> {
        let own = Capability::new(McpCall::CallTool.method(), tool);
        let own = own.map_err(|error| WordError::Tool { error: Box::new(error) })?;
        arguments.iter().try_fold(own, |own, (name, kind)| {
            self.limits.get(name).unwrap_or(&OPEN).add(own, name, *kind, operands)
        })
    }

    fn usage(&self, name: &str) -> String {
        let operands = self.operands.iter().map(|kind| kind.operand());
        std::iter::once(name).chain(operands).collect::<Vec<_>>().join(" ")
    }
}
