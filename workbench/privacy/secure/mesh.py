"""Lines between parties: one call is one round, and what goes over them is counted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping


class Mesh(ABC):
    """A party's lines to the others.

    ``rounds`` counts calls of ``exchange``, ``payload_bytes`` what this party sent in them and
    ``wire_bytes`` what left the socket for it. ``seen`` keeps what was received where a list is put
    there: a party's view, for tests and for looking at.
    """

    def __init__(self, me: int, count: int) -> None:
        self.me, self.count = me, count
        self.rounds = 0
        self.payload_bytes = 0
        self.wire_bytes = 0
        self.seen: list[bytes] | None = None

    def exchange(self, out: Mapping[int, bytes], due: Mapping[int, int]) -> dict[int, bytes]:
        """Send a message to some and receive one from some, at the same time.

        Args:
            out: Messages by the party that they are for.
            due: By party the bytes that its message must have.

        Raises:
            PeerError: A party closed its line.
            DeadlineError: A party said nothing within the time limit.
            IntegrityError: A message has another length.
        """
        self.rounds += 1
        self.payload_bytes += sum(len(message) for message in out.values())
        received = self._exchange(out, due)
        if self.seen is not None:
            self.seen.extend(received.values())
        return received

    @abstractmethod
    def _exchange(self, out: Mapping[int, bytes], due: Mapping[int, int]) -> dict[int, bytes]: ...


class PlannedMesh(Mesh):
    """Lines to nobody: every message is zeros of the right length. For planning."""

    def _exchange(self, out: Mapping[int, bytes], due: Mapping[int, int]) -> dict[int, bytes]:
        return {party: bytes(length) for party, length in due.items()}
