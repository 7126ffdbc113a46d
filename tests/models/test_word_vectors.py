"""Words' vectors are rows of the encoder's own table, read without running it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.models import catalogue
from workbench.models.loading import model_files
from workbench.models.word_vectors import load_word_vectors

pytestmark = pytest.mark.model
NAME = "minilm-l6-v2"


def test_a_word_is_the_mean_of_its_pieces_rows_in_torchs_table(shared_home: Path) -> None:
    from safetensors.torch import load_file
    from transformers import AutoTokenizer

    folder = model_files(catalogue.find(NAME)).folder
    assert folder is not None
    table = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    words = ["harbour", "Unforgettableness", "Kōkyō", ""]
    found = load_word_vectors(NAME).of(words)
    pieces = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
    assert [len(each) > 1 for each in pieces] == [False, True, True, False]
    for vector, ids in zip(found[:3], pieces[:3], strict=True):
        np.testing.assert_allclose(vector, table[ids].mean(0).numpy(), atol=1e-6)
    assert not found[3].any()


def test_neither_torch_nor_transformers_is_loaded(shared_home: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from workbench.models.word_vectors import load_word_vectors\n"
        f"print(load_word_vectors({NAME!r}).of(['harbour']).shape)\n"
        "print('transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["(1, 384)", "False"]
