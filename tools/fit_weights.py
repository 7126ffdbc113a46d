"""Fit the weights of the signs of a name or of a place on the development documents.

    .venv/bin/python tools/fit_weights.py names|places [--alone] [--check] [--cache FILE]

Each run of capitals (each place) of the documents is one case: in favour where a PERSON (LOCATION)
label touches it, against where no label does; what another label touches is left out. Documents are
those of the sets that have been read and tuned on (tests/privacy/frozen to frozen_7), each of
another hand, and those of tests/privacy/development; what would be withheld is left out. With
``--alone`` the lists of ``anonymisation.lists`` are not read, for where they cannot be had. With
``--check`` nothing is written: weights come from all sets but one, and what they reach on that one
is printed beside what they reach where it was fitted too.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.privacy.anonymisation.measure import (
    Row,
    labels_of,
    read_readings,
    read_rows,
    shape_of,
)
from tests.privacy.development.make_documents import make_rows
from workbench.privacy.anonymisation.findings import LEAST_SCORE
from workbench.privacy.anonymisation.lists import making, using
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.recognisers import (
    candidates,
    evidence,
    names,
    place_evidence,
    places,
)
from workbench.privacy.anonymisation.true_case import with_capitals
from workbench.privacy.anonymisation.writing import why_unreadable

SETS = (
    "frozen/pii_documents.jsonl.gz",
    "frozen_2/pii_documents_2.jsonl.gz",
    "frozen_3/pii_documents_3.jsonl.gz",
    "frozen_4/pii_documents_4.jsonl.gz",
    "frozen_5/pii_documents_5.jsonl.gz",
    "frozen_6/pii_documents_6.jsonl.gz",
    "frozen_7/pii_documents_7.jsonl.gz",
)
TESTS = Path(__file__).parents[1] / "tests" / "privacy"
LEAST_SEEN = 12
STRENGTH = 0.3  # of the penalty's inverse: signs of one shape alone shall not weigh much
Case = tuple[frozenset[str], int, str]
Span = tuple[int, int, frozenset[str], bool]


def spans_of(what: str, view: str, reading: Reading) -> Iterator[Span]:
    """What may be a name or a place in a text, with its signs.

    The last is whether an everyday word stands at its edge: then it is a name only if that word is
    a part of it.
    """
    if what == "names":
        page = evidence.Page.of(view, reading)
        for each in candidates.candidates_of(view, reading.proper):
            everyday = {each.classes[0], each.classes[-1]} & set("DNM")
            yield each.start, each.end, frozenset(evidence.signs_of(each, page)), bool(everyday)
    else:
        around = place_evidence.Page.of(view, reading)
        for place in places.candidates_of(view, reading):
            signs = frozenset(place_evidence.signs_of(place, around))
            yield place.start, place.end, signs, False


def cases_of(what: str, rows: Sequence[Row], cache: Path | None) -> Iterator[Case]:
    """The signs of each candidate, whether it is one, and its shape."""
    wanted = "PERSON" if what == "names" else "LOCATION"
    views = [with_capitals(row["text"]) for row in rows]
    readings = read_readings(views, cache)
    for row, view in zip(rows, views, strict=True):
        labels = labels_of(row)
        for start, end, signs, whole in spans_of(what, view, readings[view]):
            touched = {lab.kind for lab in labels if lab.start < end and start < lab.end}
            if not touched or wanted in touched:
                meant = [lab for lab in labels if lab.kind == wanted]
                inside = any(lab.start <= start < lab.end for lab in meant)
                inside = inside and any(lab.start < end <= lab.end for lab in meant)
                right = inside if whole else wanted in touched
                yield signs, int(right), shape_of(row)


def fit(cases: Sequence[Case]) -> dict[str, float]:
    """Weights by logistic regression; a sign must be seen in three shapes at least."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    shapes: dict[str, set[str]] = {}
    for signs, _, shape in cases:
        for sign in signs:
            shapes.setdefault(sign, set()).add(shape)
    seen = Counter(sign for signs, _, _ in cases for sign in signs)
    kept = {sign for sign in seen if seen[sign] >= LEAST_SEEN and len(shapes[sign]) > 2}
    vectors = DictVectorizer()
    matrix: Any = vectors.fit_transform([dict.fromkeys(signs & kept, 1) for signs, _, _ in cases])
    model = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=2000)
    model.fit(matrix, [case[1] for case in cases])
    weights = zip(vectors.get_feature_names_out(), model.coef_[0], strict=True)
    return {sign: round(float(weight), 3) for sign, weight in weights if abs(weight) >= 0.02}


def tell(cases: Sequence[Case], weights: dict[str, float], in_favour: float) -> str:
    """Recall and false share of cases at the least score."""
    hit = wrong = 0
    for signs, right, _ in cases:
        total = sum(weights.get(sign, 0.0) for sign in signs)
        said = 1 / (1 + math.exp(-total - in_favour)) >= LEAST_SCORE
        hit += said and right == 1
        wrong += said and right == 0
    of = sum(case[1] for case in cases)
    return f"recall {hit / of:.4f}, false {wrong / (hit + wrong):.4f} ({len(cases)} cases)"


def read_sets() -> dict[str, list[Row]]:
    """The documents of each set that would be written out, the sets by their folder's name."""
    sets = {name.partition("/")[0]: read_rows(TESTS / name) for name in SETS}
    sets["development"] = list(make_rows())
    return {
        name: [row for row in rows if not why_unreadable(with_capitals(row["text"]))]
        for name, rows in sets.items()
    }


def check(cases: dict[str, list[Case]], in_favour: float) -> None:
    """Fit on all sets but one, tell of that one."""
    everything = fit([case for said in cases.values() for case in said])
    for name, left_out in cases.items():
        weights = fit([case for other, said in cases.items() if other != name for case in said])
        print(name, "fitted too:", tell(left_out, everything, in_favour))
        for shift in (-0.5, 0.0, 0.5):
            print(
                f"  left out, {in_favour + shift:+.2f}:", tell(left_out, weights, in_favour + shift)
            )


def main(arguments: Sequence[str]) -> int:
    """Fit, tell and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("names", "places"))
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cache", type=Path)
    asked = parser.parse_args(arguments)
    module = names if asked.what == "names" else places
    if asked.alone:
        using.take(making.Lists(), using.ListsUsed(False))
    elif not using.lists_in_use().there:
        return 1
    sets = {
        name: list(cases_of(asked.what, rows, asked.cache)) for name, rows in read_sets().items()
    }
    if asked.check:
        check(sets, module.IN_FAVOUR)
        return 0
    cases = [case for said in sets.values() for case in said]
    weights = fit(cases)
    print("on what they were fitted to:", tell(cases, weights, module.IN_FAVOUR))
    text = json.dumps(weights, indent=0, sort_keys=True) + "\n"
    module.WEIGHTS[not asked.alone].write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
