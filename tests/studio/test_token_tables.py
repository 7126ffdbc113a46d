"""Token tables: the pieces of a character come together, and nothing is told by colour alone."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.protocol import TokenLogprob
from workbench.studio import token_table
from workbench.studio.markup import sheet
from workbench.studio.token_tables import ShownToken, merge_pieces


def pieces(*texts: str) -> list[ShownToken]:
    return [ShownToken(text, -0.5) for text in texts]


def test_pieces_of_a_character_become_the_character() -> None:
    merged = merge_pieces(pieces("a", "\ufffd", "\ufffd", "b"), "aéb")
    assert [(token.text, token.pieces) for token in merged] == [("a", 1), ("é", 2), ("b", 1)]
    assert merged[1].logprob == -1.0


def test_pieces_at_the_end_and_without_the_text() -> None:
    assert [t.text for t in merge_pieces(pieces("a", "\ufffd", "\ufffd"), "a🙂")] == ["a", "🙂"]
    assert [t.text for t in merge_pieces(pieces("a", "\ufffd", "\ufffd"), None)] == [
        "a",
        "⟨2 bytes⟩",
    ]


@given(st.text(alphabet="abé🙂 ", min_size=1, max_size=12))
def test_merging_gives_back_the_text(text: str) -> None:
    split = [
        piece
        for letter in text
        for piece in ([letter] if letter.isascii() else ["\ufffd"] * len(letter.encode()))
    ]
    merged = merge_pieces(pieces(*split), text)
    assert "".join(token.text for token in merged) == text
    assert math.isclose(sum(token.logprob for token in merged), -0.5 * len(split))


def drawn() -> str:
    told = [
        TokenLogprob(1, " Paris", -0.01, ((" Paris", -0.01), (" <b>", -5.0))),
        TokenLogprob(2, ".", -6.0),
    ]
    return token_table(told).html()


def test_surprise_is_a_number_a_line_and_a_label() -> None:
    html = drawn()
    assert "<small>-0.01</small>" in html
    assert "<small>-6.00</small>" in html
    assert "log-probability -6.00, 0.2%" in html
    widths = [int(w) for w in re.findall(r"--w: (\d+)px", sheet("token_table"))]
    assert widths == sorted(set(widths))  # each level has a heavier line than the one before
    assert 'class="tok l0"' in html
    assert 'class="tok l4"' in html


def test_tokens_can_be_reached_by_keyboard_and_their_alternatives_read() -> None:
    html = drawn()
    assert html.count('tabindex="0"') == 2
    assert "alternatives: ·Paris -0.01, ·&lt;b&gt; -5.00" in html
    assert ".tok:focus + .others" in sheet("token_table")


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def colours(css: str, *, dark: bool) -> dict[str, str]:
    blocks = re.findall(r"([^{}]*)\{([^{}]*)\}", css)
    wanted = [body for head, body in blocks if ('="false"' in head) == dark and "--" in body]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-fA-F]{6})", wanted[0]))


@pytest.mark.parametrize("dark", [False, True])
def test_ink_is_readable_on_every_ground(dark: bool) -> None:
    tokens = colours(sheet("tokens"), dark=dark)
    grounds = colours(sheet("token_table"), dark=dark)
    for ground in grounds.values():
        assert contrast(tokens["ink"], ground) >= 4.5
    for text, ground in (("quiet", "raised"), ("quiet", "shade"), ("link", "raised")):
        assert contrast(tokens[text], tokens[ground]) >= 4.5, (text, ground)
    for kind in ("good", "bad", "mark"):
        assert contrast(tokens[kind], tokens[f"{kind}-back"]) >= 4.5, kind
    assert contrast("#999999", "#ffffff") < 4.5  # the measure itself can fail
