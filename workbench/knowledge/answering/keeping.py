"""Whether what a model phrased keeps what answers the question, and does not only say true things.

A sentence that a document supports can still be no answer: the one of two hops that does not come
to the end, or one that leaves out the name that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.knowledge.retrieval.asked_for import AskedFor, read_asked_for
from workbench.knowledge.retrieval.lines import Line
from workbench.knowledge.retrieval.outright import answers_outright, has_kind, values_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.telling import Retrieval
from workbench.knowledge.retrieval.words import stem
from workbench.knowledge.words import MONTHS

from .notes import Note

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_MONTHS = frozenset(stem(month.casefold()) for month in MONTHS)


def lost_in(
    retrieval: Retrieval, phrased: Sequence[str], notes: Sequence[Note], cited: Sequence[Note]
) -> tuple[str, ...]:
    """What the quotation would answer with and the phrase does not say; none if it says all.

    For a time these are numbers and months, for a number numbers, for anything else names. Without
    a name the phrase must have at least a word that the question has not.

    Args:
        retrieval: What was found.
        phrased: The sentences that stand.
        notes: The sentences that may be cited.
        cited: Those of them that the sentences cite.
    """
    asked = read_asked_for(retrieval.question)
    said = Said(Line(" ".join(phrased), 0, 0))
    have = {*said.stems, *asked.stems, *_NUMBER.findall(said.line.text)}
    lost: dict[str, None] = {}
    for note in _needed(retrieval, asked, notes, cited):
        wanted = _values(asked, note.said())
        lost |= dict.fromkeys(sorted(wanted - have))
    if not lost and asked.kind == "thing" and not has_kind(asked, said):
        return ("an answer",)
    return tuple(lost)


def _needed(
    retrieval: Retrieval, asked: AskedFor, notes: Sequence[Note], cited: Sequence[Note]
) -> Sequence[Note]:
    """The notes that answer together: the steps of a path, or two of which neither does alone.

    Where one does alone, those that are cited, if such a one is among them.
    """
    outright = [note for note in notes if note.outright]
    if outright:
        alone = any(answers_outright(asked, note.said()) for note in outright)
        return cited if alone and any(note.outright for note in cited) else outright
    return [*notes[: len(retrieval.path)], *cited] if retrieval.path else cited


def _values(asked: AskedFor, said: Said) -> frozenset[str]:
    if asked.kind in ("time", "number"):
        found = frozenset(_NUMBER.findall(said.line.text))
        months = _MONTHS.intersection(said.capitalised) if asked.kind == "time" else frozenset()
        return (found | months) - set(asked.stems)
    return values_of(asked, said)
