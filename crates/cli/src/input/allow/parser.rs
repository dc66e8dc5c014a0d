//! The parser of capabilities in one line.

use deputize::limits::MAX_INTEGER;
use deputize::text::json::{Bare, read_bare};
use deputize::text::{Backticked, is_invisible};
use deputize::{Capability, Constraint, OperationPattern, OtherArgs, ResourcePattern, Value};

use crate::input::allow::error::AllowError;
use crate::input::allow::scanner::Scanner;

/// Reads `OPERATION RESOURCE [ARG…]`.
///
/// # Errors
///
/// [`AllowError`], which points at the wrong character.
pub fn parse(text: &str) -> Result<Capability, AllowError> {
    Scanner::new(text).capability()
}

/// One argument and its limits.
struct Arg {
    name: String,
    /// The index of its last mention.
    at: usize,
    mark: Mark,
    constraints: Vec<Constraint>,
}

/// The mark after a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Required,
    /// `?`
    Optional,
    /// `/**`
    Below,
}

/// The operator between a name and a value.
#[derive(Clone, Copy)]
enum Operator {
    Max,
    Min,
    Equals,
    Prefix,
    Suffix,
    Glob,
}

/// The operators, longer ones first. Those with an error are what people write by mistake.
const OPERATORS: [(&str, Result<Operator, &str>); 13] = [
    ("<=", Ok(Operator::Max)),
    (">=", Ok(Operator::Min)),
    ("^=", Ok(Operator::Prefix)),
    ("$=", Ok(Operator::Suffix)),
    ("==", Err("write `=`")),
    ("!=", Err("write `none_of` in a `--capabilities` file")),
    ("=<", Err("write `<=`, or the value in double quotes")),
    ("=>", Err("write `>=`, or the value in double quotes")),
    ("=~", Err("write `~`, or the value in double quotes")),
    ("~=", Err("write `~`")),
    ("<", Err("write `<=`")),
    (">", Err("write `>=`")),
    ("~", Ok(Operator::Glob)),
];

impl Scanner<'_> {
    fn capability(&mut self) -> Result<Capability, AllowError> {
        let (at, operation) = self.pattern("an operation")?;
        if operation.is_empty() {
            return Err(self.error(at, "expected an operation, such as `crm.read`"));
        }
        operation
            .parse::<OperationPattern>()
            .map_err(|e| self.error(at.saturating_add(invalid_in_operation(&operation)), e))?;
        let (at, resource) = self.pattern("a resource")?;
        if resource.is_empty() {
            return Err(self.error(at, "expected a resource, such as `accounts/**`"));
        }
        resource
            .parse::<ResourcePattern>()
            .map_err(|e| self.error(at.saturating_add(invalid_in_resource(&resource)), e))?;
        let mut capability =
            Capability::new(&operation, &resource).map_err(|e| self.error(at, e))?;
        let (args, other_args) = self.args()?;
        for Arg { name, at, mark, constraints } in args {
            let with = match mark {
                Mark::Required => capability.with_arg(name, constraints),
                Mark::Optional => capability.with_optional_arg(name, constraints),
                Mark::Below => capability.with_below(name),
            };
            capability = with.map_err(|e| self.error(at, e))?;
        }
        Ok(capability.with_other_args(other_args))
    }

    /// Reads an operation or a resource: a word, or a JSON string.
    fn pattern(&mut self, what: &str) -> Result<(usize, String), AllowError> {
        self.skip_blanks();
        let at = self.at;
        match self.peek() {
            Some('"') => {
                let text = self.quoted()?;
                if !self.is_at_blank() {
                    let sentence = format!("a blank is missing after {what} in quotes");
                    return Err(self.error(self.at, sentence));
                }
                // The text begins behind the quote.
                Ok((at.saturating_add(1), text))
            }
            // The shell or a word processor left them here, and no name begins with one.
            Some(quote @ ('\'' | '`' | '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}')) => {
                let sentence = format!(
                    "{what} begins with a quote, {}; leave it out, or put the whole text in double quotes",
                    Backticked(&quote.to_string())
                );
                Err(self.error(at, sentence))
            }
            _ => Ok(self.word()),
        }
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
            let mut name = if is_quoted { self.quoted()? } else { self.name() };
            // A slash can be part of a name, `**` cannot.
            let is_below = self.skip_all(if is_quoted { "/**" } else { "**" });
            if is_below && !is_quoted && name.pop() != Some('/') {
                return Err(self.error(
                    at,
                    "write `/**` after a name, for the argument and everything inside it",
                ));
            }
            if !is_quoted && !is_below && name == "..." {
                if !self.is_at_blank() {
                    return Err(self.error(self.at, "`...` takes no limit"));
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
                    "a name begins with a letter, `_` or `/`; put any other name in double quotes";
                return Err(self.error(at, sentence));
            }
            if is_below && !self.is_at_blank() {
                let sentence = "`/**` takes no limit and no `?`: it allows any value, or none";
                return Err(self.error(self.at, sentence));
            }
            let mark = match self.skip('?') {
                _ if is_below => Mark::Below,
                true => Mark::Optional,
                false => Mark::Required,
            };
            let constraint = if self.is_at_blank() { None } else { Some(self.limit()?) };
            match args.iter_mut().find(|arg| arg.name == name) {
                None => {
                    let constraints = constraint.into_iter().collect();
                    args.push(Arg { name, at, mark, constraints });
                }
                Some(arg) if arg.mark != mark && [arg.mark, mark].contains(&Mark::Below) => {
                    let sentence = format!(
                        "the argument {} has `/**` in one place and not in another; put limits on the members inside it",
                        Backticked(&name)
                    );
                    return Err(self.error(at, sentence));
                }
                Some(arg) if arg.mark != mark => {
                    let sentence = format!(
                        "the argument {} is optional in one place and required in another; write `?` in both or in neither",
                        Backticked(&name)
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

    /// Reads a limit on an argument, or on each element of a list.
    fn limit(&mut self) -> Result<Constraint, AllowError> {
        let at = self.at;
        if !self.skip_all("[]") {
            return self.comparison();
        }
        if self.is_at_blank() {
            return Err(self.error(self.at, "a limit on each element is missing after `[]`"));
        }
        if self.peek() == Some('?') {
            return Err(self.error(self.at, "write `?` before `[]`"));
        }
        let limit = self.comparison()?;
        Constraint::each(limit).map_err(|e| self.error(at, e))
    }

    /// Reads an operator and a value.
    fn comparison(&mut self) -> Result<Constraint, AllowError> {
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
                Err(self.error(at, "an integer is expected here, not a string"))
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
                    Some(c @ ('^' | '$')) => format!("`{c}` is not an operator; write `{c}=`"),
                    Some('!') => {
                        "`!` is not an operator; write `none_of` in a `--capabilities` file"
                            .to_owned()
                    }
                    Some('?') => "one `?` is enough".to_owned(),
                    _ => {
                        "an operator or a blank is expected here; put the whole name in double quotes"
                            .to_owned()
                    }
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
                Err(self.error(self.at, format!("`{symbol}` is not an operator; {instead}")))
            }
        }
    }

    /// Reads an integer as JSON writes it, or with a plus sign or leading zeros.
    fn integer(&self, at: usize, text: &str) -> Result<i64, AllowError> {
        let number = text.parse().ok().or_else(|| match serde_json::from_str(text) {
            Ok(Value::Integer(number)) => Some(number),
            _ => None,
        });
        number.filter(|n| n.unsigned_abs() <= MAX_INTEGER.unsigned_abs()).ok_or_else(|| {
            let sentence =
                format!("an integer within ±(2^53 − 1) is expected here, not {}", Backticked(text));
            self.error(at, sentence)
        })
    }

    /// Reads an unquoted value after `=`: JSON or a string, as [`read_bare`] says. An argument of a
    /// call is read by the same rule.
    fn value(&self, at: usize, text: String) -> Result<Value, AllowError> {
        match read_bare(&text) {
            Bare::Json => {}
            // The first part of a list with a blank in it must not pass as a string.
            Bare::Text { .. } if text.starts_with(['[', '{', '"']) => {
                let sentence =
                    "this is not JSON; write it without blanks, or as a string in double quotes";
                return Err(self.error(at, sentence));
            }
            Bare::Text { number: Some(number) } if number.parse::<i64>().is_ok() => {
                let sentence = format!(
                    "{} can be a string or the number {number}; write `{number}`, or put it in double quotes",
                    Backticked(&text)
                );
                return Err(self.error(at, sentence));
            }
            Bare::Text { number: None } => return Ok(text.into()),
            // A float, in any spelling.
            Bare::Text { number: Some(_) } => {}
        }
        serde_json::from_str(&text).map_err(|_| {
            let sentence = format!(
                "no limit can compare {}; give an integer, a string, a boolean, null or a list of these, or put it in double quotes",
                Backticked(&text)
            );
            self.error(at, sentence)
        })
    }
}

/// Returns the index of the first character that no operation can have, or 0 if there is none.
fn invalid_in_operation(text: &str) -> usize {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || "._-:/*".contains(c);
    text.chars().position(|c| !is_valid(c)).unwrap_or(0)
}

/// Returns the same for a resource: the first character that none can have, or the first segment
/// that is at fault by itself.
fn invalid_in_resource(text: &str) -> usize {
    let is_invalid = |c: char| "\\%".contains(c) || is_invisible(c);
    if let Some(at) = text.chars().position(is_invalid) {
        return at;
    }
    let mut at = 0_usize;
    for segment in text.split('/') {
        if segment.parse::<ResourcePattern>().is_err() && !matches!(segment, "*" | "**") {
            return segment.chars().position(|c| c == '*').unwrap_or(0).saturating_add(at);
        }
        at = at.saturating_add(segment.chars().count()).saturating_add(1);
    }
    text.chars().position(|c| c == '*').unwrap_or(0)
}
