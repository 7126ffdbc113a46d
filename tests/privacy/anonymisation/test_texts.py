"""Texts: nothing personal is left, one person is called the same, faults let nothing out."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from workbench.core import events
from workbench.core.errors import EngineError, InputError, IntegrityError, NotFoundError
from workbench.evaluation.checks import run_check
from workbench.privacy.anonymisation import recognisers, texts
from workbench.privacy.anonymisation.check_digits import luhn, mod97
from workbench.privacy.anonymisation.checking import CHECK, check_texts
from workbench.privacy.anonymisation.findings import Found, resolve
from workbench.privacy.anonymisation.pseudonyms import Pseudonyms
from workbench.privacy.anonymisation.scoring import Label, Recall, score
from workbench.privacy.anonymisation.texts import anonymise_texts, detect

from .made_documents import Made, make_documents

pytestmark = pytest.mark.usefixtures("loaded")
KEY = bytes(range(32))
LETTER = (
    "Maria Lopez called. Later MARIA wrote; Lopez's son met M. Lopez and LOPEZ, MARIA at "
    "14 Elm Street, Springfield, IL 62704. Mail maria.lopez@corp.example, born 3 March 1985. "
    "Card 4111 1111 1111 1111, IBAN GB82 WEST 1234 5698 7654 32, tel +44 20 7946 0958."
)
SECRETS = ("Maria", "MARIA", "Lopez", "LOPEZ", "Elm", "corp.", "1985", "4111", "WEST", "7946")


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return list(make_documents(100, seed=7))


def measured(made: list[Made], **options: object) -> Recall:
    found = detect([each.text for each in made], **options)  # type: ignore[arg-type]
    return score([m.text for m in made], found, [[Label(*s) for s in m.spans] for m in made])


def test_made_documents_are_masked_and_broken_variants_are_noticed(made: list[Made]) -> None:
    whole = measured(made)
    assert whole.masked_recall >= 0.95 and whole.recall_of("PERSON") >= 0.93, whole
    assert whole.false_share <= 0.06
    no_names = tuple(n for n in recognisers.NAMES if "names" not in n)
    assert measured(made, recognisers=no_names).recall_of("PERSON") < 0.5
    for name, kind in (("cards", "CARD"), ("ibans", "IBAN"), ("phones", "PHONE"),
                       ("addresses", "ADDRESS"), ("birth_dates", "BIRTH_DATE")):  # fmt: skip
        rest = tuple(n for n in recognisers.NAMES if n != name)
        assert measured(made, recognisers=rest).recall_of(kind) < 0.6, name


@pytest.mark.usefixtures("without_reader")
def test_consistency_finds_names_that_were_found_elsewhere(made: list[Made]) -> None:
    """With the reader all names of the made documents are found before it looks."""
    whole, alone = measured(made), measured(made, consistency=None)
    assert alone.recall_of("PERSON") < whole.recall_of("PERSON")


def test_a_name_that_was_found_is_known_turned_round() -> None:
    spans = {how: detect([LETTER], consistency=how)[0] for how in (None, "document")}
    said = {how: [LETTER[each.start : each.end] for each in found] for how, found in spans.items()}
    assert "LOPEZ, MARIA" in said["document"] and "LOPEZ, MARIA" not in said[None]


@pytest.mark.parametrize("way", ["mask", "surrogate", "pseudonym"])
def test_nothing_of_a_letter_is_left(way: texts.Way) -> None:
    text = anonymise_texts([LETTER], way=way, key=KEY)[0].text
    assert not [secret for secret in SECRETS if secret in text], text


def test_one_person_has_one_surrogate_in_every_form_and_text() -> None:
    first, second = anonymise_texts(
        [LETTER, "Maria Lopez again, and Ahmed al-Sayed."], way="surrogate", key=KEY
    )
    given, family = first.text.split()[:2]
    assert f"Later {given.upper()} wrote; {family}'s son met {given[0]}. {family}" in first.text
    assert f"{family.upper()}, {given.upper()}" in first.text
    assert second.text.startswith(f"{given} {family} again, and ")
    assert f"{given}.{family}@".lower() in first.text
    assert {d.whom for d in first.decisions if d.kind == "PERSON"} == {1}
    apart = anonymise_texts([LETTER], way="surrogate", key=KEY, consistency=None)[0]
    assert len({d.whom for d in apart.decisions if d.kind == "PERSON"}) > 1  # the pass did it


def test_surrogates_keep_their_kind_and_shape_and_go_by_the_key() -> None:
    said = "Card 4111 1111 1111 1111, IBAN GB82 WEST 1234 5698 7654 32, from 203.0.113.77"
    (made,) = anonymise_texts([said], way="surrogate", key=KEY)
    values = {d.kind: made.text[d.start : d.end] for d in made.decisions}
    assert luhn(values["CARD"]) and [len(g) for g in values["CARD"].split()] == [4, 4, 4, 4]
    assert mod97(values["IBAN"]) and values["IBAN"].startswith("GB")
    assert values["CARD"] != "4111 1111 1111 1111"
    assert anonymise_texts([said], way="surrogate", key=KEY)[0].text == made.text
    assert anonymise_texts([said], way="surrogate", key=KEY[::-1])[0].text != made.text


def test_pseudonyms_are_turned_back_by_their_key_alone() -> None:
    (made,) = anonymise_texts([LETTER], way="pseudonym", key=KEY)
    assert Pseudonyms(KEY).reveal(made.text) == (LETTER, len(made.decisions))
    with pytest.raises(IntegrityError):
        Pseudonyms(KEY[::-1]).reveal(made.text)
    at = made.text.index("[PERSON:") + 25
    changed = made.text[:at] + ("A" if made.text[at] != "A" else "B") + made.text[at + 1 :]
    with pytest.raises(IntegrityError):
        Pseudonyms(KEY).reveal(changed)
    with pytest.raises(InputError, match="need a key"):
        anonymise_texts([LETTER], way="pseudonym")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Меня зовут Иван Петров, я живу в Москве.", "cyrillic"),
        ("أنا محمد وأسكن في القاهرة", "arabic"),
        ("Ich heiße Anna Müller und ich wohne seit vielen Jahren in der Stadt Berlin.", "de"),
    ],
)
def test_what_cannot_be_read_is_withheld_and_says_why(text: str, reason: str) -> None:
    (made,) = anonymise_texts([text])
    assert reason in made.withheld and made.text == f"[WITHHELD: {made.withheld}]"


def test_a_name_in_another_script_inside_english_is_masked() -> None:
    (made,) = anonymise_texts(["The parcel for Иван Петров was left with the neighbour on Monday."])
    assert "[OTHER_SCRIPT]" in made.text and made.text.isascii()


def test_a_recogniser_that_fails_lets_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str, reading: object) -> Iterator[Found]:
        raise ValueError(text)

    from workbench.privacy.anonymisation import engine
    from workbench.privacy.anonymisation.recognisers import cards

    engine._analyzer.cache_clear()
    monkeypatch.setattr(cards, "find", broken)
    try:
        with pytest.raises(EngineError, match="cards failed") as caught:
            anonymise_texts([LETTER])
    finally:
        engine._analyzer.cache_clear()
    assert "Maria" not in caught.value.message


def test_nothing_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.privacy.anonymisation import engine

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    engine._analyzer.cache_clear()
    assert "[EMAIL]" in anonymise_texts(["Mail jo@mail.example.co.uk"])[0].text


def test_the_gate_refuses_texts_above_its_share() -> None:
    clean = ["The meeting was moved.", "Revenue rose by four percent."]
    assert check_texts(clean).ok
    assert not check_texts([*clean, LETTER], most_share=0.3).ok
    assert run_check(CHECK, [*clean, LETTER], most_share=0.5).ok
    with pytest.raises(InputError):
        check_texts([])
    with pytest.raises(InputError, match="no such kind"):
        check_texts(clean, kinds=["NAME"])


def test_overlaps_lose_nothing() -> None:
    text = "Jo Park Lane 5, Leeds"
    found = [Found(0, 7, "PERSON", 0.9, "a"), Found(3, 21, "ADDRESS", 0.8, "b")]
    assert [(f.kind, text[f.start : f.end]) for f in resolve(text, found)] == [
        ("PERSON", "Jo"),
        ("ADDRESS", "Park Lane 5, Leeds"),
    ]


def test_nothing_to_read_is_no_work_that_is_told() -> None:
    """A long run ended with "0 of 0 texts": of a notebook's cells, where there was no notebook."""
    for given, told in ((["", " \n"], 0), ([], 0), (["", "x"], 2)):
        heard: list[events.Event] = []
        with events.listening(heard.append, "progress"):
            assert detect(given) == [()] * len(given)
        assert len({event.data["state"] for event in heard} & {"started", "finished"}) == told


def test_an_unknown_recogniser_is_named() -> None:
    with pytest.raises(NotFoundError, match="cards"):
        detect(["x"], recognisers=["card"])
