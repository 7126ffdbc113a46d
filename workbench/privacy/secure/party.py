"""One party as a process: it makes its key, opens its lines, and does the tasks it is given.

Started by ``parties.Parties`` with two sockets that it inherits: the one on which its tasks come
and results go, and the one on which it listens. Who started it gone, it ends.
"""

from __future__ import annotations

import importlib
import os
import queue
import socket
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from workbench.core.errors import PeerError, WorkbenchError

from .certificates import make_identity
from .streams import KEY_BYTES, Stream, fresh_key
from .tls_mesh import Peer, TlsMesh

ARE_YOU_ALIVE = "alive"
TASKS = {"compute": "computing:compute", "join": "join_side:join_side"}


@dataclass(frozen=True)
class Start:
    """What a party is told first."""

    me: int
    names: tuple[str, ...]
    timeout_s: float


@dataclass(frozen=True)
class Task:
    """What a party is to do: a name of ``TASKS``, and the arguments that it alone is given."""

    kind: str
    arguments: dict[str, Any]


class Party:
    """A party with its lines open.

    ``stream_with`` gives the random stream that it holds together with one other.
    """

    def __init__(self, me: int, name: str, mesh: TlsMesh) -> None:
        self.me, self.name, self.mesh = me, name, mesh
        self._streams = self._agree_on_keys()

    def stream_with(self, other: int) -> Stream:
        """Drawn from by both in the same order; each part of it once."""
        return self._streams[other]

    def _agree_on_keys(self) -> dict[int, Stream]:
        """The lower number makes the key of a pair, and sends it over their line."""
        others = [party for party in range(self.mesh.count) if party != self.me]
        made = {other: fresh_key() for other in others if other > self.me}
        due = {other: KEY_BYTES for other in others if other < self.me}
        got = self.mesh.exchange(made, due)
        return {other: Stream(key) for other, key in {**made, **got}.items()}


class Control(Connection):
    """The line to who started us; the work and the listening thread both send on it."""

    def __init__(self, handle: int) -> None:
        super().__init__(handle)
        self._sending = threading.Lock()

    def send(self, obj: Any) -> None:
        """Send a message whole."""
        with self._sending:
            super().send(obj)


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end, or until a line breaks: then nobody knows what the others have."""
    control = Control(int(arguments[0]))
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(control, told), daemon=True).start()
    start: Start = told.get()
    try:
        party = _open(start, control, told, socket.socket(fileno=int(arguments[1])))
        control.send(("ready", None))
        while (task := told.get()) is not None:
            control.send(("done", _work(party, task)))
    except WorkbenchError as error:
        control.send(("failed", error))
        return 1
    except Exception as error:  # noqa: BLE001 - a fault of ours must reach who waits
        traceback.print_exc()
        reason = f"{start.names[start.me]} failed: {type(error).__name__}: {error}"
        control.send(("failed", PeerError(reason)))
        return 1
    return 0


def _open(
    start: Start, control: Control, told: queue.SimpleQueue[Any], listener: socket.socket
) -> Party:
    identity = make_identity(f"workbench party {start.me}")
    control.send(("certificate", identity.certificate))
    peers: list[Peer] = told.get()
    mesh = TlsMesh(start.me, peers, identity, listener, timeout_s=start.timeout_s)
    listener.close()
    return Party(start.me, start.names[start.me], mesh)


def _work(party: Party, task: Task) -> Any:
    module, _, name = TASKS[task.kind].partition(":")
    work = getattr(importlib.import_module(f"workbench.privacy.secure.{module}"), name)
    return work(party, **task.arguments)


def _listen(control: Control, told: queue.SimpleQueue[Any]) -> None:
    """Hand on what is told, and say that we are alive when asked; when nobody is left to tell
    anything, end at once."""
    while True:
        try:
            message = control.recv()
            if message == ARE_YOU_ALIVE:
                control.send((ARE_YOU_ALIVE, None))
            else:
                told.put(message)
        except (EOFError, OSError):
            os._exit(0)
