"""What the dealer gives the two servers before they see any data.

Most of it is random, so each server draws its share from a key of its own that the dealer knows
too, and only what must fit the rest (a product, a sum) is sent, to server 1: a *correction*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .streams import Stream


@dataclass(frozen=True)
class Request:
    """A piece of material that a program will use: its kind, and the shapes it is for."""

    kind: str
    sizes: tuple[Any, ...]


class Dealing:
    """The dealer's side: both servers' streams, and the corrections as they are made."""

    def __init__(self, first: Stream, second: Stream) -> None:
        self._streams = (first, second)
        self._corrections: list[bytes] = []

    def words(self, shape: tuple[int, ...]) -> np.ndarray:
        """Uniform words that each server holds a random share of."""
        first, second = (stream.words(shape) for stream in self._streams)
        return first + second

    def bits(self, shape: tuple[int, ...]) -> np.ndarray:
        """Uniform packed bits, shared by exclusive or."""
        first, second = (stream.bits(shape) for stream in self._streams)
        return first ^ second

    def give_words(self, words: np.ndarray) -> None:
        """Share these words."""
        self._corrections.append((words - self._streams[0].words(words.shape)).tobytes())

    def give_bits(self, bits: np.ndarray) -> None:
        """Share these packed bits."""
        self._corrections.append((bits ^ self._streams[0].bits(bits.shape)).tobytes())

    def corrections(self) -> bytes:
        """All that has to be sent to server 1."""
        return b"".join(self._corrections)


class Supply:
    """A server's side, used up in the order in which it was dealt.

    Args:
        me: 0 or 1.
        stream: Of the key that the dealer gave this server.
        corrections: What the dealer sent; empty for server 0.
    """

    def __init__(self, me: int, stream: Stream, corrections: bytes = b"") -> None:
        self.me = me
        self._stream = stream
        self._corrections = memoryview(corrections)

    def ask(self, kind: str, *sizes: Any) -> None:
        """Say what is taken next; only a plan listens."""

    def words(self, shape: tuple[int, ...]) -> np.ndarray:
        """This server's share of uniform words."""
        return self._stream.words(shape)

    def bits(self, shape: tuple[int, ...]) -> np.ndarray:
        """This server's share of uniform packed bits."""
        return self._stream.bits(shape)

    def given_words(self, shape: tuple[int, ...]) -> np.ndarray:
        """This server's share of words that the dealer chose."""
        if self.me == 0:
            return self._stream.words(shape)
        return np.frombuffer(self._take(8 * math.prod(shape)), dtype="<u8").reshape(shape)

    def given_bits(self, shape: tuple[int, ...]) -> np.ndarray:
        """This server's share of packed bits that the dealer chose."""
        if self.me == 0:
            return self._stream.bits(shape)
        return np.frombuffer(self._take(math.prod(shape)), dtype=np.uint8).reshape(shape)

    def _take(self, count: int) -> memoryview:
        taken, self._corrections = self._corrections[:count], self._corrections[count:]
        return taken


class PlannedSupply(Supply):
    """Zeros in place of material, and a list of what was asked for: a program's plan."""

    def __init__(self) -> None:
        self.me = 0
        self.requests: list[Request] = []
        self.correction_bytes = 0

    def ask(self, kind: str, *sizes: Any) -> None:
        """Note down what is taken next."""
        self.requests.append(Request(kind, sizes))

    def words(self, shape: tuple[int, ...]) -> np.ndarray:
        """Zeros."""
        return np.zeros(shape, dtype=np.uint64)

    def bits(self, shape: tuple[int, ...]) -> np.ndarray:
        """Zeros."""
        return np.zeros(shape, dtype=np.uint8)

    def given_words(self, shape: tuple[int, ...]) -> np.ndarray:
        """Zeros, which would have to be sent."""
        self.correction_bytes += 8 * math.prod(shape)
        return self.words(shape)

    def given_bits(self, shape: tuple[int, ...]) -> np.ndarray:
        """Zeros, which would have to be sent."""
        self.correction_bytes += math.prod(shape)
        return self.bits(shape)
