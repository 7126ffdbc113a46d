"""A page's change as lines to look at: with some lines around, the words that changed, folded."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workbench.knowledge.shared.differences import Hunk, PageChange
from workbench.knowledge.shared.lines import split_lines

AROUND = 3
MOST_LINES = 160  # of a page, before the reader asks for more
MOST_CHARS = 600  # of a line
_MOST_MARKED_LINES, _MOST_MARKED_CHARS = 40, 400
_WORD = re.compile(r"\w+|\W", re.DOTALL)

Spans = tuple[tuple[int, int], ...]
Parts = tuple[tuple["ShownLine", ...], ...]


@dataclass(frozen=True)
class ShownLine:
    """One line; ``sign`` is ``+``, ``-`` or a blank.

    Attributes:
        old: Its number before, from 1.
        new: Its number after.
        text: Its characters without its end, the first ``MOST_CHARS`` of them.
        marks: Where it changed, as begins and ends in ``text``.
        left_out: How many of its characters are not shown.
        end: What is odd at its end: ``no end`` or ``\\r``.
        told: The number that is told of it where ``new`` is another: that in a notebook's cell.
    """

    sign: str
    old: int | None
    new: int | None
    text: str
    marks: Spans = ()
    left_out: int = 0
    end: str = ""
    told: int | None = None


@dataclass(frozen=True)
class ShownCell:
    """What became of a notebook's cell.

    Attributes:
        cell_type: code, markdown or raw.
        old_number: Which cell it was, from 1; None for one that came.
        new_number: Which it is; None for one that went.
        told: What else is to be said of it, each in a few words.
        first: Which of the page's parts is its first.
        count: How many of them are its.
    """

    cell_type: str
    old_number: int | None
    new_number: int | None
    told: tuple[str, ...]
    first: int
    count: int


@dataclass(frozen=True)
class ShownPage:
    """What became of a page.

    Attributes:
        id: What it is, whatever its path.
        old_path: None for one that came.
        new_path: None for one that went.
        added: How many lines came.
        removed: How many went.
        parts: Its lines, in runs that stand together.
        left_out: How many lines of the change are folded away.
        characters: How large it is, the larger of before and after.
        cells: Of a notebook its cells that changed; ``parts`` are of their sources then.
        around: Whether a notebook's own metadata changed, which is of no cell.
        raw: Of a notebook also the lines of its file, outputs and all; nothing is said of these.
        raw_left_out: How many of them are folded away.
    """

    id: str
    old_path: str | None
    new_path: str | None
    added: int
    removed: int
    parts: Parts
    left_out: int
    characters: int
    cells: tuple[ShownCell, ...] = ()
    around: bool = False
    raw: Parts = ()
    raw_left_out: int = 0


def show_page(
    change: PageChange, old: str, new: str, *, most: int = MOST_LINES, wanted: Iterable[int] = ()
) -> ShownPage:
    """A page's change, ready to be looked at.

    Args:
        change: What ``difference`` says of it.
        old: Its text before.
        new: Its text after.
        most: At most so many lines are shown.
        wanted: Lines of the new text that are shown though they did not change, for somebody said
            something of them.
    """
    parts, left_out = shown_parts(change.hunks, old, new, most=most, wanted=wanted)
    return ShownPage(
        change.id, change.old_path, change.new_path, *counted(change.hunks), parts, left_out,
        max(len(old), len(new)),
    )  # fmt: skip


def counted(hunks: Iterable[Hunk]) -> tuple[int, int]:
    """How many lines came and how many went."""
    found = list(hunks)
    return sum(len(each.new) for each in found), sum(len(each.old) for each in found)


def shown_parts(
    hunks: Sequence[Hunk], old: str, new: str, *, most: int, wanted: Iterable[int] = ()
) -> tuple[Parts, int]:
    """The lines of a change in runs that stand together, and how many are left out.

    Args:
        hunks: What changed of the one text to the other.
        old: The text before.
        new: The text after.
        most: At most so many lines.
        wanted: As ``show_page`` has it.
    """
    lines_before, lines_after = split_lines(old), split_lines(new)
    spans = _spans(hunks, {n for n in wanted if 1 <= n <= len(lines_after)})
    parts: list[tuple[ShownLine, ...]] = []
    shown = total = 0
    for group in _groups(spans, len(lines_after)):
        room = max(0, most - shown)
        taken = tuple(itertools.islice(_lines(group, lines_before, lines_after), room))
        if taken:
            parts.append(taken)
        shown += len(taken)
        total += _length(group)
    return tuple(parts), total - shown


@dataclass(frozen=True)
class _Group:
    """Changes that stand together, with the unchanged lines before, between and after."""

    before: int
    spans: tuple[tuple[int, int, int, int], ...]
    after: int


def _spans(hunks: Sequence[Hunk], wanted: set[int]) -> list[tuple[int, int, int, int]]:
    """Old and new lines, from 0, that became each other; a wanted line changed nothing."""
    found = [
        (each.old_line - 1, each.old_line - 1 + len(each.old), each.new_line - 1,
         each.new_line - 1 + len(each.new))
        for each in hunks
    ]  # fmt: skip
    for number in sorted(wanted):
        line, shift = number - 1, 0
        for _, b, c, d in found:
            if c <= line < d:
                break
            if d <= line:
                shift = b - d
        else:
            found.append((line + shift + 1, line + shift + 1, line + 1, line + 1))
            found.sort()  # what changed nothing comes before what changed just there
    return found


def _groups(spans: Sequence[tuple[int, int, int, int]], count: int) -> Iterator[_Group]:
    held: list[tuple[int, int, int, int]] = []
    before = 0
    for index, span in enumerate(spans):
        last = held[-1][3] if held else 0
        if not held:
            before = min(AROUND, span[2])
        held.append(span)
        follows = spans[index + 1][2] if index + 1 < len(spans) else None
        if follows is None or follows - span[3] > 2 * AROUND:
            yield _Group(before, tuple(held), min(AROUND, count - span[3]))
            held = []
        assert last <= span[2], "changes come in order"


def _length(group: _Group) -> int:
    between = sum(
        later[2] - earlier[3]
        for earlier, later in zip(group.spans, group.spans[1:], strict=False)
    )  # fmt: skip
    changed = sum(b - a + d - c for a, b, c, d in group.spans)
    return group.before + between + changed + group.after


def _lines(group: _Group, old: Sequence[str], new: Sequence[str]) -> Iterator[ShownLine]:
    a, _, c, _ = group.spans[0]
    yield from (_same(a - n, c - n, new) for n in range(group.before, 0, -1))
    last: tuple[int, int] | None = None
    for a, b, c, d in group.spans:
        if last is not None:
            yield from (_same(last[0] + n, last[1] + n, new) for n in range(c - last[1]))
        yield from _changed(old[a:b], new[c:d], a, c)
        last = (b, d)
    assert last is not None, "a group has a change"
    yield from (_same(last[0] + n, last[1] + n, new) for n in range(group.after))


def _same(old: int, new: int, lines: Sequence[str]) -> ShownLine:
    return _line(" ", old + 1, new + 1, lines[new])


def _changed(
    old: Sequence[str], new: Sequence[str], first_old: int, first_new: int
) -> Iterator[ShownLine]:
    marks: list[tuple[Spans, Spans]] = []
    if len(old) == len(new) <= _MOST_MARKED_LINES:
        marks = [_marks(*pair) for pair in zip(old, new, strict=True)]
    for number, line in enumerate(old):
        yield _line("-", first_old + number + 1, None, line, marks[number][0] if marks else ())
    for number, line in enumerate(new):
        yield _line("+", None, first_new + number + 1, line, marks[number][1] if marks else ())


def _line(sign: str, old: int | None, new: int | None, line: str, marks: Spans = ()) -> ShownLine:
    text = line.removesuffix("\n")
    end = "" if line.endswith("\n") else "no end"
    if text.endswith("\r"):
        text, end = text[:-1], "\\r"
    left_out = max(0, len(text) - MOST_CHARS)
    return ShownLine(sign, old, new, text[:MOST_CHARS], marks, left_out, end)


def _marks(old: str, new: str) -> tuple[Spans, Spans]:
    """Where two lines differ, by words; nowhere where hardly anything is the same."""
    if max(len(old), len(new)) > _MOST_MARKED_CHARS:
        return (), ()
    pieces = [_WORD.findall(each.rstrip("\r\n")) for each in (old, new)]
    matcher = difflib.SequenceMatcher(None, pieces[0], pieces[1], autojunk=False)
    if matcher.ratio() < 0.4:
        return (), ()
    sides: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    places = [[0, *itertools.accumulate(map(len, side))] for side in pieces]
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        for found, place, (first, last) in zip(sides, places, ((a, b), (c, d)), strict=True):
            if place[first] < place[last]:
                found.append((place[first], place[last]))
    return tuple(sides[0]), tuple(sides[1])
