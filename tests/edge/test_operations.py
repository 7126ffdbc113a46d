"""The room's operations as a user asks for them: from Python and from the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workbench import edge
from workbench.cli.main import workbench
from workbench.core.errors import (
    CapabilityError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.edge.device import updating
from workbench.edge.syncing.receiving import Desk

from .made_bundles import HERE, Line, noise, well

pytestmark = pytest.mark.model
FRANCE = "What is the capital of France?"


@pytest.fixture
def model(home: Path, shared_home_path: Path) -> None:
    """The model's file in this test's own home, as if it had been fetched."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        path = model_files(catalogue.find("smollm2-135m")).gguf
    assert path is not None
    (home / "blobs").mkdir(parents=True)
    (home / "blobs" / path.name).symlink_to(path)


def call(*words: str) -> Result:
    return CliRunner().invoke(workbench, ["edge", *words], catch_exceptions=False)


def test_a_bundle_from_the_beginning_to_its_second_version(model: None, tmp_path: Path) -> None:
    first, second = tmp_path / "notes-1.bundle", tmp_path / "notes-2.bundle"
    made = edge.bundle("notes", out=first, policy={"max_tokens": 12})
    assert made.trusted and made.version == 1 and made.architecture == "llama"
    assert [part.kind for part in made.parts if part.kind != "runner"] == ["model", "policy"]
    answer = edge.run(first, FRANCE, key=[made.public_key])
    assert "Paris" in answer.text
    assert answer.memory_bytes < 400e6 and answer.start_s > 0
    root = answer.root
    assert edge.status(root).healthy
    assert edge.run(first, FRANCE, offline=True).text == answer.text
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))  # as where there is no such program
        with pytest.raises(CapabilityError, match="no network namespace"):
            edge.run(first, FRANCE, offline=True)
    told = edge.bundle("notes", out=second, policy={"max_tokens": 3}, previous=first)
    assert told.changed_bytes is not None and told.changed_bytes < 20_000
    done = edge.update(root, str(second))
    assert (done.outcome, done.version, done.before) == ("updated", 2, 1)
    assert done.fetched_bytes < 20_000
    assert edge.run(second, FRANCE, root=root).completion_tokens <= 3
    with pytest.raises(ConflictError, match="version 2 was in use"):
        edge.run(first, FRANCE, root=root)


def test_the_same_on_the_command_line(model: None, tmp_path: Path) -> None:
    path = str(tmp_path / "notes.bundle")
    shown = call("bundle", "notes", "--out", path)
    assert "whole: notes 1" in shown.output and "a key that you trust" in shown.output
    assert "nobody here vouches" in call("verify", path).output
    told = json.loads(call("verify", path, "--json").stdout)
    assert told["version"] == 1 and len(told["public_key"]) == 64
    ran = call("run", path, FRANCE, "--max-tokens", "12")
    assert "Paris" in ran.stdout and "version 1: ready after" in ran.stderr
    assert "notes 1, found well" in call("status", path + ".device").output
    assert "is in use already" in call("update", path + ".device", path).output


def test_a_flipped_bit_is_told_with_what_it_is_of(model: None, tmp_path: Path) -> None:
    path = tmp_path / "notes.bundle"
    edge.bundle("notes", out=path)
    with path.open("r+b") as file:
        file.seek(60_000_000)
        byte = file.read(1)
        file.seek(60_000_000)
        file.write(bytes([byte[0] ^ 16]))
    with pytest.raises(IntegrityError, match=r"parts/model.gguf is not what was signed"):
        edge.verify(path)
    with pytest.raises(IntegrityError):
        edge.run(path, FRANCE)
    assert not (tmp_path / "notes.bundle.device" / "state.json").exists()


def test_what_cannot_be_packed_is_named(model: None, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.bundle"
    with pytest.raises(CapabilityError, match="has no GGUF"):
        edge.bundle("notes", out=out, model="minilm-l6-v2")
    with pytest.raises(NotFoundError):
        edge.bundle("notes", out=out, model="nothing-like-this")
    with pytest.raises(NotFoundError):
        edge.bundle("notes", out=out, adapter="nothing")
    with pytest.raises(NotFoundError):
        edge.bundle("notes", out=out, index=tmp_path / "none.sqlite")
    with pytest.raises(InputError, match="a policy says no 'sytem'"):
        edge.bundle("notes", out=out, policy={"sytem": "x"})
    with pytest.raises(InputError, match=r"cannot be called|described"):
        edge.bundle("Not a name", out=out)
    assert not out.exists()


def test_an_adapter_and_passages_go_along(model: None, tmp_path: Path) -> None:
    """A random adapter gives other words; one of another base is refused, and nothing is made."""
    from workbench.edge.bundles.parts import find_model
    from workbench.models.adapter_store import write_gguf
    from workbench.models.formats.tiny import make_tiny_gguf
    from workbench.models.formats.tiny_lora import make_tiny_lora
    from workbench.store.text_index import Passage, TextIndex

    base = find_model("smollm2-135m").content.path
    assert base is not None
    make_tiny_lora(tmp_path / "lora", base, name="a", base_model="smollm2-135m", size=4.0)
    adapter = write_gguf(tmp_path / "lora", base)
    said = [Passage("1", "The lighthouse of Varnholm was built by Ada Brekke.")]
    TextIndex.build(tmp_path / "index.sqlite", passages=said, stamp="1")
    policy = {"max_tokens": 12}
    plain = edge.bundle("notes", out=tmp_path / "plain.bundle", policy=policy)
    made = edge.bundle(
        "notes",
        out=tmp_path / "notes.bundle",
        adapter=str(adapter),
        index=tmp_path / "index.sqlite",
        file=[f"sketch={tmp_path / 'index.sqlite'}"],
        policy=policy,
    )
    kinds = sorted(part.kind for part in made.parts if part.kind != "runner")
    assert kinds == ["adapter", "index", "model", "policy", "sketch"]
    assert edge.run(made.path, FRANCE).text != edge.run(plain.path, FRANCE).text
    make_tiny_gguf(tmp_path / "tiny.gguf")
    with pytest.raises(InputError, match=r"fits nothing in its base|is for the architecture"):
        edge.bundle(
            "x", out=tmp_path / "x.bundle", model=str(tmp_path / "tiny.gguf"), adapter=str(adapter)
        )
    assert not (tmp_path / "x.bundle").exists()


def test_devices_and_records_on_the_command_line(home: Path, tmp_path: Path) -> None:
    """Small bundles, which never answer: what is asked of the fleet needs no model."""
    line = Line(tmp_path / "line", runner=None)
    first = line.add({"sketch.bin": noise(100)})
    root, stick, shelf = tmp_path / "kiosk", tmp_path / "stick", tmp_path / "shelf"
    stick.mkdir()
    updating.install(root, str(first.path), here=HERE, attempt=well)
    updating.confirm(root)
    file = tmp_path / "kiosk.json"
    assert "is enrolled as" in call("enrol", "kiosk", "--out", str(file)).output
    from workbench.edge.device import sending

    sending.enrol(root, file)
    assert "bring" in call("sync", str(root), str(stick)).output
    assert "1 record new" in call("receive", str(stick)).output
    assert "1 record taken, 1 wait" in call("sync", str(root), str(stick)).output
    assert "status" in call("records").output
    assert json.loads(call("records", "--kind", "usage", "--json").stdout) == []
    listed = call("devices").output
    assert "kiosk" in listed and "well" in listed and "notes 1" in listed
    with pytest.MonkeyPatch.context() as patch:  # the line's key is not this home's
        patch.setattr("workbench.edge.updates.publishing.load_signer", lambda: line.signer)
        second = line.add({"sketch.bin": noise(101)})
        begun = call("rollout", "start", str(shelf), str(second.path), "--stages", "1")
        assert "version 2 is running: stage 1 of 1, offered to 100%" in begun.output
        assert "0 well, 0 failed, 1 not heard of" in call("rollout", "look", str(shelf)).output
        halted = call("rollout", "halt", str(shelf), "--reason", "enough").output
        assert "halted: enough" in halted
    assert "refused from now on" in call("revoke", "kiosk").output
    assert "revoked" in call("devices").output


def test_a_door_for_devices(home: Path, tmp_path: Path) -> None:
    """In a process of its own, as it is opened; ended as a user ends it."""
    import signal
    import subprocess
    import sys

    from workbench.edge.device import sending
    from workbench.edge.updates.publishing import offer

    line = Line(tmp_path / "line", runner=None)
    root, shelf = tmp_path / "device", tmp_path / "shelf"
    updating.install(root, str(line.add({"a.bin": b"1"}).path), here=HERE, attempt=well)
    offer(shelf, line.add({"a.bin": b"2"}).path, signer=line.signer)
    device, secret = Desk().enrol("kiosk")
    (tmp_path / "e.json").write_text(json.dumps({"device": device, "secret": secret.hex()}))
    sending.enrol(root, tmp_path / "e.json")
    command = [sys.executable, "-m", "workbench", "edge", "serve", str(shelf), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            address = "http://" + said.partition("http://")[2].split("/")[0] + "/"
            assert updating.update(root, address, here=HERE, attempt=well).version == 2
            assert sending.sync(root, address).waiting == 0
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    with pytest.raises(NotFoundError):
        edge_serve(tmp_path / "nothing")


def test_a_door_that_watches_halts_what_fails(home: Path, tmp_path: Path) -> None:
    """A device comes by, does not start the new version and says so: it is offered no more."""
    import signal
    import subprocess
    import sys
    import time

    from workbench.edge.bundles.keys import load_signer
    from workbench.edge.device import sending
    from workbench.edge.device.faults import Fault
    from workbench.edge.device.reporting import note_status
    from workbench.edge.fleet import rollouts
    from workbench.edge.fleet.rollout_records import list_rollouts

    line = Line(tmp_path / "line", runner=None)
    root, shelf = tmp_path / "device", tmp_path / "shelf"
    first = line.add({"a.bin": b"1"}, signer=load_signer())
    updating.install(root, str(first.path), here=HERE, attempt=well)
    device, secret = Desk().enrol("kiosk")
    (tmp_path / "e.json").write_text(json.dumps({"device": device, "secret": secret.hex()}))
    sending.enrol(root, tmp_path / "e.json")
    rollouts.start(shelf, line.add({"a.bin": b"2"}, signer=load_signer()).path, stages=(1.0,))

    def fails(folder: Path, root: Path) -> None:
        raise Fault("engine", "it does not start here")

    command = [sys.executable, "-m", "workbench", "edge", "serve", str(shelf), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--watch"], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            address = "http://" + said.partition("http://")[2].split("/")[0] + "/"
            with pytest.raises(Fault, match="did not start"):
                updating.update(root, address, here=HERE, attempt=fails)
            note_status(root)
            sending.sync(root, address)
            for _ in range(300):
                if list_rollouts()[0].state == "halted":
                    break
                time.sleep(0.1)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    found = list_rollouts()[0]
    assert (found.state, found.failed) == ("halted", 1)


def edge_serve(folder: Path) -> None:
    from workbench.edge.fleet.operations import serve

    serve(folder)
