"""Fitting the two lines that tell whether there is an answer, and the bound of abstention.

The bound is set on questions that the lines had not seen: each part of them is judged by lines that
were fitted to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.knowledge.retrieval.evidence import FEATURES, EvidenceLines
from workbench.knowledge.retrieval.fitting import fit_logistic
from workbench.knowledge.retrieval.reading import READ_FEATURES

from .questions import Labelled

if TYPE_CHECKING:
    import numpy as np

LOST = 0.05  # of the answerable questions that may be passed over
_L2 = 0.03
_FOLDS = 8
_LEAST_SHARE = 0.05  # what a question counts for the line of the other number of hops, at least


def train_evidence(table: np.ndarray, questions: Sequence[Labelled]) -> EvidenceLines:
    """The lines over evidence, and the bound that loses a twentieth of the answerable questions.

    Questions of one and of two hops count the same among those that are lost.

    Args:
        table: Their features, shape (questions, features), with what was read of them or without.
        questions: As many.
    """
    import numpy as np

    answered = np.array([bool(each.gold) for each in questions])
    two = np.array([each.two_hops for each in questions])
    unseen = judged_unseen(table, questions)
    bound = bound_losing(LOST, unseen[answered & ~two], unseen[answered & two])
    lines = fit_lines(table, questions, np.ones(len(questions), dtype=bool))
    return EvidenceLines(lines.one, lines.two, bound)


def judged_unseen(table: np.ndarray, questions: Sequence[Labelled]) -> np.ndarray:
    """The chance of each question by lines that were fitted without its part, shape (questions,).

    The same question in two sets is in one part, and so are those of one group.
    """
    import numpy as np

    groups = sorted({each.group or each.question for each in questions})
    parts = np.random.default_rng(9).permutation(len(groups)) % _FOLDS
    part_of = dict(zip(groups, parts.tolist(), strict=True))
    part = np.array([part_of[each.group or each.question] for each in questions])
    unseen = np.empty(len(questions))
    for number in range(_FOLDS):
        lines = fit_lines(table, questions, part != number)
        unseen[part == number] = lines.chances(table[part == number])
    return unseen


def bound_losing(lost: float, *groups: np.ndarray) -> float:
    """The highest bound under which no more than that share lies, each group counting the same.

    Args:
        lost: The share, 0 to 1.
        groups: The chances of each group's questions.
    """
    import numpy as np

    bound = 0.0
    for chance in np.sort(np.concatenate(groups)):
        if np.mean([float((group < chance).mean()) for group in groups]) > lost:
            break
        bound = float(chance)
    return bound


def fit_lines(
    table: np.ndarray, questions: Sequence[Labelled], chosen: np.ndarray
) -> EvidenceLines:
    """The two lines, without a bound, from some of the questions.

    With and without an answer count the same in each line, and within these one hop and two.
    """
    import numpy as np

    answered = np.array([bool(each.gold) for each in questions])
    two = np.array([each.two_hops for each in questions])
    hops = table[:, FEATURES.index("hops")]
    weights = np.array([each.weight for each in questions])
    balance = np.zeros(len(questions))
    for group in (answered & two, answered & ~two, ~answered & two, ~answered & ~two):
        mine = group & chosen
        balance[mine] = weights[mine] / max(1.0, weights[mine].sum())
    names = (*FEATURES, *READ_FEATURES)[: table.shape[1]]
    lines = []
    for share in (1 - hops, hops):
        counts = balance * np.maximum(share, _LEAST_SHARE)
        for side in (answered, ~answered):
            counts[side] /= counts[side].sum()
        lines.append(
            fit_logistic(table[chosen], answered[chosen], names, l2=_L2, weights=counts[chosen])
        )
    return EvidenceLines(lines[0], lines[1], 0.0)
