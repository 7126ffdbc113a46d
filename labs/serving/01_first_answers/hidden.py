"""The hidden checks of this lab. Their inputs are drawn anew for each grading.

What is right comes from the real model, loaded beside the checks. Two processes of llama.cpp may
differ in the last digits of a score, so scores have a tolerance, choices a margin, and of sampled
answers one may differ.
"""

# ruff: noqa: SIM905

from __future__ import annotations

import math
from pathlib import Path

from workbench.learning import Answers, Hidden, WrongAnswer, expect_close
from workbench.learning.checking import load_checks

public = load_checks(Path(__file__).with_name("checks.py"))

COUNTRIES = (
    "Japan Egypt Peru Kenya Spain Greece Norway Cuba Poland Austria Portugal Ireland".split()
)
THINGS = "the moon, a bakery, rain, an old bridge, chess, a lighthouse, winter, bees".split(", ")
NAMES = "Amina Jonas Sofia Liam Olga Ravi Elena Peter Maria Chen".split()
PLACES = "Lisbon Oslo Cairo Lima Dublin Athens".split()
WORDS = "river window quickly seven under golden because silent table walks sharp garden".split()
MONTHS = "January March May August October December".split()
ENDS = " by train.| last week.| with a dog.| for work.| alone.".split("|")
RELATIVE = 2e-2


def chat(hidden: Hidden, question: str, **sampling: object) -> str:
    """The right answer of at most 24 tokens."""
    messages = [{"role": "user", "content": question}]
    return hidden.model.chat(messages, max_tokens=24, **sampling).text


def q1(answers: Answers, hidden: Hidden) -> None:
    """The likeliest answer to questions that were drawn now, with the length asked for."""
    questions = [f"What is the capital of {hidden.random.choice(COUNTRIES)}?"]
    questions += [f"Tell me about {thing}." for thing in hidden.random.sample(THINGS, 2)]
    expected = [chat(hidden, question, temperature=0) for question in questions]
    found = [answers.call("ask", question) for question in questions]
    wrong = [pair for pair in zip(questions, expected, found, strict=True) if pair[1] != pair[2]]
    if len(wrong) < 2:
        return
    question, right, given = wrong[-1]
    why = "are the question, max_tokens=24 and temperature=0 handed on as they are?"
    if isinstance(given, str) and (given.startswith(right) or right.startswith(given)):
        why = "the answer has another length: at most 24 tokens are asked for"
    raise WrongAnswer(f"{right!r} as the answer to {question!r}", repr(given), why=why)


def q2(answers: Answers, hidden: Hidden) -> None:
    """What these seeds give at this temperature."""
    question = f"Write one sentence about {hidden.random.choice(THINGS)}."
    seeds = hidden.random.sample(range(10_000), 4)
    temperature = hidden.random.choice([0.6, 0.8, 1.0, 1.2])
    found = answers.call("ask_several", question, seeds, temperature)
    public.expect_texts(found, len(seeds))
    expected = [chat(hidden, question, temperature=temperature, seed=seed) for seed in seeds]
    if sum(a == b for a, b in zip(found, expected, strict=True)) < len(seeds) - 1:
        raise WrongAnswer(
            f"for the seed {seeds[0]} at temperature {temperature} the answer {expected[0]!r}",
            repr(found[0]),
            why="are seed, temperature and max_tokens=24 handed on, in the order of the seeds?",
        )


def q3(answers: Answers, hidden: Hidden) -> None:
    """Sums of scores of sentences that were drawn now."""
    for _ in range(3):
        name, place = hidden.random.choice(NAMES), hidden.random.choice(PLACES)
        prompt = f"{name} lives in {place}"
        sentence = f" and walks to the {' '.join(hidden.random.sample(WORDS, 4))}."
        scores = hidden.model.score(prompt, sentence)
        expect_close(
            answers.call("sentence_logprob", prompt, sentence),
            math.fsum(scores),
            what=f"the log-probability of {sentence!r} after {prompt!r}",
            relative=RELATIVE,
            faults={
                "that is the mean per token; a whole sentence has the sum": math.fsum(scores)
                / len(scores),
                "the sign is turned round": -math.fsum(scores),
                "a logarithm with another base": math.fsum(scores) / math.log(2),
            },
        )


def q4(answers: Answers, hidden: Hidden) -> None:
    """Lists of any length."""
    for length in (1, 7, hidden.random.randint(20, 60)):
        logprobs = [-hidden.random.expovariate(0.6) for _ in range(length)]
        expect_close(
            answers.call("perplexity", logprobs),
            math.exp(-math.fsum(logprobs) / length),
            what=f"the perplexity of {length} log-probabilities",
            faults=public.perplexity_faults(logprobs),
        )


def q5(answers: Answers, hidden: Hidden) -> None:
    """Choices that were drawn now, each with a clear winner per token.

    In the first two the sum, the mean per word and the mean per character choose another one.
    """
    asked = 0
    for _ in range(60):
        prompt = f"My friend {hidden.random.choice(NAMES)} went to {hidden.random.choice(PLACES)}"
        choices = _choices(hidden, dated=asked < 2)
        scores = {choice: hidden.model.score(prompt, choice) for choice in choices}
        ranked = _ranked(choices, {each: len(found) for each, found in scores.items()}, scores)
        others = {
            "has the greatest sum": _ranked(choices, dict.fromkeys(choices, 1), scores)[-1],
            "is best by the mean per word": _ranked(
                choices, {each: len(each.split()) for each in choices}, scores
            )[-1],
            "is best by the mean per character": _ranked(
                choices, {each: len(each) for each in choices}, scores
            )[-1],
        }
        first, second = (math.fsum(scores[c]) / len(scores[c]) for c in (ranked[-1], ranked[-2]))
        if first - second < 0.3 or (asked < 2 and ranked[-1] in others.values()):
            continue
        _expect_choice(answers.call("likeliest", prompt, choices), ranked, others, prompt)
        asked += 1
        if asked == 4:
            return


def _choices(hidden: Hidden, *, dated: bool) -> list[str]:
    """Made continuations. The figures of a date are a token each: many, and easy to guess."""
    made = [
        " " + " ".join(hidden.random.sample(WORDS, hidden.random.randint(1, 5))) for _ in range(2)
    ]
    made.append(hidden.random.choice(ENDS))
    if dated:
        day, year = hidden.random.randint(1, 28), hidden.random.randint(1990, 2024)
        made.append(f" on {day} {hidden.random.choice(MONTHS)} {year}")
    if dated or hidden.random.random() < 0.5:
        made.append(" and came back after a few days.")
    hidden.random.shuffle(made)
    return made


def _ranked(
    choices: list[str], lengths: dict[str, int], scores: dict[str, list[float]]
) -> list[str]:
    """The choices by their mean over a length, the best last."""
    return sorted(choices, key=lambda choice: math.fsum(scores[choice]) / lengths[choice])


def _expect_choice(found: object, ranked: list[str], others: dict[str, str], prompt: str) -> None:
    if found == ranked[-1]:
        return
    why = "are the tokens of each continuation scored after the prompt?"
    by = [what for what, choice in others.items() if choice == found]
    if by:
        why = f"that one {' and '.join(by)}; per token another is likelier"
    elif found == ranked[0]:
        why = "that is the least likely one: is the sign right?"
    raise WrongAnswer(f"{ranked[-1]!r} as the likeliest after {prompt!r}", repr(found), why=why)


def q6(answers: Answers, hidden: Hidden) -> None:
    """People that were drawn now. The model itself may be wrong about one."""
    faults = []
    for _ in range(4):
        name, age = hidden.random.choice(NAMES), hidden.random.randint(19, 89)
        sentence = f"{name} is {age} years old and lives in {hidden.random.choice(PLACES)}."
        try:
            public.expect_person(answers, sentence, name, age)
        except WrongAnswer as wrong:
            faults.append(wrong)
    if len(faults) > 1:
        raise faults[0]


def q7(answers: Answers, hidden: Hidden) -> None:
    """Any counts and times."""
    for _ in range(3):
        first_s = round(hidden.random.uniform(0.05, 2.0), 3)
        duration_s = round(first_s + hidden.random.uniform(0.5, 9.0), 3)
        public.expect_rate(answers, hidden.random.randint(2, 300), first_s, duration_s)
