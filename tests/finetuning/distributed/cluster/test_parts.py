"""The parts of a run on a cluster, each by itself: its line, its seats, its address, its plan."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path
from typing import Any

import pytest

from workbench.core import operations
from workbench.core.errors import CapabilityError, DependencyError, InputError, PeerError
from workbench.finetuning.distributed.causes import find_cause, tell_short
from workbench.finetuning.distributed.cluster import connecting
from workbench.finetuning.distributed.cluster.connecting import check_launcher, read_address
from workbench.finetuning.distributed.cluster.placing import check_seats
from workbench.finetuning.distributed.cluster.relay import Relay
from workbench.finetuning.distributed.line import Line, Switchboard
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.recovery import Recovery

RAY = Plan(2, launcher="ray")
MINE = {"versions": {"python": "3.11.7", "torch": "2.13.0"}, "digest": "a"}
SEAT: dict[str, Any] = {"ip": "10.0.0.2", "has_model": True, **MINE}


def _hear(board: Switchboard) -> tuple[dict[str, Any], socket.socket]:
    while True:
        for found in board.hear(5):
            return found


def test_a_process_on_another_machine_is_heard_and_answered() -> None:
    board = Switchboard()
    relay = Relay("127.0.0.1", board.address)
    line = Line(relay.address, rank=3)
    line.tell("step?", told="x" * 200_000)
    said, caller = _hear(board)
    assert said["rank"] == 3 and len(said["told"]) == 200_000
    board.answer(caller, "go")
    assert line._file.readline() == "go\n"
    relay.close()
    assert line._file.readline() == ""  # so that it knows that it is alone
    line.close()
    board.close()


@pytest.mark.parametrize("word", ["0" * 32, "short", ""])
def test_who_does_not_know_the_word_is_not_heard(word: str) -> None:
    board = Switchboard()
    relay = Relay("127.0.0.1", board.address)
    stranger = Line(relay.address.rpartition("/")[0] + "/" + word, rank=0)
    stranger._socket.shutdown(socket.SHUT_WR)
    assert stranger._file.readline() == ""
    assert not board.has_more()
    stranger.close()
    relay.close()
    board.close()


@pytest.mark.parametrize(
    ("address", "found"), [("10.0.0.1:6379", ("10.0.0.1", 6379)), ("[::1]:80", ("::1", 80))]
)
def test_an_address_is_read(address: str, found: tuple[str, int]) -> None:
    assert read_address(address) == found


@pytest.mark.parametrize("address", ["ray://head:10001", "head", "head:0", "head:99999", "a b:1"])
def test_what_is_no_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="HOST:PORT"):
        check_launcher(dataclasses.replace(RAY, ray_address=address))
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(InputError, match="HOST:PORT"):
        check_launcher(RAY)


def test_without_ray_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DependencyError) as found:
        check_launcher(RAY)
    assert "pip install" in str(found.value.hint)
    check_launcher(Plan(2))


def test_nobody_answers(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(PeerError, match="no Ray cluster answers") as found:
        operations.find("finetuning.run").run(
            {"model": "tiny", "data": data, "launcher": "ray", "ray_address": f"127.0.0.1:{port}"}
        )
    assert "resume" in str(found.value.hint)


def test_an_address_and_a_priority_are_of_a_cluster() -> None:
    for options in ({"ray_address": "a:1"}, {"priority": 1}):
        with pytest.raises(InputError, match="Ray"):
            Plan(2, **options)
    with pytest.raises(InputError, match="launcher"):
        Plan(2, launcher="slurm")
    assert Plan(1, launcher="ray").is_shared and RAY.tell()["launcher"] == "ray"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"digest": None}, "does not see"),
        ({"digest": "b"}, "does not see"),
        ({"has_model": False}, "does not see"),
        ({"versions": {"python": "3.11.7", "torch": None}}, "has no torch"),
        ({"versions": {"python": "3.11.7", "torch": "2.12.0"}}, "has torch 2.12.0"),
        ({"versions": {"python": "3.12.7", "torch": "2.13.0"}}, "has python 3.12.7"),
    ],
)
def test_a_node_that_cannot_do_its_part_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CapabilityError, match=f"10.0.0.2 {said}"):
        check_seats([SEAT, {**SEAT, **changes}], MINE)


def test_nodes_that_can_are_not() -> None:
    other = {**SEAT, "versions": {"python": "3.11.9", "torch": "2.13.0"}}
    check_seats([SEAT, other], MINE)


def test_a_lost_node_is_the_cause_and_not_the_connections_that_it_closed(tmp_path: Path) -> None:
    faults = [
        {"kind": "error", "rank": 0, "own": False, "code": "", "message": "closed", "hint": ""},
        {"kind": "failed", "rank": -1, "failed": 0, "status": 1},
        {"kind": "gone", "rank": -1, "failed": 1, "message": "its node has died"},
    ]
    found = find_cause(faults, 2, 1, tmp_path / "log")
    assert isinstance(found, PeerError) and "process 1 of 2 is lost: its node" in str(found)


def test_too_few_cores_are_told_with_what_would_do() -> None:
    assert "--least 1" in str(tell_short(1, 1, 2).hint)
    assert "ray start" in str(tell_short(0, 4, 2).hint)


def test_no_more_processes_are_tried_than_there_is_room_for() -> None:
    recovery = Recovery(Plan(4, restarts=5, least=1), lambda _: True)
    found = recovery.lose(room=2)
    assert found is not None and found.processes == 2 and recovery.missing == 2
    assert Recovery(Plan(4, restarts=5), lambda _: True).lose(room=2) is None
    same = Recovery(Plan(4, restarts=5), lambda _: True).lose(room=4)
    assert same is not None and same.processes == 4
