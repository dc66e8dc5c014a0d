//! The kinds of constraints, without their parameters.

use std::fmt::{self, Display, Formatter};

macro_rules! kinds {
    ($($(#[doc = $meaning:literal])+ $name:ident = $word:literal;)+) => {
        /// The kind of a [`Constraint`](crate::Constraint), without its parameter.
        ///
        /// The set is closed: a verifier must deny a kind that it does not know, so a new kind
        /// needs a new version of the format. Match over it without a catch-all arm, and the
        /// compiler names every place that a new kind affects.
        ///
        /// ```
        /// use deputize::{Constraint, ConstraintKind};
        ///
        /// assert_eq!(Constraint::max(100).kind(), ConstraintKind::Max);
        /// assert_eq!("max_len".parse(), Ok(ConstraintKind::MaxLen));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ConstraintKind {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl ConstraintKind {
            /// All kinds, in the order in which a token lists the constraints on one argument.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the word for this kind in JSON, in reports and in `satisfies(…)` facts.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }
    };
}

kinds! {
    /// One value: a scalar, or a list in this order.
    Equals = "equals";
    /// One of several scalars.
    OneOf = "one_of";
    /// None of several scalars of one type.
    NoneOf = "none_of";
    /// A lower bound on integers.
    Min = "min";
    /// An upper bound on integers.
    Max = "max";
    /// The first characters of a string.
    Prefix = "prefix";
    /// The last characters of a string.
    Suffix = "suffix";
    /// A pattern of paths.
    Glob = "glob";
    /// A directory and all paths below it.
    Subpath = "subpath";
    /// A pattern of URLs.
    Url = "url";
    /// A network of IP addresses.
    Cidr = "cidr";
    /// A maximum length for strings and lists.
    MaxLen = "max_len";
    /// The scalars that a list may have.
    SubsetOf = "subset_of";
    /// The scalars that a list must have.
    ContainsAll = "contains_all";
    /// A constraint on every element of a list.
    Each = "each";
}

impl ConstraintKind {
    /// Returns the remedy for a kind that [`Constraint::each`](crate::Constraint::each) refuses, or
    /// `None` for a kind that it takes: one for scalars that does not list the permitted values.
    pub(crate) fn refused_by_each(self) -> Option<&'static str> {
        match self {
            Self::NoneOf
            | Self::Min
            | Self::Max
            | Self::Prefix
            | Self::Suffix
            | Self::Glob
            | Self::Subpath
            | Self::Url
            | Self::Cidr
            | Self::MaxLen => None,
            Self::Equals | Self::OneOf => Some("list the permitted elements in `subset_of`"),
            Self::SubsetOf | Self::ContainsAll => Some("put it beside `each`"),
            Self::Each => Some("name the members inside with `*`, or grant any value"),
        }
    }
}

impl Display for ConstraintKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
