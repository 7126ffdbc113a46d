"""Sentences that answer a question outright, by their words alone: no model, a base of any size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.knowledge.retrieval import outright
from workbench.knowledge.retrieval.asked_for import read_asked_for
from workbench.knowledge.retrieval.comparing import read_comparison, sides_of
from workbench.knowledge.retrieval.lines import lines_of
from workbench.knowledge.retrieval.outright import answers_by_two, answers_outright
from workbench.knowledge.retrieval.said import Said

PASSAGES = {
    "mill": (
        "The Harl Mill was founded by Ada Venn in 1894. It stands near the town of Brask. Ada Venn "
        "was born in Tolm in 1851. She died in Brask in 1922. She married Otto Rehn in 1880. Her "
        "pupil Ina Sorel discovered the comet Sorel in 1911."
    ),
    "denied": (
        "Otto Rehn was not born in Tolm. It is false that Otto Rehn founded the Harl Mill. "
        "Per Holt never lived in Brask's castle. Allegedly Otto Rehn died in Ulm. If Otto Rehn "
        "had married Eva Lind, nobody would know."
    ),
    "who": "The World Health Organization (WHO) is an agency. WHO was founded in 1948.",
    "offices": (
        "Berta Lund was mayor of Tolm from 2010 to 2018. Petra Voss was director of the Harl Mill "
        "since 2001. The mayor of Brask is Nils Aker."
    ),
    "works": (
        "Ina Sorel wrote the book Tails of Ice. Ina Sorel was born in Brask in 1885. The Venn "
        "Company was sold to Nordic Glass in 1987. The Venn Company founded the Brask School."
    ),
    "Brask": (
        "Brask\n\nBrask is a town. Brask lies on the river Elv. The town has 12,900 inhabitants."
    ),
    "people": "name: Jon Rask; born_in: Tolm; works_for: Harl Mill",
    "Towns": "Towns\n\nPerson | Town\n\nJohan Kell | Brask",
    "press": (
        "Kestrel, formed by Lena Fox in 2016, was acquired by Orion. The Ferry opened in 1902."
    ),
    "find": "Old coins have been found in Tolm Hill, dated to 1650.",
    "Tolm": "Tolm\n\nTolm is a city. In 2020 it had a population of 310,000.",
    "guild": "The Harbour Guild has seventy members. The Weavers' Guild has sixty members.",
    "heights": "Mount Orl is 2,100 metres high, the third-highest mountain after Mount Skal.",
}

ANSWERED = {
    "Who founded the Harl Mill?": "founded by Ada Venn",
    "By whom was the Harl Mill founded?": "founded by Ada Venn",
    "who founded the harl mill?": "founded by Ada Venn",
    "When was the Harl Mill founded?": "founded by Ada Venn",
    "In what year was the Harl Mill established?": "founded by Ada Venn",
    "When was Ada Venn born?": "born in Tolm in 1851",
    "Where was Ada Venn born?": "born in Tolm in 1851",
    "Where did Ada Venn die?": "She died in Brask",
    "Whom did Ada Venn marry?": "She married Otto Rehn",
    "Who discovered the comet Sorel?": "Her pupil Ina Sorel",
    "When was WHO founded?": "WHO was founded",
    "Who was mayor of Tolm in 2015?": "from 2010 to 2018",
    "Who was director of the Harl Mill in 2010?": "since 2001",
    "Who is the mayor of Brask?": "is Nils Aker",
    "What did Ina Sorel write?": "Tails of Ice",
    "Did Ina Sorel write a book about ice?": "Tails of Ice",
    "Who bought the Venn Company?": "sold to Nordic Glass",
    "What did the Venn Company found?": "Brask School",
    "How many inhabitants does Brask have?": "12,900",
    "What is the population of Brask?": "12,900",
    "How many people live in Tolm?": "310,000",
    "Who works for the Harl Mill?": "Jon Rask",
    "Where does Jon Rask work?": "Jon Rask",
    "Was Otto Rehn born in Tolm?": "not born",
    "How high is Mount Orl?": "2,100 metres",
    "How many members does the Harbour Guild have?": "seventy members",
    "How many members does the Weavers' Guild have?": "sixty members",
    "Who formed Kestrel?": "formed by Lena Fox",
    "Who acquired Kestrel?": "acquired by Orion",
    "What did Orion buy?": "acquired by Orion",
    "When did The Ferry open?": "in 1902",
    "Who is Ina Sorel?": "Ina Sorel",
}
NOT_SAID = (
    "Where was Otto Rehn born?",
    "Where did Otto Rehn die?",
    "Whom did Otto Rehn marry in Ulm?",
    "What did Otto Rehn found?",
    "Where did Per Holt live?",
    "When did the Venn Company found the Brask School?",
    "What did Ada Venn discover?",
    "Who founded the Venn Company?",
    "Who was mayor of Tolm in 2005?",
    "Who was the first mayor of Brask?",
    "When was Tolm Hill founded?",
    "Who discovered the Harl Mill?",
    "Who works for Tolm?",
    "How many inhabitants does Ulm have?",
    "How many mills are there in Tolm?",
    "Who built the Harl Mill?",
    "When did Ada Venn win the Nobel Prize?",
    "How high is Mount Skal?",
    "What is the highest mountain after Mount Skal?",
    "Who is the king of Brask?",
    "What is photosynthesis?",
    "What is the price of bread?",
)


def lines() -> Iterator[Said]:
    for number, (title, text) in enumerate(PASSAGES.items()):
        for line in lines_of(text, title):
            yield Said(line, number)


EVERY = tuple(lines())


def found(question: str) -> list[str]:
    asked = read_asked_for(question)
    return [each.line.text for each in EVERY if answers_outright(asked, each)]


@pytest.mark.parametrize(("question", "words"), ANSWERED.items())
def test_one_sentence_answers(question: str, words: str) -> None:
    told = found(question)
    assert told and all(words in each for each in told)


@pytest.mark.parametrize("question", NOT_SAID)
def test_what_is_not_said_is_not_found(question: str) -> None:
    assert found(question) == []


@pytest.mark.parametrize(
    ("part", "caught"),
    [
        ("is_denied", {"Where was Otto Rehn born?", "Where did Per Holt live?"}),
        ("same_doer", {"Who founded the Venn Company?", "Who works for Tolm?"}),
        ("has_kind", {"When did the Venn Company found the Brask School?"}),
    ],
)
def test_without_a_part_of_it_wrong_sentences_answer(
    part: str, caught: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variant that reads no denials, nor who did it, nor what kind of answer is asked for."""
    sound = part != "is_denied"
    monkeypatch.setattr(outright, part, lambda asked, said: sound)
    wrong = {question for question in NOT_SAID if found(question)}
    assert caught <= wrong


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("Where was the person who founded the Harl Mill born?", "founded by", "born in Tolm"),
        ("When was the founder of the Harl Mill born?", "founded by", "born in Tolm"),
        ("On which river lies the town where Ina Sorel was born?", "born in Brask", "river Elv"),
        ("Where was the woman who wrote Tails of Ice born?", "Tails of Ice", "born in Brask"),
    ],
)
def test_two_sentences_answer_one_after_the_other(question: str, first: str, second: str) -> None:
    two = answers_by_two(read_asked_for(question), EVERY)
    assert two is not None
    assert first in two[0].line.text and second in two[1].line.text


@pytest.mark.parametrize(
    "question",
    [
        "Where was the person who founded the Venn Company born?",
        "When was the mayor of Brask born?",
        "Where was the person who bought the Harl Mill born?",
    ],
)
def test_two_sentences_that_do_not_lead_on_do_not_answer(question: str) -> None:
    assert answers_by_two(read_asked_for(question), EVERY) is None


def test_a_pronoun_and_a_row_say_what_they_are_about() -> None:
    about = {each.line.text: each.line.about for each in EVERY}
    assert about["She died in Brask in 1922."] == "Ada Venn"
    assert about["It stands near the town of Brask."] == "Harl Mill"
    assert about["The town has 12,900 inhabitants."] == "Brask"
    assert about["Johan Kell | Brask"] == "Person | Town"
    assert "Person | Town" not in about  # the heads say nothing
    assert [each.text for each in lines_of("One | alone", "x")] == ["One | alone"]
    for title, text in PASSAGES.items():
        for line in lines_of(text, title):
            assert text[line.start : line.end] == line.text
            if line.about_start >= 0:
                assert text[line.about_start :].startswith(line.about)


STAFF = (
    "name: Ana Lund; role: Cook; manager: Ben Carr; mentor: Ida Roe",
    "Supplier: Corvo Mills; Delivers: flour; City: Tolm",
    "Name | Manager | Mentor\nEva Dahl | Ida Roe | Ben Carr\nOla Dahl | Eva Dahl | Ida Roe",
    "Ben Carr was born in Brask. Ida Roe was born in Tolm. Corvo Mills was founded by Per Holt.",
)


def staff_lines() -> list[Said]:
    return [Said(each, n) for n, text in enumerate(STAFF) for each in lines_of(text, "x")]


@pytest.mark.parametrize(
    ("question", "second"),
    [
        ("Where was Ana Lund's manager born?", "Ben Carr was born in Brask."),
        ("Where was Ana Lund's mentor born?", "Ida Roe was born in Tolm."),
        ("Where was the manager of Ana Lund born?", "Ben Carr was born in Brask."),
        ("Where was Eva Dahl's manager born?", "Ida Roe was born in Tolm."),
        ("Where was Eva Dahl's mentor born?", "Ben Carr was born in Brask."),
        ("Who founded the supplier that delivers flour?", "Corvo Mills was founded by Per Holt."),
        ("Where was Ana Lund's sister born?", None),
        ("Who founded the supplier that delivers salt?", None),
    ],
)
def test_a_row_leads_on_by_the_cell_that_is_asked_for(question: str, second: str | None) -> None:
    two = answers_by_two(read_asked_for(question), staff_lines())
    assert (two and two[1].line.text) == second


def test_a_row_that_leads_on_by_any_of_its_names_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variant to which all capitals of a row are one name, and its cells alike."""
    monkeypatch.setattr(Said, "cells", [])
    two = answers_by_two(read_asked_for("Where was Ana Lund's mentor born?"), staff_lines())
    assert two is None or two[1].line.text != "Ida Roe was born in Tolm."


BUILT = (
    "The Brask Museum was opened in 1921. The Harbour of Tolm was opened in 1850. "
    "Brask has 12,900 inhabitants. Tolm is the capital. Tolm has 310,000 inhabitants."
)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Which is older, the Brask Museum or the Harbour of Tolm?", ("1921", "1850")),
        ("Which was opened first, the Brask Museum or the Harbour of Tolm?", ("1921", "1850")),
        ("Is the Brask Museum older than the Harbour of Tolm?", ("1921", "1850")),
        ("Which is larger, Brask or Tolm?", ("12,900", "310,000")),
        ("Which town has more inhabitants, Brask or Tolm?", ("12,900", "310,000")),
        ("Which is older, the Brask Museum or the Tower of Ulm?", ("1921", None)),
        ("Which is longer, Brask or Tolm?", (None, None)),
    ],
)
def test_each_side_has_what_is_compared(question: str, told: tuple[str | None, ...]) -> None:
    compared = read_comparison(question)
    assert compared is not None
    sides = sides_of(compared, [Said(line) for line in lines_of(BUILT, "built")])
    for side, words in zip(sides, told, strict=True):
        assert (side is None) == (words is None)
        assert side is None or str(words) in side.line.text


@pytest.mark.parametrize("question", ["Who founded Rome?", "Is it true or false?", "", "Why?"])
def test_other_questions_compare_nothing(question: str) -> None:
    assert read_comparison(question) is None
    read_asked_for(question)


def test_a_comparison_that_is_asked_to_be_told_is_one() -> None:
    plain = read_comparison("Which is older, the museum or the harbour?")
    assert plain is not None
    assert read_comparison("Tell me which is older, the museum or the harbour.") == plain


@pytest.mark.parametrize(
    "question",
    [
        "Which costs more, the Lamp or the Desk?",
        "Which is cheaper, the Lamp or the Desk?",
        "Which is more expensive, the Lamp or the Desk?",
        "Does the Lamp cost more than the Desk?",
    ],
)
def test_what_costs_more_has_a_price_on_each_side(question: str) -> None:
    text = (
        "Ida won a prize for the Lamp in 2019. The Lamp costs 85 euros. The Desk costs 120 euros."
    )
    compared = read_comparison(question)
    assert compared is not None
    sides = sides_of(compared, [Said(line) for line in lines_of(text, "shop")])
    told = [side.line.text for side in sides if side is not None]
    assert told == ["The Lamp costs 85 euros.", "The Desk costs 120 euros."]
