//! The rules for the parameters of constraints in a token.

use std::collections::BTreeSet;

use super::fault::ParameterType;
use super::permits::all_have_type_of;
use super::{Constraint, ConstraintError};
use crate::limits::{MAX_INTEGER, MAX_LIST, MAX_STRING_BYTES};
use crate::request::value::Value;

impl Constraint {
    /// Checks that the parameter has the type and size that its kind takes. Grants are checked when
    /// written and when read; `permits` and `within` also accept unchecked constraints.
    pub(crate) fn check(&self) -> Result<(), ConstraintError> {
        match self {
            Self::Equals(Value::List(items)) => {
                self.check_count(items.len())?;
                self.check_scalars(items)
            }
            Self::Equals(value) => self.check_scalars([value]),
            Self::OneOf(set) | Self::SubsetOf(set) | Self::ContainsAll(set) => {
                self.check_set_size(set)?;
                self.check_scalars(set)
            }
            Self::NoneOf(set) => {
                self.check_set_size(set)?;
                self.check_scalars(set)?;
                self.check_one_type(set)
            }
            Self::Min(bound) | Self::Max(bound) => {
                let is_fine = bound.unsigned_abs() <= MAX_INTEGER.unsigned_abs();
                self.require(is_fine, ParameterType::Integer, bound)
            }
            Self::Prefix(text) | Self::Suffix(text) => {
                let is_fine = (1..=MAX_STRING_BYTES).contains(&text.len());
                self.require(is_fine, ParameterType::Text, text)
            }
            Self::MaxLen(length) => {
                let is_fine = *length <= MAX_INTEGER.unsigned_abs();
                self.require(is_fine, ParameterType::Length, length)
            }
            Self::Url(pattern) => pattern.check(),
            // An `each` cannot contain another, so this recurses only once.
            Self::Each(limit) => match limit.kind().refused_by_each() {
                Some(remedy) => {
                    Err(ConstraintError::Element { found: limit.kind().to_string(), remedy })
                }
                None => limit.check(),
            },
            // These types have no invalid values.
            Self::Glob(_) | Self::Subpath(_) | Self::Cidr(_) => Ok(()),
        }
    }

    fn check_set_size(&self, set: &BTreeSet<Value>) -> Result<(), ConstraintError> {
        if set.is_empty() {
            return Err(ConstraintError::Empty { kind: self.kind().as_str() });
        }
        self.check_count(set.len())
    }

    fn check_count(&self, found: usize) -> Result<(), ConstraintError> {
        if found <= MAX_LIST {
            return Ok(());
        }
        Err(ConstraintError::TooMany { kind: self.kind().as_str(), found })
    }

    fn check_scalars<'v>(
        &self,
        values: impl IntoIterator<Item = &'v Value>,
    ) -> Result<(), ConstraintError> {
        let is_fine = |value: &Value| match value {
            Value::Null | Value::Bool(_) => true,
            Value::Integer(i) => i.unsigned_abs() <= MAX_INTEGER.unsigned_abs(),
            Value::String(s) => s.len() <= MAX_STRING_BYTES,
            Value::List(_) => false,
        };
        values
            .into_iter()
            .try_for_each(|value| self.require(is_fine(value), ParameterType::Scalars, value))
    }

    fn check_one_type(&self, set: &BTreeSet<Value>) -> Result<(), ConstraintError> {
        set.iter().try_for_each(|value| {
            let is_fine = *value != Value::Null && all_have_type_of(set, value);
            self.require(is_fine, ParameterType::OneType, value)
        })
    }

    fn require(
        &self,
        is_fine: bool,
        expected: ParameterType,
        found: impl ToString,
    ) -> Result<(), ConstraintError> {
        if is_fine {
            return Ok(());
        }
        Err(ConstraintError::Parameter {
            kind: self.kind().as_str(),
            expected,
            found: found.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_parameters_are_refused() {
        let long = "x".repeat(MAX_STRING_BYTES);
        let many = 0..=256_i64;
        let nested = Value::List(vec![Value::List(Vec::new())]);
        let cases = [
            Constraint::equals(nested),
            Constraint::equals(MAX_INTEGER.saturating_add(1)),
            Constraint::equals(format!("{long}x")),
            Constraint::equals(many.clone().collect::<Vec<_>>()),
            Constraint::one_of(Vec::<Value>::new()),
            Constraint::one_of([Value::List(Vec::new())]),
            Constraint::one_of(many.clone()),
            Constraint::none_of(Vec::<Value>::new()),
            Constraint::none_of([Value::Null]),
            Constraint::none_of([Value::from(1), Value::from("1")]),
            Constraint::none_of([Value::Null, Value::from(true)]),
            Constraint::min(MAX_INTEGER.saturating_add(1)),
            Constraint::max(i64::MIN),
            Constraint::prefix(""),
            Constraint::suffix(format!("{long}x")),
            Constraint::max_len(MAX_INTEGER.unsigned_abs().saturating_add(1)),
            Constraint::subset_of(Vec::<Value>::new()),
            Constraint::contains_all(many),
            Constraint::Each(Box::new(Constraint::equals(1))),
            Constraint::Each(Box::new(Constraint::one_of([1]))),
            Constraint::Each(Box::new(Constraint::subset_of([1]))),
            Constraint::Each(Box::new(Constraint::contains_all([1]))),
            Constraint::Each(Box::new(Constraint::Each(Box::new(Constraint::max(1))))),
            Constraint::Each(Box::new(Constraint::prefix(""))),
        ];
        for case in cases {
            assert!(case.check().is_err(), "{case:?}");
        }
        for case in [
            Constraint::equals(Vec::<Value>::new()),
            Constraint::equals(vec![Value::Null, Value::from(1)]),
            Constraint::one_of([Value::Null, Value::from(1), Value::from("1")]),
            Constraint::none_of(0..256_i64),
            Constraint::none_of([true]),
            Constraint::max(MAX_INTEGER),
            Constraint::min(MAX_INTEGER.saturating_neg()),
            Constraint::prefix(long),
            Constraint::max_len(0),
            Constraint::Each(Box::new(Constraint::max_len(0))),
        ] {
            assert_eq!(case.check(), Ok(()), "{case}");
        }
    }
}
