"""The process of llama.cpp: how it starts, how it dies, that it never outlives its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workbench.core.cancellation import cancellable
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    DeadlineError,
    EngineError,
    InputError,
    WorkbenchError,
)
from workbench.models.engines.llamacpp_process import LlamaProcess
from workbench.models.loading import load
from workbench.models.model import Model

pytestmark = pytest.mark.model

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


def workers() -> set[int]:
    """The llama.cpp processes that this process owns."""
    mine = psutil.Process().children(recursive=True)
    return {one.pid for one in mine if any("llamacpp_worker" in part for part in one.cmdline())}


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    before = workers()
    yield
    assert workers() <= before  # one that an earlier file had left may have ended meanwhile


@pytest.fixture
def loaded(shared_home: Path) -> Iterator[Model]:
    with load(engine="llamacpp", context_tokens=256, threads=1) as model:
        yield model


def process_of(model: Model) -> LlamaProcess:
    process: LlamaProcess = model._engine._process  # type: ignore[attr-defined]
    return process


def config_of(path: Path) -> dict[str, object]:
    return {
        "name": "it",
        "model": str(path),
        "context_tokens": 256,
        "parallel": 1,
        "batch_tokens": 512,
        "threads": 1,
        "cache_prompt": True,
        "lookup_tokens": 0,
        "cache_ram_mib": 0,
        "gpu": False,
        "embedding": False,
        "adapters": [],
    }


def ended(pid: int) -> bool:
    """Whether a process ends; a minute is far beyond what it needs, and is never asserted on."""
    for _ in range(600):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_close_ends_the_process(loaded: Model) -> None:
    pid = process_of(loaded).pid
    assert psutil.pid_exists(pid)
    loaded.close()
    assert not psutil.pid_exists(pid)


def test_only_the_owner_is_answered_and_only_on_this_machine(loaded: Model) -> None:
    process = process_of(loaded)
    heard = [c for c in psutil.Process(process.pid).net_connections("inet") if c.status == "LISTEN"]
    assert [(c.laddr.ip, c.laddr.port) for c in heard] == [("127.0.0.1", process._port)]
    for path in ("/completion", "/tokenize", "/props", "/v1/models", "/slots", "/metrics"):
        for key in ({}, {"Authorization": "Bearer wrong"}):
            request = urllib.request.Request(f"http://127.0.0.1:{process._port}{path}", headers=key)
            if path in ("/completion", "/tokenize"):
                request.data = b'{"prompt": "a", "content": "a", "n_predict": 1}'
            try:
                with urllib.request.urlopen(request) as answer:
                    status, body = answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    status, body = error.code, error.read().decode()
            if path == "/v1/models":  # llama.cpp answers this to anybody; it must name no file
                assert status == 401 or "sha256-" not in body
            else:
                assert status in (401, 404, 501), path
    assert process.ask("/tokenize", {"content": "a"})["tokens"]
    assert process._key not in " ".join(psutil.Process(process.pid).cmdline())
    assert process._key not in str(psutil.Process(process.pid).environ())


def test_a_killed_process_is_an_error_with_a_hint_and_the_next_load_works(loaded: Model) -> None:
    stream = loaded.stream("1, 2, 3,", max_tokens=200)
    next(stream)
    os.kill(process_of(loaded).pid, signal.SIGKILL)
    with pytest.raises(EngineError, match="-9") as error:
        list(stream)
    assert "load the model again" in str(error.value.hint)
    with pytest.raises(EngineError, match="-9"):
        loaded.chat(FRANCE)
    with pytest.raises(EngineError):
        loaded.memory_bytes()
    loaded.close()
    with load(engine="llamacpp", context_tokens=256, threads=1) as again:
        assert "Paris" in again.chat(FRANCE, temperature=0, max_tokens=16).text


def test_a_process_that_breaks_off_without_dying_is_an_error_too(loaded: Model) -> None:
    """A proxy forces the fault: it passes on the head of an answer and hangs up."""
    import socket
    import threading

    process = process_of(loaded)
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65536)
            event = b'data: {"content": "a", "tokens": [1], "tokens_predicted": 1, "stop": false}'
            body = b"%x\r\n%s\n\n\r\n" % (len(event) + 2, event)
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            client.sendall(head + body + b"0\r\n\r\n")  # a regular end, and no last word

    thread = threading.Thread(target=hang_up)
    thread.start()
    real = process._port
    process._port = listener.getsockname()[1]
    try:
        with pytest.raises(EngineError, match="broke off") as error:
            list(process.ask_stream("/completion", {"prompt": [1]}))
        assert error.value.hint
    finally:
        process._port = real
        thread.join()
        listener.close()
    assert loaded.tokenize("still there")


def test_an_interrupt_of_the_terminal_does_not_reach_the_model(loaded: Model) -> None:
    assert os.getpgid(process_of(loaded).pid) != os.getpgid(0)


def test_a_load_that_takes_too_long_is_ended(smollm2_gguf: Path) -> None:
    with pytest.raises(DeadlineError, match=r"within 0\.01 s") as error:
        LlamaProcess(config_of(smollm2_gguf), load_timeout_s=0.01)
    assert "LOAD_TIMEOUT" in str(error.value.hint)


def test_a_load_can_be_cancelled(smollm2_gguf: Path) -> None:
    with pytest.raises(CancelledError), cancellable() as token:
        token.cancel()
        LlamaProcess(config_of(smollm2_gguf), load_timeout_s=60)


def test_a_load_that_is_cancelled_once_its_process_answers_leaves_no_process(
    smollm2_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[LlamaProcess] = []

    def ask(self: LlamaProcess, path: str, body: object = None) -> None:
        started.append(self)
        raise CancelledError("cancelled: in this very instant")

    monkeypatch.setattr(LlamaProcess, "ask", ask)
    with pytest.raises(CancelledError):
        load(str(smollm2_gguf), engine="llamacpp", context_tokens=64, threads=1)
    assert not psutil.pid_exists(started[0].pid)


def damaged(original: Path, folder: Path, kind: str) -> Path:
    path = folder / "file.gguf"
    content = original.read_bytes()
    damages = {
        "empty": b"",
        "four bytes": content[:4],
        "wrong magic": b"JUNK" + content[4:],
        "head cut": content[:1_000_000],
        "tensors cut": content[:50_000_000],
        "last byte cut": content[:-1],
        "text": b"this is no model\n" * 1000,
        "zeros": bytes(1 << 20),
    }
    path.write_bytes(damages[kind])
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "empty",
        "four bytes",
        "wrong magic",
        "head cut",
        "tensors cut",
        "last byte cut",
        "text",
        "zeros",
    ],
)
def test_a_damaged_gguf_is_a_clear_error(smollm2_gguf: Path, tmp_path: Path, kind: str) -> None:
    with pytest.raises(WorkbenchError, match=r"file\.gguf is (damaged|not a GGUF)") as error:
        load(str(damaged(smollm2_gguf, tmp_path, kind)), engine="llamacpp")
    assert error.value.hint


def test_an_architecture_that_llama_cpp_does_not_know_is_named(tmp_path: Path) -> None:
    from workbench.models.formats.tiny import make_tiny_gguf

    path = tmp_path / "other.gguf"
    make_tiny_gguf(path)
    path.write_bytes(path.read_bytes().replace(b"llama", b"zonda"))
    with pytest.raises(CapabilityError, match="does not know the architecture 'zonda'"):
        load(str(path), engine="llamacpp")


@pytest.mark.parametrize("kind", ["empty", "wrong magic", "head cut", "tensors cut", "text"])
def test_llama_cpp_too_says_what_is_wrong_with_a_file(
    smollm2_gguf: Path, tmp_path: Path, kind: str
) -> None:
    """Past our own reading of the head, which would catch these before."""
    with pytest.raises(EngineError, match="could not load"):
        LlamaProcess(config_of(damaged(smollm2_gguf, tmp_path, kind)), load_timeout_s=60)


def test_a_flipped_byte_of_the_head_never_hangs_or_crashes(
    smollm2_gguf: Path, tmp_path: Path
) -> None:
    """Either a clear error or, where the byte says nothing that matters, a model that answers."""
    path = tmp_path / "flipped.gguf"
    content = bytearray(smollm2_gguf.read_bytes())
    refused = 0
    # Magic, version, counts, the first key's length and letters, its kind; then texts of the
    # vocabulary and, at 1.4 MB, the list of tensors.
    for place in (0, 4, 8, 11, 16, 24, 33, 52, 60, 5000, 1_400_000):
        content[place] ^= 0xFF
        path.write_bytes(content)
        content[place] ^= 0xFF
        try:
            with load(str(path), engine="llamacpp", context_tokens=64) as model:
                model.generate("a", max_tokens=1)
        except WorkbenchError as error:
            assert error.message
            refused += 1
    assert refused >= 5


def test_a_folder_is_no_gguf(tmp_path: Path) -> None:
    folder = tmp_path / "model.gguf"
    folder.mkdir()
    with pytest.raises(InputError, match="no model"):
        load(str(folder), engine="llamacpp")


SCRIPT = """
import sys, threading, time
from workbench.models.loading import load
model = load(engine="llamacpp", context_tokens=256, threads=1)
print(model._engine._process.pid, flush=True)
"""
ENDS = {
    "falls off its end": "",
    "raises": "raise RuntimeError('on purpose')",
    "sys.exit in a thread": (
        "thread = threading.Thread(target=sys.exit, args=(3,)); thread.start(); thread.join()"
    ),
    "sys.exit": "sys.exit(4)",
    "os._exit": "import os; os._exit(5)",
    "amid a stream": "next(model.stream('1, 2,', max_tokens=200))",
}


@pytest.mark.parametrize("end", ENDS)
def test_no_process_outlives_its_owner(shared_home: Path, end: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT + ENDS[end]], capture_output=True, text=True, check=False
    )
    assert result.stdout, result.stderr
    assert ended(int(result.stdout))


def test_no_process_outlives_an_owner_that_is_killed(shared_home: Path) -> None:
    script = (
        SCRIPT + "stream = model.stream('1, 2,', max_tokens=200)\nnext(stream)\ntime.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        pid = int(it.stdout.readline())
        assert psutil.pid_exists(pid)
        it.kill()
        it.wait()
    assert ended(pid)
