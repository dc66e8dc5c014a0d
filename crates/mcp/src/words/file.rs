//! The file of a vocabulary.

use std::collections::{BTreeMap, BTreeSet};

use deputize::Resource;
use deputize::text::Visible;
use serde::Deserialize;
use toml::Spanned;

use super::error::{VocabularyError, VocabularyFault};
use super::kind::ArgumentKind;
use super::limit::{Limit, OPEN};
use super::operand::is_word;
use super::vocabulary::{Arguments, Vocabulary, Word};
use crate::limits::{MAX_VOCABULARY_BYTES, MAX_WORD_TOOLS};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: String,
    #[serde(default)]
    words: BTreeMap<Spanned<String>, WordInFile>,
    tools: BTreeMap<Spanned<String>, Arguments>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordInFile {
    tools: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    limit: BTreeMap<Spanned<String>, Texts>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a limit is a text, such as \":subpath={0}\", or a list of texts")]
enum Texts {
    One(String),
    All(Vec<String>),
}

/// A fault, and its place in bytes.
type Fault = (usize, VocabularyFault);

impl Vocabulary {
    /// Reads a vocabulary in TOML. Members that are not known are errors.
    ///
    /// # Errors
    ///
    /// [`VocabularyError`] with the line and the column.
    pub fn parse(text: &str) -> Result<Self, VocabularyError> {
        if text.len() > MAX_VOCABULARY_BYTES {
            return Err(VocabularyError::TooLong { bytes: text.len() });
        }
        let read: Result<File, toml::de::Error> = toml::from_str(text);
        let read = read.map_err(|why| {
            let at = why.span().map_or(0, |span| span.start);
            (at, VocabularyFault::Syntax { why: Visible(why.message()).to_string() })
        });
        read.and_then(vocabulary).map_err(|(at, fault)| {
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
            VocabularyError::At { line, column: column.saturating_add(1), fault }
        })
    }
}

fn vocabulary(file: File) -> Result<Vocabulary, Fault> {
    let mut tools = BTreeMap::new();
    for (name, arguments) in file.tools {
        let at = name.span().start;
        // A pattern would grant other tools too.
        if let Err(error) = name.get_ref().parse::<Resource>() {
            return Err((at, VocabularyFault::ToolName { error: Box::new(error) }));
        }
        tools.insert(name.into_inner(), arguments);
    }
    let mut words = BTreeMap::new();
    for (name, word) in file.words {
        let at = name.span().start;
        let name = name.into_inner();
        if !is_word(&name) {
            return Err((at, VocabularyFault::WordName { found: name }));
        }
        words.insert(name, word.check(&tools)?);
    }
    Ok(Vocabulary { server: file.server, words, tools })
}

impl WordInFile {
    /// Makes the word, if it grants each of its tools, and says which values of the arguments.
    fn check(self, all: &BTreeMap<String, Arguments>) -> Result<Word, Fault> {
        let tools = self.tools(all)?;
        let mut limits = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (name, texts) in self.limit {
            let at = name.span().start;
            let name = name.into_inner();
            if !tools.iter().any(|tool| tool.arguments.contains_key(&name)) {
                return Err((at, VocabularyFault::NoArgument { name }));
            }
            let texts = match texts {
                Texts::One(text) => vec![text],
                // It would be no limit at all.
                Texts::All(texts) if texts.is_empty() => {
                    return Err((at, VocabularyFault::NoText { name }));
                }
                Texts::All(texts) => texts,
            };
            let limit = Limit::parse(&texts).map_err(|fault| (at, fault))?;
            places.insert(name.clone(), at);
            limits.insert(name, limit);
        }
        let at = self.tools.span().start;
        let operands = operand_kinds(&tools, &limits).map_err(|fault| (at, fault))?;
        let names = tools.iter().map(|tool| tool.name.to_owned()).collect();
        let word = Word { tools: names, limits, operands };
        for tool in &tools {
            word.try_on(tool).map_err(|(name, fault)| {
                (name.and_then(|name| places.get(name)).copied().unwrap_or(tool.at), fault)
            })?;
        }
        Ok(word)
    }

    fn tools<'a>(&self, all: &'a BTreeMap<String, Arguments>) -> Result<Vec<Tool<'a>>, Fault> {
        let found = self.tools.get_ref().len();
        if !(1..=MAX_WORD_TOOLS).contains(&found) {
            return Err((self.tools.span().start, VocabularyFault::ToolCount { found }));
        }
        let mut seen = BTreeSet::new();
        let tools = self.tools.get_ref().iter().map(|tool| {
            let (at, name) = (tool.span().start, tool.get_ref());
            let shown = || name.to_owned();
            if !seen.insert(name) {
                return Err((at, VocabularyFault::ToolTwice { tool: shown() }));
            }
            let entry = all.get_key_value(name);
            let (name, arguments) =
                entry.ok_or_else(|| (at, VocabularyFault::NoTool { tool: shown() }))?;
            Ok(Tool { name, arguments, at })
        });
        tools.collect()
    }
}

/// A tool of a word, and the place where the word names it.
struct Tool<'a> {
    name: &'a str,
    arguments: &'a Arguments,
    at: usize,
}

/// Returns the kind of the first argument that each operand limits.
fn operand_kinds(
    tools: &[Tool<'_>],
    limits: &BTreeMap<String, Limit>,
) -> Result<Vec<ArgumentKind>, VocabularyFault> {
    let mut kinds = BTreeMap::new();
    for (name, limit) in limits {
        let kind = tools.iter().find_map(|tool| tool.arguments.get(name));
        for index in limit.operands() {
            kinds.entry(index).or_insert(kind.copied());
        }
    }
    let used = kinds.keys().next_back().copied().unwrap_or(0);
    match kinds.keys().copied().zip(0..).find(|(index, counted)| index != counted) {
        Some((_, missing)) => Err(VocabularyFault::OperandMissing { used, missing }),
        None => Ok(kinds.into_values().flatten().collect()),
    }
}

impl Word {
    /// Grants a tool with operands that any argument of the kind could have. Returns the argument at
    /// fault.
    fn try_on<'a>(&self, tool: &Tool<'a>) -> Result<(), (Option<&'a str>, VocabularyFault)> {
        let fault = |error| VocabularyFault::Word { tool: tool.name.to_owned(), error };
        let own = self.capability(tool.name, &Arguments::new(), &[]);
        let mut own = own.map_err(|error| (None, fault(Box::new(error))))?;
        // Whoever reads `show REPO v1.0` expects nothing beyond v1.0.
        for index in 0..self.operands.len() {
            let mut limits = tool.arguments.keys().filter_map(|name| self.limits.get(name));
            if !limits.any(|own| own.operands().any(|own| own == index)) {
                let tool = tool.name.to_owned();
                return Err((None, VocabularyFault::BeyondOperand { tool, index }));
            }
        }
        for (name, kind) in tool.arguments {
            let limit = self.limits.get(name);
            if limit.is_none() && kind.is_acted_on() {
                let (tool, name) = (tool.name.to_owned(), name.to_owned());
                return Err((None, VocabularyFault::NoLimit { tool, name, kind: *kind }));
            }
            let samples: Vec<_> = (0..self.operands.len()).map(|i| kind.sample(i)).collect();
            own = limit
                .unwrap_or(&OPEN)
                .add(own, name, *kind, &samples)
                .map_err(|error| (Some(name.as_str()), fault(Box::new(error))))?;
        }
        Ok(())
    }
}
