"""Asking a gateway that runs: found by its state file, told when none does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core import errors
from workbench.serving import running_operations as operations
from workbench.serving.asking import GatewayClient
from workbench.serving.running import (
    announce,
    find_running,
    refuse_second,
    state_path,
    withdraw,
)

from .conftest import MODEL, Client


def test_none_runs_in_an_empty_home() -> None:
    with pytest.raises(errors.NotFoundError, match="no gateway runs"):
        operations.show_status()


def test_a_gateway_whose_process_has_ended_does_not_run(home: Path) -> None:
    running = announce("http://127.0.0.1:1", home / "key")
    assert find_running() == running
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    told = json.loads(state_path().read_text())
    state_path().write_text(json.dumps({**told, "pid": ended.pid}))
    with pytest.raises(errors.NotFoundError):
        find_running()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": 1}', '{"pid": "x"}'])
def test_a_damaged_state_file_is_none(home: Path, content: str) -> None:
    state_path().parent.mkdir(parents=True)
    state_path().write_text(content)
    with pytest.raises(errors.NotFoundError):
        find_running()


def test_a_number_that_was_given_out_again_is_no_gateway(home: Path) -> None:
    announce("http://127.0.0.1:1", home / "key")
    told = json.loads(state_path().read_text())
    state_path().write_text(json.dumps({**told, "started_s": told["started_s"] - 86400}))
    with pytest.raises(errors.NotFoundError):
        find_running()  # this process began a day after that gateway said it ran


def test_a_second_gateway_of_a_home_is_refused_and_told_of_the_first(home: Path) -> None:
    from workbench.serving.operations import serve

    running = announce("http://127.0.0.1:8123", home / "key")
    with pytest.raises(errors.ConflictError, match=r"already: http://127.0.0.1:8123, process"):
        serve(port=0)
    assert find_running() == running
    with pytest.raises(errors.InputError, match="other machines"):  # past that, with leave
        serve(port=0, beside=True, host="0.0.0.0")
    withdraw(running)
    with pytest.raises(errors.InputError, match="other machines"):
        serve(port=0, host="0.0.0.0")


def test_who_ends_takes_back_its_own_word_alone(home: Path) -> None:
    first = announce("http://127.0.0.1:1", home / "key")
    second = announce("http://127.0.0.1:2", home / "key")
    withdraw(first)
    assert find_running() == second
    withdraw(second)
    assert not state_path().exists()


def test_a_gateway_that_was_there_before_is_found_again(home: Path) -> None:
    first = announce("http://127.0.0.1:1", home / "key")
    second = announce("http://127.0.0.1:2", home / "key")
    assert find_running() == second
    withdraw(second)
    assert find_running() == first
    withdraw(first)
    assert not state_path().exists()


def test_one_that_was_killed_does_not_hide_the_one_before(home: Path) -> None:
    first = announce("http://127.0.0.1:1", home / "key")
    code = (
        "import os; from pathlib import Path; from workbench.serving.running import announce;"
        "announce('http://127.0.0.1:2', Path('key')); os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "WORKBENCH_HOME": str(home)}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -9
    assert json.loads(state_path().read_text())["url"] == "http://127.0.0.1:2"
    assert find_running() == first
    with pytest.raises(errors.ConflictError, match=r"http://127.0.0.1:1, process"):
        refuse_second()
    third = announce("http://127.0.0.1:3", home / "key")
    assert find_running() == third
    withdraw(first)  # the order in which they end does not matter
    assert find_running() == third
    withdraw(third)
    assert not state_path().exists()


def test_an_address_that_is_none_or_answers_nothing_is_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("wb-x")
    with pytest.raises(errors.InputError, match="no address"):
        GatewayClient("localhost", tmp_path / "key")
    with pytest.raises(errors.FetchError, match="does not answer"):
        operations.show_status(url="http://127.0.0.1:9", key_file=tmp_path / "key")
    with pytest.raises(errors.NotFoundError, match="no key in"):
        GatewayClient("http://127.0.0.1:9", tmp_path / "nothing")


def test_one_that_ends_is_told_from_one_that_is_not_there(home: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("wb-x")
    running = announce("http://127.0.0.1:9", tmp_path / "key")  # its door is shut, its process here
    with pytest.raises(errors.BusyError, match="is ending: it takes no new request"):
        operations.show_status()
    withdraw(running)
    with pytest.raises(errors.FetchError, match="nothing listens there"):
        operations.show_status(url="http://127.0.0.1:9", key_file=tmp_path / "key")


@pytest.mark.model
def test_models_of_a_running_gateway(client: Client) -> None:
    loaded = operations.load_model(MODEL, pin=True)
    assert loaded.status == "ready" and loaded.pinned
    assert MODEL in [each.name for each in operations.list_loaded()]
    assert operations.unpin_model(MODEL).changed
    assert operations.pin_model(MODEL).pinned
    assert operations.unload_model(MODEL).changed
    assert not operations.unload_model(MODEL).changed
    with pytest.raises(errors.NotFoundError, match="did you mean"):
        operations.load_model("smollm2-136m")
    assert operations.show_status().ready


@pytest.mark.model
def test_the_same_on_the_command_line(client: Client, tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("workbench")), "serving", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    status = run("status", "--json")
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)["url"] == client.url
    assert "is loaded on llamacpp" in run("models", "load", MODEL).stdout
    assert MODEL in run("models", "list").stdout
    refused = run("models", "load", "no-such-model")
    assert refused.returncode == 2 and "no model named" in refused.stderr
    assert "hint: workbench models list --present" in refused.stderr
    assert "GET /v1" not in refused.stderr and "(hint" not in refused.stderr
    absent = run("models", "load", "codellama-7b")
    assert absent.returncode == 2
    assert "the model 'codellama-7b' is not on this disk" in absent.stderr
    assert "hint: workbench models pull codellama-7b" in absent.stderr
