"""Whether a sentence of a document says what a sentence of an answer says.

A sentence is supported by a note if all its words stand there (but *year* or *date*, if the
question brought it and the sentence tells a number of the note: *supplier* or *town* would say what
something is), in much the same order, if what hangs together in it hangs together there (words that
are joined in its parse are near each other in the note's), who did is not who it was done to, and
both deny or neither does. What it says of a deed is said of that deed there, not of the next one in
the sentence (*he learnt a trade and married, after ...*); a deed keeps what it was done to, and its
*perhaps* or *almost*. The heading under which a note stands may give the name that the note has a
pronoun for. It is a check of words: sentences that are right and use others are refused, and the
note itself answers then. Two notes together are no support: a bridge from one and an island from
the other made false sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from workbench.knowledge.sentences import split_sentences

from .notes import Note, Span
from .sentence_reading import Reading, read_sentence

_LEAST_ORDER, _LEAST_JOINED = 0.65, 0.85
# Nouns that say nothing of what is told beside its number. Any other is claimed of something.
_OF_A_NUMBER = frozenset(("year", "date", "time"))
_BEGINS_WITH_OWN = re.compile(r"^\W*(?:His|Her|Its|Their)\b")


@dataclass(frozen=True)
class Support:
    """The note that says what a sentence says, by its place; None where none does.

    ``missing`` are words of the sentence that the nearest note does not have. ``by_heading`` says
    whether the heading of the note is needed, ``verbatim`` whether the sentence is the note's own.
    """

    note: int | None
    missing: tuple[str, ...] = ()
    by_heading: bool = False
    verbatim: bool = False


class Checker:
    """Looks for support among notes; the notes are read once.

    Args:
        notes: The sentences that may be cited.
        question: What is answered.
    """

    def __init__(self, notes: Sequence[Note], question: str = "") -> None:
        self.notes, self.question = tuple(notes), question

    @cached_property
    def _asked(self) -> Reading:
        return read_sentence(self.question)

    @cached_property
    def _read(self) -> list[tuple[Reading, Reading]]:
        return [(read_sentence(note.text), read_sentence(note.title)) for note in self.notes]

    def find(self, sentence: str) -> Support:
        """The note that says it, the first where several do."""
        for number, note in enumerate(self.notes):
            if _plain(note.text) == _plain(sentence.removeprefix(f"{note.title}:")):
                return Support(number, verbatim=True)
        said = read_sentence(sentence)
        nearest = Support(None, said.lemmas or (sentence,))
        for number in range(len(self.notes) if said.whole and said.lemmas else 0):
            found = self._by_note(said, number)
            if found.note is not None:
                return found
            if len(found.missing) < len(nearest.missing):
                nearest = found
        return nearest

    def _by_note(self, said: Reading, number: int) -> Support:
        note, title = self._read[number]
        own = set(note.lemmas)
        lent = set(title.lemmas) if self.notes[number].heading is not None else set()
        lacking = tuple(word for word in dict.fromkeys(said.lemmas) if word not in own | lent)
        free = self._asked.nouns & _OF_A_NUMBER if _some_number(said) else frozenset()
        known = len(lacking) <= 1 and (free - said.predicates).issuperset(lacking)
        exact = said.numbers <= note.numbers | title.numbers
        alike = known and exact and said.denies == note.denies and _same_doer(said, note)
        alike = alike and _same_deeds(said, note, lent)
        if _BEGINS_WITH_OWN.match(self.notes[number].text):  # *Her brother is mayor*: she is not
            alike = alike and not any(word in lent - own for _, word, _ in said.roles)
        before = title.lemmas if lent else ()
        if alike and _in_order(said, note, before=before) and _hangs_together(said, note, lent):
            return Support(number, by_heading=bool(set(said.lemmas) & lent - own))
        return Support(None, lacking or said.lemmas)


def _some_number(said: Reading) -> bool:
    """Whether a sentence tells one: that it stands in the note is looked at elsewhere."""
    return bool(said.numbers)


def sentences_in(text: str) -> list[str]:
    """The sentences of an answer."""
    return [text[start:end].strip() for start, end in split_sentences(text)]


def spans_of(support: Support, notes: Sequence[Note]) -> tuple[Span, ...]:
    """What a supported sentence cites: its note, and the heading where that names it."""
    if support.note is None:
        return ()
    note = notes[support.note]
    return (note.span, note.heading) if support.by_heading and note.heading else (note.span,)


def _in_order(said: Reading, note: Reading, *, before: tuple[str, ...]) -> bool:
    """Whether the words come much as in the note; if one of the two is passive, roles must do."""
    if said.passive != note.passive:
        return True
    return _common(said.lemmas, (*before, *note.lemmas)) >= _LEAST_ORDER * len(said.lemmas)


def _same_doer(said: Reading, note: Reading) -> bool:
    """Whether nobody does in the sentence what is done to them in the note, or the reverse."""
    other = {"doer": "done to", "done to": "doer"}
    return not any(
        (verb, name, other[role]) in note.roles and (verb, name, role) not in note.roles
        for verb, name, role in said.roles
    )


def _same_deeds(said: Reading, note: Reading, lent: set[str]) -> bool:
    """Whether what is said of each deed is said of the same one in the note, and as surely.

    Words that the heading lends, or that the note does not have, are judged elsewhere.
    """
    deeds = {verb for verb, _ in note.of_deeds}
    placed = {word for _, word in note.of_deeds} - lent
    told = (pair for pair in said.of_deeds if pair[0] in deeds and pair[1] in placed)
    shared = deeds & {verb for verb, _ in said.of_deeds}
    objects = {word for verb, word in note.objects if verb in shared}
    hedges = {pair for pair in note.hedges if pair[0] in shared.union(said.predicates)}
    return (
        all(pair in note.of_deeds for pair in told)
        and objects <= set(said.lemmas)
        and hedges <= said.hedges
    )


def _hangs_together(said: Reading, note: Reading, lent: set[str]) -> bool:
    """Whether what is joined in the sentence is near in the note, but for what the heading lends
    and words that the note does not have, which are counted elsewhere."""
    known = set(note.lemmas)
    pairs = [pair for pair in said.joined if pair <= known and not pair <= lent]
    near = sum(pair in note.near for pair in pairs)
    counted = all(pair in note.nearer for pair in said.counted if pair <= known)
    return counted and near >= _LEAST_JOINED * len(pairs)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    before = [0] * (len(second) + 1)
    for one in first:
        row = [0]
        for place, other in enumerate(second, start=1):
            row.append(before[place - 1] + 1 if one == other else max(before[place], row[-1]))
        before = row
    return before[-1]
