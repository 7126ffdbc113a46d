"""The line of a run's processes, for those on other machines: from TCP on to the Unix socket.

Whoever connects says a word first that only the processes were told; without it they are not heard.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading

SCHEME = "tcp://"
_WORD_S = 10.0
_CHUNK_BYTES = 1 << 16


def call(address: str, *, patience_s: float = 30.0) -> socket.socket:
    """Connect to a line's ``address``: a path, or what ``Relay.address`` says.

    Raises:
        OSError: Nobody listens there.
    """
    if not address.startswith(SCHEME):
        found = socket.socket(socket.AF_UNIX)
        try:
            found.connect(address)
        except OSError:
            found.close()
            raise
        return found
    where, _, word = address.removeprefix(SCHEME).partition("/")
    host, _, port = where.rpartition(":")
    found = socket.create_connection((host.strip("[]"), int(port)), timeout=patience_s)
    found.settimeout(None)
    found.sendall(word.encode() + b"\n")
    return found


class Relay:
    """Listens on a host's address until it is closed, each connection in threads of its own.

    Args:
        host: The address, of this machine.
        target: The path of the Unix socket to which all goes on.
    """

    def __init__(self, host: str, target: str) -> None:
        self._target, self._word = target, secrets.token_hex(16)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"{SCHEME}{shown}:{self._listener.getsockname()[1]}/{self._word}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True, name="relay").start()

    def close(self) -> None:
        """Hang up, all."""
        for each in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, contextlib.suppress(OSError):
            caller.settimeout(_WORD_S)
            wanted = self._word.encode() + b"\n"
            said = b""
            while len(said) < len(wanted) and (more := caller.recv(len(wanted) - len(said))):
                said += more
            if not secrets.compare_digest(said, wanted):
                return
            caller.settimeout(None)
            with call(self._target) as goal:
                self._open |= {caller, goal}
                back = threading.Thread(target=_pump, args=(goal, caller), daemon=True)
                back.start()
                _pump(caller, goal)
                back.join()
                self._open -= {caller, goal}


def _pump(source: socket.socket, goal: socket.socket) -> None:
    """Send on what comes, until one of the two is closed; then both are."""
    with contextlib.suppress(OSError):
        while content := source.recv(_CHUNK_BYTES):
            goal.sendall(content)
    for each in (source, goal):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
