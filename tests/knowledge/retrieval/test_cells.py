"""A question for one cell of a table is answered by the row of what it names, or by none."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval import cells
from workbench.knowledge.retrieval.cells import read_asked_cell
from workbench.knowledge.retrieval.lines import lines_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.told_outright import told_outright

TEXTS = (
    "name: Ana Lund; role: Cook; boss: Ben Carr; crew: Galley",
    "name: Ben Carr; role: Mate; crew: Deck",
    "name: Ole Fisk; role: Bosun; boss: Ana Lund; crew: Deck",
    "id: 7; ship: Tern; berths: 14; home_port: Brask",
    "Halls\n\nHall | Level | Chairs | Warden | Rent 2024 (EUR)\nOak Hall | 1 | 40 | Per Holt | 90\n"
    "Elm Hall | 2 | 25 | Ida Roe | 70\nAsh Hall | 3 |  | Ana Lund | 60",
    "Crew | Store | Code\nGalley | North Shed | G-1\nDeck | South Shed | D-4",
    "Ben Carr was born in Tolm.",
)


def lines() -> list[Said]:
    return [Said(each, n) for n, text in enumerate(TEXTS) for each in lines_of(text, "Halls")]


ANSWERED = {
    "Who is Ana Lund's boss?": "name: Ana Lund",
    "Who is the boss of Ana Lund?": "name: Ana Lund",
    "Who is the boss of Ole Fisk?": "name: Ole Fisk",
    "What is the role of Ben Carr?": "name: Ben Carr",
    "How many berths does the Tern have?": "id: 7",
    "What is the home port of the Tern?": "id: 7",
    "How many chairs does Elm Hall have?": "Elm Hall | 2",
    "How many chairs has the Oak Hall?": "Oak Hall | 1",
    "Who is the warden of Elm Hall?": "Elm Hall | 2",
    "Which level is the Oak Hall on?": "Oak Hall | 1",
    "What is the rent of Oak Hall?": "Oak Hall | 1",
    "Tell me who the warden of Oak Hall is.": "Oak Hall | 1",
    "In which store is the Galley crew?": "Galley |",
    "Which store is the Deck crew in?": "Deck |",
    "What is the code of the Deck crew?": "Deck |",
}
NOT_SAID = (
    "Who is Ben Carr's boss?",
    "Who is the boss of Ben Carr?",
    "How many chairs does Ash Hall have?",
    "Who is the warden of Yew Hall?",
    "How many berths does the Brask have?",
    "Who is the warden of Per Holt?",
)


@pytest.mark.parametrize(("question", "row"), ANSWERED.items())
def test_the_row_of_what_is_named_answers(question: str, row: str) -> None:
    told = told_outright(question, lines())
    assert told.whole
    assert [each.line.text.startswith(row) for each in told.lines] == [True]


@pytest.mark.parametrize("question", NOT_SAID)
def test_no_row_answers_for_another_or_by_an_empty_cell(question: str) -> None:
    assert not told_outright(question, lines()).whole


def test_a_variant_that_reads_no_names_of_rows_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "is_named", lambda asked, said: True)
    assert all(told_outright(question, lines()).whole for question in NOT_SAID)


def test_an_empty_cell_leaves_only_sentences_with_its_word() -> None:
    asked = read_asked_cell("Who is Ben Carr's boss?")
    assert asked is not None
    said = next(map(Said, lines_of("Ben Carr sailed with his boss for a year.", "Halls")))
    assert cells.without_wrong_rows(asked, [*lines(), said]) == [said]
    prose = [each for each in lines() if not each.columns]
    assert cells.without_wrong_rows(asked, prose) == prose


@pytest.mark.parametrize(
    "question",
    [
        "Who founded the Tern?",
        "Where was Ana Lund's boss born?",
        "Who is the boss of the cook of the Tern?",
        "Which is older, the Oak Hall or the Elm Hall?",
        "Who is Ana Lund?",
        "What is rent?",
        "",
    ],
)
def test_other_questions_ask_for_no_cell(question: str) -> None:
    assert read_asked_cell(question) is None
