//! Limits of a word, with places for its operands.

use deputize::{Capability, Constraint, GrammarError, OtherArgs, Presence, Value};
use serde_json::Value as Json;

use super::error::{VocabularyFault, WordError};
use super::kind::ArgumentKind;
use super::operand::written;

/// The limits of a word on one argument: texts as they follow its name in `--allow`, all of which
/// must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limit {
    texts: Vec<Vec<Piece>>,
}

/// The argument may be absent, and may have any value.
pub(super) const OPEN: Limit = Limit { texts: Vec::new() };

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The index of an operand.
    Operand(usize),
}

impl Limit {
    /// Splits the texts at their operands.
    pub(super) fn parse(texts: &[String]) -> Result<Self, VocabularyFault> {
        let texts = texts.iter().map(|text| pieces(text)).collect::<Result<_, _>>()?;
        Ok(Self { texts })
    }

    /// Returns the indices of the operands.
    pub(super) fn operands(&self) -> impl Iterator<Item = usize> {
        self.texts.iter().flatten().filter_map(|piece| match piece {
            Piece::Operand(index) => Some(*index),
            Piece::Text(_) => None,
        })
    }

    /// Adds the argument with these limits to a capability.
    ///
    /// The text of each limit is read by itself, as the limit of this one argument: whatever an
    /// operand or a vocabulary has in it, it limits no other argument and adds none.
    pub(super) fn add(
        &self,
        capability: Capability,
        name: &str,
        kind: ArgumentKind,
        operands: &[String],
    ) -> Result<Capability, WordError> {
        let tool = capability.resource().clone();
        let error = |error| WordError::Capability { tool, error: Box::new(error) };
        let (presence, constraints) = match self.texts.as_slice() {
            [] => (Presence::Optional, Vec::new()),
            texts => read(texts, name, kind, operands)?,
        };
        match presence {
            Presence::Required => capability.with_arg(name, constraints),
            Presence::Optional => capability.with_optional_arg(name, constraints),
            Presence::Below => capability.with_below(name),
        }
        .map_err(error)
    }
}

/// Reads the limits of one argument with the grammar of capabilities.
fn read(
    texts: &[Vec<Piece>],
    name: &str,
    kind: ArgumentKind,
    operands: &[String],
) -> Result<(Presence, Vec<Constraint>), WordError> {
    let mut text = "x x".to_owned();
    for limit in texts {
        text.push(' ');
        text.push_str(&Json::from(name).to_string());
        for piece in limit {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Operand(index) => {
                    let operand = operands.get(*index).map(String::as_str).unwrap_or_default();
                    text.push_str(&written(operand, kind)?);
                }
            }
        }
    }
    let shown = || name.to_owned();
    let read: Capability = text.parse().map_err(|error: GrammarError| WordError::Limit {
        name: shown(),
        fault: Box::new(error.fault),
    })?;
    let mut arguments = read.args().iter();
    match (arguments.next(), arguments.next()) {
        (Some((own, limits)), None) if own == name && read.other_args() == OtherArgs::Deny => {
            match fits(kind, limits.presence(), limits.constraints()) {
                true => Ok((limits.presence(), limits.constraints().to_vec())),
                false => Err(WordError::Shape { name: shown(), kind }),
            }
        }
        _ => Err(WordError::OtherArguments { name: shown() }),
    }
}

/// Splits a text at `{0}` to `{9}`, each of which stands for one whole value.
fn pieces(text: &str) -> Result<Vec<Piece>, VocabularyFault> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((at, index)) = next_operand(rest) {
        let (before, after) = (rest.get(..at), rest.get(at.saturating_add(3)..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let is_whole =
            before.ends_with(['=', '~', ',']) && (after.is_empty() || after.starts_with(','));
        if !is_whole {
            return Err(VocabularyFault::NotAValue { found: text.to_owned(), index });
        }
        pieces.push(Piece::Text(before.to_owned()));
        pieces.push(Piece::Operand(index));
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// Returns the place of the next operand, in bytes, and its index.
fn next_operand(text: &str) -> Option<(usize, usize)> {
    text.match_indices('{').find_map(|(at, _)| {
        let mut chars = text.get(at..)?.chars().skip(1);
        let index = usize::try_from(chars.next()?.to_digit(10)?).ok()?;
        (chars.next()? == '}').then_some((at, index))
    })
}

/// Returns true if an argument of this kind can satisfy the limits: no word grants something that no
/// call can have.
fn fits(kind: ArgumentKind, presence: Presence, constraints: &[Constraint]) -> bool {
    let is_for_lists = |limit: &Constraint| match limit {
        Constraint::Each(_) | Constraint::SubsetOf(_) | Constraint::ContainsAll(_) => Some(true),
        // For texts and for lists.
        Constraint::MaxLen(_) => None,
        Constraint::Equals(value) => Some(matches!(value, Value::List(_))),
        _ => Some(false),
    };
    match kind {
        // It has no value that a limit could judge.
        ArgumentKind::Objects => presence == Presence::Below,
        _ => constraints.iter().filter_map(is_for_lists).all(|own| own == kind.is_list()),
    }
}
