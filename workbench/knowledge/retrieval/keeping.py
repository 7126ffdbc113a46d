"""What retrieval derives from a state and keeps beside it, under a stamp: one file of arrays.

Losing it costs the time to make it again. Words are kept as bytes of UTF-8, never as pickles.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.knowledge.property_graph.stamps import stamp_of as state_stamp
from workbench.knowledge.states import State
from workbench.store import files

from .communities import Community, find_communities
from .passage_graph import PassageGraph, build_passage_graph
from .passage_words import PassageWords

if TYPE_CHECKING:
    import numpy as np

VERSION = "1"  # of what is kept: another one is made again
FILE_NAME = "retrieval.npz"  # `indexes.remove_indexes` takes away all that is named so
_COMMUNITIES = "retrieval.communities.json"
_WORDS = ("keys", "titles", "entities")
_MATRICES = ("mentions", "about")
_WORD_ARRAYS = ("numbers", "sentence_starts", "passage_starts")


def stamp_of(state: State) -> str:
    """A hash of all that what is kept follows from."""
    return f"{VERSION} {state_stamp(state)}"


def keep_passage_graph(state: State) -> PassageGraph:
    """The graph of a state's passages: as it is kept, or made and kept."""
    path, stamp = state.graph.folder / FILE_NAME, stamp_of(state)
    kept = _load(path, stamp)
    if kept is not None:
        return kept
    made = build_passage_graph(state)
    _save(path, stamp, made)
    return made


def keep_communities(state: State, graph: PassageGraph) -> list[Community]:
    """The communities of a state's passages: as they are kept, or found and kept.

    Args:
        state: The state.
        graph: Its graph, as ``keep_passage_graph`` gives it.
    """
    path, stamp = state.graph.folder / _COMMUNITIES, stamp_of(state)
    kept = _load_communities(path, stamp)
    if kept is not None:
        return kept
    found = find_communities(graph)
    told = [[each.passages, each.entities, each.extract] for each in found]
    files.write_json(path, {"stamp": stamp, "communities": told})
    return found


def _load_communities(path: Path, stamp: str) -> list[Community] | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["stamp"] != stamp:
            return None
        return [_community(told) for told in kept["communities"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # none are kept yet, or the file is damaged: they are found again


def _community(told: list[Any]) -> Community:
    passages, entities, extract = told
    pairs = tuple((passage, sentence) for passage, sentence in extract)
    return Community(tuple(passages), tuple(entities), pairs)


def _save(path: Path, stamp: str, graph: PassageGraph) -> None:
    import numpy as np

    arrays: dict[str, np.ndarray] = {"stamp": _as_bytes([stamp]), "facts": graph.facts}
    for name in _WORDS:
        arrays[name] = _as_bytes(getattr(graph, name))
    arrays["name_words"] = _as_bytes(words for words, _ in graph.names)
    arrays["name_entities"] = np.array([entity for _, entity in graph.names], dtype=np.int64)
    arrays["stems"] = _as_bytes(graph.words.stems)
    for name in _WORD_ARRAYS:
        arrays[name] = getattr(graph.words, name)
    for name in _MATRICES:
        matrix = getattr(graph, name)
        for part in ("data", "indices", "indptr", "shape"):
            arrays[f"{name}_{part}"] = np.asarray(getattr(matrix, part))
    with files.replacing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def _load(path: Path, stamp: str) -> PassageGraph | None:
    """The graph that is kept, if it is whole and of this stamp."""
    import numpy as np
    import scipy.sparse as sparse

    try:
        # Opened here: of a damaged file numpy would leave its own open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if _as_words(arrays["stamp"]) != (stamp,):
                return None
            words = {name: _as_words(arrays[name]) for name in _WORDS}
            names = zip(
                _as_words(arrays["name_words"]), arrays["name_entities"].tolist(), strict=True
            )
            matrices = {
                name: sparse.csr_matrix(
                    tuple(arrays[f"{name}_{part}"] for part in ("data", "indices", "indptr")),
                    shape=tuple(arrays[f"{name}_shape"]),
                )
                for name in _MATRICES
            }
            passage_words = PassageWords(
                _as_words(arrays["stems"]), *(arrays[name] for name in _WORD_ARRAYS)
            )
            return PassageGraph(
                **words,
                **matrices,
                facts=arrays["facts"],
                names=tuple(names),
                words=passage_words,
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # none is kept yet, or the file is damaged: it is made again


def _as_bytes(words: Iterable[str]) -> np.ndarray:
    """Words in one array, each ended by a NUL; one within a title becomes a space."""
    import numpy as np

    joined = "".join(word.replace("\0", " ") + "\0" for word in words)
    return np.frombuffer(joined.encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _as_words(array: np.ndarray) -> tuple[str, ...]:
    return tuple(array.tobytes().decode("utf-8", "surrogatepass").split("\0")[:-1])
