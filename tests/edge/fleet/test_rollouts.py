"""A version is given out to some, then more, then all; and to nobody any more where it fails."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.edge.device import channel, sending, state, updating
from workbench.edge.device.faults import Fault
from workbench.edge.device.outbox import Outbox
from workbench.edge.device.reporting import note_status, status_of
from workbench.edge.fleet import rollouts
from workbench.edge.fleet.devices import list_fleet
from workbench.edge.fleet.rollout_records import list_rollouts
from workbench.edge.syncing.receiving import Desk, take_folder

from ..made_bundles import HERE, NOW_S, Line, well

MANY = 24


@dataclass
class Fleet:
    """Devices with real folders, a shelf that they update from, and a stick between both sides."""

    folder: Path
    line: Line

    @property
    def shelf(self) -> Path:
        return self.folder / "shelf"

    @property
    def roots(self) -> list[Path]:
        return sorted(self.folder.glob("device-*"))

    def enrol(self, count: int) -> None:
        desk = Desk()
        for number in range(count):
            root = self.folder / f"device-{number:02}"
            updating.install(root, str(self.line.built[0].path), here=HERE, attempt=well)
            updating.confirm(root)
            device, secret = desk.enrol(root.name)
            file = self.folder / "enrolment.json"
            file.write_text(json.dumps({"device": device, "secret": secret.hex()}))
            sending.enrol(root, file)
        (self.folder / "stick").mkdir()
        self.sync()

    def turn(self, *, bad: bool = False) -> int:
        """Each device updates and sends a word; how many tried."""
        tried = 0

        def attempt(folder: Path, root: Path) -> None:
            nonlocal tried
            tried += 1
            if bad:
                raise Fault("engine", "it does not start here")

        for root in self.roots:
            try:
                updating.update(root, str(self.shelf), here=HERE, attempt=attempt)
                updating.confirm(root)
            except Fault as fault:
                assert fault.code in ("unhealthy", "refused-before"), fault
        self.sync()
        return tried

    def sync(self) -> None:
        for root in self.roots:
            note_status(root)
            sending.sync(root, str(self.folder / "stick"))
        take_folder(self.folder / "stick", Desk())

    def look(self) -> rollouts.Rollout:
        return rollouts.look(self.shelf, signer=self.line.signer)

    def start(self, number: int, **options: object) -> rollouts.Rollout:
        return rollouts.start(
            self.shelf,
            self.line.built[number - 1].path,
            signer=self.line.signer,
            **options,  # type: ignore[arg-type]
        )


@pytest.fixture
def fleet(tmp_path: Path, home: Path) -> Fleet:
    line = Line(tmp_path / "line")
    for number in range(3):
        line.add({"a.bin": bytes([number])})
    return Fleet(tmp_path, line)


def test_a_version_that_is_well_goes_out_in_stages(fleet: Fleet) -> None:
    fleet.enrol(MANY)
    begun = fleet.start(2, stages=(0.25, 0.6, 1.0))
    digest = begun.digest
    drawn = [channel.place_of(each.runner, digest) / channel.ALL_PPM for each in list_fleet()]
    assert fleet.look().stage == 0, "nobody has said anything yet"
    for stage, share in enumerate((0.25, 0.6, 1.0)):
        had = sum(place < (0.0, 0.25, 0.6)[stage] for place in drawn)
        assert fleet.turn() == sum(place < share for place in drawn) - had
        looked = fleet.look()
        assert looked.failed == 0
        assert (looked.stage, looked.state) == (
            (stage + 1, "running") if stage < 2 else (2, "done")
        )
    assert {device.version for device in list_fleet()} == {2}
    assert {device.state for device in list_fleet()} == {"well"}


def test_a_version_that_fails_reaches_the_first_stage_alone(fleet: Fleet) -> None:
    fleet.enrol(MANY)
    begun = fleet.start(2, stages=(0.25, 1.0))
    tried = fleet.turn(bad=True)
    assert 0 < tried < MANY / 2
    halted = fleet.look()
    assert (halted.state, halted.failed, halted.well) == ("halted", tried, 0)
    assert f"{tried} of {tried} devices" in halted.reason
    assert fleet.turn() == 0, "it is offered to nobody"
    assert {device.version for device in list_fleet()} == {1}
    assert fleet.look().state == "halted"
    assert sum(begun.digest in device.refused for device in list_fleet()) == tried
    # The next version goes to all of them, those among them that had tried this one.
    fleet.start(3, stages=(1.0,))
    assert fleet.turn() == MANY
    assert fleet.look().state == "done"


def test_a_few_that_fail_by_themselves_do_not_halt_it(fleet: Fleet) -> None:
    fleet.enrol(MANY)
    begun = fleet.start(2, stages=(1.0,))
    fleet.turn()
    root = fleet.roots[3]
    assert state.fall_back(root, begun.digest, "the disk was full")
    fleet.sync()
    looked = fleet.look()
    assert (looked.failed, looked.well, looked.state) == (1, MANY - 1, "done")
    assert [d.state for d in list_fleet() if begun.digest in d.fell_back] == ["fell back"]


def test_who_is_silent_is_waited_for_and_who_is_off_the_list_is_not(fleet: Fleet) -> None:
    fleet.enrol(4)
    fleet.start(2, stages=(1.0,))
    silent = fleet.roots[0]
    for root in fleet.roots[1:]:
        updating.update(root, str(fleet.shelf), here=HERE, attempt=well)
        updating.confirm(root)
    fleet.sync()
    looked = fleet.look()
    assert (looked.well, looked.waiting, looked.state) == (3, 1, "running")
    Desk().revoke(silent.name)
    assert fleet.look().state == "done"


def test_a_roll_out_is_halted_by_hand(fleet: Fleet) -> None:
    fleet.enrol(3)
    fleet.start(2, stages=(0.5, 1.0))
    with pytest.raises(ConflictError, match="is being given out"):
        fleet.start(3)
    halted = rollouts.halt(fleet.shelf, "a customer called", signer=fleet.line.signer)
    assert (halted.state, halted.reason, halted.share) == ("halted", "a customer called", 0.0)
    assert fleet.turn() == 0


@pytest.mark.parametrize("stages", [(), (0.5,), (0.5, 0.2, 1.0), (0.0, 1.0), (1.0, 1.0)])
def test_stages_grow_to_all(fleet: Fleet, stages: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="must grow to 1"):
        fleet.start(2, stages=stages)


def test_what_was_not_begun_is_not_looked_at(fleet: Fleet, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no roll-out was begun"):
        rollouts.look(tmp_path / "nothing")


def test_a_status_of_another_form_is_a_silent_device(fleet: Fleet, home: Path) -> None:
    fleet.enrol(1)
    with Outbox(fleet.roots[0]) as outbox:
        outbox.put("status", b"not JSON")
    sending.sync(fleet.roots[0], str(fleet.folder / "stick"))
    take_folder(fleet.folder / "stick", Desk())
    assert [device.state for device in list_fleet()] == ["silent"]


def test_devices_go_back_those_that_are_well_too(fleet: Fleet) -> None:
    fleet.enrol(6)
    fleet.start(1, stages=(1.0,))
    assert fleet.look().state == "done"
    fleet.start(2, stages=(1.0,))
    assert fleet.turn() == 6
    assert fleet.look().state == "done"
    went = rollouts.go_back(fleet.shelf, "answers got worse", signer=fleet.line.signer)
    assert (went.state, went.before_version, went.well, went.waiting) == ("going back", 1, 0, 6)
    assert fleet.turn() == 6
    looked = fleet.look()
    assert (looked.state, looked.well, looked.waiting) == ("going back", 6, 0)
    assert {device.version for device in list_fleet()} == {1}
    with pytest.raises(ConflictError, match="go back to version 1 already"):
        rollouts.halt(fleet.shelf, "twice", signer=fleet.line.signer)
    assert list_rollouts()[0].state == "going back"
    fleet.start(3, stages=(1.0,))
    assert fleet.turn() == 6
    assert fleet.look().state == "done"


def test_what_one_can_go_back_to(fleet: Fleet, tmp_path: Path) -> None:
    fleet.enrol(2)
    fleet.start(2, stages=(1.0,))
    with pytest.raises(ConflictError, match="nothing was offered"):
        rollouts.go_back(fleet.shelf, "", signer=fleet.line.signer)
    later = fleet.line.built[2].path
    with pytest.raises(ConflictError, match="is no version that version 2 came from"):
        rollouts.go_back(fleet.shelf, "", bundle=later, signer=fleet.line.signer)
    first = fleet.line.built[0].path
    went = rollouts.go_back(fleet.shelf, "", bundle=first, signer=fleet.line.signer)
    assert went.before_version == 1 and (fleet.shelf / went.before_file).is_file()


def test_a_line_is_given_out_in_one_folder_at_a_time(fleet: Fleet, tmp_path: Path) -> None:
    fleet.enrol(2)
    fleet.start(2, stages=(0.5, 1.0))
    other = tmp_path / "another-shelf"
    with pytest.raises(ConflictError, match="is being given out in"):
        rollouts.start(other, fleet.line.built[2].path, signer=fleet.line.signer)
    assert fleet.look().version == 2, "the one that is under way is still known"
    shutil.rmtree(fleet.shelf)
    assert rollouts.start(other, fleet.line.built[2].path, signer=fleet.line.signer).version == 3


def test_a_version_is_not_done_while_no_device_is_known(fleet: Fleet) -> None:
    fleet.start(2, stages=(0.5, 1.0))
    for _ in range(3):
        assert (fleet.look().state, fleet.look().stage) == ("running", 0)


def test_a_clock_that_was_ahead_does_not_keep_its_word_the_last(fleet: Fleet) -> None:
    fleet.enrol(1)
    root = fleet.roots[0]
    with Outbox(root) as outbox:
        said = json.dumps({**status_of(root), "version": 7, "time_s": NOW_S + 9e8}).encode()
        outbox.put("status", said)
        outbox._database.execute("UPDATE records SET put_s = put_s + 9e8")
    sending.sync(root, str(fleet.folder / "stick"))
    take_folder(fleet.folder / "stick", Desk())
    assert [device.version for device in list_fleet()] == [7]
    fleet.sync()
    assert [device.version for device in list_fleet()] == [1]


WRONG = ({"temperature_c": "<b>"}, {"time_s": math.nan}, {"version": math.inf}, {"refused": 3})


@pytest.mark.parametrize("wrong", WRONG)
def test_a_status_with_figures_that_are_none_is_a_silent_device(
    fleet: Fleet, wrong: dict[str, object]
) -> None:
    fleet.enrol(1)
    root = fleet.roots[0]
    with Outbox(root) as outbox:
        outbox.put("status", json.dumps({**status_of(root), **wrong}).encode())
    sending.sync(root, str(fleet.folder / "stick"))
    take_folder(fleet.folder / "stick", Desk())
    found = list_fleet()[0]
    assert found.state == "silent" and found.records == 2 and found.contact_s is not None


def test_what_waits_on_a_device_is_told(fleet: Fleet) -> None:
    fleet.enrol(1)
    with Outbox(fleet.roots[0]) as outbox:
        for number in range(5):
            outbox.put("usage", b"%d" % number)
    fleet.sync()
    assert (list_fleet()[0].waiting, list_fleet()[0].set_aside) == (6, 0)  # with the word before
