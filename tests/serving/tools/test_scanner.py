"""The model's JSON, read as it grows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import EngineError
from workbench.serving.tools.scanner import Scanner


def joined(text: str, size: int) -> list[tuple[str, str]]:
    """What is read of a text that comes in pieces of a size, parts of one kind put together."""
    scanner = Scanner()
    found: list[tuple[str, str]] = []
    for start in range(0, len(text), size):
        for kind, part in scanner.feed(text[start : start + size]):
            if kind != "tool" and found and found[-1][0] == kind:
                found[-1] = (kind, found[-1][1] + part)
            else:
                found.append((kind, part))
    return found


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"tool": "f", "arguments": {"x": "}\\"{", "y": [1, {}]}}',
         [("tool", "f"), ("arguments", '{"x": "}\\"{", "y": [1, {}]}')]),
        ('[{"tool": "f", "arguments": {}}, {"tool": "g", "arguments": {"a": 1}}]',
         [("tool", "f"), ("arguments", "{}"), ("tool", "g"), ("arguments", '{"a": 1}')]),
        ('{"answer": "a\\n\\"b\\" \\u00e9 \\ud83d\\ude00 \\/ \\\\"}',
         [("answer", 'a\n"b" é 😀 / \\')]),
        ('{"answer": {"a": [1, "x"]}}', [("answer", '{"a": [1, "x"]}')]),
        ('{"answer": 12.5}', [("answer", "12.5")]),
        ('{"answer": "\\ud83d x \\ude00"}', [("answer", "\ufffd x \ufffd")]),
        ('{"answer": ""}', []),
        ('{\n "tool" : "f" ,\n "arguments" : {} }\n', [("tool", "f"), ("arguments", "{}")]),
    ],
)  # fmt: skip
def test_what_is_read(text: str, found: list[tuple[str, str]], size: int) -> None:
    assert joined(text, size) == found


def test_nothing_waits_for_the_end() -> None:
    scanner = Scanner()
    assert scanner.feed('{"tool": "f"') == [("tool", "f")]
    assert scanner.feed(', "arguments": {"a": "b') == [("arguments", '{"a": "b')]
    assert scanner.feed("c") == [("arguments", "c")]
    scanner = Scanner()
    assert scanner.feed('{"answer": "so') == [("answer", "so")]


@pytest.mark.parametrize(
    "text", ["Hello", '{"tool": "f", "extra": 1}', "[1]", '{"tool" "f"}', "{tool: 1}"]
)
def test_what_is_not_the_json_that_was_asked_for(text: str) -> None:
    with pytest.raises(EngineError):
        Scanner().feed(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), VALUES), st.text(), st.integers(1, 9), st.booleans())
def test_any_call_is_read_back(
    arguments: dict[str, Any], name: str, size: int, ascii_only: bool
) -> None:
    text = json.dumps({"tool": name, "arguments": arguments}, ensure_ascii=ascii_only)
    found = joined(text, size)
    assert found[0] == ("tool", name)
    assert json.loads(found[1][1]) == arguments
    text = json.dumps({"answer": name}, ensure_ascii=ascii_only)
    assert "".join(part for _, part in joined(text, size)) == name
