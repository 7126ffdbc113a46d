"""The public checks of this lab: quick, with small tables that everybody may read.

Numbers are given that no two ways of being wrong share, so that the fault can be named.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.learning import (
    Answers,
    WrongAnswer,
    expect_close,
    expect_equal,
    expect_kind,
    expect_number,
)

Rates = Mapping[str, float]
GROUPS = ["b", "a", "b", "b", "a", "b", "b", "b"]
SCORES = [0.9, 0.4, 0.8, 0.3, 0.2, 0.7, 0.1, 0.45]


def expect_by_group(
    found: Any, right: Rates, *, what: str, faults: Mapping[str, Rates | None]
) -> None:
    """A dictionary with a number for each group, or the fault that gives what was found."""
    expect_kind(found, dict, what=what)
    expect_equal(sorted(found), sorted(right), what=f"the groups of {what}")
    numbers = {name: expect_number(found[name], what=f"{name!r} of {what}") for name in right}
    same = [said for said, wrong in faults.items() if wrong and agree(numbers, wrong)]
    for name, value in right.items():
        given = {said: wrong[name] for said, wrong in faults.items() if wrong and name in wrong}
        # A fault that explains every group is likelier than one that explains this group alone.
        given = {said: given[said] for said in same} or given
        expect_close(found[name], value, what=f"{name!r} of {what}", faults=given)


def agree(found: Rates, wanted: Rates) -> bool:
    """Whether two dictionaries of numbers are the same but for rounding."""
    return found.keys() == wanted.keys() and all(
        math.isclose(value, wanted[name], rel_tol=1e-6, abs_tol=1e-9)
        for name, value in found.items()
    )


def rates(groups: Sequence[str], marks: Sequence[int]) -> dict[str, float]:
    """The share of rows with a mark, by group."""
    sizes, marked = Counter(groups), Counter(g for g, m in zip(groups, marks, strict=True) if m)
    return {name: marked[name] / size for name, size in sizes.items()}


def q1(answers: Answers) -> None:
    """Groups of unlike size, and one of which nobody is picked."""
    expect_rates(answers, GROUPS, [1, 1, 1, 0, 0, 1, 1, 0])
    expect_rates(answers, ["x", "y", "x"], [1, 0, 0])


def expect_rates(answers: Answers, groups: list[str], chosen: list[int]) -> None:
    """The selection rate of each group."""
    found = answers.call("selection_rates", groups, chosen)
    right, sizes = rates(groups, chosen), Counter(groups)
    picked = {name: right[name] * sizes[name] for name in right}
    if isinstance(found, dict) and sorted(found) != sorted(right):
        raise WrongAnswer(
            f"the groups {sorted(right)} from selection_rates(...)",
            str(sorted(found)),
            why="a group of which nobody is picked has the rate 0; it is not left out",
        )
    total = sum(chosen)
    expect_by_group(
        found,
        right,
        what=f"selection_rates({groups}, {chosen})",
        faults={
            "it is divided by all rows instead of the group's own": {
                name: value / len(groups) for name, value in picked.items()
            },
            "that is the group's share of those who are picked, not the share of the group": {
                name: value / total for name, value in picked.items()
            },
            "that is a number of rows; divide by the group's rows": picked,
            "that is the share that is not picked": {n: 1 - value for n, value in right.items()},
        },
    )


def q2(answers: Answers) -> None:
    """A gap that is clear, one that may be luck, and one that is turned round."""
    expect_gap(answers, 120, 300, 50, 200)
    expect_gap(answers, 12, 40, 6, 30)
    expect_gap(answers, 50, 250, 120, 300)


def expect_gap(answers: Answers, picked_1: int, n_1: int, picked_2: int, n_2: int) -> None:
    """The gap, both ends, and whether it may be luck."""
    given = (picked_1, n_1, picked_2, n_2)
    found, told = answers.call("gap_interval", *given), f"gap_interval{given}"
    expect_kind(found, dict, what=told)
    expect_equal(sorted(found), ["gap", "high", "low", "may_be_luck"], what=f"the fields of {told}")
    p, q = picked_1 / n_1, picked_2 / n_2
    gap, (one, two) = p - q, (p * (1 - p) / n_1, q * (1 - q) / n_2)
    errors = {
        "": math.sqrt(one + two),
        "standard errors do not add up; the variances do": math.sqrt(one) + math.sqrt(two),
        "the root is missing: that is the variance": one + two,
        "1.96 belongs to 95%; 1.645 to one side only": math.sqrt(one + two) * 1.645 / 1.96,
        "that is one standard error; 95% are 1.96 of them": math.sqrt(one + two) / 1.96,
        "the variance is divided by n: p (1 - p) / n": math.sqrt(p * (1 - p) + q * (1 - q)),
        "only the first rate's variance is in it": math.sqrt(one),
    }
    expect_close(
        found["gap"],
        gap,
        what=f"gap of {told}",
        faults={
            "it is the first rate less the second": -gap,
            "that is a difference of numbers of rows, not of rates": float(picked_1 - picked_2),
            "that is a ratio; the difference is asked for": p / q,
        },
    )
    for end, sign in (("low", -1), ("high", 1)):
        faults = {said: gap + sign * 1.96 * error for said, error in errors.items() if said}
        faults["low and high are exchanged"] = gap - sign * 1.96 * errors[""]
        right = gap + sign * 1.96 * errors[""]
        expect_close(found[end], right, what=f"{end} of {told}", faults=faults)
    luck = gap - 1.96 * errors[""] <= 0 <= gap + 1.96 * errors[""]
    why = (
        "the interval holds 0, so no gap at all is among what may be"
        if luck
        else "0 lies outside the interval: below it, or above where the gap is negative"
    )
    expect_equal(found["may_be_luck"], luck, what=f"may_be_luck of {told}", why=why)


def q3(answers: Answers) -> None:
    """A cell exactly at the edge, and two of one size."""
    first, second = list("mmmmmffffm"), list("xxxyyxxyzz")
    expect_left_out(answers, first, second, 2)


def expect_left_out(answers: Answers, first: list[str], second: list[str], least: int) -> None:
    """The cells that are too small, the smallest first."""
    found = answers.call("left_out", first, second, least)
    expect_kind(found, list, what="left_out(...)")
    counts = Counter(zip(first, second, strict=True))

    def cells(most: int, low: int = 0) -> list[list[object]]:
        kept = sorted((n, a, b) for (a, b), n in counts.items() if low <= n <= most)
        return [[a, b, n] for n, a, b in kept]

    right = cells(least - 1)
    if found == right:
        return
    ones, twos = Counter(first), Counter(second)
    single = sorted([n, v] for v, n in {**ones, **twos}.items() if n < least)
    faults = {
        "a cell of exactly `least` rows is large enough": cells(least),
        "those are the cells that are kept": cells(len(first), least),
        "all cells are listed; those that are large enough are not left out": cells(len(first)),
        "each entry needs its n": [cell[:2] for cell in right],
        "each entry is [a, b, n], with n at its end": [[n, a, b] for a, b, n in right],
        "each column is counted by itself; it is the pairs that may be small": single,
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    if not why and all(isinstance(cell, list) for cell in found):
        sortable = sorted(map(str, found)) == sorted(map(str, right))
        why = (
            "the cells are right, but the smallest comes first, then by a and b" if sortable else ""
        )
        if not why and any(len(cell) == 3 and cell[2] == 0 for cell in found):
            why = "only pairs that occur are meant: of others there is nobody to leave out"
    raise WrongAnswer(f"{right} from left_out({first}, {second}, {least})", f"{found}", why=why)


def q4(answers: Answers) -> None:
    """Scores that run differently in the two groups."""
    expect_lines(answers, GROUPS, SCORES, 0.25)
    expect_lines(answers, GROUPS, SCORES, 0.1)


def expect_lines(answers: Answers, groups: list[str], scores: list[float], share: float) -> None:
    """The score of the last one accepted, in each group."""
    found = answers.call("equal_lines", groups, scores, share)

    def at(values: list[float], place: int) -> float:
        return values[min(max(place, 0), len(values) - 1)]

    own = {
        name: sorted((s for g, s in zip(groups, scores, strict=True) if g == name), reverse=True)
        for name in dict.fromkeys(groups)
    }
    taken = {name: max(1, round(share * len(values))) for name, values in own.items()}
    everyone = sorted(scores, reverse=True)
    one = everyone[max(1, round(share * len(scores))) - 1]
    expect_by_group(
        found,
        {name: own[name][taken[name] - 1] for name in own},
        what=f"equal_lines({groups}, {scores}, {share})",
        faults={
            "one too many is accepted: places are counted from 0": {
                name: at(own[name], taken[name]) for name in own
            },
            "the line is the score of the last one accepted; so one too few is": {
                name: at(own[name], taken[name] - 2) for name in own
            },
            "those with the lowest scores are accepted; order them from the highest": {
                name: own[name][::-1][taken[name] - 1] for name in own
            },
            "that is one line for all; each group is ordered by itself": dict.fromkeys(own, one),
            "share is the share accepted, not the height of the line": dict.fromkeys(own, share),
        },
    )


def q5(answers: Answers) -> None:
    """One who stands on the line, and a group in which nobody deserves it."""
    lines = {"a": 0.3, "b": 0.7}
    expect_found(answers, GROUPS, [1, 1, 0, 1, 0, 1, 1, 1], SCORES, lines)
    expect_found(
        answers, [*GROUPS, "c"], [1, 1, 1, 1, 1, 1, 0, 1, 0], [*SCORES, 0.5], {**lines, "c": 0.4}
    )


def expect_found(
    answers: Answers,
    groups: list[str],
    actual: list[int],
    scores: list[float],
    lines: dict[str, float],
) -> None:
    """The true positive rate of each group by its own line."""
    found = answers.call("found_rates", groups, actual, scores, lines)
    expect_kind(found, dict, what="found_rates(...)")
    rows = list(zip(groups, actual, scores, strict=True))
    right = by_line(rows, lines)
    if extra := sorted(set(found) - set(right)):
        raise WrongAnswer(
            f"only the groups {sorted(right)}",
            f"{extra[0]!r} as well",
            why="of a group with no actual == 1 there is no true positive rate; leave it out",
        )
    accepted = [(group, came) for group, came, score in rows if score >= lines[group]]
    half = dict.fromkeys(lines, 0.5)
    mean = dict.fromkeys(lines, sum(lines.values()) / len(lines))
    faults: dict[str, Rates | None] = {
        "that is the selection rate; only rows with actual == 1 count": rates(
            groups, [int(score >= lines[group]) for group, _, score in rows]
        ),
        "that is precision, of those accepted; asked is of those who deserve it": rates(
            [group for group, _ in accepted], [came for _, came in accepted]
        ),
        "that is the false positive rate: rows with actual == 0": by_line(rows, lines, of=0),
        "the denominator is the group's rows with actual == 1, not all of the group": rates(
            groups, [int(came == 1 and s >= lines[g]) for g, came, s in rows]
        ),
        "that is accuracy; rows with actual == 0 do not count": rates(
            groups, [int((s >= lines[g]) == (came == 1)) for g, came, s in rows]
        ),
        "whoever stands on the line is accepted: score >= line": by_line(rows, lines, strict=True),
        "the line 0.5 is used; each group has its own": by_line(rows, half),
        "one line is used for all groups; each has its own": by_line(rows, mean),
        "that is the share that is missed": {name: 1 - value for name, value in right.items()},
    }
    told = f"found_rates({groups}, {actual}, {scores}, {lines})"
    expect_by_group(found, right, what=told, faults=faults)


def by_line(
    rows: Sequence[tuple[str, int, float]],
    lines: Rates,
    *,
    of: int = 1,
    strict: bool = False,
) -> dict[str, float]:
    """The share accepted of the rows that came out as ``of``."""
    judged = [(group, score) for group, came, score in rows if came == of]
    marks = [int(s > lines[g] if strict else s >= lines[g]) for g, s in judged]
    return rates([group for group, _ in judged], marks)


def q6(answers: Answers) -> None:
    """The most errors in a large slice, the highest rate in one that is too small."""
    columns = {"job": list("kkkkkkppps"), "town": list("uvuvuvuvuu")}
    expect_slice(answers, columns, [1, 0, 1, 0, 1, 0, 1, 1, 0, 1], 3)


def expect_slice(
    answers: Answers, columns: dict[str, list[str]], wrong: list[int], least: int
) -> None:
    """The slice with the highest error rate of those that are large enough."""
    found = answers.call("worst_slice", columns, wrong, least)
    expect_kind(found, list, what="worst_slice(...)")
    everything = [
        (column, value, n, rates(values, wrong)[value])
        for column, values in columns.items()
        for value, n in Counter(values).items()
    ]
    large = [one for one in everything if one[2] >= least]
    best = max(one[3] for one in large)
    told = f"worst_slice({columns}, {wrong}, {least})"
    faults = {
        "it has the most errors, because it has the most rows; the rate is asked for": max(
            large, key=lambda one: one[2] * one[3]
        ),
        f"it has fewer than {least} rows: too few to be a finding": max(
            everything, key=lambda one: one[3]
        ),
        "that is the slice with the lowest rate": min(large, key=lambda one: one[3]),
        "that is the largest slice": max(large, key=lambda one: one[2]),
    }
    right = next(one for one in large if one[3] == best)
    if len(found) != 4:
        raise WrongAnswer(f"[column, value, n, rate] from {told}", f"{found}")
    if found[:2] != list(right[:2]):
        why = next((said for said, one in faults.items() if found[:2] == list(one[:2])), "")
        if not why and found[:2] == [right[1], right[0]]:
            why = "the column comes first, then the value"
        raise WrongAnswer(f"{list(right)} from {told}", f"{found}", why=why)
    expect_equal(found[2], right[2], what=f"n of {told}", why="n is all rows of the slice")
    expect_close(
        found[3],
        right[3],
        what=f"rate of {told}",
        faults={
            "that is a number of errors": right[2] * right[3],
            "the errors are divided by all rows, not by the slice's": right[2]
            * right[3]
            / len(wrong),
        },
    )


def q7(answers: Answers) -> None:
    """Two groups, three groups, and one line for all."""
    expect_apart(answers, SCORES, {"a": 0.3, "b": 0.7})
    expect_apart(answers, SCORES, {"a": 0.45, "b": 0.3, "c": 0.85})
    expect_apart(answers, SCORES, {"a": 0.5, "b": 0.5})


def expect_apart(answers: Answers, scores: list[float], lines: dict[str, float]) -> None:
    """The share of scores between the lowest and the highest line."""
    low, high = min(lines.values()), max(lines.values())
    first, second, *_ = lines.values()
    count = sum(low <= score < high for score in scores)
    near, far = sorted((first, second))
    total = len(scores)
    expect_close(
        answers.call("decided_by_group", scores, lines),
        count / total,
        what=f"decided_by_group({scores}, {lines})",
        faults={
            "that is a number of people; a share is asked for": float(count),
            "that is the share whose decision stays the same": 1 - count / total,
            "only the first two groups are compared; there may be more": sum(
                near <= score < far for score in scores
            )
            / total,
            "whoever stands on a line is accepted by it: score >= line": sum(
                low < score <= high for score in scores
            )
            / total,
            "that is how far the lines are apart, not how many people stand between": high - low,
            "each pair of groups is counted; a person counts once": sum(
                sum((score >= a) != (score >= b) for a in lines.values() for b in lines.values())
                for score in scores
            )
            / 2
            / total,
            "that is everyone whom some line accepts, also those whom all accept": sum(
                score >= low for score in scores
            )
            / total,
        },
    )
