"""What a folder offers: signed, numbered, for a share of the devices, and not for ever."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, InputError, IntegrityError
from workbench.edge.device import channel, state, updating
from workbench.edge.device.faults import Fault
from workbench.edge.updates import publishing
from workbench.edge.updates.publishing import change_share, offer, read_offer
from workbench.edge.updates.serving import FileDoor

from ..made_bundles import HERE, NOW_S, Line, well

DAY_S = 86400


@pytest.fixture
def line(tmp_path: Path) -> Line:
    made = Line(tmp_path / "line")
    made.add({"a.bin": b"1"})
    made.add({"a.bin": b"2"})
    return made


@pytest.fixture
def root(tmp_path: Path, line: Line) -> Path:
    updating.install(tmp_path / "device", str(line.built[0].path), here=HERE, attempt=well)
    return tmp_path / "device"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


def put(shelf: Path, line: Line, number: int, **options: object) -> None:
    offer(shelf, line.built[number - 1].path, signer=line.signer, now_s=NOW_S, **options)  # type: ignore[arg-type]


def take(root: Path, shelf: Path, now_s: float = NOW_S) -> updating.Update:
    return updating.update(root, str(shelf), here=replace(HERE, now_s=now_s), attempt=well)


def test_a_device_takes_what_is_offered(line: Line, root: Path, shelf: Path) -> None:
    put(shelf, line, 2)
    assert take(root, shelf).version == 2
    assert take(root, shelf).outcome == "same"


def test_it_is_the_same_over_a_line(line: Line, root: Path, shelf: Path) -> None:
    put(shelf, line, 2)
    with FileDoor(shelf) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        assert updating.update(root, door.address, here=HERE, attempt=well).version == 2
        door.shutdown()


def test_a_share_is_drawn_by_the_devices_names(line: Line, root: Path, shelf: Path) -> None:
    digest = line.built[1].manifest.digest
    places = [channel.place_of(f"{number:016x}", digest) for number in range(4000)]
    for share in (0.05, 0.25, 0.5):
        counted = sum(place < share * channel.ALL_PPM for place in places) / len(places)
        assert abs(counted - share) < 0.03
    assert places != [channel.place_of(f"{number:016x}", "another") for number in range(4000)]
    put(shelf, line, 2, share=0.0)
    done = take(root, shelf)
    assert (done.outcome, state.load(root).highest) == ("waiting", 1)
    change_share(shelf, 1.0, signer=line.signer)
    assert take(root, shelf).outcome == "updated"


def test_who_was_given_a_version_keeps_its_turn_as_the_share_grows(line: Line) -> None:
    digest = line.built[1].manifest.digest
    said = channel.Channel("x", 1, 0, None, 2, digest, "f", 50_000)
    few = {n for n in range(500) if said.is_for(str(n))}
    more = {n for n in range(500) if replace(said, share_ppm=250_000).is_for(str(n))}
    assert few < more


def test_what_was_withdrawn_is_not_offered_by_another(
    line: Line, root: Path, shelf: Path, tmp_path: Path
) -> None:
    """Roll-back: somebody in between shows the statement of before."""
    put(shelf, line, 1)
    old = {name: (shelf / name).read_bytes() for name in (channel.NAME, channel.SIGNATURE_NAME)}
    put(shelf, line, 2)
    take(root, shelf)
    for name, data in old.items():
        (shelf / name).write_bytes(data)
    with pytest.raises(Fault) as caught:
        take(root, shelf)
    assert caught.value.code == "older" and "number 1; 2 was seen" in caught.value.message


def test_that_there_is_something_newer_is_not_hidden_for_long(
    line: Line, root: Path, shelf: Path
) -> None:
    """Freeze: the statement runs out."""
    put(shelf, line, 2, valid_days=7)
    with pytest.raises(Fault) as caught:
        take(root, shelf, NOW_S + 9 * DAY_S)
    assert caught.value.code == "expired"
    assert take(root, shelf, NOW_S + 6 * DAY_S).version == 2


def test_a_statement_that_was_changed_or_is_of_another(
    line: Line, root: Path, shelf: Path, tmp_path: Path
) -> None:
    put(shelf, line, 2)
    path = shelf / channel.NAME
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b'"share_ppm":1000000', b'"share_ppm":1000001'))
    with pytest.raises(Fault) as caught:
        take(root, shelf)
    assert caught.value.code == "integrity"
    with pytest.raises(IntegrityError):
        read_offer(shelf)
    other = Line(tmp_path / "other")
    other.add({"a.bin": b"x"})
    put(tmp_path / "shelf2", other, 1)
    with pytest.raises(Fault) as caught:
        take(root, tmp_path / "shelf2")
    assert caught.value.code == "two-masters"


def test_another_bundle_in_the_place_of_the_one_that_is_meant(
    line: Line, root: Path, shelf: Path
) -> None:
    put(shelf, line, 2)
    (shelf / line.built[1].path.name).write_bytes(line.built[0].path.read_bytes())
    with pytest.raises(Fault) as caught:
        take(root, shelf)
    assert caught.value.code == "integrity"


def test_what_may_be_offered(line: Line, shelf: Path, tmp_path: Path) -> None:
    put(shelf, line, 2)
    with pytest.raises(ConflictError, match="does not follow"):
        put(shelf, line, 1)
    put(shelf, line, 1, back=True)
    other = Line(tmp_path / "other")
    other.add({"a.bin": b"x"})
    with pytest.raises(ConflictError, match="another line"):
        offer(shelf, other.built[0].path, signer=other.signer)
    with pytest.raises(ConflictError, match="take no statement"):
        offer(shelf, line.built[1].path, signer=other.signer)
    with pytest.raises(InputError, match="from 0 to 1"):
        put(shelf, line, 2, share=1.5)
    with pytest.raises(ConflictError, match="offers nothing"):
        change_share(tmp_path / "nothing", 1.0)


def test_two_masters_of_one_line_are_named(line: Line, shelf: Path) -> None:
    """Two versions of one number that both follow the first: one is offered, the other is not."""
    fork = line.add({"a.bin": b"of another"}, after=line.built[0])
    put(shelf, line, 2)
    before = {path: path.read_bytes() for path in shelf.iterdir() if path.is_file()}
    with pytest.raises(ConflictError, match=r"two versions 2: \w{12} is offered") as caught:
        offer(shelf, fork.path, signer=line.signer)
    assert fork.manifest.digest[:12] in caught.value.message
    assert {path: path.read_bytes() for path in shelf.iterdir() if path.is_file()} == before


def test_a_folder_that_offers_nothing_says_so(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Fault) as caught:
        take(root, tmp_path / "empty")
    assert caught.value.code == "not-found"


def test_a_name_with_a_blank_goes_over_a_line(line: Line, root: Path, shelf: Path) -> None:
    named = line.folder / "the notes é 2%.bundle"
    line.built[1].path.rename(named)
    offer(shelf, named, signer=line.signer, now_s=NOW_S)
    with FileDoor(shelf) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        assert updating.update(root, door.address, here=HERE, attempt=well).version == 2
        door.shutdown()


def test_another_version_under_the_same_name_takes_nothing_away(
    line: Line, root: Path, shelf: Path
) -> None:
    """Who fetches the first one meanwhile goes on, and one can still go back to it."""
    put(shelf, line, 1)
    again = line.folder / "again" / line.built[0].path.name
    again.parent.mkdir()
    again.write_bytes(line.built[1].path.read_bytes())
    offer(shelf, again, signer=line.signer, now_s=NOW_S)
    assert (shelf / again.name).read_bytes() == line.built[0].path.read_bytes()
    assert take(root, shelf).version == 2


def test_a_device_goes_back_if_the_statement_says_so_and_only_then(
    line: Line, root: Path, shelf: Path
) -> None:
    put(shelf, line, 2)
    assert take(root, shelf).version == 2
    updating.confirm(root)
    with pytest.raises(Fault) as caught:  # the bundle alone does not say that it is meant
        updating.update(root, str(line.built[0].path), here=HERE, attempt=well)
    assert caught.value.code == "older"
    put(shelf, line, 1, back=True)
    back = take(root, shelf)
    assert (back.outcome, back.version, back.before) == ("updated", 1, 2)
    assert back.fetched_bytes < 8_000, "what it had is not fetched again"
    assert state.load(root).highest == 2
    assert take(root, shelf).outcome == "same"
    put(shelf, line, 2)
    assert take(root, shelf).version == 2


class CutError(Exception):
    """The power went."""


@pytest.mark.parametrize("cut", range(4))
def test_a_statement_that_was_cut_off_is_ended_by_who_comes_next(
    line: Line, root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    put(shelf, line, 2, share=0.0)
    real, left = publishing.files.write_bytes, [cut]

    def write(path: Path, content: bytes) -> None:
        if path.parent == shelf:
            if not left[0]:
                raise CutError
            left[0] -= 1
        real(path, content)

    monkeypatch.setattr(publishing.files, "write_bytes", write)
    monkeypatch.setattr(
        publishing.files, "write_json", lambda p, v: write(p, json.dumps(v).encode())
    )
    if cut < 3:
        with pytest.raises(CutError):
            change_share(shelf, 1.0, signer=line.signer)
    else:
        change_share(shelf, 1.0, signer=line.signer)
    monkeypatch.undo()
    found = read_offer(shelf)
    assert found is not None
    assert (found.sequence, found.share_ppm) == ((1, 0) if cut == 0 else (2, channel.ALL_PPM))
    assert change_share(shelf, 1.0, signer=line.signer).sequence == found.sequence + 1
    assert take(root, shelf).version == 2


def test_two_that_publish_at_once_leave_one_whole_statement(line: Line, shelf: Path) -> None:
    put(shelf, line, 2, share=0.0)
    threads = [
        threading.Thread(target=change_share, args=(shelf, n / 16), kwargs={"signer": line.signer})
        for n in range(1, 13)
    ]
    for each in threads:
        each.start()
    for _ in range(200):
        read_offer(shelf)  # who reads meanwhile finds one or the other
    for each in threads:
        each.join()
    found = read_offer(shelf)
    assert found is not None and found.sequence == 13


def test_a_statement_without_its_signature_is_named(line: Line, shelf: Path) -> None:
    put(shelf, line, 2)
    (shelf / channel.SIGNATURE_NAME).unlink()
    with pytest.raises(IntegrityError, match="has no signature"):
        read_offer(shelf)
