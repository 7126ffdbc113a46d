"""What holds of the relations that the extractors know, by what their names mean.

It is a start, and a user takes away what a collection does not bear out. The relations are defined
in the guidelines of the frozen sets of ``evaluation``; since ``located_in`` holds there of a town
and its river as well, ``whereabouts`` ends a chain at waters and mountains.
"""

from __future__ import annotations

from functools import cache

from .rules import Rule, parse_rule

_RULES = (
    "capital_of(x, y) -> located_in(x, y)",
    "located_in(x, y) & located_in(y, z) -> located_in(x, z)",
    "part_of(x, y) & part_of(y, z) -> part_of(x, z)",
    "borders(x, y) -> borders(y, x)",
    "spouse_of(x, y) -> spouse_of(y, x)",
    "born_in(x, y) & located_in(y, z) -> born_in(x, z)",
    "died_in(x, y) & located_in(y, z) -> died_in(x, z)",
)
_CONSTRAINTS = (
    "born_on(x, y) & born_on(x, z) -> y = z",
    "died_on(x, y) & died_on(x, z) -> y = z",
    "founded_on(x, y) & founded_on(x, z) -> y = z",
    "born_in(x, y) & born_in(x, z) -> y = z",
    "died_in(x, y) & died_in(x, z) -> y = z",
    "has_population(x, y) & has_population(x, z) -> y = z",
    "capital_of(x, y) & capital_of(z, y) -> x = z",
    "born_on(x, y) & died_on(x, z) -> y <= z",
    "child_of(x, y) & child_of(y, x) -> never",
    "child_of(x, y) & spouse_of(x, y) -> never",
    "located_in(x, y) & located_in(y, x) -> never",
    "part_of(x, y) & part_of(y, x) -> never",
    "is_a(x, y) & is_a(y, x) -> never",
)
NARROWING = ("located_in", "part_of", "also_known_as")
"""What one of these joins does not contradict each other: Paris and France, NY and New York."""


@cache
def vocabulary_rules() -> tuple[Rule, ...]:
    """The rules and constraints, each in canonical form."""
    return tuple(parse_rule(text) for text in (*_RULES, *_CONSTRAINTS))
