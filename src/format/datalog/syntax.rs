//! The part of Biscuit's Datalog that our blocks use: `docs/FORMAT.md`, section 5.
//!
//! These types cannot express rules, scopes, third-party keys, maps, arithmetic, regular
//! expressions or foreign functions, so no block of ours has them. [`read`](super::read) and
//! [`write`](super::write) have types of their own for a list and for the body of a closure.

/// Datalog v3.3, which has arrays, closures and `.try_or()`.
pub(super) const DATALOG_VERSION: u64 = 6;

/// The numbers that Biscuit's schema gives to the parts of a block.
pub(super) mod field {
    pub(in crate::format::datalog) const SYMBOL: u32 = 1;
    pub(in crate::format::datalog) const VERSION: u32 = 3;
    pub(in crate::format::datalog) const FACT: u32 = 4;
    pub(in crate::format::datalog) const CHECK: u32 = 6;
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Term<'a, List> {
    Variable(&'a str),
    Integer(i64),
    Str(&'a str),
    Date(u64),
    Bytes(&'a [u8]),
    Bool(bool),
    #[default]
    Null,
    Set(List),
    Array(List),
}

/// One step of an expression in postfix order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op<'a, List, Inner> {
    Value(Term<'a, List>),
    Unary(Unary),
    Binary(Binary),
    Closure(Inner),
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    Negate,
    Length,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    LessThan,
    LessOrEqual,
    GreaterOrEqual,
    /// `===`
    StrictEqual,
    Contains,
    StartsWith,
    EndsWith,
    /// `!==`
    StrictNotEqual,
    /// `==`
    Equal,
    /// `||`
    Or,
    All,
    Any,
    Get,
    TryOr,
}

impl Unary {
    const ALL: [Self; 2] = [Self::Negate, Self::Length];

    /// `OpUnary.Kind` in Biscuit's schema.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Negate => 0,
            Self::Length => 2,
        }
    }

    pub(super) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl Binary {
    const ALL: [Self; 14] = [
        Self::LessThan,
        Self::LessOrEqual,
        Self::GreaterOrEqual,
        Self::StrictEqual,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::StrictNotEqual,
        Self::Equal,
        Self::Or,
        Self::All,
        Self::Any,
        Self::Get,
        Self::TryOr,
    ];

    /// `OpBinary.Kind` in Biscuit's schema.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::LessThan => 0,
            Self::LessOrEqual => 2,
            Self::GreaterOrEqual => 3,
            Self::StrictEqual => 4,
            Self::Contains => 5,
            Self::StartsWith => 6,
            Self::EndsWith => 7,
            Self::StrictNotEqual => 20,
            Self::Equal => 21,
            Self::Or => 24,
            Self::All => 25,
            Self::Any => 26,
            Self::Get => 27,
            Self::TryOr => 29,
        }
    }

    pub(super) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl<List, Inner> Default for Op<'_, List, Inner> {
    fn default() -> Self {
        Self::Value(Term::Null)
    }
}
