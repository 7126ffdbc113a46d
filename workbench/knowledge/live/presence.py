"""Who is on a page, and where their cursors are: kept in memory, told to all, written nowhere.

A client says so itself, in awareness messages of Yjs. What it cannot say is who it is: the name
is put in here, by who signed in, and a number that another user has is not its own to speak for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .messages import Cursor, malformed, write_block, write_integer

MOST_STATE_BYTES = 8192
MOST_CLIENTS = 4  # of one door: a client that joins anew has a new number
MOST_TOLD = 4096  # in one message: some clients send on what they are sent
_MOST_CLOCK = 2**53 - 2  # JavaScript's last integer is what is told when it goes
_NAMES = ("name", "username", "display_name")  # as editors show them


@dataclass
class Present:
    """One client: its door and user, the count of what it said, and what it said last."""

    door: int
    user: str
    clock: int
    state: dict[str, Any] | None


@dataclass
class Presence:
    """The clients of one page, by their numbers."""

    clients: dict[int, Present] = field(default_factory=dict)

    def hear(
        self, data: bytes, *, door: int, user: str, writers: Mapping[int, str] | None = None
    ) -> bytes | None:
        """Take what a door says of its clients; returns what the others are told, if anything.

        Args:
            data: The body of an awareness message.
            door: The door's number.
            user: Who signed in.
            writers: Whose the numbers are that were written under on the page.

        Raises:
            InputError: It is malformed or too large.
        """
        cursor, told = Cursor(data), dict[int, None]()
        if (count := cursor.count()) > MOST_TOLD:
            raise malformed(f"a message tells of {count} clients; it may tell of {MOST_TOLD}")
        for _ in range(count):
            client, clock, text = cursor.integer(), cursor.integer(), cursor.block()
            state = _read_state(text)
            known = self.clients.get(client)
            owner = user if writers is None else writers.get(client, user)
            if owner != user or (
                known is not None and (known.user != user or not _is_newer(known, clock, state))
            ):
                continue  # another's, or what was said before
            if clock > _MOST_CLOCK:
                raise malformed("the count of what a client said is too high")
            if (known is None or known.door != door) and self._of(door) >= MOST_CLIENTS:
                raise malformed(f"a connection speaks for more than {MOST_CLIENTS} clients")
            if state is not None:
                shown = state.get("user")
                shown = shown if isinstance(shown, dict) else {}
                names = {key: user for key in _NAMES if key in shown or key == "name"}
                state["user"] = {**shown, **names}
            if known is not None or state is not None:
                self.clients[client] = Present(door, user, clock, state)
                told[client] = None
        cursor.finish()
        return self._told([*told]) if told else None

    def leave(self, door: int) -> bytes | None:
        """Forget the clients of a door; returns what the others are told, if anything."""
        gone = [client for client, each in self.clients.items() if each.door == door]
        for client in gone:
            self.clients[client].clock += 1
            self.clients[client].state = None
        told = self._told(gone) if gone else None
        for client in gone:
            del self.clients[client]
        return told

    def all(self) -> bytes | None:
        """What somebody is told who comes in, if anybody is there."""
        here = [client for client, each in self.clients.items() if each.state is not None]
        return self._told(here) if here else None

    def cursors(self, door: int) -> list[Any]:
        """Where the cursors of a door's clients are, as they say."""
        states = [each.state for each in self.clients.values() if each.door == door and each.state]
        return [state["cursor"] for state in states if "cursor" in state]

    def _of(self, door: int) -> int:
        return sum(each.door == door for each in self.clients.values())

    def _told(self, clients: list[int]) -> bytes:
        parts = [write_integer(len(clients))]
        for client in clients:
            each = self.clients[client]
            text = json.dumps(each.state, separators=(",", ":"), ensure_ascii=False)
            parts += [write_integer(client), write_integer(each.clock), write_block(text.encode())]
        return b"".join(parts)


def _is_newer(known: Present, clock: int, state: dict[str, Any] | None) -> bool:
    """Who goes says so with the count that he had."""
    return clock > known.clock or (clock == known.clock and state is None)


def _read_state(text: bytes) -> dict[str, Any] | None:
    if len(text) > MOST_STATE_BYTES:
        raise malformed(f"a presence has {len(text)} bytes; it may have {MOST_STATE_BYTES}")
    try:
        state = json.loads(text)
    except (ValueError, RecursionError):
        raise malformed("a presence is not JSON") from None
    if state is not None and not isinstance(state, dict):
        raise malformed("a presence is no object")
    try:
        # Python has a NaN in JSON, and no browser has.
        json.dumps(state, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise malformed("a presence is not text that can be sent on") from None
    return state
