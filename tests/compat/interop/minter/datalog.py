"""Terms, ops, predicates, checks and blocks, and their protobuf (section 5)."""

from dataclasses import dataclass, field

from .symbols import MAX_BLOCK_TEXT, Symbols
from .wire import data, number

DATALOG_VERSION = 6

UNARY = {"Negate": 0, "Length": 2}
BINARY = {
    "LessThan": 0, "LessOrEqual": 2, "GreaterOrEqual": 3, "Equal": 4, "Contains": 5, "Prefix": 6,
    "Suffix": 7, "NotEqual": 20, "HeterogeneousEqual": 21, "LazyOr": 24, "All": 25, "Any": 26,
    "Get": 27, "TryOr": 29,
}


@dataclass(frozen=True)
class Term:
    """One term. `kind` is the name of a field of the message `Term`."""

    kind: str
    value: object


def var(name):
    return Term("variable", name)


def string(text):
    return Term("string", text)


def integer(value):
    return Term("integer", value)


def date(seconds):
    return Term("date", seconds)


def raw(value):
    return Term("bytes", value)


def boolean(value):
    return Term("bool", value)


def null():
    return Term("null", None)


def term_set(terms):
    return Term("set", tuple(terms))


def array(terms):
    return Term("array", tuple(terms))


def scalar(value) -> Term:
    """A scalar of section 9: null, a boolean, an integer or a string."""
    if value is None:
        return null()
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, str):
        return string(value)
    raise ValueError(f"not a scalar: {value!r}")


@dataclass(frozen=True)
class Operator:
    name: str


@dataclass(frozen=True)
class Closure:
    params: tuple
    ops: tuple


def ops(*items) -> tuple:
    """Ops in postfix order, in the notation of section 5: a text is an operator, a tuple is spliced in."""
    out = []
    for item in items:
        if isinstance(item, str):
            out.append(Operator(item))
        elif isinstance(item, tuple):
            out.extend(item)
        else:
            out.append(item)
    return tuple(out)


def closure(params, *items) -> Closure:
    return Closure(tuple(params), ops(*items))


@dataclass(frozen=True)
class Predicate:
    name: str
    terms: tuple = ()


@dataclass(frozen=True)
class Query:
    """The message `Rule` with the head `query` (section 5)."""
    body: tuple
    expressions: tuple = ()


@dataclass(frozen=True)
class Block:
    facts: tuple
    checks: tuple  # each a tuple of queries
    extra_symbols: tuple = field(default=())  # for attacks only; always empty in a canonical block


def encode_term(term: Term, symbols: Symbols) -> bytes:
    kind, value = term.kind, term.value
    if kind == "variable":
        return number(1, symbols.number(value))
    if kind == "integer":
        return number(2, value)
    if kind == "string":
        return number(3, symbols.number(value))
    if kind == "date":
        return number(4, value)
    if kind == "bytes":
        return data(5, value)
    if kind == "bool":
        return number(6, int(value))
    if kind == "set":
        return data(7, b"".join(data(1, encode_term(t, symbols)) for t in value))
    if kind == "null":
        return data(8, b"")
    if kind == "array":
        return data(9, b"".join(data(1, encode_term(t, symbols)) for t in value))
    raise ValueError(kind)


def encode_op(op, symbols: Symbols) -> bytes:
    if isinstance(op, Term):
        return data(1, encode_term(op, symbols))
    if isinstance(op, Operator):
        if op.name in UNARY:
            return data(2, number(1, UNARY[op.name]))
        return data(3, number(1, BINARY[op.name]))
    inner = b"".join(number(1, symbols.number(p)) for p in op.params)
    inner += b"".join(data(2, encode_op(o, symbols)) for o in op.ops)
    return data(4, inner)


def encode_predicate(predicate: Predicate, symbols: Symbols) -> bytes:
    out = number(1, symbols.number(predicate.name))
    return out + b"".join(data(2, encode_term(t, symbols)) for t in predicate.terms)


def encode_query(query: Query, symbols: Symbols) -> bytes:
    out = data(1, encode_predicate(Predicate("query"), symbols))
    out += b"".join(data(2, encode_predicate(p, symbols)) for p in query.body)
    for expression in query.expressions:
        out += data(3, b"".join(data(1, encode_op(op, symbols)) for op in expression))
    return out


def encode_block(block: Block, symbols: Symbols) -> bytes:
    """The content of a block. The walk goes in the order of the serialization, so that strings are
    declared in the order in which they first occur (section 6)."""
    symbols.begin()
    rest = b"".join(data(4, data(1, encode_predicate(f, symbols))) for f in block.facts)
    for queries in block.checks:
        rest += data(6, b"".join(data(1, encode_query(q, symbols)) for q in queries))
    if symbols.text_bytes > MAX_BLOCK_TEXT:
        raise ValueError("strings of a block are too long (section 6)")
    for text in block.extra_symbols:
        symbols.number(text)
    declared = b"".join(data(1, text.encode()) for text in symbols.declared)
    return declared + number(3, DATALOG_VERSION) + rest
