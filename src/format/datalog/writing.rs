//! Statements on their way into a block, or against one that must say the same.

use crate::format::datalog::symbols::{Interner, Symbols};
use crate::format::datalog::syntax::{self, DATALOG_VERSION, field};
use crate::format::wire::{Malformed, Reader, Writer};

pub(super) type Term<'t> = syntax::Term<'t, &'t dyn Elements>;
pub(super) type Op<'t> = syntax::Op<'t, &'t dyn Elements, Inner<'t>>;

/// What stands in a list or a set, in this order.
pub(super) trait Elements {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said;
}

/// What is in a closure.
#[derive(Clone, Copy)]
pub(super) struct Inner<'t> {
    pub(super) parameters: &'t [&'t str],
    pub(super) ops: &'t [Op<'t>],
}

pub(super) fn variable(name: &str) -> Op<'_> {
    Op::Value(Term::Variable(name))
}

/// Whether what was said could be said.
pub(super) type Said = Result<(), Malformed>;

/// Where statements go.
pub(super) trait Sink: Sized {
    fn uint(&mut self, field: u32, number: u64) -> Said;

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> Said;

    /// A string of the table, by its number.
    fn string(&mut self, field: u32, text: &str) -> Said;

    fn message(&mut self, field: u32, content: impl FnOnce(&mut Self) -> Said) -> Said;

    fn fact(&mut self, name: &str, terms: &[Term<'_>]) -> Said {
        self.message(field::FACT, |to| to.predicate(1, name, terms))
    }

    /// `check if`: holds where one of its queries does.
    fn check(&mut self, queries: impl FnOnce(&mut Self) -> Said) -> Said {
        self.message(field::CHECK, queries)
    }

    fn query(&mut self, parts: impl FnOnce(&mut Self) -> Said) -> Said {
        self.message(1, |to| {
            to.predicate(1, "query", &[])?;
            parts(to)
        })
    }

    /// Something that must be found. All that must be found stands before all that must be true.
    fn found(&mut self, name: &str, terms: &[Term<'_>]) -> Said {
        self.predicate(2, name, terms)
    }

    /// Something that must be true.
    fn holds(&mut self, ops: &[Op<'_>]) -> Said {
        self.message(3, |to| ops.iter().try_for_each(|op| to.op(1, op)))
    }

    fn predicate(&mut self, field: u32, name: &str, terms: &[Term<'_>]) -> Said {
        self.message(field, |to| {
            to.string(1, name)?;
            terms.iter().try_for_each(|term| to.term(2, *term))
        })
    }

    fn term(&mut self, field: u32, term: Term<'_>) -> Said {
        let items = |to: &mut Self, list: &dyn Elements| list.each(&mut |item| to.term(1, item));
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

    fn op(&mut self, field: u32, op: &Op<'_>) -> Said {
        self.message(field, |to| match *op {
            Op::Value(term) => to.term(1, term),
            Op::Unary(kind) => to.message(2, |to| to.uint(1, kind.number())),
            Op::Binary(kind) => to.message(3, |to| to.uint(1, kind.number())),
            Op::Closure(Inner { parameters, ops }) => to.message(4, |to| {
                parameters.iter().try_for_each(|name| to.string(1, name))?;
                ops.iter().try_for_each(|op| to.op(2, op))
            }),
        })
    }
}

/// Writes statements.
struct Encoder<'s, 'a> {
    out: Writer,
    symbols: &'s mut Interner<'a>,
}

impl Sink for Encoder<'_, '_> {
    fn uint(&mut self, field: u32, number: u64) -> Said {
        self.out.uint(field, number);
        Ok(())
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> Said {
        self.out.bytes(field, bytes);
        Ok(())
    }

    fn string(&mut self, field: u32, text: &str) -> Said {
        self.out.uint(field, self.symbols.intern(text));
        Ok(())
    }

    fn message(&mut self, field: u32, content: impl FnOnce(&mut Self) -> Said) -> Said {
        let open = self.out.open(field);
        content(self)?;
        self.out.close(open);
        Ok(())
    }
}

/// Something that a block can say.
pub(super) trait Statements {
    fn say(&self, to: &mut impl Sink) -> Said;
}

/// The bytes of the block. Strings that no earlier block has are added to `symbols`.
pub(super) fn write(
    statements: &impl Statements,
    symbols: &mut Interner<'_>,
) -> Result<Vec<u8>, Malformed> {
    let mut body = Encoder { out: Writer::with_capacity(512), symbols };
    statements.say(&mut body)?;
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

/// Requires statements to be, byte for byte, what would be written. The strings that their block
/// declares are in `symbols`.
pub(super) fn compare<'a>(
    statements: &impl Statements,
    found: Reader<'a>,
    symbols: &mut Symbols<'a>,
) -> Said {
    let mut comparer = Comparer { found, symbols };
    statements.say(&mut comparer)?;
    comparer.found.end()?;
    symbols.end_block()
}

/// Follows what stands in a block.
struct Comparer<'s, 'a> {
    found: Reader<'a>,
    symbols: &'s mut Symbols<'a>,
}

impl Sink for Comparer<'_, '_> {
    fn uint(&mut self, field: u32, number: u64) -> Said {
        require(self.found.uint(field)? == number)
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> Said {
        require(self.found.bytes(field)? == bytes)
    }

    fn string(&mut self, field: u32, text: &str) -> Said {
        self.symbols.expect(self.found.uint(field)?, text)
    }

    fn message(&mut self, field: u32, content: impl FnOnce(&mut Self) -> Said) -> Said {
        let inner = self.found.message(field)?;
        let rest = std::mem::replace(&mut self.found, inner);
        content(self)?;
        std::mem::replace(&mut self.found, rest).end()
    }
}

fn require(is_same: bool) -> Said {
    if is_same { Ok(()) } else { Err(Malformed) }
}
