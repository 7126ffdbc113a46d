"""The Merkle tree's hashes (RFC 6962, section 2.1) and the checks of its two kinds of proof."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def hash_leaf(line: bytes) -> bytes:
    """RFC 6962's hash of a leaf."""
    return hashlib.sha256(b"\0" + line).digest()


def hash_nodes(left: bytes, right: bytes) -> bytes:
    """RFC 6962's hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def includes(leaf: bytes, index: int, *, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a leaf is at ``index`` (from 0) of the tree with that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for other in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = hash_nodes(other, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = hash_nodes(node, other)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def extends(
    older: bytes, newer: bytes, *, older_size: int, newer_size: int, path: Sequence[bytes]
) -> bool:
    """Whether the newer root's tree begins with all of the older one's (RFC 9162, 2.1.4.2)."""
    if not 0 < older_size <= newer_size:
        return False
    if older_size == newer_size:
        return not path and older == newer
    steps = [older, *path] if older_size & (older_size - 1) == 0 else list(path)
    if not steps:
        return False
    place, last = older_size - 1, newer_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old, new = steps[0], steps[0]
    for other in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = hash_nodes(other, old), hash_nodes(other, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = hash_nodes(new, other)
        place, last = place >> 1, last >> 1
    return last == 0 and old == older and new == newer
