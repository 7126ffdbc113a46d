"""A comparison's two sides: the sentence for each that has what is compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .asking_forms import put_plainly
from .denials import denies
from .outright import has_digits, has_year
from .related_words import say_alike
from .said import Said
from .words import content_stems, stem_set

_WHICH = re.compile(
    r"^(?:\w+ )?(?:which|who|what)\b[^,:]*[,:]\s*([^,:;]+?),?\s+or\s+"
    r"([^,:;]+?)\s*\?*$",
    re.I,
)
_THAN = re.compile(
    r"^(?:is|was|are|were|has|have|does|did)\s+(.+?)\s+\w*\s*(?:\w+er|(?:more|less)(?: \w+)?)"
    r"\s+than\s+(.+?)\s*\?*$",
    re.I,
)
# What is compared, by the word for it: a year and what happened then, or a number and its measure.
_AGE = "found open build built born birth establish creat complet erect writ publish releas launch"
_TIMES = {"older": _AGE, "younger": _AGE, "newer": _AGE, "oldest": _AGE, "earlier": "", "first": ""}
_TIMES |= {"later": "", "last": "", "before": "", "after": ""}
_PRICE = "cost price fee euro dollar franc"
_LARGE = "area inhabitants population people km hectares square size students members"
_NUMBERS = {
    "larger": _LARGE,
    "bigger": _LARGE,
    "smaller": _LARGE,
    "longer": "long length km kilometres miles metres years months reign",
    "shorter": "long length km kilometres miles metres years months",
    "higher": "high height elevation altitude metres feet m",
    "taller": "tall high height metres feet m cm",
    "deeper": "deep depth metres feet m",
    "wider": "wide width metres feet km",
    "heavier": "weight weighs kg tonnes mass",
    "cheaper": _PRICE,
    "dearer": _PRICE,
    "expensive": _PRICE,
    "costly": _PRICE,
}
_MORE = re.compile(r"\b(?:more|fewer) (?!than\b)(\w+)", re.I)
# *Which costs more, A or B?*, *Does A weigh less than B?*: the verb says what is compared.
_VERB_MORE = re.compile(r"\b(\w+) (?:more|less)(?=,|:| than\b)", re.I)
_WEIGHT = "weight weigh kg tonnes mass"
_BY_VERB = {"cost": _PRICE, "costs": _PRICE, "weigh": _WEIGHT, "weighs": _WEIGHT}
# A noun in the question says which measure is meant.
_NOUNS = {
    "area": "area square km",
    "population": "population inhabitants people residents",
    "inhabitants": "population inhabitants people residents",
    "people": "population inhabitants people residents",
}


@dataclass(frozen=True)
class Compared:
    """Two sides as they are written, and what is compared of each.

    ``measures`` are stems of which a sentence has one beside a year or a number; none where any
    will do.
    """

    sides: tuple[str, str]
    by_year: bool
    measures: frozenset[str]


def read_comparison(question: str) -> Compared | None:
    """The sides of a question that compares two by a year or a number; None for another one."""
    question = put_plainly(question)
    match = _WHICH.match(question.strip()) or _THAN.match(question.strip())
    if match is None:
        return None
    words = re.findall(r"\w+", question.casefold())
    sides = match[1], match[2]
    noun = next((word for word in words if word in _NOUNS), None)
    if noun is not None:
        return Compared(sides, False, stem_set(_NOUNS[noun]))
    verb = _VERB_MORE.search(question)
    if verb is not None:
        said = verb[1].casefold()
        return Compared(sides, False, stem_set(_BY_VERB.get(said, said)))
    more = _MORE.search(question)
    if more is not None and more[1].casefold() not in _NUMBERS:
        return Compared(sides, False, stem_set(more[1].casefold()))
    for known, by_year in ((_TIMES, True), (_NUMBERS, False)):
        found = next((word for word in words if word in known), None)
        if found is not None:
            return Compared(sides, by_year, stem_set(known[found]))
    return None


def sides_of(compared: Compared, lines: Sequence[Said]) -> tuple[Said | None, Said | None]:
    """For each side the sentence that names it and has what is compared, rather one that begins
    with it; None without. A heading may name it."""
    titled = [line.under_title() for line in lines]
    first, second = (
        min(
            (line for line in titled if _tells(compared, side, line)),
            key=lambda line: not line.begins_with(name_of(side)),
            default=None,
        )
        for side in compared.sides
    )
    return first, second


def name_of(side: str) -> tuple[str, ...]:
    """A side as the stems of its name."""
    return tuple(content_stems(side))


def _tells(compared: Compared, side: str, line: Said) -> bool:
    name = name_of(side)
    if not name or not (line.names(name) or line.begins_with(name)):
        return False
    has = has_year(line) if compared.by_year else has_digits(line)
    measured = not compared.measures or any(
        say_alike(measure, word) for measure in compared.measures for word in line.stems
    )
    return has and measured and not denies(line.line.text, lambda _: True)
