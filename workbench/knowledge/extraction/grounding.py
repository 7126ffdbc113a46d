"""The grounding filter, always on: what the passage does not say is not kept.

Each span must lie in the passage and hold something. A name in other words than those that stand
there is kept only from an extractor that takes it from a list of the user's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.core.errors import InputError

from .names import name_key, shown
from .protocol import (
    DATE,
    Assertion,
    Extraction,
    Extractor,
    Mention,
    Passage,
    Span,
    extract_all,
)


@dataclass(frozen=True)
class Grounded:
    """Rows as they are kept: spans and names; ``ungrounded`` counts what was dropped."""

    mentions: tuple[tuple[int, int, str, str, float], ...]
    aliases: tuple[tuple[int, int, str, str, float], ...]
    assertions: tuple[tuple[str, int, int, str, str, str, str | None, str | None, float], ...]
    ungrounded: int


def extract_grounded(extractor: Extractor, passages: Sequence[Passage]) -> list[Grounded]:
    """What an extractor finds in each passage and the passage says.

    Raises:
        InputError: It gave another number of results than it was given passages.
    """
    return ground_results(extractor, passages, extract_all(extractor, passages))


def ground_results(
    extractor: Extractor, passages: Sequence[Passage], found: Iterable[Extraction]
) -> list[Grounded]:
    """What of an extractor's results the passages say.

    Raises:
        InputError: There is another number of results than of passages.
    """
    results = list(found)
    if len(results) != len(passages):
        raise InputError(
            f"extractor {extractor.name} gave {len(results)} results for {len(passages)} passages",
            hint="its extract_many must give one for each, in order",
        )
    free = extractor.names_from_list
    pairs = zip(passages, results, strict=True)
    return [ground(passage.text, result, names_from_list=free) for passage, result in pairs]


def ground(text: str, found: Extraction, *, names_from_list: bool = False) -> Grounded:
    """What of an extraction stands in the text.

    A subject or object that no mention covers becomes one, so that every entity has a span.
    """
    mentions = [each for each in found.mentions if _stands(text, each, names_from_list)]
    aliases = [
        each for each in found.aliases if _holds(text, each.short) and _holds(text, each.long)
    ]
    assertions = [each for each in found.assertions if _said(text, each)]
    kept = len(mentions) + len(aliases) + len(assertions)
    given = len(found.mentions) + len(found.aliases) + len(found.assertions)
    names = {(each.start, each.end): each.name or _at(text, each) for each in mentions}
    for each in assertions:
        for start, end in (each.subject, each.object):
            if (start, end) not in names:
                names[start, end] = shown(text[start:end])
                mentions.append(Mention(start, end, confidence=each.confidence))
    for alias in aliases:
        for span in (alias.short, alias.long):
            if span not in names:
                names[span] = shown(text[slice(*span)])
                mentions.append(Mention(*span, confidence=alias.confidence))
    return Grounded(
        tuple(sorted({_mention_row(text, each) for each in mentions})),
        tuple(
            sorted(
                (*each.short, names[each.short], names[each.long], each.confidence)
                for each in set(aliases)
                if name_key(names[each.short]) != name_key(names[each.long])
            )
        ),
        tuple(sorted({_assertion_row(names, each) for each in assertions}, key=repr)),
        given - kept,
    )


def _mention_row(text: str, each: Mention) -> tuple[int, int, str, str, float]:
    return each.start, each.end, each.kind, each.name or _at(text, each), each.confidence


def _assertion_row(
    names: dict[Span, str], each: Assertion
) -> tuple[str, int, int, str, str, str, str | None, str | None, float]:
    subject, thing = names[each.subject], names[each.object]
    words = (name_key(subject), each.relation, name_key(thing), each.valid_from, each.valid_to)
    key = hashlib.sha256(repr(words).encode()).hexdigest()
    return (
        *(key, *each.evidence, subject, each.relation, thing),
        *(each.valid_from, each.valid_to, each.confidence),
    )


def _at(text: str, each: Mention) -> str:
    return shown(text[each.start : each.end])


def _holds(text: str, span: Span) -> bool:
    return 0 <= span[0] < span[1] <= len(text) and bool(text[slice(*span)].strip())


def _stands(text: str, each: Mention, names_from_list: bool) -> bool:
    if not _holds(text, (each.start, each.end)) or not 0 <= each.confidence <= 1:
        return False
    if each.name is None:
        return True
    return names_from_list or name_key(each.name) == name_key(_at(text, each))


def _said(text: str, each: Assertion) -> bool:
    spans = (each.subject, each.object, each.evidence)
    inside = all(
        each.evidence[0] <= start and end <= each.evidence[1]
        for start, end in (each.subject, each.object)
    )
    dates = [date for date in (each.valid_from, each.valid_to) if date is not None]
    return (
        inside
        and all(_holds(text, span) for span in spans)
        and bool(each.relation)
        and 0 <= each.confidence <= 1
        and all(DATE.fullmatch(date) for date in dates)
    )
