"""spaCy's English pipeline: alone, quick, and the same for a text in whatever company."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("spacy")

from workbench.models import quick_ruler
from workbench.models.english import load_english
from workbench.models.row_blocks import ROWS, RowBlockOps

TEXTS = [
    "Oslo is the capital of Norway.",
    "Ada Lovelace wrote notes on the engine in 1843. They were read by few.",
    "The geese were flying over better lakes.",
]
ODD_TEXTS = [
    "I'm gonna tell 'em she ain't here; you gotta go, don't you? He'd've come, wouldn't he?",
    "They are those whom this one's mother, herself a poet, hadn't seen!  \n\n  $5 (or #6)...",
    "There is a lake, and there's an isle. Y'all know nothin', c'mon, let's go. There it lies.",
    "Who's better, he or I? It is mine, not yours; its colour is his. No, there aren't any, uh.",
    "Ain't that nice: more than 40% of the U.S. -- 1,234 people -- isn't \"rich\" etc.",
    "",
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


_BY_PLACE = """
import numpy as np
from workbench.models.row_blocks import ROWS, RowBlockOps
chance = np.random.default_rng(7)
row, weights = (chance.standard_normal((n, 96), dtype=np.float32) for n in (1, 64))
same = lambda found: bool((found == found[0]).all())
rows = np.tile(row, (ROWS, 1))
print(same(np.dot(rows, weights.T)), same(RowBlockOps().gemm(rows, weights, trans2=True)))
"""


def test_kernels_that_round_by_place_are_not_used() -> None:
    """OpenBLAS may be told which kernels to take; blocks alone would not do with these."""
    said = subprocess.run(
        [sys.executable, "-c", _BY_PLACE],
        env={**os.environ, "OPENBLAS_CORETYPE": "Haswell"},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert said[1] == "True"
    if platform.machine() == "x86_64":
        assert said[0] == "False"


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


def test_the_attribute_ruler_finds_what_its_matcher_finds() -> None:
    pipeline = load_english()
    ruler = pipeline.get_pipe("attribute_ruler")
    assert isinstance(ruler.match.__self__, quick_ruler._Rules)
    before = pipeline.pipe_names.index("attribute_ruler")
    texts = [*TEXTS, *ODD_TEXTS]
    seen = set()
    for text in texts:
        doc = pipeline.make_doc(text)
        for _, part in pipeline.pipeline[:before]:
            doc = part(doc)
        found = type(ruler).match(ruler, doc)  # by spaCy's matcher
        assert ruler.match(doc) == found
        seen |= {number for number, *_ in found}
    assert len(seen) > 40


def test_a_rule_that_asks_for_more_leaves_the_ruler_as_it_is() -> None:
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("attribute_ruler")
    ruler.add([[{"LENGTH": {">": 6}}]], {"POS": "X"})
    quick_ruler.look_up_rules(ruler)
    assert not isinstance(ruler.match.__self__, quick_ruler._Rules)
    assert [each.pos_ for each in pipeline("xylophone music")] == ["X", ""]


def test_nothing_is_loaded_that_only_parts_of_others_need() -> None:
    """presidio adds a part to spaCy, and with it came transformers and torch, 4 s a process."""
    code = (
        "import sys; from workbench.models.english import load_english; load_english();"
        "import spacy; assert spacy.util.registry._entry_point_factories.entry_points;"
        "import os; assert os.environ['OMP_WAIT_POLICY'] == 'passive';"
        "print([each for each in ('presidio_analyzer', 'transformers') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_torch_is_loaded_neither_for_it_nor_kept_from_others() -> None:
    """thinc would load it; who wants it, in another thread meanwhile or afterwards, has it."""
    code = (
        "import sys, threading, importlib.util as util\n"
        "from workbench.models import english\n"
        "found = []\n"
        "with english._without_torch():\n"
        "    other = threading.Thread(target=lambda: found.append(util.find_spec('torch')))\n"
        "    other.start(); other.join()\n"
        "    try: util.find_spec('torch'); here = True\n"
        "    except ModuleNotFoundError: here = False\n"
        "english.load_english()\n"
        "print('torch' in sys.modules, here, found != [None], util.find_spec('torch') is not None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False True True"
