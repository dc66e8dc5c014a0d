"""Presentations by attackers, with the codes that the page requires (section 15), and whether a plain
Biscuit verifier sees the fault (section 16). The holders' keys are known here, so the signatures are valid
unless the attack is on a signature."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import blocks, token as tokens
from .datalog import Closure, Predicate, Query, boolean, date, ops, raw, string, var
from .facts import authorize
from .request import digest
from .wire import data, number, to_text

PEOPLE = {"alice": 1, "planner": 2, "researcher": 3, "writer": 4, "mallory": 9}
SEEDS = {name: bytes([n]) * 32 for name, n in PEOPLE.items()}
KEYS = {name: tokens.public_key(seed) for name, seed in SEEDS.items()}
ALICE = {"name": "alice@acme.com", "kind": "human"}
NOW = "2026-11-23T18:00:00Z"
REQUEST = {
    "operation": "crm.read",
    "resource": "accounts/emea/42",
    "audience": "crm.acme.com",
    "args": {"limit": 5},
}
NONCE, SERIES = b"\x0e" * 16, b"\x0f" * 8
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
NEUTRAL = bytes.fromhex("01" + "00" * 31)  # of small order: R = sB passes every equation under it

NOT_A_TOKEN, ALLOWED = "not_a_token", "allow"
SEEN, UNSEEN = "refuses", "accepts"  # by a plain Biscuit verifier


def capability(resource="accounts/**", **limit):
    return {"operation": "crm.read", "resource": resource, "args": {"limit": limit or {"max": 100}}}


def grant(to="planner", max_hops=1, capabilities=None, **more):
    granted = {
        "to": {"name": to, "kind": "agent"},
        "purpose": "Q3 account review",
        "issued": NOW,
        "max_hops": max_hops,
        "expires": "2026-11-23T19:00:00Z",
        "capabilities": [capability()] if capabilities is None else capabilities,
    }
    return {**granted, **more}


FIRST = grant()
SECOND = grant("researcher", 0, [capability("accounts/emea/**", min=1, max=10)])


def mint(granted=FIRST, seed="alice", owner=ALICE, states=None, edit=None, delegates=None, token_id=b"\x70" * 16):
    """Block 0, to the planner. `states` is a stated root key other than the signing key."""
    first = blocks.block0_facts(owner, states or KEYS[seed], token_id)
    block = blocks.delegation(granted, delegates, None, first)
    return append(None, block, KEYS["planner"], SEEDS[seed], granted, edit)


def delegate(token, granted=SECOND, seed="planner", to="researcher", edit=None, parent=None):
    """`to` is a name or a key."""
    block = blocks.delegation(granted, None, parent or token.blocks[-1].id)
    return append(token, block, KEYS.get(to, to), SEEDS[seed], granted, edit)


def append(token, block, key, seed, granted, edit):
    hop = tokens.hop_of(granted, seed, key, None)
    return tokens.append(token, edit(block) if edit else block, key, seed, hop)


def present(token, seed=SEEDS["researcher"], edit=None, parent=None, request=REQUEST, audience=None,
            asked=None, issued=NOW, window=30, counted=None, next_key=tokens.TERMINAL,
            secret=tokens.TERMINAL_SECRET):
    block = blocks.presentation(
        NONCE,
        blocks.seconds(issued),
        window,
        parent or token.blocks[-1].id,
        asked or digest(request),
        audience or request["audience"],
        counted,
    )
    closed = tokens.append(token, edit(block) if edit else block, next_key, seed, None)
    return replace(closed, proof=data(1, secret))


def with_block(token, n, block):
    return replace(token, blocks=token.blocks[:n] + (block,) + token.blocks[n + 1 :])


def with_signature(token, n, signature):
    return with_block(token, n, replace(token.blocks[n], signature=signature))


def with_content(token, seed, content):
    """The last block with other bytes for its content, signed by its signer."""
    last, parent, previous = token.blocks[-1], tokens.NO_ID, None
    if len(token.blocks) > 1:
        parent, previous = token.blocks[-2].id, token.blocks[-2].signature
    signature = sign(SEEDS[seed], tokens.payload(content, last.next_key, previous))
    own = tokens.block_id(parent, last.next_key, content)
    return with_block(token, -1 % len(token.blocks), replace(last, content=content, signature=signature, id=own))


def sign(seed, message):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def spelled(block, encode):
    """A signed block whose message is its usual one, transformed by `encode`."""

    class Spelled(tokens.SignedBlock):
        def encode(self):
            return encode(super().encode())

    return Spelled(block.content, block.next_key, block.signature, block.id)


def terms(change):
    """An edit of the terms of the fact `delegate` or `presentation`."""

    def edit(block):
        facts = (
            Predicate(fact.name, tuple(change(fact.terms))) if fact.name in ("delegate", "presentation") else fact
            for fact in block.facts
        )
        return replace(block, facts=tuple(facts))

    return edit


def more_facts(*facts):
    return lambda block: replace(block, facts=block.facts + facts)


def last_expressions(change):
    """An edit of the expressions of the only query of the last check."""

    def edit(block):
        (query,) = block.checks[-1]
        query = replace(query, expressions=tuple(change(query.expressions)))
        return replace(block, checks=block.checks[:-1] + ((query,),))

    return edit


def turn_sets(block):
    """Writes every set in descending order."""

    def turned(predicate):
        return Predicate(predicate.name, tuple(
            replace(term, value=term.value[::-1]) if term.kind == "set" else term for term in predicate.terms
        ))

    return replace(
        block,
        facts=tuple(map(turned, block.facts)),
        checks=tuple(
            tuple(replace(query, body=tuple(map(turned, query.body))) for query in check) for check in block.checks
        ),
    )


HELD_1 = mint()
HELD = delegate(HELD_1)
GOOD = present(HELD)
OTHER = mint(grant(capabilities=[capability("**", max=1000)]), token_id=b"\x71" * 16)


def all_attacks():
    """Each attack, as written to the file, and the grants of its hops for the facts of a plain verifier."""
    made = []
    for group in (
        chains, requests, arguments, roots, shapes, weak_keys, ends, signatures, spellings, forms, contents, times,
    ):
        group(lambda *about, **more: made.append(attack(*about, **more)))
    return made


def attack(name, description, token, expected, plain, request=REQUEST, now=NOW, grants=(FIRST, SECOND)):
    """`expected` is NOT_A_TOKEN, ALLOWED, or the hops and codes of all reasons to refuse it, in their order."""
    if isinstance(token, tokens.Token):
        token = token.encode()
    text = to_text(token) if isinstance(token, bytes) else token
    if isinstance(expected, tuple):
        expected = [expected]
    if isinstance(expected, list):
        expected = [{"hop": hop, "code": code} for hop, code in expected]
    written = {
        "name": name,
        "description": description,
        "presentation": text,
        "request": request,
        "now": now,
        "expected": expected,
        "plain_verifier": plain,
    }
    return written, grants


def check(made):
    """The differences between a plain verifier and the page, and the number of attacks of each kind."""
    wrong, counts = [], {}
    for one, grants in made:
        now = blocks.seconds(one["now"])
        why = authorize(one["presentation"], KEYS["alice"], grants, one["request"], now)
        said, found = one["plain_verifier"], UNSEEN if why is None else SEEN
        if said != found:
            wrong.append(f"{one['name']}: a plain verifier {found}, and the page says that it {said}")
        is_attack = one["expected"] != ALLOWED
        kind = f"attacks that a plain verifier {said}" if is_attack else "presentations without fault"
        counts[kind] = counts.get(kind, 0) + 1
    return wrong, counts


def chains(add):
    """Blocks in other positions than their signers put them."""
    add("swapped_first_block", "block 0 of another token of the same owner and delegate",
        with_block(GOOD, 0, OTHER.blocks[0]), (1, "bad_signature"), SEEN)
    add("foreign_parent", "hop 1 stands, well signed, behind another block 0 than the one it states",
        present(delegate(OTHER, parent=HELD_1.blocks[0].id)), (1, "wrong_parent"), UNSEEN)
    add("presentation_foreign_parent", "a presentation states another last hop",
        present(HELD, parent=HELD_1.blocks[0].id), (2, "wrong_parent"), UNSEEN)
    add("missing_parent", "a presentation of two terms",
        present(HELD, edit=terms(lambda own: own[:2])), (2, "not_canonical"), UNSEEN)
    add("hop_with_five_terms", "hop 1 has the five terms of hop 0",
        present(delegate(HELD_1, edit=terms(lambda own: own[:5]))), (1, "not_canonical"), UNSEEN)
    add("hop_with_seven_terms", "hop 1 states its parent twice",
        present(delegate(HELD_1, edit=terms(lambda own: own + own[5:]))), (1, "not_canonical"), UNSEEN)
    add("hop0_with_six_terms", "block 0 states 32 bytes 00 as its parent",
        present(delegate(mint(edit=terms(lambda own: own + (raw(bytes(32)),))))), (0, "not_canonical"), UNSEEN)
    add("parent_is_string", "the parent is a string, not bytes",
        present(delegate(HELD_1, edit=terms(lambda own: own[:5] + (string("p"),)))), (1, "not_canonical"), UNSEEN)
    add("parent_31_bytes", "the parent has 31 bytes",
        present(delegate(HELD_1, edit=terms(lambda own: own[:5] + (raw(own[5].value[:31]),)))),
        (1, "not_canonical"), UNSEEN)
    three = delegate(mint(grant(max_hops=2)), grant("writer", 1), to="writer")
    three = delegate(three, seed="writer")
    add("hop_cut_out", "the middle hop is left out",
        present(replace(three, blocks=(three.blocks[0], three.blocks[2]))), (1, "bad_signature"), SEEN)
    long = mint(grant(max_hops=31))
    for n in range(1, 9):
        seed, to = ("planner", "researcher") if n % 2 else ("researcher", "planner")
        long = delegate(long, grant("x", 31 - n), seed, to)
    add("chain_too_long", "nine delegations", present(long, SEEDS["planner"]), (None, "chain_too_long"), UNSEEN,
        grants=(FIRST,))


def requests(add):
    """A call other than the one that was presented or granted."""
    add("other_audience", "the presentation is for another service",
        present(HELD, audience="files.acme.com"), (2, "wrong_audience"), SEEN)
    other = {**REQUEST, "args": {"limit": 6}}
    add("other_digest", "the presentation is over another request",
        present(HELD, asked=digest(other)), (2, "wrong_request"), SEEN)
    add("context_added", "the service's request has a context that was not presented",
        GOOD, (2, "wrong_request"), SEEN, request={**REQUEST, "context": {"task": "T-17"}})
    elsewhere = {**SECOND, "audience": ["files.acme.com"]}
    add("audience_not_granted", "hop 1 is for another service",
        present(delegate(HELD_1, elsewhere)), (1, "audience_not_granted"), SEEN)
    add("no_capability", "hop 1 grants nothing: a check without queries",
        present(delegate(HELD_1, grant("researcher", 0, []))), (1, "no_capability"), SEEN)
    for name, change, code in (
        ("operation_changed", {"operation": "crm.write"}, "operation_not_granted"),
        ("argument_added", {"args": {"limit": 5, "force": True}}, "unknown_argument"),
        ("argument_left_out", {"args": {}}, "argument_missing"),
        ("argument_is_float", {"args": {"limit": 5.5}}, "argument_refused"),
        ("argument_is_object", {"args": {"limit": {"max": 5}}}, "unknown_argument"),
    ):
        asked = {**REQUEST, **change}
        add(name, "no hop grants the call, for which the token is presented",
            present(HELD, request=asked), [(0, code), (1, code)], SEEN, request=asked)


def arguments(add):
    """The content of a name, and the input of the digest (section 12)."""

    def call(name, description, args, limits, expected=ALLOWED, **more):
        granted = grant(capabilities=[{**capability(), "args": limits}])
        request = {**REQUEST, "args": args, **more}
        own = delegate(mint(granted), {**granted, "max_hops": 0})
        expected = expected if expected == ALLOWED else [(0, expected), (1, expected)]
        add(name, description, present(own, request=request), expected, UNSEEN if expected == ALLOWED else SEEN,
            request=request, grants=(granted, granted))

    path, size = "/files/*/path", {"/files/*/size": {"any": True}}
    below = {"subpath": "/srv"}
    call("optional_left_out", "an optional argument with a limit is not there",
         {}, {"path": {**below, "optional": True}})
    call("optional_is_object", "an object with members under the name of an optional limit",
         {"path": {"a": 1}}, {"path": {**below, "optional": True}, "/path/a": {"any": True}}, "argument_refused")
    call("member_of_all", "a member of every element",
         {"files": [{"path": "/srv/a"}, {"path": "/srv/b"}]}, {path: {"each": below}})
    call("member_of_some", "a member that one element lacks",
         {"files": [{"path": "/srv/a", "size": 1}, {"size": 2}]}, {path: {"each": below}, **size},
         "argument_refused")
    call("member_of_some_at_all", "the same, and the member has no limit",
         {"files": [{"path": "/srv/a", "size": 1}, {"size": 2}]}, {path: {"any": True}, **size})
    lists = {"files": [{"path": "/srv/a"}, {"path": []}]}
    call("member_is_list", "a member that is a list in one element, with a limit on what it is",
         lists, {path: {"each": below}}, "argument_refused")
    call("members_counted", "the same, with a limit on how many there are", lists, {path: {"max_len": 2}})
    call("members_too_many", "the same, and there are more", lists, {path: {"max_len": 1}}, "argument_refused")
    call("member_is_object_in_some", "a member is an object in one element, and missing in the other",
         {"files": [{"meta": {"a": 1}}, {"size": 1}]},
         {"/files/*/meta/a": {"any": True}, **size, "/files/*/meta": {"any": True}}, "argument_missing")
    call("canonical_json", "keys beyond the 16 bits of UTF-16, and numbers that ECMAScript writes in its own way",
         {"limit": 1e21, "tiny": 1.5e-7, "small": 0.000001, "e": "\u20ac\u0007\x7f/\"\\"},
         {name: {"any": True} for name in ("limit", "tiny", "small", "e")},
         context={"\ufb33": [1, {}], "\U0001f600": None, "\r": True})


def roots(add):
    """The root key and the hint."""
    alice, mallory = KEYS["alice"], KEYS["mallory"]
    add("hint_of_another_root", "the hint is of mallory's key",
        GOOD.encode(mallory[:4]), (None, "wrong_root"), UNSEEN)
    add("hint_off_by_a_bit", "the last bit of the hint is flipped",
        GOOD.encode(alice[:3] + bytes([alice[3] ^ 1])), (None, "wrong_root"), UNSEEN)
    add("hint_left_out", "no rootKeyId", GOOD.encode()[6:], (None, "wrong_root"), UNSEEN)
    add("states_another_root", "mallory signs a block 0 that states Alice's key, with Alice's hint",
        present(delegate(mint(seed="mallory", states=alice))).encode(alice[:4]), (0, "bad_signature"), SEEN)
    states_mallory = present(delegate(mint(states=mallory)))
    add("states_another_root_signed_by_alice", "Alice signs a block 0 that states mallory's key; hint of Alice",
        states_mallory, (None, "wrong_root"), UNSEEN)
    add("states_another_root_with_its_hint", "the same with the hint of mallory's key",
        states_mallory.encode(mallory[:4]), (None, "untrusted_root"), UNSEEN)
    add("untrusted_root", "mallory's own token for Alice's name",
        present(delegate(mint(seed="mallory"))), (None, "untrusted_root"), SEEN)
    add("root_of_small_order", "block 0 states a key of small order",
        present(delegate(mint(states=NEUTRAL))), (0, "bad_key"), UNSEEN)
    add("root_31_bytes", "block 0 states a root of 31 bytes",
        present(delegate(mint(states=alice[:31]))), (0, "not_canonical"), UNSEEN)
    bob = {"name": "bob@acme.com", "kind": "human"}
    add("owner_not_trusted", "Alice's key for Bob's name",
        present(delegate(mint(owner=bob))), (0, "owner_not_trusted"), UNSEEN)


def shapes(add):
    """Signed blocks of another shape."""
    hop = HELD.blocks[1]
    of_version_0 = replace(hop, signature=sign(SEEDS["planner"], hop.content + bytes(4) + hop.next_key))
    written_0 = spelled(of_version_0, lambda usual: usual[:-1] + b"\x00")
    add("signature_version_0", "hop 1 is signed by Biscuit's payload of version 0; field 5 is 0",
        present(with_block(HELD, 1, written_0)), NOT_A_TOKEN, UNSEEN)
    left_out = spelled(of_version_0, lambda usual: usual[:-2])
    add("signature_version_left_out", "the same, field 5 is left out",
        present(with_block(HELD, 1, left_out)), (1, "unsupported_signature_version"), UNSEEN)
    version_2 = spelled(hop, lambda usual: usual[:-1] + b"\x02")
    add("signature_version_2", "field 5 of hop 1 is 2",
        present(with_block(HELD, 1, version_2)), (1, "unsupported_signature_version"), SEEN)
    external = data(4, data(1, bytes(64)) + data(2, number(1, 0) + data(2, KEYS["writer"])))
    third_party = spelled(hop, lambda usual: usual[:-2] + external + usual[-2:])
    add("third_party", "hop 1 has an external signature",
        present(with_block(HELD, 1, third_party)), (1, "third_party_signature"), SEEN)
    p256 = data(1, hop.content) + data(2, number(1, 1) + data(2, b"\x02" + hop.next_key))
    p256 += data(3, hop.signature) + number(5, 1)
    add("algorithm_1", "hop 1 names a key of secp256r1",
        present(with_block(HELD, 1, spelled(hop, lambda _: p256))), (1, "bad_key"), SEEN)


def weak_keys(add):
    """Keys under which a signature proves nothing, and bytes that are not keys."""
    secret = bytearray(hashlib.sha512(SEEDS["mallory"]).digest()[:32])
    secret[0] &= 248
    secret[31] = secret[31] & 127 | 64
    forged = KEYS["mallory"] + (int.from_bytes(secret, "little") % GROUP_ORDER).to_bytes(32, "little")
    add("next_key_weak", "hop 1 names the neutral element; the presentation is signed for it by no secret",
        with_signature(present(delegate(HELD_1, to=NEUTRAL)), 2, forged), (1, "bad_key"), SEEN)
    beyond = bytes.fromhex("ee" + "ff" * 30 + "7f")
    add("next_key_not_canonical", "hop 1 names y = p + 1",
        present(delegate(HELD_1, to=beyond)), (1, "bad_key"), SEEN)
    add("next_key_no_point", "hop 1 names 32 bytes that are not a point",
        present(delegate(HELD_1, to=bytes.fromhex("02" + "00" * 31))), (1, "bad_key"), SEEN)


def ends(add):
    """The end of a token (section 15 A, step 8)."""
    add("bearer", "the holder ends the token with a secret of its own",
        present(HELD, next_key=KEYS["writer"], secret=SEEDS["writer"]), (None, "not_presented"), UNSEEN)
    add("held_token", "the held token itself", HELD, (None, "not_presented"), SEEN)
    add("appended", "a block behind the presentation, signed with TERMINAL's secret",
        present(GOOD, tokens.TERMINAL_SECRET), (3, "block_after_presentation"), UNSEEN)
    add("terminal_first", "hop 1 goes to TERMINAL",
        present(delegate(HELD_1, to=tokens.TERMINAL), tokens.TERMINAL_SECRET), (2, "block_after_presentation"), UNSEEN)
    add("bad_proof", "the proof is another secret",
        replace(GOOD, proof=data(1, SEEDS["writer"])), (2, "bad_proof"), SEEN)
    last = GOOD.blocks[-1]
    sealed = sign(tokens.TERMINAL_SECRET, last.content + bytes(4) + last.next_key + last.signature)
    add("sealed", "the proof is a final signature by TERMINAL's secret, which is how Biscuit seals a token",
        replace(GOOD, proof=data(2, sealed)), (2, "bad_proof"), UNSEEN)
    add("held_proof", "a presentation with HELD for a proof",
        replace(GOOD, proof=data(2, tokens.HELD)), (2, "bad_proof"), SEEN)


def signatures(add):
    def plus_order(token, n):
        signature = token.blocks[n].signature
        s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
        return with_signature(token, n, signature[:32] + s.to_bytes(32, "little"))

    add("malleable_presentation", "s and the order of the group in the presentation",
        plus_order(GOOD, 2), (2, "not_the_holder"), SEEN)
    add("malleable_hop", "s and the order of the group in hop 1, presented behind it",
        present(plus_order(HELD, 1)), (1, "bad_signature"), SEEN)
    add("not_the_holder", "the delegator presents its delegate's token",
        present(HELD, SEEDS["planner"]), (2, "not_the_holder"), SEEN)
    signature = HELD_1.blocks[0].signature
    flipped = with_signature(HELD_1, 0, bytes([signature[0] ^ 1]) + signature[1:])
    add("flipped_signature_0", "a bit of block 0's signature, the rest signed behind it",
        present(delegate(flipped)), (0, "bad_signature"), SEEN)
    add("signature_63_bytes", "the last byte of the presentation's signature is left out",
        with_signature(GOOD, 2, GOOD.blocks[2].signature[:63]), (2, "not_the_holder"), SEEN)


def spellings(add):
    """Other texts and containers for the same token (section 2)."""
    usual, text = GOOD.encode(), GOOD.text()
    proof = data(4, GOOD.proof)
    add("varint_in_container", "the hint's varint is one byte longer than it must be",
        usual[:5] + bytes([usual[5] | 0x80, 0]) + usual[6:], NOT_A_TOKEN, UNSEEN)
    add("unknown_field", "a field 9 behind the proof", usual + number(9, 1), NOT_A_TOKEN, UNSEEN)
    add("fields_out_of_order", "the proof stands first", proof + usual[: -len(proof)], NOT_A_TOKEN, UNSEEN)
    add("padding", "the text has padding", text + "=" * (-len(text) % 4 or 4), NOT_A_TOKEN, UNSEEN)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    add("bits_behind", "the last character has a bit behind the last byte",
        text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1], NOT_A_TOKEN, SEEN)


def forms(add):
    """Contents with the same meaning in another encoding (sections 5 to 9)."""
    usual = HELD.blocks[1].content

    def edited(name, description, content, plain=UNSEEN):
        add(name, description, present(with_content(HELD, "planner", content)), (1, "not_canonical"), plain)

    version = number(3, 6)
    check = usual.index(b"\x32\x89\x01")
    edited("symbol_of_the_28", "hop 1 declares `read`, a symbol of the 28", data(1, b"read") + usual, SEEN)
    edited("context", "hop 1 has a context", usual.replace(version, data(2, b"x") + version, 1))
    edited("datalog_version", "hop 1 says Datalog 5", usual.replace(version, number(3, 5), 1))
    edited("varint_in_content", "the version of hop 1 is the varint 8600",
           usual.replace(version, b"\x18\x86\x00", 1))
    edited("check_kind_written", "the last check of hop 1 says kind 0, which means `check if`",
           usual[:check] + data(6, usual[check + 3 :] + number(2, 0)))

    def hop(name, description, edit):
        add(name, description, present(delegate(HELD_1, edit=edit)), (1, "not_canonical"), UNSEEN)

    hop("extra_symbol", "hop 1 declares a string that it does not use",
        lambda block: replace(block, extra_symbols=("unused",)))
    hop("max_before_min", "the limits of hop 1 in the other order",
        last_expressions(lambda own: own[:1] + own[:0:-1]))
    hop("try_or_without_need", "a lone capability whose limit stands in try_or",
        last_expressions(lambda own: own[:2] + (ops(Closure((), own[2]), boolean(False), "TryOr"),)))
    args = {"a": {"any": True}, "limit": {"max": 9}}
    of_two = [{"operation": "crm.read", "resource": "**", "args": args}]
    request = {**REQUEST, "args": {"a": 1, "limit": 5}}
    first, second = grant(capabilities=of_two), grant("researcher", 0, of_two)
    add("unsorted_set", "the set of names of hop 1 is in falling order",
        present(delegate(mint(first), second, edit=turn_sets), request=request), (1, "not_canonical"), UNSEEN,
        request=request, grants=(first, second))
    allowed = [KEYS["researcher"], KEYS["writer"]]
    add("unsorted_delegates", "allowed delegates in falling order",
        present(delegate(mint(delegates=allowed, edit=turn_sets))), (0, "not_canonical"), UNSEEN)


def contents(add):
    """Blocks with forbidden contents (sections 7, 10 and 11)."""

    def hop(name, description, edit=None, granted=SECOND):
        add(name, description, present(delegate(HELD_1, granted, edit=edit)), (1, "not_canonical"), UNSEEN)

    hop("forged_satisfies", "hop 1 brings a fact `satisfies` of its own",
        more_facts(Predicate("satisfies", (string("limit"), string("glob"), string("*")))))
    hop("second_owner", "hop 1 states an owner",
        more_facts(Predicate("owner", (string("mallory"), string("human"), raw(KEYS["mallory"])))))
    hop("no_expiry", "hop 1 has no time check", lambda block: replace(block, checks=block.checks[1:]))
    hop("blank_behind_a_name", "the delegate's name ends with a blank",
        granted=grant("researcher ", 0, SECOND["capabilities"]))
    hop("kind_robot", "the kind is `robot`", terms(lambda own: (own[0], string("robot")) + own[2:]))
    add("max_hops_32", "max_hops is 32", present(delegate(mint(grant(max_hops=32)))), (0, "not_canonical"), UNSEEN)

    def closing(name, description, edit=None, counted=None):
        add(name, description, present(HELD, edit=edit, counted=counted), (2, "not_canonical"), UNSEEN)

    closing("empty_presentation", "the presentation has its fact, and no check",
            lambda block: replace(block, checks=()))
    always = Query((), (ops(boolean(True)),))
    closing("or_true", "the presentation's check has `true` for an alternative",
            lambda block: replace(block, checks=(block.checks[0] + (always,),)))
    an_hour_later = ops(var("time"), date(blocks.seconds(NOW) + 3600), "LessOrEqual")
    closing("lopsided_window", "until is an hour behind issued",
            last_expressions(lambda own: (own[0], an_hour_later)))
    closing("count_0", "a counted presentation that counts 0", counted=SERIES + bytes(8))


def times(add):
    """Chains that are not valid, and some that are (section 15 C)."""
    late = {**SECOND, "issued": "2026-11-23T18:00:31Z"}
    add("issued_ahead", "hop 1 was issued 31 s from now",
        present(delegate(HELD_1, late)), (1, "not_yet_valid"), UNSEEN)
    early = {**SECOND, "issued": "2026-11-23T17:59:29Z"}
    add("issued_before_parent", "hop 1 was issued 31 s before hop 0",
        present(delegate(HELD_1, early)), (1, "issued_before_parent"), UNSEEN)
    add("lifetime_too_long", "hop 0 holds for 367 days",
        present(delegate(mint(grant(expires="2027-11-25T18:00:00Z")))), (0, "lifetime_too_long"), UNSEEN)
    for name, max_hops, reasons in ("too_deep", 1, 1), ("too_deep_for_two", 0, 2):
        deep = delegate(delegate(HELD_1, grant("writer", max_hops), to="writer"), seed="writer")
        add(name, f"two hops behind one that lets one follow, the next of which lets {max_hops} follow",
            present(deep), [(2, "delegation_depth_exceeded")] * reasons, UNSEEN)
    add("short_freshness", "presented 31 s ago with a window of 300 s",
        present(HELD, issued="2026-11-23T17:59:29Z", window=300), (2, "presentation_not_fresh"), UNSEEN)
    add("delegate_not_allowed", "hop 0 lets only the writer follow",
        present(delegate(mint(delegates=[KEYS["writer"]]))), (1, "delegate_not_allowed"), UNSEEN)
    narrow = grant(audience=["files.acme.com"], expires="2026-11-23T18:30:00Z")
    asked = {**REQUEST, "args": {"limit": 50}}
    much = delegate(mint(narrow, owner={"name": "bob@acme.com", "kind": "human"}), early)
    add("much_at_once", "an untrusted owner, a stale presentation for another service, and more than granted",
        present(much, request=asked, audience="mail.acme.com", issued="2026-11-23T17:59:29Z"),
        [(0, "owner_not_trusted"), (2, "presentation_not_fresh"), (2, "wrong_audience"), (1, "issued_before_parent"),
         (1, "outlives_parent"), (0, "audience_not_granted"), (1, "argument_refused")],
        SEEN, request=asked)
    add("nothing_wrong", "the presentation that the others are made of", GOOD, ALLOWED, UNSEEN)
    counted = SERIES + (1).to_bytes(8, "big")
    add("nothing_wrong_counted", "the same, counted", present(HELD, counted=counted), ALLOWED, UNSEEN)
