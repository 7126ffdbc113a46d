from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, InputError, IntegrityError, NotFoundError
from workbench.store.vector_index import VectorIndex

DIMENSIONS = 24


def vectors(count: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)


def nearest(query: Any, rows: Any, count: int) -> Any:
    """Brute force, in another library's arithmetic."""
    cosine = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
    order = np.argsort(-cosine)[:count]
    return order, cosine[order]


@pytest.fixture
def filled() -> VectorIndex:
    index = VectorIndex(DIMENSIONS)
    index.add(range(2000), vectors(2000))
    return index


@pytest.mark.parametrize(("precision", "tolerance"), [("f32", 1e-5), ("f16", 2e-3)])
def test_an_exact_search_agrees_with_brute_force(precision: Any, tolerance: float) -> None:
    rows = vectors(500)
    index = VectorIndex(DIMENSIONS, precision=precision)
    index.add(range(500), rows * 37.0)  # length has no influence
    for query in vectors(20, seed=1):
        keys, cosines = nearest(query, rows, 10)
        hits = index.search(query, exact=True)
        assert [hit.similarity for hit in hits] == pytest.approx(cosines, abs=tolerance)
        if precision == "f32":
            assert [hit.key for hit in hits] == list(keys)


def test_the_graph_finds_nearly_all_of_what_brute_force_finds(filled: VectorIndex) -> None:
    rows, found = vectors(2000), 0
    for query in vectors(100, seed=1):
        keys = set(nearest(query, rows, 10)[0])
        found += len(keys & {hit.key for hit in filled.search(query)})
    recall = found / 1000
    print(f"recall at 10 of 2000 in f16: {recall:.3f}")
    assert recall >= 0.9


def test_a_key_takes_a_new_vector_and_removed_ones_are_not_found(filled: VectorIndex) -> None:
    query = vectors(1, seed=9)[0]
    filled.add([7], [query])
    assert filled.search(query, limit=1)[0].key == 7
    assert len(filled) == 2000
    assert filled.remove([7, 8, 123456]) == 2
    assert 7 not in filled and 9 in filled
    assert 7 not in {hit.key for hit in filled.search(query, limit=2000)}
    assert len(filled) == 1998
    filled.add([7], [query])
    assert filled.search(query, limit=1)[0].key == 7


def test_recall_stays_after_half_was_removed_and_added_again(filled: VectorIndex) -> None:
    rows = vectors(2000)
    rows[:1000] = vectors(1000, seed=3)
    filled.remove(range(1000))
    filled.add(range(1000), rows[:1000])
    found = sum(
        len(set(nearest(query, rows, 10)[0]) & {hit.key for hit in filled.search(query)})
        for query in vectors(50, seed=1)
    )
    assert found / 500 >= 0.9


@pytest.mark.parametrize("opened", ["load", "view"])
def test_a_saved_index_finds_the_same(filled: VectorIndex, tmp_path: Path, opened: str) -> None:
    path = tmp_path / "index" / "vectors.json"
    filled.save(path, stamp="v1")
    again: VectorIndex = getattr(VectorIndex, opened)(path)
    assert (len(again), again.precision, again.stamp) == (2000, "f16", "v1")
    for query in vectors(10, seed=1):
        assert again.search(query) == filled.search(query)
    assert again.is_current("v1") and not again.is_current("v2")


def test_a_view_cannot_be_changed_and_a_change_ends_the_stamp(
    filled: VectorIndex, tmp_path: Path
) -> None:
    filled.save(tmp_path / "v", stamp="v1")
    view = VectorIndex.view(tmp_path / "v")
    for call in (lambda: view.add([1], vectors(1)), lambda: view.remove([1])):
        with pytest.raises(CapabilityError, match="view"):
            call()
    loaded = VectorIndex.load(tmp_path / "v")
    loaded.add([5000], vectors(1))
    assert not loaded.is_current("v1")
    loaded.save(tmp_path / "v", stamp="v2")
    assert VectorIndex.view(tmp_path / "v").is_current("v2")
    assert len(view.search(vectors(1)[0])) == 10  # its file is gone, its pages are not
    assert len(list(tmp_path.iterdir())) == 2


def test_damage_is_found_and_what_is_gone_is_built_again(
    filled: VectorIndex, tmp_path: Path
) -> None:
    path = tmp_path / "v"
    with pytest.raises(NotFoundError):
        VectorIndex.view(path)
    filled.save(path, stamp="v1")
    graph = path.with_name(json.loads(path.read_text())["graph"])
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    with pytest.raises(IntegrityError, match="sha256"):
        VectorIndex.load(path)
    os.truncate(graph, 100)
    for call in (VectorIndex.load, VectorIndex.view):
        with pytest.raises(IntegrityError, match="100 bytes"):
            call(path)
    graph.unlink()
    with pytest.raises(NotFoundError):
        VectorIndex.view(path)
    path.write_text("{}")
    with pytest.raises(IntegrityError, match="does not describe"):
        VectorIndex.view(path)
    filled.save(path, stamp="v1")
    assert VectorIndex.load(path).is_current("v1")


def test_a_save_that_fails_leaves_the_old_index(
    filled: VectorIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.save(tmp_path / "v", stamp="v1")
    filled.remove([1])
    monkeypatch.setattr("workbench.store.files.write_json", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        filled.save(tmp_path / "v", stamp="v2")
    assert len(VectorIndex.load(tmp_path / "v")) == 2000


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ([1], vectors(2)),
        ([1, 1], vectors(2)),
        ([-1], vectors(1)),
        ([0.5], vectors(1)),
        ([1], np.zeros((1, DIMENSIONS))),
        ([1], np.full((1, DIMENSIONS), np.nan)),
        ([1], np.ones((1, DIMENSIONS + 1))),
        ([1], np.ones(DIMENSIONS)),
    ],
)
def test_what_cannot_be_added_is_refused_whole(keys: Any, rows: Any) -> None:
    index = VectorIndex(DIMENSIONS)
    with pytest.raises(InputError):
        index.add(keys, rows)
    assert len(index) == 0


def test_edges() -> None:
    index = VectorIndex(2, precision="f32")
    assert index.search([1, 0]) == []
    index.add([], [])
    assert index.remove([]) == 0
    index.add([3, 2**53 + 1], [[1e30, 0], [0, 1e-30]])
    hits = index.search([1.0, 1.0], limit=9)
    assert {hit.key for hit in hits} == {3, 2**53 + 1}
    assert [hit.similarity for hit in hits] == pytest.approx([2**-0.5] * 2, abs=1e-5)
    assert index.search([1, 0], limit=0) == []
    for bad in ({"dimensions": 0}, {"dimensions": 2, "precision": "i8"}):
        with pytest.raises(InputError):
            VectorIndex(**bad)  # type: ignore[arg-type]


def test_vectors_come_back_at_length_1(filled: VectorIndex) -> None:
    found = filled.vectors([5, 3, 1999])
    rows = vectors(2000)[[5, 3, 1999]]
    assert found == pytest.approx(rows / np.linalg.norm(rows, axis=1, keepdims=True), abs=1e-3)
    assert (found.dtype, filled.vectors([]).shape) == (np.float32, (0, DIMENSIONS))
    with pytest.raises(NotFoundError, match="2000"):
        filled.vectors([1, 2000])
