"""Signed JSON: our bytes against the package ``rfc8785``, and what may not be signed."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.edge.device import canonical
from workbench.edge.device.faults import Fault

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_the_bytes_are_those_of_rfc_8785_and_come_back(value: object) -> None:
    data = canonical.dump(value)
    assert data == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert canonical.load(data, "it") == value


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53, {"ä": 1}, {"a": [0.0]}, b"x", "\ud800"]
)
def test_what_readers_could_take_for_another_thing_is_not_signed(value: object) -> None:
    with pytest.raises(Fault) as caught:
        canonical.dump(value)
    assert caught.value.code == "input"


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',  # a space
        b'{"b":1,"a":2}',  # another order
        b'{"a":1,"a":1}',  # said twice
        b'{"a":1.0}',
        b'"\\u0061"',  # escaped for nothing
        b"[" * 100_000,
        b"{",
        b"\xff",
        b"NaN",
        b'{"a":1}\n',
    ],
)
def test_bytes_in_another_form_are_damaged(data: bytes) -> None:
    with pytest.raises(Fault) as caught:
        canonical.load(data, "the manifest")
    assert caught.value.code == "integrity"
    assert "the manifest is damaged" in caught.value.message
