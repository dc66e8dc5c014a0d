//! Limits on one argument of a call.

mod kind;
mod fault;
mod address;
mod correction;
mod error;
mod work;
mod path;
mod glob;
mod subpath;
mod host;
mod url_text;
mod url;
mod url_written;
mod cidr;
mod permits;
mod check;
mod within;
mod empty;
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
pub(crate) use within::enumerate_permitted;
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
    /// None of these strings, integers or booleans, all of one type. An argument of any other type
    /// is denied: a grant that forbids `1` does not mean to permit `"1"`.
    NoneOf(BTreeSet<Value>),
    /// An integer, at least this.
    Min(i64),
    /// An integer, at most this.
    Max(i64),
    /// A string that starts with these characters.
    Prefix(String),
    /// A string that ends with these characters.
    Suffix(String),
    /// A string that is a path and matches this pattern.
    Glob(Glob),
    /// A string that is a path at or below this directory.
    Subpath(Subpath),
    /// A string that is a URL and matches this pattern.
    Url(UrlPattern),
    /// A string that is an address in this network.
    Cidr(Cidr),
    /// A string of at most this many bytes of UTF-8, or a list of at most this many elements, even
    /// one that no other limit can judge.
    MaxLen(u64),
    /// A list whose elements are all among these scalars; it may be empty.
    SubsetOf(BTreeSet<Value>),
    /// A list that has all of these scalars among its elements.
    ContainsAll(BTreeSet<Value>),
    /// A list whose elements all satisfy this limit; it may be empty. [`Constraint::each`] states
    /// which kinds of limit are allowed.
    Each(Box<Constraint>),
}

impl Constraint {
    /// Permits exactly this value.
    pub fn equals(value: impl Into<Value>) -> Self {
        Self::Equals(value.into())
    }

    /// Permits one of these scalars.
    pub fn one_of(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::OneOf(set(values))
    }

    /// Permits any value of the same type except these: all strings, all integers or all booleans.
    pub fn none_of(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::NoneOf(set(values))
    }

    /// Permits an integer of at least `bound`.
    pub fn min(bound: i64) -> Self {
        Self::Min(bound)
    }

    /// Permits an integer of at most `bound`, which may be negative: an amount needs
    /// [`min`](Self::min) too.
    pub fn max(bound: i64) -> Self {
        Self::Max(bound)
    }

    /// Permits a string that starts with `text`.
    ///
    /// # Security
    ///
    /// Characters are compared, and the rest may be anything. `/data` permits `/data/../etc/passwd`
    /// and `/database`: use [`subpath`](Self::subpath). `https://acme.com` permits
    /// `https://acme.com.evil.com`: use [`url`](Self::url).
    pub fn prefix(text: impl Into<String>) -> Self {
        Self::Prefix(text.into())
    }

    /// Permits a string that ends with `text`.
    ///
    /// # Security
    ///
    /// Characters are compared, and the rest may be anything. `@acme.com` permits
    /// `eve@evil.com,x@acme.com`, which a mailer may read as two addresses: use
    /// [`one_of`](Self::one_of).
    pub fn suffix(text: impl Into<String>) -> Self {
        Self::Suffix(text.into())
    }

    /// Permits a path that matches `pattern`, by the rules of [`Glob`].
    ///
    /// # Errors
    ///
    /// [`ConstraintError::Glob`] for a pattern that could be read in two ways.
    pub fn glob(pattern: &str) -> Result<Self, ConstraintError> {
        pattern.parse().map(Self::Glob)
    }

    /// Permits `directory` and the paths below it, by the rules of [`Subpath`].
    ///
    /// # Errors
    ///
    /// [`ConstraintError::Subpath`] for a path that could be read in two ways.
    pub fn subpath(directory: &str) -> Result<Self, ConstraintError> {
        directory.parse().map(Self::Subpath)
    }

    /// Permits a URL that matches `pattern`.
    pub fn url(pattern: UrlPattern) -> Self {
        Self::Url(pattern)
    }

    /// Permits an address in `network`, by the rules of [`Cidr`].
    ///
    /// # Errors
    ///
    /// [`ConstraintError::Cidr`] if the text is not a network in canonical form, or its addresses
    /// embed IPv4 addresses.
    pub fn cidr(network: &str) -> Result<Self, ConstraintError> {
        network.parse().map(Self::Cidr)
    }

    /// Permits a string of at most `length` bytes or a list of at most `length` elements.
    pub fn max_len(length: u64) -> Self {
        Self::MaxLen(length)
    }

    /// Permits a list whose elements are all among these; it may be empty.
    pub fn subset_of(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::SubsetOf(set(values))
    }

    /// Permits a list that has all of these among its elements.
    pub fn contains_all(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::ContainsAll(set(values))
    }

    /// Permits a list whose elements all satisfy `limit`; it may be empty.
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
    /// [`ConstraintError::Element`] for `subset_of`, `contains_all` and `each`, which are for
    /// lists, and for `equals` and `one_of`: use [`subset_of`](Self::subset_of) instead. Any other
    /// [`ConstraintError`] for an invalid limit.
    pub fn each(limit: Self) -> Result<Self, ConstraintError> {
        let own = Self::Each(Box::new(limit));
        own.check()?;
        Ok(own)
    }

    /// Returns the kind of this constraint.
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
