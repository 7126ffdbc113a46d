"""The chain: each line an entry in the form of RFC 8785, holding the hash of the one before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from .signing import Signed, first_signature_fault
from .tree import hash_leaf, hash_nodes

ORIGIN = "workbench-ledger:"
GENESIS = "0" * 64
_LONGEST_LINE_BYTES = 1 << 28
# RFC 8785, section 3.2.2.2: there is one way to write each character.
_ESCAPED = rb'\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))'
_PLAIN = rb'[^"\\\x00-\x1f]*'
_TEXT = rb'"%s(?:%s%s)*"' % (_PLAIN, _ESCAPED, _PLAIN)
ENTRY = re.compile(
    rb'(\{"action":%(t)s,"actor":%(t)s,"data":%(t)s,)"hash":"([0-9a-f]{64})",'
    rb'("number":([1-9][0-9]{0,15}),"previous":"([0-9a-f]{64})","subject":%(t)s,"time":%(t)s\})'
    % {b"t": _TEXT}
)
_OTHER_FORMS = {
    b"\xef\xbb\xbf": "it begins with a byte order mark; the form is UTF-8 without one",
    b"\xff\xfe": "it is written in UTF-16; the form is UTF-8",
    b"\xfe\xff": "it is written in UTF-16; the form is UTF-8",
    b"\x1f\x8b": "it is compressed; unpack it first",
    b"SQLite format 3": "it is a database; name the folder that it is in",
}


@dataclass(frozen=True)
class Fault:
    """Something is not as it was. It lies in the entries ``broken_at`` to ``broken_to``."""

    reason: str
    broken_at: int | None = None
    broken_to: int | None = None


@dataclass(frozen=True)
class Report:
    """What was found. ``signed_entries`` are covered by a good checkpoint; ``root`` is of all."""

    ok: bool
    entries: int
    root: str
    origin: str = ""
    checkpoints: int = 0
    signed_entries: int = 0
    fault: Fault | None = None


class Walk:
    """All that must be known of the entries so far to check the next one; ``copy`` keeps it."""

    def __init__(self) -> None:
        self.number, self.hash, self.first_hash = 0, GENESIS, ""
        self._peaks: list[bytes] = []  # roots of the full trees that the leaves so far make up

    def copy(self) -> Walk:
        """The same state, to go on from twice."""
        twin = type(self)()
        twin.number, twin.hash, twin.first_hash = self.number, self.hash, self.first_hash
        twin._peaks = list(self._peaks)
        return twin

    def take(self, line: bytes) -> Fault | None:
        """Check one line (with its line feed) and go on to the next; a fault stops the walk."""
        expected = self.number + 1
        found = ENTRY.fullmatch(line, 0, len(line) - 1) if line[-1:] == b"\n" else None
        if found is None or not _is_utf8(line):
            return Fault(_why_no_entry(line, expected), expected, expected)
        before, written, after, number, previous = found.groups()
        fault = (
            self._miscounted(expected, int(number))
            or self._changed(expected, before + after, written)
            or self._unchained(expected, previous.decode())
        )
        if fault is not None:
            return fault
        self.number, self.hash = expected, written.decode()
        self.first_hash = self.first_hash or self.hash
        node, count = hash_leaf(line[:-1]), expected
        while not count & 1:
            node, count = hash_nodes(self._peaks.pop(), node), count >> 1
        self._peaks.append(node)
        return None

    @property
    def origin(self) -> str:
        """What the ledger is called: by the hash of its first entry, which is like no other's."""
        return ORIGIN + self.first_hash[:32] if self.first_hash else ""

    def root(self) -> str:
        """The root of the tree over the entries so far."""
        if not self._peaks:
            return hashlib.sha256().hexdigest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = hash_nodes(peak, node)
        return node.hex()

    def _miscounted(self, expected: int, number: int) -> Fault | None:
        if number == expected:
            return None
        reason = f"entry {expected} is missing: {number} stands in its place"
        return Fault(reason, expected, expected)

    def _changed(self, expected: int, hashed: bytes, written: bytes) -> Fault | None:
        if hashlib.sha256(hashed).hexdigest().encode() == written:
            return None
        return Fault(f"entry {expected} does not match its hash", expected, expected)

    def _unchained(self, expected: int, previous: str) -> Fault | None:
        if previous == self.hash:
            return None
        if expected == 1:
            return Fault("the first entry follows another: the beginning was cut off", 1, 1)
        reason = (
            f"entry {expected} follows another entry than {expected - 1}: one of the two was "
            "written anew"
        )
        return Fault(reason, expected - 1, expected)


def verify(
    lines: Iterable[bytes],
    *,
    checkpoints: Sequence[Signed] = (),
    public_key: bytes | None = None,
    head: tuple[int, str] | None = None,
    looked: Callable[[int], None] | None = None,
) -> Report:
    """Check a ledger up to its first fault.

    Args:
        lines: The entries, each with its line feed.
        checkpoints: Those that were kept elsewhere.
        public_key: The PEM that they must be signed with.
        head: A number and hash that the ledger's end was recorded with; a weak kind of checkpoint.
        looked: Called now and then with the number of entries so far.
    """
    waiting = sorted(checkpoints, key=lambda each: each.checkpoint.size)
    walk, good = Walk(), 0
    unsigned = first_signature_fault(waiting, public_key)
    fault = Fault(unsigned) if unsigned else None
    signed_entries = 0
    if fault is None:
        for line in lines:
            fault = walk.take(line)
            if fault is None and head is not None and walk.number == head[0]:
                fault = _against_head(walk, head)
            while fault is None and waiting and waiting[0].checkpoint.size == walk.number:
                fault = _against(walk, waiting[0], signed_entries)
                if fault is None:
                    good, signed_entries = good + 1, waiting.pop(0).checkpoint.size
            if fault is not None:
                break
            if looked is not None and not walk.number & 0x3FFF:
                looked(walk.number)
        else:
            fault = _missing_end(walk, waiting, head)
    root, ok = walk.root(), fault is None
    return Report(ok, walk.number, root, walk.origin, good, signed_entries, fault)


def _against(walk: Walk, signed: Signed, signed_entries: int) -> Fault | None:
    said = signed.checkpoint
    if said.origin != walk.origin:
        return Fault(
            f"checkpoint {said.size} ({signed.name}) is of another ledger, or the first entry was "
            f"written anew: {said.origin}",
            1,
            said.size,
        )
    if said.root == walk.root():
        return None
    return Fault(
        f"the first {said.size:,} entries are not those that were signed on {said.time}: the chain "
        "was written anew",
        signed_entries + 1,
        said.size,
    )


def _against_head(walk: Walk, head: tuple[int, str]) -> Fault | None:
    if head[1] == walk.hash:
        return None
    reason = f"the head was recorded with hash {head[1]}: the chain was written anew"
    return Fault(reason, walk.number, walk.number)


def _missing_end(walk: Walk, waiting: list[Signed], head: tuple[int, str] | None) -> Fault | None:
    if waiting:
        said = waiting[-1].checkpoint
        reason = (
            f"the ledger ends at entry {walk.number}, and {said.size:,} were there on {said.time}: "
            "the end was cut off"
        )
        return Fault(reason, walk.number + 1, said.size)
    if head is not None and head[0] > walk.number:
        reason = f"the head was recorded at entry {head[0]}: the end was cut off"
        return Fault(reason, walk.number + 1, head[0])
    if walk.number == 0:
        return Fault("the ledger is empty: there is nothing to check")
    return None


def _is_utf8(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _why_no_entry(line: bytes, number: int) -> str:
    for start, said in _OTHER_FORMS.items():
        if line.startswith(start) and number == 1:
            return f"this is no exported ledger: {said}"
    if not line.endswith(b"\n"):
        return f"entry {number} is cut off: the last line has no end"
    if line.endswith(b"\r\n"):
        return f"line {number} ends with CR LF; the form has LF alone"
    if not _is_utf8(line):
        return f"line {number} is no UTF-8"
    return f"line {number} is no entry in the form of RFC 8785"


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, each with its line feed."""
    return iter(partial(file.readline, _LONGEST_LINE_BYTES), b"")
