"""The public checks of this lab: quick, with inputs that everybody may read."""

from __future__ import annotations

import math

from workbench.learning import (
    Answers,
    WrongAnswer,
    expect_close,
    expect_equal,
    expect_kind,
    expect_number,
)

CAPITAL = "What is the capital of France?"
SEA = "Write one sentence about the sea."


def q1(answers: Answers) -> None:
    """A text, the same each time but another for another question, that knows Paris."""
    first = answers.call("ask", CAPITAL)
    if isinstance(first, dict):
        raise WrongAnswer(
            f"ask({CAPITAL!r}) to be text",
            "the whole reply",
            why="the answer is in its field `text`",
        )
    expect_kind(first, str, what=f"ask({CAPITAL!r})")
    again = [answers.call("ask", SEA) for _ in range(3)]
    if len(set(again)) > 1:
        raise WrongAnswer(
            "ask() to give the same answer to the same question",
            f"{len(set(again))} answers to 3 calls",
            why="the temperature is not 0; left out, it is the model's default",
        )
    if again[0] == first:
        raise WrongAnswer(
            "another answer to another question",
            f"{first!r} to both {CAPITAL!r} and {SEA!r}",
            why="is it the model that is asked, and is it asked the question?",
        )
    if "Paris" not in first:
        raise WrongAnswer(
            f"Paris in the answer to {CAPITAL!r}",
            repr(first),
            why="does the question reach the model, as the user's message?",
        )


def q2(answers: Answers) -> None:
    """A list of texts; the seed decides, and the temperature too."""
    found = answers.call("ask_several", SEA, [1, 2, 3, 1], 0.9)
    expect_texts(found, 4)
    if len(set(found)) == 1:
        raise WrongAnswer(
            "different answers for the seeds 1, 2 and 3 at temperature 0.9",
            "the same answer each time",
            why="the seed or the temperature is not handed on to the model",
        )
    if found[0] != found[3]:
        raise WrongAnswer(
            "the same answer for the seed 1 both times",
            f"{found[0]!r} and {found[3]!r}",
            why="the seed is not handed on to the model",
        )
    cold = answers.call("ask_several", SEA, [1, 2], 0)
    expect_texts(cold, 2)
    if cold[0] != cold[1]:
        raise WrongAnswer(
            "the same answer for every seed at temperature 0",
            "two answers",
            why="the temperature is not handed on to the model",
        )


def expect_texts(found: object, count: int) -> None:
    """A list of so many texts."""
    expect_kind(found, list, what="ask_several(...)")
    assert isinstance(found, list)
    if len(found) != count:
        raise WrongAnswer(f"{count} answers, one a seed", f"{len(found)}")
    for text in found:
        expect_kind(text, str, what="each answer of ask_several(...)")


def q3(answers: Answers) -> None:
    """One number, not above 0, that falls as the sentence goes on."""
    prompt = "The sun rises in the"
    short = answers.call("sentence_logprob", prompt, " east")
    expect_number(short, what="a log-probability", high=0.0, why="is it a probability instead?")
    long = answers.call("sentence_logprob", prompt, " east and sets in the west.")
    expect_number(long, what="a log-probability", high=0.0)
    if long >= short:
        raise WrongAnswer(
            "a longer sentence to be less likely than its beginning",
            f"{long:.3f} after {short:.3f}",
            why="that is a mean; the log-probability of a whole is the sum over its tokens",
        )


def q4(answers: Answers) -> None:
    """Closed forms: a fair die, certainty."""
    die = [math.log(1 / 6)] * 5
    expect_close(
        answers.call("perplexity", die),
        6.0,
        what="the perplexity of a fair die with 6 faces",
        faults=perplexity_faults(die),
    )
    expect_close(
        answers.call("perplexity", [0.0, 0.0]), 1.0, what="the perplexity of what is certain"
    )


def perplexity_faults(logprobs: list[float]) -> dict[str, float]:
    """What goes wrong, by the number that it gives."""
    mean = math.fsum(logprobs) / len(logprobs)
    return {
        "the minus sign is missing": math.exp(mean),
        "that is the mean surprise; its exponential is missing": -mean,
        "the sum was taken instead of the mean": math.exp(min(700.0, -mean * len(logprobs))),
        "the logarithms are natural ones, so the base is e and not 2": 2**-mean,
        "that is the mean of the single perplexities": math.fsum(
            math.exp(min(700.0, -value)) for value in logprobs
        )
        / len(logprobs),
    }


def q5(answers: Answers) -> None:
    """The example of the text, and one of the continuations comes back."""
    prompt, choices = "The sun rises in the", [" east", " east and sets in the west.", " box"]
    found = answers.call("likeliest", prompt, choices)
    if found not in choices:
        raise WrongAnswer(
            "one of the continuations",
            repr(found),
            why="return the text, not its score or its position",
        )
    if found == choices[0]:
        raise WrongAnswer(
            repr(choices[1]),
            repr(found),
            why="the sum favours the short one; take the mean per token",
        )
    expect_equal(found, choices[1], what="the likeliest continuation", why="is the sign right?")


def q6(answers: Answers) -> None:
    """A schema that leaves nothing open, and a dictionary."""
    expect_schema(answers.value("person_schema"))
    expect_person(answers, "Maria is 34 years old and lives in Lisbon.", "Maria", 34)


def expect_schema(schema: object) -> None:
    """An object with exactly a name and an age."""
    expect_kind(schema, dict, what="person_schema")
    assert isinstance(schema, dict)
    expect_equal(schema.get("type"), "object", what="the schema's type")
    properties = schema.get("properties")
    expect_kind(properties, dict, what="the schema's properties")
    kinds = {name: (part or {}).get("type") for name, part in properties.items()}
    expect_equal(kinds, {"name": "string", "age": "integer"}, what="the types of the properties")
    if sorted(schema.get("required") or []) != ["age", "name"]:
        raise WrongAnswer(
            "both fields to be required",
            f"required: {schema.get('required')}",
            why="without it the model may leave a field out",
        )
    if schema.get("additionalProperties") is not False:
        raise WrongAnswer(
            "no further fields to be allowed",
            f"additionalProperties: {schema.get('additionalProperties')}",
            why='"additionalProperties": False keeps the model from inventing some',
        )


def expect_person(answers: Answers, sentence: str, name: str, age: int) -> None:
    """What is in the sentence, as a dictionary."""
    found = answers.call("extract", sentence)
    if isinstance(found, str):
        raise WrongAnswer(
            "a dictionary from extract(...)", "text", why="json.loads makes a dictionary of it"
        )
    expect_kind(found, dict, what="extract(...)")
    if sorted(found) != ["age", "name"]:
        raise WrongAnswer(
            "the fields age and name",
            f"{sorted(found)}",
            why="is the schema handed on as json_schema=person_schema?",
        )
    expect_equal(found["name"], name, what=f"the name in {sentence!r}")
    expect_equal(found["age"], age, what=f"the age in {sentence!r}")


def q7(answers: Answers) -> None:
    """Eleven tokens: one at once, ten in two seconds."""
    expect_rate(answers, 11, 1.0, 3.0)


def expect_rate(answers: Answers, tokens: int, first_s: float, duration_s: float) -> None:
    """Tokens after the first over the time after the first."""
    expect_close(
        answers.call("decode_rate", tokens, first_s, duration_s),
        (tokens - 1) / (duration_s - first_s),
        what=f"the rate of {tokens} tokens, the first after {first_s:g} s, all in {duration_s:g} s",
        faults={
            "that divides by all of the time; reading the prompt is not writing": tokens
            / duration_s,
            "the first token is counted, though its time is not": tokens / (duration_s - first_s),
            "the time to the first token is not taken off": (tokens - 1) / duration_s,
            "that is seconds per token": (duration_s - first_s) / (tokens - 1),
        },
    )
