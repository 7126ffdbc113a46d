"""Words that are put in the place of each other: names, gender words, nationalities, religions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError

BUILT_IN = "swap_words.toml"


@dataclass(frozen=True)
class SwapWords:
    """The groups of one ``by``, with the words of each slot.

    ``groups`` go from a group to slot to words; all lists of a slot are equally long, and what
    stands at one place of them belongs together. A slot with one word for a whole group (a
    pronoun) has a list of one.
    """

    by: str
    name: str
    groups: Mapping[str, Mapping[str, tuple[str, ...]]]

    @property
    def slots(self) -> list[str]:
        """The names that a template may put in braces."""
        return list(next(iter(self.groups.values())))

    def length(self, slot: str) -> int:
        """The words that a slot has in each group."""
        return len(next(iter(self.groups.values()))[slot])


def read_swap_words(by: str, path: Path | None = None) -> SwapWords:
    """The words of one ``by``: ``gender``, ``origin``, ``nationality``, ``religion``, or what a
    file of the user's own names.

    Args:
        by: A table of the file.
        path: A TOML file: ``[BY.groups.GROUP]`` with a word, or a list of words, for each slot.

    Raises:
        NotFoundError: There is no such file or table.
        InputError: It is not of that form, or its lists do not fit together.
    """
    if path is None:
        name = BUILT_IN
        text = resources.files("workbench.fairness.language").joinpath(name).read_text("utf-8")
    else:
        name = path.name
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name} is not TOML: {error}", hint=f"edit {name}") from None
    if by not in tables:
        raise NotFoundError.among(f"group of words in {name}", by, tables)
    return SwapWords(by, name, _read_groups(tables[by], where=f"[{by}] of {name}"))


def _read_groups(table: Any, *, where: str) -> dict[str, dict[str, tuple[str, ...]]]:
    told = table.get("groups") if isinstance(table, dict) else None
    if not isinstance(told, dict) or len(told) < 2:
        raise InputError(
            f"{where} has {len(told or ())} groups; a swap needs at least two",
            hint='[gender.groups.female] name = ["Emily"], and another such table',
        )
    groups = {
        group: {slot: _words(words, f"{where}, {group}.{slot}") for slot, words in slots.items()}
        for group, slots in told.items()
    }
    shapes = {
        group: {slot: len(words) for slot, words in slots.items()}
        for group, slots in groups.items()
    }
    (first, shape), *others = shapes.items()
    for group, other in others:
        if other != shape:
            raise InputError(
                f"{where}: {group} has {other} words by slot, {first} has {shape}",
                hint="give every group the same slots with equally many words",
            )
    for slot, words in table.get("pronouns", {}).items():  # the same for all groups, by place
        alternating = _words(words, f"{where}, pronouns.{slot}")
        for slots in groups.values():
            longest = max(map(len, slots.values()))
            slots[slot] = tuple(alternating[at % len(alternating)] for at in range(longest))
    return groups


def _words(given: Any, where: str) -> tuple[str, ...]:
    words = (given,) if isinstance(given, str) else tuple(given or ())
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise InputError(f"{where} is an empty list, or one of it is no word", hint="give words")
    if len(set(words)) < len(words):
        raise InputError(f"{where} names a word twice", hint="once is enough")
    return words
