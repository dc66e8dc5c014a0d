//! Capabilities in one line, as `--allow` reads them.

mod error;
mod scanner;
mod parser;

pub use error::AllowError;
pub use parser::parse;

/// The syntax, as the help of `mint` and `delegate` shows it.
pub const SYNTAX: &str = "\
Syntax of --allow: 'OPERATION RESOURCE [ARG…]'
  crm.read, crm.*, *                    an operation, all below it, every operation
  accounts/42, accounts/*, accounts/**  a resource, one segment below it, everything below it
  **                                    every resource
  limit                                 a required argument with any value
  limit<=100  limit>=1                  an integer, at most or at least this
  mode=ro  dry_run=true  tag=\"a b\"      exactly this: JSON if it parses as JSON, else a string
  path^=/data  to$=@acme.com            a string with this prefix or suffix
  file~reports/*.csv                    a path that matches this glob
  limit?<=100                           the same for an optional argument
  files[]~reports/**                    a list whose elements all match; also <= >= ^= $=
  /filter/owner  /files/*/path          a member of an object, or of each object in a list
  filter/**                             an optional argument with any value, and anything inside it
  ...                                   other arguments are allowed; without it they are refused
Several limits on one argument must all hold: 'limit>=1 limit<=100'. Write a name or a value with
blanks or operators as a JSON string: '\"my limit\"<=5', 'note^=\"dear all\"'. Other kinds of limits
(one_of, none_of, subpath, url, cidr, …) need --capabilities.";
