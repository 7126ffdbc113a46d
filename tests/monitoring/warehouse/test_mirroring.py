"""The warehouse in an object store: the same figures on another machine, and never half of one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from workbench.core import settings
from workbench.core.errors import ConflictError, FetchError, IntegrityError, NotFoundError
from workbench.monitoring.traffic.made_usage import write_usage
from workbench.monitoring.traffic.plan import TrafficPlan
from workbench.monitoring.warehouse import mirroring
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.mirroring import mirror_of, pull, push
from workbench.monitoring.warehouse.opening import bring_up_to_date, open_warehouse
from workbench.monitoring.warehouse.operations import rebuild
from workbench.store import objects
from workbench.store.database import close_all
from workbench.store.objects import ObjectFolder
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from ...object_servers import BUCKET, ObjectServer, use
from .test_warehouse import built, digests

PLAN = TrafficPlan(days=40, calls=2_000, users=20, seed=2)


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as started:
        yield started


@pytest.fixture
def url(server: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    use(server, monkeypatch)
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture
def usage(tmp_path: Path, home: Path) -> Path:
    write_usage(PLAN, tmp_path / "usage")
    return tmp_path / "usage"


def requests(folder: Path) -> int:
    with Warehouse(folder) as warehouse:
        return int(warehouse.measure("requests").total("requests"))


def test_another_machine_has_the_same_files(url: str, usage: Path, tmp_path: Path) -> None:
    built(usage, tmp_path / "here")
    there = ObjectFolder(url)
    assert len(push(tmp_path / "here", there)) == 10
    assert push(tmp_path / "here", there) == []
    pull(there, tmp_path / "far")
    assert digests(tmp_path / "far") == digests(tmp_path / "here")
    assert requests(tmp_path / "far") == requests(tmp_path / "here")


def test_only_what_changed_goes_over(url: str, usage: Path, tmp_path: Path) -> None:
    built(usage, tmp_path / "here")
    there = ObjectFolder(url)
    push(tmp_path / "here", there)
    pull(there, tmp_path / "far")
    february = parquet.read_table(usage / "2026-02.parquet")
    parquet.write_table(february.slice(0, len(february) - 5), usage / "2026-02.parquet")
    built(usage, tmp_path / "here")
    sent = push(tmp_path / "here", there)
    assert sent and all("2026-02" in name for name in sent)
    with Warehouse(tmp_path / "far") as open_before:
        pull(there, tmp_path / "far")
        assert open_before.measure("requests").total("requests") == 5 + requests(tmp_path / "far")
    assert digests(tmp_path / "far") == digests(tmp_path / "here")


def test_killed_before_its_list_it_is_as_it_was(url: str, usage: Path, tmp_path: Path) -> None:
    built(usage, tmp_path / "here")
    there = ObjectFolder(url)
    program = (
        "import os, sys; from pathlib import Path\n"
        "from workbench.monitoring.warehouse import mirroring\n"
        "from workbench.store.objects import ObjectFolder\n"
        "there = ObjectFolder(sys.argv[1])\n"
        "write = there.write\n"
        "there.write = lambda name, data: (os.kill(os.getpid(), 9) if name == 'manifest.json' "
        "else write(name, data))\n"
        "mirroring.push(Path(sys.argv[2]), there)"
    )
    done = subprocess.run([sys.executable, "-c", program, url, str(tmp_path / "here")], check=False)
    assert done.returncode == -9
    assert len(there.names()) == 11
    with pytest.raises(NotFoundError, match="no warehouse yet at s3://lab"):
        pull(there, tmp_path / "far")
    push(tmp_path / "here", there)
    pull(there, tmp_path / "far")
    assert requests(tmp_path / "far") == requests(tmp_path / "here")


def test_what_no_list_names_goes_after_an_hour(
    url: str, usage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at once: another builder may name it yet. Files of the list before this one stay too."""
    built(usage, tmp_path / "here")
    there = ObjectFolder(url)
    there.write("clean-2026-01-0123456789abcdef.parquet", b"of another builder")
    there.write("notes.txt", b"somebody's")
    push(tmp_path / "here", there)
    assert len(there.names()) == 14
    monkeypatch.setattr(mirroring, "_KEPT_S", -60.0)  # as if an hour had gone by
    push(tmp_path / "here", there)
    assert len(there.names()) == 13
    assert "notes.txt" in there.names()


def test_bytes_that_are_not_what_their_name_says(url: str, usage: Path, tmp_path: Path) -> None:
    built(usage, tmp_path / "here")
    there = ObjectFolder(url)
    push(tmp_path / "here", there)
    name = next(name for name in there.names() if name.startswith("hourly"))
    whole = there.read(name)
    assert whole is not None
    there.write(name, whole[:-1])
    with pytest.raises(IntegrityError, match="not what its name says"):
        pull(there, tmp_path / "far")
    there.remove(name)
    with pytest.raises(IntegrityError, match="lacks files"):
        pull(there, tmp_path / "far")
    there.write(name, whole)
    pull(there, tmp_path / "far")
    assert requests(tmp_path / "far") == requests(tmp_path / "here")
    there.write("manifest.json", b"{")
    with pytest.raises(IntegrityError, match="damaged"):
        pull(there, tmp_path / "far")


def test_without_a_check_of_names_the_wrong_bytes_would_be_taken(
    url: str, usage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: a copy is believed."""
    built(usage, tmp_path / "here")
    there = ObjectFolder(url)
    push(tmp_path / "here", there)
    name = next(name for name in there.names() if name.startswith("hourly-2026-01"))
    february = next(name for name in there.names() if name.startswith("hourly-2026-02"))
    there.write(name, there.read(february) or b"")

    class Believed:
        def __init__(self, name: str) -> None:
            self.name = name

        def hexdigest(self) -> str:
            return self.name.rsplit("-", 1)[1].removesuffix(".parquet.part")

    monkeypatch.setattr(mirroring.hashlib, "file_digest", lambda file, _: Believed(file.name))
    pull(there, tmp_path / "far")
    assert requests(tmp_path / "far") != requests(tmp_path / "here")


def settle(*names: str) -> None:
    log = UsageLog()
    for name in names:
        log.settle(UsageRow(
            request_id=name, key_id="key_1", user="sales-1", model_asked="m", prompt_tokens=3,
            completion_tokens=4, cost_usd=0.5,
        ))  # fmt: skip
    assert log.close() == 0


def test_the_setting_moves_the_whole_way(
    url: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one home settles another measures: from the warehouse there, or from the months."""
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", f"{url}/warehouse")
    monkeypatch.setenv("WORKBENCH_USAGE_URL", f"{url}/usage")
    settle("a", "b")
    assert rebuild().rows == 2
    with open_warehouse() as warehouse:
        assert warehouse.measure("cost").total("cost") == 1.0
    close_all()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "another"))
    with open_warehouse() as warehouse:
        assert warehouse.measure("requests").total("requests") == 2
    for source in (None, f"{url}/usage"):
        with pytest.raises(ConflictError, match=r"built by another home.*may ask it"):
            rebuild(source=source)
    monkeypatch.delenv("WORKBENCH_WAREHOUSE_URL")
    assert rebuild(source=f"{url}/usage").rows == 2
    assert rebuild(source=f"{url}/usage").written == ()
    with open_warehouse() as warehouse:
        assert warehouse.measure("tokens").total("tokens") == 14
    with pytest.raises(NotFoundError, match="no folder"):
        rebuild(source=str(tmp_path / "none"))


def test_a_store_that_is_away(
    url: str, server: ObjectServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months that cannot be put away keep nobody from building; the next time they are put."""
    monkeypatch.setattr(objects, "_TRIES", 1)
    monkeypatch.setenv("WORKBENCH_USAGE_URL", f"{url}/usage")
    monkeypatch.setenv("WORKBENCH_S3_ENDPOINT", "http://127.0.0.1:1")
    settle("a")
    told = rebuild()
    assert told.rows == 1
    assert any("not put away" in note and "cannot be reached" in note for note in told.notes)
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", f"{url}/warehouse")
    for ask in (bring_up_to_date, open_warehouse):
        with pytest.raises(FetchError, match="cannot be reached"):
            ask()
    assert not mirror_of(settings.get("warehouse_url")).exists()
    use(server, monkeypatch)
    assert not [note for note in rebuild().notes if "put away" in note]
    assert len(ObjectFolder(f"{url}/usage").names()) == 2
    close_all()
