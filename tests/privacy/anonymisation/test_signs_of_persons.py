"""Persons, places and numbers by how a text is laid out: chats, notes, forms, rows, logs."""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import NOTHING_READ
from workbench.privacy.anonymisation.recognisers import (
    addresses,
    aligned_fields,
    birth_dates,
    couples,
    fields,
    ips,
    load_recognisers,
    logins,
    owner_codes,
    places,
    signatures,
    small_names,
    speakers,
)
from workbench.privacy.anonymisation.settling import settle
from workbench.privacy.anonymisation.writing import why_unreadable

CHAT = "Hunter: are you in?\nZsófi: yes\nHunter: good\nZsófi: {}\nHunter: bye\n"
FORM = "NAME        Zhao Wei\nCARD NO     M-6028\nBORN        15/12/1991\nTOWN        Porto\nPOSTCODE    4066-045\n"


def said(recogniser: object, text: str) -> list[str]:
    spans: list[Found] = list(recogniser.find(text, NOTHING_READ))  # type: ignore[attr-defined]
    return [text[each.start : each.end] for each in spans]


@pytest.mark.parametrize(
    ("recogniser", "text", "found"),
    [
        (speakers, CHAT.format("ok"), ["Hunter", "Zsófi", "Hunter", "Zsófi", "Hunter"]),
        (speakers, "<Ute> hot?\n<Gunilla> no\n<Ute> ok\n<Gunilla> fine", ["Ute", "Gunilla"] * 2),
        (signatures, "Slept well, ate little.\n\nNM\n", ["NM"]),
        (signatures, "Keys were handed over to LK.", ["LK"]),
        (signatures, "Rent agreed; GD to follow up in July.", ["GD"]),
        (signatures, "See you then.\n\nJoy\nVolunteer co-ordinator", ["Joy"]),
        (couples, "| 4 | Golnaz Farrokhzad & Eduardo | cash |", ["Golnaz Farrokhzad", "Eduardo"]),
        (couples, "I have OZTURK/MARIA on the list", ["OZTURK/MARIA"]),
        (couples, "Eze, I. (chart 3)", ["Eze, I."]),
        (couples, "Ungureanu, Maria: nothing yet", ["Ungureanu, Maria"]),
        (couples, "he knows the Kipchumba family well", ["Kipchumba"]),
        (owner_codes, "WIJAYA, Rizky  EMP-0936  dept: Payroll", ["EMP-0936"]),
        (aligned_fields, FORM, ["Zhao Wei", "M-6028", "15/12/1991", "Porto", "4066-045"]),
        (logins, "sshd[7]: Accepted publickey for zsofia from 192.0.2.1 port 9", ["zsofia"]),
        (small_names, "can you ask mrs baker about it", ["baker"]),
        (fields, '{"assignee": "ishara", "open": true}', ["ishara"]),
        (fields, "id;surname;given;born\n86/16;Tehrani;Mehrdad;2005-08-05", ["86/16", "Tehrani", "2005-08-05"]),
        (ips, "Since 5.8 our client at 203.0.113.223 gets 403", ["203.0.113.223"]),
        (birth_dates, "Jasleen Gill, 16/04/2016, passport 5832", ["16/04/2016"]),
    ],
)  # fmt: skip
def test_the_layout_tells_who_is_meant(recogniser: object, text: str, found: list[str]) -> None:
    assert said(recogniser, text) == found


@pytest.mark.parametrize(
    ("recogniser", "text"),
    [
        (speakers, "Name: A\nPhone: 1\nTown: B\nStreet: C\nColour: D"),
        (speakers, "Customer: hello\nAgent: hi\nCustomer: it is red\nAgent: ok"),
        (signatures, "It was sent to the UK.\n\nOK\n"),
        (signatures, "It was passed to HR."),
        (signatures, "All the best.\n\nBest\nthe team"),
        (couples, "delivered to Patel Brothers Cash & Carry, Leeds"),
        (couples, "INPUT/OUTPUT errors, TCP/IP and AND/OR"),
        (couples, "Paris, France: see below"),
        (owner_codes, "order PT-290334 and room LIB-102"),
        (aligned_fields, "apples      12\npears       14\nplums       19\n"),
        (logins, "sshd[7]: Failed password for root from 192.0.2.1 port 9"),
        (small_names, "dear customer, thanks everyone."),
        (fields, '{"assignee": "support", "client": "browser"}'),
        (fields, "no;item;price\n4411;chair;12"),
        (ips, "Updated app 19.0.0.7 today"),
        (birth_dates, "Jasleen Gill, 16/04/2016, paid in full"),
    ],
)
def test_and_what_only_looks_so_stays(recogniser: object, text: str) -> None:
    assert said(recogniser, text) == []


@pytest.mark.parametrize(
    "address",
    [
        "Agiou Nikolaou 163, Chania 731 66",
        "Str. Mihai Eminescu nr. 19, Iași 700495",
        "Plot 25 Jubilee Hills, Pune - 411066",
        "Plot 102 Sector 16, Bengaluru 560034",
        "C/ Mayor 168, 26057 Logroño",
        "27b Quarry Bank, Stroud GL5 4WR",
        "844 Martin Luther King Jr. Blvd, Springfield, IL 62787",
        "Graaf van Vlaanderenplein 19, 8562 Kortrijk",
        "třída Míru 10, 771 74 Olomouc",
        "Dorpsstraat 19-hs, 3555 PD Utrecht, the Netherlands",
        "Goethestr. 39, 70182 Stuttgart",
    ],
)
def test_an_address_is_covered_as_a_whole(address: str) -> None:
    text = f"Please write to {address}\n\nYours"
    covered = set()
    for each in addresses.find(text, NOTHING_READ):
        covered |= set(range(each.start, each.end))
    begin = text.index(address)
    assert all(at in covered for at in range(begin, begin + len(address)) if text[at].isalnum())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("lives in Boise ID now", "Boise ID"),
        ("He moved from Kaunas to Leeds in May", "Kaunas"),
        ("a stay in 's-Hertogenbosch", "'s-Hertogenbosch"),
    ],
)
def test_a_place_is_found_with_what_belongs_to_it(text: str, place: str) -> None:
    assert place in said(places, text)


@pytest.mark.parametrize(
    "text",
    [
        "our dog Oscar is tiny",
        "damage by Storm Arwen",
        "near Albert Road",
        "Ménière's disease",
        "bought at Mary's Flower Box",
    ],
)
def test_names_of_nobody_are_left(text: str) -> None:
    name = next(
        word for word in ("Oscar", "Arwen", "Albert Road", "Ménière", "Mary") if word in text
    )
    start = text.index(name)
    guess = Found(start, start + len(name), "PERSON", 0.9, "names")
    assert settle(text, [guess]) == ((), ())
    assert (
        settle(f"{name} came.", [Found(0, len(name), "PERSON", 0.9, "names")])[0] or "Road" in name
    )


@pytest.mark.parametrize(
    "text",
    [
        "Maria's fracture has healed",
        "Maria's test came back",
        "Maria's Blood Pressure",
        "Maria's tumour was found",
        "Kowalczyk's ulcer",
    ],
)
def test_whose_illness_it_is_stays_a_person(text: str) -> None:
    """A name before an illness is mostly the patient's."""
    name = text.partition("'")[0]
    (found,) = settle(text, [Found(0, len(name), "PERSON", 0.9, "names")])[0]
    assert text[found.start : found.end] == name


def test_an_ending_belongs_to_the_name() -> None:
    text = "Drew Rivers III came"
    (found,) = settle(text, [Found(0, 11, "PERSON", 0.9, "names")])[0]
    assert text[found.start : found.end] == "Drew Rivers III"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Sehr geehrte Frau Koch, die Rechnung ist noch nicht bezahlt, bitte zahlen Sie bis Montag.", "de"),
        ("Bonjour Madame, votre numéro client est le 8830, merci de nous appeler avant le 3 mai.", "fr"),
        ("Hola, el pedido no ha llegado, lo necesito para el martes, muchas gracias por todo.", "es"),
        ("Nazwisko i imię: Koch, Lida. Adres: Rynek 3. Telefon: 600 000 061. Podpis: (brak)", "pl"),
        ("Surname: Koch. First name: Lida. Birth: Ulm. Telefon and Adresse as in our address list.", ""),
        ("Dear Ms Koch, the bill for the repair is due; please pay by Monday, with many thanks.", ""),
    ],
)  # fmt: skip
def test_another_language_is_told_by_its_small_words(text: str, language: str) -> None:
    told = why_unreadable(text)
    assert told.startswith(f"its language is {language};") if language else told == ""


def test_every_recogniser_is_named() -> None:
    assert len(load_recognisers()) == 25
