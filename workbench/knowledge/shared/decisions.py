"""Decisions: what people decided of entities, homonyms and rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.core.errors import InputError
from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.inference.rules import parse_rule
from workbench.store.documents import dump_document

from .statements import RELATION

# For each subject of a decision, what it may be: a pair is one or two, a name has a sense in a
# document, a rule holds or does not, a fact that documents say is wrong or right.
KINDS = ("pair", "sense", "rule", "fact")


@dataclass(frozen=True)
class Decision:
    """A decision about ``about``, two texts in order, and what it is.

    Attributes:
        kind: ``pair``: two entities; ``sense``: a name and a document; ``rule``: a rule's text;
            ``fact``: what documents say, at whatever time.
        about: The pair's keys, the name's key and the document, the rule and nothing, the fact's
            subject and its relation and object (``ada lovelace``, ``born_in london``).
        verdict: ``one`` or ``two``; the sense; ``holds`` or ``off``; ``wrong`` or ``right``.
        reason: Why.
    """

    kind: str
    about: tuple[str, str]
    verdict: str
    reason: str = ""

    def __post_init__(self) -> None:
        first, second = self.about
        if self.kind == "pair":
            first, second = sorted((name_key(first), name_key(second)))
            if first == second or self.verdict not in ("one", "two"):
                raise InputError(f"{first!r} and {second!r} cannot be {self.verdict!r}")
        elif self.kind == "sense":
            first = name_key(first)
            if not self.verdict.strip() or not second:
                raise InputError("a sense is of a name in a document")
        elif self.kind == "rule":
            first, second = parse_rule(first).text, ""
            if self.verdict not in ("holds", "off"):
                raise InputError(f"a rule holds or is off, and not {self.verdict!r}")
        elif self.kind == "fact":
            relation, _, thing = second.partition(" ")
            if not first.strip() or not thing.strip() or not RELATION.fullmatch(relation):
                raise InputError(
                    "a fact is a subject, and a relation and an object parted by a blank",
                    hint='["Ada Lovelace", "born_in London"]',
                )
            first, second = name_key(first), f"{relation} {name_key(thing)}"
            if self.verdict not in ("wrong", "right"):
                raise InputError(f"a fact is wrong or right, and not {self.verdict!r}")
        else:
            raise InputError(f"{self.kind!r} is no kind of decision", hint=", ".join(KINDS))
        object.__setattr__(self, "about", (first, second))

    @cached_property
    def key(self) -> str:
        """What it is about: of two decisions about one thing the later one holds."""
        said = dump_document((self.kind, self.about), what="a decision")
        return hashlib.sha256(said.encode()).hexdigest()

    def plain(self) -> dict[str, Any]:
        """It as plain data."""
        found = {"kind": self.kind, "about": list(self.about), "verdict": self.verdict}
        return found | ({"reason": self.reason} if self.reason else {})

    def __str__(self) -> str:
        first, second = self.about
        if self.kind == "pair":
            return f"{first} and {second} are {self.verdict}"
        if self.kind == "sense":
            return f"{first} in {second} is {self.verdict}"
        if self.kind == "fact":
            return f"that {first} {second} is {self.verdict}"
        return f"the rule {first} {'holds' if self.verdict == 'holds' else 'is off'}"


def read_decision(value: Mapping[str, Any]) -> Decision:
    """A decision from plain data. Raises InputError if it is none."""
    if not isinstance(value, Mapping) or {*value} - {"reason"} != {"kind", "about", "verdict"}:
        raise InputError(f"{value!r:.120} is no decision", hint="kind, about, verdict, reason")
    about = value["about"]
    texts = (value["kind"], value["verdict"], value.get("reason", ""))
    if not isinstance(about, (list, tuple)) or len(about) != 2:
        raise InputError("a decision is about two texts")
    if not all(isinstance(each, str) for each in (*texts, *about)):
        raise InputError(f"a decision's fields are texts: {value!r:.120}")
    return Decision(value["kind"], (about[0], about[1]), value["verdict"], value.get("reason", ""))
