//! Limits: an operator, or the kind of a limit by its name, and a value.

use super::error::GrammarError;
use super::fault::GrammarFault;
use super::scanner::{Piece, Scanner};
use super::value::{integer, looks_like_range};
use crate::constraint::{Constraint, ConstraintError, ConstraintKind, ParameterType, UrlPattern};

/// The operators, longer ones first, with the kind for which each is short.
const OPERATORS: [(&str, ConstraintKind); 6] = [
    ("<=", ConstraintKind::Max),
    (">=", ConstraintKind::Min),
    ("^=", ConstraintKind::Prefix),
    ("$=", ConstraintKind::Suffix),
    ("=", ConstraintKind::Equals),
    ("~", ConstraintKind::Glob),
];

/// Slips in operators, with the remedy. These begin like an operator, so they are looked for before
/// it.
const SLIPS: [(&str, &str); 5] = [
    ("==", "write `=`"),
    ("=<", "write `<=`, or the value in double quotes"),
    ("=>", "write `>=`, or the value in double quotes"),
    ("=~", "write `~`, or the value in double quotes"),
    ("~=", "write `~`"),
];

/// Those that begin like no operator, longer texts first.
const OTHER_OPERATORS: [(&str, &str); 7] = [
    ("*=", "write a glob after `~`, or the values after `:one_of=`"),
    ("!=", "write `:none_of=`"),
    ("!", "write `:none_of=`"),
    ("<", "write `<=`"),
    (">", "write `>=`"),
    ("^", "write `^=`"),
    ("$", "write `$=`"),
];

/// Returns true if a word in the place of the resource is rather an argument with a limit, or `...`.
///
/// Such texts are resources too, but `crm.read limit<=100` lacks one. A single `=` occurs in the
/// names of partitions, such as `sales/year=2026`.
pub(super) fn looks_like_argument(word: &str) -> bool {
    let has_operator = ["<=", ">=", "^=", "$="].iter().any(|operator| word.contains(operator));
    let has_kind = word.split(':').skip(1).any(|after| {
        let kind = after.split_once('=').map(|(kind, _)| kind.parse::<ConstraintKind>());
        matches!(kind, Some(Ok(_)))
    });
    let is_comparison = !word.contains('/') && word.contains('=');
    word == "..." || has_operator || has_kind || is_comparison
}

/// One limit as written: a range is two constraints.
pub(super) enum Limit {
    One(Constraint),
    /// Integers from the first to the second, both included: `0..100`.
    Range(i64, i64),
}

impl Scanner<'_> {
    /// Reads the limit on an argument, or on each element of a list.
    pub(super) fn limit(&mut self) -> Result<Limit, GrammarError> {
        let at = self.at;
        if !self.skip_all("[]") {
            return self.comparison();
        }
        if self.is_at_blank() {
            return Err(self.error(self.at, GrammarFault::NoLimitOnElements));
        }
        if self.peek() == Some('?') {
            return Err(self.error(self.at, GrammarFault::OptionalAfterElements));
        }
        match self.comparison()? {
            Limit::One(limit) => {
                Constraint::each(limit).map(Limit::One).map_err(|e| self.error(at, e))
            }
            Limit::Range(..) => Err(self.error(at, GrammarFault::RangeOnElements)),
        }
    }

    fn comparison(&mut self) -> Result<Limit, GrammarError> {
        if self.skip(':') {
            let kind = self.kind()?;
            return self.parameter(kind).map(Limit::One);
        }
        let kind = self.operator()?;
        if kind == ConstraintKind::Equals && self.is_at_range() {
            return self.range();
        }
        self.parameter(kind).map(Limit::One)
    }

    /// Reads `KIND=`.
    fn kind(&mut self) -> Result<ConstraintKind, GrammarError> {
        let at = self.at;
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.error(at, GrammarFault::NoKind));
        }
        let kind = word.parse().map_err(|e: ConstraintError| self.error(at, e))?;
        match self.skip('=') {
            true if kind == ConstraintKind::Each => Err(self.error(at, GrammarFault::EachAsKind)),
            true => Ok(kind),
            false => Err(self.error(self.at, GrammarFault::NoEquals { kind })),
        }
    }

    pub(super) fn operator(&mut self) -> Result<ConstraintKind, GrammarError> {
        self.refuse_one_of(&SLIPS)?;
        if let Some((symbol, kind)) = OPERATORS.iter().find(|(own, _)| self.starts_with(own)) {
            self.at = self.at.saturating_add(symbol.len());
            return Ok(*kind);
        }
        self.refuse_one_of(&OTHER_OPERATORS)?;
        let fault = match self.peek() {
            Some('?') => GrammarFault::OptionalTwice,
            _ => GrammarFault::NoOperator,
        };
        Err(self.error(self.at, fault))
    }

    fn refuse_one_of(&self, list: &[(&'static str, &'static str)]) -> Result<(), GrammarError> {
        match list.iter().find(|(symbol, _)| self.starts_with(symbol)) {
            None => Ok(()),
            Some((found, instead)) => {
                Err(self.error(self.at, GrammarFault::OtherOperator { found, instead }))
            }
        }
    }

    /// Reads the parameter of a limit, and checks it.
    fn parameter(&mut self, kind: ConstraintKind) -> Result<Constraint, GrammarError> {
        let at = self.at;
        let constraint = match kind {
            ConstraintKind::Equals => self.value().map(Constraint::Equals)?,
            ConstraintKind::OneOf => self.values(kind).map(Constraint::OneOf)?,
            ConstraintKind::NoneOf => self.values(kind).map(Constraint::NoneOf)?,
            ConstraintKind::Min => self.integer().map(Constraint::Min)?,
            ConstraintKind::Max => self.integer().map(Constraint::Max)?,
            ConstraintKind::Prefix => Constraint::Prefix(self.string(false)?.text),
            ConstraintKind::Suffix => Constraint::Suffix(self.string(false)?.text),
            ConstraintKind::Glob => self.parsed(Constraint::glob)?,
            ConstraintKind::Subpath => self.parsed(Constraint::subpath)?,
            ConstraintKind::Url => {
                self.parsed(|text| text.parse::<UrlPattern>().map(Constraint::Url))?
            }
            ConstraintKind::Cidr => self.parsed(Constraint::cidr)?,
            ConstraintKind::MaxLen => self.length().map(Constraint::MaxLen)?,
            ConstraintKind::SubsetOf => self.values(kind).map(Constraint::SubsetOf)?,
            ConstraintKind::ContainsAll => self.values(kind).map(Constraint::ContainsAll)?,
            ConstraintKind::Each => return Err(self.error(at, GrammarFault::EachAsKind)),
        };
        constraint.check().map_err(|e| self.error(at, e))?;
        Ok(constraint)
    }

    fn parsed(
        &mut self,
        parse: impl Fn(&str) -> Result<Constraint, ConstraintError>,
    ) -> Result<Constraint, GrammarError> {
        let Piece { at, text, .. } = self.string(false)?;
        parse(&text).map_err(|e| self.error(at, e))
    }

    fn length(&mut self) -> Result<u64, GrammarError> {
        let Piece { at, text, .. } = self.numeral()?;
        text.parse().map_err(|_| {
            let (kind, expected) = (ConstraintKind::MaxLen.as_str(), ParameterType::Length);
            self.error(at, ConstraintError::Parameter { kind, expected, found: text })
        })
    }

    fn is_at_range(&self) -> bool {
        looks_like_range(&self.next_word())
    }

    /// Reads `MIN..MAX`.
    fn range(&mut self) -> Result<Limit, GrammarError> {
        let Piece { at, text, .. } = self.numeral()?;
        let ends = text.split_once("..").and_then(|(a, b)| Some((integer(a)?, integer(b)?)));
        match ends {
            None => Err(self.error(at, GrammarFault::NotARange { found: text })),
            Some((min, max)) if min > max => {
                Err(self.error(at, GrammarFault::EmptyRange { min, max }))
            }
            Some((min, max)) => Ok(Limit::Range(min, max)),
        }
    }
}
