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
    "is_married_to(x, y) -> is_married_to(y, x)",
    "is_married_to(x, y) -> spouse_of(x, y)",
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
    "reports_to(x, y) & reports_to(y, x) -> never",
    # Longer circles of what does not carry over; where it does, two facts and conclusions tell.
    "child_of(x, y) & child_of(y, z) & child_of(z, x) -> never",
    "reports_to(x, y) & reports_to(y, z) & reports_to(z, x) -> never",
    "is_a(x, y) & is_a(y, z) & is_a(z, x) -> never",
)
_ONE_VALUE = {
    0.9: "opened_on closed_on budget capacity height length width depth weight area",
    0.8: "is_married_to reports_to price cost fee rent salary turnover revenue headcount balance "
    "deposit limit target membership population temperature deadline launch_date release_date "
    "due_date opening_date closing_date costs takes_place_on amounts_to has_employees has_people "
    "has_members has_staff has_seats has_rooms has_beds has_students has_pupils has_volunteers "
    "has_inhabitants has_residents has_floors has_branches has_offices has_shops has_stores",
}
"""Relations that hold of one value at a time, by how sure that is: what changes with the years is
often written without its year."""
NARROWING = ("located_in", "part_of", "also_known_as")
"""What one of these joins does not contradict each other: Paris and France, NY and New York."""


@cache
def vocabulary_rules() -> tuple[Rule, ...]:
    """The rules and constraints, each in canonical form."""
    certain = (parse_rule(text) for text in (*_RULES, *_CONSTRAINTS))
    likely = (
        parse_rule(f"{name}(x, y) & {name}(x, z) -> y = z", confidence=confidence)
        for confidence, names in _ONE_VALUE.items()
        for name in names.split()
    )
    return (*certain, *likely, parse_rule("opened_on(x, y) & closed_on(x, z) -> y <= z"))
