"""Numbers by labels of many languages, telephones and births by shape, misread letters."""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import NOTHING_READ
from workbench.privacy.anonymisation.recognisers import (
    addresses,
    birth_dates,
    fields,
    logins,
    national_ids,
    phones,
    records,
    signatures,
    stated_ids,
    stated_names,
)
from workbench.privacy.anonymisation.settling import settle
from workbench.privacy.anonymisation.true_case import with_capitals

pytestmark = pytest.mark.usefixtures("loaded")

KEYS = 'key;given to;signature\nK1;"Haile, Abebe";AH\nK2;"Alemu, Tigist";T.A.\nK3;"Chen, Wei";\n'
TABLE = (
    "No.     Name             Balance\n"
    "40977   Visser, Femke    19.95\n"
    "41246   Begay, Henk      43.00\n"
)
STUDY = "1  HB  1972-05-03  ok\n2  M.O.  1970-11-18  ok\n"
STAFF = '<person nr="8382"><n>Mensah, Ama</n><tel>+233 20 000 0000</tel></person>'


def said(recogniser: object, text: str) -> list[str]:
    return [text[a.start : a.end] for a in recogniser.find(text, NOTHING_READ)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("recogniser", "text", "found"),
    [
        (stated_ids, "Supporter no. SUP-20441", ["SUP-20441"]),
        (stated_ids, "Klantnummer 012302", ["012302"]),
        (stated_ids, "nº de socio: 00871", ["00871"]),
        (stated_ids, "Číslo OP 123456789", ["123456789"]),
        (stated_ids, "these are overdue on card 2100424735", ["2100424735"]),
        (stated_ids, "PC 4471 Haddad came at noon", ["4471"]),
        (stated_ids, "Rider no 447 fell", ["447"]),
        (stated_ids, "Doe, Ann F 54 Z449120 lap chole", ["Z449120"]),
        (birth_dates, "FF BA-11 DOB 09NOV81", ["09NOV81"]),
        (birth_dates, "born on the sixth of May seventy-two", ["the sixth of May seventy-two"]),
        (stated_ids, "buddy: Michael; badge B3122", ["B3122"]),
        (records, STAFF, ["8382"]),
        (fields, KEYS, ["AH", "T.A."]),
        (fields, TABLE, ["40977", "41246"]),
        (fields, '{"What is your name?": "Ana Silva"}', ["Ana Silva"]),
        (phones, "Bloom, Leon .......... 020 7946 0474 (ext 602)", ["020 7946 0474 (ext 602)"]),
        (phones, "direct 919/555-0170", ["919/555-0170"]),
        (phones, "Ana Silva, Contoso, 139-0000-0439   2) Bo", ["139-0000-0439"]),
        (phones, "write to ana@example.org or 8000 0594", ["8000 0594"]),
        (birth_dates, "Ana Silva, Bo Silva (child, 23/11/2013)", ["23/11/2013"]),
        (birth_dates, "Confirm your date of birth.\nAna (13:57): 17/10/58", ["17/10/58"]),
        (birth_dates, STUDY, ["1972-05-03", "1970-11-18"]),
        (signatures, STUDY, ["HB", "M.O."]),
        (logins, "u/niamh: not at all\n// TODO(anoop): later\nlakshmi commented: a duplicate",
         ["lakshmi", "niamh", "anoop"]),
        (stated_names, "its mum on Lelands phone, with the Adebayos", ["Adebayo", "Leland"]),
        (stated_names, 'skipped "Letter to Munteanu.odt"', ["Munteanu"]),
        (
            stated_names,
            "Present: Ola Adebayo, Priya Raghu and Ms Fatima El-Amrani.",
            ["Ola Adebayo", "Priya Raghu", "Fatima El-Amrani", "Fatima El-Amrani"],
        ),
        (addresses, "Home: Ty Newydd, Alma Terrace, London, N11 4JB",
         ["Ty Newydd, Alma Terrace, London, N11 4JB"]),
        (addresses, "My postcode's SA1 8QT now", ["SA1 8QT"]),
        (addresses, "It is 15/F Kam Wah Building, Nathan Road, Kowloon",
         ["15/F Kam Wah Building, Nathan Road, Kowloon"]),
        (addresses, "Unit 4/18 Banksia Cct, Figtree NSW 2525",
         ["Unit 4/18 Banksia Cct, Figtree NSW 2525"]),
        (addresses, "She gave up 34 The Paddocks, Sligo", ["34 The Paddocks, Sligo"]),
    ],
)  # fmt: skip
def test_it_is_found(recogniser: object, text: str, found: list[str]) -> None:
    assert said(recogniser, text) == found


@pytest.mark.parametrize(
    ("recogniser", "text"),
    [
        (stated_ids, "paid by card 2100424735"),
        (stated_ids, "gift card 2100424735"),
        (stated_ids, "Order no 447 of 900"),
        (stated_ids, "12:52  Rentokil   kitchen   badge 6W-21262"),
        (records, '<item nr="8382"><n>Lamp</n></item>'),
        (birth_dates, "no,name,dob,batch\n2024-07-22,1,Ana,7\n"),
        (phones, "Direct debit ref 20114892"),
        (logins, "the compiler said that it was done"),
        (stated_names, "the Netherlands, the Beatles and the Olympics"),
        (signatures, "1  HB  1972-05-03  ok\n"),
        (stated_ids, "name,dob,batch,by\nDlamini,1949-09-28,FX9748,KS\n"),
        (stated_ids, "no,doc,arrive,nights\nB17699,,2024-02-18,7\n"),
        (stated_names, "authors:\n  - family-names: 7\n"),
    ],
)
def test_it_is_nobodys(recogniser: object, text: str) -> None:
    assert said(recogniser, text) == []


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("85.07.30-033.28", "Belgian national number"),
        ("2123 45670 1", "Australian Medicare number"),
        ("171003406-5", "Ecuadorian card"),
        ("28/12345678/40", "Spanish social security number"),
        ("12/ABCDEF(N)123456", "Burmese card"),
        ("TREM 8507 0312", "Quebec health card"),
    ],
)
def test_a_states_number_is_known_by_its_form(number: str, name: str) -> None:
    found = list(national_ids.find(f"cedula {number} now", NOTHING_READ))
    assert (number, name) in [
        (f"cedula {number} now"[each.start : each.end], each.because) for each in found
    ]


@pytest.mark.parametrize(
    "number", ["85 07 30 033 29", "171003406-4", "2123 45671 1", "28/12345678/41"]
)
def test_a_wrong_check_digit_is_no_states_number(number: str) -> None:
    assert not list(national_ids.find(f"cedula {number} now", NOTHING_READ))


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("Mr Br0wn of 33 Wattle Strcet", "Mr Brown of 33 Wattle Street"),
        ("J. Rosentha1 and K. Bish0p", "J. Rosenthal and K. Bishop"),
        ("Please pay it to XI0MARA T0RRES today", "Please pay it to XIOMARA TORRES today"),
        (
            "code AB0C, web01, ana1@example.com, covid1",
            "code AB0C, web01, ana1@example.com, covid1",
        ),
    ],
)
def test_letters_that_a_scanner_misread_are_read(text: str, view: str) -> None:
    assert with_capitals(text) == view


def test_an_okina_is_masked_with_its_name() -> None:
    text = "Dear ʻAna, thank you."
    view = with_capitals(text)
    assert len(view) == len(text)
    sure, _ = settle(view, list(stated_names.find(view, NOTHING_READ)))
    assert [text[each.start : each.end] for each in sure] == ["ʻAna"]


def test_the_letters_of_a_standard_are_nobodys() -> None:
    def sure(text: str) -> list[str]:
        guessed = Found(0, 2, "PERSON", 0.7, "names", "made")
        return [text[each.start : each.end] for each in settle(text, [guessed])[0]]

    assert sure("HS 9503.766, net 1.3 kg") == []
    assert sure("HS rang at noon") == ["HS"]
