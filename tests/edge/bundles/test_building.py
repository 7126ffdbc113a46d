"""Making bundles: what goes in comes out, a line goes on, and Python and unzip read the file."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, InputError, IntegrityError
from workbench.edge.bundles.building import Terms, build
from workbench.edge.bundles.checking import check_bundle
from workbench.edge.bundles.keys import load_signer, read_keys
from workbench.edge.bundles.parts import Content, find_files
from workbench.edge.device import archive, manifest
from workbench.edge.device.archive import Archive, Entry
from workbench.edge.device.chunks import load_chunks

from ..made_bundles import NOW_S, Line, changed, noise


def test_a_bundle_is_a_zip_of_its_parts(tmp_path: Path) -> None:
    model, sketch = noise(200_000), b"opaque"
    made = Line(tmp_path).add({"model.gguf": model, "sketch.bin": sketch})
    with zipfile.ZipFile(made.path) as opened:
        assert opened.testzip() is None
        assert opened.read("parts/model.gguf") == model
        assert opened.read("parts/sketch.bin") == sketch
        assert json.loads(opened.read("manifest.json"))["name"] == "notes"
        assert {info.date_time for info in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with Archive(made.path) as opened_again:
        part = next(p for p in opened_again.head.manifest.parts if p.kind == "model")
        entry = next(e for e in opened_again.entries if e.name == part.chunk_list)
        chunks = load_chunks(opened_again.read(entry.offset, entry.size_bytes), part)
    assert sum(chunk.size_bytes for chunk in chunks) == len(model)
    assert all(chunk.matches(model[chunk.offset : chunk.end]) for chunk in chunks)


def test_the_same_parts_make_the_same_bytes_but_for_the_line(tmp_path: Path) -> None:
    line = Line(tmp_path)
    first = line.add({"model.gguf": noise(100_000)})
    second = line.add({"model.gguf": noise(100_000)})
    third = line.add({"model.gguf": noise(100_000)}, after=first)
    assert second.path.read_bytes() == third.path.read_bytes()
    assert (first.manifest.version, second.manifest.version) == (1, 2)
    assert second.manifest.history == (first.manifest.digest,)
    assert second.manifest.line == first.manifest.line
    assert line.add({}).manifest.history == (first.manifest.digest, third.manifest.digest)


def test_python_runs_it(tmp_path: Path) -> None:
    made = Line(tmp_path, runner=None).add({"sketch.bin": b"x"})
    done = subprocess.run(
        [sys.executable, "-I", str(made.path), "check", "--json"], capture_output=True, check=True
    )
    assert json.loads(done.stdout) == {
        "version": 1,
        "whole": True,
        "key": made.key,
        "trusted": False,
    }


def test_a_version_is_signed_by_a_key_that_the_one_before_names(tmp_path: Path) -> None:
    line, other = Line(tmp_path), load_signer(tmp_path / "other")
    line.add({"sketch.bin": b"1"})
    with pytest.raises(ConflictError, match="does not let the key"):
        line.add({"sketch.bin": b"2"}, signer=other)
    line.add({"sketch.bin": b"2"}, keys=(other.public_key,))
    assert line.add({"sketch.bin": b"3"}, signer=other).key == other.name
    with pytest.raises(ConflictError, match="does not let the key"):
        line.add({"sketch.bin": b"4"})


def test_a_check_tells_whose_it_is_only_with_a_key(tmp_path: Path) -> None:
    made = Line(tmp_path).add({"sketch.bin": b"1"})
    mine, other = load_signer(tmp_path / "keys"), load_signer(tmp_path / "other")
    assert not check_bundle(made.path).trusted
    assert check_bundle(made.path, keys=[mine.public_key]).trusted
    with pytest.raises(ConflictError, match=f"signed with the key {mine.name}") as caught:
        check_bundle(made.path, keys=[other.public_key])
    assert caught.value.context["reason"] == "two-masters"
    pem = tmp_path / "keys" / "public.pem"
    assert read_keys([str(pem), mine.public_key]) == (mine.public_key, mine.public_key)
    for wrong in ("nothing", str(tmp_path / "keys" / "signing.pem")):
        with pytest.raises(InputError, match="is no public key"):
            read_keys([wrong])


def test_a_manifest_that_another_signed_again_is_refused(tmp_path: Path) -> None:
    """A signature that is right, by who has no business: the parts are sound, the key is not."""
    line = Line(tmp_path)
    made = line.add({"sketch.bin": b"1"})
    stolen = Line(tmp_path / "b", name="notes").add(
        {"sketch.bin": b"2"}, signer=load_signer(tmp_path / "b/k")
    )
    with pytest.raises(ConflictError, match="is signed with the key"):
        check_bundle(stolen.path, keys=made.manifest.keys)


def test_what_an_update_would_fetch_is_told(tmp_path: Path) -> None:
    line, model = Line(tmp_path), noise(2_000_000)
    first = line.add({"model.gguf": model})
    second = line.add({"model.gguf": changed(model, 0.01, runs=1)})
    told = check_bundle(second.path, previous=first.path)
    assert told.changed_bytes is not None
    assert 20_000 < told.changed_bytes < 0.1 * told.size_bytes
    assert check_bundle(second.path).changed_bytes is None


@pytest.mark.parametrize(
    ("name", "file"),
    [("Notes", "sketch.bin"), ("", "sketch.bin"), ("notes", "a b"), ("notes", "..x")],
)
def test_names_that_could_lead_elsewhere_are_refused(tmp_path: Path, name: str, file: str) -> None:
    with pytest.raises(InputError):
        Line(tmp_path, name=name).add({file: b"x"})


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    two = [Content("sketch", "parts/x", data=b"1"), Content("sketch", "parts/x", data=b"2")]
    with pytest.raises(InputError, match="one name"):
        build(
            "notes",
            tmp_path / "x.bundle",
            contents=two,
            architecture="llama",
            signer=load_signer(tmp_path / "keys"),
        )
    assert not (tmp_path / "x.bundle").exists()


def test_a_file_that_changes_as_it_is_read_is_not_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.edge.bundles import building

    real = building.lay_out

    def meanwhile(*given: object) -> object:
        (tmp_path / "files-1" / "model.gguf").write_bytes(noise(100_000, seed=9))
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "lay_out", meanwhile)
    with pytest.raises(ConflictError, match="changed as it was read"):
        Line(tmp_path).add({"model.gguf": noise(100_000)})
    assert not list(tmp_path.glob("*.bundle*"))


@pytest.mark.parametrize("given", ["x", "model=x", "=x", "UP=x", "runner=x"])
def test_files_of_the_bundles_own_kinds_are_not_given(given: str) -> None:
    with pytest.raises(InputError, match="KIND=PATH"):
        find_files([given])


def test_what_a_manifest_says_beyond_its_form_is_refused(tmp_path: Path) -> None:
    from workbench.edge.device import canonical
    from workbench.edge.device.faults import Fault

    made = Line(tmp_path).add({"sketch.bin": b"1"}).manifest
    plain = canonical.load(made.dump(), "it")
    for name, value in (
        ("extra", 1),
        ("format", "workbench-bundle/9"),
        ("keys", []),
        ("line", "x"),
        ("made_s", -1),
        ("target", {"machine": "z80", "system": "any"}),
        ("parts", plain["parts"][::-1]),
        ("parts", plain["parts"] * 2),
        ("parts", [{**plain["parts"][0], "name": "../x"}]),
        ("parts", [{**plain["parts"][0], "name": "chunks/x"}]),
        ("parts", [{**plain["parts"][0], "name": "a"}, {**plain["parts"][1], "name": "a/b"}]),
        ("parts", [{**plain["parts"][0], "size_bytes": 1 << 20}]),
    ):
        with pytest.raises(Fault):
            manifest.read_manifest(canonical.dump({**plain, name: value}))
    assert manifest.read_manifest(made.dump()) == made


def test_beyond_four_gigabytes_it_is_a_zip_of_the_larger_kind(tmp_path: Path) -> None:
    """The headers alone, around a hole in the file: what lies in it is not looked at here."""
    sizes = {"manifest.json": 10, "parts/a": 5 << 30, "parts/b": 7}
    entries, place = [], 0
    for name, size_bytes in sizes.items():
        entries.append(Entry(name, size_bytes, "", place))
        place = entries[-1].end
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        for entry in entries:
            file.seek(entry.header)
            file.write(archive.local_header(entry, 0))
        file.seek(entries[-1].end)
        file.write(archive.tail(tuple(entries), dict.fromkeys(sizes, 0)))
    with zipfile.ZipFile(path) as opened:
        assert {info.filename: info.file_size for info in opened.infolist()} == sizes
        assert opened.open("parts/b").read(0) == b""
        assert [info.header_offset for info in opened.infolist()] == [e.header for e in entries]


def test_terms_stand_in_the_manifest(tmp_path: Path) -> None:
    terms = Terms(machine="aarch64", memory_bytes=5, valid_days=2, clock_when_wrong="refuse")
    made = Line(tmp_path).add({"sketch.bin": b"1"}, terms=terms).manifest
    assert (made.machine, made.memory_bytes, made.clock_when_wrong) == ("aarch64", 5, "refuse")
    assert made.expires_s == NOW_S - 1000 + 2 * 86400


def test_a_damaged_bundle_is_not_followed(tmp_path: Path) -> None:
    line = Line(tmp_path)
    first = line.add({"sketch.bin": b"1" * 100})
    data = bytearray(first.path.read_bytes())
    data[-200] ^= 1
    first.path.write_bytes(data)
    with pytest.raises(IntegrityError):
        line.add({"sketch.bin": b"2"})
