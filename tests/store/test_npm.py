"""Files of npm packages: npm's own archives, made here; no registry is asked."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import (
    DependencyError,
    FetchError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.store import npm
from workbench.store.sources import Source, SourceFile, fetch

SCRIPT = b"export const answer = 42;\n"


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return made.getvalue()


ABOUT = {"name": "@here/carrier", "version": "1.2.3", "scripts": {"prepare": "exit 1"}}
ARCHIVE = archive({"package.json": json.dumps(ABOUT).encode(), "dist/it.mjs": SCRIPT})


class Registry(ThreadingHTTPServer):
    """A registry with one package, on the loopback address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.archive = self.promised = ARCHIVE
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Request(BaseHTTPRequestHandler):
    server: Registry
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        here = self.server
        here.asked.append(self.path)
        if self.path.endswith(".tgz"):
            self.answer(200, here.archive)
        elif "carrier" in self.path:
            said = {"tarball": f"{here.address}carrier-1.2.3.tgz",
                    "shasum": hashlib.sha1(here.promised).hexdigest()}  # fmt: skip
            version = {**ABOUT, "dist": said}
            self.answer(200, json.dumps({"name": ABOUT["name"], "versions": {"1.2.3": version},
                                         "dist-tags": {"latest": "1.2.3"}}).encode())  # fmt: skip
        else:
            self.answer(404, b"{}")

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    """npm asks this one alone."""
    with Registry() as made:
        monkeypatch.setenv("npm_config_registry", made.address)
        monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def source(path: str = "dist/it.mjs", version: str = "1.2.3", content: bytes = SCRIPT) -> Source:
    file = SourceFile(path, hashlib.sha256(content).hexdigest(), len(content))
    return Source(f"npm:@here/carrier@{version}", (file,), "MIT")


def test_a_file_of_a_package_is_fetched_once_and_nothing_of_it_is_run(
    registry: Registry, home: Path
) -> None:
    (found,) = fetch([source()])
    assert found.path.read_bytes() == SCRIPT
    asked = len(registry.asked)
    assert fetch([source()]) == [found]
    assert len(registry.asked) == asked
    assert not list((home / "staging").rglob("*.tgz"))


def test_what_is_not_as_promised_is_refused(registry: Registry, home: Path) -> None:
    with pytest.raises(IntegrityError, match=r"it.mjs of npm:@here/carrier@1.2.3"):
        fetch([source(content=b"other words, of the same package\n")])
    registry.archive = archive({"dist/it.mjs": b"exchanged on the way"})
    with pytest.raises(IntegrityError, match="not what it promised"):
        fetch([source()])
    assert not list((home / "blobs").rglob("sha256-*"))


def test_what_is_not_there_is_told_without_an_address(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match=r"dist/it\.mjs"):
        fetch([source(path="dist/is.mjs")])
    with pytest.raises(FetchError, match="has no such package") as caught:
        fetch([source(version="9.9.9")])
    assert "127.0.0.1" not in str(caught.value)
    with pytest.raises(FetchError, match="offline is set"):
        fetch([source(version="9.9.9")], offline=True)


def test_no_network_is_told(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    with pytest.raises(FetchError, match="could not be reached"):
        fetch([source()])


def test_a_damaged_archive_is_named_and_removed(tmp_path: Path) -> None:
    staged = tmp_path / "1.2.3.tgz"
    staged.write_bytes(ARCHIVE[:60] + b"?" + ARCHIVE[61:])
    held = npm.get_archive("@here/carrier", "1.2.3", staging=tmp_path)
    with pytest.raises(IntegrityError, match="is damaged"), held.open("dist/it.mjs") as stream:
        stream.read()
    held.discard()
    assert not staged.exists()


def test_without_npm_the_wheel_that_has_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    found = npm.find_npm()
    told = subprocess.run([*found, "--version"], capture_output=True, text=True, check=True)
    assert int(told.stdout.split(".")[0]) >= 9
    monkeypatch.setattr(npm.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="npm is not installed"):
        npm.find_npm()


@pytest.mark.parametrize(
    "uri", ["npm:carrier", "npm:@here@1.0.0", "npm:carrier@latest", "npm:a/b@1"]
)
def test_a_source_of_another_form_is_refused(uri: str) -> None:
    with pytest.raises(InputError, match="is not of the form npm:PACKAGE@VERSION"):
        Source(uri, (SourceFile("a", "0" * 64, 1),), "MIT")
    with pytest.raises(InputError, match="no sha256"):
        Source("npm:carrier@1.0.0", (SourceFile("a"),), "MIT")
