"""Parts: groups stay together, characters are never cut, and no score is lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import InputError
from workbench.studio.widgets.parts import add_up, merge

from .conftest import BROKEN


def test_pieces_of_a_character_are_one_part_with_all_their_ids() -> None:
    parts, places = merge(("a", f" {BROKEN}", BROKEN, "b"), (5, 6, 7, 8), text="a éb")
    assert [(part.text, part.ids) for part in parts] == [("a", (5,)), (" é", (6, 7)), ("b", (8,))]
    assert places == (0, 1, 1, 2)
    assert parts[1].sign == "·é"
    assert parts[1].name == "tokens 2 to 3, ids 6, 7"
    assert parts[2].name == "token 4, id 8"


def test_pieces_without_the_text_say_how_many_they_are() -> None:
    parts, _ = merge(("a", BROKEN, BROKEN, BROKEN), ())
    assert parts[1].sign == "⟨3\N{NO-BREAK SPACE}pieces⟩"


def test_a_group_that_ends_within_a_character_is_joined_with_the_next() -> None:
    tokens = ("one", " two", BROKEN, BROKEN, " x")
    parts, places = merge(tokens, (), groups=((0, 3), (3, 4), (4, 5)), text="one twoé x")
    assert [part.text for part in parts] == ["one twoé", " x"]
    assert places == (0, 0, 1)
    # A group may hold a whole character in its middle without touching its neighbours.
    parts, _ = merge(("a", BROKEN, BROKEN, "b"), (), groups=((0, 1), (1, 3), (3, 4)), text="aéb")
    assert [part.text for part in parts] == ["a", "é", "b"]


def test_scores_of_what_is_joined_are_added() -> None:
    scores = np.array([[1.0, 2.0, 4.0], [0.5, 0.25, 0.125]])
    assert add_up(scores, (0, 1, 1), axis=1).tolist() == [[1.0, 6.0], [0.5, 0.375]]
    assert add_up(scores, (0, 0), axis=0).tolist() == [[1.5, 2.25, 4.125]]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (((0, 1), (2, 3)), "cover all 3 tokens"),
        (((0, 2),), "cover all 3 tokens"),
        (((0, 1), (1, 1), (1, 3)), "empty"),
    ],
)
def test_groups_that_do_not_fit_are_refused(groups: tuple[tuple[int, int], ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        merge(("a", "b", "c"), (), groups=groups)
    with pytest.raises(InputError, match="3 tokens have 1 ids"):
        merge(("a", "b", "c"), (1,))


@given(st.text(alphabet="aé🙂 \n", min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_nothing_is_lost_whatever_is_grouped(text: str, random: object) -> None:
    tokens: list[str] = []
    for letter in text:
        tokens += [letter] if letter.isascii() else [BROKEN] * len(letter.encode())
    ends = sorted(
        {len(tokens), *(i for i in range(1, len(tokens)) if random.random() < 0.5)}  # type: ignore[attr-defined]
    )
    groups = tuple(zip([0, *ends[:-1]], ends, strict=True))
    parts, places = merge(tokens, tuple(range(len(tokens))), groups=groups, text=text)
    assert "".join(part.text for part in parts) == text
    assert [i for part in parts for i in part.ids] == list(range(len(tokens)))
    scores = np.arange(len(groups), dtype=float)
    assert add_up(scores, places, axis=0).sum() == scores.sum()
    assert len(add_up(scores, places, axis=0)) == len(parts)
