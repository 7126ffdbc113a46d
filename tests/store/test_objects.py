"""Objects of a real store: whole or not there, and each fault in words that say what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import (
    AccessError,
    ConfigError,
    FetchError,
    IntegrityError,
    NotFoundError,
)
from workbench.store.database import Database
from workbench.store.exported_usage import INDEX, fetch_usage, put_usage
from workbench.store.feedback import add_feedback
from workbench.store.objects import ObjectFolder
from workbench.store.usage_export import export_usage

from ..object_servers import BUCKET, ObjectServer, use
from .test_usage_export import NOVEMBER_S, ids, row, settle

MONTH_S = 30 * 86_400.0


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as started:
        yield started


@pytest.fixture
def url(server: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    use(server, monkeypatch)
    return f"s3://{BUCKET}/{tmp_path.name}"


def test_what_is_put_comes_back(url: str, tmp_path: Path) -> None:
    there = ObjectFolder(url)
    assert there.names() == {}
    assert there.read("none") is None
    assert not there.fetch("none", tmp_path / "none")
    big = os.urandom(23 << 20)  # more than one part of an upload
    (tmp_path / "big").write_bytes(big)
    there.put(tmp_path / "big", "big")
    there.write("small", b"first")
    there.write("small", b"second")
    assert sorted(there.names()) == ["big", "small"]
    assert there.read("small") == b"second"
    assert there.fetch("big", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == big
    there.remove("small")
    there.remove("small")
    assert list(there.names()) == ["big"]
    assert ObjectFolder(f"{url}/below").names() == {}


def test_half_of_an_object_is_not_there(url: str) -> None:
    """Neither after an error while it is written, nor after a kill."""
    there = ObjectFolder(url)
    with pytest.raises(RuntimeError, match="in the middle"), there._writing("half") as stream:
        stream.write(bytes(12 << 20))
        raise RuntimeError("in the middle")
    program = (
        "import os, sys\n"
        "from workbench.store.objects import ObjectFolder\n"
        "with ObjectFolder(sys.argv[1])._writing('half') as stream:\n"
        "    stream.write(bytes(12 << 20))\n"
        "    stream.flush()\n"
        "    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program, url], check=False)
    assert done.returncode == -9
    assert there.names() == {}


def test_no_bucket_of_that_name(url: str) -> None:
    """A store may make it when something is written: that is looked at before."""
    there = ObjectFolder("s3://labb/usage")
    for ask in (there.names, lambda: there.write("x", b""), lambda: there.read("x")):
        with pytest.raises(NotFoundError, match="no bucket 'labb'"):
            ask()


def test_a_key_that_is_refused(
    url: str, server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    for ask in (ObjectFolder(url).names, lambda: ObjectFolder(url).write("x", b"x")):
        with pytest.raises(AccessError, match="refuses this key") as caught:
            ask()
        assert "not-the-secret" not in str(caught.value.to_dict())
    use(server, monkeypatch, "small-key")  # which may look into its own bucket alone
    ObjectFolder(url).write("x", b"x")
    assert list(ObjectFolder(url).names()) == ["x"]
    with pytest.raises(AccessError, match="refuses this key"):
        ObjectFolder("s3://labb/usage").names()


def test_a_store_that_is_away_and_comes_back(
    url: str, server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_S3_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(FetchError, match=r"127.0.0.1:1 cannot be reached"):
        ObjectFolder(url).names()
    use(server, monkeypatch)
    assert ObjectFolder(url).names() == {}
    monkeypatch.setenv("WORKBENCH_S3_ENDPOINT", "127.0.0.1:1")
    with pytest.raises(ConfigError, match="s3_endpoint"):
        ObjectFolder(url)


@pytest.mark.parametrize(
    "said", ["", "s3://", "lab/usage", "s3://key:secret@lab/x", "http://lab/x"]
)
def test_an_address_that_is_none(said: str, home: Path) -> None:
    with pytest.raises(ConfigError, match="no address of objects") as caught:
        ObjectFolder(said)
    assert "secret@" not in str(caught.value)


def test_months_are_put_once_and_fetched_once(url: str, database: Database, tmp_path: Path) -> None:
    settle(database, row("a", NOVEMBER_S + 5), row("b", NOVEMBER_S - MONTH_S))
    assert put_usage(export_usage(database=database), url) == ["2026-10", "2026-11"]
    assert put_usage(export_usage(database=database), url) == []
    assert fetch_usage(url, tmp_path / "copy") == ["2026-10", "2026-11"]
    assert ids(tmp_path / "copy" / "2026-11.parquet") == ["a"]
    settle(database, row("c", NOVEMBER_S + 7))
    assert put_usage(export_usage(database=database), url) == ["2026-11"]
    assert fetch_usage(url, tmp_path / "copy") == ["2026-11"]
    assert ids(tmp_path / "copy" / "2026-11.parquet") == ["a", "c"]
    add_feedback("a", 1.0, key_id="key_1", database=database)
    assert put_usage(export_usage(database=database), url) == ["2026-11"]


def test_a_month_that_was_cut_short_is_put_again(
    url: str, database: Database, tmp_path: Path
) -> None:
    settle(database, row("a", NOVEMBER_S + 5))
    exported = export_usage(database=database)
    there = ObjectFolder(url)
    there.put(exported.files[0].path, "2026-11.parquet")  # and killed before the list
    with pytest.raises(NotFoundError, match="no exported usage"):
        fetch_usage(url, tmp_path / "copy")
    assert put_usage(exported, url) == ["2026-11"]
    there.write("2026-11.parquet", b"half of another")
    with pytest.raises(IntegrityError, match="is not what"):
        fetch_usage(url, tmp_path / "copy")
    assert not list((tmp_path / "copy").iterdir())
    there.write(INDEX, b"{")
    with pytest.raises(IntegrityError, match="damaged"):
        put_usage(exported, url)
