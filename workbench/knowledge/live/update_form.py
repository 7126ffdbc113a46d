"""What an update of Yjs (version 1 of its form) says, read without applying it.

The library that applies updates is native code: it takes a count for granted, and a count of
billions in ten bytes would ask for all the memory there is. So the form is read here first, and
what each update needs is known before it changes anything: one that refers to something which is
not here is asked for again, rather than kept until it comes.

The form: blocks by client, each with its clock, then the ranges that are deleted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .messages import Cursor, malformed

_MOST_CLOCK = 2**31 - 1  # 32 bits there, of which the highest stays free
_MOST_DEPTH = 64
_GC, _DELETED, _JSON, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, _SKIP, _MOVE = range(12)
_NAMED_TYPES = (3, 5)  # an XML element and a hook have a name
_MOST_TYPE = 6


@dataclass
class UpdateForm:
    """``needs``: the clock up to which each client's writing must be known before; ``ends``: up to
    which it is known afterwards; ``deletes``: the clock at the end of what it deletes; ``ranges``:
    what that is, by client, start and end."""

    needs: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    deletes: dict[int, int] = field(default_factory=dict)
    ranges: list[tuple[int, int, int]] = field(default_factory=list)

    def missing_from(self, known: Mapping[int, int]) -> dict[int, int]:
        """What it refers to and is not known: up to which clock, by client."""
        lacks = {client: to for client, to in self.needs.items() if to > known.get(client, 0)}
        deleted = {
            client: to
            for client, to in self.deletes.items()
            if to > max(known.get(client, 0), self.ends.get(client, 0))
        }
        return {**lacks, **deleted}

    def is_known(self, known: Mapping[int, int], deleted: UpdateForm) -> bool:
        """Whether it says nothing that is new: all it writes is known, all it deletes is deleted.

        Args:
            known: Up to which clock each client's writing is known.
            deleted: The form of an update that has all that is deleted.
        """
        if any(to > known.get(client, 0) for client, to in self.ends.items()):
            return False
        gone = _joined(deleted.ranges)
        return all(_is_within(each, gone) for each in self.ranges)


def read_update(data: bytes) -> UpdateForm:
    """Read an update through to its end.

    Raises:
        InputError: It has not the form of one.
    """
    cursor, form = Cursor(data), UpdateForm()
    referred: dict[int, int] = {}
    for _ in range(cursor.count()):
        blocks = cursor.count()
        client, clock = cursor.integer(), cursor.integer()
        _need(form.needs, client, clock)
        for _ in range(blocks):
            clock = _read_block(cursor, client, clock, form, referred)
        form.ends[client] = max(clock, form.ends.get(client, 0))
    for _ in range(cursor.count()):
        client = cursor.integer()
        for _ in range(cursor.count()):
            start = cursor.integer()
            to = _checked(start + cursor.integer())
            _need(form.deletes, client, to)
            form.ranges.append((client, start, to))
    cursor.finish()
    for client, to in referred.items():
        if to > form.ends.get(client, 0):
            _need(form.needs, client, to)
    return form


def _read_block(
    cursor: Cursor, client: int, clock: int, form: UpdateForm, referred: dict[int, int]
) -> int:
    """The clock after a block."""
    info = cursor.byte()
    kind = info & 31
    if kind in (_GC, _SKIP):
        clock = _checked(clock + _length(cursor.integer()))
        if kind == _SKIP:  # what is left out here has to be known already
            _need(form.needs, client, clock)
        return clock
    for flag in (128, 64):  # what stands to its left, and to its right
        if info & flag:
            _need(referred, cursor.integer(), _checked(cursor.integer() + 1))
    if not info & 192:  # else its parent is that of its neighbour
        if cursor.integer() == 1:
            cursor.block()  # the name of a root
        else:
            _need(referred, cursor.integer(), _checked(cursor.integer() + 1))
        if info & 32:
            cursor.block()  # its key in a map
    read = _CONTENTS.get(kind)
    if read is None:
        raise malformed(f"there is no content of the kind {kind}")
    return _checked(clock + _length(read(cursor)))


def _joined(ranges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Ranges in order, those that meet as one."""
    found: list[tuple[int, int, int]] = []
    for client, start, to in sorted(ranges):
        if found and found[-1][0] == client and start <= found[-1][2]:
            found[-1] = (client, found[-1][1], max(to, found[-1][2]))
        else:
            found.append((client, start, to))
    return found


def _is_within(found: tuple[int, int, int], ranges: list[tuple[int, int, int]]) -> bool:
    """Whether a range is covered by one of others that are joined."""
    client, start, to = found
    if start >= to:
        return True
    at = bisect_right(ranges, (client, start, _MOST_CLOCK)) - 1
    return at >= 0 and ranges[at][0] == client and ranges[at][2] >= to


def _need(needs: dict[int, int], client: int, to: int) -> None:
    if to > needs.get(client, 0):
        needs[client] = to


def _checked(clock: int) -> int:
    if clock > _MOST_CLOCK:
        raise malformed("a clock is larger than 2^31")
    return clock


def _length(length: int) -> int:
    if length < 1:
        raise malformed("a block is empty")
    return length


def _deleted(cursor: Cursor) -> int:
    return cursor.integer()


def _json(cursor: Cursor) -> int:
    count = cursor.count()
    for _ in range(count):
        cursor.block()
    return count


def _string(cursor: Cursor) -> int:
    data = cursor.block()
    if data.isascii():
        return len(data)
    try:
        return len(data.decode().encode("utf-16-le")) // 2  # Yjs counts as JavaScript does
    except UnicodeDecodeError:
        raise malformed("a text is not UTF-8") from None


def _one_block(cursor: Cursor) -> int:
    cursor.block()
    return 1


def _format(cursor: Cursor) -> int:
    cursor.block()
    cursor.block()
    return 1


def _type(cursor: Cursor) -> int:
    kind = cursor.integer()
    if kind > _MOST_TYPE:
        raise malformed(f"there is no shared type {kind}")
    if kind in _NAMED_TYPES:
        cursor.block()
    return 1


def _anys(cursor: Cursor) -> int:
    count = cursor.count()
    for _ in range(count):
        _any(cursor, 0)
    return count


def _doc(cursor: Cursor) -> int:
    cursor.block()
    _any(cursor, 0)
    return 1


def _move(cursor: Cursor) -> int:
    flags = cursor.integer()
    for _ in range(1 if flags & 1 else 2):
        cursor.integer()
        cursor.integer()
    return 1


_CONTENTS: dict[int, Callable[[Cursor], int]] = {
    _DELETED: _deleted, _JSON: _json, _BINARY: _one_block, _STRING: _string, _EMBED: _one_block,
    _FORMAT: _format, _TYPE: _type, _ANY: _anys, _DOC: _doc, _MOVE: _move,
}  # fmt: skip
_SIZES = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}


def _any(cursor: Cursor, depth: int) -> None:
    """Any value: by its first byte nothing, a number, a text, an object, an array or bytes."""
    if depth > _MOST_DEPTH:
        raise malformed(f"a value is nested more than {_MOST_DEPTH} deep")
    kind = cursor.byte()
    if kind in _SIZES:
        cursor.skip(_SIZES[kind])
    elif kind == 125:
        _signed(cursor)
    elif kind in (119, 116):
        cursor.block()
    elif kind == 118:
        for _ in range(cursor.count()):
            cursor.block()
            _any(cursor, depth + 1)
    elif kind == 117:
        for _ in range(cursor.count()):
            _any(cursor, depth + 1)
    else:
        raise malformed(f"there is no value of the kind {kind}")


def _signed(cursor: Cursor) -> None:
    """An integer with a sign: as long as one without, though its first byte holds a bit less."""
    for _ in range(10):
        if cursor.byte() < 128:
            return
    raise malformed("an integer does not end")
