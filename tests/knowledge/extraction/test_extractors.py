"""What the two first extractors find, and that nothing is kept that the passage does not say."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import InputError, NotFoundError
from workbench.knowledge.extraction.gazetteer import Entry, GazetteerExtractor, read_gazetteer
from workbench.knowledge.extraction.grounding import extract_grounded, ground
from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.extraction.patterns import PatternExtractor
from workbench.knowledge.extraction.protocol import (
    Alias,
    Assertion,
    Extraction,
    Mention,
    Passage,
)
from workbench.knowledge.extraction.registry import make_extractor, settings_of

TEXT = "Ada Lovelace was born in London."


def names(text: str, extractor: object = None) -> list[str]:
    found = (extractor or PatternExtractor()).extract(Passage(text))  # type: ignore[attr-defined]
    return [each.name or text[each.start : each.end] for each in found.mentions]


def said(text: str) -> list[tuple[str, str, str, str | None, str | None]]:
    return [
        (
            text[slice(*each.subject)],
            each.relation,
            text[slice(*each.object)],
            each.valid_from,
            each.valid_to,
        )
        for each in PatternExtractor().extract(Passage(text)).assertions
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She met Charles Babbage in London.", ["Charles Babbage", "London"]),
        ("The United Nations met. It was late.", ["United Nations"]),
        ("However, Émile de Zola wrote to Van der Waals.", ["Émile de Zola", "Van der Waals"]),
        ("In Paris's north", ["Paris"]),
        ("no names here, none", []),
        ("Apollo 11 flew.", ["Apollo 11"]),
    ],
)
def test_names_by_their_capitals(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (TEXT, ("Ada Lovelace", "born_in", "London", None, None)),
        (
            "Beirut is the capital and largest city of Lebanon.",
            ("Beirut", "capital_of", "Lebanon", None, None),
        ),
        (
            "The World Health Organization (WHO) was founded by the United Nations in 1948.",
            ("World Health Organization", "founded_by", "United Nations", "1948", "1948"),
        ),
        (
            "Jane Roe was president of Acme from 1990 to 1995.",
            ("Jane Roe", "president_of", "Acme", "1990", "1995"),
        ),
        (
            "John Doe has said so. John Doe became the mayor of Springfield since 2001.",
            ("John Doe", "mayor_of", "Springfield", "2001", None),
        ),
        ("Wilmslow is a small town in England.", ("Wilmslow", "located_in", "England", None, None)),
    ],
)
def test_what_is_said_in_so_many_words(
    text: str, fact: tuple[str, str, str, str | None, str | None]
) -> None:
    assert said(text) == [fact]


def test_code_mentions_nothing() -> None:
    assert PatternExtractor().extract(Passage(TEXT, "code")) == Extraction()


@given(st.text("AaBé .,()'’\n19oftheinwas-", max_size=200))
@settings(max_examples=200, deadline=None)
def test_all_that_the_patterns_find_is_grounded(text: str) -> None:
    found = PatternExtractor().extract(Passage(text))
    assert ground(text, found).ungrounded == 0


def test_the_filter_drops_what_does_not_stand_there() -> None:
    good = Assertion((0, 12), "born_in", (25, 31), (0, 31))
    kept = ground(
        TEXT,
        Extraction((Mention(0, 12), Mention(0, 12, name="Ada  Lovelace")), (), (good,)),
    )
    assert kept.ungrounded == 0
    assert [row[4:7] for row in kept.assertions] == [("born_in", "London", None)]
    assert [row[3] for row in kept.mentions] == ["Ada  Lovelace", "Ada Lovelace", "London"]
    bad: list[Mention | Alias | Assertion] = [
        Mention(0, 99),
        Mention(5, 5),
        Mention(-3, 2),
        Mention(0, 3, name="Alan Turing"),
        Mention(0, 3, confidence=1.5),
        Alias((0, 3), (40, 50)),
        dataclasses.replace(good, object=(25, 99)),
        dataclasses.replace(good, evidence=(0, 20)),
        dataclasses.replace(good, relation=""),
        dataclasses.replace(good, valid_from="last year"),
    ]
    for each in bad:
        parts = [tuple(x for x in [each] if isinstance(x, kind)) for kind in (Mention, Alias)]
        facts = tuple(x for x in [each] if isinstance(x, Assertion))
        dropped = ground(TEXT, Extraction(parts[0], parts[1], facts))  # type: ignore[arg-type]
        assert (dropped.ungrounded, dropped.mentions, dropped.assertions) == (1, (), ()), each


class _Many:
    name, version, names_from_list = "many", "1", False

    def extract(self, chunk: Passage) -> Extraction:
        raise AssertionError("asked one by one")

    def extract_many(self, passages: Sequence[Passage]) -> Iterable[Extraction]:
        return [Extraction((Mention(0, 3),))] * (len(passages) - self.short)

    short = 0


def test_an_extractor_of_many_is_asked_for_many_and_must_answer_each() -> None:
    many = _Many()
    assert len(extract_grounded(many, [Passage(TEXT), Passage("abc")])) == 2
    many.short = 1
    with pytest.raises(InputError, match="gave 1 results for 2 passages"):
        extract_grounded(many, [Passage(TEXT), Passage("abc")])


def test_a_gazetteer_calls_things_by_its_names() -> None:
    who = Entry("World Health Organization", "organisation", ("WHO", "Weltgesundheitsorganisation"))
    longer = Entry("World Health Organization Regional Office", "office")
    extractor = GazetteerExtractor([who, longer, Entry("IT", "field")])
    assert names("Who saw the WHO? It did, said the world health organization.", extractor) == [
        "World Health Organization",
        "World Health Organization",
    ]
    assert names("World  Health\nOrganization regional office", extractor) == [longer.name]
    kept = make_extractor("gazetteer", settings_of(extractor))
    assert kept.version == extractor.version
    assert GazetteerExtractor([who]).version != extractor.version


def test_a_gazetteer_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("# remark\nLondon\tplace\tLondinium | LDN\n\nAda\tperson\n", encoding="utf-8")
    assert read_gazetteer(path).entries == (
        Entry("Ada", "person"),
        Entry("London", "place", ("LDN", "Londinium")),
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"London\n", "line 1 .* has no kind"), (b"", "lists no names"), (b"\xff\xfe\tx", "no UTF-8")],
)
def test_a_bad_list_of_names_says_what_is_wrong(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "n").write_bytes(content)
    with pytest.raises(InputError, match=why) as caught:
        read_gazetteer(tmp_path / "n")
    assert caught.value.hint
    with pytest.raises(NotFoundError, match="there is no list"):
        read_gazetteer(tmp_path)


def test_an_extractor_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFoundError, match="patterns"):
        make_extractor("pattern")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The  World Health\nOrganization", "world health organization"),
        ("U.S.", "us"),
        ("U.S.A.", "usa"),
        ("Paris’s", "paris"),
        ("Ｆｕｌｌ width", "full width"),
        ("Müller", "müller"),
        ("AT&T", "at&t"),
        ("C++", "c++"),
        ("A", "a"),
        ("The", "the"),
        ("--", "--"),
    ],
)
def test_spellings_of_a_name_are_one_key(name: str, key: str) -> None:
    assert name_key(name) == key
    assert name_key(key) == key
