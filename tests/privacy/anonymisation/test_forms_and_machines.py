"""Records whose form says what is in them, addresses of more countries, and names of machines."""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.texts import detect

pytestmark = pytest.mark.usefixtures("loaded")


def said(text: str) -> list[str]:
    return [text[each.start : each.end] for each in detect([text], consistency=None)[0]]


INSERT = (
    "INSERT INTO person (name, born, city, plan) VALUES\n"
    "  ('Imani O''Neill', '1977-07-10', 'Fargo', 'basic'),\n"
    "  ('Zofia Hudak', '1991-09-08', 'Albany', 'gold');\n"
)
CARD = "BEGIN:VCARD\nN:Battaglia;Santino;;Dr;\nADR:;;San 71;Mendoza;;M5544;Peru\nEND:VCARD"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (INSERT, ["Imani O''Neill", "1977-07-10", "Fargo", "Zofia Hudak", "1991-09-08", "Albany"]),
        (CARD, ["Battaglia", "Santino", "Mendoza", "M5544", "Peru"]),
        ('<p first="Lothar" last="Niemeyer" doc="C4U1T3P97"/>', ["Niemeyer", "C4U1T3P97"]),
        ("Membership no. (office use): GY-7787", ["GY-7787"]),
        ("Passports: Nyambura VE0901843, Kiptoo KU9908212.", ["VE0901843", "KU9908212"]),
        ("203.0.113.4 - asanka [09/Apr/2026:18:12:56 +0000]", ["203.0.113.4", "asanka"]),
        ("who lives in Štúrova 61, Žilina", ["Štúrova 61, Žilina"]),
        ("She is at Blk 10 Clementi Ave 3 #09-88, Singapore 466983 now",
         ["Blk 10 Clementi Ave 3 #09-88, Singapore 466983"]),
        ("They live at Calle 12 Sur # 30-71, Medellín", ["Calle 12 Sur # 30-71, Medellín"]),
        ("He lives at 81, place Carnot, 21000 Dijon", ["81, place Carnot, 21000 Dijon"]),
        ("Post: 59/2, Temple Road, Negombo 11500", ["59/2, Temple Road, Negombo 11500"]),
        ("Costs be paid by Emyr Maddocks of Kettering within 28 days",
         ["Emyr Maddocks", "Kettering"]),
    ],
)  # fmt: skip
def test_what_a_form_says_is_personal(text: str, found: list[str]) -> None:
    got = said(text)
    assert all(any(want in each for each in got) for want in found), got


@pytest.mark.parametrize(
    "text",
    [
        "Upgrade Claude to 4.19.5 and Jenkins 2.24.1 tonight",
        "The gateway has the MAC d6:98:ae:18:75:cb and id 0b3e6afd-3d7f-446c-a2ed-d43900ede58f.",
        "The University of Leeds and the courts of England have said so.",
        "No pets but the tortoise known as Luna. She is old.",
        "LOST: Bella, brown, white paw.",
        "Back-out: restore the old disk\nReason: none",
        "We meet in Hall B. Calculators are allowed.",
        "Description | Qty | Price\nkettle | 2 | 31.00",
    ],
)
def test_machines_labels_and_animals_are_nobody(text: str) -> None:
    assert said(text) == []


def test_a_person_with_a_birth_behind_the_name_is_no_program() -> None:
    assert "Anna Kowalska" in said("Patient Anna Kowalska 12.10.1980, seen today")
    assert any("Anca Pop" in each for each in said("Please ring Anca Pop 072.000.92512 tonight"))
