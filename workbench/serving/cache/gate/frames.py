"""Ways of asking: wrappers that mean nothing, and questions that are the same in other words.

The rules stand in ``frames.toml`` beside this file, which says how they are written. Rewriting ends
in a sentence that may begin with what is asked, as ``@how`` or ``@what``. A rule says which words
it needs, so that most of them cost nothing.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources

from .voices import make_active

_MOST_WRAPPERS = 5  # "Hi, could you please tell me whether ..."


@dataclass(frozen=True)
class Rewrite:
    """One rule. ``needs`` are words of which the sentence must have one; none for any sentence."""

    pattern: re.Pattern[str]
    becomes: str
    needs: frozenset[str]


@dataclass(frozen=True)
class Frames:
    """All rules: wrappers are taken off as long as there are any, the others apply once each."""

    wrappers: tuple[Rewrite, ...]
    phrases: tuple[Rewrite, ...]
    fronted: re.Pattern[str]


@functools.cache
def _frames() -> Frames:
    text = resources.files(__package__).joinpath("frames.toml").read_text("utf-8")
    table = tomllib.loads(text)
    groups, rules = table["groups"], table["rules"]
    phrases = [*rules["phrases"].splitlines(), *rules["questions"].splitlines()]
    return Frames(
        tuple(_rule(line, groups) for line in rules["wrappers"].splitlines() if "::" in line),
        tuple(_rule(line, groups) for line in phrases if "::" in line),
        re.compile(_filled(rules["fronted"].strip(), groups)),
    )


def _rule(line: str, groups: dict[str, str]) -> Rewrite:
    needs, _, rest = line.partition(" :: ")
    pattern, _, becomes = rest.partition(" =>")
    return Rewrite(
        re.compile(_filled(pattern, groups)),
        f" {becomes.strip().replace('_', ' ')} ",
        frozenset(needs.split()) - {"*"},
    )


def _filled(pattern: str, groups: dict[str, str]) -> str:
    for name, group in groups.items():
        pattern = pattern.replace("{" + name + "}", group)
    return pattern.replace("_", " ")


def rewrite(sentence: str) -> str:
    """A sentence with what is asked at its beginning, or as it was."""
    frames = _frames()
    sentence = _strip(sentence)
    moved = frames.fronted.match(sentence)
    if moved is not None:
        sentence = _strip(f" {sentence[moved.end() :].strip()} {moved.group(1).strip()} ")
    sentence = make_active(sentence)
    words = set(sentence.split())
    for rule in frames.phrases:
        if rule.needs and words.isdisjoint(rule.needs):
            continue
        changed = rule.pattern.sub(rule.becomes, sentence)
        if changed != sentence:
            sentence = _spaced(changed)
            words = set(sentence.split())
    return sentence


def _strip(sentence: str) -> str:
    """A sentence without its wrappers."""
    for _ in range(_MOST_WRAPPERS):
        before, words = sentence, set(sentence.split())
        for rule in _frames().wrappers:
            if not rule.needs or not words.isdisjoint(rule.needs):
                sentence = rule.pattern.sub(rule.becomes, sentence, count=1)
        if sentence == before:
            break
        sentence = _spaced(sentence)
    return sentence


def _spaced(sentence: str) -> str:
    return " ".join(("", *sentence.split(), ""))
