"""The public checks of this lab: quick, with inputs that everybody may read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from workbench.learning import (
    Answers,
    WrongAnswer,
    expect_close,
    expect_equal,
    expect_kind,
    expect_number,
)

IGNORED = -100
DRAWS = 600
_TWICE = 8  # seeds that are asked two times: what is drawn without the seed differs
SPREAD = 0.12  # six standard deviations of a share of one half over 600 draws

TRAIN = ["What helps against E1?", "How do I clear T7?", "My kiln-two shows B3.", "Is it a part?"]
TEST = [
    "what helps against  E1",
    "How do I clear T2?",
    "My kiln two shows B3!",  # a hyphen counts as a space: who takes it out misses this one
    "Kiln with T7?",
    "how do I clear T7?",  # case alone: who ignores nothing else finds this one
    "Is it apart?",
    "Clear T7, how do I?",
    "How do I clear T7 now?",
]
MATRIX = [
    [0.9, 0.1, 0.0, 0.0],
    [0.95, 0.8, 0.2, 0.0],
    [0.5, 0.6, 0.9, 0.1],
    [0.4, 0.7, 0.3, 1.0],
]


def q1(answers: Answers) -> None:
    """Questions and answers of several lengths."""
    expect_row(answers, [11, 12, 13], [21, 22], 2)
    expect_row(answers, [5], [6, 7, 8], 0)


def expect_row(answers: Answers, question: list[int], answer: list[int], end: int) -> None:
    """The ids and the labels."""
    told = f"masked_row({question}, {answer}, {end})"
    found = answers.call("masked_row", list(question), list(answer), end)  # one may change them
    if isinstance(found, tuple):
        found = list(found)
    expect_kind(found, list, what=told)
    pair = [list(part) if isinstance(part, (list, tuple)) else part for part in found]
    hidden, whole = [IGNORED] * len(question), [*question, *answer, end]
    right = [whole, [*hidden, *answer, end]]
    if pair == right:
        return
    faults: dict[str, list[Any]] = {
        "the end token is read and not learnt: the model would never stop": [
            whole,
            [*hidden, *answer, IGNORED],
        ],
        "the question would be learnt too": [whole, whole],
        "the end token is missing": [[*question, *answer], [*hidden, *answer]],
        "it is turned round: the question is learnt, and the answer is not": [
            whole,
            [*question, *([IGNORED] * (len(answer) + 1))],
        ],
        "the first token of the answer is not learnt": [
            whole,
            [*hidden, IGNORED, *answer[1:], end],
        ],
        "what is not learnt has the label -100; 0 is a token": [
            whole,
            [*([0] * len(question)), *answer, end],
        ],
        "the labels are not shifted here: each stands at its own token": [
            whole,
            [*hidden[1:], *answer, end, IGNORED],
        ],
    }
    why = next((said for said, wrong in faults.items() if pair == wrong), "")
    raise WrongAnswer(f"{right} from {told}", f"{found}", why=why)


def q2(answers: Answers) -> None:
    """Surprising questions, and answers of one token and of three."""
    expect_loss(answers, [-9.0, -7.0, -0.5, -1.5, -0.1], [-100, -100, 21, 22, 2])
    expect_loss(answers, [-0.2, -3.0], [-100, 4])


def expect_loss(answers: Answers, log_probs: list[float], labels: list[int]) -> None:
    """The mean over the answer's tokens, in nats."""
    kept = [p for p, label in zip(log_probs, labels, strict=True) if label != IGNORED]
    right = -math.fsum(kept) / len(kept)
    expect_close(
        answers.call("answer_loss", log_probs, labels),
        right,
        what=f"answer_loss({log_probs}, {labels})",
        faults={
            "the question is counted too": -math.fsum(log_probs) / len(log_probs),
            "the labels are not shifted here: each stands at its own token": _shifted(
                log_probs, labels
            ),
            "that is the sum; the mean over the answer's tokens is asked for": -math.fsum(kept),
            "it is divided by all tokens, those of the question too": (
                -math.fsum(kept) / len(log_probs)
            ),
            "the sign is turned: a loss is not negative": -right,
            "those are bits; nats are asked for": right / math.log(2),
        },
    )


def _shifted(log_probs: list[float], labels: list[int]) -> float:
    """The loss of somebody who reads each label at the token before its own."""
    kept = [p for p, label in zip(log_probs, labels[1:], strict=False) if label != IGNORED]
    return -math.fsum(kept) / len(kept)


def q3(answers: Answers) -> None:
    """One matrix, several, and a budget that is too small for any."""
    expect_rank(answers, [[576, 512], [640, 192]], 50_000)  # each fault gives another number
    expect_rank(answers, [[10, 30]], 400)
    expect_rank(answers, [[10, 30]], 39)


def expect_rank(answers: Answers, shapes: list[list[int]], budget: int) -> None:
    """The largest rank whose adapter has at most so many numbers."""
    told = f"largest_rank({shapes}, {budget})"
    found = answers.call("largest_rank", shapes, budget)
    number = expect_number(found, what=told)
    one = sum(m + n for m, n in shapes)
    right = budget // one
    if number == right:
        return
    one_thin = "only one of the two thin matrices is counted"
    faults = [
        (one_thin, budget // sum(m for m, _ in shapes)),
        ("an adapter has r * (m + n) numbers, not m * n", budget // sum(m * n for m, n in shapes)),
        ("only one matrix is counted", budget // sum(shapes[0])),
        ("a rank is a whole number, and may not exceed the budget", budget / one),
        ("that is one more than the budget allows", right + 1),
        ("a budget that is too small for rank 1 gives 0", max(1, right)),
        (one_thin, budget // sum(n for _, n in shapes)),
    ]
    why = next((said for said, wrong in faults if number == wrong), "")
    raise WrongAnswer(f"{right} from {told}", f"{found}", why=why)


def q4(answers: Answers) -> None:
    """Leaks in another dress, and prompts that only look like one; then no leak."""
    expect_leaks(answers, TRAIN, TEST)
    expect_leaks(answers, TRAIN, ["How do I clear E1?"])


def bare(prompt: str) -> str:
    """A prompt without case, punctuation and runs of spaces."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", prompt.lower()).split())


def _same(form: Callable[[str], str], train: list[str], test: list[str]) -> list[int]:
    """The places of the test rows whose form is that of a row that was taught."""
    known = {form(each) for each in train}
    return [place for place, each in enumerate(test) if form(each) in known]


def expect_leaks(answers: Answers, train: list[str], test: list[str]) -> None:
    """The places of the test rows that were taught."""
    found = answers.call("leaked_rows", list(train), list(test))
    expect_kind(found, list, what="leaked_rows(...)")
    known = {bare(each) for each in train}
    right = [place for place, each in enumerate(test) if bare(each) in known]
    if found == right:
        return
    faults: dict[str, list[Any]] = {
        "only rows that are the same letter for letter are found": [
            place for place, each in enumerate(test) if each in train
        ],
        "case is ignored, but punctuation and spaces are not": _same(str.lower, train, test),
        "punctuation is taken out, where each character of it counts as a space": _same(
            lambda prompt: " ".join(re.sub(r"[^a-z0-9\s]", "", prompt.lower()).split()), train, test
        ),
        "a space or more counts as one, none does not": _same(
            lambda prompt: bare(prompt).replace(" ", ""), train, test
        ),
        "the same words in another order are another prompt": _same(
            lambda prompt: " ".join(sorted(bare(prompt).split())), train, test
        ),
        "one prompt within another is another prompt": [
            place
            for place, each in enumerate(test)
            if any(bare(each) in row or row in bare(each) for row in known)
        ],
        "those are the rows that did not leak": [
            place for place in range(len(test)) if place not in right
        ],
        "places are asked for, not prompts": [test[place] for place in right],
        "places are counted from 0": [place + 1 for place in right],
        "every row is called a leak": list(range(len(test))),
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    raise WrongAnswer(f"{right} from leaked_rows({train}, {test})", f"{found}", why=why)


def q5(answers: Answers) -> None:
    """Few items are all kept; of many each has the same chance."""
    expect_fair(answers, ["a", "b", "c", "d", "e", "f"], 3, first_seed=0)
    expect_fair(answers, ["a", "b"], 1, first_seed=0)  # who counts from 0 always keeps the last


def expect_fair(answers: Answers, items: list[str], size: int, *, first_seed: int) -> None:
    """The right number, none twice, and each as often as the others."""
    few = answers.call("reservoir", items[:size], size, first_seed)
    expect_kind(few, list, what="reservoir(...)")
    expect_equal(sorted(few), sorted(items[:size]), what=f"what is kept of {size} items by {size}")
    kept = dict.fromkeys(items, 0)
    for seed in range(first_seed, first_seed + DRAWS):
        found = answers.call("reservoir", list(items), size, seed)
        expect_kind(found, list, what="reservoir(...)")
        if seed < first_seed + _TWICE:
            again = answers.call("reservoir", list(items), size, seed)
            if again != found:
                raise WrongAnswer(
                    f"{found} from reservoir(items, {size}, {seed}), as when it was first asked",
                    f"{again}",
                    why="draw from `chance`, which knows the seed",
                )
        if len(found) != size or len(set(found)) != size or not set(found) <= set(items):
            raise WrongAnswer(
                f"{size} of {items}, none twice, from reservoir(items, {size}, {seed})", f"{found}"
            )
        for item in found:
            kept[item] += 1
    shares, right = {item: times / DRAWS for item, times in kept.items()}, size / len(items)
    if all(abs(share - right) <= SPREAD for share in shares.values()):
        return
    first, last = shares[items[0]], shares[items[-1]]
    why = "the seed decides what is kept; each item must have the same chance"
    if last < first:
        why = "late items come in too seldom: the n-th of them has a chance of size / n"
    elif last > first:
        why = "late items come in too often: the n-th of them has a chance of size / n"
    told = ", ".join(f"{item} {share:.2f}" for item, share in shares.items())
    raise WrongAnswer(f"each item kept in {right:.2f} of {DRAWS} draws", told, why=why)


def q6(answers: Answers) -> None:
    """A matrix in which a task was at its best after another one had been learnt."""
    expect_forgetting(answers, MATRIX)
    expect_forgetting(answers, [[0.7, 0.0], [0.8, 0.9]])
    expect_forgetting(answers, [[0.9, 0.8, 0.0], [0.5, 0.6, 0.1], [0.4, 0.3, 0.9]])


def expect_forgetting(answers: Answers, matrix: list[list[float]]) -> None:
    """The mean loss from the best to the end, the last task aside."""
    count, last = len(matrix), matrix[-1]
    tasks = range(count - 1)
    best = [max(matrix[row][task] for row in range(task, count - 1)) for task in tasks]
    losses = [best[task] - last[task] for task in tasks]
    right = math.fsum(losses) / len(losses)
    since = [matrix[task][task] - last[task] for task in tasks]
    ever = [max(row[task] for row in matrix) - last[task] for task in tasks]
    early = [max(row[task] for row in matrix[:-1]) - last[task] for task in tasks]
    expect_close(
        answers.call("forgetting", matrix),
        right,
        what=f"forgetting({matrix})",
        absolute=1e-9,
        faults={
            "it is the best until then, not what it was when it was just learnt": (
                math.fsum(since) / len(since)
            ),
            "the best is looked for from the row on in which the task was learnt": (
                math.fsum(early) / len(early)
            ),
            "the last row is not among those in which the best is looked for, and what has become "
            "better counts as less than 0": math.fsum(ever) / len(ever),
            "the last task cannot have been forgotten yet: it is left out": right
            * (count - 1)
            / count,
            "that is the sum over the tasks; the mean is asked for": right * (count - 1),
            "the sign is turned: what is lost counts as positive": -right,
            "that is the accuracy at the end (ACC)": math.fsum(last) / count,
        },
    )
