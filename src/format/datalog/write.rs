//! Statements as protobuf: written into a block, or compared with those of a block.

use crate::format::datalog::read::{self, Block, Decoder, refuse};
use crate::format::datalog::symbols::{Interner, Symbols};
use crate::format::datalog::syntax::{self, DATALOG_VERSION, field};
use crate::format::wire::{Malformed, Reader, Writer};

pub(super) type Result<T = (), E = Malformed> = std::result::Result<T, E>;

pub(crate) type Term<'t> = syntax::Term<'t, &'t dyn Elements>;
pub(super) type Op<'t> = syntax::Op<'t, &'t dyn Elements, Closure<'t>>;

/// The items of a list or a set, in order.
pub(crate) trait Elements {
    /// Calls `visit` with each item, and stops at the first error.
    fn for_each(&self, visit: &mut dyn FnMut(Term<'_>) -> Result) -> Result;
}

#[derive(Clone, Copy)]
pub(super) struct Closure<'t> {
    pub(super) parameters: &'t [&'t str],
    pub(super) ops: &'t [Op<'t>],
}

pub(super) fn variable(name: &str) -> Op<'_> {
    Op::Value(Term::Variable(name))
}

/// `(parameters: ops)`
pub(super) fn closure<'t>(parameters: &'t [&'t str], ops: &'t [Op<'t>]) -> Op<'t> {
    Op::Closure(Closure { parameters, ops })
}

pub(super) fn integer(number: impl TryInto<i64>) -> Term<'static> {
    Term::Integer(number.try_into().unwrap_or(i64::MAX))
}

/// A destination of statements, which may refuse them with an error.
pub(super) trait Sink: Sized {
    fn uint(&mut self, field: u32, number: u64) -> Result;

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> Result;

    /// Adds a string, by its number in the table.
    fn string(&mut self, field: u32, text: &str) -> Result;

    fn message(&mut self, field: u32, content: impl FnOnce(&mut Self) -> Result) -> Result;

    fn fact(&mut self, name: &str, terms: &[Term<'_>]) -> Result {
        self.message(field::FACT, |to| to.named(1, name, terms))
    }

    /// Adds a `check if`: alternatives, one of which must match.
    fn check(&mut self, queries: impl FnOnce(&mut Self) -> Result) -> Result {
        self.message(field::CHECK, queries)
    }

    fn query(&mut self, parts: impl FnOnce(&mut Self) -> Result) -> Result {
        self.message(1, |to| {
            to.named(1, "query", &[])?;
            parts(to)
        })
    }

    /// Adds a predicate of a query, which must match a fact. All predicates precede all
    /// expressions.
    fn predicate(&mut self, name: &str, terms: &[Term<'_>]) -> Result {
        self.named(2, name, terms)
    }

    /// Adds an expression of a query, which must be true.
    fn expression(&mut self, ops: &[Op<'_>]) -> Result {
        self.message(3, |to| ops.iter().try_for_each(|op| to.op(1, op)))
    }

    /// Adds a message `Predicate`.
    fn named(&mut self, field: u32, name: &str, terms: &[Term<'_>]) -> Result {
        self.message(field, |to| {
            to.string(1, name)?;
            terms.iter().try_for_each(|term| to.term(2, *term))
        })
    }

    fn term(&mut self, field: u32, term: Term<'_>) -> Result {
        let items =
            |to: &mut Self, list: &dyn Elements| list.for_each(&mut |item| to.term(1, item));
        self.message(field, |to| match term {
            Term::Variable(name) => to.string(1, name),
            Term::Integer(i) => to.uint(2, i.cast_unsigned()),
            Term::Str(text) => to.string(3, text),
            Term::Date(seconds) => to.uint(4, seconds),
            Term::Bytes(bytes) => to.bytes(5, bytes),
            Term::Bool(b) => to.uint(6, u64::from(b)),
            Term::Set(list) => to.message(7, |to| items(to, list)),
            Term::Null => to.bytes(8, &[]),
            Term::Array(list) => to.message(9, |to| items(to, list)),
        })
    }

    fn op(&mut self, field: u32, op: &Op<'_>) -> Result {
        self.message(field, |to| match *op {
            Op::Value(term) => to.term(1, term),
            Op::Unary(kind) => to.message(2, |to| to.uint(1, kind.number())),
            Op::Binary(kind) => to.message(3, |to| to.uint(1, kind.number())),
            Op::Closure(Closure { parameters, ops }) => to.message(4, |to| {
                parameters.iter().try_for_each(|name| to.string(1, name))?;
                ops.iter().try_for_each(|op| to.op(2, op))
            }),
        })
    }
}

/// A value that the statements of a block express.
pub(super) trait Encode {
    fn encode(&self, to: &mut impl Sink) -> Result;
}

/// Encodes a block. Adds to `symbols` the strings that no earlier block has.
pub(super) fn encode(value: &impl Encode, symbols: &mut Interner<'_>) -> Result<Vec<u8>> {
    let mut body = Encoder { out: Writer::with_capacity(512), symbols };
    value.encode(&mut body)?;
    let body = body.out.into_bytes();
    let mut block = Writer::with_capacity(body.len().saturating_add(256));
    for symbol in symbols.of_this_block() {
        block.bytes(field::SYMBOL, symbol.as_bytes());
    }
    block.uint(field::VERSION, DATALOG_VERSION);
    let mut bytes = block.into_bytes();
    bytes.extend_from_slice(&body);
    symbols.end_block()?;
    Ok(bytes)
}

/// Decodes a block, and requires its bytes to be those that [`encode`] would write for the result.
pub(super) fn decode_canonical<'a, T: Encode>(
    bytes: &'a [u8],
    symbols: &mut Symbols<'a>,
    decode: impl FnOnce(&Block<'a>, &Decoder<'_, 'a>) -> read::Result<T>,
) -> read::Result<T> {
    let statements = read::statements(bytes, symbols)?;
    let decoder = Decoder::new(symbols);
    let value = decode(&decoder.block(statements)?, &decoder)?;
    let mut comparer = Comparer { found: statements, symbols };
    let same = value.encode(&mut comparer).and_then(|()| comparer.end());
    same.or_else(|_| refuse("is not in Deputize's canonical encoding"))?;
    Ok(value)
}

/// A sink that writes statements.
struct Encoder<'s, 'a> {
    out: Writer,
    symbols: &'s mut Interner<'a>,
}

impl Sink for Encoder<'_, '_> {
    fn uint(&mut self, field: u32, number: u64) -> Result {
        self.out.uint(field, number);
        Ok(())
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> Result {
        self.out.bytes(field, bytes);
        Ok(())
    }

    fn string(&mut self, field: u32, text: &str) -> Result {
        self.out.uint(field, self.symbols.intern(text));
        Ok(())
    }

    fn message(&mut self, field: u32, content: impl FnOnce(&mut Self) -> Result) -> Result {
        let open = self.out.open(field);
        content(self)?;
        self.out.close(open);
        Ok(())
    }
}

/// A sink that compares statements with those of a block, whose strings are in `symbols`.
struct Comparer<'s, 'a> {
    found: Reader<'a>,
    symbols: &'s mut Symbols<'a>,
}

impl Comparer<'_, '_> {
    fn end(self) -> Result {
        self.found.end()?;
        self.symbols.end_block()
    }
}

impl Sink for Comparer<'_, '_> {
    fn uint(&mut self, field: u32, number: u64) -> Result {
        require(self.found.uint(field)? == number)
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> Result {
        require(self.found.bytes(field)? == bytes)
    }

    fn string(&mut self, field: u32, text: &str) -> Result {
        self.symbols.expect(self.found.uint(field)?, text)
    }

    fn message(&mut self, field: u32, content: impl FnOnce(&mut Self) -> Result) -> Result {
        let inner = self.found.message(field)?;
        let rest = std::mem::replace(&mut self.found, inner);
        content(self)?;
        std::mem::replace(&mut self.found, rest).end()
    }
}

fn require(is_same: bool) -> Result {
    if is_same { Ok(()) } else { Err(Malformed) }
}
