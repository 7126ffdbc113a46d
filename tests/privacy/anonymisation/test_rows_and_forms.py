"""Numbers, births and names by what stands beside them: rows, records, and numbers of one form."""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.consistency import spread
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.parallel import beside
from workbench.privacy.anonymisation.reading import NOTHING_READ
from workbench.privacy.anonymisation.recognisers import (
    candidates,
    couples,
    nobodies,
    records,
    rows,
    speakers,
    urls,
)
from workbench.privacy.anonymisation.same_form import alike, form_of, forms_in_corpus

LIST = (
    "44018821  Ludmila Horáková  Ostrava  paid\n"
    "44018377  Marcus Ellery  Ostrava  due\n"
    "44017120  Ifeoma Nwankwo  Brno  paid\n"
)
PEOPLE = (
    "Ellery, Marcus;1961-02-03;9\nHoráková, Ludmila;1980-11-30;8\nNwankwo, Ifeoma;2009-05-17;7\n"
)


def said(found: object, text: str) -> list[str]:
    spans: list[Found] = list(found)  # type: ignore[call-overload]
    return [text[each.start : each.end] for each in spans]


def test_a_number_in_each_row_of_a_person_is_theirs() -> None:
    assert said(rows.find(LIST, NOTHING_READ), LIST) == ["44018821", "44018377", "44017120"]


def test_a_column_of_old_dates_beside_names_is_of_births() -> None:
    assert said(rows.find(PEOPLE, NOTHING_READ), PEOPLE) == [
        "1961-02-03",
        "1980-11-30",
        "2009-05-17",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "44018821  oak shelf  Brno  paid\n44018377  brass lamp  Brno  due\n",
        LIST.replace("44018377", "44018821"),  # no number of one's own
        PEOPLE.replace("1961", "2024").replace("1980", "2023"),  # most of them lately
        "10115  Berlin  Marcus Ellery\n20095  Hamburg  Ifeoma Nwankwo\n",
    ],
)  # fmt: skip
def test_rows_of_things_postcodes_and_late_dates_stay(text: str) -> None:
    assert said(rows.find(text, NOTHING_READ), text) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("- name: Ifeoma Nwankwo\n  id: 73311\n  email: i@example.org\n", ["73311"]),
        ('{"ref": "QX-3381", "surname": "Ellery", "dob": "1961-02-03"}', ["QX-3381"]),
        ('{"id": "73311", "name": "oak shelf", "price": 4, "age": 2}', []),
        ('{"id": 733, "surname": "Ellery", "dob": "1961-02-03"}', []),
        ("- name: build\n  id: 73311\n  host: alpha\n", []),
    ],
)
def test_an_id_in_a_record_is_whose_the_record_is(text: str, numbers: list[str]) -> None:
    assert said(records.find(text, NOTHING_READ), text) == numbers


def test_a_number_of_the_form_of_one_that_was_found_is_found() -> None:
    text = "Customer no. HB-2210-7. Bo has HB-9921-3; order HB-1111-1."
    first = Found(13, 22, "ID", 0.75, "stated_ids")
    assert said(alike(text, [first], frozenset()), text) == ["HB-2210-7", "HB-9921-3"]
    assert said(alike(text, [], frozenset()), text) == []


def test_a_form_goes_from_text_to_text_where_most_of_its_numbers_were_found() -> None:
    texts = ["member HBX40211", "member HBX40999", "HBX55555 came"]
    found = [[Found(7, 15, "ID", 0.75, "stated_ids")]] * 2 + [[]]
    assert forms_in_corpus(texts, found) == {"HBX99999"}
    more = [*texts, *(f"part HBX1000{at}" for at in range(4))]
    assert forms_in_corpus(more, [*found, *([[]] * 4)]) == frozenset()
    assert said(spread(texts, found, [()] * 3, corpus=True)[2], texts[2]) == ["HBX55555"]  # type: ignore[arg-type]
    assert said(spread(texts, found, [()] * 3, corpus=False)[2], texts[2]) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("said_so", ["2210334", "A123", "12-11-2005", "12", "HBX", "20-44"])
def test_what_many_numbers_look_like_is_no_form(said_so: str) -> None:
    assert form_of(said_so) == ""


def test_where_most_cells_are_persons_the_others_are() -> None:
    text = "PLAYER\tGOALS\nMarcus E.\t4\nSwift B.\t2\nIfeoma N.\t1\nUte K.\t0\nTotal\t7\n"
    wide = text.replace("\t", "\tRovers\t")
    spans = [Found(wide.index(name), wide.index(name) + len(name), "PERSON", 0.9, "names")
             for name in ("Marcus E.", "Ifeoma N.", "Ute K.")]  # fmt: skip
    assert said(beside(wide, spans), wide) == ["Swift B."]
    assert said(beside(wide, spans[:1]), wide) == []


def test_where_most_items_begin_with_a_person_the_others_do() -> None:
    text = "1. Marcus Ellery, chair\n2. Precious, minutes\n3. Ifeoma Nwankwo, dates\n"
    spans = [Found(text.index(name), text.index(name) + len(name), "PERSON", 0.9, "names")
             for name in ("Marcus Ellery", "Ifeoma Nwankwo")]  # fmt: skip
    assert said(beside(text, spans), text) == ["Precious"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("zsofi  12:17\nis prod down?\nmarcus  12:19\nyes\n", ["zsofi", "marcus"]),
        ("01/11/2025 10:11\nIfeoma\nhi\n01/11/2025 10:17\nMarcus\nhi\n", ["Ifeoma", "Marcus"]),
        ("@Ludmila please close it", ["Ludmila"]),
        ("Lunch  12:17\nBreak  12:40\n", []),
    ],
)  # fmt: skip
def test_who_speaks_stands_beside_the_time(text: str, names: list[str]) -> None:
    assert said(speakers.find(text, NOTHING_READ), text) == names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Here live Nuria and Tilly the cat.", "Tilly"),
        ("Patient: Daisy (labrador), 9 kg", "Daisy"),
        ("Mind the gate, Rocky barks.", "Rocky"),
    ],
)
def test_an_animal_by_what_is_said_of_it(text: str, name: str) -> None:
    assert name in nobodies.pets_in(text)


@pytest.mark.parametrize(
    "text", ["Susan, our dog walker, came", "Anna the horse trainer", "Ben the carer"]
)
def test_who_works_with_animals_is_none(text: str) -> None:
    assert nobodies.pets_in(text) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "I told Ann, the cat is ill.",
        "I told Ann the cat was ill.",
        "Please give Sarah the dog.",
        "Please tell Sarah, our dog is sick.",
        "Miss Bell said to Joan, a goat got out",
        "Margaret has been fed and washed.",
        "Margaret has been walked to the lounge.",
        "Frank barked at the nurse.",
        "Dear Emma, pet, come home",
        "Thomas and Lily, horse and pony",
    ],
)
def test_a_person_beside_an_animal_or_fed_by_a_carer_is_not_let_go(text: str) -> None:
    assert nobodies.pets_in(text) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCARD\nFN:Ute Kern\nORG:Alder",
        "<PayTo iban='1'>Ute Kern</PayTo>",
        "0 @I7@ INDI\n1 NAME Ute /Kern/",
    ],
)
def test_words_of_a_format_are_no_candidates(text: str) -> None:
    found = {text[each.start : each.end] for each in candidates.candidates_of(text)}
    assert "Ute Kern" in found or "Ute" in found
    assert not found & {"FN", "ORG", "PayTo", "INDI"}


def test_a_passenger_as_airlines_write_them() -> None:
    text = "Passenger: Qiu/Shafiqul\nseat 4\nEllery/Marcus Mr"
    assert said(couples.find(text, NOTHING_READ), text) == ["Qiu/Shafiqul", "Ellery/Marcus"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://status.example.net", 0),
        ("terms: www.example.com/terms", 0),
        ("at https://example.net/u/help", 1),
        ("at https://marcus.example.org/about", 1),
        ("at https://qxzwellery.example.org", 1),
    ],
)
def test_a_services_address_is_nobodys_page(text: str, found: int) -> None:
    assert len(list(urls.find(text, NOTHING_READ))) == found


@pytest.mark.parametrize(("name", "nobody"), [("St John Rivers", False), ("St Agatha", True)])
def test_a_saint_with_a_surname_is_somebody(name: str, nobody: bool) -> None:
    found = Found(0, len(name), "PERSON", 0.7, "names", "on a list")
    assert nobodies.is_nobody(f"{name} came in.", found, frozenset()) is nobody
