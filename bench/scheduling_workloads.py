"""Forty training jobs on two slots, drawn before there was any policy to schedule them by.

    python bench/scheduling_workloads.py        # writes bench/scheduling_workloads.json again

Sizes are heavy-tailed and most jobs want one slot, as in the clusters that were described (Jeon et
al., "Analysis of Large-Scale Multi-Tenant GPU Clusters for DNN Training Workloads", ATC 2019); what
a user says of a job's length is too long more often than too short, or is not said (Tsafrir et al.,
"Backfilling Using System-Generated Predictions", TPDS 2007). A length is in steps; a step of a job
takes one unit of time on all the slots that it has, and arrivals are in the same unit.

What is asked, written down with the workloads:

- *mean completion*: the mean over jobs of end less arrival, at least 15% under that of strict first
  in, first out;
- *starved* is a job that waits, in all, more than 1.25 times as long as the one that waits longest
  under first in, first out; or while which waited, more than half of all work of the workload was
  given to jobs that came after it;
- *lost* is each step that was computed more than once.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

PATH = Path(__file__).with_suffix(".json")
JOBS, SLOTS, MEMORY_MB = 40, 2, 4096
FROZEN_SEEDS, DEVELOPMENT_SEEDS = (1, 2, 3), (101, 102, 103)
LONGER, OVERTAKEN = 1.25, 0.5  # over these a job is starved
LEAST_STEPS, MOST_STEPS = 5, 600
KINDS = (
    "steady",  # as they come, 85% of what the slots can do
    "busy",  # the same at 110%
    "at once",  # all in the queue at the beginning
    "two bursts",  # a morning and an afternoon
    "whales first",  # two very long ones come before the rest
    "one team floods",  # half of all jobs are of one team, and come first
    "short ones keep coming",  # a long one waits while short ones come without an end
)


@dataclass(frozen=True)
class Sent:
    """A job as it is sent to the queue.

    Attributes:
        name: Unique within the workload.
        arrival: When it comes.
        steps: How long it is; nobody but the simulation knows.
        slots: How many it wants at once.
        memory_mb: What it needs of the machine's memory.
        priority: Larger goes first.
        team: Whose it is.
        estimate: The steps that its user says, if any.
        deadline: When it should be done, if it matters.
    """

    name: str
    arrival: float
    steps: int
    slots: int
    memory_mb: int
    priority: int
    team: str
    estimate: int | None
    deadline: float | None


def draw(kind: str, seed: int) -> list[Sent]:
    """One workload, in the order of arrival."""
    chance = random.Random(f"{kind} {seed}")
    steps = [_draw_steps(chance) for _ in range(JOBS)]
    slots = [2 if chance.random() < 0.3 else 1 for _ in range(JOBS)]
    teams = [chance.choices(("red", "green", "blue"), (5, 3, 2))[0] for _ in range(JOBS)]
    if kind == "whales first":
        steps[:2] = [MOST_STEPS, MOST_STEPS]
    elif kind == "one team floods":
        teams = ["red"] * (JOBS // 2) + teams[JOBS // 2 :]
    elif kind == "short ones keep coming":
        steps = [chance.randint(15, 30) for _ in range(JOBS)]
        steps[4], slots[4] = 150, 2
    work = sum(a * b for a, b in zip(steps, slots, strict=True))
    arrivals = _draw_arrivals(kind, work / SLOTS, chance)
    sent = []
    for number, arrival in enumerate(arrivals):
        priority = chance.choices((0, 5, 10), (7, 2, 1))[0]
        if kind == "short ones keep coming":
            priority = 0 if number == 4 else chance.choice((0, 5))
        sent.append(
            Sent(
                f"job-{number:02d}", round(arrival, 2), steps[number], slots[number],
                chance.choice((256, 512, 1024, 2048)), priority, teams[number],
                _draw_estimate(steps[number], chance),
                round(arrival + steps[number] * chance.uniform(2, 8), 2)
                if chance.random() < 0.15 else None,
            )
        )  # fmt: skip
    return sent


def _draw_steps(chance: random.Random) -> int:
    return round(min(max(chance.lognormvariate(3.5, 1.1), LEAST_STEPS), MOST_STEPS))


def _draw_estimate(steps: int, chance: random.Random) -> int | None:
    if chance.random() < 0.15:
        return None
    factor = chance.choice((1.0, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 0.7))
    return max(1, round(steps * factor * chance.uniform(0.9, 1.1)))


def _draw_arrivals(kind: str, span: float, chance: random.Random) -> list[float]:
    """When each comes; ``span`` is the time in which the slots can do all the work."""
    if kind == "at once":
        return [0.0] * JOBS
    if kind == "two bursts":
        early = sorted(chance.uniform(0, 0.05) * span for _ in range(JOBS // 2))
        return early + sorted(chance.uniform(0.5, 0.55) * span for _ in range(JOBS // 2))
    load = {"steady": 0.85, "short ones keep coming": 1.0}.get(kind, 1.1)
    gaps = [chance.expovariate(1) for _ in range(JOBS)]
    arrivals, now, scale = [], 0.0, span / load / sum(gaps)
    for gap in gaps:
        arrivals.append(now)
        now += gap * scale
    if kind == "whales first":
        arrivals[:2] = [0.0, 0.0]
    if kind == "one team floods":
        arrivals[: JOBS // 2] = sorted(chance.uniform(0, 0.05) * span for _ in range(JOBS // 2))
        arrivals[JOBS // 2 :] = sorted(
            chance.uniform(0.05, 0.6) * span for _ in range(JOBS - JOBS // 2)
        )
    return arrivals


def read_frozen() -> dict[str, list[Sent]]:
    """The frozen workloads by their names."""
    plain = json.loads(PATH.read_text(encoding="utf-8"))
    return {name: [Sent(**each) for each in sent] for name, sent in plain.items()}


def main() -> None:
    """Write them, a job a line."""
    whole = []
    for kind in KINDS:
        for seed in FROZEN_SEEDS:
            lines = ",\n".join(f"  {json.dumps(asdict(each))}" for each in draw(kind, seed))
            whole.append(f'"{kind} {seed}": [\n{lines}\n]')
    PATH.write_text("{\n" + ",\n".join(whole) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
