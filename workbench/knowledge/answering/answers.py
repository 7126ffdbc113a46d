"""An answer: what a model phrased as far as notes support it, else the notes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from workbench.core.viewers import Viewable
from workbench.knowledge.retrieval.strategies import Strategy
from workbench.knowledge.retrieval.telling import PathStep, Retrieval

from .keeping import lost_in
from .notes import Note, Span
from .remarks import differing, past_remark, remarks_on, titles_remark
from .support import Checker, sentences_in, spans_of

Unsupported = Literal["remove", "mark"]
Way = Literal["phrased", "quoted", "unsupported"]
_MOST_QUOTED = 2
# How small models begin; the sentence is what comes after.
_BEGINNING = re.compile(r"^(?:The )?answer(?: is)?\s*:\s*", re.I)
_SYSTEM = (
    "You answer questions from notes. Use only what the notes say, in one or two short sentences. "
    "Do not add anything."
)


@dataclass(frozen=True)
class AnswerSentence:
    """A sentence with the spans that say so.

    ``way`` is ``phrased`` by the model, ``quoted`` from a document, or ``unsupported``: such a
    sentence has no citations, and stands only in an answer that was asked to mark it. ``about`` is
    the heading that a quoted sentence stands under, where it does not name that itself.
    """

    text: str
    citations: tuple[Span, ...]
    way: Way
    about: str = ""

    def __str__(self) -> str:
        """As it is read: a quoted *It is ...* says what it is."""
        if self.way == "unsupported":
            return f"{self.text} [no source]"
        whole = f"{self.about}: {self.text}" if self.about else self.text
        return f"{whole}." if self.text[-1:].isalnum() else whole  # a row of a table, or a heading


@dataclass(frozen=True)
class Source:
    """The words of a span that is cited."""

    document: str
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Answer(Viewable):
    """An answer with its sources.

    Attributes:
        answer: The sentences together; where it abstained, that it did.
        sentences: Each with its citations.
        path: The passages that lead from the question to the answer, for questions of hops.
        strategy: How it was looked for.
        abstained: The evidence was too thin: nothing is answered.
        chance: That of the answer being in the graph, calibrated, where it decided; None where
            something else did: of an overview or of talk, or where passages were likely to hold an
            answer and none of their sentences could be told.
        removed: Sentences of the model that no note supports, with the words that none has; and
            those that leave out what the notes answer with, *without* which words.
        model: What phrased; None where nothing was phrased.
        sources: What is cited, each once and in the order of its number, with its words.
        remarks: What is to be said of the sentences: that documents contradict each other, or that
            one side of a comparison was not found.
    """

    name: str
    question: str
    answer: str
    sentences: tuple[AnswerSentence, ...]
    path: tuple[PathStep, ...]
    strategy: Strategy
    abstained: bool
    chance: float | None
    removed: tuple[str, ...] = ()
    model: str | None = None
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    remarks: tuple[str, ...] = ()


def prompt_for(question: str, notes: Sequence[Note]) -> list[dict[str, str]]:
    """What a model is asked."""
    said = "\n".join(
        f"- {note.title}: {note.text}" if note.title else f"- {note.text}" for note in notes
    )
    user = f"Notes:\n{said}\n\nQuestion: {question}\nAnswer from the notes:"
    return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": user}]


def compose(
    retrieval: Retrieval,
    notes: Sequence[Note],
    reply: str | None,
    *,
    apart: Sequence[Note] = (),
    model: str | None = None,
    unsupported: Unsupported = "remove",
) -> Answer:
    """The answer to a question.

    Args:
        retrieval: What was found.
        notes: The sentences that may be cited.
        reply: What the model said; None if none was asked.
        apart: Those of the sentences that are known to contradict each other.
        model: Its name.
        unsupported: What becomes of its sentences that no note supports.
    """
    # A model takes one of two that contradict each other: both are quoted.
    apart = list(dict.fromkeys((*apart, *differing(retrieval.question, notes))))
    past = past_remark(retrieval.question, quoted(retrieval, notes))
    reply = None if apart or past else reply  # and says *is* of what was
    sentences, removed = _phrased(retrieval, notes, reply or "", mark=unsupported == "mark")
    if not any(each.citations for each in sentences):
        sentences += [_quote(note) for note in quoted(retrieval, notes)]
    kept = tuple(dict.fromkeys(sentences))
    remarks = remarks_on(retrieval.question, notes, apart=apart) + past + titles_remark(retrieval)
    whole = " ".join((*map(str, kept), *remarks))
    found = _answer(retrieval, whole, kept, tuple(removed), model if reply is not None else None)
    path = () if _leads_elsewhere(found) and any(note.outright for note in notes) else found.path
    return replace(found, sources=tuple(_sources(kept, notes)), remarks=remarks, path=path)


def _phrased(
    retrieval: Retrieval, notes: Sequence[Note], reply: str, *, mark: bool
) -> tuple[list[AnswerSentence], list[str]]:
    """The sentences of a reply that notes support, and those that were removed.

    None stands where together they do not say what the notes answer with.
    """
    sentences: list[AnswerSentence] = []
    removed: list[str] = []
    cited: list[Note] = []
    checker = Checker(notes, retrieval.question)
    for text in sentences_in(_BEGINNING.sub("", reply)):
        support = checker.find(text)
        if support.note is None:
            removed.append(f"{text} [{', '.join(support.missing)}]")
            if mark:
                sentences.append(AnswerSentence(text, (), "unsupported"))
            continue
        cited.append(notes[support.note])
        sentences.append(
            _quote(notes[support.note])
            if support.verbatim
            else AnswerSentence(text, spans_of(support, notes), "phrased")
        )
    standing = [each for each in sentences if each.citations]
    lost = lost_in(retrieval, list(map(str, standing)), notes, cited) if standing else ()
    if lost:
        removed += [f"{each.text} [without {', '.join(lost)}]" for each in standing]
        sentences = [each for each in sentences if not each.citations]
    return sentences, removed


def _leads_elsewhere(found: Answer) -> bool:
    """Whether a path has a document that no sentence of the answer is of."""
    cited = {span.document for each in found.sentences for span in each.citations}
    return any(step.place.document not in cited for step in found.path)


def abstain(retrieval: Retrieval, *, why: str = "", nearest: bool = True) -> Answer:
    """The answer where the evidence is too thin.

    Args:
        retrieval: What was found.
        why: The reason.
        nearest: Say what came nearest.
    """
    near = list(dict.fromkeys(each.title for each in retrieval.passages[:3] if each.title))
    said = why or f"{retrieval.name} does not say."
    if near and nearest:
        said += f" Nearest to it are: {', '.join(near)}."
    return _answer(retrieval, said, (), (), None, abstained=True)


def quoted(retrieval: Retrieval, notes: Sequence[Note]) -> list[Note]:
    """The notes that answer outright; else one for each step of a path, or the best."""
    outright = [note for note in notes if note.outright]
    if outright:
        return outright
    if retrieval.communities:
        return list(notes)
    return list(notes[: max(_MOST_QUOTED, len(retrieval.path))] if retrieval.path else notes[:1])


def with_sources(made: Answer) -> str:
    """An answer as text: each sentence with the numbers of its sources, which are listed below."""
    return mark_sources(made)[0]


def mark_sources(made: Answer) -> tuple[str, tuple[tuple[int, Span], ...]]:
    """The text of ``with_sources``, and where in it which span's mark begins: ``[1]``."""
    if not made.sentences:
        return made.answer, ()
    numbers = {
        Span(each.document, each.start, each.end): number
        for number, each in enumerate(made.sources, start=1)
    }
    text = ""
    marks: list[tuple[int, Span]] = []
    for each in made.sentences:
        text = f"{text} {each}".strip()
        text += " " if each.citations else ""
        for span in each.citations:
            marks.append((len(text), span))
            text += f"[{numbers[span]}]"
    listed = [f"[{n}] {span.document} {span.start}-{span.end}" for span, n in numbers.items()]
    whole = " ".join([text, *made.remarks])
    return "\n\n".join([whole, "\n".join(listed)]), tuple(marks)


def _answer(
    retrieval: Retrieval,
    whole: str,
    sentences: tuple[AnswerSentence, ...],
    removed: tuple[str, ...],
    model: str | None,
    *,
    abstained: bool = False,
) -> Answer:
    return Answer(
        retrieval.name,
        retrieval.question,
        whole,
        sentences,
        () if abstained else retrieval.path,
        retrieval.strategy,
        abstained,
        _deciding_chance(retrieval, abstained=abstained),
        removed,
        model,
        retrieval.notes,
    )


def _deciding_chance(retrieval: Retrieval, *, abstained: bool) -> float | None:
    """The chance, where it was what decided whether it is answered."""
    judged = retrieval.strategy not in ("overview", "none")
    return retrieval.chance if judged and abstained == retrieval.abstained else None


def _sources(sentences: Sequence[AnswerSentence], notes: Sequence[Note]) -> Iterator[Source]:
    """What is cited: notes in whole, and the headings that name what they are about."""
    words = {note.heading: note.title for note in notes if note.heading is not None}
    words.update((note.span, note.text) for note in notes)
    for span in dict.fromkeys(span for each in sentences for span in each.citations):
        yield Source(span.document, span.start, span.end, words[span])


def _quote(note: Note) -> AnswerSentence:
    if note.heading is None or note.title.casefold() in note.text.casefold():
        return AnswerSentence(note.text, (note.span,), "quoted")
    return AnswerSentence(note.text, (note.span, note.heading), "quoted", about=note.title)
