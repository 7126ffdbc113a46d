"""The hidden checks of this lab. Their inputs are drawn anew for each grading, and are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.learning import Answers, Hidden
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))
SAID = [
    "river",
    "harbour",
    "mill",
    "choir",
    "café",
    "tower",
    "bridge",
    "lamp",
    "4.25",
    "orchard",
    "market",
    "school",
    "bell",
    "meadow",
    "lighthouse",
    "engine",
    "Ødegård",
    "telescope",
    "garden",
    "castle",
]
PEOPLE = ("Mara Quill", "Otto Venn", "Ada Roe", "Ida Holm")
THINGS = ("mill", "tower", "bridge", "lighthouse", "orchard")


def text(hidden: Hidden, sentences: int) -> str:
    """Sentences of several lengths, some of them twice, with all kinds of white space."""
    draw, found = hidden.random, list[str]()
    for _ in range(sentences):
        words = draw.choices(SAID, k=draw.choice([1, 2, 4, 9, 30]))
        found.append(" ".join(words).capitalize() + draw.choice(".!?"))
    found += [found[0], "x" * draw.randint(90, 120), found[1]]
    return "".join(each + draw.choice([" ", "  ", "\n\n"]) for each in found)


def q1(answers: Answers, hidden: Hidden) -> None:
    """Texts that were drawn now, at many limits."""
    for _ in range(4):
        drawn = text(hidden, 8)
        for most in (hidden.random.randint(30, 60), hidden.random.randint(61, 140), 10_000):
            public.expect_cut(answers, drawn, most)
        exact = public.cut(drawn, 70)[0]
        public.expect_cut(answers, drawn, exact[1] - exact[0])
        unended = drawn.rstrip().rstrip(".!?")
        public.expect_cut(answers, unended, len(unended))


def q2(answers: Answers, hidden: Hidden) -> None:
    """Rankings that were drawn now."""
    draw, names = hidden.random, [f"p{n}" for n in range(9)]
    for first in (2, 3, 5):
        needed = [draw.sample(names, draw.choice([1, 2, 2, 3])) for _ in range(30)]
        sides = [[draw.sample(names, draw.randint(3, 9)) for _ in needed] for _ in range(2)]
        public.expect_compared(answers, needed, *sides, first)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Graphs in which some places have no way on."""
    draw = hidden.random
    for size in (4, 9, 20):
        names = [f"place {n}" for n in range(size)]
        links = {
            name: draw.sample(names, draw.randint(1, 3)) for name in names[: -max(1, size // 4)]
        }
        links["outside"] = [names[-1], "an end", names[0]]
        seeds = {name: float(draw.randint(1, 5)) for name in draw.sample(names, 2)}
        seeds[draw.choice([names[-1], "an end", "nowhere"])] = 1.5
        seeds[names[0]] = 2.5
        damping = draw.choice([0.3, 0.5, 0.85])
        public.expect_walked(answers, links, seeds, damping, draw.randint(2, 12))


def q4(answers: Answers, hidden: Hidden) -> None:
    """Rankings of several lengths, with any offset."""
    draw, names = hidden.random, [f"item {n}" for n in range(10)]
    for count in (2, 3, 5):
        rankings = [draw.sample(names, draw.randint(1, 8)) for _ in range(count)]
        public.expect_fused(answers, rankings, draw.choice([1, 7, 60]))


def q5(answers: Answers, hidden: Hidden) -> None:
    """Passages and names that were drawn now."""
    draw = hidden.random
    for size in (6, 12, 25):
        names = [f"page {chr(97 + n)}" for n in range(size)]
        asked = draw.sample(SAID, 6)
        weights = {word: draw.choice([0.5, 1.0, 2.0, 4.0, 5.5]) for word in SAID}
        words = {name: draw.choices(SAID, k=draw.randint(2, 6)) for name in names}
        links = {name: draw.sample(names, draw.randint(0, 3)) for name in names}
        links[names[0]] = [names[0], names[1]]
        public.expect_pair(answers, [*asked, asked[0]], words, links, weights)


def q6(answers: Answers, hidden: Hidden) -> None:
    """Who built what and when, in several passages, some of which deny it."""
    draw = hidden.random
    for _ in range(3):
        facts = [
            (draw.choice(PEOPLE), draw.choice(THINGS), draw.randint(1800, 1999)) for _ in range(5)
        ]
        passages = {f"note {n}": passage(hidden, facts) for n in range(4)}
        for person, thing, year in facts:
            for claim in (
                f"{person} built the {thing} in {year}.",
                f"The {thing} was built by {person}.",
                f"{person} never built the {thing}.",
                f"{person} built the {thing} in {year + 1}.",
            ):
                public.expect_cited(answers, claim, passages)


def passage(hidden: Hidden, facts: list[tuple[str, str, int]]) -> str:
    """Sentences about a few of the facts, true ones, parts and denials."""
    said = []
    for person, thing, year in hidden.random.sample(facts, 3):
        said += hidden.random.sample(
            [
                f"{person} built the {thing} in {year}.",
                f"In {year}, the {thing} was built by {person} and others.",
                f"{person} never built the {thing}.",
                f"{person} was born in {year}.",
                f"The {thing} was opened.",
                f"{person} built the {thing}s in {year}0.",
            ],
            3,
        )
    return " ".join([*said, said[0]])


def q7(answers: Answers, hidden: Hidden) -> None:
    """Two sets that were drawn now, with chances that stand several times."""
    draw = hidden.random

    def rows(count: int, shift: float) -> list[list[Any]]:
        made = [
            [round(min(1.0, max(0.0, draw.gauss(0.6 if has else 0.4 + shift, 0.2))), 2), has]
            for has in [True, True, False] * count
        ]
        draw.shuffle(made)
        return made

    for count, most_lost in ((8, 0.05), (20, 0.1), (30, 0.25)):
        public.expect_judged(answers, rows(count, 0.0), rows(count + 3, 0.1), most_lost)
