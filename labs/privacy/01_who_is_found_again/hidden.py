"""The hidden checks of this lab. Their inputs are drawn anew for each grading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.learning import Answers, Hidden
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))
TOWNS, ILLS = ("Ulm", "Bern", "Graz", "Linz"), ("flu", "gout", "asthma")


def table(hidden: Hidden, count: int) -> list[dict[str, Any]]:
    """So many rows in which some classes are of one mind and others are not."""
    rows = []
    for _ in range(count):
        age, town = hidden.random.choice(range(20, 60, 4)), hidden.random.choice(TOWNS)
        said = ILLS[age % 3] if town in TOWNS[:2] else hidden.random.choice(ILLS)
        rows.append({"age": age, "town": town, "ill": said})
    return rows


def q1(answers: Answers, hidden: Hidden) -> None:
    """Tables that were drawn now; of some persons less is known."""
    for count in (30, 60):
        rows = table(hidden, count)
        persons: dict[str, dict[str, Any]] = {
            f"p{n}": {"age": row["age"], "town": row["town"]} for n, row in enumerate(rows[:15])
        }
        persons["elsewhere"] = {"age": 91, "town": "Ulm"}
        persons["little known"] = {"town": hidden.random.choice(TOWNS)}
        public.expect_given_away(answers, rows, persons, "ill")


def q2(answers: Answers, hidden: Hidden) -> None:
    """Ages that were drawn now."""
    for k, most in ((2, 0.4), (3, 0.25), (5, 0.2)):
        ages = [hidden.random.randint(18, 80) for _ in range(60)]
        others = hidden.random.choices("fm", k=60)
        public.expect_band(answers, ages, others, k, [1, 2, 4, 8, 16, 200], most)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Bounds of both signs."""
    for figure in ("sum", "count", "sum"):
        low = hidden.random.choice([-1, 1]) * hidden.random.randint(5, 40)
        high = low + hidden.random.randint(50, 90)
        epsilon, rows_each = hidden.random.choice([0.1, 0.4, 3.0]), hidden.random.randint(2, 6)
        public.expect_scale(answers, figure, float(low), float(high), epsilon, rows_each)


def q4(answers: Answers, hidden: Hidden) -> None:
    """Values beyond the bounds, and noise of both signs."""
    for count in (6, 40, 200):
        values = [round(hidden.random.uniform(-40, 160), 1) for _ in range(count)]
        noise = [round(hidden.random.uniform(-1.5, 1.5), 3) for _ in range(2)]
        epsilon = hidden.random.choice([0.5, 2.0, 5.0])
        public.expect_mean(answers, values, 12.0, 100.0, epsilon, noise)


def q5(answers: Answers, hidden: Hidden) -> None:
    """Noises that were drawn now, none so near the edge that rounding could decide."""
    asked = 0
    while asked < 2:
        noises = [round(hidden.random.uniform(3, 20), 1) for _ in range(5)]
        epsilon = round(hidden.random.uniform(1.2, 2.5), 2)
        near = (public.granted(epsilon * part, 1e-5, noises) for part in (0.98, 1.0, 1.02))
        first, right, last = near
        if first == right == last and 1 < len(right) < len(noises):
            public.expect_granted(answers, epsilon, 1e-5, noises)
            asked += 1


def q6(answers: Answers, hidden: Hidden) -> None:
    """Noisy counts that were drawn now, some of them sold with too little noise."""
    for rate in (1, 3, 10):
        inside, outside = (
            [
                round(there + hidden.random.expovariate(rate) - hidden.random.expovariate(rate), 2)
                for _ in range(hidden.random.randint(150, 400))
            ]
            for there in (1, 0)
        )
        public.expect_shown(answers, inside, outside, hidden.random.choice([0.25, 0.5, 0.75]))


def q7(answers: Answers, hidden: Hidden) -> None:
    """Ledgers of a length, and places, that were drawn now."""
    for _ in range(3):
        count = hidden.random.randint(5, 12)
        deeds = [f"figure {hidden.random.random():.6f}" for _ in range(count)]
        lines = public.make_lines(deeds)
        public.expect_ledger(answers, lines, changed_at=hidden.random.randint(2, count - 1))
