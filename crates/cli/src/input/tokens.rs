//! Many tokens: arguments, and files with one in each line.

use std::io::Read;
use std::path::Path;

use crate::input::encoding;
use crate::input::source::Source;
use crate::input::token::TokenText;
use crate::limits::MAX_TOKENS_BYTES;
use crate::output::{Error, Output, shell};

/// The text of a token, and a name for it in messages.
#[derive(Debug)]
pub struct NamedText {
    /// The file, with the line if it has several, or the place among the arguments.
    pub name: String,
    /// The text, without white space around it.
    pub text: String,
}

/// Reads each argument itself, the lines of the file after `@`, or those of standard input for `-` or
/// no argument. Blank lines are skipped.
///
/// # Errors
///
/// If there is nothing to read, or too much.
pub fn read_many(arguments: &[&str], output: &Output) -> Result<Vec<NamedText>, Error> {
    let arguments = if arguments.is_empty() { &["-"][..] } else { arguments };
    let mut texts = Vec::new();
    for (place, argument) in arguments.iter().enumerate() {
        let path = argument.strip_prefix('@').or(Some(*argument).filter(|own| *own == "-"));
        let Some(path) = path else {
            let text = TokenText::read(Some(argument), output)?.as_str().to_owned();
            texts.push(NamedText { name: format!("token {}", place.saturating_add(1)), text });
            continue;
        };
        let name = match path {
            "-" => "standard input".to_owned(),
            path => shell::path(Path::new(path)),
        };
        let content = read(Path::new(path)).map_err(|why| Error::about(&name, why))?;
        let lines = content.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        let lines: Vec<_> = lines.collect();
        if lines.is_empty() {
            return Err(Error::about(&name, "there is no token in it"));
        }
        let is_one = lines.len() == 1;
        texts.extend(lines.into_iter().map(|(line, text)| {
            let name = match is_one {
                true => name.clone(),
                false => format!("{name}:{}", line.saturating_add(1)),
            };
            NamedText { name, text: text.to_owned() }
        }));
    }
    Ok(texts)
}

fn read(path: &Path) -> Result<String, String> {
    let source = Source::open(path, "the tokens")?;
    let mut bytes = Vec::new();
    let limit = MAX_TOKENS_BYTES.saturating_add(1);
    let length = source.take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if u64::try_from(length).is_ok_and(|length| length > MAX_TOKENS_BYTES) {
        return Err(format!("at most {MAX_TOKENS_BYTES} bytes of tokens are read"));
    }
    encoding::utf8(&bytes).map(str::to_owned).map_err(|why| why.to_string())
}
