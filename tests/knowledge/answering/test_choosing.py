"""Notes that answer outright, those that are left out, and what is said of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from workbench.knowledge.answering import choosing, remarks
from workbench.knowledge.answering.answers import Answer, compose, with_sources
from workbench.knowledge.answering.asking import Findings, answer
from workbench.knowledge.answering.choosing import choose_notes
from workbench.knowledge.retrieval.telling import PathStep, Retrieval, RetrievedPassage
from workbench.knowledge.searching import Place

TEXTS = {
    "mill.txt": "The Harl Mill was founded by Ada Venn in 1894. Ada Venn was born in Tolm in 1851.",
    "denied.txt": (
        "It is false that Otto Rehn founded the Harl Mill. Otto Rehn was not born in Ulm."
    ),
    "one.txt": "Max Holt was born in Ulm in 1840.",
    "two.txt": "Max Holt was born in Tolm in 1842.",
    "same.txt": "In 1840 Max Holt was born in Ulm.",
    "museum.txt": "The Brask Museum was opened in 1921. The Harbour of Tolm was opened in 1850.",
    "table.md": "Towns\n\nPerson | Town\n\nJohan Kell | Brask",
    "teams.md": "Crews and stores\n\nCrew | Store\n\nGalley | North Shed\n\nDeck | South Shed",
    "heads.csv": "name: Eva Lind; role: Head; crew: Deck",
    "staff.csv": "name: Max Holt; role: Cook; boss: Eva Lind; crew: Deck",
    "winch.txt": "Eva Lind left. The winch came from Ulm on 3 May 2025. It can haul 7 tonnes.",
    "rows.csv": "name: Jon Rask; works_for: Harl Mill",
    "wed.txt": "Max Holt is married to Jana Kell.",
    "never.txt": "Eva Lind was never married.",
    "closed.txt": "The harbour is closed.",
    "open.txt": "The harbour is not closed.",
    "ulm.txt": "Ulm was founded in 1184 by Otto Rehn.",
    "abbey.txt": "Ulm Abbey was founded by Eva Lind in 1240.",
    "chapel.txt": "Ulm Abbey was founded by Eva Lind in 1245.",
    "married.txt": "Eva Lind studied in Tolm. She married Otto Rehn in 1880.",
}
TITLES = {"table.md": "Towns", "teams.md": "Crews and stores"}


def found(question: str, *documents: str, strategy: str = "fact") -> Retrieval:
    passages = tuple(
        RetrievedPassage(
            TEXTS[name],
            TITLES.get(name) or name.split(".")[0],
            (Place(name, 50, 50 + len(TEXTS[name])),),
            {},
            {},
        )
        for name in documents
    )
    return Retrieval("made", question, strategy, {}, passages, (), 0.9, False)  # type: ignore[arg-type]


def alike(texts: Sequence[str]) -> np.ndarray:
    """Vectors that are all as near: words decide."""
    return np.ones((len(texts), 1))


def ask(question: str, *documents: str, reply: str | None = None, strategy: str = "fact") -> Answer:
    retrieval = found(question, *documents, strategy=strategy)
    findings = Findings(retrieval, tuple(choose_notes(retrieval, alike)))
    made = answer(findings, (lambda _: reply) if reply is not None else None)
    for sentence in made.sentences:
        for span in sentence.citations:
            text = TEXTS[span.document][span.start - 50 : span.end - 50]
            assert text in (sentence.text, sentence.about)
    return made


def test_what_is_denied_supports_nothing() -> None:
    made = ask("Who founded the Harl Mill?", "denied.txt", "mill.txt")
    assert [each.citations[0].document for each in made.sentences] == ["mill.txt"]
    assert ask("Where was Otto Rehn born?", "denied.txt", "married.txt").abstained


def test_a_variant_that_reads_no_denials_quotes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "is_denied", lambda asked, said: False)
    made = ask("Where was Otto Rehn born?", "denied.txt", "married.txt")
    assert "not born" in made.answer


def test_whether_it_is_so_is_answered_by_a_denial() -> None:
    made = ask("Was Otto Rehn born in Ulm?", "denied.txt", "mill.txt")
    assert made.answer == "Otto Rehn was not born in Ulm."


def test_another_deed_does_not_answer() -> None:
    """Who founded it is not who works there; a row of a table says that one does."""
    assert ask("Who works for the Harl Mill?", "mill.txt").abstained
    assert ask("Who works for the Harl Mill?", "mill.txt", "rows.csv").answer == (
        "name: Jon Rask; works_for: Harl Mill."
    )


@pytest.mark.parametrize("reply", [None, "Max Holt was born in Ulm in 1840."])
@pytest.mark.parametrize("question", ["When was Max Holt born?", "Where was Max Holt born?"])
def test_documents_that_contradict_each_other_are_both_told(
    question: str, reply: str | None
) -> None:
    made = ask(question, "one.txt", "two.txt", "same.txt", reply=reply)
    assert [each.text for each in made.sentences] == [TEXTS["one.txt"], TEXTS["two.txt"]]
    assert made.remarks == ("The documents contradict each other: one.txt, two.txt.",)
    assert made.answer.endswith(made.remarks[0])
    assert made.remarks[0] in with_sources(made)


def test_documents_that_agree_are_told_once() -> None:
    made = ask("When was Max Holt born?", "one.txt", "same.txt")
    assert [each.text for each in made.sentences] == [TEXTS["one.txt"]]
    assert made.remarks == ()


def test_a_comparison_has_both_sides_or_says_which_is_missing() -> None:
    both = ask("Which is older, the Brask Museum or the Harbour of Tolm?", "mill.txt", "museum.txt")
    assert [each.text for each in both.sentences] == [
        "The Brask Museum was opened in 1921.",
        "The Harbour of Tolm was opened in 1850.",
    ]
    one = ask("Which is older, the Brask Museum or the Tower of Ulm?", "mill.txt", "museum.txt")
    assert [each.text for each in one.sentences] == ["The Brask Museum was opened in 1921."]
    assert one.remarks == ("Of the Tower of Ulm nothing was found to compare.",)
    none = ask("Which is older, the Hall of Ulm or the Tower of Ulm?", "mill.txt", "museum.txt")
    assert none.abstained
    assert "made does not say it of the Hall of Ulm and of the Tower of Ulm" in none.answer


def test_a_path_that_the_answer_did_not_take_is_not_shown() -> None:
    retrieval = found("When was Max Holt born?", "one.txt", "mill.txt")
    steps = tuple(PathStep(each.title, each.places[0], "x") for each in retrieval.passages)
    led = dataclasses.replace(retrieval, path=steps)
    notes = [note for note in choose_notes(led, alike) if note.outright]
    assert [note.text for note in notes] == [TEXTS["one.txt"]]
    assert compose(led, notes, None).path == ()
    one_step = dataclasses.replace(led, path=steps[:1])
    assert compose(one_step, notes, None).path == steps[:1]


def test_a_row_is_told_under_its_heads() -> None:
    made = ask("Which town is Johan Kell in?", "table.md")
    assert made.answer == "Person | Town: Johan Kell | Brask."


def test_a_row_is_told_under_its_heads_where_a_heading_shares_their_words() -> None:
    made = ask("Which store is the Deck crew in?", "teams.md", "staff.csv")
    assert made.answer == "Crew | Store: Deck | South Shed."


@pytest.mark.parametrize("question", ["Who is Eva Lind's boss?", "Who is the boss of Eva Lind?"])
def test_who_is_named_is_not_told_as_whom_she_leads(question: str) -> None:
    assert ask(question, "heads.csv", "staff.csv", "married.txt").abstained
    other = question.replace("Eva Lind", "Max Holt")
    assert ask(other, "heads.csv", "staff.csv").answer == f"{TEXTS['staff.csv']}."


def test_what_is_asked_of_ones_boss_is_not_told_of_oneself() -> None:
    assert ask("Where was Max Holt's boss born?", "one.txt", "staff.csv").abstained
    assert not ask("Where was Max Holt born?", "one.txt", "staff.csv").abstained


def test_a_sentence_is_told_with_the_one_it_follows() -> None:
    made = ask("How much can the winch haul?", "winch.txt", "same.txt")
    assert made.answer == "The winch came from Ulm on 3 May 2025. It can haul 7 tonnes."


def test_a_pronoun_is_told_with_the_name_before_it() -> None:
    made = ask("Whom did Eva Lind marry?", "married.txt")
    assert made.answer == "Eva Lind: She married Otto Rehn in 1880."
    assert [each.words for each in made.sources] == ["She married Otto Rehn in 1880.", "Eva Lind"]


def test_a_name_is_told_of_by_sentences_that_name_it() -> None:
    for question in ("Tell me about Eva Lind.", "Can you tell me about Eva Lind?"):
        made = ask(question, "married.txt", "mill.txt", strategy="overview")
        assert [each.citations[0].document for each in made.sentences] == ["married.txt"] * 2
    assert compose(found("x", "mill.txt"), [], None).remarks == ()


def test_facts_of_two_people_do_not_contradict_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    question = "Did she marry?"
    retrieval = found(question, "wed.txt", "never.txt")
    notes = choose_notes(retrieval, alike)
    assert len(notes) == 2 and all(note.outright for note in notes)
    assert remarks.differing(question, notes) == []
    one = ask("Is the harbour closed?", "closed.txt", "open.txt")
    assert any("contradict" in each for each in one.remarks)
    monkeypatch.setattr(remarks, "_of_one_subject", lambda *_: True)
    assert remarks.differing(question, notes) == notes


def test_a_longer_name_is_another_subject_and_contradicts_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = "When was Ulm founded?"
    made = ask(question, "ulm.txt", "abbey.txt")
    assert (made.answer, made.remarks) == (TEXTS["ulm.txt"], ())
    both = ask("When was Ulm Abbey founded?", "ulm.txt", "abbey.txt", "chapel.txt")
    assert both.remarks == ("The documents contradict each other: abbey.txt, chapel.txt.",)
    monkeypatch.setattr(choosing, "_of_the_named", lambda asked, told: told)
    notes = choose_notes(found(question, "ulm.txt", "abbey.txt"), alike)
    assert len(notes) == 2
    assert remarks.differing(question, notes) == []
    monkeypatch.setattr(remarks, "_of_one_subject", lambda *_: True)
    assert remarks.differing(question, notes) == notes
