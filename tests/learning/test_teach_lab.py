"""The lab on teaching and keeping: wrong answers in the ways in which learners are wrong."""

from __future__ import annotations

import pytest

from .planted import assert_caught

NAME = "finetuning/01_teach_and_keep"
ROW = (
    "def masked_row(question, answer, end):\n"
    "    row, hidden = [*question, *answer, end], [-100] * len(question)\n"
    "    return {result}\n"
)
LOSS = (
    "def answer_loss(log_probs, labels):\n"
    "    kept = [p for p, label in zip(log_probs, labels) if label != -100]\n"
    "    return {result}\n"
)
RANK = "def largest_rank(shapes, budget):\n    return {result}\n"
LEAKS = (
    "def leaked_rows(train, test):\n"
    "    return [{place} for i, prompt in enumerate(test) if {known}]\n"
)
BARE = (
    "import re\n"
    "def leaked_rows(train, test):\n"
    "    def bare(p):\n"
    "        p = p.lower()\n"
    "        return {form}\n"
    "    known = {{bare(p) for p in train}}\n"
    "    return [i for i, p in enumerate(test) if bare(p) in known]\n"
)
KEPT = (
    "import random\n"
    "def reservoir(items, size, seed):\n"
    "    chance, kept = random.Random(seed), []\n"
    "    for n, item in enumerate(items, start=1):\n"
    "        if len(kept) < size:\n"
    "            kept.append(item)\n"
    "        else:\n"
    "            {late}\n"
    "    return kept\n"
)
FORGOT = (
    "def forgetting(matrix):\n"
    "    n = len(matrix)\n"
    "    losses = [{loss} - matrix[-1][i] for i in range({tasks})]\n"
    "    return {result}\n"
)
BEST = "max(matrix[k][i] for k in range(i, n - 1))"
MEAN = "sum(losses) / len(losses)"

PLANTED = {
    "one row is learnt by heart": (
        "q1",
        "def masked_row(question, answer, end):\n"
        "    return [[11, 12, 13, 21, 22, 2], [-100, -100, -100, 21, 22, 2]]",
        "masked_row([5]",
    ),
    "the end is not learnt": (
        "q1",
        ROW.format(result="[row, [*hidden, *answer, -100]]"),
        "never stop",
    ),
    "the question is learnt": ("q1", ROW.format(result="[row, row]"), "learnt too"),
    "the end is missing": ("q1", ROW.format(result="[row[:-1], [*hidden, *answer]]"), "missing"),
    "the mask is turned round": (
        "q1",
        ROW.format(result="[row, question + [-100] * (len(answer) + 1)]"),
        "turned round",
    ),
    "the mask is zero": (
        "q1",
        ROW.format(result="[row, [0] * len(question) + answer + [end]]"),
        "0 is a token",
    ),
    "the labels are shifted": (
        "q1",
        ROW.format(result="[row, [*hidden[1:], *answer, end, -100]]"),
        "not shifted",
    ),
    "a constant loss": ("q2", LOSS.format(result="0.7"), "answer_loss([-0.2"),
    "the question counts": (
        "q2",
        LOSS.format(result="-sum(log_probs) / len(log_probs)"),
        "counted too",
    ),
    "a sum": ("q2", LOSS.format(result="-sum(kept)"), "that is the sum"),
    "divided by all": ("q2", LOSS.format(result="-sum(kept) / len(log_probs)"), "by all tokens"),
    "a negative loss": ("q2", LOSS.format(result="sum(kept) / len(kept)"), "sign is turned"),
    "shifted labels": (
        "q2",
        "def answer_loss(log_probs, labels):\n"
        "    kept = [p for p, label in zip(log_probs, labels[1:]) if label != -100]\n"
        "    return -sum(kept) / len(kept)\n",
        "not shifted",
    ),
    "bits": ("q2", LOSS.format(result="-sum(kept) / len(kept) / 0.6931471805599453"), "bits"),
    "a constant rank": ("q3", RANK.format(result="26"), "largest_rank([[10"),
    "one thin matrix": (
        "q3",
        RANK.format(result="budget // sum(m for m, n in shapes)"),
        "only one",
    ),
    "a whole matrix": (
        "q3",
        RANK.format(result="budget // sum(m * n for m, n in shapes)"),
        "not m * n",
    ),
    "the first matrix alone": (
        "q3",
        RANK.format(result="budget // sum(shapes[0])"),
        "only one matrix",
    ),
    "one more": ("q3", RANK.format(result="budget // sum(map(sum, shapes)) + 1"), "one more"),
    "the other thin matrix": (
        "q3",
        RANK.format(result="budget // sum(n for m, n in shapes)"),
        "only one of the two",
    ),
    "half a rank": ("q3", RANK.format(result="budget / sum(map(sum, shapes))"), "a whole number"),
    "never 0": (
        "q3",
        RANK.format(result="max(1, budget // sum(map(sum, shapes)))"),
        "one more than the budget allows",
    ),
    "constant leaks": ("q4", LEAKS.format(place="i", known="i in (0, 2)"), "leaked_rows("),
    "letter for letter": ("q4", LEAKS.format(place="i", known="prompt in train"), "letter for"),
    "only case": (
        "q4",
        LEAKS.format(place="i", known="prompt.lower() in [t.lower() for t in train]"),
        "case is ignored",
    ),
    "punctuation taken out": (
        "q4",
        BARE.format(form='" ".join("".join(c for c in p if c.isalnum() or c == " ").split())'),
        "counts as a space",
    ),
    "no spaces": ("q4", BARE.format(form='"".join(c for c in p if c.isalnum())'), "counts as one"),
    "a bag of words": (
        "q4",
        BARE.format(form='frozenset(re.findall("[a-z0-9]+", p))'),
        "in another order",
    ),
    "one within another": (
        "q4",
        BARE.format(form='" ".join(re.findall("[a-z0-9]+", p))').replace(
            "bare(p) in known", "any(k in bare(p) or bare(p) in k for k in known)"
        ),
        "within another",
    ),
    "all leaked": ("q4", LEAKS.format(place="i", known="True"), "every row"),
    "the first are kept": ("q5", KEPT.format(late="pass"), "too seldom"),
    "the last comes in always": (
        "q5",
        KEPT.format(late="kept[chance.randrange(size)] = item"),
        "too often",
    ),
    "counted from 0": (
        "q5",
        KEPT.format(
            late="place = chance.randrange(n - 1)\n            if place < size: kept[place] = item"
        ),
        "too often",
    ),
    "drawn without the seed": (
        "q5",
        "import random\n"
        "def reservoir(items, size, seed):\n"
        "    return random.sample(items, min(size, len(items)))",
        "knows the seed",
    ),
    "a coin for each": (
        "q5",
        KEPT.format(late="kept[chance.randrange(size)] = item if n % 2 else kept[0]"),
        "none twice",
    ),
    "the seed is not used": (
        "q5",
        "def reservoir(items, size, seed):\n    return items[:size]",
        "too seldom",
    ),
    "a constant forgetting": (
        "q6",
        "def forgetting(matrix):\n    return 1.25 / 3",
        "forgetting([[0.7",
    ),
    "since it was learnt": (
        "q6",
        FORGOT.format(loss="matrix[i][i]", tasks="n - 1", result=MEAN),
        "the best until then",
    ),
    "the last task too": (
        "q6",
        FORGOT.format(loss=BEST, tasks="n - 1", result="sum(losses) / n"),
        "it is left out",
    ),
    "a sum of losses": (
        "q6",
        FORGOT.format(loss=BEST, tasks="n - 1", result="sum(losses)"),
        "that is the sum",
    ),
    "losses are negative": (
        "q6",
        FORGOT.format(loss=BEST, tasks="n - 1", result=f"-{MEAN}"),
        "sign is turned",
    ),
    "before it was learnt": (
        "q6",
        FORGOT.format(loss="max(matrix[k][i] for k in range(n - 1))", tasks="n - 1", result=MEAN),
        "in which the task was learnt",
    ),
    "the last row too": (
        "q6",
        FORGOT.format(loss="max(matrix[k][i] for k in range(n))", tasks="n - 1", result=MEAN),
        "the last row is not among",
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_wrong_answer_is_caught_with_the_fault_named(planted: str) -> None:
    assert_caught(NAME, *PLANTED[planted])
