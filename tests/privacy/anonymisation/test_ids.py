"""Numbers of persons: by the label that is nearest, by their checks, beside a birth."""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.reading import NOTHING_READ
from workbench.privacy.anonymisation.recognisers import (
    dated_id_checks,
    fields,
    id_checks,
    national_ids,
    stated_ids,
)
from workbench.privacy.anonymisation.recognisers.id_labels import is_label


def found(text: str) -> list[str]:
    return [text[each.start : each.end] for each in stated_ids.find(text, NOTHING_READ)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Her Ghana Card is GHA-123456789-0.", "GHA-123456789-0"),
        ("your asmens kodas; on your application it reads 33309240064", "33309240064"),
        ("May I confirm your employee ID?\n> it's E-20931", "E-20931"),
        ("passport, which was issued in Herat, is L898902C3", "L898902C3"),
        ("membership number: LC 40 118 22", "LC 40 118 22"),
        ("matriculation number (21/0457/STA)", "21/0457/STA"),
        ("12345678Z is my DNI", "12345678Z"),
        ("patient 88213", "88213"),
        ("Anna Berg's passport X4RTBPFW4 ends in May", "X4RTBPFW4"),
        ("Kwadwo van der Berg (DH-25708) left.", "DH-25708"),
        ("KM-40255 | Nomvula Dlamini | 09.05.2000 | Umeå", "KM-40255"),
        ("cédula : 1.020.345.678", "1.020.345.678"),
        ("hospital no. 52-44-85", "52-44-85"),
        ("What is your customer number?\n[03/08/2025 13:06] Ann Doe: HB-2210-7", "HB-2210-7"),
        ("My account number is LQ1300", "LQ1300"),
        ("Lida Koch, applicant 20114892", "20114892"),
        ("n° adhérent 2210334", "2210334"),
        ("Pol. No HG/2019/44120", "HG/2019/44120"),
        ("Quote your customer ref CR/88210/B when you call", "CR/88210/B"),
    ],
)
def test_a_labelled_number_is_found(text: str, number: str) -> None:
    assert found(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "Order no. 20238841 for the patient's chair",
        "Crash id 315-96-K7",
        "the boarding pass QX7RTP41",
        "update to client v6.65.0",
        "Licence Pascal 1009 kr",
        "employee of the month won 1,240.50 EUR",
        "Mark scheme 2041.2, room 2",
        '"position":"nurse","ref":"X601796"',
        "Tax code: 1257L",
        "next run 2026-04-28T15:38:40Z",
        "MEMBERSHIP FORM            Office use: B24356",
        "St Luke's Hospital, charity no. 139208",
    ],
)
def test_numbers_of_things_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (id_checks.is_oib, "33392005961"),
        (dated_id_checks.is_baltic, "37605030299"),
        (dated_id_checks.is_egn, "7523169263"),
        (dated_id_checks.is_jmbg, "0101006500006"),
        (id_checks.is_norwegian, "29029600013"),
        (dated_id_checks.is_amka, "01013099997"),
        (dated_id_checks.is_svnr, "1237010180"),
        (id_checks.is_cuil, "20123456786"),
        (id_checks.is_my_number, "123456789018"),
        (id_checks.is_taiwanese, "A123456789"),
        (id_checks.is_thai, "1101400012349"),
        (id_checks.is_taj, "123456788"),
        (id_checks.is_steuer_like, "86095742719"),
    ],
)
def test_a_check_digit_that_is_changed_fails(check: object, good: str) -> None:
    assert callable(check)
    passed = [digit for digit in "0123456789" if check(good[:-1] + digit)]
    assert passed == [good[-1]]


def test_who_was_born_on_the_29th_of_february_2000_has_a_number_too() -> None:
    assert dated_id_checks.is_day(1900, 2, 29) and dated_id_checks.is_day(1996, 2, 29)
    assert not dated_id_checks.is_day(1901, 2, 29) and not dated_id_checks.is_day(1900, 2, 30)
    good = [digit for digit in "0123456789" if dated_id_checks.is_egn(f"004229752{digit}")]
    assert len(good) == 1


def test_the_check_of_a_kennitala_is_its_ninth_digit() -> None:
    passed = [digit for digit in "0123456789" if dated_id_checks.is_icelandic(f"12017433{digit}9")]
    assert passed == ["9"]


def test_a_number_with_two_check_digits_needs_no_label() -> None:
    text = "Ola wrote 29029600013 on the form, and 29029600014 below."
    hits = [text[each.start : each.end] for each in national_ids.find(text, NOTHING_READ)]
    assert hits == ["29029600013"]


@pytest.mark.parametrize(
    "text",
    ["Anna Berg's passport X4RTBPFW4 was sent.", "Passport no. CWR68LZX1", "ID card: L8KT3PQZM"],
)
def test_a_passport_of_letters_and_few_digits_is_somebodys(text: str) -> None:
    hits = [text[each.start : each.end] for each in stated_ids.find(text, NOTHING_READ)]
    assert hits == [text.rstrip(".").replace(" was sent", "").split()[-1]]


@pytest.mark.parametrize(
    "text",
    [
        "licence PROFULL2X9",
        "boarding pass X4RTBPFW4",
        "order X4RTBPFW4",
        "the passport OFFICE24",
        "X4RTBPFW4",
    ],
)
def test_letters_and_few_digits_are_no_number_elsewhere(text: str) -> None:
    assert list(stated_ids.find(text, NOTHING_READ)) == []


def test_heads_of_columns_are_read_by_the_same_labels() -> None:
    assert is_label("Hospital No.")
    assert is_label("TAJ szám")
    assert not is_label("Order number")
    text = "member,given name\nXX-08541,Mbewe"
    hits = {text[each.start : each.end]: each.kind for each in fields.find(text, NOTHING_READ)}
    assert hits["XX-08541"] == "ID"


def test_a_number_alone_below_a_birth_is_whose_the_birth_is() -> None:
    assert found("KOCH LIDA\n27/10/1959  F\n1603708\nWard 4") == ["1603708"]
    assert found("KOCH LIDA\n27/10/1959  F\nWard 4\n1603708") == []
    assert found("Koch, Lida  F  28/04/2002  #53-93-62") == ["53-93-62"]
