"""The bounds of a grant (section 11): ValueError where a verifier would report `not_canonical`."""

import ipaddress
import re

from . import texts
from .limits import EACH_KINDS, Argument, arguments, scalar_order

MAX_INTEGER = 2**53 - 1
MAX_LIST, MAX_STRING, MAX_NAME, MAX_PURPOSE, MAX_GLOB = 256, 4096, 256, 512, 256
MAX_SEGMENTS, MAX_CAPABILITIES, MAX_CONSTRAINTS = 64, 64, 16


def must(holds: bool, why: str) -> None:
    if not holds:
        raise ValueError(why + " (section 11)")


def visible(text: str, most: int) -> bool:
    return (1 <= len(text.encode()) <= most and not texts.has_invisible(text)
            and not text.startswith(" ") and not text.endswith(" "))


def check_operation(pattern: str) -> None:
    if pattern == "*":
        return
    plain = pattern[:-2] if pattern.endswith(".*") else pattern
    must(len(plain) <= MAX_NAME and re.fullmatch(r"[A-Za-z0-9_\-:/]+(?:\.[A-Za-z0-9_\-:/]+)*", plain) is not None
         and plain.count(".") < MAX_SEGMENTS, f"operation {pattern!r}")


def check_resource(pattern: str) -> None:
    if pattern == "**":
        return
    plain = re.sub(r"/\*\*?$", "", pattern)
    read = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), plain.encode()).decode(errors="replace")
    must(texts.path(plain) is not None and not plain.startswith("/") and "*" not in plain
         and plain.count("/") < MAX_SEGMENTS, f"resource {pattern!r}")
    must(not any(s != s.strip(" ") for t in (plain, read) for s in t.split("/")), f"blanks in {pattern!r}")


def check_name(name: str) -> None:
    """Names of arguments, and those that no argument can have (section 12)."""
    must(visible(name, MAX_NAME), f"name {name!r}")
    if not name.startswith("/"):
        return
    steps = name[1:].split("/")
    must(all(s == s.strip(" ") for s in steps), f"blanks in {name!r}")
    must(len(steps) > 1 and steps[0] != "*" and steps[-1] != "*" and steps.count("*") <= 1
         and not any(re.search(r"~(?![01])", s) for s in steps if s != "~2"), f"no argument has {name!r}")


def check_scalar(value) -> None:
    if isinstance(value, str):
        must(len(value.encode()) <= MAX_STRING, "string")
    elif value is not None and not isinstance(value, bool):
        must(type(value) is int and abs(value) <= MAX_INTEGER, f"scalar {value!r}")


def check_list(items, least: int = 1) -> None:
    must(isinstance(items, list) and least <= len(items) <= MAX_LIST, "list")


def check_scalars(items, least: int = 1, repeated: bool = False) -> None:
    check_list(items, least)
    for item in items:
        check_scalar(item)
    must(repeated or len({scalar_order(v) for v in items}) == len(items), "a value twice")


def check_host_pattern(host: str) -> None:
    if host.startswith("*."):
        name = host[2:]
        must(texts.is_host(name) and "." in name and texts.address(name) is None, f"host {host!r}")
    else:
        must(texts.is_host(host), f"host {host!r}")


def check_url(p: dict) -> None:
    must(not set(p) - {"schemes", "hosts", "ports", "path_prefix"}, "url")
    check_list(p["schemes"])
    check_list(p["hosts"])
    ports = p.get("ports", [])
    check_list(ports, 0)
    must(all(re.fullmatch(r"[a-z][a-z0-9+.\-]*", s) for s in p["schemes"]), "scheme")
    for host in p["hosts"]:
        check_host_pattern(host)
    must(all(type(n) is int and 1 <= n <= 65535 for n in ports), "port")
    must(bool(ports) or all(s in texts.OWN_PORT for s in p["schemes"]), "a scheme without a port of its own")
    prefix = p.get("path_prefix", "")
    must(prefix in ("", "/") or len(prefix) <= MAX_STRING and texts.is_url_path(prefix)
         and not prefix.endswith("/"), "path prefix")


def check_cidr(text: str) -> None:
    network = ipaddress.ip_network(text)
    is_v4 = texts.is_v4_in_6(network[0]) and texts.is_v4_in_6(network[-1])
    must(str(network) == text and not is_v4, f"cidr {text!r}")


def check_limit(kind: str, p) -> None:
    if kind == "equals":
        check_scalars(p, 0, True) if isinstance(p, list) else check_scalar(p)
    elif kind in ("one_of", "subset_of", "contains_all"):
        check_scalars(p)
    elif kind == "none_of":
        check_scalars(p)
        must(p[0] is not None and len({type(v) for v in p}) == 1, "none_of is of one type")
    elif kind in ("min", "max", "max_len"):
        must(type(p) is int and (0 if kind == "max_len" else -MAX_INTEGER) <= p <= MAX_INTEGER, kind)
    elif kind in ("prefix", "suffix"):
        must(1 <= len(p.encode()) <= MAX_STRING, kind)
    elif kind == "glob":
        found = texts.path(p)
        must(found is not None and len(p.encode()) <= MAX_GLOB and not set(p) & set("?[]{}"), f"glob {p!r}")
        segments = found[1]
        must(all(s == "**" or "**" not in s for s in segments)
             and ("**", "**") not in zip(segments, segments[1:]), f"glob {p!r}")
    elif kind == "subpath":
        must(texts.path(p) is not None and "*" not in p, f"subpath {p!r}")
    elif kind == "url":
        check_url(p)
    elif kind == "cidr":
        check_cidr(p)
    elif kind == "each":
        must(len(p) == 1 and next(iter(p)) in EACH_KINDS, "each")
        ((inner, value),) = p.items()
        check_limit(inner, value)


def around(name: str) -> set:
    """The names of the objects and lists around a name that begins with a slash (section 11, Combinations)."""
    steps = name[1:].split("/")
    top = "*" if steps[0] == "~2" else steps[0].replace("~1", "/").replace("~0", "~")
    return {top} | {"/" + "/".join(steps[:n]) for n in range(2, len(steps))}


def check_capability(capability: dict) -> None:
    check_operation(capability["operation"])
    check_resource(capability["resource"])
    must(capability.get("other_args") in (None, "allow", "deny"), "other_args")
    is_open = capability.get("other_args") == "allow"
    args: list[Argument] = arguments(capability)
    names = {a.name for a in args}
    must(sum(max(1, len(a.limits)) for a in args) <= MAX_CONSTRAINTS, "too many limits")
    for a in args:
        check_name(a.name)
        for kind, parameter in a.limits:
            check_limit(kind, parameter)
        must(not (is_open and not a.required and not a.limits), f"{a.name!r} says nothing beside other_args")
        if a.optional and a.name.startswith("/"):
            must(not is_open and not around(a.name) & names, f"optional {a.name!r}")


def check_grant(grant: dict) -> None:
    must(visible(grant["to"]["name"], MAX_NAME) and visible(grant["purpose"], MAX_PURPOSE), "name or purpose")
    if grant.get("audience") is not None:
        check_list(grant["audience"])
        must(all(visible(a, MAX_NAME) for a in grant["audience"]), "audience")
    must(1 <= len(grant["capabilities"]) <= MAX_CAPABILITIES, "capabilities")
    for capability in grant["capabilities"]:
        check_capability(capability)
