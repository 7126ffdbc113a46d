"""Sketches: the same everywhere, alike where the words are, and nothing of the text itself."""

from __future__ import annotations

import json
import math
import random
import re
import statistics
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.serving import sketches
from workbench.serving.call import Call
from workbench.serving.sketches import (
    HASHED,
    PROJECTED,
    cosine,
    hash_text,
    project,
    prompt_text,
    sketch_call,
)

FROZEN = Path(__file__).with_name("frozen") / "cache_paraphrases.jsonl"
PAIRS = [json.loads(line) for line in FROZEN.read_text("utf-8").splitlines()]


def features(text: str) -> Counter[tuple[bytes, int]]:
    """What a text is made of, written a second time."""
    found: Counter[tuple[bytes, int]] = Counter()
    for word in re.findall(r"\w+", text.casefold()):
        raw = word.encode()
        if not word.isascii():
            wide = word[:200].encode("utf-16-le", "surrogatepass")
            found.update((wide[at : at + 4], 0) for at in range(0, len(wide) - 1, 2))
        elif len(word) == 3:
            found[raw, 0] += 1
        elif len(word) > 3:
            found[raw, 0] += 3
            found[raw[:4], 1] += 1
            found[raw[-3:], 2] += 1
    return found


def plainly(text: str) -> bytes | None:
    """The same sketch from a list of numbers."""
    numbers = [0] * 64
    for (piece, start), count in features(text).items():
        place, sign = divmod(zlib.crc32(piece, start) % 128, 2)
        numbers[place] += -count if sign else count
    most = max(map(abs, numbers))
    return bytes(round(127 * number / most) % 256 for number in numbers) if most else None


@given(st.text(max_size=400))
def test_it_is_what_its_definition_says(text: str) -> None:
    assert hash_text(text) == plainly(text)


def test_it_is_the_same_everywhere_and_for_good() -> None:
    """Were this to change, the kind must: sketches of two kinds cannot be compared."""
    assert HASHED == "hashed64-1"
    text = "The quick brown fox jumps over the lazy dog, 13 mal. 早い狐"
    assert (hash_text(text) or b"").hex() == (
        "00000000000000d600000000000000000000000000000000eb0000eb15001500"
        "000000001500000000007fc0c00040000000002aeb00150015eb15000000ebeb"
    )


def test_alike_where_the_words_are() -> None:
    """Pairs that mean the same in nearly the same words against pairs of strangers."""
    chance = random.Random(0)
    left = [hash_text(pair["a"]) or b"" for pair in PAIRS]
    right = [hash_text(pair["b"]) or b"" for pair in PAIRS]
    same = [cosine(a, b) for a, b in zip(left, right, strict=True)]
    strangers = [
        cosine(left[i], right[j])
        for i in range(len(PAIRS))
        for j in chance.sample([k for k in range(len(PAIRS)) if k != i], 4)
    ]
    order = sum((a > b) + (a == b) / 2 for a in same for b in strangers)
    area = order / len(same) / len(strangers)
    assert area >= 0.99
    assert statistics.mean(same) >= 0.7
    assert abs(statistics.mean(strangers)) <= 0.05


def test_angles_are_kept_as_well_as_64_numbers_can() -> None:
    """Against the exact cosine of the features: unbiased, with an error of about 1/8."""

    def exact(a: str, b: str) -> float:
        x, y = features(a), features(b)
        dot = sum(count * y[feature] for feature, count in x.items())
        norms = [math.sqrt(sum(count * count for count in each.values())) for each in (x, y)]
        return dot / (norms[0] * norms[1])

    def errors(text_hash: Any) -> list[float]:
        found = []
        for first, second in zip(PAIRS, PAIRS[1:] + PAIRS[:1], strict=True):
            for other in (first["b"], second["b"]):
                said = cosine(text_hash(first["a"]), text_hash(other))
                found.append(said - exact(first["a"], other))
        return found

    found = errors(hash_text)
    assert abs(statistics.mean(found)) < 0.03
    assert statistics.pstdev(found) < 0.14

    def unsigned(text: str) -> bytes:  # without signs, strangers seem alike: what they are for
        return bytes(
            min(127, abs(number - 256 * (number > 127))) for number in hash_text(text) or b""
        )

    assert abs(statistics.mean(errors(unsigned))) > 0.05


def test_a_shift_of_subjects_shows_in_the_mean() -> None:
    def mean(texts: list[str]) -> list[float]:
        rows = [[v - 256 * (v > 127) for v in hash_text(text) or b""] for text in texts]
        return [statistics.mean(column) for column in zip(*rows, strict=True)]

    def distance(a: list[float], b: list[float]) -> float:
        return math.dist(a, b)

    names = [(x, y) for x in "abcde" for y in "vwxyz"]
    cooking = [f"How long do I bake {x} bread with {y} flour in the oven?" for x, y in names]
    code = [f"Why does my Python function {x} raise an error in module {y}?" for x, y in names]
    same = distance(mean(cooking[::2]), mean(cooking[1::2]))
    assert distance(mean(cooking), mean(code)) > 5 * same


@pytest.mark.parametrize("text", ["", "   ", "a b c", "?!"])
def test_without_words_there_is_none(text: str) -> None:
    assert hash_text(text) is None


def test_a_long_text_costs_no_more_than_its_beginning() -> None:
    assert hash_text("word " * 100_000) == hash_text("word " * 1600)
    assert len(hash_text("の" * 100_000) or b"") == 64


def test_an_embedding_is_projected() -> None:
    chance = numpy.random.default_rng(0)
    base = chance.normal(size=384)
    near, far = base + 0.3 * chance.normal(size=384), chance.normal(size=384)
    sketch = {name: project(v.tolist()) for name, v in
              {"base": base, "near": near, "far": far}.items()}  # fmt: skip
    assert all(each is not None and len(each) == 32 for each in sketch.values())
    assert cosine(sketch["base"], sketch["near"]) > 0.85
    assert abs(cosine(sketch["base"], sketch["far"])) < 0.5
    assert project([0.0] * 384) is None
    assert project(base.tolist()) == project((base * 7).tolist())


def chat(*messages: tuple[str, str]) -> Call:
    told = tuple({"role": role, "content": content} for role, content in messages)
    return Call("r", "chat", "m", messages=told)


def test_of_a_chat_the_last_words_of_the_user_count() -> None:
    call = chat(("system", "Sei höflich."), ("user", "Hallo"), ("assistant", "Guten Tag"),
                ("user", "What is the capital of France?"), ("assistant", "Pa"))  # fmt: skip
    assert prompt_text(call) == "What is the capital of France?"
    found = sketch_call(call)
    assert (found.language, found.kind) == ("en", HASHED)
    assert found.columns()["sketch"] == hash_text("What is the capital of France?")
    assert sketch_call(chat(("system", "x"))).columns() == {
        "language": "und",
        "sketch_kind": None,
        "sketch": None,
    }
    prompts = Call("r", "embedding", "m", prompts=("eine Zeile ist hier", "und noch eine"))
    assert sketch_call(prompts).language == "de"


def test_an_embedding_takes_its_place_and_off_is_off() -> None:
    call = chat(("user", "What is the capital of France?"))
    assert sketch_call(call, vector=[0.5, -0.5] * 192).kind == PROJECTED
    off = sketch_call(call, vector=[0.5] * 384, sketches=False)
    assert (off.language, off.kind, off.data) == ("en", None, None)


def test_the_text_is_not_in_it() -> None:
    text = "secretword confidential"
    found = sketch_call(chat(("user", text)))
    assert "secret" not in repr(found)
    assert b"secret" not in (found.data or b"")
    assert len(found.data or b"") == 64
    # What it does tell: a guess of all its words can be confirmed. The page on keys says so.
    assert cosine(found.data or b"", hash_text("confidential secretword") or b"") == 1.0


def test_words_are_remembered_up_to_a_bound() -> None:
    for number in range(20_000):
        hash_text(f"word{number}")
    assert sketches._word_steps.cache_info().currsize <= 8192
