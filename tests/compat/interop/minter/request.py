"""JSON of requests, canonical JSON, the digest, and the names of arguments (section 12)."""

import hashlib
import json
import re

from .limits import step

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16
MAX_ARGUMENTS = 256
MAX_NAME = 256
MEMBERS = {"operation", "resource", "audience", "args", "context"}


class Float(float):
    """A number that no limit judges (section 12, Numbers)."""


def read_number(text: str):
    """The table of section 12, Numbers."""
    sign, whole, fraction, exponent = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", text).groups()
    digits = (whole + (fraction or "")).lstrip("0")
    if not digits:
        return 0
    power = int(exponent or 0) - len(fraction or "")
    stripped = digits.rstrip("0")
    power += len(digits) - len(stripped)
    if power >= 0 and len(stripped) + power <= 16:
        value = int(stripped) * 10**power
        if value <= MAX_INTEGER:
            return -value if sign else value
    if fraction is None and exponent is None:
        raise ValueError("an integer beyond 2^53 - 1")
    value = Float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("beyond a double")
    return value


def members(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("the same member twice")
    return out


def no_constant(name):
    raise ValueError(name)


MAX_JSON_VALUES = 262144


def count_values(value) -> int:
    """The elements and members in a value, at any depth."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return len(inner) + sum(count_values(item) for item in inner)


def read_json(text: str):
    value = json.loads(text, parse_int=read_number, parse_float=read_number, parse_constant=no_constant,
                       object_pairs_hook=members)
    json.dumps(value, ensure_ascii=False).encode()  # refuses lone surrogates
    if count_values(value) > MAX_JSON_VALUES:
        raise ValueError("too many values")
    return value


def float_text(value: float) -> str:
    """A double as ECMAScript writes it (RFC 8785)."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, exponent = f"{abs(value)!r}e0".split("e")[:2]
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = (whole + fraction).lstrip("0")
    n = int(exponent) + len(whole) - (len(whole + fraction) - len(digits))  # point behind n digits
    digits = digits.rstrip("0")
    k = len(digits)
    if k <= n <= 21:
        return sign + digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + digits
    e = n - 1
    tail = ("e+" if e >= 0 else "e-") + str(abs(e))
    return sign + digits[0] + ("." + digits[1:] if k > 1 else "") + tail


def canonical(value) -> str:
    """Canonical JSON (RFC 8785)."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return float_text(value)
    return json.dumps(value, ensure_ascii=False)


def digest(request: dict) -> bytes:
    """The request's digest (section 12)."""
    if set(request) - MEMBERS:
        raise ValueError("another member")
    covered = {"args": request.get("args") or {}, "audience": request["audience"],
               "operation": request["operation"], "resource": request["resource"]}
    if request.get("context"):
        covered["context"] = request["context"]
    return hashlib.sha256(canonical(covered).encode()).digest()


class Under:
    """The content of a name (section 12). `kind` is one of value, elements (a list of n elements),
    objects (a list of n objects), undecidable, object."""

    def __init__(self, kind: str, value=None):
        self.kind, self.value = kind, value

    @property
    def leaf(self) -> bool:
        return self.kind not in ("object", "objects")


def is_scalar(value) -> bool:
    return value is None or isinstance(value, (str, int))  # bool is an int; Float is not


def is_object(value) -> bool:
    return isinstance(value, dict) and bool(value)


def is_list_of_objects(value) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_object, value))


def leaf_value(value) -> Under:
    if is_scalar(value):
        return Under("value", value)
    if isinstance(value, list):
        return Under("value", value) if all(map(is_scalar, value)) else Under("elements", len(value))
    return Under("undecidable")


def check_depth(value, depth: int = 0) -> None:
    """Checks that the arguments are nested at most 16 deep (section 12, JSON)."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        check_depth(item, depth + 1)


class Names:
    """All names of the arguments of a request, with their contents."""

    def __init__(self, args: dict):
        check_depth(args)
        self.under = {}
        for key, value in args.items():
            if key.startswith("/"):
                raise ValueError("a top-level argument begins with a slash")
            self.visit(key, "/" + step(key), value)
        leaves = self.leaves()
        if len(leaves) > MAX_ARGUMENTS or len(self.under) - len(leaves) > MAX_ARGUMENTS:
            raise ValueError("too many arguments")
        if any(len(n.encode()) > MAX_NAME for n in self.under) or "" in leaves:
            raise ValueError("a name has 1 to 256 bytes")

    def leaves(self) -> list:
        return sorted((n for n, u in self.under.items() if u.leaf), key=str.encode)

    def visit(self, name: str, pointer: str, value) -> None:
        if is_object(value):
            self.under[name] = Under("object")
            for key, inner in value.items():
                deeper = pointer + "/" + step(key)
                self.visit(deeper, deeper, inner)
        elif is_list_of_objects(value):
            self.under[name] = Under("objects", len(value))
            found = {}
            for element in value:
                self.collect(pointer + "/*", element, found)
            for inner, occurrences in found.items():
                self.under[inner] = self.in_list(occurrences, len(value))
        else:
            self.under[name] = leaf_value(value)

    def collect(self, pointer: str, element: dict, found: dict) -> None:
        """The members inside one element of a list of objects. A list in there is one argument."""
        for key, value in element.items():
            deeper = pointer + "/" + step(key)
            found.setdefault(deeper, []).append(value)
            if is_object(value):
                self.collect(deeper, value, found)

    @staticmethod
    def in_list(occurrences: list, elements: int) -> Under:
        if all(map(is_object, occurrences)):
            return Under("object")
        if len(occurrences) < elements or any(map(is_object, occurrences)):
            return Under("undecidable")
        if all(map(is_scalar, occurrences)):
            return Under("value", occurrences)
        return Under("elements", elements)  # some element has something that is not a scalar
