//! Limits on one argument of a call.

mod fault;
mod error;
mod work;
mod path;
mod glob;
mod subpath;
mod address;
mod host;
mod url_text;
mod url;
mod cidr;
mod each;
mod check;
mod within;
mod json;
mod display;

use std::collections::BTreeSet;
use std::mem::discriminant;

use crate::request::value::Value;

pub use cidr::Cidr;
pub use error::ConstraintError;
pub use fault::{CidrFault, GlobFault, ParameterType, UrlFault, UrlPart};
pub use glob::Glob;
pub use subpath::Subpath;
pub use url::UrlPattern;
pub(crate) use work::Budget;

/// One limit on one argument.
///
/// Closed on purpose: a kind that a verifier does not know must deny, so a new one is a new version
/// of the format. The order of the kinds here is the order in which they are written.
///
/// ```
/// use deputize::{Constraint, Value};
///
/// let limit = Constraint::max(100);
/// assert!(limit.permits(&Value::from(5)));
/// assert!(!limit.permits(&Value::from("5")), "a string is no number");
/// assert!(Constraint::one_of([1, 2]).within(&limit));
/// assert_eq!(limit.to_string(), "<= 100");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constraint {
    /// This value: a scalar, or a list with the same elements in the same order.
    Equals(Value),
    /// One of these scalars.
    OneOf(BTreeSet<Value>),
    /// None of these strings, integers or truth values, all of one type. An argument of any other
    /// type is denied: whoever forbids `1` does not mean to permit `"1"`.
    NoneOf(BTreeSet<Value>),
    /// An integer, at least this.
    Min(i64),
    /// An integer, at most this.
    Max(i64),
    /// A string that starts with these characters.
    Prefix(String),
    /// A string that ends with these characters.
    Suffix(String),
    /// A string that is a path of this pattern.
    Glob(Glob),
    /// A string that is a path at or below this directory.
    Subpath(Subpath),
    /// A string that is such a URL.
    Url(UrlPattern),
    /// A string that is an address in this network.
    Cidr(Cidr),
    /// A string of at most so many bytes of UTF-8, or any list of at most so many elements, also
    /// one that no other limit can judge.
    MaxLen(u64),
    /// A list with no element but these scalars; the empty list too.
    SubsetOf(BTreeSet<Value>),
    /// A list that has all of these scalars among its elements.
    ContainsAll(BTreeSet<Value>),
    /// A list each element of which satisfies this limit; the empty list too. [`Constraint::each`]
    /// says which kinds it may be.
    Each(Box<Constraint>),
}

impl Constraint {
    /// Exactly this value.
    pub fn equals(value: impl Into<Value>) -> Self {
        Self::Equals(value.into())
    }

    /// One of these scalars.
    pub fn one_of(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::OneOf(set(values))
    }

    /// None of these, all strings, all integers or all truth values.
    pub fn none_of(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::NoneOf(set(values))
    }

    /// An integer of at least `bound`.
    pub fn min(bound: i64) -> Self {
        Self::Min(bound)
    }

    /// An integer of at most `bound`.
    pub fn max(bound: i64) -> Self {
        Self::Max(bound)
    }

    /// A string that starts with `text`.
    pub fn prefix(text: impl Into<String>) -> Self {
        Self::Prefix(text.into())
    }

    /// A string that ends with `text`.
    pub fn suffix(text: impl Into<String>) -> Self {
        Self::Suffix(text.into())
    }

    /// A path that fits `pattern`, as [`Glob`] describes it.
    ///
    /// # Errors
    ///
    /// [`ConstraintError::Glob`] for a pattern that could be read in two ways.
    pub fn glob(pattern: &str) -> Result<Self, ConstraintError> {
        pattern.parse().map(Self::Glob)
    }

    /// `directory` or a path below it, as [`Subpath`] describes it.
    ///
    /// # Errors
    ///
    /// [`ConstraintError::Subpath`] for a path that could be read in two ways.
    pub fn subpath(directory: &str) -> Result<Self, ConstraintError> {
        directory.parse().map(Self::Subpath)
    }

    /// A URL that fits `pattern`.
    pub fn url(pattern: UrlPattern) -> Self {
        Self::Url(pattern)
    }

    /// An address in `network`, as [`Cidr`] describes it.
    ///
    /// # Errors
    ///
    /// [`ConstraintError::Cidr`] for what is not the canonical text of a network.
    pub fn cidr(network: &str) -> Result<Self, ConstraintError> {
        network.parse().map(Self::Cidr)
    }

    /// A string of at most `length` bytes or a list of at most `length` elements.
    pub fn max_len(length: u64) -> Self {
        Self::MaxLen(length)
    }

    /// A list whose elements are all among these.
    pub fn subset_of(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::SubsetOf(set(values))
    }

    /// A list that has all of these among its elements.
    pub fn contains_all(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::ContainsAll(set(values))
    }

    /// A list each element of which satisfies `limit`, and the empty list.
    ///
    /// ```
    /// use deputize::{Constraint, Value};
    ///
    /// let files = Constraint::each(Constraint::subpath("/srv")?)?;
    /// assert!(files.permits(&Value::from(vec!["/srv/a", "/srv/b"])));
    /// assert!(!files.permits(&Value::from(vec!["/srv/a", "/etc/passwd"])));
    /// # Ok::<(), deputize::ConstraintError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConstraintError::Element`] for a limit that is on lists itself, and for `equals` and
    /// `one_of`, for which there is [`subset_of`](Self::subset_of).
    pub fn each(limit: Self) -> Result<Self, ConstraintError> {
        each::check_element(&limit)?;
        Ok(Self::Each(Box::new(limit)))
    }

    /// Whether this value is permitted. A value of a type that the constraint does not speak of is
    /// not; `null` is only where [`Equals`](Self::Equals) or [`OneOf`](Self::OneOf) names it.
    pub fn permits(&self, value: &Value) -> bool {
        self.permits_within(value, &Budget::unlimited())
    }

    /// Whether a list of so many elements is permitted, whatever they are: all that can be said of
    /// one that cannot be judged.
    pub(crate) fn permits_length(&self, length: usize) -> bool {
        matches!(self, Self::MaxLen(most) if is_at_most(length, *most))
    }

    /// As [`permits`](Self::permits), and `false` where there is no work left to find out.
    pub(crate) fn permits_within(&self, value: &Value, work: &Budget) -> bool {
        match (self, value) {
            (Self::Equals(own), value) => own == value,
            (Self::OneOf(set), value) => set.contains(value),
            (Self::NoneOf(set), value) => are_all_like(set, value) && !set.contains(value),
            (Self::Min(bound), Value::Integer(i)) => i >= bound,
            (Self::Max(bound), Value::Integer(i)) => i <= bound,
            (Self::Prefix(prefix), Value::String(s)) => s.starts_with(prefix),
            (Self::Suffix(suffix), Value::String(s)) => s.ends_with(suffix),
            (Self::Glob(glob), Value::String(s)) => glob.permits_within(s, work),
            (Self::Subpath(directory), Value::String(s)) => directory.permits_within(s, work),
            (Self::Url(pattern), Value::String(s)) => pattern.permits_within(s, work),
            (Self::Cidr(network), Value::String(s)) => network.permits(s),
            (Self::MaxLen(most), Value::String(s)) => is_at_most(s.len(), *most),
            (Self::MaxLen(most), Value::List(items)) => is_at_most(items.len(), *most),
            (Self::SubsetOf(set), Value::List(items)) => {
                items.iter().all(|item| work.spend(lookup(item)) && set.contains(item))
            }
            (Self::ContainsAll(set), Value::List(items)) => {
                let mut missing: BTreeSet<_> = set.iter().collect();
                for item in items {
                    if missing.is_empty() || !work.spend(lookup(item)) {
                        break;
                    }
                    missing.remove(item);
                }
                missing.is_empty()
            }
            (Self::Each(limit), Value::List(items)) => {
                items.iter().all(|item| limit.permits_element(item, work))
            }
            // Spelled out, so that a new kind cannot fall through to here unnoticed.
            (
                Self::Min(_)
                | Self::Max(_)
                | Self::Prefix(_)
                | Self::Suffix(_)
                | Self::Glob(_)
                | Self::Subpath(_)
                | Self::Url(_)
                | Self::Cidr(_)
                | Self::MaxLen(_)
                | Self::SubsetOf(_)
                | Self::ContainsAll(_)
                | Self::Each(_),
                _,
            ) => false,
        }
    }

    /// The word for this kind in JSON, in reports and in `satisfies(…)` facts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::OneOf(_) => "one_of",
            Self::NoneOf(_) => "none_of",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Prefix(_) => "prefix",
            Self::Suffix(_) => "suffix",
            Self::Glob(_) => "glob",
            Self::Subpath(_) => "subpath",
            Self::Url(_) => "url",
            Self::Cidr(_) => "cidr",
            Self::MaxLen(_) => "max_len",
            Self::SubsetOf(_) => "subset_of",
            Self::ContainsAll(_) => "contains_all",
            Self::Each(_) => "each",
        }
    }
}

fn set(values: impl IntoIterator<Item = impl Into<Value>>) -> BTreeSet<Value> {
    values.into_iter().map(Into::into).collect()
}

/// What it takes to look for a value in a set of [`MAX_LIST`](crate::limits::MAX_LIST): eight
/// comparisons.
fn lookup(value: &Value) -> usize {
    const EIGHT_STEPS: usize = 24;
    match value {
        Value::String(text) => EIGHT_STEPS.saturating_add(text.len() / 4),
        _ => EIGHT_STEPS,
    }
}

/// Whether every value of the set has the type of this one. Values are ordered by type first, so
/// the ends of the set tell for all of it.
fn are_all_like(set: &BTreeSet<Value>, value: &Value) -> bool {
    let like = |other: &Value| discriminant(other) == discriminant(value);
    set.first().is_some_and(like) && set.last().is_some_and(like)
}

fn is_at_most(length: usize, most: u64) -> bool {
    u64::try_from(length).is_ok_and(|length| length <= most)
}
