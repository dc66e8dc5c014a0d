"""Judges the tables of `tests/laws/bypasses` by the limits of `limits.py`, and returns what differs."""

import json
import re
from pathlib import Path

from limits import KINDS

TABLES = Path(__file__).resolve().parent.parent.parent / "laws" / "bypasses"


def differences():
    wrong, count = [], 0
    for file in sorted(TABLES.glob("*.txt")):
        for line in filter(None, file.read_text().split("\n")):
            word, rest = line.split(" ", 1)
            if word == "limit":
                kind, limit = limit_of(rest)
                continue
            text, _ = json.JSONDecoder().raw_decode(rest)
            count += 1
            if KINDS[kind](limit, text) != (word == "permit"):
                wrong.append(f"{file.name}, {kind} {limit}: {line}")
    assert count > 450, count
    return wrong, count


def limit_of(text):
    """The kind and the parameter of `name:KIND=VALUE`."""
    _, kind, value = re.fullmatch(r"(\w+):(\w+)=(.*)", text).groups()
    if kind != "url":
        return kind, value
    scheme, hosts, prefix = re.fullmatch(r"(\w+)://(\{.*\}|[^/]*)(/.*)?", value).groups()
    return kind, {"schemes": [scheme], "hosts": hosts.strip("{}").split(","), "path_prefix": prefix or ""}
