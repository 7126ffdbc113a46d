"""The lab on who is found again: learners' wrong answers, and fakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import needs_bubblewrap
from .planted import (
    ALWAYS_RIGHT,
    FORGED,
    assert_caught,
    assert_no_points,
    assert_solved,
    cells_of,
)

NAME = "privacy/01_who_is_found_again"
AWAY = (
    "def given_away(rows, persons, secret):\n"
    "    found = {{}}\n"
    "    for name, known in persons.items():\n"
    "        own = [row for row in rows if {fits}]\n"
    "        said = [row[secret] for row in own]\n"
    "        {decide}\n"
    "    return found"
)
FITS = "all(row[c] == v for c, v in known.items())"
BAND = (
    "from collections import Counter\n"
    "def narrowest_band(ages, others, k, widths, most_lost):\n"
    "    for width in {order}:\n"
    "        cells = [{cell} for age, other in zip(ages, others)]\n"
    "        sizes = Counter(cells)\n"
    "        lost = {lost}\n"
    "        if lost {held} most_lost * len(ages): return [width, {told}]"
)
RIGHT_BAND = {
    "order": "widths",
    "cell": "(age // width, other)",
    "lost": "sum(sizes[each] < k for each in cells)",
    "held": "<=",
    "told": "lost",
}
SCALE = "def laplace_scale(figure, low, high, epsilon, rows_each):\n    return {}"
SUM = "max(abs(low), abs(high))"
MEAN = (
    "def private_mean(values, low, high, epsilon, noise):\n"
    "    cut = [min(max(v, low), high) for v in values]\n"
    "    far = max(abs(low), abs(high))\n"
    "    total = {total}\n"
    "    count = {count}\n"
    "    mean = {mean}\n"
    "    return {back}"
)
RIGHT_MEAN = {
    "total": "sum(cut) + noise[0] * far * 2 / epsilon",
    "count": "len(cut) + noise[1] * 2 / epsilon",
    "mean": "total / max(1, count)",
    "back": "min(max(mean, low), high)",
}
BUDGET = (
    "import tempfile\n"
    "from pathlib import Path\n"
    "from workbench.core.errors import LimitError\n"
    "from workbench.privacy import Budgets, account\n"
    "from workbench.privacy.dp.mechanisms import GaussianSteps\n"
    "from workbench.store.database import open_database\n"
    "def asked(epsilon, delta):\n"
    "    budgets = Budgets(open_database(Path(tempfile.mkdtemp())))\n"
    "    budgets.set('ab' * 32, epsilon=epsilon, delta=delta)\n"
    "    return lambda n: budgets.spend('ab' * 32, GaussianSteps(n, 1.0, 1), purpose='a figure')\n"
    "def answered(epsilon, delta, noises):\n"
    "    spend, found, spent = asked(epsilon, delta), [], 0.0\n"
    "    for place, noise in enumerate(noises):\n"
    "        {}\n"
    "    return found"
)
SHOWN = (
    "import math\n"
    "from scipy.stats import binomtest\n"
    "def epsilon_shown(inside, outside, line):\n"
    "    hit, miss = (sum(x {above} line for x in part) for part in (inside, outside))\n"
    "    a = binomtest(hit, len(inside)).proportion_ci(0.95, method='exact')\n"
    "    b = binomtest(miss, len(outside)).proportion_ci(0.95, method='exact')\n"
    "    return {told}"
)
LEDGER = (
    "import hashlib, json\n"
    "def hash_of(line):\n"
    "    entry = json.loads(line); entry.pop('hash')\n"
    "    text = json.dumps(entry, sort_keys=True, separators=(',', ':'))\n"
    "    return hashlib.sha256(text.encode()).hexdigest()\n"
    "def broken_at(lines, end):\n"
    "    before = {first}\n"
    "    for place, line in enumerate(lines, start={start}):\n"
    "        entry = json.loads(line)\n"
    "        if {broken}: return place\n"
    "        before = entry['hash']\n"
    "    return {last}"
)
RIGHT_LEDGER = {
    "first": "'0' * 64",
    "start": "1",
    "broken": "entry['hash'] != hash_of(line) or entry['previous'] != before",
    "last": "0 if before == end else -1",
}


def away(decide: str, fits: str = FITS) -> str:
    return AWAY.format(fits=fits, decide=decide)


def band(**changed: str) -> str:
    return BAND.format(**RIGHT_BAND | changed)


def mean(**changed: str) -> str:
    return MEAN.format(**RIGHT_MEAN | changed)


def shown(told: str, above: str = ">") -> str:
    return SHOWN.format(above=above, told=told)


def ledger(**changed: str) -> str:
    return LEDGER.format(**RIGHT_LEDGER | changed)


PLANTED = {
    "only rows that are alone": (
        "q1",
        away("if len(own) == 1: found[name] = said[0]"),
        "several rows that all say the same",
    ),
    "the first row is believed": (
        "q1",
        away("if own: found[name] = said[0]"),
        "the first row that fits is believed",
    ),
    "what most say": (
        "q1",
        away("if own: found[name] = max(sorted(set(said)), key=said.count)"),
        "is a guess",
    ),
    "everybody is listed": (
        "q1",
        away("found[name] = said[0] if len(set(said)) == 1 else None"),
        "are not in the answer",
    ),
    "the row itself": ("q1", away("if len(set(said)) == 1: found[name] = own[0]"), "not the row"),
    "exactly k is too few": (
        "q2",
        band(lost="sum(sizes[each] <= k for each in cells)"),
        "exactly k rows is large enough",
    ),
    "classes are counted": (
        "q2",
        band(lost="sum(n < k for n in sizes.values())"),
        "classes are counted",
    ),
    "ages alone": ("q2", band(cell="age // width"), "the band alone is compared"),
    "rounded to the nearest": (
        "q2",
        band(cell="(round(age / width), other)"),
        "which rounds down",
    ),
    "the widest": ("q2", band(order="widths[::-1]"), "not the last"),
    "a share that is met is too much": ("q2", band(held="<"), "may be lost"),
    "rows that are kept": ("q2", band(told="len(ages) - lost"), "rows that are kept"),
    "a change instead of a person": (
        "q3",
        SCALE.format("rows_each * (1 if figure == 'count' else high - low) / epsilon"),
        "how far a value may be changed",
    ),
    "a negative bound is forgotten": (
        "q3",
        SCALE.format("rows_each * (1 if figure == 'count' else abs(high)) / epsilon"),
        "the one that is farther from 0 counts",
    ),
    "a person has one row": (
        "q3",
        SCALE.format(f"(1 if figure == 'count' else {SUM}) / epsilon"),
        "with all of them",
    ),
    "epsilon multiplies": (
        "q3",
        SCALE.format(f"rows_each * (1 if figure == 'count' else {SUM}) * epsilon"),
        "a smaller one needs more noise",
    ),
    "a count by its values": (
        "q3",
        SCALE.format(f"rows_each * {SUM} / epsilon"),
        "moves a count by 1",
    ),
    "epsilon is spent twice": (
        "q4",
        mean(
            total="sum(cut) + noise[0] * far / epsilon", count="len(cut) + noise[1] * 1 / epsilon"
        ),
        "so it costs two",
    ),
    "the true count": ("q4", mean(count="len(cut)"), "the count has no noise"),
    "nothing is cut": (
        "q4",
        mean(total="sum(values) + noise[0] * far * 2 / epsilon"),
        "not cut to the bounds",
    ),
    "noise on the mean": (
        "q4",
        mean(mean="sum(cut) / max(1, len(cut)) + noise[0] * far / epsilon"),
        "after the division",
    ),
    "noise as it comes": (
        "q4",
        mean(total="sum(cut) + noise[0]", count="len(cut) + noise[1]"),
        "not brought to its scale",
    ),
    "beyond the bounds": ("q4", mean(back="mean"), "not brought back"),
    "a count below 1": ("q4", mean(mean="total / count"), "at least 1"),
    "costs are added up": (
        "q5",
        BUDGET.format(
            "cost = account(GaussianSteps(noise, 1.0, 1), delta=delta).epsilon_pld\n"
            "        if spent + cost <= epsilon: spent += cost; found.append(place)"
        ),
        "the room composes them",
    ),
    "it stops at a refusal": (
        "q5",
        BUDGET.format(
            "try: spend(noise)\n        except LimitError: break\n        found.append(place)"
        ),
        "stops at the first refusal",
    ),
    "a new budget for each": (
        "q5",
        BUDGET.format(
            "try: asked(epsilon, delta)(noise)\n"
            "        except LimitError: continue\n        found.append(place)"
        ),
        "one budget for all",
    ),
    "what was refused is told": (
        "q5",
        BUDGET.format(
            "try: spend(noise)\n        except LimitError: pass\n        found.append(place)"
        ),
        "told all the same",
    ),
    "shares as they were seen": (
        "q6",
        shown("max(0.0, math.log(max(hit, 1e-9) / len(inside) / (miss / len(outside))))"),
        "the shares that were seen",
    ),
    "the ends that suit the auditor": (
        "q6",
        shown("max(0.0, math.log(a.high / max(b.low, 1e-9)))"),
        "speak against the seller",
    ),
    "less than nothing": (
        "q6",
        shown("math.log(a.low / b.high) if a.low else 0.0"),
        "less than nothing",
    ),
    "bits": ("q6", shown("max(0.0, math.log2(a.low / b.high)) if a.low else 0.0"), "nats"),
    "a ratio": ("q6", shown("a.low / b.high"), "the logarithm is missing"),
    "the line counts as above": (
        "q6",
        shown("max(0.0, math.log(a.low / b.high)) if a.low else 0.0", above=">="),
        "what lies on the line",
    ),
    "links alone": ("q7", ledger(broken="entry['previous'] != before"), "reckoned anew"),
    "hashes alone": (
        "q7",
        ledger(broken="entry['hash'] != hash_of(line)"),
        "names the hash of the one before",
    ),
    "the end is not looked at": ("q7", ledger(last="0"), "is sound in itself"),
    "any beginning": (
        "q7",
        ledger(first="json.loads(lines[0])['previous']"),
        "GENESIS",
    ),
    "places from 0": ("q7", ledger(start="0"), "counted from 1"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_wrong_answer_is_caught_with_the_fault_named(planted: str) -> None:
    assert_caught(NAME, *PLANTED[planted])


@pytest.fixture(scope="module")
def solved() -> dict[str, Any]:
    """What the cells of the solution define that hold no data."""
    namespace: dict[str, Any] = {}
    for cell in cells_of(NAME):
        if cell.startswith(("import ", "from workbench import", "def ", "stores = ", "GENESIS = ")):
            exec(cell, namespace)
    return namespace


@pytest.mark.parametrize("seed", range(8))
def test_the_solution_passes_whatever_is_drawn(seed: int, solved: dict[str, Any]) -> None:
    assert_solved(NAME, solved, seed=seed)


FAKES = {
    "checks that always pass": ALWAYS_RIGHT,
    "the public answers by heart, objects that equal everything": """
class Anything(float):
    def __eq__(self, other): return True
    def __float__(self): return 0.5
    __hash__ = float.__hash__
def given_away(rows, persons, secret): return {"Ada": "asthma", "Bo": "gout"}
def laplace_scale(figure, low, high, epsilon, rows_each): return Anything(1)
def answered(epsilon, delta, noises): return [0, 2, 3, 4] if len(noises) == 5 else [0, 1, 2]
def epsilon_shown(inside, outside, line): return Anything(0)
def broken_at(lines, end): return 0
""",
    "a forged result and an early end": FORGED % 22,
}


@needs_bubblewrap
@pytest.mark.slow
@pytest.mark.parametrize("fake", FAKES)
def test_a_fake_has_no_points(fake: str, shared_home: Path, tmp_path: Path) -> None:
    assert_no_points(NAME, FAKES[fake], stubs=7, tmp_path=tmp_path)
