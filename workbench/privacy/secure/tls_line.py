"""One line to another party: TLS over a socket on loopback, and messages of a known length.

TLS runs over buffers rather than over the socket, so that a party sends and receives at the same
time (two that both send much would else wait for each other for ever), and every byte that leaves
can be counted.
"""

from __future__ import annotations

import socket
import ssl
import struct
import time

from workbench.core.errors import AccessError, DeadlineError, IntegrityError, PeerError

_HEAD = struct.Struct("<Q")
_CHUNK_BYTES = 1 << 18
_OTHERS = "another program on this machine may have meddled; begin the run again"


def _pieces(sock: socket.socket, deadline_s: float) -> bytes:
    sock.settimeout(max(0.001, deadline_s - time.monotonic()))
    return sock.recv(_CHUNK_BYTES)


class TlsLine:
    """A line that is open.

    Args:
        sock: Connected to the other.
        context: See ``certificates``.
        server: Whether this side accepted.
        timeout_s: For the handshake.
    """

    def __init__(
        self, sock: socket.socket, context: ssl.SSLContext, *, server: bool, timeout_s: float
    ) -> None:
        self.sock = sock
        self.wire_bytes = 0
        self.name = "another party"
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=server)
        self._pending, self._got = memoryview(b""), bytearray()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._shake_hands(time.monotonic() + timeout_s)
        except BaseException:
            sock.close()
            raise

    def _shake_hands(self, deadline_s: float) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._send_all(deadline_s)
                try:
                    received = _pieces(self.sock, deadline_s)
                except TimeoutError:
                    raise DeadlineError(
                        "a party did not prove who it is in time", hint=_OTHERS
                    ) from None
                except OSError as error:
                    raise PeerError(f"a line broke while it was opened: {error}") from None
                if not received:
                    raise PeerError("a line was closed while it was opened") from None
                self._incoming.write(received)
            except ssl.SSLError as error:
                raise AccessError(
                    f"a certificate is not one of those that were pinned: {error.reason}",
                    hint=_OTHERS,
                ) from None
            else:
                self._send_all(deadline_s)
                self._decrypt()  # a first message may have come together with the handshake's last
                return

    def _send_all(self, deadline_s: float) -> None:
        waiting = self._outgoing.read()
        self.wire_bytes += len(waiting)
        self.sock.settimeout(max(0.001, deadline_s - time.monotonic()))
        try:
            self.sock.sendall(waiting)
        except OSError as error:
            raise PeerError(f"a line broke while it was opened: {error}") from None

    def certificate(self) -> bytes:
        """The other's, as DER."""
        return self._tls.getpeercert(binary_form=True) or b""

    def queue(self, message: bytes) -> None:
        """Put a message on its way; ``push`` sends it."""
        self._tls.write(_HEAD.pack(len(message)))
        if message:
            self._tls.write(message)
        self._pending = memoryview(bytes(self._pending) + self._outgoing.read())

    @property
    def is_sending(self) -> bool:
        """Whether something still has to leave."""
        return len(self._pending) > 0

    def push(self) -> None:
        """Send as much as the socket takes now.

        Raises:
            PeerError: The other has closed the line.
        """
        self.sock.setblocking(False)
        try:
            sent = self.sock.send(self._pending)
        except BlockingIOError:
            return
        except OSError:
            raise PeerError(f"{self.name} closed its line") from None
        self.wire_bytes += sent
        self._pending = self._pending[sent:]

    def pull(self) -> None:
        """Take in what has come.

        Raises:
            PeerError: The other has closed the line.
            AccessError: It refused our certificate.
        """
        self.sock.setblocking(False)
        try:
            received = self.sock.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            raise PeerError(f"{self.name} closed its line") from None
        if not received:
            raise PeerError(f"{self.name} closed its line")
        self._incoming.write(received)
        self._decrypt()

    def _decrypt(self) -> None:
        try:
            while True:
                plain = self._tls.read(_CHUNK_BYTES)
                if not plain:
                    raise PeerError(f"{self.name} closed its line")
                self._got += plain
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise AccessError(f"{self.name} refused the line: {error.reason}") from None

    def take(self, due: int) -> bytes | None:
        """The next message if it is whole.

        Raises:
            IntegrityError: It has another length than is due.
        """
        if len(self._got) < _HEAD.size:
            return None
        (length,) = _HEAD.unpack_from(self._got)
        if length != due:
            raise IntegrityError(
                f"{self.name} sent a message of {length:,} bytes where {due:,} were due",
                hint="all parties must run the same version on the same task",
            )
        if len(self._got) < _HEAD.size + due:
            return None
        message = bytes(self._got[_HEAD.size : _HEAD.size + due])
        del self._got[: _HEAD.size + due]
        return message

    def close(self) -> None:
        """End it."""
        self.sock.close()
