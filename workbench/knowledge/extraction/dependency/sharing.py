"""Passages that several processes read, piece by piece: who is done takes the next piece.

The work is handed in before its result is asked for, so that the helpers read on while this process
writes what was found before. This process reads as well, but only while it waits for a result.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from workbench.core.cancellation import check_cancelled

from ..protocol import Extraction, Passage
from .companions import Helper

_PIECE_PASSAGES = 32
_PIECE_CHARACTERS = 24_000
_POLL_S = 0.1

Read = Callable[[Sequence[Passage]], Iterable[Extraction]]


@dataclass
class Piece:
    """Passages that one process reads, and what it found once it has."""

    passages: list[Passage] = field(default_factory=list)
    found: list[Extraction] | None = None


class SharedReading:
    """Work for this process and helpers beside it.

    Args:
        helpers: They are closed with it.
        read_here: Reads passages in this process.
    """

    def __init__(self, helpers: Sequence[Helper], read_here: Read) -> None:
        self._helpers, self._read_here = list(helpers), read_here
        self._waiting: deque[Piece] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._attend, args=(helper,), daemon=True)
            for helper in self._helpers
        ]
        for thread in self._threads:
            thread.start()

    def read(self, passages: Sequence[Passage]) -> Iterator[Extraction]:
        """Hand passages in, to be read from now on; gives what was found, in order.

        Raises:
            CancelledError: While it waits.
        """
        pieces = list(_cut(passages))
        with self._changed:
            self._waiting.extend(pieces)
            self._changed.notify_all()
        return self._results(pieces)

    def close(self) -> None:
        """Let the helpers end, also in the midst of a piece."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for helper in self._helpers:
            helper.stop()
        for thread in self._threads:
            thread.join()
        for helper in self._helpers:
            helper.close()

    def _results(self, pieces: Sequence[Piece]) -> Iterator[Extraction]:
        for piece in pieces:
            while (found := piece.found) is None:
                check_cancelled()
                own = self._next_or_wait(piece)
                if own is not None:
                    self._finish(own, list(self._read_here(own.passages)))
            yield from found

    def _next_or_wait(self, wanted: Piece) -> Piece | None:
        """A piece to be read here; None if there is none after some waiting, or none is needed."""
        with self._changed:
            if wanted.found is not None:
                return None
            if self._waiting:
                return self._waiting.popleft()
            self._changed.wait(_POLL_S)
            return None

    def _finish(self, piece: Piece, found: list[Extraction]) -> None:
        with self._changed:
            piece.found = found
            self._changed.notify_all()

    def _attend(self, helper: Helper) -> None:
        """Give one helper piece after piece, for as long as it lives."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                piece = self._waiting.popleft()
            found = helper.answer() if helper.ask(piece.passages) else None
            if found is None:
                with self._changed:  # first again: somebody waits for it
                    self._waiting.appendleft(piece)
                    self._changed.notify_all()
                return
            self._finish(piece, found)


def _cut(passages: Sequence[Passage]) -> Iterator[Piece]:
    """Passages in pieces that take about as long, in order."""
    piece, held = Piece(), 0
    for each in passages:
        size = len(each.text)
        full = len(piece.passages) == _PIECE_PASSAGES or held + size > _PIECE_CHARACTERS
        if piece.passages and full:
            yield piece
            piece, held = Piece(), 0
        piece.passages.append(each)
        held += size
    if piece.passages:
        yield piece
