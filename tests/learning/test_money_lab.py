"""The lab on where the money goes: learners' wrong answers, and fakes."""

from __future__ import annotations

from .planted import ALWAYS_RIGHT, FORGED, PlantedTests

NAME = "monitoring/01_where_the_money_goes"
TEMPLATES = {
    "q1": (
        "def settle(rows):\n"
        "    met, nano, aside, calls = set(), 0, 0, 0\n"
        "    for row in rows:\n"
        "        key = {key}\n"
        "        if {bad}:\n"
        "            aside += 1\n"
        "            continue\n"
        "        met.add(key); calls += 1\n"
        "        nano += {nano}\n"
        "    return {{'calls': calls, 'set_aside': {aside}, 'nano_usd': {told}}}",
        {
            "key": "row['settlement_id']",
            "bad": "key in met or min(row['prompt_tokens'], row['completion_tokens']) < 0",
            "nano": "round(row['cost_usd'] * 1e9)",
            "aside": "aside",
            "told": "nano",
        },
    ),
    "q2": (
        "from collections import Counter\n"
        "def cost_per_answer(rows, by):\n"
        "    money, answers = Counter(), Counter()\n"
        "    for row in rows:\n"
        "        money[{group}] += {money}\n"
        "        answers[{group}] += {answer}\n"
        "    return {told}",
        {
            "group": "row[by]",
            "money": "row['cost_usd']",
            "answer": "row['status'] < 400",
            "told": "{name: money[name] / answers[name] for name in money if answers[name]}",
        },
    ),
    "q3": (
        "import math\n"
        "def stability_index(before, now):\n"
        "    p, q = ([{share} for n in side] for side in (before, now))\n"
        "    return sum({part} for a, b in zip(p, q))",
        {
            "share": "(n + 0.5) / (sum(side) + 0.5 * len(side))",
            "part": "(b - a) * math.log(b / a)",
        },
    ),
    "q4": (
        "def changed(p_values, level):\n"
        "    found, m = [], len(p_values)\n"
        "    for place, name in enumerate(sorted(p_values, key=p_values.get)):\n"
        "        if p_values[name] {over} {held}: {end}\n"
        "        found.append({name})\n"
        "    return {told}",
        {
            "over": ">",
            "held": "level / (m - place)",
            "end": "break",
            "name": "name",
            "told": "found",
        },
    ),
    "q5": (
        "import math\n"
        "def fit(hits, calls):\n"
        "    return sum(n * math.log(n / calls) for n in (hits, calls - hits) if n)\n"
        "def rate(hits, calls):\n"
        "    return sum(hits) / max(1, sum(calls))\n"
        "def began(hits, calls):\n"
        "    def score(h):\n"
        "        return {score}\n"
        "    return {best}(range(1, len(calls)), key=score) + {more}",
        {
            "score": "fit(sum(hits[:h]), sum(calls[:h])) + fit(sum(hits[h:]), sum(calls[h:]))",
            "best": "max",
            "more": "0",
        },
    ),
    "q6": (
        "from collections import Counter\n"
        "def change_if_moved(cells, source, target):\n"
        "    n = {{name: Counter() for name in ('answers', 'rated', 'liked')}}\n"
        "    for cell in cells:\n"
        "        for name in n:\n"
        "            n[name][cell['model'], cell['task']] {add} cell[name]\n"
        "    def good(model, t): return n['liked'][model, t] / n[{over!r}][model, t]\n"
        "    tasks = sorted({{t for m, t in n['answers'] if m == source}})\n"
        "    weight = {{t: {weight} for t in tasks}}\n"
        "    parts = [weight[t] * ({part}) for t in tasks]\n"
        "    return sum(parts) / {whole}",
        {
            "add": "+=",
            "over": "rated",
            "weight": "n['answers'][source, t]",
            "part": "good(target, t) - good(source, t)",
            "whole": "sum(weight.values())",
        },
    ),
}

PLANTED: dict[str, tuple[str, dict[str, str], str]] = {
    "settled twice, counted twice": (
        "q1",
        {"bad": "min(row['prompt_tokens'], row['completion_tokens']) < 0"},
        "counted twice",
    ),
    "tokens below 0 are counted": ("q1", {"bad": "key in met"}, "tokens below 0 are counted"),
    "alike is the same": (
        "q1",
        {"key": "tuple(v for k, v in row.items() if k != 'settlement_id')"},
        "because they are alike",
    ),
    "failed calls are set aside": (
        "q1",
        {
            "bad": "key in met or min(row['prompt_tokens'], row['completion_tokens']) < 0 "
            "or row['status'] >= 400"
        },
        "a call that failed was paid for",
    ),
    "rounded at the end": (
        "q1",
        {"nano": "row['cost_usd']", "told": "round(nano * 1e9)"},
        "each row is to be rounded",
    ),
    "cut off": ("q1", {"nano": "int(row['cost_usd'] * 1e9)"}, "int() cuts off"),
    "only the prompt is looked at": (
        "q1",
        {"bad": "key in met or row['prompt_tokens'] < 0"},
        "completion_tokens below 0",
    ),
    "what is set aside is not counted": ("q1", {"aside": "0"}, "how many rows were not counted"),
    "a sum of fractions": (
        "q1",
        {"nano": "float(round(row['cost_usd'] * 1e9))"},
        "a whole number",
    ),
    "the cost of a call": ("q2", {"answer": "1"}, "what a call costs"),
    "failed calls are for nothing": (
        "q2",
        {"money": "row['cost_usd'] * (row['status'] < 400)"},
        "is left out",
    ),
    "free answers are none": (
        "q2",
        {"answer": "row['status'] < 400 and row['cost_usd'] > 0"},
        "an answer that cost nothing",
    ),
    "a group without answers": (
        "q2",
        {"told": "{name: money[name] / max(1, answers[name]) for name in money}"},
        "a group without an answer",
    ),
    "money alone": (
        "q2",
        {"told": "{name: money[name] for name in money if answers[name]}"},
        "the money of the group",
    ),
    "always by team": ("q2", {"group": "row.get('team')"}, "of the column"),
    "answers a dollar": (
        "q2",
        {"told": "{name: answers[name] / money[name] for name in money if answers[name]}"},
        "turn it round",
    ),
    "400 is an answer": ("q2", {"answer": "row['status'] <= 400"}, "status 400 is no answer"),
    "no half row": (
        "q3",
        {"share": "n / sum(side)", "part": "(b - a) * math.log(max(b, 1e-12) / max(a, 1e-12))"},
        "half a row more",
    ),
    "a whole row": ("q3", {"share": "(n + 1) / (sum(side) + len(side))"}, "not a whole one"),
    "half a row on a share": ("q3", {"share": "n / sum(side) + 0.5"}, "before the shares"),
    "the sum before": ("q3", {"share": "(n + 0.5) / sum(side)"}, "come to 1"),
    "one way": ("q3", {"part": "b * math.log(b / a)"}, "Kullback"),
    "the other way": ("q3", {"part": "a * math.log(a / b)"}, "from now to before"),
    "bits": ("q3", {"part": "(b - a) * math.log2(b / a)"}, "not to the base 2"),
    "below 0": ("q3", {"part": "(a - b) * math.log(b / a)"}, "never below 0"),
    "counts": ("q3", {"share": "n + 0.5"}, "shares are asked for"),
    "uncorrected": ("q4", {"held": "level"}, "by itself"),
    "Bonferroni": ("q4", {"held": "level / m"}, "Bonferroni"),
    "it goes on": ("q4", {"end": "continue"}, "none after it counts"),
    "strictly": ("q4", {"over": ">="}, "just what it is held to"),
    "Benjamini and Hochberg": ("q4", {"held": "level * (place + 1) / m"}, "of false names"),
    "one too few": ("q4", {"held": "level / max(1, m - place - 1)"}, "is held to level / m"),
    "p-values": ("q4", {"name": "p_values[name]"}, "names are asked for"),
    "the largest first": ("q4", {"told": "found[::-1]"}, "the smallest is asked for"),
    "as they came": ("q4", {"told": "[n for n in p_values if n in found]"}, "comes first"),
    "those that stayed": (
        "q4",
        {"told": "[n for n in sorted(p_values, key=p_values.get) if n not in found]"},
        "have not changed",
    ),
    "the hour before": ("q5", {"more": "-1"}, "the last hour before"),
    "hours from 1": ("q5", {"more": "1"}, "counted from 0"),
    "the largest step": (
        "q5",
        {"score": "abs(rate(hits[h:h + 1], calls[h:h + 1]) - rate(hits[h - 1:h], calls[h - 1:h]))"},
        "the largest step",
    ),
    "the largest difference": (
        "q5",
        {"score": "abs(rate(hits[:h], calls[:h]) - rate(hits[h:], calls[h:]))"},
        "differ most",
    ),
    "the worst": ("q5", {"best": "min"}, "the fit is worst"),
    "before alone": ("q5", {"score": "fit(sum(hits[:h]), sum(calls[:h]))"}, "the part before"),
    "after alone": ("q5", {"score": "fit(sum(hits[h:]), sum(calls[h:]))"}, "the part from it on"),
    "hours count alike": (
        "q5",
        {
            "score": "-sum((x - sum(p) / len(p)) ** 2 for r in"
            " [[a / max(1, b) for a, b in zip(hits, calls)]] for p in (r[:h], r[h:]) for x in p)"
        },
        "an hour with many calls",
    ),
    "at first sight": (
        "q6",
        {
            "part": "sum(c['liked'] for c in cells if c['model'] == target)"
            " / sum(c['rated'] for c in cells if c['model'] == target)"
            " - sum(c['liked'] for c in cells if c['model'] == source)"
            " / sum(c['rated'] for c in cells if c['model'] == source)"
        },
        "over all answers",
    ),
    "the target's tasks": ("q6", {"weight": "n['answers'][target, t]"}, "by the target's answers"),
    "tasks alike": ("q6", {"weight": "1"}, "each task counts alike"),
    "by the rated": ("q6", {"weight": "n['rated'][source, t]"}, "how many were rated"),
    "the other sign": ("q6", {"part": "good(source, t) - good(target, t)"}, "turned round"),
    "the last cell": ("q6", {"add": "="}, "only the last is kept"),
    "liked of all": ("q6", {"over": "answers"}, "divided by all answers"),
    "a sum": ("q6", {"whole": "1"}, "a mean is asked for"),
    "points": ("q6", {"whole": "sum(weight.values()) * 100"}, "hundredths"),
}

FAKES = {
    "checks that always pass": ALWAYS_RIGHT,
    "the public answers by heart, objects that equal everything": """
class Anything(float):
    def __eq__(self, other): return True
    __hash__ = float.__hash__
def settle(rows): return {"calls": 6, "set_aside": 4, "nano_usd": 102274602}
def cost_per_answer(rows, by): return {"sales": 0.14 / 3, "legal": 0.46 / 3}
def stability_index(before, now): return Anything(0)
def changed(p_values, level): return ["language", "task", "prompt"]
def began(hits, calls): return 12
def change_if_moved(cells, source, target): return Anything(0)
""",
    "a forged result and an early end": FORGED % 20,
}


class TestLab(PlantedTests):
    NAME, TEMPLATES, PLANTED, FAKES, STUBS = NAME, TEMPLATES, PLANTED, FAKES, 6
