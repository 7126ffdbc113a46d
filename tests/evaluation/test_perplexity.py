"""Perplexity against closed forms; the scorers are exact models with known probabilities."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import evaluation
from workbench.core.errors import InputError, NotFoundError
from workbench.evaluation.operations import read_paragraphs
from workbench.evaluation.perplexity import cut_windows


class Uniform:
    """Every one of 256 bytes is as likely: perplexity 256, 8 bits per byte."""

    def tokenize(self, text: str) -> list[int]:
        return list(text.encode())

    def score(self, prompt: str, continuation: str) -> list[float]:
        return [math.log(1 / 256)] * len(continuation.encode())


class Bigram:
    """Letter frequencies of a text, given the letter before; 1/2 for the first letter."""

    def __init__(self, text: str) -> None:
        self.pairs = Counter(itertools.pairwise(text))
        self.firsts = Counter(text[:-1])

    def tokenize(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def score(self, prompt: str, continuation: str) -> list[float]:
        text = prompt + continuation
        places = range(len(prompt), len(text))
        return [
            math.log(self.pairs[text[at - 1], text[at]] / self.firsts[text[at - 1]])
            if at
            else math.log(1 / 2)
            for at in places
        ]


class Beginningless(Uniform):
    """A model without a token that begins texts."""

    def score(self, prompt: str, continuation: str) -> list[float]:
        if not prompt:
            raise InputError("no token begins a text")
        return super().score(prompt, continuation)


TEXT = "the cat sat on the mat and the hat " * 20


def test_a_uniform_model_has_the_perplexity_of_its_vocabulary() -> None:
    found = evaluation.measure_perplexity(Uniform(), ["two words", "naïve façade, 日本語"])
    assert found.perplexity == pytest.approx(256, rel=1e-12)
    assert found.bits_per_byte == pytest.approx(8, rel=1e-12)
    assert found.tokens == found.bytes == len(b"two words" + "naïve façade, 日本語".encode())
    assert found.interval is None  # two texts are too few for one


def test_the_interval_is_over_texts() -> None:
    model = Bigram(TEXT)
    words = ["the cat", "the mat", "the hat", "sat on the mat", "cat sat", "and the", "on the hat"]
    found = evaluation.measure_perplexity(model, [*words, "the cat sat on"])
    assert found.interval is not None and found.interval_over == "texts"
    assert found.interval.rows == found.texts == 8
    assert found.interval.estimate == pytest.approx(found.perplexity)
    assert found.interval.low < found.perplexity < found.interval.high


def test_bits_per_byte_do_not_depend_on_the_tokens() -> None:
    class Pairs(Uniform):
        """The same probabilities, two bytes a token."""

        def tokenize(self, text: str) -> list[int]:
            return list(text.encode()[::2])

        def score(self, prompt: str, continuation: str) -> list[float]:
            nats = len(continuation.encode()) * math.log(256)
            tokens = len(self.tokenize(continuation))
            return [-nats / tokens] * tokens

    texts = ["abcd efgh", "ij klmnop"]
    coarse, fine = (evaluation.measure_perplexity(m, texts) for m in (Pairs(), Uniform()))
    assert coarse.bits_per_byte == pytest.approx(fine.bits_per_byte)
    assert coarse.perplexity > fine.perplexity


def test_windows_with_context_give_the_whole_texts_probability() -> None:
    model = Bigram(TEXT)
    nats = -math.fsum(model.score("", TEXT))
    for window, stride in ((10_000, 10_000), (64, 32), (40, 1), (64, 60)):
        found = evaluation.measure_perplexity(
            model, TEXT, window_tokens=window, stride_tokens=stride
        )
        assert found.nats == pytest.approx(nats, rel=1e-12)
        assert found.perplexity == pytest.approx(math.exp(nats / len(TEXT)))
        assert found.interval_over == "windows"


def test_forgetting_the_context_is_seen() -> None:
    class Forgetful(Bigram):
        def score(self, prompt: str, continuation: str) -> list[float]:
            return super().score("", continuation)

    options = {"window_tokens": 64, "stride_tokens": 32}
    right = evaluation.measure_perplexity(Bigram(TEXT), TEXT, **options)
    wrong = evaluation.measure_perplexity(Forgetful(TEXT), TEXT, **options)
    assert abs(wrong.nats - right.nats) > 1


def test_tokens_weigh_the_same_whatever_text_they_are_in() -> None:
    class TwoRates(Uniform):
        def score(self, prompt: str, continuation: str) -> list[float]:
            rate = 1 / 2 if "a" in prompt + continuation else 1 / 8
            return [math.log(rate)] * len(continuation)

    found = evaluation.measure_perplexity(TwoRates(), ["aaa", "b"])
    assert found.perplexity == pytest.approx((2**3 * 8) ** (1 / 4))


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.sampled_from("ab \n日é"), min_size=1, max_size=80),
    window=st.integers(4, 30),
    stride=st.integers(4, 30),
)
def test_windows_cover_the_text_once_and_fit(text: str, window: int, stride: int) -> None:
    stride = min(stride, window)
    windows = list(cut_windows(Uniform(), text, window, stride_tokens=stride))
    assert "".join(part.scored for part in windows) == text
    done = ""
    for part in windows:
        assert done.endswith(part.context)
        assert len((part.context + part.scored).encode()) <= window
        done += part.scored
    for part in windows[1:]:
        assert len(part.scored.encode()) <= stride


def test_a_model_without_a_first_token_skips_the_first_piece() -> None:
    found = evaluation.measure_perplexity(Beginningless(), "one two three")
    assert (found.skipped_bytes, found.tokens) == (3, 10)
    assert found.bits_per_byte == pytest.approx(8)
    with pytest.raises(InputError, match="no token could be scored"):
        evaluation.measure_perplexity(Beginningless(), "one")


@pytest.mark.parametrize("texts", [[], "", ["a", " "]])
def test_empty_texts_are_refused(texts: str | list[str]) -> None:
    with pytest.raises(InputError):
        evaluation.measure_perplexity(Uniform(), texts)


def test_sizes_must_fit() -> None:
    for window, stride in ((4, 5), (4, 0)):
        with pytest.raises(InputError, match="do not fit"):
            evaluation.measure_perplexity(
                Uniform(), "a b", window_tokens=window, stride_tokens=stride
            )


def test_it_is_a_check_by_name() -> None:
    assert evaluation.run_check("perplexity", Uniform(), "some words", high=257).ok
    assert not evaluation.run_check("perplexity", Uniform(), "some words", high=255).ok


def test_paragraphs_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_text("one\ntwo\n\n\n\nthree\n")
    assert read_paragraphs(file) == ["one\ntwo", "three"]
    for content in (b"\n\n", b"\xff\xfe"):
        file.write_bytes(content)
        with pytest.raises(InputError):
            read_paragraphs(file)
    with pytest.raises(NotFoundError):
        read_paragraphs(tmp_path / "none.txt")
