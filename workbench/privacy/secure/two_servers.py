"""Additive sharing over Z_2^64 between two servers, with material from a dealer.

A secret is the sum of both servers' words. The dealer sees no data and no message of the servers;
a server that put its view together with the dealer's would know everything.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import beaver, masked_comparison, probabilistic_truncation
from .bit_slices import slice_words, spread_row
from .carry_tree import carry_out
from .material import Dealing, Request, Supply
from .mesh import Mesh
from .scheme import Scheme
from .shared import Shared
from .streams import Stream

_DEALERS: dict[str, Callable[..., None]] = {
    "product": beaver.deal,
    "truncation": probabilistic_truncation.deal,
    "comparison": masked_comparison.deal,
}


def deal(dealing: Dealing, requests: list[Request]) -> None:
    """All the material of a plan, in its order."""
    for request in requests:
        _DEALERS[request.kind](dealing, *request.sizes)


class TwoServers(Scheme):
    """A server's end.

    Args:
        mesh: Its line to the other server.
        supply: What the dealer gave it.
        together: The stream of the key that both servers hold, for inputs; None while planning.
    """

    def __init__(self, mesh: Mesh, supply: Supply, together: Stream | None) -> None:
        super().__init__(mesh)
        self._supply, self._together = supply, together
        self._first, self._other = self.me == 0, 1 - self.me

    def share(self, words: np.ndarray | None, *, owner: int, shape: tuple[int, ...]) -> Shared:
        """No message: the other's share is drawn from the common stream, the owner keeps the
        rest."""
        if self._together is None:
            return Shared((np.zeros(shape, dtype=np.uint64),))
        drawn = self._together.words(shape)
        return Shared((drawn if words is None or owner != self.me else words - drawn,))

    def open(self, secret: Shared, *, to: int | None = None) -> np.ndarray | None:
        """The other server's share is sent, and added."""
        (mine,) = secret.parts
        if to == self._other:
            self.mesh.exchange({self._other: mine.tobytes()}, {})
            return None
        out = {} if to == self.me else {self._other: mine.tobytes()}
        return mine + self._received(out, mine.shape)

    def add_public(self, secret: Shared, words: np.ndarray | np.uint64) -> Shared:
        """Server 0 adds them."""
        return secret.map(lambda part: part + words) if self._first else secret

    def multiply(self, x: Shared, y: Shared) -> Shared:
        """By a Beaver triple."""
        return self._product(x, y, matrix=False)

    def matmul(self, x: Shared, y: Shared) -> Shared:
        """By a matrix triple, which is as large as the matrices and not as their products."""
        return self._product(x, y, matrix=True)

    def truncate(self, x: Shared, bits: int) -> Shared:
        """See ``probabilistic_truncation``. One round."""
        r, high, top = probabilistic_truncation.take(self._supply, x.shape, bits)
        masked = self.add_public(x, probabilistic_truncation.offset()) + Shared((r,))
        opened = self._open_all(masked.parts[0])
        return Shared(
            (probabilistic_truncation.finish(opened, high, top, bits, first=self._first),)
        )

    def compare(self, x: Shared) -> tuple[Shared, Shared]:
        """See ``masked_comparison``. Eight rounds."""
        words = x.parts[0].reshape(-1)
        masks = masked_comparison.take(self._supply, len(words))
        opened = self._open_all(words + masks.r)
        opened_bits = slice_words(opened)
        less, equal = masked_comparison.leaves(opened_bits, masks, first=self._first)
        gates = iter(masks.gates)

        def paired_and(left: Shared, right: Shared) -> Shared:
            return self._gates(next(gates), left.parts[0], right.parts[0])

        (below,) = carry_out(Shared((less,)), Shared((equal,)), paired_and).parts
        top = below[0] ^ masks.r_bits[-1]
        if self._first:
            top = top ^ opened_bits[-1]
        e = spread_row(self._open_bits(top ^ masks.d), len(words))
        bit, relu = masked_comparison.finish(words, opened, e, masks, first=self._first)
        return Shared((bit.reshape(x.shape),)), Shared((relu.reshape(x.shape),))

    def _product(self, x: Shared, y: Shared, *, matrix: bool) -> Shared:
        triple = beaver.take(self._supply, x.shape, y.shape, matrix=matrix)
        left, right = x.parts[0] - triple[0], y.parts[0] - triple[1]
        both = self._open_all(np.concatenate([left.reshape(-1), right.reshape(-1)]))
        d, e = both[: left.size].reshape(left.shape), both[left.size :].reshape(right.shape)
        return Shared((beaver.finish(triple, d, e, matrix=matrix, first=self._first),))

    def _gates(
        self,
        triple: tuple[np.ndarray, np.ndarray, np.ndarray],
        left: np.ndarray,
        right: np.ndarray,
    ) -> Shared:
        both = self._open_bits(np.concatenate([left ^ triple[0], right ^ triple[1]]))
        return Shared(
            (
                masked_comparison.gate(
                    triple, both[: len(left)], both[len(left) :], first=self._first
                ),
            )
        )

    def _open_all(self, mine: np.ndarray) -> np.ndarray:
        return mine + self._received({self._other: mine.tobytes()}, mine.shape)

    def _open_bits(self, mine: np.ndarray) -> np.ndarray:
        sent = mine.tobytes()
        got = self.mesh.exchange({self._other: sent}, {self._other: len(sent)})[self._other]
        return mine ^ np.frombuffer(got, dtype=np.uint8).reshape(mine.shape)

    def _received(self, out: dict[int, bytes], shape: tuple[int, ...]) -> np.ndarray:
        count = 8 * int(np.prod(shape, dtype=np.int64))
        got = self.mesh.exchange(out, {self._other: count})[self._other]
        return np.frombuffer(got, dtype="<u8").reshape(shape)
