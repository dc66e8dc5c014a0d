"""Signatures, ids, the container, and mint, delegate, present (sections 2, 3, 4 and 14)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import blocks, rules
from .datalog import Block, encode_block
from .symbols import Symbols
from .wire import data, number, to_text

TERMINAL_SECRET = hashlib.sha256(b"deputize: nothing may follow a presentation").digest()
HELD = bytes(64)
NO_ID = bytes(32)
MAX_HOPS_IN_CHAIN = 32
FIELD_PRIME = 2**255 - 19
SMALL_ORDER = {bytes.fromhex(h) for h in (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)}


def public_key(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


TERMINAL = public_key(TERMINAL_SECRET)


def on_curve(key: bytes) -> bool:
    """Whether 32 bytes decode to a point (RFC 8032, 5.1.3)."""
    sign = key[31] >> 7
    y = int.from_bytes(key, "little") & (1 << 255) - 1
    d = -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME
    x2 = (y * y - 1) * pow(d * y * y + 1, -1, FIELD_PRIME) % FIELD_PRIME
    if x2 == 0:
        return sign == 0
    return pow(x2, (FIELD_PRIME - 1) // 2, FIELD_PRIME) == 1


def is_key(key: bytes) -> bool:
    """The four rules of section 3."""
    without_sign = key[:31] + bytes([key[31] & 0x7F])
    return (len(key) == 32 and int.from_bytes(without_sign, "little") < FIELD_PRIME and on_curve(key)
            and without_sign not in SMALL_ORDER and key != TERMINAL)


def payload(content: bytes, next_key: bytes, previous: bytes | None) -> bytes:
    """The signed message (section 3). `previous` is the signature of the previous block, if there is one."""
    out = b"\0BLOCK\0" + b"\0VERSION\0" + (1).to_bytes(4, "little") + b"\0PAYLOAD\0" + content
    out += b"\0ALGORITHM\0" + (0).to_bytes(4, "little") + b"\0NEXTKEY\0" + next_key
    if previous is not None:
        out += b"\0PREVSIG\0" + previous
    return out


def block_id(parent: bytes, next_key: bytes, content: bytes) -> bytes:
    """The id of a block (section 4)."""
    label = b"deputize hop v1\0"
    return hashlib.sha256(label + parent + (0).to_bytes(4, "little") + next_key + content).digest()


@dataclass(frozen=True)
class SignedBlock:
    content: bytes
    next_key: bytes
    signature: bytes
    id: bytes
    signature_version: int = 1

    def encode(self) -> bytes:
        """The message `SignedBlock` (section 2)."""
        out = data(1, self.content) + data(2, number(1, 0) + data(2, self.next_key))
        return out + data(3, self.signature) + number(5, self.signature_version)


@dataclass(frozen=True)
class Hop:
    """The properties of a hop that bind later delegations (section 14)."""

    signer: bytes
    delegate: bytes
    issued: int
    expires: int
    max_hops: int
    delegates: tuple | None


@dataclass(frozen=True)
class Token:
    """A held token or a presentation. `hops` has no entry for a presentation block."""

    root_key: bytes
    blocks: tuple
    hops: tuple
    symbols: Symbols
    proof: bytes

    def encode(self, hint: bytes | None = None) -> bytes:
        """The message `Biscuit` (section 2)."""
        hint = self.root_key[:4] if hint is None else hint
        out = number(1, int.from_bytes(hint, "big")) + data(2, self.blocks[0].encode())
        out += b"".join(data(3, b.encode()) for b in self.blocks[1:])
        return out + data(4, self.proof)

    def text(self) -> str:
        return to_text(self.encode())

    def hop_ids(self) -> list:
        return [b.id.hex() for b in self.blocks[:len(self.hops)]]


def append(token: Token | None, block: Block, next_key: bytes, seed: bytes, hop: Hop | None) -> Token:
    """Encode a block, sign it with `seed`, and append it. No rule is checked here."""
    symbols = token.symbols.copy() if token else Symbols()
    before = token.blocks if token else ()
    content = encode_block(block, symbols)
    message = payload(content, next_key, before[-1].signature if before else None)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = key.sign(message)
    key.public_key().verify(signature, message)
    parent = before[-1].id if before else NO_ID
    signed = SignedBlock(content, next_key, signature, block_id(parent, next_key, content))
    hops = (token.hops if token else ()) + ((hop,) if hop else ())
    root_key = token.root_key if token else public_key(seed)
    return Token(root_key, before + (signed,), hops, symbols, data(2, HELD))


def hop_of(grant: dict, seed: bytes, delegate: bytes, delegate_keys) -> Hop:
    return Hop(public_key(seed), delegate, blocks.seconds(grant["issued"]), blocks.seconds(grant["expires"]),
               grant["max_hops"], None if delegate_keys is None else tuple(sorted(set(delegate_keys))))


def must(holds: bool, why: str) -> None:
    if not holds:
        raise ValueError(why)


def check_hop(hop: Hop) -> None:
    """Rules of sections 3, 7, 11 and 14 that are about one hop."""
    must(is_key(hop.signer) and is_key(hop.delegate), "not a key (section 3)")
    must(all(map(is_key, hop.delegates or ())), "delegates: not a key (section 3)")
    must(hop.signer != hop.delegate, "delegation to oneself (section 14)")
    must(hop.issued < hop.expires <= blocks.MAX_DATE, "expiry must be after issued (section 11)")
    must(0 <= hop.max_hops <= 31, "max_hops (section 7)")


def check_chain(token: Token, new: Hop) -> None:
    """The table of "Delegate" in section 14, except for narrowing."""
    n = len(token.hops)
    must(new.signer == token.hops[-1].delegate, "the signer is not the holder")
    must(n < MAX_HOPS_IN_CHAIN, "the chain is too long")
    must(new.issued >= token.hops[-1].issued, "issued before the parent")
    for i, hop in enumerate(token.hops):
        must(hop.expires > hop.issued and new.expires <= hop.expires, f"outlives hop {i}")
        must(hop.max_hops >= n - i and new.max_hops <= hop.max_hops - (n - i), f"too deep for hop {i}")
        must(hop.delegates is None or new.delegate in hop.delegates, f"not allowed by hop {i}")


def mint(owner: dict, token_id: bytes, grant: dict, seed: bytes, delegate: bytes, delegate_keys=None,
         forced: bool = False) -> Token:
    """Block 0 (sections 7 and 14). `forced` skips the rules of section 14, for forged cases."""
    hop = hop_of(grant, seed, delegate, delegate_keys)
    if not forced:
        rules.check_grant(grant)
        check_hop(hop)
        must(rules.visible(owner["name"], rules.MAX_NAME), "name of the owner (section 11)")
    first = blocks.block0_facts(owner, public_key(seed), token_id)
    return append(None, blocks.delegation(grant, delegate_keys, None, first), delegate, seed, hop)


def delegate(token: Token, grant: dict, seed: bytes, to: bytes, delegate_keys=None, forced: bool = False) -> Token:
    """A later delegation (sections 7 and 14)."""
    hop = hop_of(grant, seed, to, delegate_keys)
    if not forced:
        rules.check_grant(grant)
        check_hop(hop)
        check_chain(token, hop)
    parent = token.blocks[-1].id
    return append(token, blocks.delegation(grant, delegate_keys, parent), to, seed, hop)


def present(token: Token, seed: bytes, nonce: bytes, issued: int, window: int, digest: bytes, audience: str,
            counted: bytes | None = None, forced: bool = False) -> Token:
    """Bind the token to one request (sections 10 and 14)."""
    must(forced or public_key(seed) == token.hops[-1].delegate, "the signer is not the holder")
    block = blocks.presentation(nonce, issued, window, token.blocks[-1].id, digest, audience, counted)
    return replace(append(token, block, TERMINAL, seed, None), proof=data(1, TERMINAL_SECRET))
