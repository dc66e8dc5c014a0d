//! The kinds of arguments.

use serde::Deserialize;

/// The kind of an argument: its values, and whether a tool acts on what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ArgumentKind {
    /// An absolute path.
    Path,
    /// A list of absolute paths.
    Paths,
    /// A path inside a folder that another argument names.
    File,
    /// A list of paths inside a folder that another argument names.
    Files,
    /// A URL.
    Url,
    /// A list of URLs.
    Urls,
    /// The name or the id of what the tool acts on: a branch, an account, a channel.
    Name,
    /// A list of names.
    Names,
    /// SQL, a script, a shell command: it can do whatever the server can.
    Code,
    /// An object or a list of objects, with anything inside. Where the tool acts on what a member
    /// names, give the members entries of their own instead, such as `/files/*/path`.
    Objects,
    /// An integer: how many, how long, or which.
    Count,
    /// A number that is data.
    Number,
    /// True or false.
    Flag,
    /// One of a few words that the server offers: an order, a format.
    Choice,
    /// Text that is data: a message, the content of a file, a search.
    Text,
    /// A list of texts, or a list in each of a list of objects.
    Texts,
}

impl ArgumentKind {
    /// Returns true if the argument names what a tool acts on, or may do anything. A word must limit
    /// it, or say that it does not.
    pub fn is_acted_on(self) -> bool {
        match self {
            Self::Path
            | Self::Paths
            | Self::File
            | Self::Files
            | Self::Url
            | Self::Urls
            | Self::Name
            | Self::Names
            | Self::Code
            | Self::Objects => true,
            Self::Count | Self::Number | Self::Flag | Self::Choice | Self::Text | Self::Texts => {
                false
            }
        }
    }

    /// Returns true if the argument is a list.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Paths | Self::Files | Self::Urls | Self::Names | Self::Texts)
    }

    /// Returns the word as it is written in a vocabulary.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Paths => "paths",
            Self::File => "file",
            Self::Files => "files",
            Self::Url => "url",
            Self::Urls => "urls",
            Self::Name => "name",
            Self::Names => "names",
            Self::Code => "code",
            Self::Objects => "objects",
            Self::Count => "count",
            Self::Number => "number",
            Self::Flag => "flag",
            Self::Choice => "choice",
            Self::Text => "text",
            Self::Texts => "texts",
        }
    }

    /// Returns the placeholder of an operand that limits such an argument.
    pub(super) fn operand(self) -> &'static str {
        match self {
            Self::Path | Self::Paths => "PATH",
            Self::File | Self::Files => "FILE",
            Self::Url | Self::Urls => "URL",
            Self::Name | Self::Names => "NAME",
            Self::Code => "CODE",
            Self::Count | Self::Number => "NUMBER",
            Self::Flag => "FLAG",
            Self::Choice => "CHOICE",
            Self::Text | Self::Texts | Self::Objects => "TEXT",
        }
    }

    /// Returns a value with which a limit is tried when the vocabulary is read, another one for each
    /// operand.
    pub(super) fn sample(self, index: usize) -> String {
        match self {
            Self::Path | Self::Paths => format!("/operand-{index}"),
            Self::Url | Self::Urls => format!("https://operand-{index}.example.com"),
            Self::Count | Self::Number => index.to_string(),
            Self::Flag => index.is_multiple_of(2).to_string(),
            Self::File
            | Self::Files
            | Self::Name
            | Self::Names
            | Self::Code
            | Self::Objects
            | Self::Choice
            | Self::Text
            | Self::Texts => format!("operand-{index}"),
        }
    }
}
