"""Delegations and presentations as blocks (sections 7 and 10)."""

from __future__ import annotations

from datetime import datetime
import math

from .datalog import (Block, Predicate, Query, date, integer, ops, raw, string, term_set, var)
from .limits import by_bytes, query

MAX_DATE = 253402300799
KINDS_OF_PRINCIPAL = ("human", "agent", "service", "organization")


def seconds(text: str, up: bool = False) -> int:
    """A date of RFC 3339 in whole seconds: cut off, or for `not_before` the next one (section 14)."""
    stamp = datetime.fromisoformat(text.replace("Z", "+00:00"))  # Python 3.10 does not read the Z
    whole = math.floor(stamp.replace(microsecond=0).timestamp())
    return whole + 1 if up and stamp.microsecond else whole


def block0_facts(owner: dict, root_key: bytes, token_id: bytes) -> tuple:
    """The three facts that block 0 alone has (section 7)."""
    return (
        Predicate("deputize", (integer(1),)),
        Predicate("token", (raw(token_id),)),
        Predicate("owner", (string(owner["name"]), string(owner["kind"]), raw(root_key))),
    )


def delegation(grant: dict, delegate_keys, parent, first_facts=()) -> Block:
    """A delegation (section 7). `delegate_keys` are the allowed keys or None, `parent` an id or None."""
    to = grant["to"]
    if to["kind"] not in KINDS_OF_PRINCIPAL:
        raise ValueError(f"kind {to['kind']!r}")
    terms = [string(to["name"]), string(to["kind"]), string(grant["purpose"]),
             date(seconds(grant["issued"])), integer(grant["max_hops"])]
    if parent is not None:
        terms.append(raw(parent))
    facts = [*first_facts, Predicate("delegate", tuple(terms))]
    if delegate_keys is not None:
        facts.append(Predicate("delegates", (term_set(raw(k) for k in sorted(set(delegate_keys))),)))

    time = var("time")
    bounds = [ops(time, date(seconds(grant["expires"])), "LessThan")]
    if grant.get("not_before") is not None:
        bounds.insert(0, ops(time, date(seconds(grant["not_before"], up=True)), "GreaterOrEqual"))
    checks = [(Query((Predicate("time", (time,)),), tuple(bounds)),)]
    if grant.get("audience") is not None:
        checks.append(tuple(Query((Predicate("audience", (string(a),)),)) for a in by_bytes(grant["audience"])))
    capabilities = grant["capabilities"]
    checks.append(tuple(query(c, len(capabilities) > 1) for c in capabilities))
    return Block(tuple(facts), tuple(checks))


def presentation(nonce: bytes, issued: int, window: int, parent: bytes, digest: bytes, audience: str,
                 counted: bytes | None = None) -> Block:
    """A presentation (section 10)."""
    terms = [raw(nonce), date(issued), raw(parent)]
    if counted is not None:
        terms.append(raw(counted))
    since, until = max(0, issued - window), min(MAX_DATE, issued + window)
    time = var("time")
    check = Query(
        (Predicate("request_digest", (raw(digest),)), Predicate("audience", (string(audience),)),
         Predicate("time", (time,))),
        (ops(time, date(since), "GreaterOrEqual"), ops(time, date(until), "LessOrEqual")),
    )
    return Block((Predicate("presentation", tuple(terms)),), ((check,),))
