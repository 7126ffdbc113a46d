"""Bytes become the text that they were, whatever the encoding, or are refused."""

from __future__ import annotations

import codecs

import pytest

from workbench.core.errors import DataError
from workbench.knowledge.readers.decoding import declared_in, decode

FRENCH = "Le café de Genève est très agréable. Müller wohnt in Zürich."
RUSSIAN = "Привет, мир. Москва столица России. Ада Лавлейс родилась в Лондоне."
POLISH = (
    "Łódź jest miastem w Polsce, a Kraków też. Gdańsk leży nad morzem. Wisła jest najdłuższą rzeką "
    "w kraju."
)
JAPANESE = (
    "東京は日本の首都です。大阪も大きい都市で、多くの人が住んでいます。京都には古い寺がたくさん"
    "あり、毎年多くの観光客が訪れます。日本語の文章はひらがなとカタカナと漢字で書かれます。"
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "utf-8"),
        (FRENCH, "cp1252"),
        ("naïve café", "latin-1"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (POLISH, "cp1250"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (FRENCH, "utf-16-le"),
        (FRENCH, "utf-16-be"),
    ],
)
def test_text_is_what_it_was(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_a_mark_is_believed_and_is_no_character(mark: bytes, encoding: str) -> None:
    assert decode(mark + RUSSIAN.encode(encoding))[0] == RUSSIAN


def test_a_mark_that_lies_is_refused() -> None:
    with pytest.raises(DataError, match="its mark says utf-8-sig"):
        decode(codecs.BOM_UTF8 + b"\xff\xff")


def test_what_a_file_says_of_itself_comes_first() -> None:
    page = '<html><meta charset="koi8-r"><p>' + RUSSIAN
    content = page.encode("koi8-r")
    assert decode(content, declared=declared_in(content, kind="html"))[0] == page
    code = f"# -*- coding: cp1251 -*-\nx = '{RUSSIAN}'"
    content = code.encode("cp1251")
    assert decode(content, declared=declared_in(content, kind="code")) == (code, "cp1251")
    assert declared_in(b"x = 1\ny = 2\n# coding: latin-1", kind="code") is None


def test_an_encoding_that_is_none_is_passed_over() -> None:
    content = '<meta charset="no-such-thing">é'.encode()
    assert decode(content, declared=declared_in(content, kind="html"))[1] == "utf-8"


@pytest.mark.parametrize("content", [bytes(range(256)) * 8, b"\x7fELF\x02\x01\x01" + bytes(400)])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(DataError):
        decode(content)


def test_nothing_is_text() -> None:
    assert decode(b"") == ("", "utf-8")
