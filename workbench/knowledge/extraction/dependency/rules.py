"""All rules in their order, and what they give of a passage without doubles."""

from __future__ import annotations

from collections.abc import Iterator

from .addresses import find_place_chains
from .apposed import find_apposed
from .classes import find_classes
from .events import find_event_times
from .fame import find_fame
from .lists import find_lists
from .lives import find_languages, find_lives
from .modality import is_said
from .naming import find_namesakes, find_other_names
from .offices import find_nationality, find_offices
from .parts import find_parts
from .places import find_borders, find_capitals, find_locations, find_reversed
from .populations import find_populations
from .reading import Found, Passage, Rule
from .works import find_makers

RULES_VERSION = "4"
"""Raise it with every change of a rule: each passage is then looked at anew."""

RULES: tuple[Rule, ...] = (
    find_classes,
    find_apposed,
    find_lists,
    find_other_names,
    find_namesakes,
    find_locations,
    find_place_chains,
    find_reversed,
    find_borders,
    find_capitals,
    find_populations,
    find_parts,
    find_offices,
    find_nationality,
    find_makers,
    find_fame,
    find_lives,
    find_languages,
    find_event_times,
)


def find_all(passage: Passage, *, rules: tuple[Rule, ...] = RULES) -> Iterator[Found]:
    """What a passage says, each fact once; what it denies, doubts, supposes or asks is left out."""
    seen = set()
    for sentence in passage.doc.sents:
        for rule in rules:
            for found in rule(passage, sentence):
                subject = None if found.subject.is_topic else found.subject.text
                key = (sentence.start, subject, found.relation, found.object.text)
                if found.subject.head.i == found.object.head.i or key in seen:
                    continue
                if found.subject.text == found.object.text or not is_said(found):
                    continue
                seen.add(key)
                yield found
