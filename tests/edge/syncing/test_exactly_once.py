"""Ten thousand events that were queued offline are each on the other side once, whatever is cut."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.core.errors import AccessError, StorageError
from workbench.edge.device import letters, sending, sources
from workbench.edge.device.faults import Fault
from workbench.edge.device.outbox import Outbox, Record
from workbench.edge.syncing.receiving import Desk, Received, take_folder
from workbench.edge.updates.serving import FileDoor
from workbench.store.database import Database, open_database

from ..cutting import CuttingLine

EVENTS = 10_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "device").mkdir()
    return tmp_path / "device"


@pytest.fixture
def desk(home: Path, root: Path, tmp_path: Path) -> Desk:
    """A desk that the device is enrolled at."""
    made = Desk()
    give_enrolment(made, root, tmp_path)
    return made


def give_enrolment(desk: Desk, root: Path, tmp_path: Path, name: str = "field") -> str:
    device, secret = desk.enrol(name)
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps({"device": device, "secret": secret.hex()}))
    sending.enrol(root, path)
    return device


def fill(root: Path, count: int, *, seed: int = 0) -> dict[str, bytes]:
    """Events of three kinds, and some that are the same but for their names."""
    drawn, made = random.Random(seed), {}
    kinds = ("usage", "feedback", "sketch")
    rows = []
    for number in range(count):
        body = b"same" if number % 7 == 0 else drawn.randbytes(drawn.randrange(120))
        id = f"{drawn.getrandbits(128):032x}"
        rows.append((kinds[number % 3], body, id))
        made[id] = body
    with Outbox(root) as outbox:
        outbox.put_many(rows)
    return made


def there(database: Database | None = None) -> dict[str, bytes]:
    """What the other side has, by name."""
    rows = (database or open_database()).read("SELECT id, body FROM edge_records")
    found = {row["id"]: bytes(row["body"]) for row in rows}
    assert len(found) == len(rows)
    return found


def count_there() -> int:
    row = open_database().read_one("SELECT count(*) AS n FROM edge_records")
    assert row is not None
    return int(row["n"])


@contextmanager
def opened(take: object, folder: Path) -> Iterator[FileDoor]:
    with FileDoor(folder, take=take) as door:  # type: ignore[arg-type]
        threading.Thread(target=door.serve_forever, daemon=True).start()
        yield door
        door.shutdown()


def until_empty(root: Path, place: str, *, tries: int = 3000) -> int:
    """Synchronise until nothing waits; how often that broke off."""
    broke = 0
    for _ in range(tries):
        try:
            if sending.sync(root, place, most=250).waiting == 0:
                return broke
        except Fault as fault:
            assert fault.code == "fetch", fault
            broke += 1
    raise AssertionError("it never came through")


def test_cuts_on_both_sides_of_a_line(
    root: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections break amid requests and amid receipts, and each break is told."""
    monkeypatch.setattr(sources, "WAITS_S", ())
    events = fill(root, EVENTS)
    with opened(lambda data: desk.take(data)[0], tmp_path) as door:
        wire = CuttingLine(door.server_address[1], random.Random(3), most_bytes=160_000)
        broke = until_empty(root, wire.address)
        wire.close()
    assert broke > 20 and wire.cuts > 20
    assert there() == events
    with Outbox(root) as outbox:
        assert outbox.count() == (0, 0)


class LosingDesk(Desk):
    """Takes letters and loses some receipts; some it does not take, as where the disk is full."""

    drawn = random.Random(5)

    def take(self, data: bytes) -> tuple[bytes, Received]:
        if self.drawn.random() < 0.2:
            raise StorageError("no space left on the disk")
        done = super().take(data)
        if self.drawn.random() < 0.4:
            raise StorageError("the power went after the records were on the disk")
        return done


def test_power_cuts_on_either_side(
    root: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk dies before it answers; the device dies when it has the receipt in its hand."""
    events, drawn = fill(root, EVENTS), random.Random(6)
    losing, real = LosingDesk(), Outbox.forget

    def forget(self: Outbox, ids: list[str]) -> int:
        if drawn.random() < 0.3:
            raise Fault("fetch", "the device's power went")
        return real(self, ids)

    monkeypatch.setattr(Outbox, "forget", forget)
    with opened(lambda data: losing.take(data)[0], tmp_path) as door:
        for _ in range(3000):
            try:
                if sending.sync(root, door.address, most=250).waiting == 0:
                    break
            except Fault as fault:
                assert fault.code in ("fetch", "storage")
    assert there() == events


def test_letters_that_come_twice_late_and_out_of_order(
    root: Path, desk: Desk, tmp_path: Path
) -> None:
    """By a folder that is carried, of which old copies lie about."""
    events, drawn = fill(root, EVENTS), random.Random(7)
    carried, old = tmp_path / "stick", tmp_path / "old"
    carried.mkdir()
    for round_ in range(8):
        sending.sync(root, str(carried), most=500)
        with Outbox(root) as outbox:  # and more is written down meanwhile
            events[outbox.put("late", b"%d" % round_)] = b"%d" % round_
        for path in carried.glob("from-*/*.letter"):
            old.mkdir(exist_ok=True)
            shutil.copy(path, old / path.name)
            if drawn.random() < 0.4:
                path.unlink()  # it was lost on the way
        folder = next(carried.glob("from-*"))
        for path in drawn.sample(sorted(old.iterdir()), 5):
            shutil.copy(path, folder / f"{drawn.getrandbits(64):016x}.letter")
        take_folder(carried, desk)
        for path in carried.glob("to-*/*.receipt"):
            if drawn.random() < 0.4:
                path.unlink()
    for _ in range(2):
        sending.sync(root, str(carried))
        take_folder(carried, desk)
    assert sending.sync(root, str(carried)).waiting == 0
    assert there() == events


class EagerDesk(Desk):
    """The broken variant that answers before it is safe: the receipt goes out, then the power."""

    def take(self, data: bytes) -> tuple[bytes, Received]:
        secret = self._secret_of(letters.sender(data))
        letter = letters.read_letter(data, secret)
        receipt = letters.Receipt(letter.device, letter.digest, tuple(r.id for r in letter.records))
        if random.Random(letter.digest).random() < 0.5:
            super().take(data)
        return letters.write_receipt(receipt, secret), Received(1, 0, 0, 0)


def test_a_desk_that_knows_no_names_is_seen(
    root: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "WAITS_S", ())
    fill(root, 2000)
    lost = random.Random(1)

    def take(data: bytes) -> bytes:
        secret = desk._secret_of(letters.sender(data))
        letter = letters.read_letter(data, secret)
        renamed = [
            Record(f"{lost.getrandbits(128):032x}", r.kind, r.body, r.sha256, r.put_s)
            for r in letter.records
        ]
        desk.take(letters.write_letter(letter.device, renamed, secret))
        if lost.random() < 0.5:
            raise StorageError("the receipt is lost")
        ids = tuple(record.id for record in letter.records)
        return letters.write_receipt(letters.Receipt(letter.device, letter.digest, ids), secret)

    with opened(take, tmp_path) as door:
        for _ in range(200):
            try:
                if sending.sync(root, door.address, most=250).waiting == 0:
                    break
            except Fault:
                continue
    assert count_there() > 2000


def test_a_desk_that_answers_too_soon_is_seen(root: Path, desk: Desk, tmp_path: Path) -> None:
    fill(root, 2000)
    eager = EagerDesk()
    with opened(lambda data: eager.take(data)[0], tmp_path) as door:
        until_empty(root, door.address)
    assert count_there() < 2000


RECEIVE = """
import os, signal, sys
from pathlib import Path
from workbench.edge.syncing import receiving
left = int(sys.argv[2])
def counted(real):
    def call(*given, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    return call
receiving.Desk._insert = counted(receiving.Desk._insert)
receiving.files.write_bytes = counted(receiving.files.write_bytes)
Path.unlink = counted(Path.unlink)
receiving.take_folder(Path(sys.argv[1]), receiving.Desk())
"""


@pytest.mark.slow
def test_the_other_side_is_killed(root: Path, desk: Desk, tmp_path: Path) -> None:
    """A real process by SIGKILL: amid a letter, before its receipt, before the letter goes."""
    events, drawn = fill(root, 3000), random.Random(9)
    carried = tmp_path / "stick"
    carried.mkdir()
    # Of each letter's 102 deeds the 101st is its receipt, and the 102nd takes the letter away.
    for at in (1, 50, 101, 102, 103, 203, 204, *(drawn.randrange(1, 400) for _ in range(5))):
        sending.sync(root, str(carried), most=100)
        command = [sys.executable, "-c", RECEIVE, str(carried), str(at)]
        done = subprocess.run(command, check=False, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
    for _ in range(2):
        sending.sync(root, str(carried))
        take_folder(carried, desk)
    assert sending.sync(root, str(carried)).waiting == 0
    assert there() == events


def test_who_may_send(root: Path, desk: Desk, tmp_path: Path) -> None:
    fill(root, 3)
    with opened(lambda data: desk.take(data)[0], tmp_path) as door:
        desk.revoke("field")
        with pytest.raises(Fault) as caught:
            sending.sync(root, door.address)
        assert caught.value.code == "access" and "taken off the list" in caught.value.message
    with Outbox(root) as outbox:
        data = letters.write_letter("f" * 16, outbox.waiting(), b"x" * 32)
    with pytest.raises(AccessError, match="not enrolled"):
        desk.take(data)
    assert count_there() == 0


def test_a_letter_that_was_changed_on_its_way(root: Path, desk: Desk, tmp_path: Path) -> None:
    fill(root, 3)
    known = sending._read_enrolment(root / sending.ENROLMENT)
    with Outbox(root) as outbox:
        data = letters.write_letter(known.device, outbox.waiting(), known.secret)
    with pytest.raises(AccessError, match="mark does not fit"):
        desk.take(data.replace(b"usage", b"usagf"))
    receipt, told = desk.take(data)
    assert told.new == 3
    with pytest.raises(Fault) as caught:
        letters.read_receipt(receipt.replace(b'"taken"', b'"takem"'), known.secret)
    assert caught.value.code == "access"
    again, told = desk.take(data)
    assert (again, told.new, told.known) == (receipt, 0, 3)


def test_two_devices_that_are_enrolled_as_one_are_named(
    root: Path, desk: Desk, tmp_path: Path
) -> None:
    """A copied card: the same names for other records. What came first stays."""
    twin = tmp_path / "twin"
    twin.mkdir()
    shutil.copy(root / sending.ENROLMENT, twin / sending.ENROLMENT)
    for place, body in ((root, b"one"), (twin, b"other")):
        with Outbox(place) as outbox:
            outbox.put("usage", body, id="0" * 32)
    with opened(lambda data: desk.take(data)[0], tmp_path) as door:
        assert sending.sync(root, door.address).taken == 1
        done = sending.sync(twin, door.address)
    assert (done.taken, done.refused, done.waiting) == (0, 1, 0)
    assert list(there().values()) == [b"one"]
    with Outbox(twin) as outbox:
        assert outbox.count() == (0, 1)


def test_a_record_that_rotted_on_the_device_is_set_aside(
    root: Path, desk: Desk, tmp_path: Path
) -> None:
    fill(root, 5)
    with Outbox(root) as outbox:
        outbox._database.execute("UPDATE records SET body = x'00' WHERE number = 2")
    with opened(lambda data: desk.take(data)[0], tmp_path) as door:
        done = sending.sync(root, door.address)
    assert (done.taken, done.refused) == (4, 1)


def test_a_device_that_is_not_enrolled_or_twice(root: Path, tmp_path: Path, home: Path) -> None:
    with pytest.raises(Fault) as caught:
        sending.sync(root, "http://127.0.0.1:9/")
    assert caught.value.code == "not-found"
    desk = Desk()
    give_enrolment(desk, root, tmp_path, "a")
    with pytest.raises(Fault) as caught:
        give_enrolment(desk, root, tmp_path, "b")
    assert caught.value.code == "two-masters"
    assert (root / sending.ENROLMENT).stat().st_mode & 0o077 == 0
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(Fault, match="is no enrolment"):
        sending.enrol(root, tmp_path / "x.json")


def test_what_is_written_down_is_there_once_by_its_name(root: Path) -> None:
    with Outbox(root) as outbox:
        id = outbox.put("usage", b"1")
        assert outbox.put("usage", b"1") != id
        assert outbox.put("usage", b"2", id=id) == id
        assert [each.body for each in outbox.waiting()] == [b"1", b"1"]
        assert len(outbox.waiting(most_bytes=1)) == 1
        with pytest.raises(Fault, match="at most"):
            outbox.put("usage", bytes(5 * 1024 * 1024))
