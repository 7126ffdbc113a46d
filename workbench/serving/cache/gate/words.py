"""The gate's word lists, read from ``words.toml`` beside this file."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources


@functools.cache
def _lists() -> dict[str, str]:
    text = resources.files(__package__).joinpath("words.toml").read_text("utf-8")
    return {name: str(value) for name, value in tomllib.loads(text).items()}


def words(name: str) -> frozenset[str]:
    """A list of words."""
    return frozenset(_lists()[name].split())


def groups(name: str) -> tuple[tuple[str, ...], ...]:
    """A list of groups of words, in their order."""
    return tuple(tuple(group.split()) for group in _lists()[name].split("|"))


def classes(name: str) -> dict[str, str]:
    """A list of pairs: a word and what it counts as."""
    return {word: kind for word, kind in groups(name)}  # noqa: C416 - dict() takes no tuple of any length
