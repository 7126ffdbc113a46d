"""Which notes answer a question: those that do so outright, else the nearest that may."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.knowledge.retrieval.asked_for import AskedFor, read_asked_for
from workbench.knowledge.retrieval.cells import read_asked_cell, without_wrong_rows
from workbench.knowledge.retrieval.comparing import read_comparison
from workbench.knowledge.retrieval.followed import follows
from workbench.knowledge.retrieval.outright import is_denied, may_say, values_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.telling import Retrieval
from workbench.knowledge.retrieval.tenures import read_tenure
from workbench.knowledge.retrieval.told_outright import told_outright
from workbench.knowledge.retrieval.whereabouts import may_answer, read_asked_place
from workbench.knowledge.retrieval.words import content_stems, stems_of

from .notes import Note, note_of_community, read_notes

if TYPE_CHECKING:
    import numpy as np

Place = tuple[str, int, int]
Embed = Callable[[Sequence[str]], "np.ndarray"]
MOST_NOTES = 5
_MOST_ALIKE = 3  # sentences that answer outright, each with something that the others have not
_MOST_PASSAGES, _MOST_OF_PASSAGE = 6, 2
_LEAST_SHARE = 0.65  # of the best score: what is further off leads a small model astray
_WORDS_WEIGHT = 0.4  # of the share of the question's words against the nearness in meaning


def choose_notes(
    retrieval: Retrieval, embed: Embed, *, most: int = MOST_NOTES, wrong: Collection[Place] = ()
) -> list[Note]:
    """The sentences to answer from, the best first; each step of a path has one.

    Those that answer outright come first; without them, the nearest. What denies, supposes or only
    reports what is asked is none of them, unless it is asked whether it is so. Where a deed is
    asked for they have a word for it: that somebody founded a house does not say who works there.

    Args:
        retrieval: What was found.
        embed: Gives the vectors of texts, shape (texts, dimensions), length 1.
        most: At most so many.
        wrong: Where documents say what people agreed to be wrong; no sentence there is a note.
    """
    asked = read_asked_for(retrieval.question)
    own = [
        [note for note in read_notes(passage) if not _is_in(note, wrong)]
        for passage in retrieval.passages
    ]
    outright = _outright(retrieval, asked, [note for notes in own for note in notes])
    if outright:
        covered = {note.span.document for note in outright}
        scored = _score(retrieval, asked, own, embed) if retrieval.path else []
        led = [note for note in _led(retrieval, scored) if note.span.document not in covered]
        return [*outright, *led][:most]
    own = _without_wrong_rows(retrieval.question, own)
    if retrieval.communities:
        found = [note_of_community(each) for part in retrieval.communities for each in part.summary]
        return found[:most]
    if read_comparison(retrieval.question) is not None:
        return []  # neither side is told of
    scored = _score(retrieval, asked, own, embed)
    near = list(dict.fromkeys([*_led(retrieval, scored), *_near(scored)]))[:most]
    near = [note for note in near if not _tells_of_the_owner(asked, note)]
    near = [note for note in near if _may_be_of_the_time(asked, note)]
    place = read_asked_place(retrieval.question)
    if place is not None and not retrieval.path:
        near = [note for note in near if may_answer(place, f"{note.title} {note.text}")]
    if not asked.deed:
        return near
    done = [note for note in near if may_say(asked.deed, note.said())]
    if retrieval.path:  # the deed is one of two hops
        return near if done else []
    return [note for note in done if _of_named(asked, note)]


def _tells_of_the_owner(asked: AskedFor, note: Note) -> bool:
    """Whether it tells the deed of who is named, where it is asked of one that he has.

    Where Ada Holm was born does not say where her manager was.
    """
    said = note.said()
    return (
        bool(asked.owned and asked.deed)
        and any(map(said.names, asked.names))
        and may_say(asked.deed, said)
        and not any(may_say(word, said) for word in asked.owned)
    )


def _may_be_of_the_time(asked: AskedFor, note: Note) -> bool:
    """Whether it may tell who holds an office now, or who did in the year that is asked for.

    What held at another time is near in meaning, and no answer.
    """
    said = note.said()
    tenure = read_tenure(asked, said)
    if asked.office and asked.year is not None:
        return bool(tenure.holds_in(asked.year)) or str(asked.year) in said.low
    return not (asked.now and tenure.over)


def _without_wrong_rows(question: str, own: Sequence[Sequence[Note]]) -> list[list[Note]]:
    """The notes but for rows of a table that cannot answer a question for one of its cells."""
    cell = read_asked_cell(question)
    if cell is None:
        return [list(notes) for notes in own]
    lines = [note.said(number) for number, note in enumerate(each for n in own for each in n)]
    left = {line.passage for line in without_wrong_rows(cell, lines)}
    numbers = iter(range(len(lines)))
    return [[note for note in notes if next(numbers) in left] for notes in own]


def _is_in(note: Note, places: Collection[Place]) -> bool:
    span = note.span
    return any(
        document == span.document and start < span.end and span.start < end
        for document, start, end in places
    )


def _of_named(asked: AskedFor, note: Note) -> bool:
    """Whether a note, or what it stands under, has a word of a name in the question."""
    return not asked.named or not asked.named.isdisjoint(stems_of(f"{note.title} {note.text}"))


def _outright(retrieval: Retrieval, asked: AskedFor, notes: Sequence[Note]) -> list[Note]:
    """The notes that answer by themselves, or by two, or one for each side of a comparison."""
    lines = [note.said(number) for number, note in enumerate(notes)]
    found = told_outright(retrieval.question, lines)
    told = list(found.lines)
    if found.by == "one":
        if asked.kind == "about":
            told += [line for line in lines if any(map(line.names, asked.names))]
        elif retrieval.strategy == "overview":
            told = []
        told = _apart(asked, _of_the_named(asked, list(dict.fromkeys(told))))
    elif found.by == "two" and retrieval.strategy == "overview":
        told = []
    chosen = [replace(notes[each.passage], outright=True) for each in told]
    if found.by == "two" and len(told) == 2 and follows(*told):
        chosen = [replace(each, heading=None) for each in chosen]  # it is of what the first names
    return chosen


def _of_the_named(asked: AskedFor, told: list[Said]) -> list[Said]:
    """Those that have each name as it was asked, if some have: not the abbey of the town."""
    exact = [line for line in told if all(line.longest_form(n) == n for n in asked.names)]
    return exact or told


def _apart(asked: AskedFor, told: Sequence[Said]) -> list[Said]:
    """Those that have something to answer with that the ones before them have not."""
    found: list[Said] = []
    texts, values, sides = set[str](), set[str](), set[bool]()
    for each in told:
        own, denied = values_of(asked, each), is_denied(asked, each)
        if asked.kind == "whether":
            new = denied not in sides
        else:
            new = asked.kind == "about" or not own or bool(own - values)
        if new and each.line.text not in texts:
            found.append(each)
        texts.add(each.line.text)
        values |= own
        sides.add(denied)
    return found[: MOST_NOTES if asked.kind == "about" else _MOST_ALIKE]


def _score(
    retrieval: Retrieval, asked: AskedFor, own: Sequence[Sequence[Note]], embed: Embed
) -> list[list[Note]]:
    """The notes of the first passages that may be told of, with how near they are."""
    kept = [
        [note for note in notes if asked.kind == "whether" or not is_denied(asked, note.said())]
        for notes in own[:_MOST_PASSAGES]
    ]
    every = [note for notes in kept for note in notes]
    if not every:
        return kept
    vectors = embed([retrieval.question, *(f"{note.title}: {note.text}" for note in every)])
    nearness = iter((vectors[1:] @ vectors[0]).tolist())
    stems = set(content_stems(retrieval.question))
    return [
        [
            replace(note, score=next(nearness) + _WORDS_WEIGHT * _share(stems, note))
            for note in notes
        ]
        for notes in kept
    ]


def _share(asked: set[str], note: Note) -> float:
    said = stems_of(f"{note.title} {note.text}")
    return len(asked & said) / len(asked) if asked else 0.0


def _led(retrieval: Retrieval, scored: Sequence[Sequence[Note]]) -> list[Note]:
    """The best note of each passage on the path."""
    steps = {(step.place.document, step.place.start) for step in retrieval.path}
    led = [
        notes
        for passage, notes in zip(retrieval.passages, scored, strict=False)
        if notes and (passage.places[0].document, passage.places[0].start) in steps
    ]
    return [max(notes, key=lambda note: note.score) for notes in led]


def _near(scored: Sequence[Sequence[Note]]) -> list[Note]:
    """The best notes of each passage, none much further than the best of all."""
    rest = [note for notes in scored for note in sorted(notes, key=_best_first)[:_MOST_OF_PASSAGE]]
    least = _LEAST_SHARE * max((note.score for note in rest), default=0.0)
    return [note for note in sorted(rest, key=_best_first) if note.score >= least]


def _best_first(note: Note) -> tuple[float, str, int]:
    return -note.score, note.span.document, note.span.start
