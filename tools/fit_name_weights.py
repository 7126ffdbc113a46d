"""Fit the weights of the signs of a name on the development documents.

    .venv/bin/python tools/fit_name_weights.py [--half even|odd] [--out FILE]

Each run of capitals of the documents is one case: a person where a PERSON label touches it, none
where no label does; what another label touches is left out. With ``--half`` the weights come from
the shapes of one half alone, and what they reach on the other half is printed: a check that they
hold for documents of other shapes. The weights that are committed come from all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.privacy.anonymisation.measure import (
    DEVELOPMENT,
    Row,
    labels_of,
    read_readings,
    read_rows,
)
from workbench.privacy.anonymisation.findings import LEAST_SCORE
from workbench.privacy.anonymisation.recognisers import names
from workbench.privacy.anonymisation.recognisers.candidates import candidates_of
from workbench.privacy.anonymisation.recognisers.evidence import Page, signs_of
from workbench.privacy.anonymisation.true_case import with_capitals

LEAST_SEEN = 12
STRENGTH = 0.3  # of the penalty's inverse: signs of one shape alone shall not weigh much
Case = tuple[dict[str, int], int, str]


def cases_of(rows: Sequence[Row], cache: Path | None) -> Iterator[Case]:
    """The signs of each candidate, whether it is a person, and its shape."""
    views = [with_capitals(row["text"]) for row in rows]
    readings = read_readings(views, cache)
    for row, view in zip(rows, views, strict=True):
        labels = labels_of(row)
        page = Page.of(view, readings[view])
        for candidate in candidates_of(view):
            touched = {
                lab.kind
                for lab in labels
                if lab.start < candidate.end and candidate.start < lab.end
            }
            if not touched or "PERSON" in touched:
                signs = dict.fromkeys(signs_of(candidate, page), 1)
                yield signs, int("PERSON" in touched), row["id"].rpartition("-")[0]


def fit(cases: Sequence[Case]) -> dict[str, float]:
    """Weights by logistic regression; every shape counts the same, however often it was filled."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    shapes: dict[str, set[str]] = {}
    for signs, _, shape in cases:
        for sign in signs:
            shapes.setdefault(sign, set()).add(shape)
    seen = Counter(sign for signs, _, _ in cases for sign in signs)
    kept = {sign for sign in seen if seen[sign] >= LEAST_SEEN and len(shapes[sign]) > 2}
    vectors = DictVectorizer()
    matrix: Any = vectors.fit_transform([{s: 1 for s in c[0] if s in kept} for c in cases])
    model = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=2000)
    model.fit(matrix, [case[1] for case in cases])
    weights = zip(vectors.get_feature_names_out(), model.coef_[0], strict=True)
    return {sign: round(float(weight), 3) for sign, weight in weights if abs(weight) >= 0.02}


def tell(cases: Sequence[Case], weights: dict[str, float]) -> str:
    """Recall and false share of cases at the least score."""
    import math

    hit = wrong = 0
    for signs, person, _ in cases:
        total = sum(weights.get(sign, 0.0) for sign in signs)
        said = 1 / (1 + math.exp(-total - names.IN_FAVOUR)) >= LEAST_SCORE
        hit += said and person == 1
        wrong += said and person == 0
    persons = sum(case[1] for case in cases)
    return f"recall {hit / persons:.4f}, false {wrong / (hit + wrong):.4f} ({len(cases)} cases)"


def main(arguments: Sequence[str]) -> int:
    """Fit, tell and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--half", choices=("even", "odd"), default="")
    parser.add_argument("--out", type=Path, default=names._WEIGHTS)
    parser.add_argument("--cache", type=Path)
    asked = parser.parse_args(arguments)
    cases = list(cases_of(read_rows(DEVELOPMENT, asked.half), asked.cache))
    weights = fit(cases)
    print("on what they were fitted to:", tell(cases, weights))
    if asked.half:
        other = "odd" if asked.half == "even" else "even"
        rest = list(cases_of(read_rows(DEVELOPMENT, other), asked.cache))
        print("on the other half:", tell(rest, weights))
    asked.out.write_text(json.dumps(weights, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
