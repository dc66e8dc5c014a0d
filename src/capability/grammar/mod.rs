//! Capabilities in one line: `crm.read accounts/** limit=0..100`.

mod fault;
mod error;
mod scanner;
mod value;
mod limit;
mod parser;
mod write;

pub use error::GrammarError;
pub use fault::GrammarFault;
