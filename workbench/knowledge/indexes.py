"""The indexes of a graph: full text and vectors of its passages, made from the state.

Each carries the stamp of the passages that it is of. Where that is another it is brought up to date
with what came and went; deleting it loses the time to make it again, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.core.progress import progress
from workbench.models.bulk import load_for_many
from workbench.models.model import Model
from workbench.store.text_index import Passage, TextIndex, Words
from workbench.store.vector_index import VectorIndex

from .graphs import Graph
from .states import State

if TYPE_CHECKING:
    import numpy as np

EMBEDDER = "minilm-l6-v2"
_EMBED_BATCH = 128
_GROUPED = 8192  # texts of which those of one length go together
_TEXT, _VECTORS = "text.sqlite", "vectors.json"
_WORDS: Words = "stems"
_KEY_DIGITS = 15  # of a passage's hash that number its vector: 60 bits
_READ_BATCH = 500


def vector_key(passage_key: str) -> int:
    """The number of a passage's vector. Row ids would not do: a freed one is given out again."""
    return int(passage_key[:_KEY_DIGITS], 16)


def text_stamp(state: State) -> str:
    """The stamp that the full-text index of a state has; another process may put its own there."""
    return _stamp(state.passage_keys(), _WORDS)


def index_text(state: State) -> TextIndex:
    """The full-text index of a state's passages (English stems), up to date."""
    keys = state.passage_keys()
    stamp = _stamp(keys, _WORDS)
    index = TextIndex(state.graph.folder / _TEXT)
    if index.is_current(stamp):
        return index
    try:
        known = index.ids() if index.stamp() is not None else set()
    except (NotFoundError, IntegrityError):
        known = set()
    new, gone = sorted(keys - known), sorted(known - keys)
    if not known or len(new) + len(gone) > len(keys):
        passages = (Passage(key, text) for key, text in _texts(state.graph, sorted(keys)))
        return TextIndex.build(index.path, passages=passages, stamp=stamp, words=_WORDS)
    passages = (Passage(key, text) for key, text in _texts(state.graph, new))
    index.update(passages, remove=gone, stamp=stamp)
    return index


def index_vectors(state: State, *, embedder: str = EMBEDDER) -> VectorIndex:
    """The vectors of a state's passages, up to date; only new ones are embedded.

    Raises:
        NotFoundError, FetchError: The embedder cannot be brought.
    """
    keys = state.passage_keys()
    stamp = _stamp(keys, embedder)
    path = state.graph.folder / _VECTORS
    index = _load_vectors(path, embedder)
    if index is not None and index.is_current(stamp):
        return index
    wanted = {vector_key(key): key for key in keys}
    known = index.keys() if index is not None else set()
    new = [wanted[number] for number in sorted(wanted.keys() - known)]
    if new:
        with load_for_many(embedder) as model:
            for numbers, vectors in _embedded(state.graph, model, new):
                index = index or VectorIndex(vectors.shape[1])
                index.add(numbers, vectors)
    if index is None:
        return VectorIndex(1)
    index.remove(sorted(known - wanted.keys()))
    index.save(path, stamp=stamp)
    return index


def remove_indexes(graph: Graph) -> None:
    """Take the indexes away: who forgets a document must not find its words in them."""
    derived = [*graph.folder.glob(f"{_VECTORS}*"), *graph.folder.glob("retrieval.*")]
    for path in [graph.folder / _TEXT, *derived]:
        path.unlink(missing_ok=True)


def _embedded(
    graph: Graph, model: Model, keys: Sequence[str]
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Vectors with their numbers. Only passages of as many tokens are embedded together.

    Then nothing is filled up, and a vector is the same to the bit whatever else was new with it:
    attention over filled-up rows rounds otherwise.
    """
    with progress("Embedding passages", total=len(keys), unit="passages") as task:
        for start in range(0, len(keys), _GROUPED):
            texts = dict(_texts(graph, keys[start : start + _GROUPED]))
            groups: dict[int, list[str]] = defaultdict(list)
            for key in sorted(texts):
                tokens = len(model.tokenize(texts[key]))
                groups[min(tokens, model.info.context_tokens)].append(key)
            for tokens in sorted(groups, reverse=True):
                for first in range(0, len(groups[tokens]), _EMBED_BATCH):
                    part = groups[tokens][first : first + _EMBED_BATCH]
                    vectors = model.embed([texts[key] for key in part])
                    yield [vector_key(key) for key in part], vectors
                    task.advance(len(part))


def _load_vectors(path: Path, embedder: str) -> VectorIndex | None:
    """The saved index, if it is whole and of this embedder."""
    try:
        index = VectorIndex.load(path)
    except (NotFoundError, IntegrityError):
        return None
    return index if (index.stamp or "").startswith(f"{embedder} ") else None


def _stamp(keys: set[str], made_by: str) -> str:
    digest = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
    return f"{made_by} {digest}"


def _texts(graph: Graph, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Passages with their texts, read some hundreds at a time."""
    for start in range(0, len(keys), _READ_BATCH):
        part = keys[start : start + _READ_BATCH]
        rows = graph.database.read(
            f"SELECT key, text FROM passages WHERE key IN ({','.join('?' * len(part))})", part
        )
        for row in rows:
            yield row["key"], row["text"]
