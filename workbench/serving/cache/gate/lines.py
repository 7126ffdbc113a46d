"""A sentence's tokens as words: numbers as ``#value`` with their unit, literals as ``~place``."""

from __future__ import annotations

from .closed_words import (
    DROPPED,
    JOINED,
    LINKS,
    MODALS,
    NEGATORS,
    PERSONS,
    QUANTIFIERS,
    TENSES,
    TIMES,
)
from .numbers import read_digits, read_words, split_glued, to_number, unit_of
from .synonyms import spellings
from .tokens import Token
from .words import words

_CLOSED = frozenset(
    (*DROPPED, *MODALS, *TENSES, *PERSONS, *QUANTIFIERS, *NEGATORS, *LINKS, *JOINED, *TIMES)
)
# Short names of units that are nothing else, so that they hold without a number too.
_ANYWHERE = {short: unit_of(short) for short in words("short_units")}


def spelling(word: str) -> str:
    return spellings().get(word, word)


def to_line(sentence: list[Token], literals: list[str]) -> list[str]:
    """The sentence's words: numbers as ``#value``, literals as ``~place``."""
    line: list[str] = []
    place = 0
    while place < len(sentence):
        token = sentence[place]
        if token.kind == "literal":
            line.append(f"~{len(literals)}")
            literals.append(token.text)
            place += 1
            continue
        if token.kind == "number" or token.text[0].isdigit():
            place = _digits(sentence, place, line)
            continue
        spelled = read_words(sentence, place) if token.kind == "word" else None
        if spelled is not None and not _is_pronoun(sentence, place, spelled[1]):
            number, behind = spelled
            line.append(f"#{number.value}{'o' if number.kind == 'ordinal' else ''}")
            place = _unit(sentence, behind, line)
            continue
        line.append(_word(token))
        place += 1
    return line


def _word(token: Token) -> str:
    """A word as it is read; with a capital a closed word is a name: WHO, Will, May, The Band."""
    if token.capital and token.text in _CLOSED:
        return f"{token.text}^"
    return _ANYWHERE.get(token.text) or spelling(token.text)


def _digits(sentence: list[Token], place: int, line: list[str]) -> int:
    text = sentence[place].text
    glued = None if read_digits(text) else split_glued(text)
    if glued is not None:
        text = glued[0]
    found = read_digits(text)
    if found is None:
        line.append(f"#{text}")
        return place + 1
    number, currency = found
    value, place = number.value, place + 1
    if place < len(sentence) and number.kind == "count":
        scale = read_scale(sentence[place].text)
        if scale is not None:
            value, place = to_number(float(value) * scale).value, place + 1
    suffix = {"ordinal": "o", "decade": "d"}.get(number.kind, "")
    line.append(f"#{value}{suffix}")
    if currency is not None:
        line.append(currency)
        return place
    if glued is not None:
        line.append(unit_of(glued[1]) or f"{glued[1]}.")
        return place
    return _unit(sentence, place, line)


def read_scale(word: str) -> int | None:
    """What a word multiplies the number before it with."""
    return {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}.get(word)


def _unit(sentence: list[Token], place: int, line: list[str]) -> int:
    """Add the long name of a unit behind a number, if there is a short one."""
    if place >= len(sentence):
        return place
    if sentence[place].text == "\u00b0" and place + 1 < len(sentence):
        place += 1
    text = sentence[place].text
    if text in ("am", "pm"):
        line.append(f"{text}.")  # "am" alone is a verb
        return place + 1
    name = unit_of(text)
    if name is None or (text == "in" and place + 1 < len(sentence)):
        return place
    line.append(name)
    return place + 1


def _is_pronoun(sentence: list[Token], place: int, behind: int) -> bool:
    """Whether ``one`` stands for a person or a thing, or ``second`` for a unit of time."""
    text = sentence[place].text
    if text == "second" and place and sentence[place - 1].text in ("a", "per", "each"):
        return True
    if text != "one" or behind != place + 1:
        return False
    before = sentence[place - 1].text if place else ""
    return before in ("do", "does", "can", "should", "this", "that", "which", "no", "the", "new")
