"""``workbench serve`` as a process of its own: start, key, answer, end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.store.usage_queries import settlements

from .conftest import link_models

pytestmark = pytest.mark.model

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(home: Path, shared_home_path: Path, tmp_path: Path) -> Iterator[Start]:
    """Start ``workbench serve`` with more words; it is gone when the test ends."""
    link_models(home, shared_home_path)
    started: list[subprocess.Popen[str]] = []

    def run(*words: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("workbench"), "--set", "threads", "1", "serve",
             "--key-file", str(tmp_path / "key"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **variables},
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def url_of(process: subprocess.Popen[str]) -> str:
    """Where it listens, as it says itself: what it prints can be read at once by a pipe."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listens on http" in line, process.stderr.read() if process.stderr else ""
    return line.split("listens on ")[1].split(";")[0]


def wait_until_ready(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/readyz") as response:
                assert response.status == 200
                return
        except urllib.error.HTTPError as error:
            assert error.code == 503
        time.sleep(0.1)
    raise AssertionError("never ready")


def ask(url: str, key: str, **body: Any) -> Any:
    said = {"model": "smollm2-135m", "messages": [{"role": "user", "content": "Count to 500."}]}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions",
        json.dumps({**said, **body}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    return urllib.request.urlopen(request)


def test_from_its_first_word_to_its_end(start: Start, tmp_path: Path) -> None:
    process = start("--port", "0")
    url = url_of(process)
    wait_until_ready(url)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    key = (tmp_path / "key").read_text().strip()
    with ask(url, key, max_tokens=4) as response:
        answer = json.loads(response.read())
    assert answer["usage"]["completion_tokens"] == 4
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(url, "wb-wrong", max_tokens=4)
    assert refused.value.code == 401
    refused.value.close()

    # A stream that is under way when the end begins comes to its own end.
    with ask(url, key, max_tokens=60, stream=True) as stream:
        first = stream.readline()
        process.send_signal(signal.SIGTERM)
        rest = stream.read()
    assert first.startswith(b"data: ") and rest.endswith(b"data: [DONE]\n\n")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "ended after" in out
    assert "ending: waiting for 1 answer" in out
    assert key not in out + err and "Count to 500" not in out + err


def test_a_drain_that_takes_too_long_cuts_answers_off_and_settles_them(
    start: Start, tmp_path: Path, home: Path
) -> None:
    process = start("--port", "0", WORKBENCH_DRAIN_S="0.5")
    url = url_of(process)
    wait_until_ready(url)
    key = (tmp_path / "key").read_text().strip()
    with ask(url, key, max_tokens=4000, stream=True) as stream:
        stream.readline()
        process.send_signal(signal.SIGTERM)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            stream.read()
        request_id = stream.headers["x-request-id"]
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    (row,) = settlements(request_id=request_id)
    assert row.status == 499 and row.completion_tokens > 0


def test_a_second_signal_ends_it_at_once(start: Start, tmp_path: Path) -> None:
    process = start("--port", "0")
    url = url_of(process)
    wait_until_ready(url)
    key = (tmp_path / "key").read_text().strip()
    with ask(url, key, max_tokens=4000, stream=True) as stream:
        stream.readline()
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert process.poll() is None, "the first one lets the stream go on"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130


def test_an_end_while_a_model_is_being_loaded_is_an_end_like_others(start: Start) -> None:
    process = start("--port", "0")
    url_of(process)
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_a_port_that_is_taken_is_told(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]))
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "is taken" in err and "--port 0" in err and out == ""


def test_an_open_address_needs_leave(start: Start) -> None:
    process = start("--host", "0.0.0.0", "--port", "0")
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--allow-remote" in err


def test_a_model_that_cannot_be_loaded_ends_it_with_the_reason(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "workbench.toml").write_text("[serving]\nload_at_start = ['smollm2-1350m']\n")
    process = start("--port", "0")
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "did you mean 'smollm2-135m'" in err
