"""A bit that is flipped anywhere in a bundle is seen, whatever it stands for."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest

from workbench.edge.device.archive import Archive
from workbench.edge.device.faults import Fault

from ..made_bundles import Line, noise


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    line = Line(tmp_path_factory.mktemp("line"))
    return line.add({"model.gguf": noise(150_000), "sketch.bin": b"small", "empty.bin": b""}).path


def regions(bundle: Path) -> dict[str, list[int]]:
    """Every byte of the file, by what it is of."""
    found: dict[str, list[int]] = {"headers": [], "parts": [], "lists": []}
    with Archive(bundle) as archive:
        for entry in archive.entries:
            found["headers"] += range(entry.header, entry.offset)
            kind = "lists" if entry.name.startswith("chunks/") else "parts"
            kind = entry.name if entry.name.endswith("ture.json") else kind
            kind = entry.name if entry.name == "manifest.json" else kind
            found.setdefault(kind, []).extend(range(entry.offset, entry.end))
        found["directory"] = list(range(archive.entries[-1].end, bundle.stat().st_size))
    assert sorted(place for places in found.values() for place in places) == list(
        range(bundle.stat().st_size)
    )
    return found


def check(path: Path) -> None:
    with Archive(path) as archive:
        archive.check()


def is_refused(path: Path) -> bool:
    try:
        check(path)
    except Fault as fault:
        assert fault.code in ("integrity", "input", "two-masters"), fault.code
        return True
    return False


def test_each_region_has_its_flips_seen(bundle: Path, tmp_path: Path, scale: int) -> None:
    check(bundle)
    data, drawn = bundle.read_bytes(), random.Random(11)
    copy = tmp_path / "copy.bundle"
    for name, places in regions(bundle).items():
        for place in drawn.sample(places, min(len(places), 60 * scale)):
            flipped = bytearray(data)
            flipped[place] ^= 1 << drawn.randrange(8)
            copy.write_bytes(flipped)
            assert is_refused(copy), f"a bit in {name}, byte {place}"


@pytest.mark.parametrize("cut", [1, 22, 5_000])
def test_what_is_cut_off_or_goes_on_is_seen(bundle: Path, tmp_path: Path, cut: int) -> None:
    data = bundle.read_bytes()
    (tmp_path / "short.bundle").write_bytes(data[:-cut])
    (tmp_path / "long.bundle").write_bytes(data + bytes(cut))
    (tmp_path / "before.bundle").write_bytes(bytes(cut) + data)
    for name in ("short", "long", "before"):
        assert is_refused(tmp_path / f"{name}.bundle")


def test_the_checksums_of_a_zip_would_miss_some(bundle: Path, tmp_path: Path) -> None:
    """The broken variant: who trusts the zip's own checks lets flips in its headers pass."""
    data, drawn, missed = bundle.read_bytes(), random.Random(3), 0
    copy = tmp_path / "copy.zip"
    for place in drawn.sample(regions(bundle)["headers"], 60):
        flipped = bytearray(data)
        flipped[place] ^= 1 << drawn.randrange(8)
        copy.write_bytes(flipped)
        try:
            with zipfile.ZipFile(copy) as opened:
                missed += opened.testzip() is None
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeDecodeError):
            continue
    assert missed > 5
