"""The messages on a live page's wire: those of Yjs, and one of our own.

Yjs (y-protocols) has sync messages, awareness and a refusal. ``STORED`` is ours, sent to those
alone that ask for it by the subprotocol: it says up to which of a connection's updates all are on
the disk, or were refused by a word of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import InputError

SYNC, AWARENESS, REFUSED, ASK_AWARENESS, STORED = 0, 1, 2, 3, 100
STEP1, STEP2, UPDATE = 0, 1, 2
SUBPROTOCOL = "workbench.live.v1"
NO_UPDATE = b"\x00\x00"
MOST_UPDATE_BYTES = 16 << 20
_MOST_INTEGER = 2**53 - 1  # what JavaScript counts to


def malformed(what: str) -> InputError:
    """The error of bytes that are no message."""
    return InputError(f"what was sent is malformed: {what}", reason="malformed")


class Cursor:
    """Reads what a client sent, and no further than it goes.

    Args:
        data: All of it.
    """

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.end = data, 0, len(data)

    @property
    def left(self) -> int:
        """How many bytes were not read."""
        return self.end - self.at

    def integer(self) -> int:
        """An integer of seven bits a byte, the lowest first. Raises InputError."""
        value = shift = 0
        data, at, end = self.data, self.at, self.end
        while at < end:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                if value > _MOST_INTEGER:
                    raise malformed("an integer is larger than 2^53")
                self.at = at
                return value
            shift += 7
            if shift > 56:
                raise malformed("an integer does not end")
        raise malformed("it ends within an integer")

    def count(self) -> int:
        """How many things follow: no more than there are bytes. Raises InputError."""
        value = self.integer()
        if value > self.end - self.at:
            raise malformed(f"it says that {value} things follow, in {self.left} bytes")
        return value

    def byte(self) -> int:
        """One byte. Raises InputError."""
        return self.skip(1)[0]

    def skip(self, size: int) -> bytes:
        """So many bytes as they are. Raises InputError."""
        at = self.at
        if size > self.end - at:
            raise malformed(f"it ends {size - self.left} bytes early")
        self.at = at + size
        return self.data[at : at + size]

    def block(self) -> bytes:
        """Bytes with their length before them. Raises InputError."""
        return self.skip(self.integer())

    def text(self) -> str:
        """A text in UTF-8 with its length before it. Raises InputError."""
        try:
            return self.block().decode()
        except UnicodeDecodeError:
            raise malformed("a text is not UTF-8") from None

    def finish(self) -> None:
        """Raises InputError unless everything was read."""
        if self.at != self.end:
            raise malformed(f"{self.left} bytes follow its end")


@dataclass(frozen=True)
class Message:
    """One message: its kind, for sync messages which, and what it carries."""

    kind: int
    step: int | None
    body: bytes

    @property
    def is_update(self) -> bool:
        """Whether it would change the page. A state that lacks nothing changes nothing."""
        return self.kind == SYNC and self.step in (STEP2, UPDATE) and self.body != NO_UPDATE


def read_message(data: bytes) -> Message:
    """What a client sent. Raises InputError if it is no message of the kinds above."""
    cursor = Cursor(data)
    kind = cursor.integer()
    if kind == ASK_AWARENESS:
        return Message(kind, None, b"")
    if kind not in (SYNC, AWARENESS):
        raise malformed(f"there is no message of the kind {kind}")
    step = cursor.integer() if kind == SYNC else None
    if step not in (None, STEP1, STEP2, UPDATE):
        raise malformed(f"there is no sync message {step}")
    body = cursor.block()
    cursor.finish()
    return Message(kind, step, body)


def may_write(data: bytes) -> bool:
    """Whether a message could change a page, by its first bytes: what is plainly a question or a
    presence could not. An integer can be written longer than it need be, so 0 is not always 0."""
    return data[:1] not in (bytes((AWARENESS,)), bytes((ASK_AWARENESS,))) and data[:2] != bytes(
        (SYNC, STEP1)
    )


def write_integer(value: int) -> bytes:
    """An integer of seven bits a byte, the lowest first."""
    written = bytearray()
    while value > 127:
        written.append(128 | (value & 127))
        value >>= 7
    written.append(value)
    return bytes(written)


def write_block(data: bytes) -> bytes:
    """Bytes with their length before them."""
    return write_integer(len(data)) + data


def sync_message(step: int, body: bytes) -> bytes:
    """A sync message."""
    return bytes((SYNC, step)) + write_block(body)


def awareness_message(body: bytes) -> bytes:
    """A message that says who is there."""
    return bytes((AWARENESS,)) + write_block(body)


def refused_message(reason: str) -> bytes:
    """The word that something was not taken, as y-protocols has it ("permission denied")."""
    return bytes((REFUSED, 0)) + write_block(reason.encode())


def stored_message(number: int) -> bytes:
    """The word that a connection's updates up to this one, counted from 1, are on the disk."""
    return bytes((STORED,)) + write_integer(number)


def read_state(data: bytes) -> dict[int, int]:
    """A state vector: up to which clock each client's writing is known. Raises InputError."""
    cursor = Cursor(data)
    state = {cursor.integer(): cursor.integer() for _ in range(cursor.count())}
    cursor.finish()
    return state
