"""The hidden checks of this lab. Their inputs are drawn anew for each grading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.learning import Answers, Hidden
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))


def q1(answers: Answers, hidden: Hidden) -> None:
    """Blocks drawn now, of 32 weights, and one of zeros."""
    draw = hidden.random
    for spread in (0.01, 0.3, 12.0):
        block = [draw.gauss(0, spread) for _ in range(32)]
        block[draw.randrange(32)] = -4 * spread
        public.expect_steps(answers, block)
    public.expect_steps(answers, [0.0] * 32)


def q2(answers: Answers, hidden: Hidden) -> None:
    """Blocks with an outlier, whose importance is drawn."""
    draw = hidden.random
    for weight in (0.0005, 0.05, 5.0):
        block = [draw.gauss(0, 0.05) for _ in range(31)] + [draw.uniform(0.3, 0.6)]
        importance = [draw.uniform(0.1, 3.0) for _ in range(31)] + [weight]
        wide = block[-1] / 7
        scales = [wide * n / 17 for n in range(2, 18)]
        draw.shuffle(scales)
        public.expect_scale(answers, block, importance, scales)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Rows drawn from few values, so that many are alike in one figure or in both."""
    draw = hidden.random
    for count in (1, 8, 20):
        rows = [
            public.form(f"form {n}", draw.choice([20.0, 20.5, 21.0, 22.5]), draw.randrange(50, 58))
            for n in range(count)
        ]
        public.expect_frontier(answers, rows)


def q4(answers: Answers, hidden: Hidden) -> None:
    """Chunks drawn now, some of equal size, many of which moved or come again."""
    draw = hidden.random
    for count in (6, 40):
        sizes = {f"{n:04x}": draw.choice([128, 512, 777, 9000]) for n in range(2 * count)}
        names = sorted(sizes)
        old = [(name, sizes[name]) for name in draw.choices(names[: count + 4], k=count)]
        new = [(name, sizes[name]) for name in draw.choices(names[4:], k=count + 3)]
        public.expect_bytes(answers, old, new)
    public.expect_bytes(answers, old, old[::-1])


def q5(answers: Answers, hidden: Hidden) -> None:
    """Devices and bundles whose fields are drawn from what is near a line."""
    draw = hidden.random
    names = [f"{draw.getrandbits(32):08x}" for _ in range(6)]
    for _ in range(120):
        known = names[: draw.randrange(1, 6)]
        line = names[: draw.randrange(1, 7)]
        if draw.random() < 0.25:
            line = [*line]
            line[draw.randrange(len(line))] = "fork"
        now = 5_000_000
        made = now + draw.choice([-9000, 0, 86_400, 86_401, 400_000])
        here: dict[str, Any] = public.device(
            history=known, current=draw.choice(known), now=now, back=draw.random() < 0.4
        )
        expires = draw.choice([None, None, now - 1, now, now + 1])
        key = draw.choice(["k1", "k2", "k2", "k9"])
        given = public.bundle(line[:-1], line[-1], key=key, made=made, expires=expires)
        public.expect_word(answers, here, given)


def q6(answers: Answers, hidden: Hidden) -> None:
    """Stages of every size."""
    draw = hidden.random
    for most in (0.01, 0.05, 0.2):
        for _ in range(60):
            tried = draw.choice([0, 1, 2, 5, 20, 300])
            failed = min(tried, draw.choice([0, 0, 1, 2, tried // 8, tried // 3]))
            waiting = draw.choice([0, 1, tried // 3, tried])
            given = (tried - failed, failed, waiting, most, draw.choice([0.5, 0.8, 1.0]))
            public.expect_decision(answers, given)
