//! A block's bytes, read one level at a time: a list, a set and the inside of a closure stay bytes
//! until somebody asks for what is in them. Nothing is copied.
//!
//! What is read here need not be all that stands there, nor spelled as we spell it. That is seen
//! afterwards, when the block is compared with what we would write for it.

use std::cell::Cell;

use crate::format::datalog::symbols::Symbols;
use crate::format::datalog::syntax::{self, Binary, DATALOG_VERSION, Unary, field};
use crate::format::wire::{Malformed, Reader};
use crate::limits::{MAX_BLOCK_TEXT, MAX_CONSTRAINTS, MAX_LIST};

/// The most facts: those of the first block.
const MAX_FACTS: usize = 5;

/// The most checks: of the time, of the audience, and of the capabilities.
const MAX_CHECKS: usize = 3;

/// The most steps of one expression. Ours have six at most, but for the one below.
const MAX_OPS: usize = 6;

/// The most steps of the closure that looks for a name: three to find it among those that are listed,
/// and two for each name inside which all are.
pub(super) const MAX_NAMING_OPS: usize = 3 + 2 * MAX_CONSTRAINTS;

/// The most terms of a predicate: those of `delegate` behind the first block.
const MAX_TERMS: usize = 6;

/// The most predicates, and the most expressions, of one query: one for each constraint, and those
/// for the operation, the resource and its path, and the names and values of the arguments.
pub(super) const MAX_PARTS: usize = MAX_CONSTRAINTS + 6;

pub(super) type Term<'a> = syntax::Term<'a, Reader<'a>>;
pub(super) type Op<'a> = syntax::Op<'a, Reader<'a>, Reader<'a>>;

/// The statements of a block.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) facts: Few<Predicate<'a>, MAX_FACTS>,
    pub(super) checks: Few<Check<'a>, MAX_CHECKS>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Predicate<'a> {
    pub(super) name: &'a str,
    pub(super) terms: Few<Term<'a>, MAX_TERMS>,
}

/// `check if`: holds where one of its queries does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Check<'a>(Reader<'a>);

/// Predicates that must be found, and then expressions that must be true.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a>(Reader<'a>);

/// A handful of items, where they need no allocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Few<T, const MOST: usize> {
    items: [T; MOST],
    count: usize,
}

impl<T: Copy + Default, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self { items: [T::default(); MOST], count: 0 }
    }
}

impl<T: Copy + Default, const MOST: usize> Few<T, MOST> {
    /// All that come until there are no more. More than there is room for are malformed.
    fn collect(mut next: impl FnMut() -> Option<Result<T, Malformed>>) -> Result<Self, Malformed> {
        let mut few = Self::default();
        while let Some(item) = next() {
            *few.items.get_mut(few.count).ok_or(Malformed)? = item?;
            few.count = few.count.saturating_add(1);
        }
        Ok(few)
    }

    pub(super) fn as_slice(&self) -> &[T] {
        self.items.get(..self.count).unwrap_or_default()
    }
}

/// Adds the strings that a block declares, and gives the facts and checks that follow.
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

/// What the statements of a block mean.
#[derive(Debug)]
pub(super) struct Decoder<'s, 'a> {
    symbols: &'s Symbols<'a>,
    /// Bytes of the strings that were looked up, each as often as it was.
    text: Cell<usize>,
}

impl<'s, 'a> Decoder<'s, 'a> {
    pub(super) fn new(symbols: &'s Symbols<'a>) -> Self {
        Self { symbols, text: Cell::new(0) }
    }

    /// The statements that [`statements`] gave.
    pub(super) fn block(&self, mut r: Reader<'a>) -> Result<Block<'a>, Malformed> {
        let fact =
            || r.at(field::FACT).then(|| self.predicate(r.message(field::FACT)?.message(1)?));
        let facts = Few::collect(fact)?;
        let check = || r.at(field::CHECK).then(|| r.message(field::CHECK).map(Check));
        Ok(Block { facts, checks: Few::collect(check)? })
    }

    fn predicate(&self, mut r: Reader<'a>) -> Result<Predicate<'a>, Malformed> {
        let name = self.lookup(r.uint(1)?)?;
        let terms = Few::collect(|| r.at(2).then(|| self.term(r.message(2)?)))?;
        Ok(Predicate { name, terms })
    }

    /// The steps inside a closure, whatever its parameters are.
    pub(super) fn inside(&self, r: Reader<'a>) -> Result<Few<Op<'a>, MAX_OPS>, Malformed> {
        self.inside_long(r)
    }

    /// The same of one that may be longer.
    pub(super) fn inside_long<const MOST: usize>(
        &self,
        mut r: Reader<'a>,
    ) -> Result<Few<Op<'a>, MOST>, Malformed> {
        while r.at(1) {
            r.uint(1)?;
        }
        self.ops(r, 2)
    }

    fn ops<const MOST: usize>(
        &self,
        mut r: Reader<'a>,
        field: u32,
    ) -> Result<Few<Op<'a>, MOST>, Malformed> {
        Few::collect(|| r.at(field).then(|| self.op(r.message(field)?)))
    }

    fn op(&self, mut r: Reader<'a>) -> Result<Op<'a>, Malformed> {
        let field = r.peek().ok_or(Malformed)?;
        let mut inner = r.message(field)?;
        match field {
            1 => self.term(inner).map(Op::Value),
            2 => Unary::of(inner.uint(1)?).map(Op::Unary).ok_or(Malformed),
            3 => Binary::of(inner.uint(1)?).map(Op::Binary).ok_or(Malformed),
            4 => Ok(Op::Closure(inner)),
            _ => Err(Malformed),
        }
    }

    /// What is in a list or a set, as far as a list of ours goes.
    pub(super) fn items(
        &self,
        mut r: Reader<'a>,
    ) -> impl Iterator<Item = Result<Term<'a>, Malformed>> {
        let item = move || r.at(1).then(|| self.term(r.message(1)?));
        std::iter::from_fn(item).take(MAX_LIST)
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

    /// Its query, where it has but one.
    pub(super) fn query(self) -> Result<Query<'a>, Malformed> {
        let Self(mut r) = self;
        Query::after_head(r.message(1)?)
    }
}

impl<'a> Query<'a> {
    /// The head is the same for all queries.
    fn after_head(mut r: Reader<'a>) -> Result<Self, Malformed> {
        r.message(1)?;
        Ok(Self(r))
    }

    /// The next of the predicates.
    pub(super) fn predicate(
        &mut self,
        decoder: &Decoder<'_, 'a>,
    ) -> Option<Result<Predicate<'a>, Malformed>> {
        self.0.at(2).then(|| decoder.predicate(self.0.message(2)?))
    }

    /// The next of the expressions, when all predicates were read.
    pub(super) fn expression(
        &mut self,
        decoder: &Decoder<'_, 'a>,
    ) -> Option<Result<Few<Op<'a>, MAX_OPS>, Malformed>> {
        self.0.at(3).then(|| decoder.ops(self.0.message(3)?, 1))
    }
}
