//! Paths among tokens that `syn` does not parse: the arguments of macros and attributes.

use syn::buffer::{Cursor, TokenBuffer};
use syn::ext::IdentExt;
use syn::{Ident, Lit, LitStr};

/// The paths that tokens may name.
#[derive(Default)]
pub(super) struct Scan {
    /// Every path in them, also single words.
    pub(super) paths: Vec<Vec<String>>,
    /// The strings in attributes. Strings elsewhere are texts, not names.
    pub(super) strings: Vec<LitStr>,
}

impl Scan {
    /// Scans the tokens that a macro gets or, in `macro_rules!`, consists of.
    pub(super) fn of_macro(tokens: &TokenBuffer) -> Self {
        let mut scan = Self::default();
        scan.add(tokens.begin(), false);
        scan
    }

    /// Scans the tokens in the parentheses of an attribute.
    pub(super) fn of_attribute(name: &Ident, arguments: &TokenBuffer) -> Self {
        let mut scan = Self::default();
        scan.add_attribute(name, arguments.begin());
        scan
    }

    fn add(&mut self, mut at: Cursor<'_>, in_attribute: bool) {
        while !at.eof() {
            at = if let Some((first, rest)) = at.ident() {
                self.add_path(&first, rest)
            } else if let Some((name, arguments, rest)) = attribute(at) {
                let after = self.add_path(&name, arguments);
                let arguments = after.any_group().map_or(after, |(inside, ..)| inside);
                self.add_attribute(&name, arguments);
                rest
            } else if let Some((inside, _, _, rest)) = at.any_group() {
                self.add(inside, in_attribute);
                rest
            } else if let Some((literal, rest)) = at.literal() {
                if let Lit::Str(text) = Lit::new(literal) {
                    self.paths.extend(captured(&text.value()));
                    self.strings.extend(in_attribute.then_some(text));
                }
                rest
            } else {
                at.token_tree().unwrap().1
            };
        }
    }

    /// Adds what an attribute names, without documentation and the conditions of `cfg`.
    fn add_attribute(&mut self, name: &Ident, arguments: Cursor<'_>) {
        match name.to_string().as_str() {
            "doc" | "cfg" => {}
            "cfg_attr" => {
                let mut at = arguments;
                while !at.eof() && punctuation(at, ',').is_none() {
                    at = at.token_tree().unwrap().1;
                }
                self.add(at, true);
            }
            _ => self.add(arguments, true),
        }
    }

    /// Adds the path that starts with `first`, and returns the position after it.
    fn add_path<'a>(&mut self, first: &Ident, mut at: Cursor<'a>) -> Cursor<'a> {
        let mut path = vec![unraw(first)];
        while let Some(after) = punctuation(at, ':').and_then(|at| punctuation(at, ':')) {
            let Some((word, rest)) = after.ident() else { break };
            path.push(unraw(&word));
            at = rest;
        }
        self.paths.push(path);
        at
    }
}

/// The position after a punctuation mark, if `at` is just before it.
fn punctuation(at: Cursor<'_>, mark: char) -> Option<Cursor<'_>> {
    at.punct().filter(|(punct, _)| punct.as_char() == mark).map(|(_, rest)| rest)
}

/// An attribute at `at`: its first word, the tokens after that word, and the position after it.
fn attribute(at: Cursor<'_>) -> Option<(Ident, Cursor<'_>, Cursor<'_>)> {
    let at = punctuation(at, '#')?;
    let (inside, _, _, rest) = punctuation(at, '!').unwrap_or(at).any_group()?;
    let (name, arguments) = inside.ident()?;
    Some((name, arguments, rest))
}

/// The names in braces that a format string captures, each as a path.
fn captured(text: &str) -> impl Iterator<Item = Vec<String>> {
    let ends = |c: char| !c.is_alphanumeric() && c != '_';
    text.split('{').skip(1).filter_map(move |rest| Some(vec![rest.split(ends).next()?.to_owned()]))
}

/// The name of an identifier: `b` for `r#b`.
pub(super) fn unraw(ident: &Ident) -> String {
    ident.unraw().to_string()
}
