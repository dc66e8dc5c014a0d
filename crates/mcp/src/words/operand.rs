//! Operands: values that a person writes after a word.

use deputize::limits::MAX_INTEGER;
use deputize::{ConstraintError, Subpath};
use serde_json::Value as Json;

use super::error::WordError;
use super::kind::ArgumentKind;

/// Returns the word with which the text begins, and the rest. Operations of services have a full
/// stop, slash or colon in them and so are not words; one without these stands in double quotes.
pub(super) fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (first, rest) = text.split_at_checked(end_of_word(text))?;
    let is_of_word = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    (!first.is_empty() && first.bytes().all(is_of_word)).then_some((first, rest))
}

/// Returns true for the name of a word: a lower-case letter, then letters, digits and hyphens.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Splits a text into operands, in the way of [`Capability`](deputize::Capability)'s `FromStr`.
pub(super) fn operands(text: &str) -> Result<Vec<String>, WordError> {
    let mut operands = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (operand, after) = match rest.starts_with('"') {
            true => quoted(rest)?,
            false => plain(rest)?,
        };
        if operand.is_empty() {
            return Err(WordError::Empty);
        }
        operands.push(operand);
        rest = after.trim_start();
    }
    Ok(operands)
}

fn quoted(text: &str) -> Result<(String, &str), WordError> {
    let error = || WordError::Quotes { found: text.to_owned() };
    let mut read = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let operand = read.next().and_then(Result::ok).ok_or_else(error)?;
    let (_, after) = text.split_at_checked(read.byte_offset()).ok_or_else(error)?;
    match after.is_empty() || after.starts_with(char::is_whitespace) {
        true => Ok((operand, after)),
        false => Err(error()),
    }
}

fn plain(text: &str) -> Result<(String, &str), WordError> {
    let (operand, after) = text.split_at_checked(end_of_word(text)).unwrap_or((text, ""));
    let is_quotation = |c| "\"'`‘’“”„«»".contains(c);
    match operand.contains('"') || operand.starts_with(is_quotation) {
        true => Err(WordError::Quotes { found: operand.to_owned() }),
        false => Ok((operand.to_owned(), after)),
    }
}

fn end_of_word(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}

/// Returns an operand as the value that the grammar of capabilities reads in one way only.
pub(super) fn written(operand: &str, kind: ArgumentKind) -> Result<String, WordError> {
    let not = |expected| WordError::NotAValue { found: operand.to_owned(), expected };
    match kind {
        ArgumentKind::Count | ArgumentKind::Number => {
            let number: Option<i64> = operand.parse().ok();
            let number = number.filter(|own| own.unsigned_abs() <= MAX_INTEGER.unsigned_abs());
            number.map(|own| own.to_string()).ok_or_else(|| not("an integer within ±(2^53 − 1)"))
        }
        ArgumentKind::Flag => match operand {
            "true" | "false" => Ok(operand.to_owned()),
            _ => Err(not("`true` or `false`")),
        },
        ArgumentKind::Path | ArgumentKind::Paths => {
            check_path(operand, true).map(|()| text(operand))
        }
        ArgumentKind::File | ArgumentKind::Files => {
            check_path(operand, false).map(|()| text(operand))
        }
        ArgumentKind::Url
        | ArgumentKind::Urls
        | ArgumentKind::Name
        | ArgumentKind::Names
        | ArgumentKind::Code
        | ArgumentKind::Objects
        | ArgumentKind::Choice
        | ArgumentKind::Text
        | ArgumentKind::Texts => Ok(text(operand)),
    }
}

/// Writes a JSON string: the grammar takes all of it as one value.
fn text(operand: &str) -> String {
    Json::from(operand).to_string()
}

/// Checks that a path is in the one spelling that limits compare.
fn check_path(operand: &str, is_absolute: bool) -> Result<(), WordError> {
    let found = || operand.to_owned();
    if operand.starts_with('/') != is_absolute {
        return Err(match is_absolute {
            true => WordError::NotAbsolute { found: found() },
            false => WordError::NotInside { found: found() },
        });
    }
    // GitPython and shells expand variables, and git reads `:(top)` as its own syntax.
    if operand.contains('$') || operand.starts_with(['~', ':']) {
        return Err(WordError::Expanded { found: found() });
    }
    let canonical = canonical(operand, is_absolute);
    if canonical != operand && canonical.parse::<Subpath>().is_ok() {
        return Err(WordError::Spelling { found: found(), instead: canonical });
    }
    let path: Result<Subpath, ConstraintError> = operand.parse();
    path.map(|_| ()).map_err(|error| WordError::Path { error: Box::new(error) })
}

/// Returns the path without empty segments and without `.`. A `..` stays, and is refused: where it
/// leads depends on links.
fn canonical(path: &str, is_absolute: bool) -> String {
    let segments = path.split('/').filter(|own| !own.is_empty() && *own != ".");
    let root = if is_absolute { "/" } else { "" };
    root.to_owned() + &segments.collect::<Vec<_>>().join("/")
}
