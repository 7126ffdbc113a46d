"""What is to be said of the sentences of an answer: that they differ, or that one is missing."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.knowledge.retrieval.asked_for import AskedFor, read_asked_for
from workbench.knowledge.retrieval.comparing import read_comparison, sides_of
from workbench.knowledge.retrieval.outright import is_denied, values_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.strategies import asks_of_all
from workbench.knowledge.retrieval.telling import Retrieval
from workbench.knowledge.retrieval.tenures import read_tenure

from .notes import Note, read_notes

_MOST_TITLES = 3  # of a part

# Happens once, so that two places of it cannot both be right.
_ONCE = frozenset(("born", "die", "buri", "found"))


def differing(question: str, notes: Sequence[Note]) -> list[Note]:
    """The notes of different documents that answer outright, and each otherwise; none if all agree.

    A time and a number have one value, a place where it is asked where somebody was born, died or
    is buried. It is asked whether something is so: one says it, another denies it. They must be of
    the same: that Ida is married and Ada never was is no contradiction, nor is it that a town was
    founded in one year and its abbey, whose name begins with the town's, in another.
    """
    asked = read_asked_for(question)
    told = [note for note in notes if note.outright]
    if read_comparison(question) is not None or not _has_one_value(asked):
        return []
    for number, one in enumerate(told):
        for other in told[number + 1 :]:
            elsewhere = one.span.document != other.span.document
            if elsewhere and _of_one_subject(asked, one, other) and _apart(asked, one, other):
                return told
    return []


def remarks_on(question: str, notes: Sequence[Note], *, apart: Sequence[Note]) -> tuple[str, ...]:
    """What is said beside the sentences.

    Args:
        question: As it was asked.
        notes: The sentences that may be cited.
        apart: Those of them that ``differing`` gave.
    """
    found = []
    if apart:
        documents = list(dict.fromkeys(note.span.document for note in apart))
        several = f"The documents contradict each other: {', '.join(documents)}."
        found.append(several if len(documents) > 1 else f"{documents[0]} contradicts itself.")
    compared = read_comparison(question)
    lines = [note.said() for note in notes if note.outright]
    if compared is not None and lines:
        found += [
            f"Of {side} nothing was found to compare."
            for side, told in zip(compared.sides, sides_of(compared, lines), strict=True)
            if told is None
        ]
    return tuple(found)


def past_remark(question: str, told: Sequence[Note]) -> tuple[str, ...]:
    """That what is told is over, where it is asked what is; nothing where some of it holds.

    Args:
        question: As it was asked.
        told: The sentences that it is to be answered with.
    """
    asked = read_asked_for(question)
    tenures = [read_tenure(asked, note.said()) for note in told if note.outright]
    if not asked.now or not tenures or not all(each.over for each in tenures):
        return ()
    times = dict.fromkeys(str(each) for each in tenures if str(each))
    when = f" ({', '.join(times)})" if times else ""
    return (f"That is told of the past{when}; nothing later is told.",)


def titles_remark(retrieval: Retrieval) -> tuple[str, ...]:
    """What the parts of a graph are about by their titles, where it is asked of all documents."""
    if not retrieval.communities or not asks_of_all(retrieval.question):
        return ()
    parts = (", ".join(each.titles[:_MOST_TITLES]) for each in retrieval.communities)
    return (f"What hangs together in {retrieval.name}, by titles: {'; '.join(parts)}.",)


def sides_missing(retrieval: Retrieval) -> list[str]:
    """The sides of a comparison for which no passage has what is compared; none of another one."""
    compared = read_comparison(retrieval.question)
    if compared is None:
        return []
    notes = (note for passage in retrieval.passages for note in read_notes(passage))
    lines = [note.said() for note in notes]
    told = zip(compared.sides, sides_of(compared, lines), strict=True)
    return [side for side, line in told if line is None]


def _has_one_value(asked: AskedFor) -> bool:
    if asked.kind == "place":
        return not _ONCE.isdisjoint(asked.asked)
    return asked.kind in ("time", "number", "whether")


def _of_one_subject(asked: AskedFor, one: Note, other: Note) -> bool:
    """Whether both tell of the same, as far as names tell: outright notes have the question's."""
    if asked.names:
        line, beside = one.said(), other.said()
        return all(line.longest_form(each) == beside.longest_form(each) for each in asked.names)
    first, second = (_subject(note.said()) for note in (one, other))
    return not (first and second and first.isdisjoint(second))


def _subject(said: Said) -> frozenset[str]:
    """The name that a sentence begins with, or that its pronoun stands for."""
    return said.about or frozenset(said.runs[0] if said.runs else ())


def _apart(asked: AskedFor, one: Note, other: Note) -> bool:
    if asked.kind == "whether":
        return is_denied(asked, one.said()) != is_denied(asked, other.said())
    values = values_of(asked, one.said()), values_of(asked, other.said())
    return bool(values[0] and values[1]) and values[0].isdisjoint(values[1])
