"""Comparisons: on one scale, with differences of what both have."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.studio import compare, saliency
from workbench.studio.widgets.saliency import WHOLE

from .conftest import TARGET, make

ONE = ("The", " capital", " of", " France", " is")
TWO = ("The", " old", " capital", " of", " Italy", " is")


def test_parts_that_read_the_same_are_set_against_each_other() -> None:
    one, two = make(ONE, seed=1), make(TWO, seed=2)
    shown = compare(one, two)
    said = [(sign, where) for sign, where, _ in shown.differences(WHOLE)]
    assert said == [
        ("The", "both"), ("·old", "second prompt"), ("·capital", "both"), ("·of", "both"),
        ("·France", "first prompt"), ("·Italy", "second prompt"), ("·is", "both"),
    ]  # fmt: skip
    values = [value for _, _, value in shown.differences(0)]
    a, b = saliency(one).of(0), saliency(two).of(0)
    assert np.allclose(
        values, [b[0] - a[0], b[1], b[2] - a[1], b[3] - a[2], a[3], b[4], b[5] - a[4]]
    )


def test_both_and_their_differences_share_one_scale() -> None:
    one = make(ONE, scores=np.full((5, 5), 1.0))
    shown = compare(one, make(ONE, scores=np.full((5, 5), -2.0)))
    assert shown.limit(0) == 6.0  # two pieces together: -4 less 2
    assert shown.limit(0) == shown.limit(1)
    assert shown.limit(WHOLE) == 15.0
    assert f"{shown.names[1]} less {shown.names[0]}" in shown.html()
    assert "−15.00" in shown.html()


def test_what_was_held_on_both_sides_has_no_difference() -> None:
    held = (True, False, False, False, False)
    one, two = make(ONE, held=held), make(ONE, seed=5, held=held)
    shown = compare(one, two)
    assert shown.held == (0,)
    assert shown.html().count("<small>held</small>") == 3 * (1 + len(shown.one.targets))
    assert shown.svg().count(">held<") == 3
    assert compare(one, make(ONE, seed=5)).held == ()


def test_names_say_what_differs() -> None:
    one = make()
    assert compare(one, make(model="other")).names == ("made", "other")
    other = dataclasses.replace(one, method="occlusion")
    assert compare(one, other).names == ("integrated gradients", "occlusion")
    assert compare(one, one, names=("a", "b")).title == "a and b"
    with pytest.raises(InputError, match="both are called"):
        compare(one, one, names=("a", "a"))


def test_answers_of_other_tokens_are_compared_as_a_whole() -> None:
    shown = compare(make(ONE), make(ONE, (*TARGET, "!")))
    assert not shown.shares_targets
    assert "only the whole answers are compared" in shown.html()
    ET.fromstring(shown.svg())
    with pytest.raises(InputError, match="cut into different tokens"):
        shown.to_svg(target=0)
    with pytest.raises(InputError, match="there is no target"):
        compare(make(ONE), make(TWO)).to_svg(target=9)


def test_the_picture_and_the_words_have_the_differences() -> None:
    shown = compare(make(ONE, seed=1), make(TWO, seed=2))
    root = ET.fromstring(shown.to_svg(target=0))
    said = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    for _, _, value in shown.differences(0):
        assert f"{'+' if value > 0 else '−'}{abs(value):.2f}" in said
    assert any("·old" in text and "only" in text for text in said)
    assert "(second prompt only)" in compare(make(ONE), make(TWO)).text()
