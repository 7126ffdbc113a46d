from __future__ import annotations

import threading

import pytest

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.store.database import Database
from workbench.store.versions import Version, Versions

SHA = "ab" * 32


@pytest.fixture
def versions(database: Database) -> Versions:
    return Versions(database)


def make(versions: Versions, name: str, *parents: Version) -> Version:
    return versions.create("adapter", name, record={"rank": 8}, parents=parents)


def test_numbers_grow_and_references_resolve(versions: Versions) -> None:
    first, second = make(versions, "tone"), make(versions, "tone")
    other = versions.create("model", "tone", artifact_sha256=SHA, metadata={"bits": 4})
    assert [first.number, second.number, other.number] == [1, 2, 1]
    assert versions.resolve("adapter", "tone@1") == first
    assert versions.resolve("adapter", "tone@latest") == second
    assert versions.resolve("adapter", "tone") == second
    assert versions.resolve("adapter", second.reference) == second
    assert versions.resolve("model", "tone").metadata == {"bits": 4}
    assert versions.holding(SHA) == (other,)
    assert versions.list("adapter", "tone") == (first, second)
    assert len(versions.list()) == 3


def test_a_label_moves_and_its_moves_are_kept(versions: Versions) -> None:
    for _ in range(3):
        make(versions, "tone")
    versions.move_label("adapter", "tone@1", label="production", actor="ann", reason="first")
    versions.move_label("adapter", "tone@3", label="production", actor="bob")
    assert versions.resolve("adapter", "tone@production").number == 3
    assert versions.labels("adapter", "tone") == {"production": 3}
    versions.remove_label("adapter", "tone", label="production", actor="ann")
    moves = versions.label_history("adapter", "tone", label="production")
    assert [(move.from_number, move.to_number, move.actor) for move in moves] == [
        (None, 1, "ann"),
        (1, 3, "bob"),
        (3, None, "ann"),
    ]
    assert versions.labels("adapter", "tone") == {}
    for call in (
        lambda: versions.resolve("adapter", "tone@production"),
        lambda: versions.remove_label("adapter", "tone", label="production", actor="ann"),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_a_label_that_someone_else_moved_is_a_conflict(versions: Versions) -> None:
    for _ in range(2):
        make(versions, "tone")
    move = {"label": "production", "actor": "ann"}
    versions.move_label("adapter", "tone@1", expected_number=0, **move)  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match="stands on 1, not on 2"):
        versions.move_label("adapter", "tone@2", expected_number=2, **move)  # type: ignore[arg-type]
    assert len(versions.label_history("adapter", "tone", label="production")) == 1


def test_the_lineage_has_each_ancestor_once_nearest_first(versions: Versions) -> None:
    base = make(versions, "base")
    left, right = make(versions, "left", base), make(versions, "right", base)
    merged = make(versions, "merged", left, right, base)
    last = make(versions, "last", merged, merged)
    make(versions, "unrelated")
    assert versions.parents(last) == (merged,)
    assert versions.lineage(last) == (merged, base, left, right)
    assert versions.lineage(base) == ()
    assert versions.descendants(base) == (left, right, merged, last)


def test_a_long_and_wide_lineage_ends(versions: Versions) -> None:
    # Two ways at each of 40 steps are 2^40 paths: they are not walked one by one.
    last = make(versions, "root")
    for _ in range(40):
        last = make(versions, "join", make(versions, "a", last), make(versions, "b", last))
    assert len(versions.lineage(last)) == 120


def test_unknown_names_and_bad_input_say_what_is_known(versions: Versions) -> None:
    make(versions, "tone")
    with pytest.raises(NotFoundError, match="did you mean 'tone'"):
        versions.resolve("adapter", "tune")
    with pytest.raises(NotFoundError, match="known: 1, latest"):
        versions.resolve("adapter", "tone@7")
    with pytest.raises(NotFoundError, match="known: 1, latest"):
        versions.move_label("adapter", "tone@9", label="production", actor="ann")
    for bad in ("latest", "12", "a b", "", "a@b"):
        with pytest.raises(InputError):
            versions.move_label("adapter", "tone", label=bad, actor="ann")
    for kwargs in ({}, {"artifact_sha256": "abc"}, {"record": object()}):
        with pytest.raises(InputError):
            versions.create("adapter", "tone", **kwargs)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="@"):
        versions.create("adapter", "to@ne", record=1)
    assert len(versions.list()) == 1


def test_threads_that_create_at_once_get_numbers_without_gaps(versions: Versions) -> None:
    def work() -> None:
        for _ in range(10):
            make(versions, "tone")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [version.number for version in versions.list("adapter")] == list(range(1, 31))
