"""Answers: every sentence cites spans that are there; nothing without support is passed on."""

from __future__ import annotations

import pytest

from tests.knowledge.answering.made_retrievals import ANNE, HELEN, by_words, passage, retrieval
from tests.knowledge.places import MakePlace
from workbench.core.errors import InputError, NotFoundError
from workbench.knowledge.answering.answers import (
    abstain,
    compose,
    mark_sources,
    prompt_for,
    with_sources,
)
from workbench.knowledge.answering.choosing import choose_notes
from workbench.knowledge.answering.notes import Span
from workbench.knowledge.answering.virtual import (
    KnowledgeModel,
    asked_in,
    provider,
)
from workbench.knowledge.retrieval.telling import (
    PathStep,
    RetrievedCommunity,
    Sentence,
)

FOUND = retrieval(passage(HELEN, "keller.md", 100), passage(ANNE, "sullivan.md"))
TEXTS = {"keller.md": " " * 100 + HELEN, "sullivan.md": ANNE}


def test_notes_are_sentences_with_their_places() -> None:
    notes = choose_notes(FOUND, by_words)
    assert notes[0].text == "She met her first teacher Anne Sullivan in 1887."
    for note in notes:
        assert TEXTS[note.span.document][note.span.start : note.span.end] == note.text
        assert note.heading is not None
        assert TEXTS[note.heading.document][note.heading.start : note.heading.end] == note.title


def test_a_sentence_that_says_what_was_agreed_to_be_wrong_is_no_note() -> None:
    first = choose_notes(FOUND, by_words)[0]
    place = (first.span.document, first.span.start + 4, first.span.end - 9)
    left = choose_notes(FOUND, by_words, wrong=[place])
    assert left and first.text not in {note.text for note in left}
    elsewhere = [("sullivan.md", *place[1:]), (place[0], first.span.end, first.span.end + 5)]
    assert choose_notes(FOUND, by_words, wrong=elsewhere)[0] == first


def test_each_step_of_a_path_has_a_note() -> None:
    steps = tuple(PathStep(each.title, each.places[0], "first", None) for each in FOUND.passages)
    notes = choose_notes(retrieval(*FOUND.passages, path=steps), by_words, most=2)
    assert {note.span.document for note in notes} == {"keller.md", "sullivan.md"}


def test_what_is_supported_is_kept_with_its_spans() -> None:
    notes = choose_notes(FOUND, by_words)
    made = compose(FOUND, notes, "The first teacher of Helen Keller was Anne Sullivan.", model="m")
    (sentence,) = made.sentences
    assert (sentence.way, made.model) == ("phrased", "m")
    sources = {(each.document, each.start, each.end): each.words for each in made.sources}
    assert sources == {
        place: TEXTS[place[0]][place[1] : place[2]]
        for place in ((each.document, each.start, each.end) for each in sentence.citations)
    }
    assert [TEXTS[each.document][each.start : each.end] for each in sentence.citations] == [
        "She met her first teacher Anne Sullivan in 1887.",
        "Helen Keller",
    ]
    assert made.answer == sentence.text


REPLY = "Her first teacher was Anne Sullivan. She was born in Boston."


def test_what_is_not_supported_is_removed_or_marked() -> None:
    notes = choose_notes(FOUND, by_words)
    removed = compose(FOUND, notes, REPLY)
    assert [each.way for each in removed.sentences] == ["phrased"]
    assert removed.removed[0].startswith("She was born in Boston.")
    marked = compose(FOUND, notes, REPLY, unsupported="mark")
    assert [each.way for each in marked.sentences] == ["phrased", "unsupported"]
    assert "Boston. [no source]" in marked.answer
    assert marked.sentences[1].citations == ()


@pytest.mark.parametrize("reply", ["Anne Bancroft, in 1962.", "", None, "I do not know."])
def test_documents_are_quoted_where_nothing_is_left(reply: str | None) -> None:
    made = compose(FOUND, choose_notes(FOUND, by_words), reply)
    (sentence,) = made.sentences
    assert sentence.way == "quoted"
    assert sentence.text == "She met her first teacher Anne Sullivan in 1887."
    assert sentence.citations


def test_a_model_that_repeats_a_note_quotes_it() -> None:
    notes = choose_notes(FOUND, by_words)
    made = compose(FOUND, notes, f"{notes[0].title}: {notes[0].text}")
    assert [(each.way, each.text) for each in made.sentences] == [("quoted", notes[0].text)]
    assert made.answer == f"Helen Keller: {notes[0].text}"  # who *She* is


def test_a_global_question_is_answered_by_summaries() -> None:
    said = Sentence("It is about tea.", "tea.md", 3, 19)
    parts = (RetrievedCommunity(("tea",), ("Tea",), (said,), 4),)
    found = retrieval(strategy="overview", communities=parts)
    notes = choose_notes(found, by_words)
    made = compose(found, notes, None)
    assert [(each.text, each.citations[0].start) for each in made.sentences] == [(said.text, 3)]


def test_abstaining_says_what_is_nearest_and_no_sentence() -> None:
    made = abstain(FOUND)
    assert made.abstained and made.sentences == () and made.path == ()
    assert made.answer == "made does not say. Nearest to it are: Helen Keller, Anne Sullivan."


def test_sources_are_numbered_once() -> None:
    notes = choose_notes(FOUND, by_words)
    text = with_sources(compose(FOUND, notes, notes[0].text))
    assert text == (
        f"Helen Keller: {notes[0].text} [1][2]\n\n[1] keller.md 133-181\n[2] keller.md 100-112"
    )
    assert with_sources(abstain(FOUND)).startswith("made does not say.")


def test_each_mark_in_the_text_is_that_of_its_source() -> None:
    notes = choose_notes(FOUND, by_words)
    made = compose(FOUND, notes, " ".join(note.text for note in notes[:2]))
    text, marks = mark_sources(made)
    places = {Span(each.document, each.start, each.end): each for each in made.sources}
    assert len(marks) == sum(len(each.citations) for each in made.sentences) >= 2
    for begin, span in marks:
        number = list(places).index(span) + 1
        assert text[begin:].startswith(f"[{number}]")
        assert f"\n[{number}] {span.document} {span.start}-{span.end}" in text


def test_the_prompt_holds_the_notes_and_the_question() -> None:
    notes = choose_notes(FOUND, by_words)
    system, user = prompt_for("Who?", notes)
    assert system["role"] == "system"
    assert all(note.text in user["content"] for note in notes)
    assert "Question: Who?" in user["content"]


def test_the_last_question_counts() -> None:
    said = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": " three "},
    ]
    assert asked_in(said) == "three"
    with pytest.raises(InputError, match="no question"):
        asked_in([{"role": "system", "content": "x"}])


def test_graphs_are_models_that_move(make_place: MakePlace) -> None:
    place = make_place({"a.txt": "Ada Lovelace was born in London."}, name="notes")
    before = provider.find("knowledge/notes")
    assert provider.names() == ["knowledge/notes"]
    assert isinstance(before, KnowledgeModel) and before.moves and before.blocking
    place.write("a.txt", "Ada Lovelace was born in Paris.")
    place.update()
    assert repr(provider.find("knowledge/notes")) != repr(before)  # what is cached is not one now
    with pytest.raises(NotFoundError, match="knowledge/notes"):
        provider.find("knowledge/note")
