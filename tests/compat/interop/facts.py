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
    names = {name for name, (value, is_group) in found.items() if not is_group}
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
    whole |= {"context": request["context"]} if request.get("context") else {}
    return hashlib.sha256(canonical(whole).encode()).digest()


def arguments(args):
    """Each name, its value, and whether the values inside it are arguments of their own."""
    found = {}

    def collect(name, pointer, value):
        is_list = isinstance(value, list) and value != [] and all(map(is_object, value))
        found[name] = (judged(value), is_list or is_object(value))
        if is_list:
            columns(pointer + "/*", value)
        elif is_object(value):
            for key, member in value.items():
                inner = pointer + token(key)
                collect(inner, inner, member)

    def columns(pointer, elements):
        """The members of the elements; `None` stands for an element without the member."""
        objects = [element for element in elements if is_object(element)]
        for key in {key for element in objects for key in element}:
            inner = pointer + token(key)
            values = [element[key] for element in objects if key in element]
            leaves = [value for value in values if not is_object(value)]
            if leaves:
                is_list = len(leaves) == len(elements)
                found[inner] = (judged(leaves) if is_list else UNDECIDABLE, False)
            else:
                found[inner] = (UNDECIDABLE, True)
            if len(leaves) < len(values):
                # As many as the list has, so that a missing member is noticed.
                rest = [value for value in values if is_object(value)]
                columns(inner, rest + [None] * (len(elements) - len(rest)))

    for name, value in args.items():
        collect(name, token(name), value)
    return found


def is_object(value):
    return isinstance(value, dict) and value != {}


def token(key):
    return "/~2" if key == "*" else "/" + key.replace("~", "~0").replace("/", "~1")


def judged(value):
    """A value that no limit may judge is the first second of 1970, and a list of these if only the length
    may be judged."""
    if isinstance(value, list):
        return value if all(map(is_scalar, value)) else [UNDECIDABLE] * len(value)
    return value if is_scalar(value) else UNDECIDABLE


def is_scalar(value):
    return value is None or isinstance(value, (bool, int, str))


def fact(name, terms):
    """A fact with lists, maps and nulls. As parameters, the library turns a list of numbers into bytes,
    and takes no null. So their brackets are text, and their contents are parameters."""
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
