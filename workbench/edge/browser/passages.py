"""Passages of a page: read from an index, each with the vector by which the page finds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InputError, IntegrityError
from workbench.store.text_index import Passage, TextIndex

if TYPE_CHECKING:
    import numpy as np

    from workbench.edge.onnx_encoder import OnnxEncoder

MOST = 20_000  # a vector takes 1.5 kB of what a browser loads


def whole(passage: Passage) -> str:
    """As it is put before a question, and as its vector is made of it."""
    return f"{passage.title}: {passage.text}" if passage.title else passage.text


def read_passages(index: Path) -> list[Passage]:
    """All passages of an index that have text, in its order.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is no index, has no text, or has more than a page takes.
    """
    try:
        rows = TextIndex(index).passages(limit=MOST + 1)
    except (IntegrityError, sqlite3.Error) as error:
        raise InputError(
            f"the index {index.name} cannot be read: {error}",
            hint="make it with workbench.store.TextIndex.build",
        ) from None
    found = [each for each in rows if each.text.strip()]
    if not found or len(rows) > MOST:
        raise InputError(
            f"the index {index.name} has {len(rows) if found else 0:,} passages; "
            f"a page takes from 1 to {MOST:,}"
        )
    return found


def embed_passages(encoder: OnnxEncoder, passages: Sequence[Passage]) -> np.ndarray:
    """Vectors of length 1: float32 ``[passages, size]``."""
    return encoder.embed([whole(each) for each in passages])
