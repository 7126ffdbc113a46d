"""Each reader gives what a person would read, in blocks that say where they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.core.errors import DataError
from workbench.knowledge.readers.reading import Reading
from workbench.knowledge.readers.registry import READERS, reader_of


def read(name: str, content: str | bytes) -> Reading:
    reader = reader_of("." + name.partition(".")[2])
    assert reader is not None
    return reader.read(content.encode() if isinstance(content, str) else content)


def told(reading: Reading) -> list[tuple[str, str, dict[str, Any]]]:
    """Kind, text and place of each block."""
    return [(b.kind, reading.text[b.start : b.end], b.place) for b in reading.blocks]


MARKDOWN = """---
title: not read
---
# One

A *word* with a [link](http://x.example) and `code`.
Second line.

## Two

| Name | City |
|------|------|
| Ada  | London |

- first
- second

```python
def f():
    return 1
```
<!-- a remark -->
"""


def test_markdown_is_read_as_it_is_shown() -> None:
    assert told(read("a.md", MARKDOWN)) == [
        ("heading", "One", {"section": "One"}),
        ("text", "A word with a link and code. Second line.", {"section": "One"}),
        ("heading", "Two", {"section": "One > Two"}),
        ("text", "Name | City\nAda | London", {"section": "One > Two"}),
        ("text", "first", {"section": "One > Two"}),
        ("text", "second", {"section": "One > Two"}),
        ("code", "def f():\n    return 1", {"section": "One > Two"}),
    ]


def test_html_is_read_as_it_is_shown() -> None:
    page = """<html><head><title>T</title><style>p {}</style></head><body>
    <h1>Beirut</h1><p>Beirut is the
    capital of&nbsp;Lebanon.<br>It is old.</p><script>var a = "<p>no</p>";</script>
    <table><tr><th>a<th>b</tr><tr><td>1</td><td>2</td></tr></table>
    <pre>x = 1
      y</pre><h2>Next</h2><div>last &amp; least</body></html>"""
    assert told(read("a.html", page)) == [
        ("heading", "Beirut", {"section": "Beirut"}),
        ("text", "Beirut is the capital of Lebanon.\nIt is old.", {"section": "Beirut"}),
        ("text", "a | b\n1 | 2", {"section": "Beirut"}),
        ("code", "x = 1\n      y", {"section": "Beirut"}),
        ("heading", "Next", {"section": "Beirut > Next"}),
        ("text", "last & least", {"section": "Beirut > Next"}),
    ]


@pytest.mark.parametrize(
    "page",
    ["<p>open", "<p", "<![if x]><p>a", "&#xffffffff; &nosuch;", "<" * 500, "</p></b>" * 9, ""],
)
def test_broken_html_is_read_or_refused(page: str) -> None:
    try:
        read("a.html", page)
    except DataError as error:
        assert error.hint


def test_a_page_with_a_head_that_is_not_closed_is_not_lost() -> None:
    page = "<head><title>T</title><meta charset=utf-8><body><p>Seen.</p>"
    assert [text for _, text, _ in told(read("a.html", page))] == ["Seen."]


def test_plain_text_is_its_paragraphs() -> None:
    found = read("a.txt", "One\u00a0two.\r\nSame.\r\n \r\n\r\nThree\x07.\n")
    assert [text for _, text, _ in told(found)] == ["One two.\nSame.", "Three."]


@pytest.mark.parametrize("first", ["Vesper (cello)", "Ida Sommer: a short life", "Minutes, 3 May"])
def test_a_plain_texts_first_line_may_be_its_title(first: str) -> None:
    found = read("a.txt", f"\ufeff{first}\r\n\r\nVesper is of 1745.\n\nIt was stolen.\n")
    assert told(found) == [
        ("heading", first, {"section": first}),
        ("text", "Vesper is of 1745.", {"section": first}),
        ("text", "It was stolen.", {"section": first}),
    ]


@pytest.mark.parametrize(
    "first",
    [
        "Vesper was stolen.",
        "Dear Ida,",
        "Vesper\nof 1745",
        "name | age",
        "and so on",
        "1745",
        "A " * 30,
    ],
)
def test_a_first_line_that_is_no_title_is_text(first: str) -> None:
    found = read("a.txt", f"{first}\n\nIt was stolen.")
    assert {kind for kind, _, _ in told(found)} == {"text"}
    assert not any(kind == "heading" for kind, _, _ in told(read("a.txt", "Vesper (cello)\n")))


def test_a_notebook_is_its_sources() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Head\n", "Text."]},
        {"cell_type": "code", "source": "x = 1", "outputs": [{"text": "not read"}]},
        {"cell_type": "markdown", "source": "More."},
    ]
    assert told(read("a.ipynb", json.dumps({"cells": cells}))) == [
        ("heading", "Head", {"section": "Head", "cell": 1}),
        ("text", "Text.", {"section": "Head", "cell": 1}),
        ("code", "x = 1", {"section": "Head", "cell": 2, "line": 1}),
        ("text", "More.", {"section": "Head", "cell": 3}),
    ]
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["y = 2"]}]}]}
    assert [text for _, text, _ in told(read("a.ipynb", json.dumps(old)))] == ["y = 2"]


@pytest.mark.parametrize("content", ["{", "[]", '{"cells": 1}', '{"cells": [1]}', "[" * 100_000])
def test_what_is_no_notebook_is_refused(content: str) -> None:
    with pytest.raises(DataError, match="no notebook"):
        read("a.ipynb", content)


PYTHON = '''"""Doc."""
import os

class A:
    x = 1

    @property
    def m(self):
        return 1

    class B:
        async def n(self): ...

def f():
    def inner(): ...
    return inner
last = 1
'''


def test_python_is_its_functions_and_what_is_between() -> None:
    found = told(read("a.py", PYTHON))
    assert [(place.get("function"), place["line"]) for _, _, place in found] == [
        (None, 1),
        ("A.m", 7),
        (None, 11),
        ("A.B.n", 12),
        ("f", 14),
        (None, 17),
    ]
    assert found[1][1] == "    @property\n    def m(self):\n        return 1"
    joined = "\n".join(text for _, text, _ in found)
    assert [line for line in joined.split("\n") if line.strip()] == [
        line for line in PYTHON.split("\n") if line.strip()
    ]


def test_python_that_does_not_parse_is_cut_all_the_same() -> None:
    found = read("a.py", "def f(:\n  pass\n\ndef g():\n  pass\n")
    assert "its syntax" in found.note
    assert [place.get("function") for _, _, place in told(found)] == ["f", "g"]


def test_other_code_is_cut_where_something_begins() -> None:
    source = "use x;\n\npub fn a() {\n  1\n}\n\nstruct S {\n}\nint main(void)\n{\n}\n"
    found = told(read("a.rs", source))
    assert [place.get("function") for _, _, place in found] == [None, "a", "S", "main"]


def test_a_table_is_its_rows() -> None:
    found = read("a.csv", "name;city\nAda;London\n\nAlan;\nx;y;z\n")
    assert told(found) == [
        ("record", "name: Ada; city: London", {"row": 1, "about": "Ada"}),
        ("record", "name: Alan", {"row": 2, "about": "Alan"}),
        ("row", "name: x; city: y; column 3: z", {"row": 3}),
    ]
    assert found.note == "1 of 3 rows do not have the 2 fields of the first"
    quoted = read("a.csv", 'a,b\n"one, two","three\nfour"\n')
    assert [text for _, text, _ in told(quoted)] == ["a: one, two; b: three four"]
    assert [text for _, text, _ in told(read("a.tsv", "a\tb\n1,5\t2\n"))] == ["a: 1,5; b: 2"]


def test_a_quote_that_is_never_closed_is_refused() -> None:
    with pytest.raises(DataError, match="row 2 cannot be read"):
        read("a.csv", 'a,b\n1,2\n"' + "x" * 200_000)
    with pytest.raises(DataError, match="the first row cannot be read"):
        read("a.csv", '"' + "x" * 200_000)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_reader_bears_an_empty_file(reader: Any) -> None:
    try:
        assert reader.read(b"").text == ""
    except DataError as error:
        assert reader.name in ("notebook", "pdf") and f"no {reader.name}" in error.message.lower()


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.py", "a.csv", "a.txt", "a.rs"])
def test_blocks_are_in_order_apart_and_not_empty(name: str) -> None:
    texts = {"a.md": MARKDOWN, "a.py": PYTHON}
    reading = read(name, texts.get(name, "one,two\n\nthree, four\n\n<p>five</p>\n"))
    at = 0
    for block in reading.blocks:
        assert at <= block.start < block.end <= len(reading.text)
        assert reading.text[at : block.start].strip() == ""
        at = block.end
