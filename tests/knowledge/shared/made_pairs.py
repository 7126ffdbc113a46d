"""Pairs of proposals that are drawn together with what their merge must be.

Nothing of the package's merging is asked: each page is a list of lines of which one side or both
change some, each statement and decision has a case, and what comes of it is written down as it is
drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.statements import Statement

QUIET_PAGES = (
    "none", "ours", "theirs", "apart", "same", "moved and edited", "moved alike", "gone here",
    "gone there", "gone in both", "new here", "new there", "new alike", "moved here, new there",
)  # fmt: skip
LOUD_PAGES = (
    "clash", "two clashes", "moved apart", "edited, gone", "gone, edited", "new and other",
    "one path", "page and folder",
)  # fmt: skip
QUIET_STATEMENTS = (
    "none", "ours", "theirs", "two fields", "two sources", "same", "gone here", "gone in both",
    "new here", "new alike", "new, spelt otherwise", "narrower", "one after the other",
)  # fmt: skip
LOUD_STATEMENTS = ("field", "edited, gone", "gone, edited", "two values", "new, other end")
QUIET_DECISIONS = ("none", "new here", "new there", "new alike", "changed here", "gone there")
# What both sides did: taking one of them back takes it away, or is a conflict.
ALIKE = ("same", "moved alike", "gone in both", "new alike", "new, spelt otherwise")
LOUD_DECISIONS = ("one and two", "changed apart", "edited, gone")


@dataclass
class Pair:
    """A base, two states made of it, what they are together, and the conflicts by kind and name."""

    base: Contents = field(default_factory=Contents)
    ours: Contents = field(default_factory=Contents)
    theirs: Contents = field(default_factory=Contents)
    merged: Contents = field(default_factory=Contents)
    conflicts: set[tuple[str, str]] = field(default_factory=set)
    cases: list[str] = field(default_factory=list)

    def everywhere(self, change: Callable[[Contents], Contents], *sides: str) -> None:
        """Make a change to all of the four, or to some."""
        for side in sides or ("base", "ours", "theirs", "merged"):
            setattr(self, side, change(getattr(self, side)))


def draw_pair(chance: random.Random, *, loud: bool, apart: bool = False) -> Pair:
    """A pair, with conflicts or without any; ``apart`` if the sides have nothing alike."""
    pair = Pair()

    def quiet(cases: tuple[str, ...]) -> str:
        return chance.choice([each for each in cases if not (apart and each in ALIKE)])

    for number in range(chance.randint(2, 5)):
        _draw_page(pair, chance, f"folder{number % 2}/page{number}.md", quiet(QUIET_PAGES))
    for number in range(chance.randint(3, 9)):
        _draw_statement(pair, chance, f"Person {number}", quiet(QUIET_STATEMENTS))
    for number in range(chance.randint(1, 4)):
        _draw_decision(pair, f"name {number}", quiet(QUIET_DECISIONS))
    for number in range(chance.randint(1, 3) if loud else 0):
        draw = chance.choice(("page", "statement", "decision"))
        if draw == "page":
            _draw_page(pair, chance, f"loud/page{number}.md", chance.choice(LOUD_PAGES))
        elif draw == "statement":
            _draw_statement(pair, chance, f"Loud {number}", chance.choice(LOUD_STATEMENTS))
        else:
            _draw_decision(pair, f"loud {number}", chance.choice(LOUD_DECISIONS))
    return pair


def _lines(chance: random.Random, path: str, tag: str, count: int) -> list[str]:
    return [f"{path} {tag} {number} {chance.random()}\n" for number in range(count)]


def _draw_page(pair: Pair, chance: random.Random, path: str, case: str) -> None:
    pair.cases.append(f"page: {case}")
    text = _lines(chance, path, "line", chance.randint(9, 25))

    def edited(slot: int, tag: str) -> list[list[str]]:
        """A line replaced, taken away or followed by another, or two added before it."""
        new = _lines(chance, path, tag, 2)
        ways = ([new[0]], [], [text[slot], *new], [*new, text[slot]])
        return [[*each] for each in [text[:slot], chance.choice(ways), text[slot + 1 :]]]

    def whole(parts: list[list[str]]) -> str:
        return "".join(line for part in parts for line in part)

    first = chance.randrange(0, len(text) - 5)
    second = chance.randrange(first + 3, len(text))
    ours, theirs = edited(first, "ours"), edited(second, "theirs")
    both = whole([ours[0], ours[1], text[first + 1 : second], theirs[1], theirs[2]])
    moved, other = f"moved/{path}", f"other/{path}"
    if not case.startswith("new"):
        pair.everywhere(lambda each: each.with_page(path, "".join(text)))

    def write(words: str, *sides: str, at: str = path) -> None:
        pair.everywhere(lambda each: each.with_page(at, words), *sides)

    def move(to: str, *sides: str) -> None:
        pair.everywhere(lambda each: each.with_renamed(path, to), *sides)

    def drop(*sides: str) -> None:
        pair.everywhere(lambda each: each.without_page(path), *sides)

    if case in ("ours", "new here"):
        write(whole(ours), "ours", "merged")
    elif case in ("theirs", "new there"):
        write(whole(theirs), "theirs", "merged")
    elif case == "apart":
        write(whole(ours), "ours"), write(whole(theirs), "theirs"), write(both, "merged")
    elif case in ("same", "new alike"):
        write(whole(ours), "ours", "theirs", "merged")
    elif case == "moved and edited":
        write(whole(theirs), "theirs", "merged"), move(moved, "ours", "merged")
    elif case == "moved alike":
        write(whole(ours), "ours"), write(whole(theirs), "theirs"), write(both, "merged")
        move(moved, "ours", "theirs", "merged")
    elif case == "gone here":
        drop("ours", "merged")
    elif case == "gone there":
        drop("theirs", "merged")
    elif case == "gone in both":
        drop("ours", "theirs", "merged")
    elif case == "moved here, new there":
        move(moved, "ours", "merged")
        write(f"new {path}\n", "theirs", "merged", at=other)
    elif case == "clash":
        one, two = _lines(chance, path, "one", 1), _lines(chance, path, "two", 1)
        write(whole([text[:first], one, text[first + 1 :]]), "ours")
        write(whole([text[:first], two, text[first + 1 :]]), "theirs")
        pair.conflicts.add(("text", path))
    elif case == "two clashes":
        for side in ("ours", "theirs"):
            new = _lines(chance, path, side, 2)
            words = [text[:first], new[:1], text[first + 1 : second], new[1:], text[second + 1 :]]
            write(whole(words), side)
        pair.conflicts.add(("text", path))
    elif case == "moved apart":
        move(moved, "ours"), move(other, "theirs")
        pair.conflicts.add(("rename", path))
    elif case == "edited, gone":
        write(whole(ours), "ours"), drop("theirs")
        pair.conflicts.add(("edit and delete", path))
    elif case == "gone, edited":
        write(whole(theirs), "theirs"), drop("ours")
        pair.conflicts.add(("edit and delete", path))
    elif case == "new and other":
        write("".join(_lines(chance, path, "one", 4)), "ours")
        write("".join(_lines(chance, path, "two", 4)), "theirs")
        pair.conflicts.add(("text", path))
    elif case == "one path":
        move(moved, "ours"), write(f"new {path}\n", "theirs", at=moved)
        pair.conflicts.add(("path", moved))
    elif case == "page and folder":
        write(f"a page {path}\n", "ours", at=f"under/{path}")
        write(f"a page below {path}\n", "theirs", at=f"under/{path}/page.md")
        pair.conflicts.add(("path", f"under/{path}"))


def _draw_statement(pair: Pair, chance: random.Random, name: str, case: str) -> None:
    pair.cases.append(f"statement: {case}")
    relation = chance.choice(("works_for", "wrote", "knows"))
    was = Statement(name, relation, f"Thing of {name}", "1990", None, ("a book",), "")
    until, noted = replace(was, valid_to="1995"), replace(was, note="seen")
    sourced = [replace(was, sources=(*was.sources, each)) for each in ("a letter", "a map")]

    def say(statement: Statement, *sides: str) -> None:
        pair.everywhere(lambda each: each.with_statement(statement), *sides)

    def drop(*sides: str) -> None:
        pair.everywhere(lambda each: each.without_statement(was.key), *sides)

    if not case.startswith(("new", "two values", "narrower", "one after")):
        say(was)
    if case == "ours":
        say(until, "ours", "merged")
    elif case == "theirs":
        say(noted, "theirs", "merged")
    elif case == "two fields":
        say(until, "ours"), say(noted, "theirs"), say(replace(until, note="seen"), "merged")
    elif case == "two sources":
        say(sourced[0], "ours"), say(sourced[1], "theirs")
        say(replace(was, sources=("a book", "a letter", "a map")), "merged")
    elif case == "same":
        say(until, "ours", "theirs", "merged")
    elif case == "gone here":
        drop("ours", "merged")
    elif case == "gone in both":
        drop("ours", "theirs", "merged")
    elif case == "new here":
        say(was, "ours", "merged")
    elif case == "new alike":
        say(sourced[0], "ours"), say(sourced[1], "theirs")
        say(replace(was, sources=("a book", "a letter", "a map")), "merged")
    elif case == "new, spelt otherwise":
        say(was, "ours"), say(replace(was, subject=name.upper()), "theirs")
        say(replace(was, subject=min(name, name.upper())), "merged")
    elif case == "narrower":
        wide, narrow = (Statement(name, "born_on", each) for each in ("1815", "10 December 1815"))
        say(wide, "ours", "merged"), say(narrow, "theirs", "merged")
    elif case == "one after the other":
        before = Statement(f"{name} City", "capital_of", f"{name} Land", "1900", "1950")
        after = Statement(f"{name} Town", "capital_of", f"{name} Land", "1950", None)
        say(before, "ours", "merged"), say(after, "theirs", "merged")
    elif case == "field":
        say(until, "ours"), say(replace(was, valid_to="1996"), "theirs")
        pair.conflicts.add(("field", str(until)))
    elif case == "edited, gone":
        say(until, "ours"), drop("theirs")
        pair.conflicts.add(("edit and delete", str(until)))
    elif case == "gone, edited":
        say(noted, "theirs"), drop("ours")
        pair.conflicts.add(("edit and delete", str(noted)))
    elif case == "two values":
        say(Statement(name, "born_in", f"{name} North"), "ours")
        say(Statement(name.lower(), "born_in", f"{name} South"), "theirs")
        pair.conflicts.add(("values", f"{name} born_in"))
    elif case == "new, other end":
        say(until, "ours"), say(replace(was, valid_to="1999"), "theirs")
        pair.conflicts.add(("field", str(until)))


def _draw_decision(pair: Pair, name: str, case: str) -> None:
    pair.cases.append(f"decision: {case}")
    one = Decision("pair", (name, f"{name} the first"), "one", "seen")
    two = Decision("pair", (f"{name} the first", name), "two")
    senses = [Decision("sense", (name, "a.md"), each) for each in ("planet", "god", "metal")]

    def decide(decision: Decision, *sides: str) -> None:
        pair.everywhere(lambda each: each.with_decision(decision), *sides)

    def drop(*sides: str) -> None:
        pair.everywhere(lambda each: each.without_decision(senses[0].key), *sides)

    if case in ("changed here", "gone there", "changed apart", "edited, gone"):
        decide(senses[0])
    if case == "new here":
        decide(one, "ours", "merged")
    elif case == "new there":
        decide(two, "theirs", "merged")
    elif case == "new alike":
        decide(one, "ours", "merged"), decide(replace(one, reason=""), "theirs")
    elif case == "changed here":
        decide(senses[1], "ours", "merged")
    elif case == "gone there":
        drop("theirs", "merged")
    elif case == "one and two":
        decide(one, "ours"), decide(two, "theirs")
        pair.conflicts.add(("decision", str(one)))
    elif case == "changed apart":
        decide(senses[1], "ours"), decide(senses[2], "theirs")
        pair.conflicts.add(("decision", str(senses[1])))
    elif case == "edited, gone":
        decide(senses[1], "ours"), drop("theirs")
        pair.conflicts.add(("edit and delete", str(senses[1])))
