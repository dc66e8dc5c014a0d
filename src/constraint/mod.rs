//! Limits on one argument of a call.

mod kind;
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
mod permits;
mod check;
mod within;
mod json;
mod display;

use std::collections::BTreeSet;

use crate::request::value::Value;

pub use cidr::Cidr;
pub use error::ConstraintError;
pub use fault::{CidrFault, GlobFault, ParameterType, UrlFault, UrlPart};
pub use glob::Glob;
pub use kind::ConstraintKind;
pub use subpath::Subpath;
pub use url::UrlPattern;
pub(crate) use work::Budget;

/// One limit on one argument.
///
/// The set of kinds is closed: see [`ConstraintKind`].
///
/// ```
/// use deputize::{Constraint, Value};
///
/// let limit = Constraint::max(100);
/// assert!(limit.permits(&Value::from(5)));
/// assert!(!limit.permits(&Value::from("5")), "a string is not a number");
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
        let own = Self::Each(Box::new(limit));
        own.check()?;
        Ok(own)
    }

    /// The kind of this constraint.
    pub fn kind(&self) -> ConstraintKind {
        match self {
            Self::Equals(_) => ConstraintKind::Equals,
            Self::OneOf(_) => ConstraintKind::OneOf,
            Self::NoneOf(_) => ConstraintKind::NoneOf,
            Self::Min(_) => ConstraintKind::Min,
            Self::Max(_) => ConstraintKind::Max,
            Self::Prefix(_) => ConstraintKind::Prefix,
            Self::Suffix(_) => ConstraintKind::Suffix,
            Self::Glob(_) => ConstraintKind::Glob,
            Self::Subpath(_) => ConstraintKind::Subpath,
            Self::Url(_) => ConstraintKind::Url,
            Self::Cidr(_) => ConstraintKind::Cidr,
            Self::MaxLen(_) => ConstraintKind::MaxLen,
            Self::SubsetOf(_) => ConstraintKind::SubsetOf,
            Self::ContainsAll(_) => ConstraintKind::ContainsAll,
            Self::Each(_) => ConstraintKind::Each,
        }
    }
}

fn set(values: impl IntoIterator<Item = impl Into<Value>>) -> BTreeSet<Value> {
    values.into_iter().map(Into::into).collect()
}
