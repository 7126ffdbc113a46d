"""The two lines of evidence and their bound, on tables that are made for it."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.knowledge.retrieval.evidence import FEATURES, EvidenceLines
from workbench.knowledge.retrieval.fitting import fit_logistic
from workbench.knowledge.retrieval.scoring import area_under
from workbench.knowledge.retrieval.training.evidence_lines import (
    bound_losing,
    judged_unseen,
    train_evidence,
)
from workbench.knowledge.retrieval.training.questions import Labelled

QUESTIONS = 240


def make_questions() -> tuple[np.ndarray, list[Labelled]]:
    """What speaks for an answer where one hop is asked speaks against it where two are."""
    generator = np.random.default_rng(4)
    table = np.zeros((QUESTIONS, len(FEATURES)))
    two, answered = np.arange(QUESTIONS) % 2 == 1, np.arange(QUESTIONS) % 4 < 2
    table[:, FEATURES.index("hops")] = np.where(two, 0.95, 0.05)
    sign = np.where(answered == two, -1.0, 1.0)
    table[:, FEATURES.index("said")] = sign * (1 + generator.random(QUESTIONS))
    questions = [
        Labelled(
            f"made-{number}",
            f"question {number}",
            "bridge" if two[number] else "single",
            "multi-hop" if two[number] else "fact",
            (1,) if answered[number] else (),
        )
        for number in range(QUESTIONS)
    ]
    return table, questions


def test_one_hop_and_two_have_lines_of_their_own() -> None:
    """The broken variant is one line for both: it cannot tell."""
    table, questions = make_questions()
    answered = np.array([bool(each.gold) for each in questions])
    unseen = judged_unseen(table, questions)
    assert area_under(unseen[answered], unseen[~answered]) > 0.95
    single = fit_logistic(table, answered, FEATURES, l2=0.03).chances(table)
    assert area_under(single[answered], single[~answered]) < 0.75


def test_the_bound_loses_a_twentieth_of_what_the_lines_had_not_seen() -> None:
    table, questions = make_questions()
    lines = train_evidence(table, questions)
    unseen = judged_unseen(table, questions)
    having = [
        [
            chance
            for chance, each in zip(unseen, questions, strict=True)
            if each.gold and each.two_hops == two
        ]
        for two in (False, True)
    ]
    lost = [float(np.mean(np.array(group) < lines.bound)) for group in having]
    assert 0.0 < np.mean(lost) <= 0.05
    assert lines.bound == bound_losing(0.05, *(np.array(group) for group in having))


@pytest.mark.parametrize(
    ("lost", "bound"),
    [(0.0, 0.1), (0.25, 0.4), (0.5, 0.7)],
)
def test_a_bound_weighs_groups_and_not_questions(lost: float, bound: float) -> None:
    few, many = np.array([0.1, 0.9]), np.array([0.4, 0.6, 0.7, 0.8])
    assert bound_losing(lost, few, many) == bound
    assert bound_losing(1.0, few, many) == 0.9


def test_the_chance_is_mixed_by_that_of_two_hops() -> None:
    table, questions = make_questions()
    lines = train_evidence(table, questions)
    row = table[:1].copy()
    for hops, line in ((0.0, lines.one), (1.0, lines.two)):
        row[0, FEATURES.index("hops")] = hops
        assert lines.chances(row) == pytest.approx(line.chances(row))
    row[0, FEATURES.index("hops")] = 0.5
    halves = float(lines.one.chances(row)[0]), float(lines.two.chances(row)[0])
    assert lines.judge(row[0].tolist()).chance == pytest.approx(sum(halves) / 2)
    assert EvidenceLines(lines.one, lines.two, 1.1).judge(row[0].tolist()).abstained
