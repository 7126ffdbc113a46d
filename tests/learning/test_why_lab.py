"""The lab on why an answer was given: wrong answers in the ways in which learners are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.learning.answers import NamespaceAnswers
from workbench.learning.catalogue import CHECKS, HIDDEN, find_lab
from workbench.learning.checking import find_check, load_checks, run_check
from workbench.learning.hidden import Hidden

from .planted import assert_caught

NAME = "interpretability/01_why_this_answer"
TOY = (
    "import math\n"
    "W = [2.0, 1.0, -0.5]\n"
    "def gradient(x):\n"
    "    return [w / (1 + math.exp(sum(a * b for a, b in zip(W, x)))) for w in W]\n"
    "def path_scores(x, b, n, shift={shift}):\n"
    "    way = [i - j for i, j in zip(x, b)]\n"
    "    points = [[j + (k + shift) / n * w for j, w in zip(b, way)] for k in range(n)]\n"
    "    sums = [sum(column) for column in zip(*map(gradient, points))]\n"
    "    return {result}\n"
)
SUM = (
    "def completeness(scores, value, baseline_value):\n"
    "    moved = value - baseline_value\n"
    "    nats = {nats}\n"
    "    verdict = {verdict}\n"
    "    return {{'nats': nats, 'verdict': verdict}}\n"
)
RIGHT_NATS = "abs(sum(scores) - moved)"
RIGHT_VERDICT = "'refused' if abs(moved) < 1 else 'holds' if nats <= 0.02 * abs(moved) else 'fails'"
STEPS = (
    "def deletion_steps(scores):\n"
    "    left = list(range(len(scores)))\n"
    "    order = sorted(left, key=lambda p: {key})\n"
    "    return [[p for p in left if p not in order[:n]] for n in range({first}, len(left) + 1)]\n"
)
EFFECT = "def effect(prompt, changed, target):\n    return float(len(prompt) - len(changed))\n"
ABLATE = (
    "def word_scores(words, target):\n"
    "    whole = ' '.join(words)\n"
    "    without = [' '.join(words[:i] + words[i + 1:]) for i in range(len(words))]\n"
    "    return {result}\n"
)

PLANTED = {
    "every equal word is taken away": (
        "q1",
        "def leave_out(words, place):\n    return ' '.join(w for w in words if w != words[place])",
        "every word that reads the same",
    ),
    "places are counted from 1": (
        "q1",
        "def leave_out(words, place):\n    return ' '.join(words[:place - 1] + words[place:])",
        "counted from 0",
    ),
    "two spaces are left": (
        "q1",
        "def leave_out(words, place):\n"
        "    return ' '.join(w if i != place else '' for i, w in enumerate(words))",
        "two spaces",
    ),
    "the changed prompt comes first": (
        "q2",
        "def effect(prompt, changed, target):\n    return float(len(changed) - len(prompt))",
        "not the other way round",
    ),
    "probabilities are subtracted": (
        "q2",
        "def effect(prompt, changed, target):\n    return (len(prompt) - len(changed)) / 20",
        "difference of probabilities",
    ),
    "the signs of all words are turned": (
        "q3",
        EFFECT + ABLATE.format(result="[effect(w, whole, target) for w in without]"),
        "the prompt comes first",
    ),
    "scores are made to sum to 1": (
        "q3",
        EFFECT
        + ABLATE.format(
            result="[effect(whole, w, target) / sum(effect(whole, v, target) for v in without)"
            " for w in without]"
        ),
        "need not sum to 1",
    ),
    "the slope at the input": (
        "q4",
        TOY.format(shift=0.5, result="[w * s for w, s in zip(way, gradient(x))]"),
        "slope at the input alone",
    ),
    "the change is left out": (
        "q4",
        TOY.format(shift=0.5, result="[s / n for s in sums]"),
        "not yet multiplied",
    ),
    "the sum is not divided": (
        "q4",
        TOY.format(shift=0.5, result="[w * s for w, s in zip(way, sums)]"),
        "not divided by the number of steps",
    ),
    "points at the beginning of their steps": (
        "q4",
        TOY.format(shift=0.0, result="[w * s / n for w, s in zip(way, sums)]"),
        "at the beginning of its step",
    ),
    "points at the end of their steps": (
        "q4",
        TOY.format(shift=1.0, result="[w * s / n for w, s in zip(way, sums)]"),
        "at the end of its step",
    ),
    "a gap with a sign": (
        "q5",
        SUM.format(nats="sum(scores) - moved", verdict=RIGHT_VERDICT),
        "never negative",
    ),
    "nothing is refused": (
        "q5",
        SUM.format(nats=RIGHT_NATS, verdict="'holds' if nats <= 0.02 * abs(moved) else 'fails'"),
        "too little to share out",
    ),
    "what falls is refused": (
        "q5",
        SUM.format(nats=RIGHT_NATS, verdict=RIGHT_VERDICT.replace("abs(moved) < 1", "moved < 1")),
        "it may be negative",
    ),
    "the gap may be a tenth": (
        "q5",
        SUM.format(nats=RIGHT_NATS, verdict=RIGHT_VERDICT.replace("0.02", "0.5")),
        "2% of how far",
    ),
    "ordered by size": ("q6", STEPS.format(key="-abs(scores[p])", first=0), "the sign counts"),
    "the lowest first": ("q6", STEPS.format(key="scores[p]", first=0), "the lowest went first"),
    "the first step is missing": (
        "q6",
        STEPS.format(key="-scores[p]", first=1),
        "before anything is gone",
    ),
    "one list, changed again and again": (
        "q6",
        "def deletion_steps(scores):\n"
        "    left, steps = list(range(len(scores))), []\n"
        "    steps.append(left)\n"
        "    while left:\n"
        "        left.remove(max(left, key=lambda p: scores[p]))\n"
        "        steps.append(left)\n"
        "    return steps",
        "keep a copy",
    ),
    "ordered by sign": (
        "q7",
        "def strongest(tokens, scores, count):\n"
        "    return sorted(map(list, zip(tokens, scores)), key=lambda p: -p[1])[:count]",
        "ordered by sign",
    ),
    "the signs are lost": (
        "q7",
        "def strongest(tokens, scores, count):\n"
        "    pairs = [[t, abs(s)] for t, s in zip(tokens, scores)]\n"
        "    return sorted(pairs, key=lambda p: -p[1])[:count]",
        "signs are lost",
    ),
    "places instead of tokens": (
        "q7",
        "def strongest(tokens, scores, count):\n"
        "    order = sorted(range(len(tokens)), key=lambda p: -abs(scores[p]))[:count]\n"
        "    return [[p, scores[p]] for p in order]",
        "not its place",
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_wrong_answer_is_caught_with_the_fault_named(planted: str) -> None:
    assert_caught(NAME, *PLANTED[planted])


SCORED = {
    "a mean over the tokens": (
        "q2",
        "def effect(prompt, changed, target):\n"
        "    one, two = model.score(prompt, target), model.score(changed, target)\n"
        "    return (sum(one) - sum(two)) / len(one)",
        "a mean over the target's tokens",
    ),
    "only one word is scored": (
        "q3",
        "def effect(prompt, changed, target):\n"
        "    return sum(model.score(prompt, target)) - sum(model.score(changed, target))\n"
        "def word_scores(words, target):\n"
        "    without = ' '.join(words[:3] + words[4:])\n"
        "    found = effect(' '.join(words), without, target)\n"
        "    return [found if place == 3 else 0.0 for place in range(len(words))]",
        "for ['The', 'capital'",
    ),
}


@pytest.mark.model
@pytest.mark.parametrize("planted", SCORED)
def test_what_only_the_model_tells_is_caught(planted: str, shared_home: Path) -> None:
    from workbench import models

    question, code, said = SCORED[planted]
    spec = find_lab(NAME)
    with models.load("smollm2-135m", engine="llamacpp") as model:
        answers = NamespaceAnswers(namespace := {"model": model})
        exec(code, namespace)
        public = run_check(find_check(load_checks(spec.folder / CHECKS), question), answers)
        assert public.ok, public.message
        hidden = Hidden(spec, seed=11)
        try:
            check = find_check(load_checks(spec.folder / HIDDEN), question)
            verdict = run_check(check, answers, hidden)
        finally:
            hidden.close()
    assert not verdict.ok
    assert said in verdict.message, verdict.message
