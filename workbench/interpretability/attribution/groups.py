"""Which tokens of a prompt are replaced together: each alone, by word, or by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

from workbench.core.errors import NotFoundError

GroupKind = Literal["token", "word", "sentence"]
# U+FFFD stands for a part of a character, which is never a border between words.
_WORD = re.compile(r"\s*(?:[\w\ufffd]+(?:['’-][\w\ufffd]+)*|[^\w\s\ufffd]+)")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？]+|\n+")


def split_groups(
    tokens: Sequence[str], kind: GroupKind = "token", *, held: Sequence[bool] = ()
) -> tuple[tuple[int, int], ...]:
    """The groups of a prompt's tokens: runs ``[start, end)``, in order and without gaps.

    A token belongs to the word or sentence that its first character other than white space stands
    in; white space belongs to the word after it, punctuation is a word of its own. Where ``held``
    changes a group ends, so that a group is held as a whole or not at all.

    Args:
        tokens: The text of each token, U+FFFD for a part of a character.
        kind: ``token``, ``word`` or ``sentence``.
        held: Which tokens are never replaced; none if it is empty.

    >>> split_groups(["The", " un", "seen", " cat", ".", " It"], "word")
    ((0, 1), (1, 3), (3, 4), (4, 5), (5, 6))
    >>> split_groups(["The", " un", "seen", " cat", ".", " It"], "sentence")
    ((0, 5), (5, 6))
    """
    if kind not in get_args(GroupKind):
        raise NotFoundError.among("kind of groups", str(kind), get_args(GroupKind))
    owners = range(len(tokens)) if kind == "token" else _owners("".join(tokens), tokens, kind)
    marks = list(zip(owners, held or [False] * len(tokens), strict=True))
    starts = [at for at in range(len(marks)) if at == 0 or marks[at] != marks[at - 1]]
    return tuple(zip(starts, [*starts[1:], len(tokens)], strict=True))


def _owners(text: str, tokens: Sequence[str], kind: str) -> list[int]:
    """The number of the word or sentence that each token belongs to."""
    if kind == "word":
        ends = [match.end() for match in _WORD.finditer(text)]
    else:
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    owners, place, owner = [], 0, 0
    for token in tokens:
        first = place + len(token) - len(token.lstrip())
        first = first if token.strip() else place
        while owner < len(ends) and first >= ends[owner]:
            owner += 1
        owners.append(owner)
        place += len(token)
    return owners
