"""The Merkle tree over the ledger's lines, and the proofs that are drawn from it.

RFC 6962, section 2.1: the roots of full subtrees are kept, level by level, so a proof costs some
twenty steps for a million leaves once the tree is there. Whoever checks a proof does it with
``verifier``, which reckons in another way (RFC 9162, section 2.1.3 and 2.1.4).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from workbench.core.errors import InputError

from .verifier import hash_leaf, hash_nodes

_HASH_BYTES = 32


class MerkleTree:
    """A tree over lines.

    Args:
        lines: The leaves' data: entries in their portable form, without the line feed.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        # A level is one row of bytes: a million objects of 32 bytes each would take 80 MB.
        self._levels = [bytearray().join(map(hash_leaf, lines))]
        while len(self._levels[-1]) >= 2 * _HASH_BYTES:
            below = memoryview(self._levels[-1])
            step = 2 * _HASH_BYTES
            pairs = range(0, len(below) - step + 1, step)
            sha256 = hashlib.sha256
            self._levels.append(
                bytearray().join(sha256(b"\1" + below[at : at + step]).digest() for at in pairs)
            )

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0]) // _HASH_BYTES

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` leaves, by default over all."""
        end = self._within(self.size if size is None else size)
        return self._node(0, end) if end else hashlib.sha256().digest()

    def inclusion(self, index: int, *, size: int | None = None) -> list[bytes]:
        """PATH(m, D[n]): what turns the leaf at ``index`` (from 0) into the root of ``size``."""
        start, end = 0, self._within(self.size if size is None else size)
        if not 0 <= index < end:
            raise InputError(f"there is no leaf {index} among {end}")
        path = []
        while end - start > 1:
            middle = start + _largest_power_below(end - start)
            if index < middle:
                path.append(self._node(middle, end))
                end = middle
            else:
                path.append(self._node(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, older: int, *, size: int | None = None) -> list[bytes]:
        """PROOF(m, D[n]): what shows that the tree of ``size`` begins with that of ``older``."""
        start, end = 0, self._within(self.size if size is None else size)
        if not 0 < older <= end:
            raise InputError(f"a tree of {end} leaves does not go on from one of {older}")
        path, whole = [], True
        while older != end:
            middle = start + _largest_power_below(end - start)
            if older <= middle:
                path.append(self._node(middle, end))
                end = middle
            else:
                path.append(self._node(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._node(start, end))
        return path[::-1]

    def _node(self, start: int, end: int) -> bytes:
        """MTH(D[start:end]); full subtrees are looked up."""
        width = end - start
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            at = (start >> level) * _HASH_BYTES
            return bytes(self._levels[level][at : at + _HASH_BYTES])
        middle = start + _largest_power_below(width)
        return hash_nodes(self._node(start, middle), self._node(middle, end))

    def _within(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise InputError(f"the tree has {self.size} leaves, not {size}")
        return size


def _largest_power_below(width: int) -> int:
    return 1 << ((width - 1).bit_length() - 1)
