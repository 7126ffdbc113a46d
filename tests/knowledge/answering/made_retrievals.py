"""Made passages and retrievals, without a graph or a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.knowledge.retrieval.telling import Retrieval, RetrievedPassage
from workbench.knowledge.searching import Place

HELEN = "Helen Keller\n\nShe was an author. She met her first teacher Anne Sullivan in 1887."
ANNE = "Anne Sullivan\n\nShe was born in Feeding Hills. She died in 1936."


def passage(text: str, document: str, start: int = 0) -> RetrievedPassage:
    title = text.split("\n")[0]
    return RetrievedPassage(text, title, (Place(document, start, start + len(text)),), {}, {})


def retrieval(*passages: RetrievedPassage, **more: object) -> Retrieval:
    told: dict[str, object] = {
        "name": "made",
        "question": "Who was the first teacher of Helen Keller?",
        "strategy": "fact",
        "strategy_chances": {},
        "passages": passages,
        "path": (),
        "chance": 0.9,
        "abstained": False,
    }
    return Retrieval(**(told | more))  # type: ignore[arg-type]


def by_words(texts: Sequence[str]) -> np.ndarray:
    """Vectors of made dimensions: the words of the first text."""
    words = texts[0].casefold().strip("?").split()
    table = np.array([[float(word in text.casefold()) for word in words] for text in texts])
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
