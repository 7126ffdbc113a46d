"""What is still seen in texts once persons were taken out: what a file is refused for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .texts import AnonymisedText, detect

_LEAST_SCORE = 0.7


def look_again(made: Sequence[AnonymisedText]) -> dict[int, tuple[str, ...]]:
    """The kinds that are seen in each text and were not put there, by its number from 1.

    Args:
        made: What was made of all texts of a file.

    Raises:
        EngineError: A recogniser failed.
    """
    seen = {}
    found = detect([_without_replacements(each) for each in made], consistency=None)
    for number, spans in enumerate(found, start=1):
        kinds = {each.kind for each in spans if each.score >= _LEAST_SCORE}
        if kinds:
            seen[number] = tuple(sorted(kinds))
    return seen


def count_seen(seen: Mapping[int, Sequence[str]]) -> dict[str, int]:
    """In how many texts each kind is seen."""
    return dict(sorted(Counter(kind for kinds in seen.values() for kind in kinds).items()))


def _without_replacements(made: AnonymisedText) -> str:
    """The text with dots where something was replaced.

    They are as many as a mask has letters, whatever stands there: what is left is the same in each
    way, and the sixty letters of a pseudonym would move every word behind them out of its column.
    """
    if made.withheld:
        return ""
    out, at = [], 0
    for each in made.decisions:
        out += [made.text[at : each.start], "…" * len(f"[{each.kind}]")]
        at = each.end
    return "".join(out) + made.text[at:]
