"""The public checks of this lab: quick, with small inputs that everybody may read.

They are chosen so that no two ways of being wrong give the same, and the fault can be named.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from workbench.learning import Answers, WrongAnswer, expect_close, expect_equal, expect_kind

Row = dict[str, Any]


def call(number: int, team: str, status: int, tokens: tuple[int, int], cost_usd: float) -> Row:
    """A row of the log."""
    return {
        "settlement_id": f"set_{number}",
        "team": team,
        "status": status,
        "prompt_tokens": tokens[0],
        "completion_tokens": tokens[1],
        "cost_usd": cost_usd,
    }


LOG = [
    call(1, "sales", 200, (120, 40), 0.0000123),
    call(2, "sales", 200, (120, 40), 0.0000123),  # alike, and another call
    call(3, "legal", 502, (900, 0), 0.00225),  # failed, and was paid for
    call(1, "sales", 200, (120, 40), 0.0000123),  # settled twice
    call(4, "legal", 200, (300, 900), 0.1),
    call(5, "legal", 200, (-40, 10), 0.2),
    call(6, "sales", 200, (40, -1), 0.4),
    call(7, "sales", 200, (10, 5), 0.0000000006),  # more than half a billionth
    call(8, "sales", 200, (10, 5), 0.0000000006),
    call(4, "legal", 200, (300, 900), 0.1),
]


def q1(answers: Answers) -> None:
    """Two calls that are alike, one that was settled twice, one that failed, and tokens below 0."""
    expect_settled(answers, LOG)


def expect_settled(answers: Answers, rows: list[Row]) -> None:
    """How many calls and rows aside, and the money in whole billionths."""
    found = answers.call("settle", rows)
    expect_kind(found, dict, what="settle(...)")
    right = settled(rows)
    if sorted(found) != sorted(right):
        raise WrongAnswer(f"the keys {sorted(right)} from settle(...)", f"{sorted(found)}")
    for key in ("nano_usd", "calls", "set_aside"):
        if type(found[key]) is float and found[key] == right[key]:
            raise WrongAnswer(f"a whole number as {key!r}", repr(found[key]))
    if found == right:
        return
    nano = [round(row["cost_usd"] * 1e9) for row in kept(rows)]
    whole = round(math.fsum(row["cost_usd"] for row in kept(rows)) * 1e9)
    faults: dict[str, Row] = {
        "rows that were settled twice are counted twice": settled(rows, once=False),
        "rows with tokens below 0 are counted": settled(rows, sound=False),
        "rows are set aside because they are alike; the settlement_id tells them apart": settled(
            rows, same=lambda row: tuple(v for k, v in row.items() if k != "settlement_id")
        ),
        "a call that failed was paid for: it counts too": settled(
            [row for row in rows if row["status"] < 400], aside=len(rows)
        ),
        "each row is to be rounded to whole billionths, and then added": {
            **right,
            "nano_usd": whole,
        },
        "int() cuts off; round() goes to the nearest": {
            **right,
            "nano_usd": sum(int(row["cost_usd"] * 1e9) for row in kept(rows)),
        },
        "those are dollars, not billionths of one": {**right, "nano_usd": round(sum(nano) / 1e9)},
        "completion_tokens below 0 are a fault as well": settled(rows, tokens=("prompt_tokens",)),
        "prompt_tokens below 0 are a fault as well": settled(rows, tokens=("completion_tokens",)),
        "set_aside is how many rows were not counted": {**right, "set_aside": found["set_aside"]},
        "every row of a settlement that came twice is set aside; its first one counts": settled(
            [
                row
                for row in rows
                if sum(r["settlement_id"] == row["settlement_id"] for r in rows) < 2
            ],
            aside=len(rows),
        ),
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    raise WrongAnswer(f"{right} from settle of {len(rows)} rows", f"{found}", why=why)


def kept(
    rows: Sequence[Row],
    *,
    once: bool = True,
    sound: bool = True,
    tokens: Sequence[str] = ("prompt_tokens", "completion_tokens"),
    same: Callable[[Row], Any] = lambda row: row["settlement_id"],
) -> list[Row]:
    """The rows that count, or what a fault would make of them."""
    met, out = set[Any](), []
    for row in rows:
        if (once and same(row) in met) or (sound and min(row[name] for name in tokens) < 0):
            continue
        met.add(same(row))
        out.append(row)
    return out


def settled(rows: Sequence[Row], *, aside: int | None = None, **fault: Any) -> Row:
    """What ``settle`` is to return, or what a fault would make of that."""
    left = kept(rows, **fault)
    return {
        "calls": len(left),
        "set_aside": (len(rows) if aside is None else aside) - len(left),
        "nano_usd": sum(round(row["cost_usd"] * 1e9) for row in left),
    }


CALLS = [
    {"team": "sales", "model": "a", "status": 200, "cost_usd": 0.02},
    {"team": "sales", "model": "b", "status": 502, "cost_usd": 0.05},
    {"team": "sales", "model": "a", "status": 200, "cost_usd": 0.0},  # from the cache
    {"team": "sales", "model": "a", "status": 200, "cost_usd": 0.07},
    {"team": "legal", "model": "b", "status": 502, "cost_usd": 0.02},
    {"team": "legal", "model": "b", "status": 200, "cost_usd": 0.30},
    {"team": "legal", "model": "b", "status": 400, "cost_usd": 0.01},
    {"team": "legal", "model": "a", "status": 200, "cost_usd": 0.10},
    {"team": "legal", "model": "a", "status": 200, "cost_usd": 0.03},
    {"team": "support", "model": "c", "status": 500, "cost_usd": 0.04},  # never an answer
]


def q2(answers: Answers) -> None:
    """Calls that failed and cost something, an answer that cost nothing, and nobody answered."""
    expect_costs(answers, CALLS, "team")
    expect_costs(answers, CALLS, "model")


def expect_costs(answers: Answers, rows: list[Row], by: str) -> None:
    """All money over the answered calls, a group each."""
    found = answers.call("cost_per_answer", rows, by)
    expect_kind(found, dict, what="cost_per_answer(...)")
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    right = {name: total(each) / answered(each) for name, each in groups.items() if answered(each)}
    everything = total(rows) / answered(rows)
    for name in (each for each in right if each in found):
        group = groups[name]
        good = [row for row in group if row["status"] < 400]
        expect_close(
            found[name],
            right[name],
            what=f"the cost an answer of {name!r} by {by!r}",
            faults={
                "that is what a call costs; those that failed gave no answer": total(group)
                / len(group),
                "what failed calls cost is left out; they were paid for as well": total(good)
                / len(good),
                "an answer that cost nothing is an answer": total(group)
                / max(1, sum(row["cost_usd"] > 0 for row in good)),
                "that is the money of the group, not of an answer": total(group),
                "that is of all groups together": everything,
                "those are answers a dollar: turn it round": len(good) / max(total(group), 1e-12),
                "status 400 is no answer": total(group)
                / sum(row["status"] <= 400 for row in group),
            },
        )
    if set(found) != set(right):
        odd = sorted(set(found) ^ set(right), key=str)[0]
        why = "a group without an answer has no cost an answer" if odd in groups else ""
        if odd in right:
            why = f"the groups are those of the column {by!r}"
        raise WrongAnswer(
            f"the groups {sorted(right)} by {by!r}", f"{sorted(found, key=str)}", why=why
        )


def total(rows: Sequence[Row]) -> float:
    return math.fsum(row["cost_usd"] for row in rows)


def answered(rows: Sequence[Row]) -> int:
    return sum(row["status"] < 400 for row in rows)


def q3(answers: Answers) -> None:
    """An empty cell, sides of unequal size, and no change at all."""
    expect_index(answers, [7, 2, 4], [30, 90, 10])
    expect_index(answers, [40, 30, 30, 0], [100, 300, 90, 10])
    expect_index(answers, [10, 20, 30], [10, 20, 30])


def expect_index(answers: Answers, before: list[int], now: list[int]) -> None:
    """The index of two lists of counts."""
    p, q = shares(before), shares(now)
    right = math.fsum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    late = [n / sum(before) for n in before], [n / sum(now) for n in now]
    one = shares(before, more=1.0), shares(now, more=1.0)
    bare = math.inf if 0 in (*before, *now) else index(*late)
    expect_close(
        answers.call("stability_index", before, now),
        right,
        what=f"stability_index({before}, {now})",
        faults={
            "half a row more in every cell is missing": bare,
            "half a row is added, not a whole one": index(*one),
            "half a row is added to the counts, before the shares are taken": index(
                *([share + 0.5 for share in each] for each in late)
            ),
            "each side is divided by the sum of its cells with the half rows, so that its shares "
            "come to 1": index(
                [(n + 0.5) / sum(before) for n in before], [(n + 0.5) / sum(now) for n in now]
            ),
            "that is only one way (Kullback and Leibler): (q - p) stands before the logarithm": (
                math.fsum(b * math.log(b / a) for a, b in zip(p, q, strict=True))
            ),
            "that is only one way, from now to before: (q - p) stands before the logarithm": (
                math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
            ),
            "the logarithm is the natural one, not to the base 2": right / math.log(2),
            "the logarithm is the natural one, not to the base 10": right / math.log(10),
            "p and q must change places in one of the two factors: the index is never below 0": (
                -right
            ),
            "shares are asked for, not counts": index(
                [n + 0.5 for n in before], [n + 0.5 for n in now]
            ),
            "the cells' parts are added, not averaged": right / len(before),
        }
        if right
        else {},
    )


def shares(counts: Sequence[int], *, more: float = 0.5) -> list[float]:
    return [(n + more) / (sum(counts) + more * len(counts)) for n in counts]


def index(p: Sequence[float], q: Sequence[float]) -> float:
    return math.fsum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))


HELD = {
    "task": 0.003, "status": 0.047, "language": 0.0006, "answer": 0.0079, "user": 0.0082,
    "prompt": 0.006, "hour": 0.3, "model": 0.016, "endpoint": 0.0095, "team": 0.03,
}  # fmt: skip


def q4(answers: Answers) -> None:
    """A list that ends in the middle, one in which nothing counts, and two just on their lines."""
    expect_changed(answers, HELD, 0.05)
    expect_changed(answers, {"a": 0.049, "b": 0.026, "c": 0.5}, 0.05)
    expect_changed(answers, {"b": 0.05, "a": 0.025}, 0.05)


def expect_changed(answers: Answers, p_values: dict[str, float], level: float) -> None:
    """Holm's names, the smallest p-value first."""
    found = answers.call("changed", p_values, level)
    told = f"changed({p_values}, {level})"
    expect_kind(found, list, what=told)
    right = holm(p_values, level)
    if found == right:
        return
    names = sorted(p_values, key=lambda name: p_values[name])
    m = len(names)
    passing = [n for at, n in enumerate(names) if p_values[n] <= level / (m - at)]
    last = max((names.index(n) for n in passing), default=-1)
    sharp = holm(p_values, level, strict=True)
    faults: dict[str, list[Any]] = {
        "each is held to the level by itself; with many columns chance has many chances": [
            n for n in names if p_values[n] <= level
        ],
        "all are held to level / m (Bonferroni); after the first only level / (m - 1) is asked, "
        "and so on": [n for n in names if p_values[n] <= level / m],
        "a p-value that is just what it is held to counts": sharp,
        "the first that is too large ends it; none after it counts": passing,
        "all up to the last that passes are taken (Hochberg); the first that fails ends it": names[
            : last + 1
        ],
        "the first is held to level / m; here it is held to level / (m - 1)": holm(
            p_values, level, first=1
        ),
        "p-values are held to level * place / m, which bounds the share of false names and not "
        "the chance of one (Benjamini and Hochberg)": false_share(names, p_values, level),
        "the smallest p-value comes first": [n for n in p_values if n in right],
        "the largest p-value comes first; the smallest is asked for": right[::-1],
        "those are the names that have not changed": [n for n in names if n not in right],
        "names are asked for, not p-values": [p_values[n] for n in right],
        "the one that is too large is itself no more in the answer": names[: len(right) + 1],
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    raise WrongAnswer(f"{right} from {told}", f"{found}", why=why)


def holm(
    p_values: dict[str, float], level: float, *, strict: bool = False, first: int = 0
) -> list[str]:
    """What ``changed`` is to return, or what a fault would make of that."""
    out: list[str] = []
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        held = level / max(1, len(p_values) - place - first)
        if p_values[name] > held or (strict and p_values[name] == held):
            break
        out.append(name)
    return out


def false_share(names: Sequence[str], p_values: dict[str, float], level: float) -> list[str]:
    """What Benjamini and Hochberg (1995) would name."""
    m = len(names)
    last = max(
        (at for at, n in enumerate(names) if p_values[n] <= level * (at + 1) / m), default=-1
    )
    return list(names[: last + 1])


# Twenty hours; the share goes from 1 in 10 to 4 in 10 at the hour 12. Some hours have few calls.
CALLS_BY_HOUR = [50, 3, 4, 2, 1, 40, 50, 50, 50, 40, 50, 4, 0, 4, 50, 4, 3, 50, 3, 3]
HITS_BY_HOUR = [3, 0, 1, 0, 0, 8, 3, 5, 3, 4, 6, 0, 0, 1, 19, 3, 1, 22, 2, 2]


def q5(answers: Answers) -> None:
    """Hours with few calls whose shares mislead, hours without any, and a change for the less."""
    expect_began(answers, HITS_BY_HOUR, CALLS_BY_HOUR)
    fewer = [n - hit for n, hit in zip(CALLS_BY_HOUR, HITS_BY_HOUR, strict=True)]
    expect_began(answers, fewer, CALLS_BY_HOUR)
    expect_began(answers, [5, 0, 0, 0], [9, 8, 9, 7])


def expect_began(answers: Answers, hits: list[int], calls: list[int]) -> None:
    """The first hour of the other share."""
    found = answers.call("began", hits, calls)
    told = f"began({hits}, {calls})"
    expect_kind(found, int, what=told)
    right = split_at(hits, calls, split_fit)
    jumps = [0.0] + [share(hits, calls, h, h + 1) - share(hits, calls, h - 1, h)
                     for h in range(1, len(calls))]  # fmt: skip
    faults = {
        "that is the last hour before the change; the first after it is asked for": right - 1,
        "hours are counted from 0": right + 1,
        "that is the largest step from one hour to the next, which is made by hours with few "
        "calls": max(range(1, len(calls)), key=lambda h: abs(jumps[h])),
        "that is where the shares before and after differ most, which is near an end, where few "
        "calls make a share; the likelihood knows how many there are": split_at(
            hits, calls, lambda h, n, at: abs(share(h, n, 0, at) - share(h, n, at, len(n)))
        ),
        "that is where the fit is worst": split_at(
            hits, calls, lambda h, n, at: -split_fit(h, n, at)
        ),
        "only the part before is fitted; both parts count": split_at(
            hits, calls, lambda h, n, at: fit(sum(h[:at]), sum(n[:at]))
        ),
        "only the part from it on is fitted; both parts count": split_at(
            hits, calls, lambda h, n, at: fit(sum(h[at:]), sum(n[at:]))
        ),
        "the hours' shares are averaged; an hour with many calls says more than one with few": (
            split_at(hits, calls, least_squares)
        ),
        "the likelihood is divided by the calls; add it as it is": split_at(
            hits, calls, lambda h, n, at: each_fit(h, n, at)
        ),
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    expect_equal(found, right, what=told, why=why)


def fit(hits: int, calls: int) -> float:
    """The log-likelihood of so many hits among calls, with their own share."""
    return math.fsum(n * math.log(n / calls) for n in (hits, calls - hits) if n)


Scored = Callable[[Sequence[int], Sequence[int], int], float]


def split_at(hits: Sequence[int], calls: Sequence[int], scored: Scored) -> int:
    """The first hour whose score is the largest; equal but for rounding is equal."""
    found = [scored(hits, calls, at) for at in range(1, len(calls))]
    return 1 + next(at for at, value in enumerate(found) if value >= max(found) - 1e-9)


def split_fit(hits: Sequence[int], calls: Sequence[int], at: int) -> float:
    return fit(sum(hits[:at]), sum(calls[:at])) + fit(sum(hits[at:]), sum(calls[at:]))


def each_fit(hits: Sequence[int], calls: Sequence[int], at: int) -> float:
    parts = [(sum(hits[:at]), sum(calls[:at])), (sum(hits[at:]), sum(calls[at:]))]
    return sum(fit(*part) / max(1, part[1]) for part in parts)


def share(hits: Sequence[int], calls: Sequence[int], first: int, end: int) -> float:
    return sum(hits[first:end]) / max(1, sum(calls[first:end]))


def least_squares(hits: Sequence[int], calls: Sequence[int], at: int) -> float:
    """How well two means explain the hours' shares, each hour alike."""
    each = [hit / max(1, n) for hit, n in zip(hits, calls, strict=True)]
    parts = each[:at], each[at:]
    return -sum((x - sum(part) / len(part)) ** 2 for part in parts for x in part)


def cell(model: str, task: str, answers: int, rated: int, liked: int) -> Row:
    return {"model": model, "task": task, "answers": answers, "rated": rated, "liked": liked}


CELLS = [
    cell("large", "code", 700, 40, 30),
    cell("large", "code", 100, 60, 57),  # another team's
    cell("large", "chat", 200, 50, 45),
    cell("small", "code", 50, 20, 8),
    cell("small", "chat", 900, 120, 102),
    cell("small", "mail", 500, 90, 81),  # nobody asks the large one
    cell("other", "chat", 300, 10, 1),
]


def q6(answers: Answers) -> None:
    """Tasks that are unevenly spread, several cells of one, and a task that does not move."""
    expect_change(answers, CELLS, "large", "small")
    moved_back = [each for each in CELLS if each["task"] != "mail"]
    expect_change(answers, moved_back, "small", "large")


def expect_change(answers: Answers, cells: list[Row], source: str, target: str) -> None:
    """The mean of the tasks' changes, weighed by the source's answers."""
    right = change_of(cells, source, target, weight=lambda s, t: s[0])
    plain = {
        model: [sum(c[name] for c in cells if c["model"] == model) for name in ("rated", "liked")]
        for model in (source, target)
    }
    last = {(c["model"], c["task"]): c for c in cells}
    faults = {
        "that is the difference over all answers; the two are not asked the same tasks": (
            plain[target][1] / plain[target][0] - plain[source][1] / plain[source][0]
        ),
        "the tasks are weighed by the target's answers; those that move are the source's": (
            change_of(cells, source, target, weight=lambda s, t: t[0])
        ),
        "each task counts alike; weigh it by the source's answers": change_of(
            cells, source, target, weight=lambda s, t: 1
        ),
        "the tasks are weighed by how many were rated; all of the source's answers move": change_of(
            cells, source, target, weight=lambda s, t: s[1]
        ),
        "the tasks are weighed by the answers of both": change_of(
            cells, source, target, weight=lambda s, t: s[0] + t[0]
        ),
        "it is turned round: the target's share minus the source's": -right,
        "of several cells of one model and task only the last is kept; add them up": change_of(
            list(last.values()), source, target, weight=lambda s, t: s[0]
        ),
        "liked is divided by all answers; those who were not asked have not disliked it": change_of(
            cells, source, target, weight=lambda s, t: s[0], over=0
        ),
        "a mean is asked for: divide by the source's answers": change_of(
            cells, source, target, weight=lambda s, t: s[0], mean=False
        ),
        "those are points (hundredths); a share is asked for": 100 * right,
    }
    expect_close(
        answers.call("change_if_moved", cells, source, target),
        right,
        what=f"change_if_moved(cells, {source!r}, {target!r}) of {len(cells)} cells",
        faults=faults,
    )


def change_of(
    cells: Sequence[Row],
    source: str,
    target: str,
    *,
    weight: Callable[[list[int], list[int]], int],
    over: int = 1,
    mean: bool = True,
) -> float:
    """What ``change_if_moved`` is to return, or what a fault would make of that."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in cells:
        for at, name in enumerate(("answers", "rated", "liked")):
            sums[each["model"], each["task"]][at] += each[name]
    tasks = sorted({each["task"] for each in cells if each["model"] == source})
    sides = [(sums[source, task], sums[target, task]) for task in tasks]
    weights = [weight(ours, theirs) for ours, theirs in sides]
    parts = [t[2] / t[over] - s[2] / s[over] for s, t in sides]
    found = math.fsum(w * part for w, part in zip(weights, parts, strict=True))
    return found / sum(weights) if mean else found
