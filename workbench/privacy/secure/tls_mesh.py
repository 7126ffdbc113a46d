"""Lines from a party to all others: TLS both ways, each other party known by its certificate."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.core.errors import AccessError, DeadlineError, PeerError

from .certificates import Identity, make_context
from .mesh import Mesh
from .tls_line import TlsLine


@dataclass(frozen=True)
class Peer:
    """Another party: how it is called, where it listens and which certificate it has (DER)."""

    name: str
    port: int
    certificate: bytes


class TlsMesh(Mesh):
    """Lines of a party to all others.

    Args:
        me: This party's number.
        peers: All parties by number, this one among them.
        identity: This party's.
        listener: The socket on which it waits for those with higher numbers.
        timeout_s: How long another may say nothing.
    """

    def __init__(
        self,
        me: int,
        peers: Sequence[Peer],
        identity: Identity,
        listener: socket.socket,
        *,
        timeout_s: float,
    ) -> None:
        super().__init__(me, len(peers))
        self._peers, self._timeout_s = peers, timeout_s
        self._lines: dict[int, TlsLine] = {}
        try:
            for number in range(me):
                self._call(number, identity)
            self._accept(listener, identity)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all lines."""
        for line in self._lines.values():
            line.close()

    def only(self, *parties: int) -> TlsMesh:
        """The same lines, with counts of their own, to some of the others."""
        found = object.__new__(TlsMesh)
        Mesh.__init__(found, self.me, len(parties) + 1)
        found._peers, found._timeout_s = self._peers, self._timeout_s
        found._lines = {party: self._lines[party] for party in parties}
        return found

    def _call(self, number: int, identity: Identity) -> None:
        peer = self._peers[number]
        try:
            sock = socket.create_connection(("127.0.0.1", peer.port), timeout=self._timeout_s)
        except OSError as error:
            raise PeerError(f"{peer.name} could not be reached: {error}") from None
        context = make_context(identity, [peer.certificate], server=False)
        line = TlsLine(sock, context, server=False, timeout_s=self._timeout_s)
        if line.certificate() != peer.certificate:
            raise AccessError(f"who answered for {peer.name} has another certificate")
        line.name = peer.name
        self._lines[number] = line

    def _accept(self, listener: socket.socket, identity: Identity) -> None:
        expected = {peer.certificate: n for n, peer in enumerate(self._peers) if n > self.me}
        if not expected:
            return
        context = make_context(identity, expected, server=True)
        while expected:
            listener.settimeout(self._timeout_s)
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                missing = ", ".join(self._peers[n].name for n in expected.values())
                raise DeadlineError(
                    f"{missing} did not come within {self._timeout_s:g} s",
                    hint="give a slow machine longer: --timeout-s 300",
                ) from None
            line = TlsLine(sock, context, server=True, timeout_s=self._timeout_s)
            number = expected.pop(line.certificate(), None)
            if number is None:
                raise AccessError("somebody came with a certificate that is not pinned")
            line.name = self._peers[number].name
            self._lines[number] = line

    def _exchange(self, out: Mapping[int, bytes], due: Mapping[int, int]) -> dict[int, bytes]:
        before = self._sent()
        for party, message in out.items():
            self._lines[party].queue(message)
            self._lines[party].push()
        got: dict[int, bytes] = {}
        deadline_s = time.monotonic() + self._timeout_s
        while True:
            for party in due.keys() - got.keys():
                whole = self._lines[party].take(due[party])
                if whole is not None:
                    got[party] = whole
            waiting = dict.fromkeys(due.keys() - got.keys(), selectors.EVENT_READ)
            for party in out:
                if self._lines[party].is_sending:
                    waiting[party] = waiting.get(party, 0) | selectors.EVENT_WRITE
            if not waiting:
                break
            self._wait(waiting, deadline_s)
        self.wire_bytes += self._sent() - before
        return got

    def _wait(self, waiting: Mapping[int, int], deadline_s: float) -> None:
        with selectors.PollSelector() as selector:
            for party, events in waiting.items():
                selector.register(self._lines[party].sock, events, self._lines[party])
            ready = selector.select(max(0.0, deadline_s - time.monotonic()))
        if not ready:
            names = [self._lines[party].name for party in sorted(waiting)]
            raise DeadlineError(
                f"{' and '.join(names)} said nothing for {self._timeout_s:g} s",
                hint="give a slow machine longer: --timeout-s 300",
                silent=names,
            )
        for key, events in ready:
            if events & selectors.EVENT_WRITE:
                key.data.push()
            if events & selectors.EVENT_READ:
                key.data.pull()

    def _sent(self) -> int:
        return sum(line.wire_bytes for line in self._lines.values())
