"""The power is cut at each deed of an update: the old version is in use or the new one, whole."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.edge.device import boot, disk, state, updating
from workbench.edge.device.assembling import check_folder
from workbench.edge.device.faults import Fault

from ..made_bundles import HERE, Line, changed, noise, well
from ..power import CarelessDisk, ForgetfulDisk, KillingDisk, Model, RecordingDisk

MODEL = noise(300_000)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """Two versions: most of a file changes, one stays, one is new."""
    made = Line(tmp_path / "line")
    made.add({"model.gguf": MODEL, "index.sqlite": noise(80_000, seed=2)})
    new = changed(MODEL, 0.2, runs=3)
    made.add({"model.gguf": new, "index.sqlite": noise(80_000, seed=2), "sketch.bin": b"s"})
    return made


@pytest.fixture
def root(tmp_path: Path, line: Line) -> Path:
    updating.install(tmp_path / "device", str(line.built[0].path), here=HERE, attempt=well)
    updating.confirm(tmp_path / "device")
    return tmp_path / "device"


@pytest.fixture
def recording(root: Path) -> Iterator[RecordingDisk]:
    made = RecordingDisk()
    before = disk.use(made)
    yield made
    disk.use(before)


def version_in_use(root: Path) -> str:
    """The version that a device would start now, every byte of which is as it was signed.

    Raises:
        Fault, OSError, ValueError: There is none.
    """
    folder, _ = boot.choose(root, starting=False)
    check_folder(folder, state.manifest_of(root, folder.name))
    return folder.name


def look(place: Path, old: str, new: str, *, again: str = "") -> str:
    """What is in use after a cut: ``old``, ``new``, or what is wrong."""
    try:
        found = version_in_use(place)
        if found not in (old, new):
            return f"{found} is in use"
        if again:
            done = updating.update(place, again, here=HERE, attempt=well)
            assert done.outcome in ("updated", "same")
            if version_in_use(place) != new:
                return "the next update did not go through"
    except (Fault, OSError, ValueError) as error:
        return f"neither: {error}"
    return "old" if found == old else "new"


def cuts(model: Model, deeds: list, place: Path, line: Line, seed: int) -> Iterator[str]:  # type: ignore[type-arg]
    """What is found after a cut behind each deed, one after the other."""
    drawn = random.Random(seed)
    old, new = (each.manifest.digest for each in line.built)
    for number, deed in enumerate([None, *deeds]):
        if deed is not None:
            model.do(deed)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        model.cut(place, drawn)
        again = str(line.built[1].path) if number % 4 == 0 else ""
        yield look(place, old, new, again=again)


def record_update(line: Line, root: Path, recording: RecordingDisk) -> tuple[Model, list]:  # type: ignore[type-arg]
    model = Model(root)
    updating.update(root, str(line.built[1].path), here=HERE, attempt=well)
    deeds = list(recording.deeds)
    disk.use(disk.Disk())  # what comes after is not of the update
    return model, deeds


@pytest.mark.parametrize("seed", range(3))
def test_a_power_cut_at_each_deed_leaves_the_old_or_the_new(
    line: Line, root: Path, recording: RecordingDisk, tmp_path: Path, seed: int
) -> None:
    model, deeds = record_update(line, root, recording)
    assert len(deeds) > 35
    found = list(cuts(model, deeds, tmp_path / "after", line, seed))
    assert set(found) <= {"old", "new"}, [each for each in found if each not in ("old", "new")]
    assert found[0] == "old" and found[-1] == "new"
    assert "old" not in found[found.index("new") + 8 :], "once it is safe it does not go back"


@pytest.mark.parametrize("broken", [ForgetfulDisk, CarelessDisk])
def test_who_does_not_wait_for_the_disk_is_seen(
    line: Line, root: Path, tmp_path: Path, broken: type[RecordingDisk]
) -> None:
    made = broken()
    before = disk.use(made)
    try:
        model, deeds = record_update(line, root, made)
    finally:
        disk.use(before)
    found = [each for seed in range(3) for each in cuts(model, deeds, tmp_path / "x", line, seed)]
    lost = [each for each in found if each not in ("old", "new")]
    never = broken is CarelessDisk and found[-1] == "old"  # it was told to be done, and is not
    assert lost or never


def test_who_writes_the_state_in_its_place_is_seen(
    line: Line,
    root: Path,
    recording: RecordingDisk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def in_place(path: Path, data: bytes, *, mode: int = 0o644) -> None:
        handle = disk.DISK.open(path)
        disk.DISK.truncate(handle, 0)
        disk.DISK.write(handle, data, 0)
        disk.DISK.sync(handle)

    monkeypatch.setattr(disk, "write_file", in_place)
    model, deeds = record_update(line, root, recording)
    found = [each for seed in range(6) for each in cuts(model, deeds, tmp_path / "x", line, seed)]
    assert any(each.startswith("neither") for each in found)


def test_falling_back_is_one_deed_too(
    line: Line, root: Path, recording: RecordingDisk, tmp_path: Path
) -> None:
    """The version on trial was started as often as it may; the power is cut as it makes way."""
    updating.update(root, str(line.built[1].path), here=HERE, attempt=well)
    known = state.load(root)
    known.trial = 0
    state.save(root, known)
    model, recording.deeds = Model(root), []
    old, new = (each.manifest.digest for each in line.built)
    assert boot.choose(root, starting=True, write=disk.write_file)[0].name == old
    deeds, drawn = list(recording.deeds), random.Random(1)
    for deed in [None, *deeds]:
        if deed is not None:
            model.do(deed)
        for number in range(4):
            place = tmp_path / f"after-{number}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            model.cut(place, drawn)
            assert look(place, old, new) in ("old", "new")
            assert boot.choose(place, starting=True)[0].name == old


def killed(root: Path, bundle: Path, at: int, *, amid: bool) -> int:
    """Run an update in a process that is killed at one deed; its status."""
    return subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(root), str(bundle), str(at), str(int(amid))],
        capture_output=True,
        check=False,
    ).returncode


_SCRIPT = f"""
import importlib.util, sys
from pathlib import Path
def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
power = load("power", {str(Path(__file__).parents[1] / "power.py")!r})
from workbench.edge.device import disk, updating
from workbench.edge.device.trust import Here
root, bundle, at, amid = sys.argv[1:]
disk.use(power.KillingDisk(int(at), amid=amid == "1"))
here = Here({HERE.system!r}, {HERE.machine!r}, {HERE.runtimes!r}, {HERE.now_s!r})
updating.update(Path(root), bundle, here=here, attempt=lambda folder, root: None)
"""


@pytest.mark.slow
def test_a_process_that_is_killed_at_a_hundred_points(
    line: Line, root: Path, tmp_path: Path, scale: int
) -> None:
    """By SIGKILL, at drawn deeds and amid writes; some of the updates are cut twice."""
    old, new = (each.manifest.digest for each in line.built)
    bundle, drawn = line.built[1].path, random.Random(7)
    deeds = RecordingDisk()
    probe = tmp_path / "probe"
    shutil.copytree(root, probe)
    before = disk.use(deeds)
    updating.update(probe, str(bundle), here=HERE, attempt=well)
    disk.use(before)
    counts = {"old": 0, "new": 0}
    for number in range(100 * scale):
        place = tmp_path / "killed"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(root, place)
        at = 1 + number % len(deeds.deeds) if number < len(deeds.deeds) else 0
        at = at or drawn.randint(1, len(deeds.deeds))
        for _ in range(2 if number % 5 == 0 else 1):
            killed(place, bundle, at, amid=drawn.random() < 0.5)
        found = look(place, old, new, again=str(bundle))
        assert found in counts, f"killed at {at}: {found}"
        counts[found] += 1
    assert counts["old"] > 50 and counts["new"] > 0, counts


def test_the_killing_disk_kills(line: Line, root: Path) -> None:
    assert killed(root, line.built[1].path, 5, amid=False) == -9
    assert KillingDisk(3, amid=True).at == 3
