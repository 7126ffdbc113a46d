"""Spaces by name: one form of each, and what lies in what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import InputError
from workbench.identity.spaces import around, check_space, is_inside


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("/", "/"),
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/knowledge/leads", "/knowledge/leads"),
        ("/a b/c.ipynb", "/a b/c.ipynb"),
        ("/caf\u0065\u0301", "/caf\u00e9"),  # as macOS writes it, and as everybody else does
        ("/a/...", "/a/..."),
    ],
)
def test_a_space_has_one_form(text: str, space: str) -> None:
    assert check_space(text) == space
    assert check_space(space) == space


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a/b", "//", "/a//b", "//a", "/a/.", "/a/../b", "/..", "/./a", "/a/..", "/a\\b",
        "/a/%2e%2e/b", "/a%2Fb", "/a\n", "/a\0b", "/a/ /b", "/a /b", "/ a", "/\u200bb", "/\ud800",
        "/" + "a" * 1000,
    ],
)  # fmt: skip
def test_what_could_be_written_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        check_space(text)


def test_what_lies_in_what() -> None:
    assert around("/a/b/c") == ("/a/b/c", "/a/b", "/a", "/")
    assert around("/") == ("/",)
    assert is_inside("/a/b", "/a")
    assert is_inside("/a", "/a")
    assert is_inside("/a", "/")
    assert not is_inside("/ab", "/a")
    assert not is_inside("/a", "/a/b")
    assert not is_inside("/", "/a")


PATHS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=4).map(lambda n: "/" + "/".join(n))


@given(PATHS, PATHS)
def test_around_and_inside_say_the_same(space: str, other: str) -> None:
    assert is_inside(space, other) == (other in around(space))
