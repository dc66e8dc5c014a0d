//! The input of a command: options, files, standard input and the clock.

pub mod when;
pub mod kind;
pub mod encoding;
pub mod source;
pub mod keys;
pub mod token;
pub mod tokens;
pub mod chain;
pub mod ids;
pub mod statement;
pub mod revocation_list;
pub mod directory;
pub mod successors;
pub mod policies;
pub mod trust;
pub mod json_file;
pub mod syntax;
pub mod capabilities;
pub mod grant_file;
pub mod words;
pub mod grant;
pub mod request;
