"""Tokens as they are shown: groups together, the pieces of a character never apart.

A tokenizer cuts rare characters into bytes, which have no sign of their own. For display they come
together again, and their scores are added, as shares of one sum may be; which ids they were stays
known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.studio.tokens import visible

if TYPE_CHECKING:
    import numpy as np

_BROKEN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Part:
    """What stands in one place: tokens ``[start, end)`` with their ids, and the text they make."""

    text: str
    start: int
    end: int
    ids: tuple[int, ...]

    @property
    def sign(self) -> str:
        """The text with signs for spaces and line ends."""
        return visible(self.text)

    @property
    def name(self) -> str:
        """Which tokens they are, for a label: ``token 3, id 42``."""
        ids = ", ".join(map(str, self.ids[:6])) + (", …" if len(self.ids) > 6 else "")
        if self.end - self.start == 1:
            return f"token {self.start + 1}" + (f", id {ids}" if ids else "")
        return f"tokens {self.start + 1} to {self.end}" + (f", ids {ids}" if ids else "")


def merge(
    tokens: Sequence[str],
    ids: Sequence[int],
    *,
    groups: Sequence[tuple[int, int]] | None = None,
    text: str | None = None,
) -> tuple[tuple[Part, ...], tuple[int, ...]]:
    """The parts of a text, and for each group the number of the part that it is in.

    Args:
        tokens: The text of each token; U+FFFD stands for bytes of a character cut in pieces.
        ids: Their ids, or none.
        groups: Runs ``[start, end)`` that belong together; by default each token by itself.
        text: The whole text, from which characters that came in pieces are read.

    Raises:
        InputError: The groups do not cover the tokens in order, or there are more or fewer ids.
    """
    if ids and len(ids) != len(tokens):
        raise InputError(f"{len(tokens)} tokens have {len(ids)} ids")
    runs = [(i, i + 1) for i in range(len(tokens))] if groups is None else list(groups)
    edges = [0, *(end for _, end in runs)]
    if [start for start, _ in runs] != edges[:-1] or edges[-1] != len(tokens):
        raise InputError(
            f"the groups must be runs in order that cover all {len(tokens)} tokens, found {runs}"
        )
    read = _read(tokens, text)
    parts: list[Part] = []
    places: list[int] = []
    begin = 0
    for start, end in runs:
        if end == start:
            raise InputError(f"the group [{start}, {end}) is empty")
        places.append(len(parts))
        if end < len(tokens) and _BROKEN in tokens[end - 1] and _BROKEN in tokens[end]:
            continue  # the next group begins within a character
        parts.append(Part("".join(read[begin:end]), begin, end, tuple(ids[begin:end])))
        begin = end
    return tuple(parts), tuple(places)


def add_up(scores: Any, places: Sequence[int], *, axis: int) -> np.ndarray:
    """Scores of groups as scores of parts, added along an axis."""
    import numpy as np

    starts = [i for i, place in enumerate(places) if i == 0 or place != places[i - 1]]
    values = np.asarray(scores, dtype=np.float64)
    return np.add.reduceat(values, starts, axis=axis) if starts else values


def _read(tokens: Sequence[str], text: str | None) -> list[str]:
    """Each token's text; of a run of pieces the first has all of it."""
    read = list(tokens)
    offset, first = 0, None
    for index, token in enumerate([*tokens, None]):
        if token is not None and _BROKEN in token:
            first = index if first is None else first
            continue
        place = _find(text, token, offset)
        if first is not None:
            between = text[offset:place] if text is not None and place >= 0 else ""
            count = index - first
            read[first:index] = [
                between or f"⟨{count}\N{NO-BREAK SPACE}pieces⟩",
                *[""] * (count - 1),
            ]
            first = None
        if token is not None and place >= 0:
            offset = place + len(token)
    return read


def _find(text: str | None, token: str | None, offset: int) -> int:
    if text is None:
        return -1
    if token is None:
        return len(text)
    return text.find(token, offset) if token else -1
