"""A sentence that answers together with the one before it, which says what it goes on about.

*The crane was delivered in March. It can lift 5 tonnes.* The pronoun stands for the thing that the
first begins with; *The correction was derived by Ada Holm.* goes on about what the first says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .asked_for import AskedFor
from .outright import covers, has_kind, is_denied, same_doer
from .related_words import say_alike
from .said import Said
from .words import content_stems, stem

_BETWEEN = 3  # characters between two sentences that follow one another
_IT = re.compile(r"(?:It|They) (?!(?:is|was) \w+ that\b)")
_THE = re.compile(r"(?:The|This) ([a-z]+) (?:is|was|are|were|has|had|have)\b")
_BEGINS = re.compile(
    r"(?:The|A|An) ([a-z][\w-]*(?: [a-z][\w-]*)??) "
    r"(?:is|was|are|were|has|had|have|can|will|came|stands|lies)\b"
)


def answers_by_next(asked: AskedFor, lines: Sequence[Said]) -> tuple[Said, Said] | None:
    """Two sentences, one after the other in a passage, that answer together; None without.

    The second says something of what is asked, and has something of the kind that is asked for.
    """
    if asked.compares or not asked.asked or asked.kind in ("about", "whether"):
        return None
    for first, second in pairwise(lines):
        if not follows(first, second) or first.columns:
            continue
        left = [word for word in asked.stems if not covers(word, asked, second)]
        if not 0 < len(left) < len(asked.stems) or not _goes_on(left, asked, first, second):
            continue
        denied = is_denied(asked, first) or is_denied(asked, second)
        if has_kind(asked, second) and same_doer(asked, second) and not denied:
            return first, second
    return None


def follows(first: Said, second: Said) -> bool:
    """Whether a sentence stands right behind another."""
    return 0 <= second.line.start - first.line.end <= _BETWEEN


def _goes_on(left: Sequence[str], asked: AskedFor, first: Said, second: Said) -> bool:
    """Whether the first says what the second leaves out, and the second speaks of that."""
    text = second.line.text
    if _IT.match(text):
        begins = _BEGINS.match(first.line.text)
        return begins is not None and set(left) <= set(content_stems(begins[1]))
    the = _THE.match(text)
    return (
        the is not None
        and any(say_alike(stem(the[1]), word) for word in first.stems)
        and all(covers(word, asked, first) for word in left)
        and any(say_alike(stem(the[1]), word) for word in asked.asked)
    )
