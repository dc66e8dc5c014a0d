//! The protobuf of a block, read one level at a time: a list, a set and the body of a closure stay
//! bytes until the decoder opens them. Nothing is copied.
//!
//! The decoder takes the fields that it expects, and refuses neither others nor other spellings.
//! Afterwards [`write`](super::write) compares the block with the one encoding of the result.

use std::cell::Cell;

use crate::format::datalog::symbols::Symbols;
use crate::format::datalog::syntax::{self, Binary, DATALOG_VERSION, Unary, field};
use crate::format::wire::{Malformed, Reader};
use crate::limits::{
    MAX_BLOCK_CHECKS, MAX_BLOCK_FACTS, MAX_BLOCK_TEXT, MAX_EXPRESSION_OPS, MAX_LIST,
    MAX_PREDICATE_TERMS,
};

pub(super) type Term<'a> = syntax::Term<'a, Reader<'a>>;
pub(super) type Op<'a> = syntax::Op<'a, Reader<'a>, Reader<'a>>;

/// The reason why a block is not one of ours, as the end of a sentence that begins with "the
/// block".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockError(pub(crate) &'static str);

impl From<Malformed> for BlockError {
    fn from(_: Malformed) -> Self {
        Self("has something that no block of Deputize has")
    }
}

pub(super) type Result<T, E = BlockError> = std::result::Result<T, E>;

pub(super) fn refuse<T>(why: &'static str) -> Result<T> {
    Err(BlockError(why))
}

/// The statements of a block.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) facts: Bounded<Predicate<'a>, MAX_BLOCK_FACTS>,
    pub(super) checks: Bounded<Check<'a>, MAX_BLOCK_CHECKS>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Predicate<'a> {
    pub(super) name: &'a str,
    pub(super) terms: Bounded<Term<'a>, MAX_PREDICATE_TERMS>,
}

/// `check if`: alternatives, one of which must match.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Check<'a>(Reader<'a>);

/// Predicates that must match facts, followed by expressions that must be true.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a>(Reader<'a>);

/// At most `MAX` items, without an allocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounded<T, const MAX: usize> {
    items: [T; MAX],
    count: usize,
}

impl<T: Copy + Default, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self { items: [T::default(); MAX], count: 0 }
    }
}

impl<T: Copy + Default, const MAX: usize> Bounded<T, MAX> {
    /// Collects items until `next` has no more. More than `MAX` are malformed.
    fn collect(mut next: impl FnMut() -> Option<Result<T, Malformed>>) -> Result<Self, Malformed> {
        let mut bounded = Self::default();
        while let Some(item) = next() {
            bounded.push(item?)?;
        }
        Ok(bounded)
    }

    /// Concatenates slices.
    pub(super) fn concat(slices: &[&[T]]) -> Result<Self, Malformed> {
        let mut bounded = Self::default();
        slices.iter().copied().flatten().try_for_each(|item| bounded.push(*item))?;
        Ok(bounded)
    }

    fn push(&mut self, item: T) -> Result<(), Malformed> {
        *self.items.get_mut(self.count).ok_or(Malformed)? = item;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    pub(super) fn as_slice(&self) -> &[T] {
        self.items.get(..self.count).unwrap_or_default()
    }
}

/// Adds the strings that a block declares, and returns the facts and checks that follow.
pub(super) fn statements<'a>(
    block: &'a [u8],
    symbols: &mut Symbols<'a>,
) -> Result<Reader<'a>, Malformed> {
    let mut r = Reader::new(block);
    while r.at(field::SYMBOL) {
        let symbol = std::str::from_utf8(r.bytes(field::SYMBOL)?).map_err(|_| Malformed)?;
        symbols.declare(symbol)?;
    }
    if r.uint(field::VERSION)? == DATALOG_VERSION { Ok(r) } else { Err(Malformed) }
}

/// A decoder of the statements of a block, with its symbols.
#[derive(Debug)]
pub(super) struct Decoder<'s, 'a> {
    symbols: &'s Symbols<'a>,
    /// Total length of the strings looked up so far, in bytes, counted at each look-up.
    text: Cell<usize>,
}

impl<'s, 'a> Decoder<'s, 'a> {
    pub(super) fn new(symbols: &'s Symbols<'a>) -> Self {
        Self { symbols, text: Cell::new(0) }
    }

    /// Decodes the facts and checks that [`statements`] returned.
    pub(super) fn block(&self, mut r: Reader<'a>) -> Result<Block<'a>, Malformed> {
        let fact =
            || r.at(field::FACT).then(|| self.predicate(r.message(field::FACT)?.message(1)?));
        let facts = Bounded::collect(fact)?;
        let check = || r.at(field::CHECK).then(|| r.message(field::CHECK).map(Check));
        Ok(Block { facts, checks: Bounded::collect(check)? })
    }

    fn predicate(&self, mut r: Reader<'a>) -> Result<Predicate<'a>, Malformed> {
        let name = self.lookup(r.uint(1)?)?;
        let terms = Bounded::collect(|| r.at(2).then(|| self.term(r.message(2)?)))?;
        Ok(Predicate { name, terms })
    }

    /// Decodes the ops of a closure, without its parameters.
    pub(super) fn closure(
        &self,
        r: Reader<'a>,
    ) -> Result<Bounded<Op<'a>, MAX_EXPRESSION_OPS>, Malformed> {
        self.long_closure(r)
    }

    /// Decodes the ops as [`closure`](Self::closure) does, with another maximum.
    pub(super) fn long_closure<const MAX: usize>(
        &self,
        mut r: Reader<'a>,
    ) -> Result<Bounded<Op<'a>, MAX>, Malformed> {
        while r.at(1) {
            r.uint(1)?;
        }
        self.ops(r, 2)
    }

    fn ops<const MAX: usize>(
        &self,
        mut r: Reader<'a>,
        field: u32,
    ) -> Result<Bounded<Op<'a>, MAX>, Malformed> {
        Bounded::collect(|| r.at(field).then(|| self.op(r.message(field)?)))
    }

    fn op(&self, mut r: Reader<'a>) -> Result<Op<'a>, Malformed> {
        let field = r.peek().ok_or(Malformed)?;
        let mut inner = r.message(field)?;
        match field {
            1 => self.term(inner).map(Op::Value),
            2 => Unary::from_number(inner.uint(1)?).map(Op::Unary).ok_or(Malformed),
            3 => Binary::from_number(inner.uint(1)?).map(Op::Binary).ok_or(Malformed),
            4 => Ok(Op::Closure(inner)),
            _ => Err(Malformed),
        }
    }

    /// Decodes the items of a list or a set. A list that is longer than any of ours is truncated,
    /// and fails the comparison.
    pub(super) fn items(
        &self,
        mut r: Reader<'a>,
    ) -> impl Iterator<Item = Result<Term<'a>, Malformed>> {
        let item = move || r.at(1).then(|| self.term(r.message(1)?));
        std::iter::from_fn(item).take(MAX_LIST)
    }

    /// Decodes a list or a set of strings.
    pub(super) fn texts(&self, list: Reader<'a>) -> Result<Vec<&'a str>> {
        let text = |term| match term {
            Term::Str(text) => Ok(text),
            _ => refuse("has another term where a string should be"),
        };
        self.items(list).map(|term| text(term?)).collect()
    }

    fn term(&self, mut r: Reader<'a>) -> Result<Term<'a>, Malformed> {
        Ok(match r.peek().ok_or(Malformed)? {
            1 => Term::Variable(self.lookup(r.uint(1)?)?),
            2 => Term::Integer(r.uint(2)?.cast_signed()),
            3 => Term::Str(self.lookup(r.uint(3)?)?),
            4 => Term::Date(r.uint(4)?),
            5 => Term::Bytes(r.bytes(5)?),
            6 => Term::Bool(r.uint(6)? == 1),
            7 => Term::Set(r.message(7)?),
            8 => Term::Null,
            9 => Term::Array(r.message(9)?),
            _ => return Err(Malformed),
        })
    }

    fn lookup(&self, number: u64) -> Result<&'a str, Malformed> {
        let text = self.symbols.find(number).ok_or(Malformed)?;
        self.text.set(self.text.get().saturating_add(text.len()));
        if self.text.get() > MAX_BLOCK_TEXT { Err(Malformed) } else { Ok(text) }
    }
}

impl<'a> Check<'a> {
    pub(super) fn queries(self) -> impl Iterator<Item = Result<Query<'a>, Malformed>> {
        let Self(mut r) = self;
        std::iter::from_fn(move || r.at(1).then(|| r.message(1).and_then(Query::after_head)))
    }

    /// Returns the first query, for checks that have only one.
    pub(super) fn query(self) -> Result<Query<'a>, Malformed> {
        let Self(mut r) = self;
        Query::after_head(r.message(1)?)
    }
}

impl<'a> Query<'a> {
    /// Skips the head, which is the same in all queries.
    fn after_head(mut r: Reader<'a>) -> Result<Self, Malformed> {
        r.message(1)?;
        Ok(Self(r))
    }

    /// Decodes the next predicate.
    pub(super) fn predicate(
        &mut self,
        decoder: &Decoder<'_, 'a>,
    ) -> Option<Result<Predicate<'a>, Malformed>> {
        self.0.at(2).then(|| decoder.predicate(self.0.message(2)?))
    }

    /// Decodes the next expression, after all predicates.
    pub(super) fn expression(
        &mut self,
        decoder: &Decoder<'_, 'a>,
    ) -> Option<Result<Bounded<Op<'a>, MAX_EXPRESSION_OPS>, Malformed>> {
        self.0.at(3).then(|| decoder.ops(self.0.message(3)?, 1))
    }
}
