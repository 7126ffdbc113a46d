"""How far each rule is to be believed, from how often it was right on the development sets.

``right`` and ``wrong`` are counted on the 98 development sentences of the frozen sets (a label that
is optional counts as right). A rule that fired seldom says little about itself: its share is drawn
to the share of all, as if that had been seen in four more cases. The rules were written with these
sentences in sight, so the figures promise too much: on held-out sentences of the leads as they are
the mean confidence was .91 and the share of right facts .72, on those of named things .92 and .85
(docs/lab-log.md). They order the rules; they are no probabilities yet.
"""

from __future__ import annotations

from collections.abc import Mapping

COUNTS: Mapping[str, tuple[int, int]] = {
    "apposition": (1, 0),
    "apposition_name_last": (3, 1),
    "as_name": (1, 0),
    "between_dashes": (2, 0),
    "borders": (3, 0),
    "capital": (1, 0),
    "class_includes": (4, 0),
    "colon": (3, 1),
    "colon_category": (4, 0),
    "colon_part": (2, 0),
    "comma_place": (1, 1),
    "copula": (44, 7),
    "copula_reversed": (1, 0),
    "crosses": (2, 0),
    "crosses_part": (2, 0),
    "dated_work": (4, 0),
    "demonym": (6, 0),
    "designated": (2, 0),
    "event_noun": (3, 1),
    "happened": (4, 1),
    "home_to": (2, 0),
    "including": (6, 0),
    "known_deed": (3, 0),
    "known_for": (10, 0),
    "lies_in": (2, 0),
    "lies_in_part": (1, 0),
    "like": (5, 0),
    "list_of_kind": (0, 1),
    "made_active": (2, 1),
    "made_by": (3, 0),
    "made_examples": (1, 0),
    "made_when": (1, 0),
    "maker_noun": (3, 0),
    "member_noun": (2, 1),
    "member_taxon": (1, 0),
    "name_in_parentheses": (1, 0),
    "named_after": (1, 0),
    "office": (1, 0),
    "on_border": (2, 0),
    "other_name_cue": (15, 0),
    "owned_work": (1, 0),
    "part_noun": (1, 1),
    "place_in_place": (3, 0),
    "plays_for": (2, 0),
    "population": (2, 1),
    "predicate_in": (7, 0),
    "prize": (1, 0),
    "role": (2, 0),
    "short_form": (2, 0),
    "such_as": (15, 0),
    "union": (2, 0),
    "war": (2, 0),
    "whole_includes": (5, 1),
    "word_before_name": (1, 0),
    "work_by": (1, 0),
}
"""Right and wrong by rule; the test of the development sets counts them anew and compares."""

_PRIOR_CASES = 4
_RIGHT = sum(right for right, _ in COUNTS.values())
_WRONG = sum(wrong for _, wrong in COUNTS.values())
_SHARE = _RIGHT / (_RIGHT + _WRONG)


def confidence_of(rule: str) -> float:
    """The posterior mean of a rule's share of right facts, in (0, 1), to two places.

    >>> confidence_of("copula"), confidence_of("a rule that never fired")
    (0.87, 0.92)
    """
    right, wrong = COUNTS.get(rule, (0, 0))
    return round((right + _PRIOR_CASES * _SHARE) / (right + wrong + _PRIOR_CASES), 2)
