"""Where words and sentences begin, whatever the tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import NotFoundError
from workbench.interpretability.attribution.groups import split_groups


def texts(tokens: list[str], kind: str) -> list[str]:
    return ["".join(tokens[a:b]) for a, b in split_groups(tokens, kind)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["The", " un", "seen", " cat", "."], ["The", " unseen", " cat", "."]),
        (["It", "'s", " well", "-", "known", "!"], ["It's", " well-known", "!"]),
        (["a", "\n", "\n", " b"], ["a", "\n\n b"]),
        ([" ", "x", " "], [" x", " "]),
        (["\ufffd", "\ufffd", "ber", " mut"], ["\ufffd\ufffdber", " mut"]),
        (["(", "a", ",", " b", ")"], ["(", "a", ",", " b", ")"]),
    ],
)
def test_words(tokens: list[str], words: list[str]) -> None:
    assert texts(tokens, "word") == words


@pytest.mark.parametrize(
    ("tokens", "sentences"),
    [
        (["One", ".", " Two", "!", " Three"], ["One.", " Two!", " Three"]),
        (["It", " is", " 3", ".", "5", "."], ["It is 3.5."]),
        (["He", " said", " “", "no", ".”", " Then"], ["He said “no.”", " Then"]),
        (["a", "\n", "b"], ["a\n", "b"]),
        (["no", " end"], ["no end"]),
    ],
)
def test_sentences(tokens: list[str], sentences: list[str]) -> None:
    assert texts(tokens, "sentence") == sentences


@given(
    st.lists(
        st.tuples(st.text(" ab.\n\ufffd’é", min_size=1, max_size=3), st.booleans()), min_size=1
    )
)
def test_groups_cover_all_tokens_in_order_and_are_held_as_a_whole(
    marked: list[tuple[str, bool]],
) -> None:
    tokens, held = [token for token, _ in marked], [one for _, one in marked]
    for kind in ("token", "word", "sentence"):
        groups = split_groups(tokens, kind, held=held)  # type: ignore[arg-type]
        assert [place for a, b in groups for place in range(a, b)] == list(range(len(tokens)))
        assert all(len(set(held[a:b])) == 1 for a, b in groups)


def test_an_unknown_kind_names_the_near_ones() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'word'"):
        split_groups(["a"], "words")  # type: ignore[arg-type]
