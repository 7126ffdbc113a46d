"""The scale: symmetric about 0, told by number and line too, and readable in both themes."""

from __future__ import annotations

import re

import pytest

from workbench.studio.markup import sheet
from workbench.studio.widgets import shades
from workbench.studio.widgets.shades import DARK, LEVELS, LIGHT, Theme


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_ink_is_readable_on_every_shade(theme: Theme) -> None:
    for step in range(-LEVELS, LEVELS + 1):
        assert shades.contrast(theme.ink, shades.shade(step, theme)) >= 4.5, step
    assert shades.contrast(theme.quiet, theme.paper) >= 4.5
    full = Theme(**{**theme.__dict__, "strength": 1.0})
    worst = min(shades.contrast(full.ink, shades.shade(s, full)) for s in (-LEVELS, LEVELS))
    assert worst < 4.5  # shades that are laid on too thick are seen


def test_the_scale_is_the_same_on_both_sides_and_centred_on_0() -> None:
    assert shades.shade(0, LIGHT) == LIGHT.paper
    for value in (0.0, 0.1, 0.55, 2.0):
        assert shades.level(value, 1.0) == -shades.level(-value, 1.0)
        assert shades.weight_px(value, 1.0) == shades.weight_px(-value, 1.0)
    assert shades.level(2.0, 1.0) == LEVELS
    widths = [shades.weight_px(step / 10, 1.0) for step in range(11)]
    assert widths == sorted(set(widths))  # the line alone tells sizes apart


def test_numbers_have_their_sign_and_say_what_is_no_number() -> None:
    assert shades.signed(0.424, 2) == "+0.42"
    assert shades.signed(-1.3, 2) == "−1.30"
    assert shades.signed(-0.001, 2) == "0.00"
    assert shades.signed(float("nan"), 2) == "n/a"
    assert shades.signed(float("-inf"), 2) == "−∞"
    assert shades.unsigned(0.5, 2) == "0.50"
    assert [shades.digits(x) for x in (0.0, 0.003, 0.4, 3.0, 250.0)] == [2, 5, 3, 2, 1]


def test_a_number_is_shortened_by_rounding_or_not_shown() -> None:
    assert shades.fitting(-0.456, 3, 5, sided=True) == "−0.46"
    assert shades.fitting(0.04, 3, 3, sided=True) == ""  # "+0" would say that it is none
    assert shades.fitting(0.0, 3, 3, sided=True) == "0.0"
    assert shades.fitting(12.5, 2, 3, sided=True) == "+12"
    assert shades.fitting(123.0, 2, 2, sided=False) == ""


def test_what_is_no_number_has_no_shade() -> None:
    for value in (float("nan"), float("inf")):
        assert shades.level(value, 1.0) == 0
    assert shades.level(3.0, 0.0) == 0


def test_the_style_sheet_has_the_same_figures() -> None:
    css = sheet("widgets")
    found = re.findall(r"--more: ([\d ]+);\s*--less: ([\d ]+);\s*--k: (\.\d+)", css)
    said = [
        (*(" ".join(str(int(c[i : i + 2], 16)) for i in (1, 3, 5)) for c in (t.more, t.less)),
         f"{t.strength:g}".removeprefix("0"))
        for t in (LIGHT, DARK, DARK)
    ]  # fmt: skip
    assert found == said
    tokens = sheet("tokens")
    for theme in (LIGHT, DARK):
        for name in ("paper", "ink", "quiet", "line"):
            assert f"--{name}: {getattr(theme, name)}" in tokens
