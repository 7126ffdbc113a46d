"""The knowledge page over real graphs: none, one with a fault, and decisions made on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import operations, settings
from workbench.core.errors import CancelledError, InputError
from workbench.core.viewers import mime_bundle
from workbench.knowledge.answering.answers import Answer, AnswerSentence, Source
from workbench.knowledge.answering.notes import Span
from workbench.knowledge.retrieval.telling import PathStep
from workbench.knowledge.searching import Place
from workbench.store.database import close_all
from workbench.studio import tile_knowledge
from workbench.studio.knowledge_answer import answer_bundle
from workbench.studio.knowledge_facts import KnowledgeFacts
from workbench.studio.knowledge_page import KnowledgePage, draw_doubts
from workbench.studio.operation_forms import Field, OperationForm

DOCUMENTS = {
    "ada.txt": "Ada Lovelace was born in London. Ada King died in London. She <b>wrote</b> notes.",
    "towns.txt": "Sao Paulo is located in Brazil. São Paulo is located in Brazil.",
    "bad.ipynb": "{",
}
SENTENCE = "Ada King died in London."
START = DOCUMENTS["ada.txt"].index(SENTENCE)


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Make a graph of made documents; gives their folder."""

    def made(name: str, documents: dict[str, str] = DOCUMENTS) -> Path:
        folder = tmp_path / f"documents of {name}"
        folder.mkdir(exist_ok=True)
        for path, text in documents.items():
            (folder / path).write_text(text)
        values = {"name": name, "folders": [str(folder)], "extractors": ["patterns"]}
        operations.find("knowledge.build").run(values)
        return folder

    yield made
    close_all()


def done(form: OperationForm) -> Any:
    """What a press of a form's button came to."""
    form.run()
    assert form.latest is not None
    form.latest._thread.join(60)
    return form.latest


def shown(form: OperationForm) -> str:
    """What a form shows below its button."""
    found: str = form.latest._place.outputs[0]["data"]["text/html"]
    return found


def test_an_empty_home_says_how_to_make_one_and_stays_empty() -> None:
    page = KnowledgePage()
    html = page.html()
    assert "no knowledge base in this home yet" in html
    assert "workbench knowledge build notes FOLDER" in html.replace('<span class="whole">', "")
    assert "each sentence of an answer shows the place" in html and "taken back" in html
    assert 'class="wb-trouble"' not in html and "Being counted" not in html
    assert not (settings.home() / "knowledge").exists()  # to look is not to make
    assert not (settings.home() / "store.sqlite").exists()
    tile_knowledge._facts.look()
    assert "workbench knowledge build notes FOLDER" in tile_knowledge.draw_knowledge()


def test_it_tells_what_a_graph_holds_and_what_is_left_out(build: Callable[..., Path]) -> None:
    build("notes")
    page = KnowledgePage()
    html = page.html()
    assert "<b>2</b> <span>documents</span>" in html and "being counted" in html
    assert "✗ 1 document not read" in html and "+ 2 documents" in html
    page.look()  # the second look counts
    page.refresh()
    html = page.html()
    told = operations.find("knowledge.show").run({"name": "notes"})
    assert told.facts > 1 and f"<b>{told.facts:,}</b> <span>facts</span>" in html
    assert f"<b>{told.entities:,}</b> <span>entities</span>" in html
    assert "being counted" not in html and "patterns" in html
    assert "bad.ipynb" in html and "this is no notebook" in html
    turn = page.facts.turn
    page.look()
    assert page.facts.turn == turn  # reading it is no change
    tile_knowledge._facts.look()
    assert "✗ 1 not read" in tile_knowledge.draw_knowledge()


def test_a_base_is_built_chosen_and_brought_up_to_date_on_the_page(
    build: Callable[..., Path], tmp_path: Path
) -> None:
    page = KnowledgePage()
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "a.txt").write_text("Paris is the capital of France.")
    page.build.inputs["name"].value = "own"
    page.build.inputs["extractors"].value = "patterns"
    assert "no folder was named" in str(done(page.build).error)
    page.build.inputs["folders"].value = str(folder)
    watch = done(page.build)
    assert watch.error is None and page.choice.value == "own"
    build("notes")
    page.changed()
    assert [value for _, value in page.choice.options] == ["notes", "own"]
    assert page.given() == {"name": "own"}  # a new one does not take the place of the chosen
    (folder / "b.txt").write_text("Lyon is located in France.")
    assert done(page._forms["update"]).outcome.added == 1
    assert "<b>2</b> <span>documents</span>" in page.html()
    page.choice.value = "notes"
    assert page.given() == {"name": "notes"} and page._forms["update"].is_old


def test_pairs_are_decided_and_taken_back(build: Callable[..., Path]) -> None:
    build("notes")
    page = KnowledgePage()
    before = operations.find("knowledge.dump").run({"name": "notes"}).lines
    found = done(page.pairs.form).outcome
    assert ("sao paulo", "são paulo") in [(each.first, each.second) for each in found.pairs]
    row = page.pairs._rows["notes", ("sao paulo", "são paulo")]
    assert [button.description for button in row._buttons.children] == ["They are one", "Two"]
    row._buttons.children[0].click()
    assert "= one" in row._text.value and "are one now" in page.pairs.errands.note.value
    assert row.box in page.pairs._found.children  # it stays where the reader is
    assert operations.find("knowledge.dump").run({"name": "notes"}).lines != before
    other = KnowledgePage()  # who comes later finds it below
    assert len(other.pairs._before.children) == 1 and "Decided before" in other.html()
    row._buttons.children[0].click()  # take it back
    assert operations.find("knowledge.dump").run({"name": "notes"}).lines == before
    row._buttons.children[1].click()
    assert "≠ two" in row._text.value and "by local" in row._text.value
    assert operations.find("knowledge.candidates_list").run({"name": "notes"}).count == (
        found.count - 1
    )
    row._buttons.children[0].click()
    assert "undecided" not in row._text.value and "score" in row._text.value
    assert page.facts.now.decided == ()


def test_what_cannot_all_be_so_what_follows_and_the_picture(build: Callable[..., Path]) -> None:
    build("notes", {"a.txt": "Ada Lovelace was born in London.",
                    "b.txt": "Ada Lovelace was born in Paris."})  # fmt: skip
    page = KnowledgePage()
    assert len(done(page._forms["contradictions"]).outcome) == 1
    assert "born in Paris" in shown(page._forms["contradictions"])
    assert "contradicts itself" in draw_doubts([])["text/html"]
    (found,) = page._forms["contradictions"].latest.outcome  # type: ignore[union-attr]
    many = draw_doubts([found] * 9)["text/html"]
    assert many.count('class="against"') == 9 and "<summary>3 more, less sure" in many
    page._forms["picture"].inputs["about"].value = "Ada Lovelace"
    picture = done(page._forms["picture"]).outcome
    assert picture.about is not None and len(picture.facts) == 2
    assert "Ada Lovelace in notes" in shown(page._forms["picture"])
    page._forms["picture"].inputs["about"].value = "Nobody"
    assert "Nobody" in str(done(page._forms["picture"]).error)


def test_the_times_of_change_are_offered_and_compared(build: Callable[..., Path]) -> None:
    folder = build("notes")
    page = KnowledgePage()
    form = page._forms["diff"]
    assert form.inputs["since"].options == form.inputs["until"].options
    (moment,) = form.inputs["since"].options
    (folder / "later.txt").write_text("Paris is the capital of France.")
    form.inputs["since"].value = "1d"
    form.inputs["until"].value = moment
    assert [each.change for each in done(form).outcome.documents] == ["came", "came"]
    assert "+ came" in shown(form)
    form.inputs["until"].value = "2d"
    assert "before" in str(done(form).error)


def answer(**more: Any) -> Answer:
    span = Span("ada.txt", START, START + len(SENTENCE))
    sentences = (AnswerSentence(SENTENCE, (span,), "quoted"),)
    step = PathStep("Ada", Place("ada.txt", 0, 32), "name", "london")
    told = {
        "sentences": sentences, "path": (step,), "abstained": False,
        "sources": (Source("ada.txt", START, START + len(SENTENCE), SENTENCE),),
    }  # fmt: skip
    return Answer(**{"name": "notes", "question": "Where <did> she die?", "answer": SENTENCE,
                     "strategy": "multi-hop", "chance": 0.91, **told, **more})  # fmt: skip


def test_a_citation_is_opened_in_its_place(build: Callable[..., Path]) -> None:
    folder = build("notes")
    html = answer_bundle(answer())["text/html"]
    assert "&lt;did&gt;" in html and "<b>wrote" not in html
    assert (
        f"Ada Lovelace was born in London. <mark>{SENTENCE}</mark> She &lt;b&gt;wrote&lt;/b&gt;"
        in html
    )
    assert f'[1] <b>ada.txt</b> <span class="q">characters {START}–' in html
    assert "one passage leads to the other" in html and "joined by <b>london</b>" in html
    assert "0.91" in html and "quoted from the documents" in html and "✓ answered" in html
    (folder / "ada.txt").unlink()
    operations.find("knowledge.update").run({"name": "notes"})
    html = answer_bundle(answer())["text/html"]  # its words are still known
    assert "<mark>" not in html and f"<q>{SENTENCE}</q>" in html


def test_that_there_is_no_answer_is_said_plainly(build: Callable[..., Path]) -> None:
    build("notes")
    said = "notes does not say. Nearest to it are: Ada."
    none = answer(answer=said, sentences=(), path=(), sources=(), abstained=True, chance=0.1)
    html = answer_bundle(none)["text/html"]
    assert "– no answer" in html and said in html and "✓ answered" not in html
    assert "<details" not in html
    marked = answer(sentences=(AnswerSentence("Made up.", (), "unsupported"),), sources=())
    assert '<span class="bad">Made up. [no source]</span>' in answer_bundle(marked)["text/html"]


def test_a_place_is_a_card_of_its_own(build: Callable[..., Path]) -> None:
    build("notes")
    values = {"name": "notes", "document": "ada.txt", "start": 0, "end": 12, "around": 5}
    html = mime_bundle(operations.find("knowledge.read").run(values))["text/html"]
    assert "<mark>Ada Lovelace</mark> was…" in html


def test_a_question_that_is_stopped_says_so(build: Callable[..., Path]) -> None:
    build("notes")
    page = KnowledgePage()
    form = page._forms["ask"]
    form.run()
    assert "empty" in str(form.latest._thread.join(60) or form.latest.error)  # type: ignore[union-attr]
    form.inputs["question"].value = "Where did Ada King die?"
    from workbench.core.cancellation import CancelToken

    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        form.operation.call(form.operation.validate(form.values()), token=token)


def test_what_the_page_gives_is_part_of_what_was_asked() -> None:
    given = {"name": "one"}
    form = OperationForm("knowledge.show", (), button="Show", given=lambda: dict(given))
    assert form.values() == {"name": "one"}
    done(form)
    assert not form.is_old
    given["name"] = "other"
    form.compare()
    assert form.is_old
    with pytest.raises(InputError, match="no parameter"):
        OperationForm("knowledge.show", (Field("none"),), button="Show")


def test_facts_follow_what_is_chosen_and_say_what_is_broken(build: Callable[..., Path]) -> None:
    build("one")
    build("two", {"a.txt": "Paris is the capital of France."})
    facts = KnowledgeFacts()
    facts.look()
    assert facts.now.chosen == "two" and facts.now.summary is None  # the newest
    facts.look()
    assert facts.now.summary is not None and facts.now.summary.name == "two"
    build("three", {"a.txt": "Lyon is located in France."})
    facts.look()
    assert len(facts.now.graphs) == 3 and facts.now.chosen == "two"  # a reader's place stays
    facts.choose("one")
    facts.look()
    assert facts.now.chosen == "one" and facts.now.summary is None
    facts.look()
    assert facts.now.summary is not None and facts.now.summary.documents == 2
    close_all()
    path = settings.home() / "knowledge" / "two" / "graph.sqlite"
    path.write_bytes(b"no database" * 1000)
    facts.look()
    assert "list" in facts.now.trouble
