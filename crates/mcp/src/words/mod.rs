//! Vocabularies: words for people who mint tokens for an MCP server.
//!
//! A grant to read the files of a folder is one capability for each tool that reads. A vocabulary
//! has a word for them, and knows which arguments of a tool name what it acts on. It is for those
//! who mint and is never on the wire: tokens have capabilities, and a vocabulary can be corrected
//! at any time. Neither guards nor presenters use one.
//!
//! # Security
//!
//! A vocabulary is believed: a word grants whatever the file says. So show the capabilities of the
//! signed token, not the word, to those who answer for it, before the token leaves your hands.

mod kind;
mod error;
mod operand;
mod limit;
mod vocabulary;
mod file;

pub use error::{VocabularyError, VocabularyFault, WordError};
pub use kind::ArgumentKind;
pub use vocabulary::Vocabulary;
