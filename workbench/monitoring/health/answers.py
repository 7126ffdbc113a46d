"""Calls as cells (step, model, team, how they ended, how long they took): any part sums at once.

Which calls count and whose they are is the warehouse's to say. How long a call took is kept to a
sixteenth of a doubling, so that quantiles are within 2.2% of exact ones and a choice of model or
team needs no look at single calls.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.monitoring.warehouse.recent import ask_usage

if TYPE_CHECKING:
    import pandas

ANSWERED, REFUSED, FAILED = 0, 1, 2
_PER_DOUBLING = 16
_CELLS = f"""
SELECT CAST(floor((extract(epoch FROM time) - {{since_s}}) / {{step_s}}) AS INTEGER) AS step,
  model, team, CASE WHEN answered THEN {ANSWERED} WHEN failed THEN {FAILED} ELSE {REFUSED} END
    AS ended,
  CASE WHEN duration_us > 0 THEN CAST(floor(log2(duration_us) * {_PER_DOUBLING}) AS INTEGER) END
    AS bin,
  count(*) AS calls
FROM {{rows}} WHERE time >= {{since}} AND time < {{until}} GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True)
class AnswerSteps:
    """Calls of each step ([steps]); times are of answered calls in seconds, NaN without any."""

    calls: Any
    refused: Any
    failed: Any
    median_s: Any
    slow_s: Any


@dataclass(frozen=True)
class AnswerCells:
    """Cells in order of step and of how long they took: one array a column, all of one length.

    ``model`` and ``team`` are places in ``models`` and ``teams``; ``took_s`` is NaN where nobody
    took the time.
    """

    since_s: float
    step_s: float
    steps: int
    models: tuple[str, ...]
    teams: tuple[str, ...]
    step: Any
    model: Any
    team: Any
    ended: Any
    took_s: Any
    calls: Any

    @property
    def total(self) -> int:
        """All calls."""
        return int(self.calls.sum())

    def by_step(self, *, model: str | None = None, team: str | None = None) -> AnswerSteps:
        """Sums and quantiles of each step, of one model or team; unknown names are of none."""
        import numpy as np

        chosen = np.ones(len(self.step), bool)
        for column, names, wanted in (
            (self.model, self.models, model),
            (self.team, self.teams, team),
        ):
            if wanted is not None:
                chosen &= column == (names.index(wanted) if wanted in names else -1)

        def sums(where: Any) -> Any:
            return np.bincount(self.step[where], self.calls[where], minlength=self.steps)

        timed = chosen & (self.ended == ANSWERED) & np.isfinite(self.took_s)
        return AnswerSteps(
            sums(chosen), sums(chosen & (self.ended == REFUSED)),
            sums(chosen & (self.ended == FAILED)), self._quantile(timed, 0.5),
            self._quantile(timed, 0.95),
        )  # fmt: skip

    def _quantile(self, where: Any, share: float) -> Any:
        """Of each step, what so many of its calls took at most."""
        import numpy as np

        found = np.full(self.steps, np.nan)
        if not where.any():
            return found
        calls, step = self.calls[where], self.step[where]
        total = np.bincount(step, calls, minlength=self.steps)
        before = np.cumsum(total) - total
        wanted = before + np.maximum(1, np.ceil(share * total))
        at = np.searchsorted(np.cumsum(calls), wanted - 0.5)
        some = total > 0
        found[some] = self.took_s[where][at[some]]
        return found


def read_answers(since_s: float, until_s: float, *, step_s: float) -> AnswerCells:
    """The calls that were settled from one Unix time up to another.

    Args:
        since_s: Where the first step begins.
        until_s: Where the last one ends; what lies behind it is left out.
        step_s: The length of a step.

    Raises:
        ConfigError: ``metrics.yaml`` is not valid.
    """
    import pandas as pd

    since, until = (dt.datetime.fromtimestamp(each, dt.UTC) for each in (since_s, until_s))
    found = ask_usage(_CELLS, since=since, until=until, since_s=since_s, step_s=float(step_s))
    columns = ["step", "model", "team", "ended", "bin", "calls"]
    rows = pd.concat(found) if found else pd.DataFrame({name: [] for name in columns})
    took_s = 2 ** ((rows["bin"].to_numpy(dtype=float, na_value=math.nan) + 0.5) / _PER_DOUBLING)
    steps = max(1, math.ceil((until_s - since_s) / step_s))
    return make_cells(
        rows.assign(took_s=took_s / 1e6), since_s=since_s, step_s=step_s, steps=steps
    )  # fmt: skip


def make_cells(rows: pandas.DataFrame, *, since_s: float, step_s: float, steps: int) -> AnswerCells:
    """Cells of rows with the columns ``step, model, team, ended, took_s, calls``, in any order."""
    import numpy as np

    codes, names = {}, {}
    for column in ("model", "team"):  # as numbers first: to put words in order takes longer
        codes[column], known = rows[column].factorize(sort=True)
        names[column] = tuple(map(str, known))
    step, ended, calls = (rows[name].to_numpy(np.int64) for name in ("step", "ended", "calls"))
    took_s = rows["took_s"].to_numpy(float)
    order = np.lexsort((took_s, step))
    told = (step, codes["model"], codes["team"], ended, took_s, calls)
    return AnswerCells(
        since_s, step_s, steps, names["model"], names["team"], *(each[order] for each in told)
    )
