"""Plain sentences: what they state and what they leave open."""

from __future__ import annotations

import re

import pytest

from workbench.knowledge.extraction import plain
from workbench.knowledge.extraction.grounding import ground
from workbench.knowledge.extraction.plain import PlainExtractor
from workbench.knowledge.extraction.protocol import Passage


def facts(text: str, kind: str = "text") -> set[tuple[str, str, str]]:
    """Subject, relation and object, all within the evidence."""
    found = ground(text, PlainExtractor().extract(Passage(text, kind)))
    assert found.ungrounded == 0
    return {row[3:6] for row in found.assertions}


STATED = {
    "The Oslo office opened in 2011.": ("Oslo office", "opened_on", "2011"),
    "The office was opened in May 2013 by the mayor.": ("office", "opened_on", "May 2013"),
    "The shop closed down on 3 June 1999 for good.": ("shop", "closed_on", "3 June 1999"),
    "The Elk Mill was founded by his uncle and closed in 1963.": ("Elk Mill", "closed_on", "1963"),
    "Corvo Pumps was founded by Nora Lund in 1987.": ("Corvo Pumps", "founded_on", "1987"),
    "Walter is married to Elsbeth Kroll.": ("Walter", "is_married_to", "Elsbeth Kroll"),
    "Walter was married to Elsbeth Kroll.": ("Walter", "spouse_of", "Elsbeth Kroll"),
    "Ana Lund reports to Ben Ortega.": ("Ana Lund", "reports_to", "Ben Ortega"),
    "Ana Lund leads the hardware group.": ("Ana Lund", "leads", "hardware group"),
    "The Oslo team is led by Ben Ortega.": ("Ben Ortega", "leads", "Oslo team"),
    "- The budget of Project Elk is about $2 million": ("Project Elk", "budget", "$2 million"),
    "The budget of the Elk Mill repair is 4.5 million euros.": (
        "Elk Mill repair",
        "budget",
        "4.5 million euros",
    ),
    "Project Elk's budget is 2.5 million euros.": ("Project Elk", "budget", "2.5 million euros"),
    "Project Elk has a budget of 3 million.": ("Project Elk", "budget", "3 million"),
    "The budget is 40,000 pounds.": ("budget", "amounts_to", "40,000 pounds"),
    "The Leiden site has 80 employees.": ("Leiden site", "has_employees", "80"),
    "The day ticket costs 6 euros.": ("day ticket", "costs", "6 euros"),
    "Ida Marsh was born in Graz in 1950 and studied in Wels.": ("Ida Marsh", "born_in", "Graz"),
    "Ida Marsh was born in Graz on 2 May 1950.": ("Ida Marsh", "born_on", "2 May 1950"),
    "The launch of Elk is on 3 June 2025.": ("launch of Elk", "takes_place_on", "3 June 2025"),
    "Ana Lund lives in Lisbon.": ("Ana Lund", "lives_in", "Lisbon"),
    "The warehouse moved to Graz in 2020.": ("warehouse", "moved_to", "Graz"),
}
LEFT_OPEN = (
    "Was the office opened in 2011?",
    "The office was not opened in 2011.",
    "Ben said the office opened in 2012.",
    "The office may have opened in 2012.",
    "If the office opened in 2012, the lease is over.",
    '"The office opened in 2012", wrote Ben.',
    "She reports to Ida Marsh.",
    "In 2011 the office was painted.",
    "The office, which opened in 2011, is large.",
    "Volunteers report to Sven Dahl.",
    "The city was founded in 1639.",
    "The old mill was founded in 1639.",
    "Originally established in 1922 as a company, it grew.",
    "The Congress was chaired by Austrian statesman Klemens von Metternich.",
    "The pool opens at seven.",
    "Office | opened in 2011",
)


@pytest.mark.parametrize(("text", "fact"), STATED.items())
def test_what_is_stated(text: str, fact: tuple[str, str, str]) -> None:
    assert fact in facts(text)


@pytest.mark.parametrize("text", LEFT_OPEN)
def test_what_is_left_open(text: str) -> None:
    assert facts(text) == set()


def test_a_digit_of_a_name_is_no_mark_of_an_item() -> None:
    assert facts("3M was founded in 1902.") == set()  # and not: M
    assert facts("3. Elk was founded in 1902.") == {("Elk", "founded_on", "1902")}


def test_code_and_rows_are_left_to_others() -> None:
    text = "The Oslo office opened in 2011."
    assert not facts(text, "code") and not facts(text, "record") and facts(text, "heading")


@pytest.mark.parametrize(
    ("name", "broken", "seen"),
    [
        ("UNSAID", re.compile("(?!)"), 2),  # denials, reports and suppositions are taken for facts
        ("_can_be", lambda *ends: True, 1),
    ],
)
def test_a_variant_that_reads_more_is_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: object, seen: int
) -> None:
    monkeypatch.setattr(plain, name, broken)
    assert sum(bool(facts(text)) for text in LEFT_OPEN) >= seen


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Ida Marsh was born in 1950 and died in 1945.", {"1950"}),
        ("Ida Marsh was born in Graz and died in 1945.", set()),
        ("Ida Marsh was born on 2 May 1950 and left in 1971.", {"2 May 1950"}),
        ("Ida Marsh was born in Trinidad and Tobago in 1950.", {"1950"}),
        ("Ida Marsh was born in the old mill in 1950 and left in 1971.", {"1950"}),
    ],
)
def test_a_day_behind_and_is_no_birthday(text: str, days: set[str]) -> None:
    assert {thing for _, relation, thing in facts(text) if relation == "born_on"} == days


def test_what_is_told_of_no_name_is_less_sure() -> None:
    sure = [
        ground(text, PlainExtractor().extract(Passage(text))).assertions[0][-1]
        for text in ("The Oslo office opened in 2011.", "The office opened in 2011.")
    ]
    assert sure == [0.75, 0.6]
