//! Tools that a person takes from calls that nobody presented.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use deputize::Capability;
use deputize::text::{Backticked, Quoted};
use deputize_audit::{Review, Take, Taken};

use super::{beyond, words};
use crate::input::grant_file::GrantFile;
use crate::output::{Error, Output};

/// The operation of a tool that is named alone.
const TOOL_CALL: &str = "tools/call";

/// The tool and the arguments of `--take`.
#[derive(Debug, Clone)]
pub struct Taking(pub(crate) Take);

impl FromStr for Taking {
    type Err = String;

    /// Reads `TOOL: ARGUMENT, ARGUMENT=any`, or with `OPERATION TOOL` in front. A name with a blank or one of
    /// `:,="` is written as a JSON string.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens(text);
        let mut names = Vec::new();
        loop {
            match tokens.next()? {
                Some(Token::Name(name)) => names.push(name),
                Some(Token::Sign(':')) => break,
                _ => return Err("write the tool, a colon, and its arguments".to_owned()),
            }
        }
        let (operation, resource) = match names.as_slice() {
            [tool] => (TOOL_CALL, tool.as_str()),
            [operation, resource] => (operation.as_str(), resource.as_str()),
            _ => {
                return Err("before the colon, write a tool, or an operation and a resource".into());
            }
        };
        let operation =
            operation.parse().map_err(|why| format!("{}: {why}", Backticked(operation)))?;
        let resource =
            resource.parse().map_err(|why| format!("{}: {why}", Backticked(resource)))?;
        let mut args = BTreeMap::new();
        let mut next = tokens.next()?;
        while let Some(token) = next {
            let Token::Name(name) = token else { return Err("an argument has no name".to_owned()) };
            next = tokens.next()?;
            let mut is_any = false;
            if next == Some(Token::Sign('=')) {
                match tokens.next()? {
                    Some(Token::Name(any)) if any == "any" => is_any = true,
                    _ => return Err(format!("after {}=, write any", Backticked(&name))),
                }
                next = tokens.next()?;
            }
            let shown = Backticked(&name).to_string();
            if args.insert(name, is_any).is_some() {
                return Err(format!("the argument {shown} is there twice"));
            }
            next = match next {
                None => None,
                Some(Token::Sign(',')) => match tokens.next()? {
                    Some(token) => Some(token),
                    None => return Err("an argument has no name".to_owned()),
                },
                Some(_) => return Err(format!("behind {shown}, write a comma")),
            };
        }
        Ok(Self(Take { operation, resource, args }))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Sign(char),
}

/// The rest of the text.
struct Tokens<'a>(&'a str);

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, String> {
        self.0 = self.0.trim_start();
        let Some(first) = self.0.chars().next() else { return Ok(None) };
        if first == '"' {
            let mut strings = serde_json::Deserializer::from_str(self.0).into_iter::<String>();
            let name = strings.next().and_then(Result::ok);
            let name = name.ok_or("a name in quotation marks is not a JSON string")?;
            self.0 = self.0.get(strings.byte_offset()..).unwrap_or_default();
            return Ok(Some(Token::Name(name)));
        }
        if matches!(first, ':' | ',' | '=') {
            self.0 = self.0.get(first.len_utf8()..).unwrap_or_default();
            return Ok(Some(Token::Sign(first)));
        }
        let end = |own: char| own.is_whitespace() || matches!(own, ':' | ',' | '=' | '"');
        let at = self.0.find(end).unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at_checked(at).unwrap_or((self.0, ""));
        self.0 = rest;
        Ok(Some(Token::Name(name.to_owned())))
    }
}

/// Prints the grant for what was taken. Standard error says of each capability what it permits.
pub(super) fn print(review: &Review, output: &Output) -> Result<(), Error> {
    let (mut capabilities, mut audiences) = (Vec::new(), BTreeSet::new());
    for own in &review.taken {
        let capability = own.capability.as_ref().map_err(|why| {
            let (operation, resource) = (own.take.operation.as_str(), own.take.resource.as_str());
            let tool = format!("{operation} {resource}");
            Error::about(format_args!("--take {}", Backticked(&tool)), why)
        })?;
        notes(own, capability, output);
        capabilities.push(capability.clone());
        audiences.extend(own.audiences.iter().cloned());
    }
    output.note("WARNING: anybody can have made these calls, and chosen their values; read the grant before you mint it");
    output.print_json(&GrantFile {
        capabilities,
        audience: Some(audiences),
        delegates: None,
        max_hops: 0,
    })
}

fn notes(own: &Taken, capability: &Capability, output: &Output) {
    let resource = Quoted(own.take.resource.as_str()).to_string();
    output.note(format_args!(
        "{resource}: {} of nobody are covered, {} have other arguments and are not",
        words::calls(own.covered),
        own.others
    ));
    output.note(format_args!("{resource}: grants {capability}"));
    for line in beyond::lines(std::slice::from_ref(capability), &own.beyond) {
        output.note(format_args!("beyond what was seen: {line}"));
    }
}
