"""What Datalog cannot say, and a verifier must find out: `glob`, `subpath`, `url`, `cidr`, and each
of these of every element of a list.

Written from their descriptions, not from the code that they check. The limits are those that the
vector says were granted.
"""

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

from facts import arguments, fact


def satisfied(grants, request):
    """The facts `satisfies(argument, kind, parameter)` that are true of the request."""
    found = arguments(request.get("args", {}))
    for grant in grants:
        for capability in grant["capabilities"]:
            for name, limits in capability.get("args", {}).items():
                for kind in KINDS.keys() & limits.keys():
                    value, _ = found.get(name, (None, False))
                    if name not in found or isinstance(value, str) and KINDS[kind](limits[kind], value):
                        yield fact("satisfies", [name, kind, parameter(kind, limits[kind])])
                for kind, limit in limits.get("each", {}).items():
                    value, _ = found.get(name, (None, False))
                    if kind in KINDS and (name not in found or all_satisfy(KINDS[kind], limit, value)):
                        yield fact("satisfies", [name, "each", [kind, parameter(kind, limit)]])


def all_satisfy(judge, limit, value):
    is_list = isinstance(value, list)
    return is_list and all(isinstance(item, str) and judge(limit, item) for item in value)


def parameter(kind, limit):
    if kind != "url":
        return limit
    return [
        sorted(limit["schemes"]),
        sorted(limit["hosts"]),
        sorted(limit.get("ports", [])),
        limit.get("path_prefix", ""),
    ]


def glob(pattern, text):
    """`*` within a segment, `**` for any number of whole segments."""
    expression = "/" if pattern.startswith("/") else ""
    segments = pattern.lstrip("/").split("/")
    path = segments_of(text)
    if path is None or pattern.startswith("/") != text.startswith("/"):
        return False
    # A slash behind each segment, so that `**` stands for none as for any.
    expression = "".join(
        "(?:[^/]*/)*" if segment == "**" else re.escape(segment).replace(r"\*", "[^/]*") + "/"
        for segment in segments
    )
    return re.fullmatch(expression, "".join(f"{segment}/" for segment in path)) is not None


def subpath(base, text):
    path, own = segments_of(text), segments_of(base)
    is_alike = path is not None and base.startswith("/") == text.startswith("/")
    return is_alike and path[: len(own)] == own


def segments_of(text):
    """The segments of a path that can be read in one way, or `None`."""
    path = text.removeprefix("/").split("/") if text != "/" else []
    is_plain = (
        text != ""
        and len(text.encode()) <= 4096
        and "\\" not in text
        and not re.search(r"%(2e|2f|5c|25)", text, re.IGNORECASE)
        and all(char == " " or not is_unseen(char) for char in text)
        and not {"", ".", ".."} & set(path)
    )
    return path if is_plain else None


def is_unseen(char):
    return unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Zs"}


def url(limit, text):
    """A URL that is taken apart in one way only, with each part as granted."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://[a-z0-9.:\[\]-]+(/[!-~]*)?", text):
        return False
    parts = urlsplit(text)
    authority, host = parts.netloc, parts.hostname or ""
    port = re.search(r":([0-9]*)$", authority)
    if port and not re.fullmatch(r"[1-9][0-9]{0,4}", port[1]):
        return False
    number = int(port[1]) if port else {"http": 80, "ws": 80, "https": 443, "wss": 443}[parts.scheme]
    prefix = limit.get("path_prefix", "")
    return (
        parts.scheme in limit["schemes"]
        and number in limit.get("ports", [80 if parts.scheme in ("http", "ws") else 443])
        and is_host(host)
        and any(host_fits(own, host) for own in limit["hosts"])
        and not re.search(r"//|\\|%(2e|2f|5c|25|0|1|7f)", parts.path, re.IGNORECASE)
        and not {".", ".."} & set(parts.path.split("/"))
        and (parts.path + "/").startswith(prefix + "/" if prefix else "")
    )


def is_host(text):
    label = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
    is_name = re.fullmatch(rf"{label}(\.{label})*", text) and not re.search(r"(^|\.)(\d+|0x\w*)$", text)
    return bool(is_name) and text != "localhost" and not text.endswith(".localhost")


def host_fits(pattern, host):
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[2:]
    return pattern == host


def cidr(network, text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    is_mapped = address.version == 6 and address.ipv4_mapped is not None
    return str(address) == text and not is_mapped and address in ipaddress.ip_network(network)


KINDS = {"glob": glob, "subpath": subpath, "url": url, "cidr": cidr}
