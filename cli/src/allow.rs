//! Capabilities in one line: what `--allow` reads.

use std::fmt::{self, Display, Formatter};

use deputize::limits::MAX_INTEGER;
use deputize::{Capability, Constraint, OperationPattern, OtherArgs, ResourcePattern, Value};
use unicode_width::UnicodeWidthStr;

use crate::error::{Shown, write_shown};

/// The grammar, as the help of `mint` and `delegate` shows it.
pub const GRAMMAR: &str = "\
What --allow reads: 'OPERATION RESOURCE [ARG…]'
  crm.read, crm.*, *                    an operation, all below it, every operation
  accounts/42, accounts/*, accounts/**  a resource, one segment below it, everything below it
  **                                    every resource
  limit                                 the argument must be there, with any value
  limit<=100  limit>=1                  an integer, at most or at least this
  mode=ro  dry_run=true  tag=\"a b\"      exactly this: JSON where it parses as JSON, else a string
  path^=/data  to$=@acme.com            a string that starts or ends with this
  file~reports/*.csv                    a path that fits this glob
  limit?<=100                           the same, for an argument that may be left out
  ...                                   other arguments are allowed; without it they are refused
Several limits on one argument all hold: 'limit>=1 limit<=100'. Names and values with blanks or
operators in them are written as JSON strings: '\"my limit\"<=5', 'note^=\"dear all\"'. Other kinds of
limits (one_of, none_of, subpath, url, cidr, …) are for --grant.";

/// Reads `OPERATION RESOURCE [ARG…]`.
///
/// # Errors
///
/// [`AllowError`], which points at the character.
pub fn parse(text: &str) -> Result<Capability, AllowError> {
    let mut scanner = Scanner { text, chars: text.chars().collect(), at: 0 };
    scanner.capability()
}

/// Why a text is no capability, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowError {
    /// What was given.
    pub text: String,
    /// The index of the character that does not fit, from 0; the length of the text for its end.
    pub at: usize,
    /// What is wrong, in a lower-case sentence without a full stop.
    pub message: String,
}

/// One line, the text, and a caret under the character.
impl Display for AllowError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let character = self.at.saturating_add(1);
        let mut before = String::new();
        self.text.chars().take(self.at).try_for_each(|c| write_shown(&mut before, c))?;
        let indent = before.width();
        writeln!(f, "{}, at character {character}", self.message)?;
        write!(f, "  {}\n  {:indent$}^", Shown(&self.text), "")
    }
}

impl std::error::Error for AllowError {}

/// What was read of one argument.
struct Arg {
    name: String,
    /// Where it was mentioned last.
    at: usize,
    is_optional: bool,
    constraints: Vec<Constraint>,
}

/// What stands between a name and a value.
#[derive(Clone, Copy)]
enum Operator {
    Max,
    Min,
    Equals,
    Prefix,
    Suffix,
    Glob,
}

/// The longer ones first. Those without a meaning are what people write for one that has.
const OPERATORS: [(&str, Result<Operator, &str>); 13] = [
    ("<=", Ok(Operator::Max)),
    (">=", Ok(Operator::Min)),
    ("^=", Ok(Operator::Prefix)),
    ("$=", Ok(Operator::Suffix)),
    ("==", Err("write `=`")),
    ("!=", Err("write `none_of` in a `--grant` file")),
    ("=<", Err("write `<=`, or the value in double quotes")),
    ("=>", Err("write `>=`, or the value in double quotes")),
    ("=~", Err("write `~`, or the value in double quotes")),
    ("~=", Err("write `~`")),
    ("<", Err("write `<=`")),
    (">", Err("write `>=`")),
    ("~", Ok(Operator::Glob)),
];

struct Scanner<'a> {
    text: &'a str,
    chars: Vec<char>,
    at: usize,
}

impl Scanner<'_> {
    fn capability(&mut self) -> Result<Capability, AllowError> {
        let (at, operation) = self.word();
        if operation.is_empty() {
            return Err(self.error(at, "an operation is missing, such as `crm.read`"));
        }
        operation
            .parse::<OperationPattern>()
            .map_err(|e| self.error(at.saturating_add(odd_in_operation(&operation)), e))?;
        let (at, resource) = self.word();
        if resource.is_empty() {
            return Err(self.error(at, "a resource is missing, such as `accounts/**`"));
        }
        resource
            .parse::<ResourcePattern>()
            .map_err(|e| self.error(at.saturating_add(odd_in_resource(&resource)), e))?;
        let mut capability =
            Capability::new(&operation, &resource).map_err(|e| self.error(at, e))?;
        let (args, other_args) = self.args()?;
        for Arg { name, at, is_optional, constraints } in args {
            let with = if is_optional {
                capability.with_optional_arg(name, constraints)
            } else {
                capability.with_arg(name, constraints)
            };
            capability = with.map_err(|e| self.error(at, e))?;
        }
        Ok(capability.with_other_args(other_args))
    }

    fn args(&mut self) -> Result<(Vec<Arg>, OtherArgs), AllowError> {
        let mut args: Vec<Arg> = Vec::new();
        let mut other_args = OtherArgs::Deny;
        loop {
            self.skip_blanks();
            let at = self.at;
            if self.peek().is_none() {
                return Ok((args, other_args));
            }
            let is_quoted = self.peek() == Some('"');
            let name = if is_quoted { self.quoted()? } else { self.take_while(is_of_name) };
            if !is_quoted && name == "..." {
                if !self.is_at_blank() {
                    return Err(self.error(self.at, "`...` stands alone"));
                }
                other_args = OtherArgs::Allow;
                continue;
            }
            if name.is_empty() && (is_quoted || self.operator().is_ok()) {
                return Err(self.error(at, "the name of an argument is missing"));
            }
            if !is_quoted
                && !name.starts_with(|c: char| c.is_ascii_alphabetic() || "_/".contains(c))
            {
                let sentence =
                    "a name begins with a letter, `_` or `/`; put another in double quotes";
                return Err(self.error(at, sentence));
            }
            let is_optional = self.skip('?');
            let constraint = if self.is_at_blank() { None } else { Some(self.limit()?) };
            match args.iter_mut().find(|arg| arg.name == name) {
                None => {
                    let constraints = constraint.into_iter().collect();
                    args.push(Arg { name, at, is_optional, constraints });
                }
                Some(arg) if arg.is_optional != is_optional => {
                    let sentence = format!(
                        "the argument `{}` is optional in one place and required in another; write `?` in both or in neither",
                        Shown(&name)
                    );
                    return Err(self.error(at, sentence));
                }
                Some(arg) => {
                    arg.at = at;
                    arg.constraints.extend(constraint);
                }
            }
        }
    }

    /// An operator and a value.
    fn limit(&mut self) -> Result<Constraint, AllowError> {
        let operator = self.operator()?;
        let at = self.at;
        if self.is_at_blank() {
            let or_empty = match operator {
                Operator::Equals => "; write `\"\"` for the empty string",
                _ => "",
            };
            return Err(self.error(at, format_args!("a value is missing{or_empty}")));
        }
        let is_quoted = self.peek() == Some('"');
        let value =
            if is_quoted { self.quoted()? } else { self.take_while(|c| !c.is_whitespace()) };
        if !self.is_at_blank() {
            return Err(self.error(self.at, "a blank is missing after the quoted value"));
        }
        match operator {
            Operator::Max | Operator::Min if is_quoted => {
                Err(self.error(at, "an integer is needed here, not a string"))
            }
            Operator::Max => self.integer(at, &value).map(Constraint::max),
            Operator::Min => self.integer(at, &value).map(Constraint::min),
            Operator::Prefix => Ok(Constraint::prefix(value)),
            Operator::Suffix => Ok(Constraint::suffix(value)),
            Operator::Glob => Constraint::glob(&value).map_err(|e| self.error(at, e)),
            Operator::Equals if is_quoted => Ok(Constraint::equals(value)),
            Operator::Equals => self.value(at, value).map(Constraint::equals),
        }
    }

    fn operator(&mut self) -> Result<Operator, AllowError> {
        let next: String = self.chars.iter().skip(self.at).take(2).collect();
        let found = OPERATORS.iter().find(|(symbol, _)| next.starts_with(symbol));
        let (symbol, operator) = match found {
            Some(found) => *found,
            None if next.starts_with('=') => ("=", Ok(Operator::Equals)),
            None => {
                let sentence = match next.chars().next() {
                    Some(c @ ('^' | '$')) => format!("`{c}` is no operator here; write `{c}=`"),
                    Some('!') => {
                        "`!` is no operator here; write `none_of` in a `--grant` file".to_owned()
                    }
                    Some('?') => "one `?` is enough".to_owned(),
                    _ => "an operator or a blank is needed here; put a whole name in double quotes"
                        .to_owned(),
                };
                return Err(self.error(self.at, sentence));
            }
        };
        match operator {
            Ok(operator) => {
                self.at = self.at.saturating_add(symbol.len());
                Ok(operator)
            }
            Err(instead) => {
                Err(self.error(self.at, format!("`{symbol}` is no operator here; {instead}")))
            }
        }
    }

    fn integer(&self, at: usize, text: &str) -> Result<i64, AllowError> {
        let number: Option<i64> = text.parse().ok();
        number.filter(|n| n.unsigned_abs() <= MAX_INTEGER.unsigned_abs()).ok_or_else(|| {
            let sentence =
                format!("an integer within ±(2^53 − 1) is needed here, not `{}`", Shown(text));
            self.error(at, sentence)
        })
    }

    /// What an unquoted text after `=` says: JSON where it is JSON, else a string.
    fn value(&self, at: usize, text: String) -> Result<Value, AllowError> {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        // A list that a blank cut in two must not pass as a string.
        if !is_json && text.starts_with(['[', '{', '"']) {
            let sentence = "this is no JSON; write it without blanks, or a string in double quotes";
            return Err(self.error(at, sentence));
        }
        if !is_json {
            return Ok(text.into());
        }
        serde_json::from_str(&text).map_err(|_| {
            let sentence = format!(
                "`{}` cannot be decided upon: give an integer, a string, a truth value, null or a list of these, or a string in double quotes",
                Shown(&text)
            );
            self.error(at, sentence)
        })
    }

    /// A JSON string.
    fn quoted(&mut self) -> Result<String, AllowError> {
        let start = self.at;
        let mut is_escaped = true;
        let length = self.chars.iter().skip(start).position(|c| {
            let is_end = *c == '"' && !is_escaped;
            // The opening quote counts as escaped.
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        let Some(length) = length else {
            return Err(self.error(start, "the double quote is not closed"));
        };
        let text: String = self.chars.iter().skip(start).take(length.saturating_add(1)).collect();
        self.at = start.saturating_add(text.chars().count());
        serde_json::from_str(&text).map_err(|_| {
            self.error(
                start,
                "what stands in double quotes must be a JSON string, with `\\\\` for `\\`",
            )
        })
    }

    fn word(&mut self) -> (usize, String) {
        self.skip_blanks();
        (self.at, self.take_while(|c| !c.is_whitespace()))
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let taken: String =
            self.chars.iter().skip(self.at).copied().take_while(|c| fits(*c)).collect();
        self.at = self.at.saturating_add(taken.chars().count());
        taken
    }

    fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn skip(&mut self, c: char) -> bool {
        let is_next = self.peek() == Some(c);
        self.at = self.at.saturating_add(usize::from(is_next));
        is_next
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn is_at_blank(&self) -> bool {
        self.peek().is_none_or(char::is_whitespace)
    }

    fn error(&self, at: usize, message: impl Display) -> AllowError {
        AllowError { text: self.text.to_owned(), at, message: message.to_string() }
    }
}

/// What a name may have without quotes. Look-alikes of operators (`≤`, `:`) and what cannot be seen
/// are not among it: they would make another name of what was meant as a limit.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./".contains(c)
}

/// Where the first character is that no operation has; the beginning, where it is not a character
/// that is wrong.
fn odd_in_operation(text: &str) -> usize {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-:/*".contains(c);
    text.chars().position(|c| !is_fine(c)).unwrap_or(0)
}

/// Likewise in a resource.
fn odd_in_resource(text: &str) -> usize {
    let is_odd = |c: char| "\\*%".contains(c) || c.is_control();
    text.chars().position(is_odd).unwrap_or(0)
}
