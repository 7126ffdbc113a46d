"""spaCy's English pipeline: alone, quick, and the same for a text in whatever company."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("spacy")

from workbench.models.english import load_english
from workbench.models.row_blocks import ROWS, RowBlockOps

TEXTS = [
    "Oslo is the capital of Norway.",
    "Ada Lovelace wrote notes on the engine in 1843. They were read by few.",
    "The geese were flying over better lakes.",
]


def test_a_row_is_multiplied_the_same_wherever_it_stands() -> None:
    chance = np.random.default_rng(7)
    rows = chance.standard_normal((2 * ROWS + 5, 96), dtype=np.float32)
    weights = chance.standard_normal((50, 96), dtype=np.float32)
    ops = RowBlockOps()
    whole = ops.gemm(rows, weights, trans2=True)
    assert np.allclose(whole, rows @ weights.T, atol=1e-4)
    assert np.array_equal(whole, ops.gemm(rows, np.ascontiguousarray(weights.T)))
    for start, end in ((0, 1), (3, 10), (ROWS - 1, ROWS + 1), (5, 2 * ROWS), (ROWS, len(rows))):
        out = np.empty((end - start, 50), np.float32)
        assert ops.gemm(rows[start:end], weights, trans2=True, out=out) is out
        assert np.array_equal(out, whole[start:end])
    assert ops.gemm(rows[:0], weights, trans2=True).shape == (0, 50)


def test_a_text_is_read_the_same_in_any_company() -> None:
    pipeline = load_english(in_blocks=True)
    together = list(pipeline.pipe(TEXTS * 20))
    for text, doc in zip(TEXTS, together, strict=False):
        assert np.array_equal(pipeline(text).tensor, doc.tensor)


def test_lemmas_are_those_of_spacys_own_lists() -> None:
    lemmatizer = load_english().get_pipe("lemmatizer")
    table = lemmatizer.lookups.get_table("lemma_index")
    assert {type(known) for known in table.values()} == {frozenset}
    lemmas = [each.lemma_ for each in load_english()(TEXTS[2])]
    assert lemmas == ["the", "goose", "be", "fly", "over", "well", "lake", "."]


def test_nothing_is_loaded_that_only_parts_of_others_need() -> None:
    """presidio adds a part to spaCy, and with it came transformers and torch, 4 s a process."""
    code = (
        "import sys; from workbench.models.english import load_english; load_english();"
        "import spacy; assert spacy.util.registry._entry_point_factories.entry_points;"
        "print([each for each in ('presidio_analyzer', 'transformers') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
