"""Train and held-out parts between which nothing leaks: what is alike stays together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from workbench.core.errors import InputError

from .rows import Row
from .similarity import near_pairs

TRAIN, HELD_OUT = "train", "held_out"


def split_rows(
    rows: Sequence[Row], *, share: float, seed: int = 0, by: str = "row", near: float = 0.6
) -> list[str]:
    """The part of each row.

    Rows with the same question, or nearly the same, are never parted, nor are a user's where rows
    say whose they are; with ``by="group"`` rows of one group neither. Which lots are held out is
    decided by their hash under the seed, until the share is reached; so the same rows in another
    order give the same parts.

    Args:
        rows: The rows.
        share: Of the rows that is held out, at least; 0 for none.
        seed: Another seed gives another split.
        by: ``row`` or ``group``. Held-out *groups* ask whether something new can be answered,
            held-out *rows* whether what was taught is known in other words.
        near: The similarity from which questions count as the same.

    Raises:
        InputError: The share is not in [0, 1), or nothing would be left to learn from.
    """
    if not 0 <= share < 1:
        raise InputError(f"the held-out share is {share}; it lies in [0, 1)", hint="e.g. 0.1")
    if by not in ("row", "group"):
        raise InputError(f"by is {by!r}", hint="'row' or 'group'")
    if by == "group" and share and not any(row.group for row in rows):
        raise InputError("no row names its group", hint="by='row', or a column group (or fact)")
    lots: dict[int, list[Row]] = {}
    for row, root in zip(rows, _lots(rows, by=by, near=near), strict=True):
        lots.setdefault(root, []).append(row)
    parts = [TRAIN] * len(rows)
    held = 0
    for lot in sorted(lots.values(), key=lambda lot: _digest(lot, seed)):
        if held >= share * len(rows):
            break
        if held + len(lot) == len(rows):
            raise InputError(
                f"all {len(rows)} rows hang together: none could be held out",
                hint="give a smaller share, more rows, or a file of its own for testing",
            )
        for row in lot:
            parts[row.place] = HELD_OUT
        held += len(lot)
    return parts


def _lots(rows: Sequence[Row], *, by: str, near: float) -> list[int]:
    """The first row of each row's lot: unions over alike questions, users and groups."""
    roots = list(range(len(rows)))

    def root(at: int) -> int:
        while roots[at] != at:
            roots[at] = roots[roots[at]]
            at = roots[at]
        return at

    def join(first: int, second: int) -> None:
        low, high = sorted((root(first), root(second)))
        roots[high] = low

    seen: dict[str, int] = {}
    for row in rows:
        keys = [f"question {row.asked}"]
        if by == "group" and row.group:
            keys.append(f"group {row.group}")
        if row.user:
            keys.append(f"user {row.user}")
        for key in keys:
            join(seen.setdefault(key, row.place), row.place)
    for place, other, _ in near_pairs([row.question for row in rows], threshold=near):
        if rows[place].codes == rows[other].codes:
            join(place, other)
    return [root(at) for at in range(len(rows))]


def _digest(lot: Sequence[Row], seed: int) -> bytes:
    said = min(f"{row.group}\x1f{row.asked}\x1f{row.said}" for row in lot)
    return hashlib.sha256(f"{seed}\x1f{said}".encode()).digest()
