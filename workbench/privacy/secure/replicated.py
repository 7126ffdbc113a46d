"""Replicated sharing over Z_2^64 among three parties: no dealer, one word a product.

Araki, Furukawa, Lindell, Nof and Ohara, *High-Throughput Semi-Honest Secure Three-Party Computation
with an Honest Majority*, CCS 2016. A secret is x0 + x1 + x2, and party i holds x_i and x_(i+1): any
one of them knows nothing, any two know it. The nine products x_i y_j lie with the parties three by
three; each adds its own to a share of zero, which two streams give without a message, and hands the
sum to the party before it.
"""

from __future__ import annotations

import numpy as np

from . import aby3_bits, replicated_truncation
from .mesh import Mesh
from .scheme import Scheme
from .shared import Shared
from .streams import Stream

PARTIES = 3


class Replicated(Scheme):
    """A party's end.

    Args:
        mesh: Its lines to the two others.
        following: The stream of the key that it holds together with the next party.
        preceding: The same with the party before it.
    """

    def __init__(self, mesh: Mesh, following: Stream, preceding: Stream) -> None:
        super().__init__(mesh)
        self.following, self.preceding = following, preceding
        self.next, self.previous = (self.me + 1) % PARTIES, (self.me + 2) % PARTIES

    def share(self, words: np.ndarray | None, *, owner: int, shape: tuple[int, ...]) -> Shared:
        """The owner's two parts are random and the rest; the third is zero. One round."""
        zero = np.zeros(shape, dtype=np.uint64)
        if owner == self.me:
            assert words is not None
            drawn = self.preceding.words(shape)
            rest = words - drawn
            self.mesh.exchange({self.next: rest.tobytes()}, {})
            return Shared((drawn, rest))
        if owner == self.next:  # it drew from our common stream
            self.mesh.exchange({}, {})
            return Shared((zero, self.following.words(shape)))
        return Shared((self.receive_words(self.previous, shape), zero))

    def open(self, secret: Shared, *, to: int | None = None) -> np.ndarray | None:
        """Each hands the next the part that it does not hold."""
        out = {self.next: secret.parts[0].tobytes()} if to in (None, self.next) else {}
        if to in (None, self.me):
            missing = self.receive_words(self.previous, secret.shape, out)
            return secret.parts[0] + secret.parts[1] + missing
        self.mesh.exchange(out, {})
        return None

    def add_public(self, secret: Shared, words: np.ndarray | np.uint64) -> Shared:
        """To the part with number 0, which parties 0 and 2 hold."""
        first, second = secret.parts
        if self.me == 0:
            return Shared((first + words, second))
        return Shared((first, second + words)) if self.me == PARTIES - 1 else secret

    def multiply(self, x: Shared, y: Shared) -> Shared:
        """Three products and a share of zero, and one message."""
        (x0, x1), (y0, y1) = x.parts, y.parts
        return self._hand_on(x0 * (y0 + y1) + x1 * y0)

    def matmul(self, x: Shared, y: Shared) -> Shared:
        """As ``multiply``: what is sent is as large as the product and not as the matrices."""
        (x0, x1), (y0, y1) = x.parts, y.parts
        return self._hand_on(x0 @ (y0 + y1) + x1 @ y0)

    def truncate(self, x: Shared, bits: int) -> Shared:
        """See ``replicated_truncation``. Two rounds."""
        return replicated_truncation.truncate(self, x, bits)

    def compare(self, x: Shared) -> tuple[Shared, Shared]:
        """See ``aby3_bits``. Eleven rounds."""
        bit = aby3_bits.below_zero(self, x.reshape(-1)).reshape(*x.shape)
        return bit, x - self.multiply(bit, x)

    def receive_words(
        self, party: int, shape: tuple[int, ...], out: dict[int, bytes] | None = None
    ) -> np.ndarray:
        """Words from one party, in one round with what is sent to others."""
        count = 8 * int(np.prod(shape, dtype=np.int64))
        got = self.mesh.exchange(out or {}, {party: count})[party]
        return np.frombuffer(got, dtype="<u8").reshape(shape)

    def _hand_on(self, mine: np.ndarray) -> Shared:
        mine = mine + self.following.words(mine.shape) - self.preceding.words(mine.shape)
        other = self.receive_words(self.next, mine.shape, {self.previous: mine.tobytes()})
        return Shared((mine, other))
