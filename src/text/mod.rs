//! Untrusted text: how it is read, compared and shown.
//!
//! Names, purposes and arguments are chosen by strangers. Code that prints them to a terminal, a
//! log or a page should use one of these types. Code that reads JSON from a stranger should use the
//! module [`json`].
//!
//! ```
//! use deputize::text::{Backticked, Quoted, Visible};
//!
//! let name = "bob\u{202e} is trusted";
//! assert_eq!(format!("signed by {}", Quoted(name)), r#"signed by "bob\u{202e} is trusted""#);
//! assert_eq!(format!("no key for {}", Backticked(name)), r"no key for `bob\u{202e} is trusted`");
//! assert_eq!(Visible("{\"a\": \"\u{1b}[2J\"}").to_string(), r#"{"a": "\u{1b}[2J"}"#);
//! ```

pub(crate) mod reserved;
mod normal;
pub(crate) mod escape;
pub(crate) mod confusable;
pub(crate) mod contrast;
pub mod json;
pub(crate) mod path;

pub use crate::instant::rfc3339;
pub use escape::{Backticked, Escaped, Quoted, QuotedBidi, Visible, is_invisible, visible_json};
