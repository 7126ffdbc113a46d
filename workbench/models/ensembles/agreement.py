"""When two answers say the same, and how sure a model was of one."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from workbench.models.reply import Reply

_ARTICLES = {"a", "an", "the"}
_WORD = re.compile(r"\w+(?:[.,]\d+)*|[-+−]?\d+(?:[.,]\d+)*|[^\w\s]")
_SAYS_NOTHING = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)|[^\w\s%$€£°+−.,:-]")


def normal_form(text: str, *, field: str | None = None) -> str:
    """What of an answer counts when votes are counted.

    JSON counts by its value, whatever the order of its keys; of it only ``field`` if one is named.
    Other text counts without case, punctuation and articles.
    """
    value = _json(text)
    if value is not None:
        if field is not None and isinstance(value, dict):
            value = value.get(field)
        if not isinstance(value, str):
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
        text = value
    plain = _SAYS_NOTHING.sub(" ", text.casefold())
    return " ".join(word for word in plain.split() if word not in _ARTICLES)


def _json(text: str) -> Any:
    stripped = text.strip()
    if not stripped.startswith(("{", "[", '"')):
        return None
    try:
        return json.loads(stripped)
    except ValueError:
        return None


def word_overlap(one: str, other: str) -> float:
    """F1 of the words that two texts share, 0 to 1."""
    first, second = (Counter(_WORD.findall(text.casefold())) for text in (one, other))
    shared = (first & second).total()
    if not shared:
        return 0.0
    return 2 * shared / (first.total() + second.total())


def find_medoid(texts: Sequence[str]) -> int:
    """The place of the text that is most like the others; the first of those that are."""
    likeness = [
        sum(word_overlap(text, other) for place, other in enumerate(texts) if place != mine)
        for mine, text in enumerate(texts)
    ]
    return max(range(len(texts)), key=lambda place: (likeness[place], -place))


def confidence(reply: Reply) -> float | None:
    """The geometric mean of the probabilities of an answer's tokens, 0 to 1.

    None if the answer came without log-probabilities.
    """
    if not reply.logprobs:
        return None
    return math.exp(sum(token.logprob for token in reply.logprobs) / len(reply.logprobs))
