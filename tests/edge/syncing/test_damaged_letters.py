"""A stick that was pulled out early: what is damaged is told, and the rest is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench import edge
from workbench.core.errors import ConflictError, StorageError
from workbench.edge.device import sending
from workbench.edge.device.outbox import Outbox
from workbench.edge.syncing.operations import enrol
from workbench.edge.syncing.receiving import Desk, take_folder


@pytest.fixture
def root(home: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "device"
    folder.mkdir()
    device, secret = Desk().enrol("field")
    (tmp_path / "e.json").write_text(json.dumps({"device": device, "secret": secret.hex()}))
    sending.enrol(folder, tmp_path / "e.json")
    with Outbox(folder) as outbox:
        for number in range(6):
            outbox.put("usage", b"%d" % number)
    (tmp_path / "stick").mkdir()
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_letter_that_is_cut_off_keeps_no_other_back(root: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    sending.sync(root, str(stick), most=2)
    letters = sorted(stick.glob("from-*/*.letter"))
    assert len(letters) == 3
    cut(letters[0])
    got = take_folder(stick, Desk())
    assert (got.letters, got.new) == (2, 4)
    assert letters[0].name in got.reasons[0] and letters[0].exists()
    letters[0].write_bytes(b"")
    assert take_folder(stick, Desk()).letters == 0
    sending.sync(root, str(stick), most=2)
    assert take_folder(stick, Desk()).new == 2, "what was in it comes again"


def test_a_receipt_that_is_cut_off_keeps_no_other_back(root: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    sending.sync(root, str(stick), most=2)
    take_folder(stick, Desk())
    cut(sorted(stick.glob("to-*/*.receipt"))[0])
    done = sending.sync(root, str(stick), most=2)
    assert (done.taken, done.waiting) == (4, 2)
    assert "1 receipt in" in done.note and "damaged" in done.note
    got = take_folder(stick, Desk())
    assert (got.new, got.known) == (0, 2)
    assert sending.sync(root, str(stick), most=2).waiting == 0


def test_an_enrolment_that_cannot_be_written_is_none(home: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        enrol("kiosk", out=tmp_path / "nowhere" / "kiosk.json")
    made = enrol("kiosk", out=tmp_path / "kiosk.json")
    kept = made.file.read_bytes()
    with pytest.raises(ConflictError, match="may be the only copy"):
        enrol("other", out=made.file)
    assert made.file.read_bytes() == kept
    assert [each.name for each in edge.devices()] == ["kiosk"]
