"""Hashing a text to a point of Curve25519, of which only the u-coordinate is kept.

Faz-Hernandez, Scott, Sullivan, Wahby and Wood, RFC 9380, suite curve25519_XMD:SHA-512_ELL2_NU_:
``expand_message_xmd`` (5.3.1), ``hash_to_field`` (5.2) and the Elligator 2 map of Bernstein,
Hamburg, Krasnova and Lange, *Elligator*, CCS 2013 (6.7.1). The cofactor is cleared by X25519
itself, whose scalars are multiples of 8. A plain hash as coordinate would not do: half of them lie
on the curve's twist, and which half shows through every exponentiation.
"""

from __future__ import annotations

import hashlib

P = 2**255 - 19
A = 486662
_HALF = (P - 1) // 2
_FIELD_BYTES = 48
_BLOCK_BYTES = 128


def encode_to_curve(message: bytes, tag: bytes) -> bytes:
    """The u-coordinate (little-endian, as X25519 takes it) of a point that nobody has the logarithm
    of. ``tag`` parts one use from another."""
    return map_to_curve(hash_to_field(message, tag)).to_bytes(32, "little")


def hash_to_field(message: bytes, tag: bytes) -> int:
    """A number below P; off from uniform by less than 2^-128."""
    ending = tag + bytes([len(tag)])
    start = bytes(_BLOCK_BYTES) + message + _FIELD_BYTES.to_bytes(2, "big") + b"\0"
    first = hashlib.sha512(start + ending).digest()
    block = hashlib.sha512(first + b"\1" + ending).digest()
    return int.from_bytes(block[:_FIELD_BYTES], "big") % P


def map_to_curve(u: int) -> int:
    """Elligator 2 with Z = 2: one of two candidates lies on the curve."""
    # 1 + 2 u^2 is never 0, for -1/2 is no square.
    x = -A * pow(1 + 2 * u * u, -1, P) % P
    right_side = (x * x % P * (x + A) + x) % P
    on_curve = pow(right_side, _HALF, P) in (0, 1)
    return x if on_curve else (-x - A) % P
