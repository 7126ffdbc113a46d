"""Updates over loopback HTTP: few bytes, cuts, and servers that do not give parts of files."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workbench.edge.device import sources, state, updating
from workbench.edge.device.faults import Fault
from workbench.edge.updates.serving import FileDoor

from ..cutting import CuttingLine
from ..made_bundles import HERE, Line, changed, noise, well

MODEL = noise(4_000_000)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    made = Line(tmp_path / "line")
    made.add({"model.gguf": MODEL})
    return made


@pytest.fixture
def root(tmp_path: Path, line: Line) -> Path:
    updating.install(tmp_path / "device", str(line.built[0].path), here=HERE, attempt=well)
    return tmp_path / "device"


@pytest.fixture
def door(line: Line) -> Iterator[FileDoor]:
    (line.folder / ".hidden").write_text("x")
    with FileDoor(line.folder) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def test_a_change_costs_few_bytes_on_the_line(line: Line, root: Path, door: FileDoor) -> None:
    new = changed(MODEL, 0.01, runs=2)
    made = line.add({"model.gguf": new})
    wire = CuttingLine(door.server_address[1], None)
    done = updating.update(root, wire.address + made.path.name, here=HERE, attempt=well)
    wire.close()
    assert done.version == 2
    folder = state.folder_of(root, state.load(root).current)
    assert (folder / "parts" / "model.gguf").read_bytes() == new
    carried = wire.bytes_back + wire.bytes_there
    assert done.fetched_bytes < carried < 1.1 * done.fetched_bytes + 5_000
    assert carried < 0.05 * len(MODEL)


def test_a_line_that_is_cut_again_and_again(
    line: Line, root: Path, door: FileDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "WAITS_S", (0.0, 0.0))
    made = line.add({"model.gguf": noise(2_500_000, seed=3)})
    wire = CuttingLine(door.server_address[1], random.Random(2), most_bytes=1_500_000)
    for _ in range(200):
        try:
            done = updating.update(root, wire.address + made.path.name, here=HERE, attempt=well)
            break
        except Fault as fault:
            assert fault.code == "fetch"
            assert state.load(root).highest == 1
    wire.close()
    assert done.version == 2
    assert wire.cuts >= 3
    assert wire.bytes_back < 3 * made.path.stat().st_size


def read(address: str) -> bytes:
    with closing(sources.HttpSource(address, waits_s=())) as source:
        return source.read(0, 10)


def test_nobody_there_is_said_and_nothing_is_lost(line: Line, root: Path) -> None:
    with FileDoor(line.folder) as door:
        address = door.address
    with pytest.raises(Fault) as caught:
        read(address + "x")
    assert caught.value.code == "fetch" and "kept" in caught.value.hint


@pytest.mark.parametrize("name", ["nothing.bundle", ".hidden", "../line-secret", "keys/.x"])
def test_what_is_not_there_or_not_to_be_shown(door: FileDoor, name: str) -> None:
    with pytest.raises(Fault, match="404"):
        read(door.address + name)


def test_a_server_that_gives_no_parts_is_named(line: Line, root: Path) -> None:
    made = line.add({"model.gguf": b"x"})

    class Whole(SimpleHTTPRequestHandler):
        def __init__(self, *given: object) -> None:
            super().__init__(*given, directory=str(line.folder))  # type: ignore[arg-type]

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Whole) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/{made.path.name}"
        with pytest.raises(Fault) as caught:
            updating.update(root, address, here=HERE, attempt=well)
        server.shutdown()
    assert caught.value.code == "fetch" and "ranges" in caught.value.hint


def test_an_address_that_is_none(root: Path) -> None:
    with pytest.raises(Fault) as caught:
        updating.update(root, "http://", here=HERE, attempt=well)
    assert caught.value.code == "input"
