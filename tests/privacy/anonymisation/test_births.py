"""Dates of birth in many ways of writing them, and other dates that stay."""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.reading import NOTHING_READ
from workbench.privacy.anonymisation.recognisers import birth_dates
from workbench.privacy.anonymisation.recognisers.date_forms import is_whole, months, year_of


def found(text: str) -> list[str]:
    return [text[each.start : each.end] for each in birth_dates.find(text, NOTHING_READ)]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("She was born on the 3rd of March, 1985 in Leeds.", "the 3rd of March, 1985"),
        ("DOB 07/03/85", "07/03/85"),
        ("D.O.B.: 7.iii.1985", "7.iii.1985"),
        ("geb. 5. März 1970 in Passau", "5. März 1970"),
        ("née le 18 mars 1983 à Tours", "18 mars 1983"),
        ("fecha de nacimiento: 12 de octubre de 1990", "12 de octubre de 1990"),
        ("data urodzenia 14 października 1969", "14 października 1969"),
        ("született 1982. május 9., Pécs", "1982. május 9."),
        ("doğum tarihi 19 Ağustos 1987", "19 Ağustos 1987"),
        ("born twenty-first of June, 1974", "twenty-first of June, 1974"),
        ("Birthday: 14 May", "14 May"),
        ("birth date 19850307", "19850307"),
        ("14 February 1979 is my date of birth", "14 February 1979"),
        ("Q: When were you born?\nA: On 22/01/1938.", "22/01/1938"),
        ("Tomasz Brzezicki (7.3.1985) was seen.", "7.3.1985"),
        ("female, 11 Nov 2022, group 0", "11 Nov 2022"),
        ("Lida Koch,58433672902,1971-10-20,7,Graz", "1971-10-20"),
        ("41yo M b 12/3/84", "12/3/84"),
        ("KOCH, Lida - 12/03/1984 - F", "12/03/1984"),
        ("1 BIRT\n2 DATE 18 September 1871", "18 September 1871"),
        ("Koch, Lida, 6165612, 2011-12-30. Late twice.", "2011-12-30"),
        ("Your number and date of birth?\nAnn: 9691083 and 1965-05-21", "1965-05-21"),
    ],
)
def test_a_birth_is_found_however_it_is_written(text: str, date: str) -> None:
    assert [said.strip(" .,") for said in found(text)] == [date.strip(" .,")]


@pytest.mark.parametrize(
    "text",
    [
        "The meeting is on 3 March 2025.",
        "Issued 07/03/1985, expires 07/03/1995.",
        "Anna Krol, née Peyrefitte, remains in Umeå. Travel is booked for 2025-01-15.",
        "Born in Leeds; died 3 May 2024.",
        "The treaty, signed 3 April 1948, ended it.",
        "It cost 7,1985 kr and 1,985 more.",
        "Version 1.12.2003 of the Jupyter kernel was released.",
        "Weighed 3150 g when born, 2980 g on discharge.",
    ],
)
def test_other_dates_stay(text: str) -> None:
    assert found(text) == []


def test_a_birth_beside_a_birth_is_one() -> None:
    assert found("DoB: 19730228 / 17-03-2008") == ["19730228", "17-03-2008"]


def test_the_next_cell_is_no_second_birth() -> None:
    text = "Lida Koch,F,born 1968-12-14,Dr Bondar,2024-11-01"
    assert found(text) == ["1968-12-14"]


def test_every_language_has_twelve_months() -> None:
    assert months()["września"] == months()["wrzesnia"] == months()["september"] == 9
    assert set(months().values()) == set(range(1, 13))


def test_years_of_two_digits_are_of_the_last_hundred_years() -> None:
    assert year_of("5/6/48") == 1948
    assert year_of("17/9/08") == 2008
    assert year_of("14 May") is None
    assert is_whole("9 Sept '62")
    assert not is_whole("June 1959")
