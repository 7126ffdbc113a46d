"""The hidden checks of this lab. Their inputs are drawn anew for each grading, and are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.learning import Answers, Hidden
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))
PEOPLE = ("ida", "otto", "rea", "vera", "eve")
ROLES = ("none", "reader", "contributor", "reviewer", "curator", "admin")
THINGS = [f"fact {n}" for n in range(14)]


def q1(answers: Answers, hidden: Hidden) -> None:
    """Updates of any length, also just below and above where a length has a byte more."""
    draw = hidden.random
    for size in (
        1,
        127,
        128,
        16_383,
        16_384,
        draw.randint(129, 16_000),
        draw.randint(20_000, 90_000),
    ):
        public.expect_smuggled(answers, [draw.randrange(256) for _ in range(size)])


def record(hidden: Hidden, *, sound: bool) -> list[dict[str, Any]]:
    """A room in which roles come and go; a sound one takes nothing from who may not write."""
    draw, roles, text, found = hidden.random, dict[str, str](), "", list[dict[str, Any]]()
    for number in range(draw.randint(6, 30)):
        user = draw.choice(PEOPLE)
        if draw.random() < 0.4:
            roles[user] = draw.choice(ROLES)
            found.append(public.gives(user, roles[user]))
            continue
        kind = draw.choice((0, 1, 2))
        may = roles.get(user) in public.WRITERS or not sound
        if kind and may and draw.random() < 0.6:
            text = f"{text}{number} "
        found.append(public.sends(user, text, kind))
    return found


def q2(answers: Answers, hidden: Hidden) -> None:
    """Rooms that were drawn now."""
    for _ in range(3):
        rooms = {f"room {n}": record(hidden, sound=n % 3 == 0) for n in range(9)}
        public.expect_broken(answers, rooms)


def q3(answers: Answers, hidden: Hidden) -> None:
    """Pages with changes on either side, on both, and alike."""
    draw = hidden.random
    for size in (1, 6, 25):
        base = [f"line {n}" for n in range(size)]
        ours, theirs = list(base), list(base)
        for place in range(size):
            case = draw.choice(("none", "ours", "theirs", "alike", "clash"))
            if case in ("ours", "clash"):
                ours[place] = f"ours {place}"
            if case in ("theirs", "clash"):
                theirs[place] = f"theirs {place}"
            if case == "alike":
                ours[place] = theirs[place] = f"both {place}"
        public.expect_lines(answers, base, ours, theirs)


def q4(answers: Answers, hidden: Hidden) -> None:
    """Facts whose sources were drawn now, in any order."""
    draw, sources = hidden.random, [f"source {n}" for n in range(6)]

    def side(base: dict[str, list[str]]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for fact in THINGS:
            case = draw.choice(("as it was", "gone", "other", "other order"))
            if case == "as it was" and fact in base:
                found[fact] = list(base[fact])
            elif case == "other order" and fact in base:
                found[fact] = draw.sample(base[fact], len(base[fact]))
            elif case == "other":
                found[fact] = draw.sample(sources, draw.randint(1, 4))
        return found

    for _ in range(4):
        base = side({})
        public.expect_facts(answers, base, side(base), side(base))


def q5(answers: Answers, hidden: Hidden) -> None:
    """Histories in which lines are added, taken away, moved and brought back."""
    draw = hidden.random
    for length in (2, 6, 20):
        lines = draw.sample(THINGS, 5)
        versions = [{"by": "ida", "lines": list(lines)}]
        for _ in range(length):
            lines = [line for line in lines if draw.random() < 0.8]
            new = [line for line in THINGS if line not in lines]
            for line in draw.sample(new, min(len(new), draw.randint(0, 3))):
                lines.insert(draw.randint(0, len(lines)), line)
            if draw.random() < 0.3:
                draw.shuffle(lines)
            versions.append({"by": draw.choice(PEOPLE), "lines": list(lines)})
        public.expect_blame(answers, versions)


def q6(answers: Answers, hidden: Hidden) -> None:
    """Histories of facts; each of the newest is asked for."""
    draw = hidden.random
    for length in (2, 7, 15):
        facts = set[str]()
        states = [{"by": "ida", "facts": list[str]()}]
        for _ in range(length):
            facts = {fact for fact in facts if draw.random() < 0.8}
            facts |= set(draw.sample(THINGS, 3))
            states.append(
                {"by": draw.choice(PEOPLE), "facts": draw.sample(sorted(facts), len(facts))}
            )
        for fact in sorted(facts):
            public.expect_taken_back(answers, states, fact)
