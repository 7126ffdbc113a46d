"""Fair share: a team that has had much of the machine lately goes behind those that had little.

What a team had is its dominant share, the largest of its shares of any resource (Ghodsi et al.,
"Dominant Resource Fairness", NSDI 2011), summed over time; what is long ago counts less (Kay and
Lauder, "A Fair Share Scheduler", CACM 31, 1988), half after each half-life. A team goes behind only
once it is well over its share, while another that is under its own waits: within that, the order is
the others' affair.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.finetuning.scheduling.tasks import Stint, Task


@dataclass(frozen=True)
class DominantShares:
    """Who is over their share.

    Attributes:
        half_life_s: After which what was had counts half.
        slack: So many times the fair share may be had before it matters.
        weights: Of teams; 1 where nothing is said.
    """

    half_life_s: float
    slack: float
    weights: Mapping[str, float] = field(default_factory=dict)

    def find_over(
        self, tasks: Sequence[Task], stints: Sequence[Stint], now_s: float
    ) -> dict[str, tuple[float, float]]:
        """Teams that go behind, each with the part that it had and the part that is fair."""
        teams = {task.team for task in tasks}
        waiting = {task.team for task in tasks if not task.is_running}
        had = self._had(stints, now_s)
        total = sum(had.get(team, 0.0) for team in teams)
        if len(teams) < 2 or total <= 0:
            return {}
        weight = sum(self._weigh(team) for team in teams)
        parts = {team: (had.get(team, 0.0) / total, self._weigh(team) / weight) for team in teams}
        if not any(parts[team][0] < parts[team][1] for team in waiting):
            return {}
        return {team: part for team, part in parts.items() if part[0] > self.slack * part[1]}

    def _weigh(self, team: str) -> float:
        return self.weights.get(team, 1.0)

    def _had(self, stints: Sequence[Stint], now_s: float) -> dict[str, float]:
        """Share-seconds of each team, each second counted by its age."""
        rate = math.log(2) / self.half_life_s
        had: dict[str, float] = {}
        for each in stints:
            late = math.exp(-rate * (now_s - each.to_s))
            early = math.exp(-rate * (now_s - each.from_s))
            had[each.team] = had.get(each.team, 0.0) + each.share * (late - early) / rate
        return had
