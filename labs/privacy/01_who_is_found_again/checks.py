"""The public checks of this lab: quick, with small inputs that everybody may read.

They are chosen so that no two ways of being wrong give the same, and the fault can be named.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.learning import (
    Answers,
    WrongAnswer,
    expect_close,
    expect_equal,
    expect_kind,
    expect_number,
)

Row = dict[str, Any]
GENESIS = "0" * 64
TABLE: list[Row] = [
    {"age": 34, "town": "Ulm", "ill": "flu"},
    {"age": 34, "town": "Bern", "ill": "asthma"},
    {"age": 51, "town": "Ulm", "ill": "gout"},
    {"age": 51, "town": "Ulm", "ill": "gout"},
    {"age": 28, "town": "Bern", "ill": "asthma"},
    {"age": 28, "town": "Bern", "ill": "flu"},
    {"age": 28, "town": "Bern", "ill": "flu"},
]
PERSONS: dict[str, Row] = {
    "Ada": {"age": 34, "town": "Bern"},  # one row
    "Bo": {"age": 51, "town": "Ulm"},  # two rows that say the same
    "Cy": {"age": 28, "town": "Bern"},  # rows that do not
    "Di": {"age": 60, "town": "Ulm"},  # nobody
    "Ed": {"town": "Bern"},  # little is known
}


def q1(answers: Answers) -> None:
    """One row, several that agree, several that do not, and none."""
    expect_given_away(answers, TABLE, PERSONS, "ill")


def expect_given_away(
    answers: Answers, rows: list[Row], persons: dict[str, Row], secret: str
) -> None:
    """The secrets of those of whom the table has but one answer."""
    found = answers.call("given_away", rows, persons, secret)
    expect_kind(found, dict, what="given_away(...)")
    fits = {
        name: [row[secret] for row in rows if all(row[c] == v for c, v in known.items())]
        for name, known in persons.items()
    }
    right = {name: each[0] for name, each in fits.items() if len(set(each)) == 1}
    if found == right:
        return
    whole = {
        name: [row for row in rows if all(row[c] == v for c, v in known.items())]
        for name, known in persons.items()
    }
    first = {
        name: [row[secret] for row in rows if row[next(iter(known))] == next(iter(known.values()))]
        for name, known in persons.items()
    }
    usual = {n: Counter(each).most_common(1)[0][0] for n, each in fits.items() if each}
    faults: dict[str, Row] = {
        "only persons whom a single row fits are found; several rows that all say the same give "
        "the secret away as well": {n: each[0] for n, each in fits.items() if len(each) == 1},
        "the first row that fits is believed; where others say something else nothing is sure": {
            n: each[0] for n, each in fits.items() if each
        },
        "what most rows say is a guess, and not given away for sure": usual,
        "persons of whom nothing is given away are not in the answer": {
            **dict.fromkeys(persons),
            **right,
        },
        "the value of the column is asked for, not the row": {n: whole[n][0] for n in right},
        "only the first column that is known is compared": {
            n: each[0] for n, each in first.items() if len(set(each)) == 1
        },
        "those are the persons who are not given away": {
            n: value for n, value in usual.items() if n not in right
        },
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    odd = [n for n in {**persons, **found} if n not in persons or found.get(n) != right.get(n)]
    name = next(iter(odd), next(iter(persons)))  # without any, a None stands where nothing should
    told = f"{name}, of whom {persons.get(name)} is known; the rows that fit say {fits.get(name)}"
    raise WrongAnswer(
        f"{right[name]!r} for {told}" if name in right else f"nothing given away of {told}",
        repr(found[name]) if name in found else "nothing",
        why=why,
    )


AGES = [21, 23, 24, 29, 31, 33, 38, 44, 45, 46, 58, 59]
OTHERS = list("ffffffmfmmfm")


def q2(answers: Answers) -> None:
    """Bands that are too narrow, a class of exactly k, and a share that is just met."""
    expect_band(answers, AGES, OTHERS, 2, [1, 5, 10, 20, 50, 200], 0.5)
    expect_band(answers, AGES, OTHERS, 3, [1, 5, 10, 20, 50, 200], 0.25)


def expect_band(
    answers: Answers, ages: list[int], others: list[str], k: int, widths: list[int], most: float
) -> None:
    """The first width with which few rows are lost."""
    given = (ages, others, k, widths, most)
    found = answers.call("narrowest_band", *given)
    expect_kind(found, list, what="narrowest_band(...)")
    right = first_band(*given)
    if found == right:
        return
    faults: dict[str, list[Any]] = {
        "a class of exactly k rows is large enough": first_band(
            *given, lost_of=lambda n: n * (n <= k)
        ),
        "classes are counted; each of their rows is lost": first_band(
            *given, lost_of=lambda n: int(n < k)
        ),
        "the band alone is compared; the rows of a class agree in `others` too": first_band(
            ages, [""] * len(ages), k, widths, most
        ),
        "bands begin at the multiples of width: age // width, which rounds down": first_band(
            *given, band_of=lambda age, width: round(age / width)
        ),
        "lost is a number of rows, not a share": [right[0], right[1] / len(ages)],
        "exactly the share `most_lost` may be lost": first_band(*given, strict=True),
        "the first of the widths that is enough is asked for, not the last": first_band(
            ages, others, k, widths[::-1], most
        ),
        "those are the rows that are kept": [right[0], len(ages) - right[1]],
        "most_lost is a share of all rows": first_band(ages, others, k, widths, most / len(ages)),
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    raise WrongAnswer(f"{right} from narrowest_band{given}", f"{found}", why=why)


def first_band(
    ages: list[int],
    others: list[str],
    k: int,
    widths: list[int],
    most: float,
    *,
    lost_of: Callable[[int], int] | None = None,
    band_of: Callable[[int, int], int] = lambda age, width: age // width,
    strict: bool = False,
) -> list[Any]:
    """What ``narrowest_band`` is to return, or what a fault in it would make of that."""
    for width in widths:
        sizes = Counter((band_of(a, width), o) for a, o in zip(ages, others, strict=True))
        lost = sum(n * (n < k) if lost_of is None else lost_of(n) for n in sizes.values())
        if lost < most * len(ages) or (lost == most * len(ages) and not strict):
            return [width, lost]
    return [widths[-1], len(ages)]


def q3(answers: Answers) -> None:
    """Bounds above 0, on both sides of it, and several rows a person."""
    expect_scale(answers, "sum", 17.0, 90.0, 0.5, 1)
    expect_scale(answers, "sum", -50.0, 20.0, 2.0, 3)
    expect_scale(answers, "count", 17.0, 90.0, 0.25, 3)


def expect_scale(
    answers: Answers, figure: str, low: float, high: float, epsilon: float, rows_each: int
) -> None:
    """The sensitivity over epsilon."""
    given = (figure, low, high, epsilon, rows_each)
    summed = figure == "sum"
    one = max(abs(low), abs(high)) if summed else 1.0
    faults = {
        "epsilon divides: a smaller one needs more noise": rows_each * one * epsilon,
        "that is the sensitivity; the scale is that over epsilon": rows_each * one,
        "a person has up to rows_each rows, and comes or goes with all of them": one / epsilon,
        "the rows of a person do not share the noise: they multiply it": one / epsilon / rows_each,
    }
    if rows_each == 1:
        faults = dict(list(faults.items())[:2])
    if summed:
        faults |= {
            "high - low is how far a value may be changed; a person who comes or goes moves the "
            "sum by the value itself": rows_each * (high - low) / epsilon,
            "a low bound under 0 moves the sum as well: the one that is farther from 0 counts": (
                rows_each * abs(high) / epsilon
            ),
            "noise has a scale above 0: take the bound without its sign": -rows_each
            * one
            / epsilon,
            "that is the scale for a count": rows_each / epsilon,
        }
    else:
        faults["a row moves a count by 1, whatever its value"] = (
            rows_each * max(abs(low), abs(high)) / epsilon
        )
    expect_close(
        answers.call("laplace_scale", *given),
        rows_each * one / epsilon,
        what=f"laplace_scale{given}",
        faults=faults,
    )


def q4(answers: Answers) -> None:
    """Values beyond the bounds, much noise, a mean that must be brought back, and nobody."""
    expect_mean(answers, [20.0, 35.0, 130.0, 50.0, 5.0, 61.0], 17.0, 90.0, 4.0, [0.3, -0.4])
    expect_mean(answers, [30.0] * 40, 17.0, 90.0, 1.0, [-0.7, 1.9])
    expect_mean(answers, [88.0, 90.0, 87.0], 17.0, 90.0, 2.0, [0.9, -0.2])
    expect_mean(answers, [], 17.0, 90.0, 2.0, [0.4, -3.0])


def expect_mean(
    answers: Answers,
    values: list[float],
    low: float,
    high: float,
    epsilon: float,
    noise: list[float],
) -> None:
    """A noisy sum over a noisy count."""
    given = (values, low, high, epsilon, noise)
    told = f"private_mean{given}"
    expect_close(
        answers.call("private_mean", *given),
        mean_of(*given),
        what=told if len(told) < 200 else f"private_mean of {len(values)} values",
        faults={
            "the count is to be at least 1": mean_of(*given, least=None),
            "the values are not cut to the bounds before they are summed": mean_of(
                *given, cut=False
            ),
            "sum and count cost a whole epsilon each, so it costs two: half for each": mean_of(
                *given, part=1.0
            ),
            "the count has no noise; how many there are tells whether a person is there": mean_of(
                *given, noisy_count=False
            ),
            "the noise is not brought to its scale": mean_of(*given, scaled=False),
            "the noise comes after the division; the mean has no small sensitivity": after_all(
                *given
            ),
            "the result is not brought back between the bounds": mean_of(*given, back=False),
            "the two draws are exchanged: the first is for the sum": mean_of(
                values, low, high, epsilon, noise[::-1]
            ),
            "there is no noise in it": mean_of(values, low, high, epsilon, [0.0, 0.0]),
            "the scale of the sum is that of changing a value, high - low": mean_of(
                *given, reach=high - low
            ),
        },
    )


def mean_of(
    values: list[float],
    low: float,
    high: float,
    epsilon: float,
    noise: Sequence[float],
    *,
    cut: bool = True,
    part: float = 0.5,
    noisy_count: bool = True,
    scaled: bool = True,
    back: bool = True,
    least: float | None = 1.0,
    reach: float | None = None,
) -> float:
    """What ``private_mean`` is to return, or what a fault in it would make of that."""
    kept = [min(max(each, low), high) for each in values] if cut else values
    far = max(abs(low), abs(high)) if reach is None else reach
    spent = part * epsilon
    total = math.fsum(kept) + noise[0] * (far / spent if scaled else 1.0)
    count = len(kept) + noisy_count * noise[1] * (1 / spent if scaled else 1.0)
    found = total / (count if least is None and count else max(least or 1.0, count))
    return min(max(found, low), high) if back else found


def after_all(
    values: list[float], low: float, high: float, epsilon: float, noise: Sequence[float]
) -> float:
    """A mean that got its noise when all was divided."""
    kept = [min(max(each, low), high) for each in values]
    plain = math.fsum(kept) / max(1, len(kept))
    return min(max(plain + noise[0] * max(abs(low), abs(high)) / epsilon, low), high)


def q5(answers: Answers) -> None:
    """A figure too many in the middle, and many of one price."""
    expect_granted(answers, 1.5, 1e-5, [5.0, 2.0, 6.0, 9.0, 30.0])
    expect_granted(answers, 1.8, 1e-5, [4.0] * 5)


def expect_granted(answers: Answers, epsilon: float, delta: float, noises: list[float]) -> None:
    """Those that fit, one after the other."""
    found = answers.call("answered", epsilon, delta, noises)
    told = f"answered({epsilon}, {delta}, {noises})"
    expect_kind(found, list, what=told)
    right = granted(epsilon, delta, noises)
    if found == right:
        return
    stop = next((n for n in range(len(noises)) if n not in right), len(noises))
    left = [n for n in range(len(noises)) if n not in right]
    faults: dict[str, list[Any]] = {
        "the costs are added up; the room composes them, which is less: ask the budget": added(
            epsilon, delta, noises
        ),
        "each is asked of a whole budget: what was told before counts too, so one budget for all": [
            n for n, each in enumerate(noises) if fits(epsilon, delta, [each])
        ],
        "it stops at the first refusal; a later figure that costs less may still fit": list(
            range(stop)
        ),
        "what was refused is told all the same": list(range(len(noises))),
        "those are the places that were refused": left,
        "places are asked for, not noise": [noises[n] for n in right],
        "places are counted from 0": [n + 1 for n in right],
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    raise WrongAnswer(f"{right} from {told}", f"{found}", why=why)


def granted(epsilon: float, delta: float, noises: Sequence[float]) -> list[int]:
    """The places that fit, by the closed form (Balle and Wang, 2018): no part of the room."""
    places: list[int] = []
    for place, noise in enumerate(noises):
        if fits(epsilon, delta, [*(noises[each] for each in places), noise]):
            places.append(place)
    return places


def fits(epsilon: float, delta: float, noises: Sequence[float]) -> bool:
    """Whether Gaussian figures together stay within epsilon: they are one of more precision."""
    mu = math.sqrt(math.fsum(each**-2 for each in noises))
    return delta_of(epsilon, mu) <= delta


def delta_of(epsilon: float, mu: float) -> float:
    """The delta of a Gaussian mechanism whose noise is 1 / mu of what a person moves."""

    def phi(x: float) -> float:
        return math.erfc(-x / math.sqrt(2)) / 2

    return phi(mu / 2 - epsilon / mu) - math.exp(epsilon) * phi(-mu / 2 - epsilon / mu)


def cost_of(delta: float, noise: float) -> float:
    """Epsilon of one figure by itself."""
    low, high = 0.0, 1.0
    while delta_of(high, 1 / noise) > delta:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_of(middle, 1 / noise) > delta else (low, middle)
    return high


def added(epsilon: float, delta: float, noises: Sequence[float]) -> list[int]:
    """The places that would fit if costs were added up."""
    spent, places = 0.0, []
    for place, noise in enumerate(noises):
        if spent + cost_of(delta, noise) <= epsilon:
            spent += cost_of(delta, noise)
            places.append(place)
    return places


def q6(answers: Answers) -> None:
    """A clear case, one in which nothing lies beyond, one that shows nothing, and the edge."""
    expect_shown(answers, [1.0, 2.0] * 20, [1.0, 1.0, 1.0, 1.0, 2.0] * 10, 1.5)
    expect_shown(answers, [2.0] * 30, [1.0] * 60, 1.5)
    expect_shown(answers, [1.0, 2.0] * 20, [1.0, 2.0, 3.0] * 20, 1.5)
    expect_shown(answers, [1.0, 2.0, 3.0] * 30, [1.0, 1.0, 2.0, 1.0] * 30, 2.0)
    expect_shown(answers, [1.0] * 30, [1.0] * 30, 1.5)


def expect_shown(answers: Answers, inside: list[float], outside: list[float], line: float) -> None:
    """The logarithm of the low end of one share over the high end of the other."""
    hits, false = (sum(each > line for each in part) for part in (inside, outside))
    (low_in, high_in), (low_out, high_out) = (
        exact_bounds(hits, len(inside)),
        exact_bounds(false, len(outside)),
    )
    on_line = [
        exact_bounds(sum(each >= line for each in part), len(part)) for part in (inside, outside)
    ]
    seen, other = hits / len(inside), false / len(outside)
    raw = math.log(low_in / high_out) if low_in > 0 else 0.0
    right = max(0.0, raw)
    told = f"epsilon_shown of {hits} of {len(inside)} inside and {false} of {len(outside)} outside"
    number = expect_number(
        answers.call("epsilon_shown", inside, outside, line),
        what=f"{told} above {line}",
        why="where nothing lies above the line, the high end of its share is still above 0",
    )
    faults = {
        "a claim is not refuted by less than nothing: at least 0": raw,
        "those are the shares that were seen; the true ones may lie nearer to each other": (
            math.log(seen / other) if seen and other else math.inf
        ),
        "those are the ends that speak against the seller; a proof takes the other ones": (
            math.log(high_in / low_out) if low_out else math.inf
        ),
        "the low end of both shares is used; outside takes its high end": (
            math.log(low_in / low_out) if low_in and low_out else math.inf
        ),
        "the high end of both shares is used; inside takes its low end": math.log(
            high_in / high_out
        ),
        "it is turned round: inside over outside": math.log(low_out / high_in)
        if low_out
        else math.inf,
        "the logarithm is missing": low_in / high_out,
        "those are bits; nats are asked for": raw / math.log(2),
        "those are decades; nats are asked for": raw / math.log(10),
        "what lies on the line is not above it": (
            max(0.0, math.log(on_line[0][0] / on_line[1][1])) if on_line[0][0] else 0.0
        ),
    }
    expect_close(number, right, what=told, relative=1e-4, absolute=1e-6, faults=faults)


def exact_bounds(hits: int, runs: int) -> tuple[float, float]:
    """The 95% interval of Clopper and Pearson, from the beta distribution."""
    from scipy.stats import beta

    low = float(beta.ppf(0.025, hits, runs - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, runs - hits)) if hits < runs else 1.0
    return low, high


def q7(answers: Answers) -> None:
    """A sound ledger, and seven ways to falsify one."""
    lines = make_lines(["budget 3", "count 0.5", "mean 0.5", "training 1", "release", "check"])
    expect_ledger(answers, lines, changed_at=3)


def make_lines(deeds: Sequence[str], *, actor: str = "local") -> list[str]:
    """A small ledger in the room's form."""
    lines, before = list[str](), GENESIS
    for number, deed in enumerate(deeds, start=1):
        lines.append(sealed({"number": number, "actor": actor, "data": deed, "previous": before}))
        before = json.loads(lines[-1])["hash"]
    return lines


def sealed(entry: Mapping[str, Any]) -> str:
    """An entry's line with the hash that it should have."""
    plain = {name: value for name, value in entry.items() if name != "hash"}
    digest = hashlib.sha256(canonical(plain).encode()).hexdigest()
    return canonical({**plain, "hash": digest})


def canonical(entry: Mapping[str, Any]) -> str:
    """RFC 8785, for the ASCII texts and whole numbers of these entries."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"))


def expect_ledger(answers: Answers, lines: list[str], *, changed_at: int) -> None:
    """What is said of a ledger as it was, and of it falsified in seven ways at one place."""
    end, at = json.loads(lines[-1])["hash"], changed_at - 1
    changed = json.loads(lines[at]) | {"data": "nothing"}
    again = canonical(changed)
    resealed = [*lines[:at], sealed(changed), *lines[at + 1 :]]
    anew = make_lines(
        [json.loads(line)["data"] if n != at else "nothing" for n, line in enumerate(lines)]
    )
    last = len(lines)
    cases: list[tuple[str, list[str], int, str]] = [
        ("a ledger that is as it was", lines, 0, "nothing was changed: every line holds"),
        (
            "one whose entry was changed, not its hash",
            [*lines[:at], again, *lines[at + 1 :]],
            changed_at,
            "the hash of each line must be reckoned anew (hash_of) and compared",
        ),
        (
            "one whose entry was changed with its hash",
            resealed,
            changed_at + 1,
            "each entry names the hash of the one before: `previous` must be compared",
        ),
        (
            "one with an entry left out",
            [*lines[:at], *lines[at + 1 :]],
            changed_at,
            "each entry names the hash of the one before: `previous` must be compared",
        ),
        (
            "one whose beginning was cut off",
            lines[1:],
            1,
            "before the first entry stands GENESIS; its `previous` is compared too",
        ),
        (
            "one whose last entry was changed, not its hash",
            [*lines[:-1], canonical(json.loads(lines[-1]) | {"data": "nothing"})],
            last,
            "the last line's own hash must hold as well",
        ),
        (
            "one whose end was cut off",
            lines[:-1],
            -1,
            "what is left is sound in itself; its last hash is not `end`",
        ),
        (
            "one that was written anew as a whole",
            anew,
            -1,
            "a chain that was written anew is sound in itself; its last hash is not `end`",
        ),
    ]
    for what, given, right, why in cases:
        found = answers.call("broken_at", given, end)
        if found == right - 1 and right > 1:
            why = "places are counted from 1"
        elif isinstance(found, int) and found > right > 0:
            why = f"the first line that does not hold is asked for; {why}"
        expect_equal(found, right, what=f"broken_at of {what} ({len(given)} entries)", why=why)
