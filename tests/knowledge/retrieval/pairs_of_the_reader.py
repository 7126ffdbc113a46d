"""What the reader learns from, by title."""

from __future__ import annotations

from workbench.core.frozen import read_frozen_lines
from workbench.knowledge.retrieval.digests import SETS
from workbench.knowledge.retrieval.scorers import PACKAGE
from workbench.knowledge.retrieval.training.reader_pairs import FILES


def titles_learnt_from() -> set[str]:
    """The articles whose sentences stand beside questions."""
    return {row["title"] for name in FILES for row in read_frozen_lines(PACKAGE, name, SETS)}
