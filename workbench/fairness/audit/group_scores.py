"""What any threshold does to each group, at once: counts by a search in sorted scores.

``thresholds.sweep_thresholds`` gives a grid of thresholds with intervals; this gives one threshold
a group, without, as quickly as somebody moves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError

from .confusion import COUNT_METRICS
from .groups import make_groups
from .result import GroupAudit

if TYPE_CHECKING:
    import numpy as np

RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy_score")


@dataclass(frozen=True)
class GroupScores:
    """The rows of an audit by group: scores, outcomes (0 or 1) and codes of ``names``, shape [n].

    ``ordered`` holds each group's scores of rows with y = 0 and with y = 1, in order.
    """

    names: tuple[str, ...]
    score: np.ndarray
    y: np.ndarray
    codes: np.ndarray
    ordered: Mapping[str, tuple[np.ndarray, np.ndarray]]

    def rows(self, name: str) -> int:
        """How many rows a group has."""
        return sum(len(each) for each in self.ordered[name])

    def rates(self, name: str, threshold: float) -> dict[str, float]:
        """``RATES`` of a group whose rows are selected from a threshold on; NaN without a row."""
        import numpy as np

        cells = []
        for scores in self.ordered[name]:
            below = int(np.searchsorted(scores, threshold, side="left"))
            cells += [below, len(scores) - below]
        counts = np.array(cells, float)
        chosen = [metric for metric in COUNT_METRICS if metric.name in RATES]
        return {metric.name: float(metric.values(counts)) for metric in chosen}

    def accuracy(self, thresholds: Mapping[str, float]) -> float:
        """The share of right decisions about the groups that have a threshold."""
        right = sum(
            self.rows(name) * self.rates(name, limit)["accuracy_score"]
            for name, limit in thresholds.items()
        )
        return right / sum(map(self.rows, thresholds))

    def of_groups(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores, outcomes and codes (places in ``names``) of the rows of some groups alone."""
        import numpy as np

        places = np.array([self.names.index(name) for name in names])
        hits = self.codes[:, None] == places
        kept = hits.any(axis=1)
        return self.score[kept], self.y[kept], hits[kept].argmax(axis=1)


def read_group_scores(audit: GroupAudit) -> GroupScores:
    """The rows that an audit kept, by its groups.

    Raises:
        InputError: It kept none, or they have no scores.
    """
    import numpy as np
    import pandas as pd

    if audit.predictions is None:
        raise InputError("this audit kept no rows", hint="workbench fairness audit keeps them")
    rows = pd.read_parquet(audit.predictions)
    if "score" not in rows.columns:
        raise InputError(
            "these predictions have no score, so there is no threshold to move",
            hint="a classifier of the catalogue has one; a file needs a column named score",
        )
    groups = make_groups({name: rows[name] for name in audit.sensitive}, min_rows=audit.min_rows)
    score, y = rows["score"].to_numpy(float), rows["y"].to_numpy(int)
    ordered = {
        name: (
            np.sort(score[(groups.codes == place) & (y == 0)]),
            np.sort(score[(groups.codes == place) & (y == 1)]),
        )
        for place, name in enumerate(groups.names)
    }
    return GroupScores(groups.names, score, y, groups.codes, ordered)
