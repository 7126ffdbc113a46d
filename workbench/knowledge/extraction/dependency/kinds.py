"""One kind for one name of a passage: by what is said of it, then by what the model sees oftenest.

The small model takes *Ostwick* for a person in one sentence and for a place in the next. Who was
born is a person, and where somebody was born is a place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .reading import Found

KINDS = {
    "PERSON": "person",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "ORG": "organisation",
    "WORK_OF_ART": "work",
    "EVENT": "event",
    "NORP": "group",
    "LANGUAGE": "language",
    "PRODUCT": "product",
}
"""What spaCy's labels of names are called here; times and numbers are no names."""

_SAID = 1000  # more than a passage has names: what is said goes before what is seen
_SUBJECTS = {
    "born_in": "person", "died_in": "person", "born_on": "person", "died_on": "person",
    "spouse_of": "person", "child_of": "person", "nationality": "person", "capital_of": "place",
}  # fmt: skip
_OBJECTS = {
    "born_in": "place", "died_in": "place", "capital_of": "place", "spouse_of": "person",
    "child_of": "person",
}  # fmt: skip


def kinds_of(names: Iterable[Any], found: Iterable[Found]) -> Mapping[str, str]:
    """The kind of each name, by its text.

    Args:
        names: spaCy's spans of names.
        found: What the rules found in the passage.
    """
    votes: dict[str, Counter[str]] = {}
    for each in names:
        if each.label_ in KINDS:
            votes.setdefault(bare(each).text, Counter())[KINDS[each.label_]] += 1
    for one in found:
        for phrase, kinds in ((one.subject, _SUBJECTS), (one.object, _OBJECTS)):
            if one.relation in kinds and phrase.text in votes:
                votes[phrase.text][kinds[one.relation]] += _SAID
    return {text: told.most_common(1)[0][0] for text, told in votes.items()}


def bare(name: Any) -> Any:
    """A name's span without its article."""
    return name[1:] if name[0].lower_ in {"the", "a", "an"} and len(name) > 1 else name
