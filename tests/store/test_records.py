from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.store.database import Database
from workbench.store.records import Records

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(JSON.filter(lambda value: "inf" not in repr(value)))
def test_a_document_comes_back_as_it_was(records: Records, document: object) -> None:
    written = records.put("n", "k", document=document)
    assert records.get("n", "k") == written
    assert written.document == document


def test_only_who_read_the_last_revision_may_change_it(records: Records) -> None:
    first = records.put("n", "k", document=1, expected_revision=0)
    second = records.put("n", "k", document=2, expected_revision=first.revision)
    assert (first.revision, second.revision) == (1, 2)
    for stale in (0, 1, 3):
        with pytest.raises(ConflictError, match="revision 2"):
            records.put("n", "k", document=3, expected_revision=stale)
    assert records.get("n", "k").document == 2
    assert records.put("n", "k", document=4).revision == 3


def test_a_deleted_name_does_not_start_its_revisions_again(records: Records) -> None:
    old = records.put("n", "k", document="old")
    assert records.delete("n", "k", expected_revision=old.revision)
    assert not records.delete("n", "k")
    assert records.find("n", "k") is None
    new = records.put("n", "k", document="new", expected_revision=0)
    assert new.revision == 3
    with pytest.raises(ConflictError):
        records.put("n", "k", document="by a reader of the old", expected_revision=old.revision)
    with pytest.raises(ConflictError):
        records.delete("n", "k", expected_revision=old.revision)


def test_a_list_is_of_one_namespace_and_prefix(records: Records) -> None:
    for key in ("b", "a/1", "a/2", "a%"):
        records.put("n", key, document={})
    records.put("other", "a/3", document={})
    assert [record.key for record in records.list("n")] == ["a%", "a/1", "a/2", "b"]
    assert [record.key for record in records.list("n", prefix="a/")] == ["a/1", "a/2"]
    assert [record.key for record in records.list("n", prefix="a%")] == ["a%"]


def test_what_is_not_there_or_is_no_document(records: Records) -> None:
    records.put("n", "model", document={})
    with pytest.raises(NotFoundError, match="did you mean 'model'"):
        records.get("n", "modle")
    for bad in ({"x": object()}, "\ud800"):
        with pytest.raises(InputError, match="n/k"):
            records.put("n", "k", document=bad)
    for name in ("", " ", "a\0b", "\ud800"):
        with pytest.raises(InputError):
            records.put("n", name, document={})


def test_concurrent_changes_with_revisions_lose_nothing(records: Records) -> None:
    records.put("n", "k", document=0)

    def work() -> None:
        done = 0
        while done < 15:
            read = records.get("n", "k")
            try:
                records.put("n", "k", document=read.document + 1, expected_revision=read.revision)
                done += 1
            except ConflictError:
                continue

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records.get("n", "k").document == 45
