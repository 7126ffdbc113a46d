"""A disk that is full at one stage after the other: nothing half-written, and it goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.finetuning.pipeline.running import run_once
from workbench.store.artifacts import Artifacts

from .conftest import Define
from .faults import half_written
from .made_gate import with_gate

STAGES = ("collect", "snapshot", "train", "gate", "canary", "promote")
SCRIPT = Path(__file__).with_name("fill_disk.py")


def on_small_disk(*attempts: str) -> dict[str, Any]:
    """What became of the pipeline of this test's home on a real file system of 192 MB."""
    home = settings.home()
    before = Path(f"{home}-before")
    home.rename(before)
    home.mkdir()
    mount = f'mount -t tmpfs -o size=192m tmpfs {home} && cp -a {before}/. {home} && exec "$@"'
    tries = [["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]]
    for unshare in tries if shutil.which("unshare") else []:
        command = [*unshare, "sh", "-c", mount, "sh"]
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
            continue
        done = subprocess.run(
            [*command, sys.executable, str(SCRIPT), *attempts],
            env={**os.environ, "OMP_NUM_THREADS": "1", "WORKBENCH_HOME": str(home)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told
    pytest.skip("needs root or user namespaces, to mount a small tmpfs")


@pytest.mark.slow
def test_a_full_disk_is_said_and_it_goes_on_when_there_is_room(
    define: Define, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define()
    told = on_small_disk(*[f"{stage}:{free_kib}" for stage in STAGES for free_kib in (0, 8)])
    *full, last = told["attempts"]
    for each in full:
        assert each["error"].startswith("storage:"), each
        assert each["half_written"] == [], each
    assert (last["state"], last["error"], told["faults"]) == ("promoted", "", [])
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "roomy"))
    define()
    (said,) = [run_once("p", stages=with_gate()).output("train")]
    assert said is not None and told["loss"] == said["train_loss"]


def test_what_is_half_written_would_be_found(home: Path) -> None:
    kept = Artifacts().put_bytes(b"whole")
    assert half_written(home) == []
    (blob,) = (home / "blobs").glob(f"sha256-{kept.sha256}")
    blob.chmod(0o600)
    blob.write_bytes(b"who")
    (home / "blobs" / "x.part").write_text("")
    assert len(half_written(home)) == 2
