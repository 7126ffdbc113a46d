"""The hidden checks of this lab. Their inputs are drawn anew for each grading.

What is right of the model comes from the model itself, loaded beside the checks; two processes of
llama.cpp may differ in the last digits of a score, so effects have a tolerance.
"""

from __future__ import annotations

import math
from pathlib import Path

from workbench.learning import Answers, Hidden, WrongAnswer, expect_close
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))

CAPITALS = {"Italy": " Rome", "Japan": " Tokyo", "Spain": " Madrid", "Egypt": " Cairo"}
SAID = "river window quickly seven under golden because silent table walks".split()  # noqa: SIM905
NATS = 0.1


def effect(hidden: Hidden, prompt: str, changed: str, target: str) -> float:
    """What is right, by the real model."""
    whole, other = (math.fsum(hidden.model.score(text, target)) for text in (prompt, changed))
    return whole - other


def q1(answers: Answers, hidden: Hidden) -> None:
    """Words that were drawn now, one of them twice."""
    for _ in range(4):
        words = hidden.random.sample(SAID, 4)
        words.insert(hidden.random.randint(0, 4), hidden.random.choice(words))
        public.expect_left_out(answers, words, hidden.random.randint(1, 4))


def q2(answers: Answers, hidden: Hidden) -> None:
    """A country that was drawn now, and a target of several tokens."""
    country = hidden.random.choice(sorted(CAPITALS))
    prompt, changed = f"The capital of {country} is called", "The capital is called"
    for target in (CAPITALS[country], f"{CAPITALS[country]}, a city that I know well"):
        right = effect(hidden, prompt, changed, target)
        tokens = len(hidden.model.score(prompt, target))
        expect_close(
            answers.call("effect", prompt, changed, target),
            right,
            what=f"effect({prompt!r}, {changed!r}, {target!r})",
            absolute=NATS,
            faults={
                "the sign is turned": -right,
                "that is a mean over the target's tokens; the sum is asked for": right / tokens,
            },
        )


def q3(answers: Answers, hidden: Hidden) -> None:
    """A sentence that was drawn now: each word's score."""
    country = hidden.random.choice(sorted(CAPITALS))
    words, target = ["The", "capital", "of", country, "is"], CAPITALS[country]
    found = answers.call("word_scores", words, target)
    scores = public.numbers(found, len(words), what="word_scores(...)")
    right = [
        effect(hidden, " ".join(words), " ".join(words[:i] + words[i + 1 :]), target)
        for i in range(len(words))
    ]
    if all(math.isclose(a, b, abs_tol=NATS) for a, b in zip(scores, right, strict=True)):
        return
    why = ""
    if sorted(round(score, 1) for score in scores) == sorted(round(value, 1) for value in right):
        why = "the numbers are right, but stand in another order than the words"
    told = ", ".join(f"{value:.2f}" for value in right)
    said = ", ".join(f"{value:.2f}" for value in scores)
    raise WrongAnswer(f"[{told}] for {words} and {target!r}", f"[{said}]", why=why)


def q4(answers: Answers, hidden: Hidden) -> None:
    """Any path, with any number of steps."""
    for _ in range(4):
        x, baseline = ([round(hidden.random.uniform(-3, 3), 2) for _ in range(3)] for _ in range(2))
        public.expect_path(answers, x, baseline, hidden.random.randint(2, 12))


def q5(answers: Answers, hidden: Hidden) -> None:
    """Around the two edges: 1 nat, and 2%."""
    for _ in range(6):
        sign = hidden.random.choice([-1, 1])
        moved = sign * hidden.random.choice([0.6, 3.0, 8.0])
        gap = moved * hidden.random.choice([0.0, 0.01, 0.03, -0.03])
        first = round(hidden.random.uniform(-2, 2), 2)
        value = round(hidden.random.uniform(-9, -1), 2)
        public.expect_completeness(answers, [first, moved + gap - first], value, value - moved)


def q6(answers: Answers, hidden: Hidden) -> None:
    """Scores that were drawn now, two of them equal."""
    for _ in range(4):
        scores = [round(hidden.random.uniform(-3, 3), 1) for _ in range(4)]
        public.expect_steps(answers, [*scores, scores[0], -2.5])


def q7(answers: Answers, hidden: Hidden) -> None:
    """Tokens and scores that were drawn now."""
    for _ in range(4):
        tokens = hidden.random.sample(SAID, 5)
        sizes = hidden.random.sample(range(1, 60), 5)
        scores = [hidden.random.choice([-1, 1]) * size / 10 for size in sizes]
        public.expect_strongest(answers, tokens, [*scores[:4], -6.5], hidden.random.randint(2, 4))
