"""The frozen documents are what their maker makes, are told truly and hold what they promise."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import ipaddress
import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
OUTCOME = HERE / "pii_documents.jsonl.gz"
README = (HERE / "README.md").read_text("utf-8")
TYPES = {
    "PERSON", "LOCATION", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS",
    "URL", "DATE_OF_BIRTH", "ID_NUMBER",
}  # fmt: skip
# Decoys that anybody would tell from personal data are not counted among the traps.
PLAIN = {"date", "time", "total", "stamp", "iso"}
DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def maker() -> Iterator[ModuleType]:
    sys.path.insert(0, str(HERE))
    try:
        yield importlib.import_module("make_pii_documents")
    finally:
        sys.path.remove(str(HERE))


@pytest.fixture(scope="module")
def made(maker: ModuleType) -> Any:
    return maker.make()


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [json.loads(line) for line in gzip.decompress(OUTCOME.read_bytes()).splitlines()]


@pytest.fixture(scope="module")
def values(rows: list[Row]) -> dict[str, list[str]]:
    """What is to be masked, by type; a line break within counts as a space."""
    found: dict[str, list[str]] = {name: [] for name in TYPES}
    for row in rows:
        for span in row["spans"]:
            value = row["text"][span["start"] : span["end"]]
            found[span["type"]].append(value.replace("\n", " "))
    return found


def faults(row: Row) -> list[str]:
    """What is wrong with the form of a row."""
    found, text = [], row["text"]
    if set(row) != {"id", "kind", "text", "spans"} or not row["id"].startswith(row["kind"]):
        found.append("keys")
    for span in row["spans"]:
        value = text[span["start"] : span["end"]]
        if set(span) != {"start", "end", "type"} or span["type"] not in TYPES:
            found.append("type")
        if not 0 <= span["start"] < span["end"] <= len(text) or value != value.strip():
            found.append("edges")
        if re.match(r"\w(?!-phone)", text[span["end"] :]):
            found.append("ends within a word")
        if span["start"] and re.match(r"\w\w", text[span["start"] - 1 : span["start"] + 1]):
            found.append("begins within a word")
    if any(one["end"] > other["start"] for one, other in itertools.pairwise(row["spans"])):
        found.append("overlap")
    if re.search(r"\{[a-z]\.|\{~|\[\[|\]\]", text):
        found.append("gap that was not filled")
    return found


def test_the_file_is_what_its_maker_makes(maker: ModuleType, made: Any) -> None:
    assert gzip.decompress(OUTCOME.read_bytes()) == maker.lines_of(made)


def test_the_readme_names_the_file_that_stands_here(values: dict[str, list[str]]) -> None:
    packed = OUTCOME.read_bytes()
    assert len(packed) < 400_000
    assert packed[4:8] == bytes(4), "the moment of packing stands in the file"
    assert hashlib.sha256(packed).hexdigest() in README
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() in README
    for name, found in values.items():
        assert f"| {name} | {len(found):,} |" in README


def test_each_row_is_well_formed(rows: list[Row]) -> None:
    assert {row["id"]: faults(row) for row in rows if faults(row)} == {}
    assert len({row["id"] for row in rows}) == len(rows) == 1000


@pytest.mark.parametrize(
    ("spans", "fault"),
    [
        ([(3, 7, "PERSON")], None),
        ([(3, 8, "PERSON")], "edges"),
        ([(3, 60, "PERSON")], "edges"),
        ([(3, 6, "PERSON")], "ends within a word"),
        ([(4, 7, "PERSON")], "begins within a word"),
        ([(3, 7, "NAME")], "type"),
        ([(3, 15, "PERSON"), (10, 15, "PERSON")], "overlap"),
    ],
)
def test_each_fault_is_seen(spans: list[tuple[int, int, str]], fault: str | None) -> None:
    told = [dict(zip(("start", "end", "type"), span, strict=True)) for span in spans]
    row = {"id": "chat-x-01", "kind": "chat", "text": "Hi Anna – Braun, all well?", "spans": told}
    assert faults(row) == ([] if fault is None else [fault])


def test_there_is_enough_of_everything(rows: list[Row], values: dict[str, list[str]]) -> None:
    counts = {name: len(found) for name, found in values.items()}
    assert min(counts.values()) >= 150 and counts["PERSON"] >= 1500, counts
    assert len({row["id"].rsplit("-", 1)[0] for row in rows}) >= 60
    assert len({row["kind"] for row in rows}) >= 12
    assert sum(not row["spans"] for row in rows) == 100
    assert len({row["text"] for row in rows}) == 1000


def test_origins_are_balanced_and_decoys_many(made: Any) -> None:
    origins = Counter(origin for one in made for origin in one.origins)
    assert len(origins) >= 25 and max(origins.values()) < 1.3 * min(origins.values()), origins
    spans = sum(len(one.found()) for one in made)
    traps = [p for one in made for *_, p in one.found(decoys=True) if p.scheme not in PLAIN]
    assert len(traps) > 0.15 * (spans + len(traps))


def digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isdigit()]


def luhn(text: str) -> bool:
    found = digits(text)[::-1]
    return sum(found[::2] + [d * 2 - 9 * (d > 4) for d in found[1::2]]) % 10 == 0


def mod_97(text: str) -> bool:
    plain = re.sub(r"\s", "", text)
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def weighed(text: str, *weights: int) -> int:
    return sum(d * w for d, w in zip(digits(text), weights, strict=False))


def iso_7064(text: str) -> bool:
    rest = 10
    for d in digits(text)[:-1]:
        rest = 2 * ((rest + d) % 10 or 10) % 11
    return (rest + digits(text)[-1]) % 10 == 1


def codice_fiscale(text: str) -> bool:
    odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25]
    odd += [24, 23]
    place = [int(c) if c.isdigit() else ord(c) - 65 for c in text]
    return (sum(odd[p] for p in place[:15:2]) + sum(place[1:15:2])) % 26 == place[15]


def cpf(text: str) -> bool:
    one, two = weighed(text, *range(10, 1, -1)), weighed(text, *range(11, 1, -1))
    return [one * 10 % 11 % 10, two * 10 % 11 % 10] == digits(text)[-2:]


def tckn(text: str) -> bool:
    d = digits(text)
    return (7 * sum(d[0:9:2]) + 9 * sum(d[1:8:2])) % 10 == d[9] and sum(d[:10]) % 10 == d[10]


def verhoeff(text: str) -> bool:
    turn, rest = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], 0
    table = ["0123456789", "1234067895", "2340178956", "3401289567", "4012395678"]
    table += ["5987604321", "6598710432", "7659821043", "8765932104", "9876543210"]
    for at, d in enumerate(digits(text)[::-1]):
        for _ in range(at % 8):
            d = turn[d]
        rest = int(table[rest][d])
    return rest == 0


def nric(text: str) -> bool:
    letters = {"S": "JZIHGFEDCBA", "T": "GFEDCBAJZIH"}[text[0]]
    return letters[weighed(text, 2, 7, 6, 5, 4, 3, 2) % 11] == text[8]


def curp(text: str) -> bool:
    signs = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return sum((18 - at) * signs.index(c) for at, c in enumerate(text)) % 10 == 0


def resident(text: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[weighed(text[:17], *weights) % 11] == text[17]


def last(text: str, value: int) -> bool:
    return digits(text)[-1] == value


# How the numbers of each scheme are checked, written apart from how they are made.
CHECKS: dict[str, Callable[[str], bool]] = {
    "nhs": lambda t: weighed(t, *range(10, 0, -1)) % 11 == 0,
    "pps": lambda t: "WABCDEFGHIJKLMNOPQRSTUV"[weighed(t, *range(8, 1, -1)) % 23] == t[7],
    "sin": luhn,
    "tfn": lambda t: weighed(t, 1, 4, 3, 7, 5, 8, 6, 9, 10) % 11 == 0,
    "dni": lambda t: "TRWAGMYFPDXBNJZSQVHLCKE"[int(t[:8]) % 23] == t[-1],
    "curp": curp,
    "nif": lambda t: last(t, -weighed(t, 9, 8, 7, 6, 5, 4, 3, 2) % 11 % 10),
    "cpf": cpf,
    "nir": lambda t: int(t.replace(" ", "")[:13]) % 97 + int(t[-2:]) == 97,
    "steuer_id": iso_7064,
    "bsn": lambda t: weighed(t, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11 == 0,
    "codice_fiscale": codice_fiscale,
    "personnummer": luhn,
    "hetu": lambda t: (
        "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(t[:6] + t[7:10]) % 31] == t[10] and t[6] in "-A"
    ),
    "kennitala": lambda t: weighed(t, 3, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0,
    "pesel": lambda t: weighed(t, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1) % 10 == 0,
    "rodne_cislo": lambda t: int(t.replace("/", "")) % 11 == 0,
    "taj": lambda t: last(t, weighed(t, 3, 7, 3, 7, 3, 7, 3, 7) % 10),
    "cnp": lambda t: last(t, (*range(10), 1)[weighed(t, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11]),
    "amka": luhn,
    "oib": iso_7064,
    "tckn": tckn,
    "snils": lambda t: weighed(t, *range(9, 0, -1)) % 101 % 100 == int(t[-2:]),
    "rnokpp": lambda t: last(t, weighed(t, -1, 5, 7, 9, 4, 6, 10, 5, 7) % 11 % 10),
    "teudat_zehut": luhn,
    "aadhaar": verhoeff,
    "resident_id": resident,
    "nric": nric,
    "rrn": lambda t: last(t, (11 - weighed(t, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5) % 11) % 10),
    "my_number": lambda t: last(t, -weighed(t, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11 % 10),
    "melli": lambda t: last(t, (0, 1, *range(9, 0, -1))[weighed(t, *range(10, 1, -1)) % 11]),
    "za_id": luhn,
    "thai_id": lambda t: last(t, (11 - weighed(t, *range(13, 1, -1)) % 11) % 10),
}
# Without a check digit, at least the form.
FORMS = {
    "ssn": r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}",
    "nino": r"[A-CEGHJ][A-Z]( ?\d\d){3} ?[A-D]",
    "pan": r"[A-Z]{3}P[A-Z]\d{4}[A-Z]",
    "cnic": r"\d{5}-\d{7}-\d",
    "uk_licence": r"[A-Z]{1,5}9{0,4}\d[0156]\d[0-3]\d\d[A-Z]9{2}[A-Z]{2}",
    "nik": r"\d{16}",
    "cccd": r"\d{12}",
    "nin": r"\d{11}",
    "kenya_id": r"\d{8}",
    "ghana_card": r"GHA-\d{9}-\d",
}
FREE = {"passport", "licence", "patient", "customer", "employee", "student", "policy"}


def altered(text: str, turn: int = -1) -> str:
    """The text with one of its digits, counted from the end, one higher."""
    at = [at for at, c in enumerate(text) if c.isdigit()][turn]
    return text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]


def test_cards_and_accounts_hold_their_check_digits(values: dict[str, list[str]]) -> None:
    for value in values["CREDIT_CARD"]:
        assert re.fullmatch(r"\d[\d -]{12,22}\d", value) and luhn(value), value
        assert not luhn(altered(value))
    for value in values["IBAN_CODE"]:
        assert re.fullmatch(r"[A-Z]{2}\d\d[A-Z\d ]{11,36}", value) and mod_97(value), value
        assert not mod_97(altered(value))
    assert len({value[:2] for value in values["IBAN_CODE"]}) >= 20


def test_identity_numbers_hold_their_check_digits(made: Any) -> None:
    seen = Counter(CHECKS.keys() | FORMS.keys() | FREE)
    for scheme, value in {
        (piece.scheme, piece.text)
        for one in made
        for *_, piece in one.found()
        if piece.type == "ID_NUMBER"
    }:
        seen[scheme] += 1
        if scheme in CHECKS:
            assert CHECKS[scheme](value), (scheme, value)
            assert not CHECKS[scheme](altered(value, -2 if scheme == "kennitala" else -1))
        elif scheme not in FREE:
            assert re.fullmatch(FORMS[scheme], value), (scheme, value)
    assert seen.keys() == CHECKS.keys() | FORMS.keys() | FREE and min(seen.values()) > 1


def test_decoys_that_look_like_cards_and_accounts_are_none(made: Any) -> None:
    decoys = [piece for one in made for *_, piece in one.found(decoys=True)]
    cards = [piece.text for piece in decoys if piece.scheme == "badcard"]
    accounts = [piece.text for piece in decoys if piece.scheme == "badiban"]
    assert cards and accounts
    assert not any(map(luhn, cards)) and not any(map(mod_97, map(str.upper, accounts)))


def test_addresses_are_of_the_ranges_kept_for_examples(values: dict[str, list[str]]) -> None:
    nets = [ipaddress.ip_network(net) for net in DOCUMENTATION]
    for value in values["IP_ADDRESS"]:
        assert any(ipaddress.ip_address(value) in net for net in nets), value
    assert sum(":" in value for value in values["IP_ADDRESS"]) >= 50
    for value in values["EMAIL_ADDRESS"]:
        plain = re.sub(r" \W?(dot)\W? ", ".", re.sub(r" \W?at\W? ", "@", value)).lower()
        assert re.fullmatch(r"[a-z0-9.+_-]+@([a-z]+\.)?example\.(com|org|net)", plain), value
    for value in values["URL"]:
        assert re.search(r"(^|[/.])example\.(com|org|net)(/|$)", value), value
