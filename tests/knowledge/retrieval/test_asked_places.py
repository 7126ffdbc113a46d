"""A question for where something is, or for what is there, is answered by the row that says so."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval import told_outright as told_module
from workbench.knowledge.retrieval import whereabouts
from workbench.knowledge.retrieval.lines import lines_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.told_outright import told_outright
from workbench.knowledge.retrieval.whereabouts import may_answer, read_asked_place

TEXTS = (
    "Supplier: Toll Yarns; City: Port Sel; Founded: 1922; Sells to: Brask",
    "Supplier: Nord Dyes; City: Lund; Founded: 1978; Sells to: Port Sel",
    "Houses\n\nWard | People\nAbbey Ward | 1980\nMill Ward | 3055",
    "Houses\n\nName | Located in | Opened | Sister house\n"
    "Penn Library | Abbey Ward | 1902 | Gull Hall\n"
    "Gull Hall | Mill Ward | 1931 | Penn Library",
    "Port Sel is a village in Ostmark. Castle Ward borders Abbey Ward.",
    "The Tern Baths are in Castle Ward.",
)
ANSWERED = {
    "Which supplier is in Port Sel?": "Supplier: Toll",
    "What supplier is based in Lund?": "Supplier: Nord",
    "In which ward is the Penn Library?": "Penn Library |",
    "Which ward is the Gull Hall in?": "Gull Hall |",
    "In which ward is the Penn Library located?": "Penn Library |",
    "In which ward are the Tern Baths?": "The Tern Baths",
}
NOT_SAID = (
    "Which supplier is in Brask?",
    "Which bank is in Port Sel?",
    "In which ward is the Brask Library?",
    "In which harbour is the Penn Library?",
)


def lines() -> list[Said]:
    return [Said(each, n) for n, text in enumerate(TEXTS) for each in lines_of(text, "Houses")]


@pytest.mark.parametrize(("question", "begins"), ANSWERED.items())
def test_the_row_that_says_where_answers(question: str, begins: str) -> None:
    told = told_outright(question, lines())
    assert told.whole
    assert [each.line.text.startswith(begins) for each in told.lines] == [True]


@pytest.mark.parametrize("question", NOT_SAID)
def test_no_row_of_another_place_or_kind_answers(question: str) -> None:
    assert not told_outright(question, lines()).whole


def test_a_sentence_in_prose_stands_beside_the_row() -> None:
    more = [*lines(), Said(next(lines_of("The Penn Library is in Mill Ward.", "")), 9)]
    told = told_outright("In which ward is the Penn Library?", more)
    assert [each.passage for each in told.lines] == [3, 9]


def test_variants_answer_nothing_or_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(whereabouts, "_says_where", lambda *_: True)
        assert told_outright("Which supplier is in Brask?", lines()).whole
    monkeypatch.setattr(told_module, "answers_by_place", lambda *_: False)
    rows = [question for question in ANSWERED if "Tern" not in question]
    assert not any(told_outright(question, lines()).whole for question in rows)


def test_what_is_near_must_have_the_name_and_the_kind() -> None:
    supplier = read_asked_place("Which supplier is in Port Sel?")
    ward = read_asked_place("In which ward is the Penn Library?")
    town = read_asked_place("Which town is in Ostmark?")
    assert supplier and ward and town
    assert not may_answer(supplier, "Port Sel is a village in Ostmark.")
    assert not may_answer(supplier, "Toll Yarns of Port Sel makes spindles.")
    assert may_answer(supplier, "A supplier of yarn has a shed in Port Sel.")
    assert not may_answer(ward, "Castle Ward borders Abbey Ward.")
    assert may_answer(ward, "The Penn Library stands by the abbey.")
    assert may_answer(town, "Port Sel lies in Ostmark.")  # that it is a town is seldom said


@pytest.mark.parametrize(
    "question",
    [
        "In which town was Ida Roth born?",
        "In which year was the Gull Hall opened?",
        "Which supplier of the mill is older?",
        "Which hall is in the ward that Ida Roth leads?",
        "Where is the Penn Library?",
        "",
    ],
)
def test_other_questions_ask_for_neither(question: str) -> None:
    assert read_asked_place(question) is None
