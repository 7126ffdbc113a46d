"""The checks of the grading: inputs are drawn anew each time."""

from __future__ import annotations

from pathlib import Path

from workbench.learning import Answers, Hidden
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))

MACHINES = ["kiln", "loom", "press", "mill", "lathe"]
CODES = ["E1", "E4", "T2", "T7", "B3", "B8", "H5", "U9"]


def q1(answers: Answers, hidden: Hidden) -> None:
    """Tokens that were drawn now."""
    for _ in range(4):
        ids = hidden.random.sample(range(10, 9_000), 9)
        cut = hidden.random.randint(1, 6)
        public.expect_row(answers, ids[:cut], ids[cut:8], ids[8])


def q2(answers: Answers, hidden: Hidden) -> None:
    """Log-probabilities that were drawn now."""
    for _ in range(4):
        log_probs = [round(hidden.random.uniform(-9, -0.1), 2) for _ in range(7)]
        cut = hidden.random.randint(1, 5)
        labels = [public.IGNORED] * cut + hidden.random.sample(range(5, 900), 7 - cut)
        public.expect_loss(answers, log_probs, labels)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Shapes that were drawn now; a budget just enough, and one less than that."""
    for _ in range(3):
        shapes = [[hidden.random.randint(8, 900) for _ in range(2)] for _ in range(3)]
        enough = hidden.random.randint(2, 40) * sum(m + n for m, n in shapes)
        public.expect_rank(answers, shapes, enough)
        public.expect_rank(answers, shapes, enough - 1)


def q4(answers: Answers, hidden: Hidden) -> None:
    """Rows that were drawn now, some of them taught and changed a little."""
    for _ in range(4):
        codes = hidden.random.sample(CODES, 6)
        machine = hidden.random.choice(MACHINES)
        train = [f"What helps the {machine} with {code}?" for code in codes[:4]]
        test = [
            f"what helps the  {machine} with {codes[0]}!",
            f"What helps the {machine} with {codes[4]}?",
            f"What helps-the {machine} with {codes[2]}",
            f"Which {machine} has {codes[1]}?",
            f"With {codes[3]}, what helps the {machine}?",
            f"What helps the {machine} with {codes[1]} now?",
            f"What helps the {machine}with {codes[0]}?",
        ]
        hidden.random.shuffle(test)
        public.expect_leaks(answers, train, test)


def q5(answers: Answers, hidden: Hidden) -> None:
    """Items and seeds that were drawn now."""
    items = [f"{code}-{hidden.random.randint(10, 99)}" for code in CODES[:6]]
    public.expect_fair(answers, items, 3, first_seed=hidden.random.randint(1_000, 9_000_000))


def q6(answers: Answers, hidden: Hidden) -> None:
    """Matrices that were drawn now."""
    for _ in range(4):
        count = hidden.random.randint(2, 5)
        public.expect_forgetting(
            answers,
            [[round(hidden.random.random(), 2) for _ in range(count)] for _ in range(count)],
        )
