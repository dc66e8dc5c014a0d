"""Limits of arguments and capabilities as Datalog (sections 8, 9 and 17)."""

from .datalog import (Predicate, Query, array, boolean, closure, integer, ops, scalar, string, term_set, var)

KINDS = ("equals", "one_of", "none_of", "min", "max", "prefix", "suffix", "glob", "subpath", "url", "cidr",
         "max_len", "subset_of", "contains_all", "each")
NOT_DATALOG = ("glob", "subpath", "url", "cidr")
EACH_KINDS = ("none_of", "min", "max", "prefix", "suffix", "glob", "subpath", "url", "cidr", "max_len")


def by_bytes(texts) -> list:
    """Texts ascending by the bytes of their UTF-8, each once (sections 1 and 7)."""
    return sorted(set(texts), key=str.encode)


def scalar_order(value):
    """null, false, true, integers ascending, strings ascending (section 7)."""
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, int(value))
    if isinstance(value, int):
        return (2, value)
    return (3, value.encode())


def values(items):
    """The array of `one_of`, `none_of`, `subset_of`, `contains_all`: ordered, each once."""
    unique = {scalar_order(v): v for v in items}
    return array(scalar(unique[key]) for key in sorted(unique))


def step(key: str) -> str:
    """The step of a member in a pointer (section 12)."""
    return "~2" if key == "*" else key.replace("~", "~0").replace("/", "~1")


def inside(name: str) -> str:
    """The prefix of names inside an argument: P of sections 8 and 12."""
    return name + "/" if name.startswith("/") else "/" + step(name) + "/"


def in_datalog(kind: str, parameter) -> bool:
    if kind == "each":
        (inner,) = parameter
        return inner not in NOT_DATALOG
    return kind not in NOT_DATALOG


def parameter_term(kind: str, parameter):
    """The third term of `satisfies` (section 9)."""
    if kind == "each":
        ((inner, value),) = parameter.items()
        return array([string(inner), parameter_term(inner, value)])
    if kind == "url":
        prefix = parameter.get("path_prefix", "")
        return array([
            array(string(s) for s in by_bytes(parameter["schemes"])),
            array(string(h) for h in by_bytes(parameter["hosts"])),
            array(integer(p) for p in sorted(set(parameter.get("ports") or []))),
            string("" if prefix == "/" else prefix),
        ])
    return string(parameter)


COMPARE = {"min": "GreaterOrEqual", "max": "LessOrEqual", "prefix": "Prefix", "suffix": "Suffix"}


def test(name: str, kind: str, parameter) -> tuple:
    """The ops T of a limit that Datalog can express (section 9)."""
    get = ops(var("args"), string(name), "Get")
    member, node = var("member"), var("node")
    if kind == "equals":
        value = array(map(scalar, parameter)) if isinstance(parameter, list) else scalar(parameter)
        return ops(get, value, "HeterogeneousEqual")
    if kind == "one_of":
        return ops(values(parameter), get, "Contains")
    if kind == "none_of":
        return ops(values(parameter), closure(["member"], get, member, "NotEqual"), "All")
    if kind in COMPARE:
        return ops(get, scalar(parameter), COMPARE[kind])
    if kind == "max_len":
        return ops(get, "Length", integer(parameter), "LessOrEqual")
    if kind == "subset_of":
        return ops(get, closure(["member"], values(parameter), member, "Contains"), "All")
    if kind == "contains_all":
        found = closure(["node"], node, member, "HeterogeneousEqual")
        return ops(values(parameter), closure(["member"], get, found, "Any"), "All")
    if kind == "each":
        ((inner, value),) = parameter.items()
        if inner in COMPARE:
            body = ops(member, scalar(value), COMPARE[inner])
        elif inner == "max_len":
            body = ops(member, "Length", integer(value), "LessOrEqual")
        elif inner == "none_of":
            body = ops(values(value), closure(["node"], member, node, "NotEqual"), "All")
        else:
            raise ValueError(inner)
        return ops(get, closure(["member"], body), "All")
    raise ValueError(kind)


class Argument:
    """One member of `args` in JSON (section 17): its presence and its limits, in the order of the kinds."""

    def __init__(self, name: str, spec: dict):
        spec = dict(spec)
        if spec.get("any") is False or spec.get("below") is False:
            raise ValueError("only `optional` can be false (section 17)")
        self.name = name
        self.below = spec.pop("below", False)
        self.any = spec.pop("any", False)
        self.optional = spec.pop("optional", False)
        self.required = not (self.below or self.optional)
        unknown = set(spec) - set(KINDS)
        if unknown:
            raise ValueError(f"unknown members {unknown}")
        self.limits = [(kind, spec[kind]) for kind in KINDS if kind in spec]
        if self.below and (self.limits or self.any or self.optional):
            raise ValueError("below stands alone (section 17)")
        if not self.below and self.any == bool(self.limits):
            raise ValueError("any stands without a limit, and must be stated (section 17)")


def arguments(capability: dict) -> list:
    """Arguments ascending by name (section 7)."""
    specs = capability.get("args") or {}
    return [Argument(name, specs[name]) for name in by_bytes(specs)]


def around(name: str, kind: str, parameter, optional: bool, several: bool) -> tuple:
    """A test with the ops around it (section 9)."""
    out = test(name, kind, parameter)
    if optional:
        out = ops(var("args"), string(name), "Contains", "Negate", closure([], out), "LazyOr")
    if several:
        out = ops(closure([], out), boolean(False), "TryOr")
    return out


def names_set(args) -> object:
    return term_set(string(a.name) for a in args)


def query(capability: dict, several: bool) -> Query:
    """A capability as one query (section 8). `several`: the grant has more than one capability."""
    operation, resource = capability["operation"], capability["resource"]
    is_open = capability.get("other_args", "deny") == "allow"
    args = arguments(capability)
    required = [a for a in args if a.required]
    below = [a for a in args if a.below]
    fixed = not is_open and len(required) == len(args)
    limits = [(a, kind, parameter) for a in args for kind, parameter in a.limits]
    spoken = [item for item in limits if in_datalog(item[1], item[2])]
    unspoken = [item for item in limits if not in_datalog(item[1], item[2])]

    body, expressions = [], []
    if operation.endswith(".*"):
        body.append(Predicate("operation", (var("operation"),)))
        expressions.append(ops(var("operation"), string(operation[:-1]), "Prefix"))
    elif operation != "*":
        body.append(Predicate("operation", (string(operation),)))

    if resource.endswith("/**"):
        body.append(Predicate("resource", (var("resource"),)))
        expressions.append(ops(var("resource"), string(resource[:-2]), "Prefix"))
    elif resource.endswith("/*"):
        body.append(Predicate("resource", (var("resource"),)))
        body.append(Predicate("resource_path", (var("path"),)))
        expressions.append(ops(var("resource"), string(resource[:-1]), "Prefix"))
        segments = resource.count("/") + 1
        expressions.append(ops(var("path"), "Length", integer(segments), "Equal"))
    elif resource != "**":
        body.append(Predicate("resource", (string(resource),)))

    if fixed:
        body.append(Predicate("arg_names", (names_set(args),)))
    elif not is_open or required:
        body.append(Predicate("arg_names", (var("arg_names"),)))

    for argument, kind, parameter in unspoken:
        terms = (string(argument.name), string(kind), parameter_term(kind, parameter))
        body.append(Predicate("satisfies", terms))
    if spoken:
        body.append(Predicate("args", (var("args"),)))

    if not is_open and not fixed:
        if below:
            prefixes = [ops(closure([], var("member"), string(inside(a.name)), "Prefix"), "LazyOr") for a in below]
            inner = ops(names_set(args), var("member"), "Contains", *prefixes)
            expressions.append(ops(var("arg_names"), closure(["member"], inner), "All"))
        else:
            expressions.append(ops(names_set(args), var("arg_names"), "Contains"))
    if not fixed and required:
        expressions.append(ops(var("arg_names"), names_set(required), "Contains"))
    for argument, kind, parameter in spoken:
        expressions.append(around(argument.name, kind, parameter, argument.optional, several))
    if not body and not expressions:
        expressions.append(ops(boolean(True)))
    return Query(tuple(body), tuple(expressions))
