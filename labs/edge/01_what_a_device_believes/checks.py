"""The public checks of this lab: quick, with small inputs that everybody may read.

They are chosen so that no two ways of being wrong give the same, and the fault can be named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from workbench.learning import Answers, WrongAnswer, expect_close, expect_equal, expect_kind

Row = dict[str, Any]
DAY_S = 86_400

BLOCK = [0.11, -0.7, 0.349, -0.251, 0.0, 0.33, -0.049, 0.051]


def q1(answers: Answers) -> None:
    """A block whose largest weight is negative, and one of zeros."""
    expect_steps(answers, BLOCK)
    expect_steps(answers, [0.0] * 4)


def expect_steps(answers: Answers, block: list[float]) -> None:
    """The scale, and the steps as whole numbers."""
    found = answers.call("quantise", block)
    what = f"quantise(block of {len(block)})"
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise WrongAnswer(f"a pair of the scale and the steps from {what}", repr(found)[:80])
    scale, steps = found
    largest = max(abs(each) for each in block)
    right = largest / 7
    faults = {
        "that is the largest weight by its sign; take its size": max(block) / 7,
        "divide by 7, the largest step": largest,
        "the steps go from -7 to 7: divide by 7": largest / 8,
        "divide the largest size by 7, not the range from the smallest to the largest by 15": (
            (max(block) - min(block)) / 15
        ),
    }
    expect_close(scale, right, what=f"the scale of {what}", faults=faults)
    expect_kind(steps, list, what=f"the steps of {what}")
    wanted = [round(each / right) if right else 0 for each in block]
    if steps == wanted and all(type(each) is int for each in steps):
        return
    wrong: dict[str, list[Any]] = {
        "int() and // cut off; round() goes to the nearest": [
            int(each / right) if right else 0 for each in block
        ],
        "math.floor goes down; round() goes to the nearest": [
            math.floor(each / right) if right else 0 for each in block
        ],
        "those are the weights again; the steps are asked for": [right * each for each in wanted],
        "the signs are lost": [abs(each) for each in wanted],
    }
    why = next((said for said, each in wrong.items() if steps == each), "")
    if steps == wanted:
        why = "a step is a whole number"
    raise WrongAnswer(f"the steps {wanted} from {what}", f"{steps}"[:120], why=why)


UNEVEN = [0.16, 0.32, -0.32, 0.05, 0.14, 0.63]
HEAVY = [0.3, 1.8, 9.4, 0.4, 1.2, 0.02]
SCALES = [0.018, 0.036, 0.063, 0.009, 0.027, 0.0765, 0.054, 0.09, 0.045]


def q2(answers: Answers) -> None:
    """The largest weight counts for little, and then for as much as the others."""
    expect_scale(answers, UNEVEN, HEAVY, SCALES)
    expect_scale(answers, UNEVEN, [1.0] * 6, SCALES)
    expect_scale(answers, [0.0, 0.0], [1.0, 2.0], [0.5, 0.2])


def expect_scale(
    answers: Answers, block: list[float], importance: list[float], scales: list[float]
) -> None:
    """The scale with the least weighed error, or what a fault would choose."""
    even = [1.0] * len(block)
    right = best(block, importance, scales)
    faults = {
        "the importance is not used": best(block, even, scales),
        "steps beyond 7 are to be cut to -7 and 7": best(block, importance, scales, most=99),
        "the error is squared before it is weighed": best(block, importance, scales, power=1),
        "the importance weighs the square of the error, and is not squared itself": best(
            block, [each**2 for each in importance], scales
        ),
        "that is the largest error; the least is asked for": best(
            block, importance, scales, pick=max
        ),
        "the error is the weight minus step times scale": best(
            block, importance, scales, back=lambda step, scale: step
        ),
        "of two that are equally good the first is taken": best(block, importance, scales[::-1]),
    }
    expect_close(
        answers.call("best_scale", block, importance, scales),
        right,
        what=f"best_scale of {len(block)} weights and {len(scales)} scales",
        faults={said: value for said, value in faults.items() if value != right},
    )


def best(
    block: Sequence[float],
    importance: Sequence[float],
    scales: Sequence[float],
    *,
    most: int = 7,
    power: int = 2,
    pick: Callable[..., float] = min,
    back: Callable[[int, float], float] = lambda step, scale: step * scale,
) -> float:
    """What ``best_scale`` is to return, or what a fault would make of that."""

    def cost(scale: float) -> float:
        steps = [max(-most, min(most, round(weight / scale))) for weight in block]
        return math.fsum(
            each * abs(weight - back(step, scale)) ** power
            for weight, each, step in zip(block, importance, steps, strict=True)
        )

    return pick(scales, key=cost)


def form(name: str, perplexity: float, speed: float) -> Row:
    """A row of the table."""
    return {"name": name, "perplexity": perplexity, "speed": speed}


FORMS = [
    form("q8_0", 20.0, 60.0),
    form("twin", 20.0, 60.0),
    form("slower", 20.0, 50.0),  # as good, and slower
    form("worse", 21.0, 60.0),  # as fast, and worse
    form("q4_0", 23.0, 90.0),
    form("q4_1", 22.0, 80.0),
    form("beaten", 22.5, 79.0),
    form("fastest", 40.0, 91.0),
]


def q3(answers: Answers) -> None:
    """Twins, rows that are alike in one figure, and one that is beaten in both."""
    expect_frontier(answers, FORMS)
    expect_frontier(answers, FORMS[::-1])


def expect_frontier(answers: Answers, rows: list[Row]) -> None:
    """The names that none beats, in the order of the rows."""
    found = answers.call("frontier", rows)
    expect_kind(found, list, what="frontier(...)")
    right = unbeaten(rows)
    if found == right:
        return
    faults = {
        "two that are alike in both do not beat each other": unbeaten(
            rows, beats=lambda o, r: o["perplexity"] <= r["perplexity"] and o["speed"] >= r["speed"]
        ),
        "who is as good in one figure and worse in the other is beaten": unbeaten(
            rows, beats=lambda o, r: o["perplexity"] < r["perplexity"] and o["speed"] > r["speed"]
        ),
        "less perplexity is better": unbeaten(
            rows, beats=lambda o, r: beats(form("", -o["perplexity"], o["speed"]),
                                           form("", -r["perplexity"], r["speed"]))
        ),
        "more speed is better": unbeaten(
            rows, beats=lambda o, r: beats(form("", o["perplexity"], -o["speed"]),
                                           form("", r["perplexity"], -r["speed"]))
        ),
        "those are the ones that are beaten": [r["name"] for r in rows if r["name"] not in right],
        "only the very best of each figure are there; the frontier has all between them": [
            r["name"] for r in rows
            if r["perplexity"] == min(o["perplexity"] for o in rows)
            or r["speed"] == max(o["speed"] for o in rows)
        ],
    }  # fmt: skip
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    if not why and sorted(map(str, found)) == sorted(right):
        why = "the order is that in which the rows came"
    raise WrongAnswer(f"{right} from frontier of {len(rows)} rows", f"{found}"[:120], why=why)


def beats(other: Row, row: Row) -> bool:
    """Whether a row beats another."""
    mine, theirs = ((each["perplexity"], -each["speed"]) for each in (row, other))
    return theirs != mine and theirs[0] <= mine[0] and theirs[1] <= mine[1]


def unbeaten(rows: Sequence[Row], *, beats: Callable[[Row, Row], bool] = beats) -> list[str]:
    """What ``frontier`` is to return, or what a fault would make of that."""
    return [row["name"] for row in rows if not any(beats(o, row) for o in rows if o is not row)]


OLD = [("a", 900), ("b", 70), ("c", 5000), ("a", 900), ("d", 31)]
NEW = [("x", 410), ("a", 900), ("c", 5000), ("y", 220), ("x", 410), ("b", 70), ("x", 410)]


def q4(answers: Answers) -> None:
    """Chunks that moved, and a new one that stands there three times."""
    expect_bytes(answers, OLD, NEW)
    expect_bytes(answers, NEW, OLD)
    expect_bytes(answers, [], NEW)


def expect_bytes(answers: Answers, old: list[tuple[str, int]], new: list[tuple[str, int]]) -> None:
    """What is missing, each chunk once."""
    have = {digest for digest, _ in old}
    missing = [(digest, size) for digest, size in new if digest not in have]
    right = sum(dict(missing).values())
    moved = [n for o, n in zip(old, new, strict=False) if o[0] != n[0]] + new[len(old) :]
    faults = {
        "a chunk that stands there several times is fetched once": sum(s for _, s in missing),
        "a chunk that moved is there already: where it stands does not matter": sum(
            dict(moved).values()
        ),
        "a chunk that moved is there already, and each is fetched once": sum(s for _, s in moved),
        "that is what the device has and the new version has not": sum(
            dict(each for each in old if each[0] not in {d for d, _ in new}).values()
        ),
        "that is how many chunks; their bytes are asked for": len(dict(missing)),
        "that is the size of the new version": sum(size for _, size in new),
        "chunks are told apart by their digests, not by their sizes": sum(
            dict(each for each in new if each[1] not in {s for _, s in old}).values()
        ),
    }
    found = answers.call("fetched", old, new)
    expect_kind(found, int, what="fetched(old, new)")
    expect_close(
        found,
        right,
        what=f"fetched of {len(old)} and {len(new)} chunks",
        faults={said: value for said, value in faults.items() if value != right},
    )


def device(**more: Any) -> Row:
    """A device that has three versions behind it, of which the third is in use."""
    return {"keys": ["k1", "k2"], "history": ["v1", "v2", "v3"], "current": "v3",
            "now": 1_000_000, "back": False} | more  # fmt: skip


def bundle(history: list[str], digest: str, **more: Any) -> Row:
    """A bundle that was made an hour ago and has no end."""
    return {"key": "k1", "history": history, "digest": digest, "made": 996_400,
            "expires": None} | more  # fmt: skip


LINE = ["v1", "v2", "v3"]
CASES: list[tuple[Row, Row]] = [
    (device(), bundle(LINE, "v4")),
    (device(), bundle(LINE[:2], "v3", key="k2")),
    (device(), bundle(LINE[:1], "v2")),
    (device(back=True), bundle(LINE[:1], "v2")),
    (device(back=True, current="v2"), bundle(LINE[:1], "v2")),
    (device(), bundle(LINE[:1], "w2")),  # a fork, and shorter
    (device(back=True), bundle(LINE[:1], "w2")),
    (device(), bundle(["v1", "w2", "w3"], "w4")),  # a fork, and longer
    (device(), bundle(LINE, "v4", key="k3")),
    (device(), bundle(LINE[:1], "v2", key="k3")),
    (device(now=900_000), bundle(LINE, "v4")),
    (device(now=996_400 - DAY_S), bundle(LINE, "v4")),  # a day to the second is no fault
    (device(now=900_000), bundle(LINE, "v4", expires=800_000)),
    (device(), bundle(LINE, "v4", expires=999_999)),
    (device(), bundle(LINE, "v4", expires=1_000_000)),
    (device(), bundle(LINE[:1], "v2", expires=999_999)),
    (device(), bundle(LINE[:2], "v3", expires=999_999)),
    (device(), bundle([], "v1")),
    (device(), bundle(["v2"], "v3")),  # the right digests at other places
]
_WHY = {
    ("older", "two masters"): "a line of a stranger, or a fork, is not older but another's",
    ("take", "two masters"): "compare the keys, and the two lines at each version that both have",
    ("take", "clock"): "the clock is more than a day before the bundle was made",
    ("expired", "clock"): "the clock comes first: who cannot tell the time sees no end",
    ("clock", "take"): "a clock may be up to a day behind",
    ("take", "expired"): "its time is over",
    ("expired", "take"): "its end has not passed yet",
    ("older", "take"): "the device was told to go back, or its line is not the shorter one",
    ("take", "older"): "its line is shorter than the device's, and nobody said to go back",
    ("take", "same"): "it is the one in use",
    ("older", "same"): "it is the one in use",
    ("same", "expired"): "one that is in use can be over, too: that comes first",
    ("older", "expired"): "expired comes before older",
    ("same", "take"): "it is the same only if it is the one in use",
    ("two masters", "take"): "a key of the device's, and one line with it: it goes on",
    ("two masters", "older"): "each version that both have is the same: it is older",
    ("two masters", "same"): "a line may end where the device's does",
}


def q5(answers: Answers) -> None:
    """Each rule by itself, and where two of them fit."""
    for here, given in CASES:
        expect_word(answers, here, given)


def expect_word(answers: Answers, here: Row, given: Row) -> None:
    """The first rule that fits."""
    found, right = answers.call("may_take", here, given), taken(here, given)
    if found == right:
        return
    line = " ".join([*given["history"], given["digest"]])
    what = (
        f"may_take of a device with {' '.join(here['history'])}, current {here['current']}, "
        f"now {here['now']}, back {here['back']}, and a bundle {line}, key {given['key']}, made "
        f"{given['made']}, expires {given['expires']}"
    )
    why = _WHY.get((found, right), "") if isinstance(found, str) else "a word is asked for"
    expect_equal(found, right, what=what, why=why)


def taken(here: Row, given: Row) -> str:
    """What ``may_take`` is to return."""
    line, known = [*given["history"], given["digest"]], here["history"]
    both = list(zip(line, known, strict=False))
    rules = [
        ("two masters", given["key"] not in here["keys"] or any(a != b for a, b in both)),
        ("clock", here["now"] < given["made"] - DAY_S),
        ("expired", given["expires"] is not None and here["now"] > given["expires"]),
        ("older", len(line) < len(known) and not here["back"]),
        ("same", given["digest"] == here["current"]),
    ]
    return next((word for word, fits in rules if fits), "take")


STAGES = [
    (19, 1, 0, 0.05, 0.8),
    (4, 1, 0, 0.05, 0.8),
    (8, 2, 2, 0.05, 0.8),
    (1, 1, 3, 0.05, 0.8),  # a halt waits for nobody
    (0, 0, 5, 0.05, 0.8),
    (0, 0, 0, 0.05, 0.8),
    (8, 0, 2, 0.05, 0.8),  # eight of ten is enough
    (7, 0, 3, 0.05, 0.8),
    (0, 1, 9, 0.05, 0.8),
    (40, 4, 0, 0.05, 0.8),
    (400, 40, 0, 0.05, 0.8),
    (3, 0, 0, 0.0, 1.0),
    (960, 40, 0, 0.05, 0.8),
    (15, 1, 4, 0.05, 0.8),
]


def q6(answers: Answers) -> None:
    """Few and many devices at one share, nobody at all, and a halt among silence."""
    for given in STAGES:
        expect_decision(answers, given)


def expect_decision(answers: Answers, given: tuple[int, int, int, float, float]) -> None:
    """Halt, go on or wait."""
    found, right = answers.call("decide", *given), decided(*given)
    if found == right:
        return
    well, failed, waiting, most, least = given
    n = well + failed
    faults = {
        "that is by the share itself; the lower end of its interval is asked for": (
            "halt" if n and failed / n > most else decided(*given, halts=False)
        ),
        "a halt waits for nobody: look at it first": (
            "wait" if n < least * (n + waiting) else right
        ),
        "nobody has said anything: there is nothing to go on by": "go on" if not n else right,
        "devices that failed were heard of, too": (
            right if right == "halt" else "go on" if n and well >= least * (n + waiting) else "wait"
        ),
        "the share is of those that tried it, not of all of the stage": (
            decided(*given, of_all=True)
        ),
        "that is the upper end of the interval": decided(*given, sign=1),
        "enough have failed to halt": right,
    }
    why = next((said for said, wrong in faults.items() if found == wrong and wrong != right), "")
    expect_equal(
        found,
        right,
        what=f"decide({well}, {failed}, {waiting}, {most}, {least})",
        why=why if isinstance(found, str) else "a word is asked for",
    )


def decided(
    well: int,
    failed: int,
    waiting: int,
    most: float,
    least: float,
    *,
    halts: bool = True,
    of_all: bool = False,
    sign: int = -1,
) -> str:
    """What ``decide`` is to return, or what a fault would make of that."""
    n, z = well + failed, 1.96
    if not n:
        return "wait"
    tried = n + waiting if of_all else n
    p = failed / tried
    spread = z * math.sqrt(p * (1 - p) / tried + z * z / (4 * tried * tried))
    end = (p + z * z / (2 * tried) + sign * spread) / (1 + z * z / tried)
    if halts and failed and end > most:
        return "halt"
    return "go on" if n >= least * (n + waiting) else "wait"
