"""The ambient facts of a request (docs/FORMAT.md, section 16), made from nothing but the request.

Every string goes to the library as a parameter: no Datalog text is put together from what somebody
chose.
"""

import hashlib
from datetime import datetime, timezone

from biscuit_auth import Fact

from canonical import canonical

UNDECIDABLE = datetime.fromtimestamp(0, timezone.utc)


def facts(request, now):
    found = arguments(request.get("args", {}))
    names = {name for name, (value, is_object) in found.items() if not is_object}
    resource = request["resource"]
    return [
        Fact("time({now})", {"now": datetime.fromtimestamp(now, timezone.utc)}),
        Fact("operation({text})", {"text": request["operation"]}),
        Fact("resource({text})", {"text": resource}),
        Fact("resource_path({segments})", {"segments": resource.split("/")}),
        Fact("audience({text})", {"text": request["audience"]}),
        fact("args", [{name: value for name, (value, _) in found.items()}]),
        Fact("arg_names({names})", {"names": names}),
        Fact("request_digest({digest})", {"digest": list(digest(request))}),
    ]


def digest(request):
    fields = ("operation", "resource", "audience")
    whole = {name: request[name] for name in fields} | {"args": request.get("args", {})}
    return hashlib.sha256(canonical(whole).encode()).digest()


def arguments(args):
    """Each name, its value, and whether it is an object with members."""
    found = {}

    def collect(name, pointer, value):
        is_object = isinstance(value, dict) and value != {}
        found[name] = (judged(value), is_object)
        if is_object:
            for key, member in value.items():
                inner = pointer + token(key)
                collect(inner, inner, member)

    for name, value in args.items():
        collect(name, token(name), value)
    return found


def token(key):
    return "/" + key.replace("~", "~0").replace("/", "~1")


def judged(value):
    """What no limit may judge is the first second of 1970."""
    if isinstance(value, list):
        return value if all(is_scalar(item) for item in value) else UNDECIDABLE
    return value if is_scalar(value) else UNDECIDABLE


def is_scalar(value):
    return value is None or isinstance(value, (bool, int, str))


def fact(name, terms):
    """A fact with lists, maps and nulls, which the library does not take as parameters: it would
    make bytes of a list of numbers. So their brackets are text, and what is in them parameters."""
    parameters = {}

    def text(term):
        if term is None:
            return "null"
        if isinstance(term, list):
            return "[" + ", ".join(map(text, term)) + "]"
        if isinstance(term, dict) and term:
            return "{" + ", ".join(f"{text(key)}: {text(own)}" for key, own in term.items()) + "}"
        place = f"p{len(parameters)}"
        parameters[place] = term
        return "{" + place + "}"

    source = ", ".join(map(text, terms))
    return Fact(f"{name}({source})", parameters)
