"""The hidden checks of this lab. Their tables are drawn anew for each grading."""

from __future__ import annotations

from pathlib import Path

from workbench.learning import Answers, Hidden
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))
NAMES = ("oak", "elm", "ash", "fir", "yew")


def marks(hidden: Hidden, count: int, share: float) -> list[int]:
    """So many ones and zeros."""
    return [int(hidden.random.random() < share) for _ in range(count)]


def groups(hidden: Hidden, count: int, kinds: int = 3) -> list[str]:
    """So many rows of so many groups of unlike size; each group has some."""
    names = hidden.random.sample(NAMES, kinds)
    drawn = hidden.random.choices(names, weights=range(1, kinds + 1), k=count - 3 * kinds)
    return [*names * 3, *drawn]


def scores(hidden: Hidden, count: int) -> list[float]:
    """So many scores, no two alike."""
    return [place / 1000 for place in hidden.random.sample(range(1, 1000), count)]


def q1(answers: Answers, hidden: Hidden) -> None:
    """Three groups that were drawn now."""
    for share in (0.3, 0.7):
        public.expect_rates(answers, groups(hidden, 30), [1, *marks(hidden, 29, share)])


def q2(answers: Answers, hidden: Hidden) -> None:
    """Gaps of both signs, clear ones and others."""
    for low, high in ((0.2, 0.6), (0.6, 0.2), (0.4, 0.42)):
        n_1, n_2 = hidden.random.randint(100, 400), hidden.random.randint(100, 400)
        public.expect_gap(answers, round(low * n_1) + 1, n_1, round(high * n_2), n_2)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Cells of all sizes."""
    for least in (3, 5, 8):
        public.expect_left_out(answers, groups(hidden, 60), groups(hidden, 60, 4), least)


def q4(answers: Answers, hidden: Hidden) -> None:
    """Shares that were drawn now."""
    for _ in range(3):
        share = hidden.random.uniform(0.2, 0.8)
        public.expect_lines(answers, groups(hidden, 40), scores(hidden, 40), share)


def q5(answers: Answers, hidden: Hidden) -> None:
    """Lines that are some rows' own scores."""
    for _ in range(3):
        names, values = groups(hidden, 40), scores(hidden, 40)
        lines = {
            name: hidden.random.choice([s for g, s in zip(names, values, strict=True) if g == name])
            for name in sorted(set(names))
        }
        public.expect_found(answers, names, marks(hidden, 40, 0.6), values, lines)


def q6(answers: Answers, hidden: Hidden) -> None:
    """Two columns that were drawn now."""
    for least in (4, 8):
        columns = {"tree": groups(hidden, 60, 4), "wood": groups(hidden, 60, 4)}
        public.expect_slice(answers, columns, [1, *marks(hidden, 59, 0.3)], least)


def q7(answers: Answers, hidden: Hidden) -> None:
    """Two to four groups; lines that are somebody's score."""
    for kinds in (2, 3, 4):
        values = scores(hidden, 50)
        lines = dict(zip(NAMES, hidden.random.sample(values, kinds), strict=False))
        public.expect_apart(answers, values, lines)
