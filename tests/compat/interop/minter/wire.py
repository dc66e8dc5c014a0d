"""The one canonical spelling of protobuf (section 2) and base64url without padding (section 2, Text)."""

import base64


def varint(value: int) -> bytes:
    """A varint of minimum length. A negative int64 is its 64-bit two's complement (section 2)."""
    if value < 0:
        value += 1 << 64
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    """A field with a varint (wire type 0). It is written even if the value is 0."""
    return varint(field << 3) + varint(value)


def data(field: int, value: bytes) -> bytes:
    """A field with bytes, a string or a message (wire type 2). The length is written even if it is 0."""
    return varint(field << 3 | 2) + varint(len(value)) + value


def to_text(raw: bytes) -> str:
    """Bytes of a token as text (section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
