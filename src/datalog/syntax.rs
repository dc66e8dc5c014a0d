//! The part of Biscuit's Datalog that our blocks are written in, and its wire form.
//!
//! What cannot be said here cannot be in a block of ours: rules, scopes, third-party keys, maps,
//! arithmetic, regular expressions and calls to foreign functions have no place in these types.

use std::borrow::Cow;

use crate::datalog::symbols::{Interner, Symbols};
use crate::limits::{MAX_CONSTRAINTS, MAX_LIST};
use crate::wire::{Malformed, Reader, Writer};

/// Datalog v3.3, which has arrays, closures and `.try_or()`.
const DATALOG_VERSION: u64 = 6;

/// The most of anything that stands in one place: services in an audience, values in a list.
const MAX_ITEMS: usize = MAX_LIST;

/// The most predicates, and the most expressions, of one query: one for each constraint, and those
/// for the operation, the resource and its path, and the names and values of the arguments.
const MAX_PARTS: usize = MAX_CONSTRAINTS + 6;

/// The most steps of one expression. Ours have eight at most.
const MAX_OPS: usize = 12;

/// Adds an item, as long as there is room: of what is too much, one is read.
fn push<T>(items: &mut Vec<T>, most: usize, item: Result<T, Malformed>) -> Result<(), Malformed> {
    if items.len() >= most {
        return Err(Malformed);
    }
    items.push(item?);
    Ok(())
}

/// Deepest nesting of arrays and closures that is read. Ours nest at most four deep.
const MAX_DEPTH: u8 = 6;

/// The content of one block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Source<'a> {
    pub(super) facts: Vec<Predicate<'a>>,
    pub(super) checks: Vec<Check<'a>>,
}

/// `check if`: holds where one of the queries does.
pub(super) type Check<'a> = Vec<Query<'a>>;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query<'a> {
    pub(super) body: Vec<Predicate<'a>>,
    pub(super) expressions: Vec<Vec<Op<'a>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Predicate<'a> {
    pub(super) name: &'a str,
    pub(super) terms: Vec<Term<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term<'a> {
    Variable(&'a str),
    Integer(i64),
    Str(Cow<'a, str>),
    Date(u64),
    Bytes(&'a [u8]),
    Bool(bool),
    Null,
    Set(Vec<Term<'a>>),
    Array(Vec<Term<'a>>),
}

/// One step of an expression in postfix order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op<'a> {
    Value(Term<'a>),
    Unary(Unary),
    Binary(Binary),
    Closure(Vec<&'a str>, Vec<Op<'a>>),
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
    fn number(self) -> u64 {
        match self {
            Self::Negate => 0,
            Self::Length => 2,
        }
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
    fn number(self) -> u64 {
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
}

impl<'a> Source<'a> {
    /// The bytes of the block. Strings that no earlier block has are added to `symbols`.
    pub(super) fn write(&self, symbols: &mut Interner<'_>) -> Result<Vec<u8>, Malformed> {
        let mut body = Encoder { out: Writer::with_capacity(512), symbols };
        for fact in &self.facts {
            body.message(4, |e| e.predicate(1, fact));
        }
        for check in &self.checks {
            body.message(6, |e| check.iter().for_each(|query| e.query(query)));
        }
        let body = body.out.into_bytes();
        let mut block = Writer::with_capacity(body.len().saturating_add(256));
        for symbol in symbols.of_this_block() {
            block.bytes(1, symbol.as_bytes());
        }
        block.uint(3, DATALOG_VERSION);
        let mut bytes = block.into_bytes();
        bytes.extend_from_slice(&body);
        symbols.end_block()?;
        Ok(bytes)
    }

    /// Reads the bytes of a block. The strings that it declares are added to `symbols`.
    ///
    /// What is read is exactly what [`write`](Self::write) writes: fields in order and nothing
    /// beside them, varints as short as they go, strings declared in the order of their first use.
    /// So two blocks that read alike are alike, byte for byte.
    pub(super) fn read(bytes: &'a [u8], symbols: &mut Symbols<'a>) -> Result<Self, Malformed> {
        let mut r = Reader::new(bytes);
        while r.at(1) {
            let symbol = std::str::from_utf8(r.bytes(1)?).map_err(|_| Malformed)?;
            symbols.declare(symbol)?;
        }
        if r.uint(3)? != DATALOG_VERSION {
            return Err(Malformed);
        }
        let mut source = Self::default();
        let mut decoder = Decoder { symbols };
        while r.at(4) {
            let mut fact = r.message(4)?;
            push(&mut source.facts, MAX_PARTS, decoder.predicate(fact.message(1)?))?;
            fact.end()?;
        }
        while r.at(6) {
            push(&mut source.checks, MAX_PARTS, decoder.check(r.message(6)?))?;
        }
        r.end()?;
        symbols.end_block()?;
        Ok(source)
    }
}

struct Encoder<'s, 'a> {
    out: Writer,
    symbols: &'s mut Interner<'a>,
}

impl Encoder<'_, '_> {
    fn message(&mut self, field: u32, content: impl FnOnce(&mut Self)) {
        let open = self.out.open(field);
        content(self);
        self.out.close(open);
    }

    fn query(&mut self, query: &Query<'_>) {
        self.message(1, |e| {
            e.predicate(1, &Predicate { name: "query", terms: Vec::new() });
            query.body.iter().for_each(|predicate| e.predicate(2, predicate));
            for expression in &query.expressions {
                e.message(3, |e| expression.iter().for_each(|op| e.op(1, op)));
            }
        });
    }

    fn predicate(&mut self, field: u32, predicate: &Predicate<'_>) {
        self.message(field, |e| {
            let name = e.symbols.intern(predicate.name);
            e.out.uint(1, name);
            predicate.terms.iter().for_each(|term| e.term(2, term));
        });
    }

    fn term(&mut self, field: u32, term: &Term<'_>) {
        self.message(field, |e| match term {
            Term::Variable(name) => {
                let symbol = e.symbols.intern(name);
                e.out.uint(1, symbol);
            }
            Term::Integer(i) => e.out.uint(2, i.cast_unsigned()),
            Term::Str(s) => {
                let symbol = e.symbols.intern(s);
                e.out.uint(3, symbol);
            }
            Term::Date(seconds) => e.out.uint(4, *seconds),
            Term::Bytes(bytes) => e.out.bytes(5, bytes),
            Term::Bool(b) => e.out.uint(6, u64::from(*b)),
            Term::Set(items) => e.message(7, |e| items.iter().for_each(|item| e.term(1, item))),
            Term::Null => e.message(8, |_| {}),
            Term::Array(items) => e.message(9, |e| items.iter().for_each(|item| e.term(1, item))),
        });
    }

    fn op(&mut self, field: u32, op: &Op<'_>) {
        self.message(field, |e| match op {
            Op::Value(term) => e.term(1, term),
            Op::Unary(kind) => e.message(2, |e| e.out.uint(1, kind.number())),
            Op::Binary(kind) => e.message(3, |e| e.out.uint(1, kind.number())),
            Op::Closure(parameters, ops) => e.message(4, |e| {
                for name in parameters {
                    let symbol = e.symbols.intern(name);
                    e.out.uint(1, symbol);
                }
                ops.iter().for_each(|op| e.op(2, op));
            }),
        });
    }
}

struct Decoder<'s, 'a> {
    symbols: &'s mut Symbols<'a>,
}

impl<'a> Decoder<'_, 'a> {
    fn check(&mut self, mut r: Reader<'a>) -> Result<Check<'a>, Malformed> {
        let mut queries = Vec::new();
        while r.at(1) {
            push(&mut queries, MAX_ITEMS, self.query(r.message(1)?))?;
        }
        r.end()?;
        Ok(queries)
    }

    fn query(&mut self, mut r: Reader<'a>) -> Result<Query<'a>, Malformed> {
        let head = self.predicate(r.message(1)?)?;
        if head.name != "query" || !head.terms.is_empty() {
            return Err(Malformed);
        }
        let mut query = Query::default();
        while r.at(2) {
            push(&mut query.body, MAX_PARTS, self.predicate(r.message(2)?))?;
        }
        while r.at(3) {
            push(&mut query.expressions, MAX_PARTS, self.ops(r.message(3)?, 1, MAX_DEPTH))?;
        }
        r.end()?;
        Ok(query)
    }

    fn predicate(&mut self, mut r: Reader<'a>) -> Result<Predicate<'a>, Malformed> {
        let name = self.symbols.lookup(r.uint(1)?)?;
        let mut terms = Vec::new();
        while r.at(2) {
            push(&mut terms, MAX_PARTS, self.term(r.message(2)?, MAX_DEPTH))?;
        }
        r.end()?;
        Ok(Predicate { name, terms })
    }

    fn term(&mut self, mut r: Reader<'a>, depth: u8) -> Result<Term<'a>, Malformed> {
        let term = match r.peek().ok_or(Malformed)? {
            1 => Term::Variable(self.symbols.lookup(r.uint(1)?)?),
            2 => Term::Integer(r.uint(2)?.cast_signed()),
            3 => Term::Str(Cow::Borrowed(self.symbols.lookup(r.uint(3)?)?)),
            4 => Term::Date(r.uint(4)?),
            5 => Term::Bytes(r.bytes(5)?),
            6 => Term::Bool(match r.uint(6)? {
                0 => false,
                1 => true,
                _ => return Err(Malformed),
            }),
            7 => Term::Set(self.terms(r.message(7)?, depth)?),
            8 => {
                r.message(8)?.end()?;
                Term::Null
            }
            9 => Term::Array(self.terms(r.message(9)?, depth)?),
            _ => return Err(Malformed),
        };
        r.end()?;
        Ok(term)
    }

    fn terms(&mut self, mut r: Reader<'a>, depth: u8) -> Result<Vec<Term<'a>>, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        let mut items = Vec::new();
        while r.at(1) {
            push(&mut items, MAX_ITEMS, self.term(r.message(1)?, depth))?;
        }
        r.end()?;
        Ok(items)
    }

    fn ops(&mut self, mut r: Reader<'a>, field: u32, depth: u8) -> Result<Vec<Op<'a>>, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        let mut ops = Vec::new();
        while r.at(field) {
            push(&mut ops, MAX_OPS, self.op(r.message(field)?, depth))?;
        }
        r.end()?;
        Ok(ops)
    }

    fn op(&mut self, mut r: Reader<'a>, depth: u8) -> Result<Op<'a>, Malformed> {
        let field = r.peek().ok_or(Malformed)?;
        let mut inner = r.message(field)?;
        r.end()?;
        match field {
            1 => self.term(inner, depth).map(Op::Value),
            2 => {
                let number = inner.uint(1)?;
                inner.end()?;
                let kind = Unary::ALL.into_iter().find(|kind| kind.number() == number);
                kind.map(Op::Unary).ok_or(Malformed)
            }
            3 => {
                let number = inner.uint(1)?;
                inner.end()?;
                let kind = Binary::ALL.into_iter().find(|kind| kind.number() == number);
                kind.map(Op::Binary).ok_or(Malformed)
            }
            4 => {
                let mut parameters = Vec::new();
                while inner.at(1) {
                    parameters.push(self.symbols.lookup(inner.uint(1)?)?);
                }
                Ok(Op::Closure(parameters, self.ops(inner, 2, depth)?))
            }
            _ => Err(Malformed),
        }
    }
}
