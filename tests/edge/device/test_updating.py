"""Updates: what is fetched, what is resumed, what is swapped, and what goes back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.edge.device import archive, assembling, boot, sources, state, updating
from workbench.edge.device.faults import Fault

from ..made_bundles import HERE, Line, changed, noise, well

MODEL = noise(4_000_000)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    made = Line(tmp_path / "line")
    made.add({"model.gguf": MODEL, "index.sqlite": noise(300_000, seed=2)})
    return made


@pytest.fixture
def root(tmp_path: Path, line: Line) -> Path:
    updating.install(tmp_path / "device", str(line.built[0].path), here=HERE, attempt=well)
    return tmp_path / "device"


def files_of(root: Path) -> dict[str, bytes]:
    folder = state.folder_of(root, state.load(root).current) / "parts"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_change_fetches_the_chunks_that_changed(line: Line, root: Path) -> None:
    new = changed(MODEL, 0.01, runs=2)
    made = line.add({"model.gguf": new, "index.sqlite": noise(300_000, seed=2)})
    done = updating.update(root, str(made.path), here=HERE, attempt=well)
    assert (done.outcome, done.version, done.before) == ("updated", 2, 1)
    assert files_of(root) == {"model.gguf": new, "index.sqlite": noise(300_000, seed=2)}
    assert done.linked_bytes == 300_000 + sum(p.size_bytes for p in made.manifest.of_kind("runner"))
    assert done.fetched_bytes + done.reused_bytes > 0.99 * len(MODEL)
    assert done.fetched_bytes < 0.06 * done.total_bytes


def test_what_is_put_in_or_taken_out_moves_few_chunks(line: Line, root: Path) -> None:
    """What fixed blocks would fetch whole: all that lies behind the place."""
    new = MODEL[:1_000_000] + b"put in" + MODEL[1_000_000:3_000_000] + MODEL[3_000_777:]
    made = line.add({"model.gguf": new, "index.sqlite": noise(300_000, seed=2)})
    done = updating.update(root, str(made.path), here=HERE, attempt=well)
    assert files_of(root)["model.gguf"] == new
    assert done.fetched_bytes < 0.06 * done.total_bytes


class CutError(Exception):
    """The line was cut."""


def test_an_update_goes_on_where_it_was_cut(
    line: Line, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = noise(3_000_000, seed=5)
    made = line.add({"model.gguf": new, "index.sqlite": b"i"})
    whole = made.path.stat().st_size
    real, left = sources.FileSource.read, [0]

    def read(self: sources.FileSource, offset: int, size_bytes: int) -> bytes:
        if left[0] < size_bytes:
            raise Fault("fetch", "cut")
        left[0] -= size_bytes
        return real(self, offset, size_bytes)

    monkeypatch.setattr(sources.FileSource, "read", read)
    fetched, tries = 0, 0
    while True:
        left[0] = 1_200_000
        tries += 1
        before = left[0]
        try:
            updating.update(root, str(made.path), here=HERE, attempt=well)
            fetched += before - left[0]
            break
        except Fault as fault:
            assert fault.code == "fetch"
            assert state.load(root).highest == 1
            fetched += before - left[0]
    assert tries >= 3
    assert fetched < 1.02 * whole, "nothing that came is fetched again"
    assert files_of(root)["model.gguf"] == new


def test_what_a_source_gives_is_looked_at(line: Line, root: Path) -> None:
    made = line.add({"model.gguf": noise(2_000_000, seed=6), "index.sqlite": b"i"})
    data = bytearray(made.path.read_bytes())
    with archive.Archive(made.path) as opened:
        entry = next(e for e in opened.entries if e.name == "parts/model.gguf")
    data[entry.offset + 1_500_000] ^= 4
    made.path.write_bytes(data)
    with pytest.raises(Fault) as caught:
        updating.update(root, str(made.path), here=HERE, attempt=well)
    assert caught.value.code == "integrity"
    assert state.load(root).highest == 1
    data[entry.offset + 1_500_000] ^= 4
    made.path.write_bytes(data)
    done = updating.update(root, str(made.path), here=HERE, attempt=well)
    assert done.fetched_bytes < 1_400_000, "what came before the fault is kept"


def test_a_damaged_file_of_the_version_in_use_is_not_built_on(line: Line, root: Path) -> None:
    path = state.folder_of(root, state.load(root).current) / "parts" / "model.gguf"
    data = bytearray(path.read_bytes())
    data[2_000_000] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    made = line.add({"model.gguf": MODEL, "index.sqlite": b"i"})
    done = updating.update(root, str(made.path), here=HERE, attempt=well)
    assert files_of(root)["model.gguf"] == MODEL
    assert 0 < done.fetched_chunks < 8


def test_a_damaged_version_is_mended_by_what_it_came_from(line: Line, root: Path) -> None:
    updating.confirm(root)
    digest = state.load(root).current
    path = state.folder_of(root, digest) / "parts" / "model.gguf"
    data = bytearray(MODEL)
    data[2_000_000] ^= 1
    path.write_bytes(data)
    again = line.built[0].path
    done = updating.update(root, str(again), here=HERE, attempt=well)
    assert files_of(root)["model.gguf"] == MODEL
    assert done.fetched_chunks == 1
    known = state.load(root)
    assert (known.current, known.previous, known.highest) == (digest, "", 1)
    assert updating.update(root, str(again), here=HERE, attempt=well).outcome == "same"


def test_a_version_that_does_not_start_is_not_swapped_in(line: Line, root: Path) -> None:
    def broken(folder: Path, root: Path) -> None:
        raise Fault("architecture", "the runtime does not know 'mamba9'")

    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"})
    before = state.load(root).current
    with pytest.raises(Fault) as caught:
        updating.update(root, str(made.path), here=HERE, attempt=broken)
    assert caught.value.code == "architecture"
    assert "nothing was replaced" in caught.value.message
    assert state.load(root).current == before
    assert [path.name for path in (root / "bundles").iterdir()] == [before]
    with pytest.raises(Fault) as caught:
        updating.update(root, str(made.path), here=HERE, attempt=well)
    assert caught.value.code == "refused-before"
    assert (
        updating.update(root, str(made.path), here=HERE, attempt=well, allow_older=True).version
        == 2
    )
    assert state.load(root).refused == {}


def test_its_own_runner_is_what_starts_it(line: Line, root: Path) -> None:
    line.runner = {"__main__.py": b"raise SystemExit('no such thing')"}
    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"})
    with pytest.raises(Fault) as caught:
        updating.update(root, str(made.path), here=HERE)
    assert caught.value.code == "unhealthy"
    assert "status 1: no such thing" in caught.value.message
    line.runner = {"__main__.py": b"print('{}')"}
    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"}, after=made)
    assert updating.update(root, str(made.path), here=HERE).version == 3


def launch(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(root / boot.LAUNCHER), *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_version_that_never_answers_makes_way(line: Line, root: Path) -> None:
    """It passed its trial and then fails where it is to answer: after three starts it is out."""
    updating.confirm(root)
    first = state.load(root).current
    line.runner = {"__main__.py": b"import sys; sys.exit('health' not in sys.argv)"}
    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"})
    updating.update(root, str(made.path), here=HERE)
    assert [launch(root, "ask", "x").returncode for _ in range(3)] == [1, 1, 1]
    assert state.load(root).current == made.manifest.digest
    assert launch(root, "status").returncode == 1, "looking does not count as a start"
    done = launch(root, "ask", "x")
    assert done.returncode == 0 and "a version" in done.stdout
    assert "fell back" in done.stderr
    known = state.load(root)
    assert known.current == first and known.trial is None
    assert known.fell_back[0] == made.manifest.digest
    with pytest.raises(Fault) as caught:
        updating.update(root, str(made.path), here=HERE, attempt=well)
    assert caught.value.code == "refused-before"


def test_a_version_that_answered_once_stays(line: Line, root: Path) -> None:
    updating.confirm(root)
    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"})
    updating.update(root, str(made.path), here=HERE, attempt=well)
    assert state.load(root).trial == boot.STARTS
    assert updating.confirm(root) and not updating.confirm(root)
    assert all(launch(root, "ask").returncode == 0 for _ in range(5))
    assert state.load(root).current == made.manifest.digest


def test_a_runner_that_is_damaged_makes_way_before_it_is_run(line: Line, root: Path) -> None:
    updating.confirm(root)
    first = state.load(root).current
    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"})
    updating.update(root, str(made.path), here=HERE, attempt=well)
    updating.confirm(root)
    script = root / "bundles" / made.manifest.digest / "__main__.py"
    script.unlink()
    script.write_text("print('changed')")
    done = launch(root, "ask", "x")
    assert "changed" not in done.stdout and "__main__.py is damaged" in done.stderr
    assert state.load(root).current == first


def test_a_version_that_is_found_well_during_an_update_is_kept_behind_it(
    line: Line, root: Path
) -> None:
    """It answers for the first time as the next one is fetched: that is not written over."""
    first = state.load(root).current
    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"})

    def meanwhile(folder: Path, root: Path) -> None:
        assert updating.confirm(root, first)

    updating.update(root, str(made.path), here=HERE, attempt=meanwhile)
    known = state.load(root)
    assert (known.current, known.previous) == (made.manifest.digest, first)
    assert not updating.confirm(root, first), "it is not in use any more"
    assert known.trial == boot.STARTS


def test_two_at_once_do_not_meet(line: Line, root: Path) -> None:
    made = line.add({"model.gguf": b"x", "index.sqlite": b"i"})
    with state.locked(root), pytest.raises(Fault) as caught:
        updating.update(root, str(made.path), here=HERE, attempt=well)
    assert caught.value.code == "busy"


def test_a_folder_that_has_nothing_says_what_to_do(tmp_path: Path, line: Line) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Fault) as caught:
        updating.update(tmp_path / "empty", str(line.built[0].path), here=HERE)
    assert caught.value.code == "not-found" and "install" in caught.value.hint
    (tmp_path / "empty" / boot.STATE).write_text("{")
    with pytest.raises(Fault) as caught:
        updating.update(tmp_path / "empty", str(line.built[0].path), here=HERE)
    assert caught.value.code == "integrity"


def test_who_installs_second_meanwhile_takes_nothing_away(
    tmp_path: Path, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two masters: another line is installed between the look at the folder and its lock."""
    root, other = tmp_path / "fresh", Line(tmp_path / "other", name="other")
    first, theirs = line.built[0], other.add({"a.bin": b"theirs"})
    real, once = state.locked, [True]

    def late(folder: Path) -> object:
        if once:
            once.clear()
            updating.install(root, str(theirs.path), here=HERE, attempt=well)
        return real(folder)

    monkeypatch.setattr(state, "locked", late)
    with pytest.raises(Fault) as caught:
        updating.install(root, str(first.path), here=HERE, attempt=well)
    assert caught.value.code == "two-masters"
    assert state.load(root).current == theirs.manifest.digest


def test_two_updaters_at_once_leave_one_whole_version(line: Line, root: Path) -> None:
    """Two processes begin together; one may be told that the other is at it, and none meets it."""
    made = line.add({"model.gguf": noise(3_000_000, seed=9), "index.sqlite": b"i"})
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from pathlib import Path\n"
        "from tests.edge.made_bundles import HERE, well\n"
        "from workbench.edge.device import updating\n"
        "from workbench.edge.device.faults import Fault\n"
        "root, place = Path(sys.argv[1]), sys.argv[2]\n"
        "try: print(updating.update(root, place, here=HERE, attempt=well).outcome)\n"
        "except Fault as fault: print(fault.code)\n"
    )
    command = [sys.executable, "-c", code, str(root), str(made.path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(each.communicate()[0].strip() for each in both)
    assert said.count("updated") == 1 and set(said) <= {"busy", "same", "updated"}, said
    assert state.load(root).current == made.manifest.digest
    assembling.check_folder(state.folder_of(root, made.manifest.digest), made.manifest)
