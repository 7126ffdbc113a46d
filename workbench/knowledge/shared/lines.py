"""Texts as lines: their differences, and three-way merges, by libgit2's xdiff.

A line is all up to and with its ``\\n``; a last one without is another line than one with it. Lines
are handed over as numbers, one a line: so nothing in a text can be taken for a mark of a conflict,
and its characters and other line ends do not matter.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from workbench.core.optional import require

EXTRA = "knowledge"
_OURS, _BETWEEN, _THEIRS = b"<", b"=", b">"


@dataclass(frozen=True)
class Clash:
    """Where two texts changed the same lines: ``line`` counts from 1 in what was merged so far."""

    line: int
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True)
class MergedText:
    """What both changed, together; with clashes, ``text`` has neither side's lines there."""

    text: str
    clashes: tuple[Clash, ...] = ()


@dataclass
class _Coder:
    numbers: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def code(self, text: str) -> bytes:
        found = []
        for line in split_lines(text):
            number = self.numbers.setdefault(line, len(self.lines))
            if number == len(self.lines):
                self.lines.append(line)
            found.append(b"%x\n" % number)
        return b"".join(found)

    def line(self, coded: bytes) -> str:
        return self.lines[int(coded, 16)]


def split_lines(text: str) -> list[str]:
    """The lines of a text with their ends; joined they are the text.

    >>> split_lines("a\\r\\n\\nb")
    ['a\\r\\n', '\\n', 'b']
    """
    found = [f"{line}\n" for line in text.split("\n")]
    last = found.pop()[:-1]
    return [*found, last] if last else found


def changed_spans(old: str, new: str) -> list[tuple[int, int, int, int]]:
    """Where two texts differ: lines ``a:b`` of the old one have become ``c:d`` of the new one."""
    git = require("pygit2", extra=EXTRA)
    coder = _Coder()
    patch = git.Patch.create_from(coder.code(old), coder.code(new), context_lines=0)
    found = []
    for hunk in patch.hunks:
        # A side without lines says the line that it stands after.
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        begin = hunk.new_start - 1 if hunk.new_lines else hunk.new_start
        found.append((start, start + hunk.old_lines, begin, begin + hunk.new_lines))
    return found


@dataclass(frozen=True)
class Hunk:
    """Lines that became others; ``old_line`` and ``new_line`` count from 1."""

    old_line: int
    old: tuple[str, ...]
    new_line: int
    new: tuple[str, ...]


def hunks_of(old: str, new: str) -> tuple[Hunk, ...]:
    """The lines of one text that became others in another."""
    if old == new:
        return ()
    ours, theirs = split_lines(old), split_lines(new)
    return tuple(
        Hunk(a + 1, tuple(ours[a:b]), c + 1, tuple(theirs[c:d]))
        for a, b, c, d in changed_spans(old, new)
    )


def merge_texts(base: str, ours: str, theirs: str) -> MergedText:
    """What two texts made of a third, together.

    Args:
        base: What both were made from.
        ours: One.
        theirs: The other.
    """
    if ours == theirs or theirs == base:
        return MergedText(ours)
    if ours == base:
        return MergedText(theirs)
    coder = _Coder()
    coded = [coder.code(text) for text in (base, ours, theirs)]
    with _scratch() as (git, repository):
        entries = [
            git.IndexEntry(name, repository.create_blob(content), git.enums.FileMode.BLOB)
            for name, content in zip(("base", "ours", "theirs"), coded, strict=True)
        ]
        merged = repository.merge_file_from_index(*entries)
    return _decoded(coder, merged.contents.encode().splitlines())


@contextmanager
def _scratch() -> Iterator[tuple[Any, Any]]:
    """A repository to put three texts in; libgit2 merges nothing else."""
    git = require("pygit2", extra=EXTRA)
    with tempfile.TemporaryDirectory(prefix="workbench-merge-") as folder:
        repository = git.init_repository(folder, bare=True)
        try:
            yield git, repository
        finally:
            repository.free()


def _decoded(coder: _Coder, merged: Sequence[bytes]) -> MergedText:
    kept: list[str] = []
    clashes: list[Clash] = []
    sides: list[list[str]] | None = None
    for coded in merged:
        mark = coded[:1]
        if mark == _OURS:
            sides = [[]]
        elif mark == _BETWEEN and sides is not None:
            sides.append([])
        elif mark == _THEIRS and sides is not None:
            clashes.append(Clash(len(kept) + 1, tuple(sides[0]), tuple(sides[1])))
            sides = None
        else:
            (kept if sides is None else sides[-1]).append(coder.line(coded))
    return MergedText("".join(kept), tuple(clashes))
