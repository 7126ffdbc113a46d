"""The public checks of this lab: quick, with inputs that everybody may read."""

from __future__ import annotations

import math
from typing import Any

from workbench.learning import (
    Answers,
    WrongAnswer,
    expect_close,
    expect_equal,
    expect_kind,
    expect_number,
)

WORDS = ["the", "dog", "saw", "the", "cat"]
FRANCE = ["The", "capital", "of", "France", "is", "called"]
WEIGHTS = (2.0, 1.0, -0.5)


def q1(answers: Answers) -> None:
    """A word that stands twice, the first and the last."""
    for place in (3, 0, 4):
        expect_left_out(answers, WORDS, place)


def expect_left_out(answers: Answers, words: list[str], place: int) -> None:
    """The text without the word at one place."""
    found = answers.call("leave_out", words, place)
    expect_kind(found, str, what="leave_out(...)")
    right = " ".join(words[:place] + words[place + 1 :])
    if found == right:
        return
    faults = {
        "every word that reads the same is gone; only the one at the place goes": " ".join(
            word for word in words if word != words[place]
        ),
        "places are counted from 0": " ".join(words[: place - 1] + words[place:]),
        "the place of the word was left empty, so there are two spaces": " ".join(
            [*words[:place], "", *words[place + 1 :]]
        ),
        "that is the word itself, not the text without it": words[place],
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    raise WrongAnswer(f"{right!r} from leave_out({words}, {place})", repr(found), why=why)


def q2(answers: Answers) -> None:
    """France speaks for Paris, by more than a probability can."""
    prompt, changed = "The capital of France is called", "The capital of is called"
    expect_spoken_for(answers, prompt, changed, " Paris")
    same = answers.call("effect", prompt, prompt, " Paris")
    expect_close(same, 0.0, what="the effect of no change", absolute=0.05)
    target = " Paris, and it is the largest city of the country"
    long = answers.call("effect", prompt, changed, target)
    back = answers.call("effect", changed, prompt, target)
    expect_close(back, -long, what="the effect of the change taken back", absolute=0.05)


def expect_spoken_for(answers: Answers, prompt: str, changed: str, target: str) -> None:
    """A change that takes away what speaks for the target: a positive effect of over a nat."""
    found = answers.call("effect", prompt, changed, target)
    number = expect_number(found, what=f"effect({prompt!r}, {changed!r}, {target!r})")
    if number < 0:
        raise WrongAnswer(
            "an effect above 0: the word speaks for the target",
            f"{number:.3f}",
            why="it is the whole prompt less the changed one, not the other way round",
        )
    if number < 1:
        raise WrongAnswer(
            "an effect of more than 1 nat",
            f"{number:.3f}",
            why="is that a difference of probabilities? The log-probabilities are subtracted",
        )


def q3(answers: Answers) -> None:
    """A number a word, and France has the largest."""
    found = answers.call("word_scores", FRANCE, " Paris")
    scores = numbers(found, len(FRANCE), what="word_scores(...)")
    whole = " ".join(FRANCE)
    without = " ".join(word for word in FRANCE if word != "France")
    one = expect_number(answers.call("effect", whole, without, " Paris"), what="effect(...)")
    if math.isclose(scores[3], one, abs_tol=0.1):
        return
    why = ""
    if math.isclose(scores[3], -one, abs_tol=0.1):
        why = "the sign is turned: the prompt comes first in effect(...)"
    elif math.isclose(sum(scores), 1.0, abs_tol=1e-6):
        why = "the scores need not sum to 1; leave them in nats"
    elif max(scores) == scores[3]:
        why = "is the whole prompt compared with the prompt without the word?"
    raise WrongAnswer(f"{one:.3f} for 'France', as effect(...) says", f"{scores[3]:.3f}", why=why)


def numbers(found: Any, count: int, *, what: str) -> list[float]:
    """A list of so many finite numbers."""
    expect_kind(found, list, what=what)
    if len(found) != count:
        raise WrongAnswer(f"{count} numbers from {what}", f"{len(found)}")
    return [expect_number(value, what=f"each number of {what}") for value in found]


def q4(answers: Answers) -> None:
    """From far below to where the toy is sure, in few steps and in many."""
    expect_path(answers, [3.0, 3.0, 3.0], [-3.0, 0.0, 0.0], 4)
    expect_path(answers, [1.0, -2.0, 0.5], [0.0, 0.0, 0.0], 50)


def slope(x: list[float]) -> list[float]:
    """The gradient of the toy of the text."""
    total = math.fsum(w * value for w, value in zip(WEIGHTS, x, strict=True))
    return [w / (1 + math.exp(total)) for w in WEIGHTS]


def path(x: list[float], baseline: list[float], steps: int, *, shift: float = 0.5) -> list[float]:
    """Integrated gradients; ``shift`` is where in its step each point lies."""
    slopes = [
        slope([b + (k + shift) / steps * (a - b) for a, b in zip(x, baseline, strict=True)])
        for k in range(steps)
    ]
    means = [math.fsum(column) / steps for column in zip(*slopes, strict=True)]
    return [(a - b) * mean for a, b, mean in zip(x, baseline, means, strict=True)]


def expect_path(answers: Answers, x: list[float], baseline: list[float], steps: int) -> None:
    """All three scores, or the fault that gives what was found."""
    found = answers.call("path_scores", x, baseline, steps)
    scores = numbers(found, len(x), what="path_scores(...)")
    right = path(x, baseline, steps)
    if agree(scores, right):
        return
    change = [a - b for a, b in zip(x, baseline, strict=True)]
    faults = {
        "that is the slope at the input alone, times the change; walk there from the baseline": [
            way * s for way, s in zip(change, slope(x), strict=True)
        ],
        "the mean slope is not yet multiplied with x - baseline": [
            score / way if way else 0.0 for score, way in zip(right, change, strict=True)
        ],
        "it is multiplied with x instead of x - baseline": [
            a * score / way if way else 0.0 for a, score, way in zip(x, right, change, strict=True)
        ],
        "the sum of the slopes is not divided by the number of steps": [
            score * steps for score in right
        ],
        "each point lies at the beginning of its step, not in its middle": path(
            x, baseline, steps, shift=0.0
        ),
        "each point lies at the end of its step, not in its middle": path(
            x, baseline, steps, shift=1.0
        ),
        "the sign is turned: it is x - baseline": [-score for score in right],
    }
    why = next((said for said, wrong in faults.items() if agree(scores, wrong)), "")
    told = ", ".join(f"{score:.4f}" for score in right)
    raise WrongAnswer(
        f"[{told}] from path_scores({x}, {baseline}, {steps})",
        ", ".join(f"{score:.4f}" for score in scores),
        why=why,
    )


def agree(found: list[float], wanted: list[float]) -> bool:
    """Whether two lists of numbers are the same but for rounding."""
    pairs = zip(found, wanted, strict=True)
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in pairs)


def q5(answers: Answers) -> None:
    """A sum that is right, one that is not, and one that nothing can be said of."""
    expect_completeness(answers, [4.0, 2.0, -1.0], -1.0, -6.0)
    expect_completeness(answers, [4.0, 2.0, -1.5], -1.0, -6.0)
    expect_completeness(answers, [0.5, 0.2], -1.0, -1.4)
    expect_completeness(answers, [-3.0, -2.2], -9.0, -4.0)


def expect_completeness(
    answers: Answers, scores: list[float], value: float, baseline_value: float
) -> None:
    """The gap in nats and the verdict."""
    found = answers.call("completeness", scores, value, baseline_value)
    told = f"completeness({scores}, {value}, {baseline_value})"
    expect_kind(found, dict, what=told)
    expect_equal(sorted(found), ["nats", "verdict"], what=f"the fields of {told}")
    moved, total = value - baseline_value, math.fsum(scores)
    expect_close(
        found["nats"],
        abs(total - moved),
        what=f"nats of {told}",
        faults={
            "a gap is never negative": -abs(total - moved),
            "that is the relative gap; nats are asked for": abs(total - moved) / abs(moved),
            "the sum is compared with value alone": abs(total - value),
            "it is value - baseline_value, not the other way round": abs(total + moved),
        },
    )
    gap = abs(total - moved)
    right = "refused" if abs(moved) < 1 else "holds" if gap <= 0.02 * abs(moved) else "fails"
    why = ""
    if right == "refused":
        why = "under 1 nat there is too little to share out"
    elif found["verdict"] == "refused":
        why = "how far they are apart is a size: it may be negative before abs(...)"
    elif right == "fails":
        why = "the gap is compared with 2% of how far value and baseline_value are apart"
    expect_equal(found["verdict"], right, what=f"the verdict of {told}", why=why)


def q6(answers: Answers) -> None:
    """Signs, and equal scores."""
    expect_steps(answers, [0.5, -2.0, 1.0])
    expect_steps(answers, [1.0, 1.0])


def steps_by(scores: list[float], order: list[int], *, first: bool = True) -> list[list[int]]:
    """What is left when places go in an order; ``first`` keeps the step at which all are there."""
    left, found = list(range(len(scores))), []
    if first:
        found.append(list(left))
    for place in order:
        left.remove(place)
        found.append(list(left))
    return found


def expect_steps(answers: Answers, scores: list[float]) -> None:
    """The highest score goes first."""
    found = answers.call("deletion_steps", scores)
    expect_kind(found, list, what="deletion_steps(...)")
    places = range(len(scores))
    order = sorted(places, key=lambda place: -scores[place])
    right = steps_by(scores, order)
    if found == right:
        return
    faults = {
        "they are ordered by size; the sign counts": steps_by(
            scores, sorted(places, key=lambda place: -abs(scores[place]))
        ),
        "the lowest went first; it is the highest that goes first": steps_by(
            scores, sorted(places, key=lambda place: scores[place])
        ),
        "the first step has all places, before anything is gone": steps_by(
            scores, order, first=False
        ),
        "the last step is empty: all are gone in the end": right[:-1],
        "every step is the same list, which was changed later: keep a copy of it": [
            [] for _ in right
        ],
        "of equal scores the earlier place goes first": steps_by(
            scores, sorted(places, key=lambda place: (-scores[place], -place))
        ),
    }
    why = next((said for said, wrong in faults.items() if found == wrong), "")
    raise WrongAnswer(f"{right} from deletion_steps({scores})", f"{found}", why=why)


def q7(answers: Answers) -> None:
    """Both signs, and fewer tokens than asked for."""
    expect_strongest(answers, ["a", "b", "c"], [0.5, -2.0, 1.0], 2)
    expect_strongest(answers, ["a", "b"], [-0.5, 0.25], 5)


def expect_strongest(answers: Answers, tokens: list[str], scores: list[float], count: int) -> None:
    """The pairs, the largest by size first."""
    found = answers.call("strongest", tokens, scores, count)
    expect_kind(found, list, what="strongest(...)")
    pairs = [list(pair) if isinstance(pair, (list, tuple)) else pair for pair in found]
    order = sorted(range(len(tokens)), key=lambda place: -abs(scores[place]))[:count]
    right = [[tokens[place], scores[place]] for place in order]
    if pairs == right:
        return
    signed = sorted(range(len(tokens)), key=lambda place: -scores[place])[:count]
    faults: dict[str, list[Any]] = {
        "they are ordered by sign; -2 is larger by size than 1": [
            [tokens[place], scores[place]] for place in signed
        ],
        "the signs are lost": [[tokens[place], abs(scores[place])] for place in order],
        "the token itself is asked for, not its place": [[place, scores[place]] for place in order],
        "the smallest come first": right[::-1],
        "each pair has the token and its score": [tokens[place] for place in order],
    }
    why = next((said for said, wrong in faults.items() if pairs == wrong), "")
    told = f"strongest({tokens}, {scores}, {count})"
    raise WrongAnswer(f"{right} from {told}", f"{found}", why=why)
