"""What texts need stays, with all that it is made of: they are cut as before, to the token."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from workbench.edge.pruning.vocabulary import count_tokens, trim_vocabulary
from workbench.edge.pruning.weights import EMBEDDINGS, OUTPUT, Weights, read_weights, write_weights
from workbench.models.folder import read_config
from workbench.models.protocol import ModelFiles
from workbench.models.tokenizer import TextTokenizer

_WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "and",
    "machine",
    "reads",
    "writes",
    "text",
    "token",
    "counts",
    "12",
    "3",
    "questions",
    "colours",
    "numbers",
    "animals",
    "morning",
    "someone",
    "birds",
    "roof",
    "wooden",
    "table",
    "river",
    "rain",
]


@pytest.fixture
def weights(tiny_folder: Path) -> Weights:
    return read_weights(ModelFiles("tiny", folder=tiny_folder))


def write(weights: Weights, folder: Path) -> TextTokenizer:
    folder.mkdir()
    write_weights(weights, folder)
    return TextTokenizer(folder)


@pytest.mark.parametrize("seed", range(12))
def test_texts_are_cut_as_before_and_each_token_keeps_its_row(
    seed: int, weights: Weights, tmp_path: Path
) -> None:
    drawn = random.Random(seed)
    texts = [" ".join(drawn.choices(_WORDS, k=drawn.randint(1, 12))) for _ in range(3)]
    trimmed = trim_vocabulary(weights, count_tokens(weights, texts))
    before = TextTokenizer(weights.source)
    after = write(trimmed.weights, tmp_path / "out")
    for text in texts:
        ids = after.tokenize(text)
        assert [trimmed.kept[token] for token in ids] == before.tokenize(text)
        assert after.detokenize(ids) == text
    assert len(trimmed.kept) < weights.numbers[EMBEDDINGS].shape[0]
    for name in (EMBEDDINGS, OUTPUT):
        np.testing.assert_array_equal(
            trimmed.weights.numbers[name], weights.numbers[name][list(trimmed.kept)]
        )


def test_any_other_text_can_still_be_written(weights: Weights, tmp_path: Path) -> None:
    trimmed = trim_vocabulary(weights, [])
    tokenizer = write(trimmed.weights, tmp_path / "out")
    for text in ("Brücke über 川, naïve 🦊", "the quick brown fox", "\t\n  x"):
        assert tokenizer.detokenize(tokenizer.tokenize(text)) == text
    assert len(trimmed.kept) == 256 + 3


def test_control_tokens_have_new_numbers_everywhere(weights: Weights, tmp_path: Path) -> None:
    trimmed = trim_vocabulary(weights, [400, 500])
    tokenizer = write(trimmed.weights, tmp_path / "out")
    for name in ("bos_token_id", "pad_token_id"):
        assert trimmed.kept[trimmed.weights.config[name]] == weights.config[name]
    ends = [trimmed.kept[token] for token in trimmed.weights.config["eos_token_id"]]
    assert ends == weights.config["eos_token_id"]
    assert tokenizer.tokenize("<|im_end|>", special=True) == [
        trimmed.kept.index(TextTokenizer(weights.source).tokenize("<|im_end|>", special=True)[0])
    ]
    assert read_config(tmp_path / "out")["vocab_size"] == len(trimmed.kept)


def test_without_what_tokens_are_made_of_texts_are_cut_otherwise(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: only the tokens themselves stay."""
    from workbench.edge.pruning import vocabulary

    text = "the machine reads questions"
    wanted = set(count_tokens(weights, [text]))
    real = vocabulary._close

    def without_parts(
        asked: set[int], words: dict[str, int], merges: object, added: list[dict[str, int]]
    ) -> set[int]:
        return asked | real(set(), words, merges, added)  # type: ignore[arg-type]

    monkeypatch.setattr(vocabulary, "_close", without_parts)
    trimmed = trim_vocabulary(weights, wanted)
    ids = write(trimmed.weights, tmp_path / "out").tokenize(text)
    assert [trimmed.kept[token] for token in ids] != TextTokenizer(weights.source).tokenize(text)
