"""Texts with slots, filled with the words of each group in turn."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import InputError, NotFoundError

from .swap_words import SwapWords

_A = re.compile(r"\b[Aa] $")
_VOWELS = "aeiouAEIOU"


@dataclass(frozen=True)
class Filled:
    """A template with the words of one group. ``unit`` says what it is compared within: the same
    words of the other groups, or the same template where a group has one word."""

    template: int
    unit: str
    group: str
    text: str


def read_templates(path: Path) -> list[str]:
    """The templates of a file, one a line; empty lines and those that ``#`` begins are passed over.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is not UTF-8 text.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}") from None
    except (IsADirectoryError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is not a text file: {error}", hint="one template a line"
        ) from None
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def fill_templates(templates: Sequence[str], words: SwapWords) -> list[Filled]:
    """Every template with the words of every group.

    Raises:
        InputError: There is no template, one has no slot, or a slot that the words do not have.
    """
    if not templates:
        raise InputError("there is no template to fill", hint=_form(words))
    return [
        filled
        for number, template in enumerate(templates, start=1)
        for filled in _fill(number, template, words)
    ]


def _fill(number: int, template: str, words: SwapWords) -> Iterator[Filled]:
    slots = _slots(number, template, words)
    listed = sorted({slot for slot in slots if words.length(slot) > 1}, key=slots.index)
    lengths = {words.length(slot) for slot in listed}
    if len(lengths) > 1:
        raise InputError(
            f"template {number} has slots with different numbers of words: {', '.join(listed)}",
            hint="use one of them, or give lists of the same length",
        )
    for place in range(max(lengths, default=1)):
        unit = f"{listed[0]} {place + 1}" if listed else f"template {number}"
        for group, by_slot in words.groups.items():
            chosen = {slot: by_slot[slot][place if len(by_slot[slot]) > 1 else 0] for slot in slots}
            yield Filled(number, unit, group, _write(template, chosen))


def _slots(number: int, template: str, words: SwapWords) -> list[str]:
    try:
        found = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise InputError(
            f"template {number} is not well formed: {error}", hint="write {{ for a brace"
        ) from None
    if not found:
        raise InputError(
            f"template {number} has no slot, so nothing would change: {template!r:.80}",
            hint=_form(words),
        )
    unknown = [name for name in found if name.lower() not in words.slots]
    if unknown:
        raise InputError(
            f"template {number} has the slot {{{unknown[0]}}}; for {words.by} there are "
            + ", ".join(f"{{{slot}}}" for slot in words.slots),
            hint=_form(words),
        )
    return [name.lower() for name in found]


def _write(template: str, chosen: dict[str, str]) -> str:
    """The text; a slot in capitals begins a sentence, and "a" becomes "an" before a vowel."""
    text = ""
    for literal, name, _, _ in string.Formatter().parse(template):
        text += literal
        if name is None:
            continue
        word = chosen[name.lower()]
        if _A.search(text) and word[0] in _VOWELS:
            text = f"{text[:-1]}n "
        text += word[0].upper() + word[1:] if name[0].isupper() else word
    return text


def _form(words: SwapWords) -> str:
    return f"as in: The {{{words.slots[0]}}} applied for a loan."
