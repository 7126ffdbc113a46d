"""The hidden checks of this lab. Their inputs are drawn anew for each grading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.learning import Answers, Hidden
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))
TEAMS, MODELS = ("sales", "legal", "support", "research"), ("a", "b", "c")


def q1(answers: Answers, hidden: Hidden) -> None:
    """A log drawn now, with rows written again in other places."""
    draw = hidden.random
    for count in (20, 60):
        rows = [
            public.call(
                1000 + n,
                draw.choice(TEAMS),
                draw.choice([200, 200, 200, 502]),
                (draw.randint(1, 900), draw.randint(0, 300)),
                draw.choice([0.0000000017, round(draw.uniform(0, 0.2), 7), 0.0]),
            )
            for n in range(count)
        ]
        rows += [dict(row) for row in draw.sample(rows, 6)]
        broken = [public.call(n, "sales", 200, (-1 - n, 3), 0.07) for n in range(2)]
        broken.append(public.call(9, "legal", 200, (3, -5), 0.11))
        for row in broken:
            rows.insert(draw.randrange(len(rows)), row)
        public.expect_settled(answers, rows)


def q2(answers: Answers, hidden: Hidden) -> None:
    """Calls that were drawn now; one team and one model never have an answer."""
    draw = hidden.random
    rows: list[dict[str, Any]] = [
        {
            "team": draw.choice(TEAMS),
            "model": draw.choice(MODELS),
            "status": draw.choice([200, 200, 400, 502]),
            "cost_usd": draw.choice([0.0, round(draw.uniform(0.01, 0.4), 4)]),
        }
        for _ in range(80)
    ]
    rows += [{"team": "guests", "model": "d", "status": 429, "cost_usd": 0.02}] * 3
    for by in ("team", "model"):
        public.expect_costs(answers, rows, by)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Counts of several lengths, with empty cells on either side."""
    for cells in (2, 5, 12):
        before = [hidden.random.randint(0, 60) for _ in range(cells)]
        now = [hidden.random.randint(0, 400) for _ in range(cells)]
        before[hidden.random.randrange(cells)] = 0
        now[0], before[-1] = now[0] + 7, before[-1] + 3
        public.expect_index(answers, before, now)


def q4(answers: Answers, hidden: Hidden) -> None:
    """P-values around the lines, in any order."""
    for count in (4, 9, 15):
        level = hidden.random.choice([0.01, 0.05, 0.1])
        lines = [level / (count - at) for at in range(count)]
        factors = [0.2, 0.6, 0.9, 1.3, 0.95, 1.1, 3.0]
        values = [lines[at] * factors[min(at, 6)] for at in range(count)]
        names = [f"column {at}" for at in range(count)]
        hidden.random.shuffle(names)
        pairs = list(zip(names, values, strict=True))
        hidden.random.shuffle(pairs)
        public.expect_changed(answers, dict(pairs), level)


def q5(answers: Answers, hidden: Hidden) -> None:
    """Hours drawn now, many of which have few calls; the change goes up or down."""
    draw = hidden.random
    for length in (12, 30, 60):
        at, shares = draw.randint(3, length - 3), draw.sample([0.08, 0.35, 0.8], 2)
        calls = [draw.choice([0, 1, 2, 30, 60, 90]) for _ in range(length)]
        calls[at - 1], calls[at] = 60, 70
        hits = [
            sum(draw.random() < shares[hour >= at] for _ in range(count))
            for hour, count in enumerate(calls)
        ]
        public.expect_began(answers, hits, calls)


def q6(answers: Answers, hidden: Hidden) -> None:
    """Models that are asked different tasks, each task in several cells."""
    draw = hidden.random
    for tasks in (2, 5):
        cells = []
        for task in range(tasks):
            for model in MODELS:
                for _ in range(draw.randint(1, 3)):
                    rated = draw.randint(5, 80)
                    total = rated + draw.randint(0, 900)
                    cells.append(
                        public.cell(model, f"task {task}", total, rated, draw.randint(0, rated))
                    )
        cells.append(public.cell("b", "another task", 400, 30, 3))
        draw.shuffle(cells)
        public.expect_change(answers, cells, "a", "b")
        public.expect_change(answers, cells, "c", "b")
