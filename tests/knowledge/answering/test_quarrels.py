"""Where contradictions are listed, an answer cites both sides and says so; nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.knowledge.answering.made_retrievals import passage, retrieval
from tests.knowledge.places import MakePlace
from workbench.knowledge.answering import quarrels
from workbench.knowledge.answering.answers import compose
from workbench.knowledge.answering.notes import Note, Span, read_notes
from workbench.knowledge.building import build_graph
from workbench.knowledge.extraction.plain import PlainExtractor
from workbench.knowledge.extraction.tables import TableExtractor
from workbench.knowledge.states import State

DOCUMENTS = {
    "may.md": "The budget of Project Elk is 3 million euros. "
    "The budget of Project Ibex is 2 million euros. The launch of Elk takes place on 3 June 2025.",
    "june.md": "The budget of Project Elk is 4 million euros.",
    "july.md": "The launch of Elk takes place on 9 July 2025.",
    "people.csv": "name,manager\nAna Lund,Clara Voss\nBen Ortega,Clara Voss\n",
    "ana.md": "Ana Lund reports to Ben Ortega.",
    "ida.md": "Ida Marsh was born in Graz in 1950 and studied in Vienna.",
    "marsh.md": "Ida Marsh was born in Linz in 1950.",
    "both.md": "The Oslo office opened in 2011. The Oslo office opened in 2013.",
    "spelt.md": "The budget of Project Ibex is €2,000,000.",
}  # fmt: skip


@pytest.fixture
def state(make_place: MakePlace) -> State:
    place = make_place(DOCUMENTS)
    build_graph(place.graph, [place.folder], extractors=[PlainExtractor(), TableExtractor()])
    return place.state()


def asked(state: State, question: str, document: str, words: str) -> tuple[set[str], Sequence[str]]:
    """The documents that are cited, and the remarks, where one sentence was found."""
    at = DOCUMENTS[document].find(words)
    if document.endswith(".csv"):
        (fact,) = (f for f in state.facts if f.support[0].document == document and words in repr(f))
        note = Note(f"name: Ana Lund; manager: {words}", _span(fact), "", outright=True)
    else:
        note = Note(words, Span(document, at, at + len(words)), "", outright=True)
    found = retrieval(question=question)
    apart = quarrels.other_sides(state, found, [note], [note])
    made = compose(found, apart or [note], None, apart=apart)
    assert {each.document for each in made.sources} == {
        span.document for each in made.sentences for span in each.citations
    }
    return {each.document for each in made.sources}, made.remarks


def _span(fact: object) -> Span:
    place = fact.support[0]  # type: ignore[attr-defined]
    return Span(place.document, place.start, place.end)


ELK, IBEX = "The budget of Project Elk is", "The budget of Project Ibex is 2 million euros."
IDA = "Ida Marsh was born in Graz in 1950 and studied in Vienna."
LAUNCH = "The launch of Elk takes place on 3 June 2025."
APART = (
    ("What is the budget of Project Elk?", "may.md", f"{ELK} 3 million euros.", "june.md"),
    ("What is the budget of Project Elk?", "june.md", f"{ELK} 4 million euros.", "may.md"),
    ("When is the launch of Elk?", "may.md", LAUNCH, "july.md"),
    ("Where was Ida Marsh born?", "ida.md", IDA, "marsh.md"),
    ("Who is Ana Lund's manager?", "ana.md", DOCUMENTS["ana.md"], "people.csv"),
)  # fmt: skip
AGREED = (
    ("What is the budget of Project Ibex?", "may.md", IBEX),
    ("When was Ida Marsh born?", "ida.md", IDA),
    ("Where did Ida Marsh study?", "ida.md", IDA),
    ("Which project launches on 3 June 2025?", "may.md", LAUNCH),
)


@pytest.mark.parametrize(("question", "document", "words", "other"), APART)
def test_the_other_side_is_cited(
    state: State, question: str, document: str, words: str, other: str
) -> None:
    documents, remarks = asked(state, question, document, words)
    assert documents == {document, other}
    assert remarks == (f"The documents contradict each other: {document}, {other}.",)


@pytest.mark.parametrize(("question", "document", "words"), AGREED)
def test_what_is_not_asked_or_agrees_is_no_quarrel(
    state: State, question: str, document: str, words: str
) -> None:
    assert asked(state, question, document, words) == ({document}, ())


def test_a_document_may_contradict_itself(state: State) -> None:
    words = "The Oslo office opened in 2011."
    documents, remarks = asked(state, "When did the Oslo office open?", "both.md", words)
    assert (documents, remarks) == ({"both.md"}, ("both.md contradicts itself.",))


def test_a_sentence_that_was_found_is_cited_as_it_was_found(state: State) -> None:
    text = "Elk in June\n\nThe budget of Project Elk is 4 million euros."
    *_, note = read_notes(passage(text, "june.md", start=-13))
    first = Note(f"{ELK} 3 million euros.", Span("may.md", 0, 45), "", outright=True)
    found = retrieval(
        passage(text, "june.md", start=-13), question="What is the budget of Project Elk?"
    )
    _, other = quarrels.other_sides(state, found, [first], [first])
    assert (other.span, other.text, other.title) == (note.span, note.text, note.title)


def test_told_of_all_constraints_what_is_not_asked_would_be_a_quarrel(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarrels, "_asks_for", lambda *asked: True)
    assert asked(state, *AGREED[2])[1] != ()
