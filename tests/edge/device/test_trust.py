"""What is refused is named, and nothing is replaced: machine, clock, age, keys, two masters."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.edge.bundles.building import Built, Terms
from workbench.edge.bundles.keys import load_signer
from workbench.edge.device import state, updating
from workbench.edge.device.faults import Fault
from workbench.edge.device.trust import Here

from ..made_bundles import HERE, NOW_S, Line, well


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "line")


@pytest.fixture
def root(tmp_path: Path, line: Line) -> Path:
    """A device that has the first version."""
    updating.install(
        tmp_path / "device", str(line.add({"a.bin": b"1"}).path), here=HERE, attempt=well
    )
    return tmp_path / "device"


def fingerprint(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def refused(root: Path, made: Built, code: str, here: Here = HERE, words: str = "") -> Fault:
    """See that a bundle is refused for that reason, and that the device is as it was."""
    before = fingerprint(root)
    with pytest.raises(Fault) as caught:
        updating.update(root, str(made.path), here=here, attempt=well)
    assert caught.value.code == code
    assert words in caught.value.message
    assert fingerprint(root) == before
    return caught.value


def test_a_bundle_for_another_processor(line: Line, root: Path) -> None:
    made = line.add({"a.bin": b"2"}, terms=Terms(machine="aarch64"))
    refused(root, made, "platform", words="is for the processor aarch64; this is x86_64")
    made = line.add({"a.bin": b"2"}, terms=Terms(system="darwin"), after=line.built[0])
    refused(root, made, "platform", words="is for the system darwin; this is linux")
    arm = replace(HERE, system="darwin")
    assert updating.update(root, str(made.path), here=arm, attempt=well).version == 2


def test_a_runtime_that_is_not_there_or_too_old(line: Line, root: Path) -> None:
    made = line.add({"a.bin": b"2"})
    refused(root, made, "platform", replace(HERE, runtimes={}), "is not installed")
    old = replace(HERE, runtimes={"xllamacpp": "2026.9.1"})
    refused(root, made, "platform", old, "needs xllamacpp 2026.10 or newer; 2026.9.1")


@pytest.mark.parametrize("days", [-400, -20_000, -3])
def test_a_clock_far_behind(line: Line, root: Path, days: int) -> None:
    made = line.add({"a.bin": b"2"})
    here = replace(HERE, now_s=NOW_S + days * 86400)
    assert "behind" in refused(root, made, "clock", here).message


def test_a_clock_that_went_back_behind_what_was_known(line: Line, root: Path) -> None:
    made = line.add({"a.bin": b"2"}, now_s=NOW_S)
    updating.update(root, str(made.path), here=HERE, attempt=well)
    older = line.add({"a.bin": b"3"}, now_s=0)  # a maker's clock does not go back, either
    assert older.manifest.made_s == NOW_S
    refused(root, older, "clock", replace(HERE, now_s=NOW_S - 10 * 86400))


def test_a_clock_far_ahead_and_a_time_that_is_over_are_both_named(line: Line, root: Path) -> None:
    made = line.add({"a.bin": b"2"}, terms=Terms(valid_days=30))
    fault = refused(root, made, "expired", replace(HERE, now_s=NOW_S + 1000 * 86400))
    assert "was good until" in fault.message and "clock" in fault.hint


def test_a_little_of_a_difference_is_nothing(line: Line, root: Path) -> None:
    made = line.add({"a.bin": b"2"})
    here = replace(HERE, now_s=NOW_S - 7200)
    assert updating.update(root, str(made.path), here=here, attempt=well).outcome == "updated"


def test_an_older_version_only_if_it_is_told(line: Line, root: Path) -> None:
    first, second = line.built[0], line.add({"a.bin": b"2"})
    updating.update(root, str(second.path), here=HERE, attempt=well)
    refused(root, first, "older", words="this is version 1; version 2 was in use")
    back = updating.update(root, str(first.path), here=HERE, attempt=well, allow_older=True)
    assert (back.version, back.before) == (1, 2)
    assert state.load(root).highest == 2  # and what is newer still has to follow the newest


def test_two_versions_of_one_number(line: Line, root: Path) -> None:
    second = line.add({"a.bin": b"2"})
    fork = line.add({"a.bin": b"other"}, after=line.built[0])
    updating.update(root, str(second.path), here=HERE, attempt=well)
    refused(root, fork, "two-masters", words="there are two versions 2")
    later = line.add({"a.bin": b"3"}, after=fork)
    refused(root, later, "two-masters", words="there are two versions 2")
    assert updating.update(root, str(second.path), here=HERE, attempt=well).outcome == "same"
    follows = line.add({"a.bin": b"3"}, after=second)
    assert updating.update(root, str(follows.path), here=HERE, attempt=well).version == 3


def test_a_fork_is_not_taken_as_a_step_back(line: Line, root: Path) -> None:
    """Going back is to a version of one's own line, also where that is asked for."""
    fork = Line(line.folder / "fork", built=[line.built[0]]).add(
        {"a.bin": b"f"}, signer=line.signer
    )
    for number in (2, 3):
        updating.update(
            root, str(line.add({"a.bin": bytes([number])}).path), here=HERE, attempt=well
        )
    with pytest.raises(Fault) as caught:
        updating.update(root, str(fork.path), here=HERE, attempt=well, allow_older=True)
    assert caught.value.code == "two-masters"


def test_another_line_and_other_keys(line: Line, root: Path, tmp_path: Path) -> None:
    other = Line(tmp_path / "other").add({"a.bin": b"2"})
    refused(root, other, "two-masters", words="it is signed with the key")
    same_key = Line(tmp_path / "again").add({"a.bin": b"2"}, signer=line.signer)
    refused(root, same_key, "two-masters", words="is of the line")


def test_keys_change_hands_as_a_version_says(line: Line, root: Path, tmp_path: Path) -> None:
    new = load_signer(tmp_path / "new")
    handing = line.add({"a.bin": b"2"}, keys=(new.public_key,))
    third = line.add({"a.bin": b"3"}, signer=new)
    refused(root, third, "two-masters")  # the hand-over was not seen yet
    updating.update(root, str(handing.path), here=HERE, attempt=well)
    assert updating.update(root, str(third.path), here=HERE, attempt=well).version == 3


def test_a_key_that_is_pinned_at_first(line: Line, tmp_path: Path) -> None:
    made, other = line.add({"a.bin": b"1"}), load_signer(tmp_path / "other")
    place = tmp_path / "pinned"
    with pytest.raises(Fault) as caught:
        updating.install(place, str(made.path), keys=(other.public_key,), here=HERE, attempt=well)
    assert caught.value.code == "two-masters"
    assert not place.exists()
    done = updating.install(
        place, str(made.path), keys=(line.signer.public_key,), here=HERE, attempt=well
    )
    assert done.version == 1
