"""The facts of section 16, and the decision of a stock Biscuit library with them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import biscuit_auth as biscuit

from . import limits, texts
from .request import Names, digest

EPOCH = datetime.fromtimestamp(0, timezone.utc)


def permits(kind: str, parameter, under) -> bool:
    """Whether a limit that Datalog cannot express permits the content of a name (section 13)."""
    if under.kind != "value":
        return False
    if kind == "each":
        ((inner, value),) = parameter.items()
        return isinstance(under.value, list) and all(
            isinstance(item, str) and texts.PERMITS[inner](value, item) for item in under.value)
    return isinstance(under.value, str) and texts.PERMITS[kind](parameter, under.value)


def satisfied(grants: list, names: Names) -> list:
    """(name, kind, term) of every `satisfies` fact, each once (section 16)."""
    facts = []
    for grant in grants:
        for capability in grant["capabilities"]:
            for argument in limits.arguments(capability):
                for kind, parameter in argument.limits:
                    if limits.in_datalog(kind, parameter):
                        continue
                    under = names.under.get(argument.name)
                    if under is None or permits(kind, parameter, under):
                        fact = (argument.name, kind, limits.parameter_term(kind, parameter))
                        if fact not in facts:
                            facts.append(fact)
    return facts


class Code:
    """Datalog text whose values are all parameters. Only brackets and null are text (section 16)."""

    def __init__(self):
        self.text, self.parameters = [], {}

    def value(self, value) -> str:
        if value is None:
            return "null"
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return "{" + name + "}"

    def array(self, items) -> str:
        return "[" + ", ".join(items) + "]"

    def json(self, value) -> str:
        return self.array(map(self.value, value)) if isinstance(value, list) else self.value(value)

    def term(self, term) -> str:
        return self.array(map(self.term, term.value)) if term.kind == "array" else self.value(term.value)

    def under(self, under) -> str:
        if under.kind == "value":
            return self.json(under.value)
        if under.kind in ("elements", "objects"):
            return self.array(self.value(EPOCH) for _ in range(under.value))
        return self.value(EPOCH)

    def fact(self, name: str, *terms: str) -> None:
        self.text.append(f"{name}({', '.join(terms)});")


def ambient(grants: list, request: dict, now: int) -> Code:
    """All facts of section 16. `now` is in seconds."""
    names = Names(request.get("args") or {})
    code = Code()
    code.fact("time", code.value(EPOCH + timedelta(seconds=now)))
    code.fact("operation", code.value(request["operation"]))
    code.fact("resource", code.value(request["resource"]))
    code.fact("resource_path", code.array(map(code.value, request["resource"].split("/"))))
    code.fact("audience", code.value(request["audience"]))
    entries = [code.value(n) + ": " + code.under(u) for n, u in names.under.items()]
    # biscuit-python 0.4.0 cannot parse `{}`, the empty map; it takes one as a parameter
    code.fact("args", "{" + ", ".join(entries) + "}" if entries else code.value({}))
    code.fact("arg_names", "{" + (", ".join(map(code.value, names.leaves())) or ",") + "}")
    code.fact("request_digest", code.value(digest(request)))
    for name, kind, term in satisfied(grants, names):
        code.fact("satisfies", code.value(name), code.value(kind), code.term(term))
    return code


def authorize(text: str, root_key: bytes, grants: list, request: dict, now: int) -> str | None:
    """None if biscuit-python allows the presentation, else why not."""
    try:
        root = biscuit.PublicKey.from_bytes(root_key, biscuit.Algorithm.Ed25519)
        token = biscuit.Biscuit.from_base64(text, root)
        code = ambient(grants, request, now)
        builder = biscuit.AuthorizerBuilder("\n".join(code.text) + "\nallow if true;", code.parameters)
        bounds = builder.limits()
        bounds.max_time = timedelta(seconds=10)
        builder.set_limits(bounds)
        builder.build(token).authorize()
    except (biscuit.BiscuitValidationError, biscuit.AuthorizationError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return None
