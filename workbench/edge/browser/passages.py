"""Passages of a page: read from an index, each with the vector by which the page finds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from workbench.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    import numpy as np

    from workbench.edge.compression.onnx_encoder import OnnxEncoder

MOST = 20_000  # a vector takes 1.5 kB of what a browser loads


@dataclass(frozen=True)
class Passage:
    """A title, which may be empty, and a text."""

    title: str
    text: str

    @property
    def whole(self) -> str:
        """As it is put before a question, and as its vector is made of it."""
        return f"{self.title}: {self.text}" if self.title else self.text


def read_passages(index: Path) -> list[Passage]:
    """All passages of an index (``workbench.store.text_index``), in its order.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is no index, has no text, or has more than a page takes.
    """
    if not index.is_file():
        raise NotFoundError(f"there is no file {index}", hint="workbench.store.TextIndex.build")
    uri = f"file:{quote(str(index.absolute()))}?immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            rows = database.execute(
                "SELECT title, body FROM passages ORDER BY rowid LIMIT ?", (MOST + 1,)
            ).fetchall()
    except sqlite3.Error as error:
        raise InputError(
            f"the index {index.name} cannot be read: {error}",
            hint="make it with workbench.store.TextIndex.build",
        ) from None
    found = [Passage(str(title or ""), str(body)) for title, body in rows if str(body).strip()]
    if not found or len(rows) > MOST:
        raise InputError(
            f"the index {index.name} has {len(rows) if found else 0:,} passages; "
            f"a page takes from 1 to {MOST:,}"
        )
    return found


def embed_passages(encoder: OnnxEncoder, passages: Sequence[Passage]) -> np.ndarray:
    """Vectors of length 1: float32 ``[passages, size]``."""
    return encoder.embed([each.whole for each in passages])


def find_near(
    encoder: OnnxEncoder, vectors: np.ndarray, question: str, most: int
) -> list[tuple[int, float]]:
    """Places and cosines of the passages that are nearest to a question, the nearest first.

    What the page works out in the browser; of equally near ones the earlier comes first.
    """
    import numpy as np

    cosines = vectors @ encoder.embed([question])[0]
    order = np.argsort(-cosines, kind="stable")[:most]
    return [(int(place), float(cosines[place])) for place in order]
