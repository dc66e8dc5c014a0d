"""Limits that Datalog cannot express, and a verifier must check: `glob`, `subpath`, `url`, `cidr`, and each
of these of every element of a list.

Written from their descriptions, not from the code that they check. The limits are those that the
vector says were granted.
"""

import ipaddress
import re
import unicodedata
from urllib.parse import unquote, unquote_to_bytes, urlsplit

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
    if path is None or start(pattern) != start(text):
        return False
    # A slash after each segment, so that `**` also matches no segment.
    expression = "".join(
        "(?:[^/]*/)*" if segment == "**" else re.escape(segment).replace(r"\*", "[^/]*") + "/"
        for segment in segments
    )
    return re.fullmatch(expression, "".join(f"{segment}/" for segment in path)) is not None


def subpath(base, text):
    path, own = segments_of(text), segments_of(base)
    is_alike = path is not None and start(base) == start(text)
    return is_alike and path[: len(own)] == own


def segments_of(text):
    """The segments of a path, or `None` if it is ambiguous."""
    path = text.removeprefix("/").split("/") if text != "/" else []
    is_plain = (
        text != ""
        and len(text.encode()) <= 4096
        and text.count("/") <= 64
        and "" not in path
        and is_clear(text)
        and has_clear_escapes(text)
        and not any(is_device(segment) for segment in path)
    )
    if is_plain and "%" in text:
        plain = unquote(text)
        is_plain = start(plain) == start(text) and not any(map(is_device, plain.split("/")))
    return path if is_plain else None


def start(text):
    """Where a path starts: at the root, elsewhere (a home, a URL, a volume), or here."""
    first = text.split("/")[0]
    if first == "":
        return "root"
    is_elsewhere = first.lstrip(" ")[:1] in set("~\u02dc\u223c\u301c\uff5e") or first[-1] in COLONS
    return "elsewhere" if is_elsewhere else "here"


def is_device(segment):
    stem = re.split(f"[{COLONS}{re.escape(DOTS)}]", segment)[0].rstrip(" ")
    name = unicodedata.normalize("NFKC", stem)
    return bool(re.fullmatch(r"con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9]", name, re.IGNORECASE | re.ASCII))


# Characters that a code page or a transliteration turns into a slash, a back-slash or a percent
# sign.
CONVERTED = set("\u00a5\u00f7\u066a\u2044\u20a9\u2215\u2216\u2571\u2572\u27cb\u27cd\u29f5\u29f8\u29f9")
CONVERTED |= set("\u33a7\u33a8\u33ae\u33af\u33c6\u33de\u33df\U0001f67c\U0001f67d")
COLONS = ":\u02d0\u0589\u2236\u2a74\ua789\ufe13\ufe55\uff1a\U00010781"
DOTS = ".\u00b7\u0387\u2024\u2025\u2026\u3002\ufe12\ufe19\ufe30\ufe52\uff0e\uff61"


def is_clear(text):
    """Whether no part of the text is, or becomes, a separator, a dot segment, a drive or invisible."""
    return (
        "\\" not in text
        and not any(becomes_a_separator(char) for char in text)
        and all(char == " " or not is_unseen(char) for char in text)
        and not any(is_dots(segment) or is_drive(segment) for segment in text.split("/"))
    )


def becomes_a_separator(char):
    if char.isascii():
        return False
    plain = unicodedata.normalize("NFKC", char)
    return char in CONVERTED or bool(set(plain) & (CONVERTED | set("/\\%")))


def is_dots(segment):
    stem = ""
    for char in segment:
        if unicodedata.normalize("NFKC", char)[0] in ";?#":
            break
        stem += char
    if stem == "":
        return segment != ""
    stem = re.split(f"[{COLONS}]", stem)[0]
    is_name = stem == "" or set(stem) - set(DOTS + " ") or re.fullmatch(r"\.{3,}", stem)
    return not is_name


def is_drive(segment):
    start = segment.lstrip(" ")[:2]
    is_letter = start[:1].isalpha() or not start[:1].isascii()
    return len(start) == 2 and is_letter and start[1] in COLONS


def has_clear_escapes(text):
    if re.search(r"%(?![0-9a-f]{2})|%(2e|2f|5c|25|3b|[01].|7f)", text, re.IGNORECASE):
        return False
    try:
        return "%" not in text or is_clear(unquote_to_bytes(text).decode())
    except UnicodeDecodeError:
        return False


# Characters with a blank glyph, or that Unicode allows to be ignored
# (Default_Ignorable_Code_Point).
BLANK = {0x2800, 0xFFFC, 0x13441, 0x13442, 0x16FE4, 0x1D159}
IGNORABLE = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0}
RANGES = [(0x13430, 0x1343F), (0x180B, 0x180F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF)]


def is_unseen(char):
    return (
        unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Zs"}
        or ord(char) in BLANK | IGNORABLE
        or any(first <= ord(char) <= last for first, last in RANGES)
    )


def url(limit, text):
    """Whether a URL can be parsed in one way only, and each part is granted."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://[a-z0-9.:\[\]-]+(/[!-~]*)?", text):
        return False
    if re.search(r'["<>\\^`{|}]|%(?![0-9a-fA-F]{2})|#.*#', text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    split = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(:[1-9][0-9]{0,4})?", parts.netloc)
    if not split:
        return False
    host, port = split.groups()
    own = {"http": 80, "ws": 80, "https": 443, "wss": 443}.get(parts.scheme)
    number = int(port[1:]) if port else own
    prefix = limit.get("path_prefix", "")
    return (
        parts.scheme in limit["schemes"]
        and number in (limit.get("ports") or [own])
        and any(host_fits(granted, host) for granted in limit["hosts"])
        and re.fullmatch(r"[a-zA-Z0-9/._~!$&'()*+,;=:@%-]*", parts.path)
        and "//" not in parts.path
        and is_clear(parts.path)
        and has_clear_escapes(parts.path)
        and (parts.path + "/").startswith(prefix + "/" if prefix else "")
    )


def is_host(text):
    label = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
    is_name = re.fullmatch(rf"{label}(\.{label})*", text) and not re.search(r"(^|\.)(\d+|0x\w*)$", text)
    return bool(is_name) and text != "localhost" and not text.endswith(".localhost")


def host_fits(pattern, host):
    if pattern.startswith("*."):
        labels = host.removesuffix(pattern[1:])
        return labels != host and is_host(host) and not any(label.startswith("xn--") for label in labels.split("."))
    # A listed host was checked when it was granted.
    return pattern == host


def cidr(network, text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return str(address) == text and "%" not in text and not leads_to_ipv4(address) and address in ipaddress.ip_network(network)


CLOTHES = [
    ipaddress.ip_network(network)
    for network in (
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/48",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    )
]


def leads_to_ipv4(address):
    if address.version == 4 or str(address) in {"::", "::1"}:
        return False
    is_isatap = int(address) >> 32 & 0xFCFFFFFF == 0x5EFE
    return is_isatap or any(address in network for network in CLOTHES)


KINDS = {"glob": glob, "subpath": subpath, "url": url, "cidr": cidr}
