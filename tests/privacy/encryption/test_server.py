"""The server in a process of its own: it answers, refuses, and never has the secret key."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    CancelledError,
    ConflictError,
    EngineError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.privacy.encryption.client import EncryptedClient, fetch_plan, request
from workbench.privacy.encryption.compiling import Compiled, compile_encrypted, save_compiled
from workbench.privacy.encryption.keys import KeyFolder, load_secret_key, read_given
from workbench.privacy.encryption.scheme import scheme_of
from workbench.privacy.encryption.server import pack_keys
from workbench.privacy.encryption.server_process import ServerProcess, encrypted_server
from workbench.store.ledger import Ledger

from .made import keys_for, made_rows

ROWS = made_rows(1100, 8, seed=3)


@pytest.fixture(scope="module")
def server(small_server: Path, small_keys: KeyFolder) -> Iterator[ServerProcess]:
    with encrypted_server(small_server, keys=small_keys.for_server) as process:
        yield process


def send(url: str, method: str, path: str, body: bytes) -> bytes:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    try:
        return request(connection, method, path, body, url=url)[0]
    finally:
        connection.close()


def test_answers_are_those_of_the_plain_model(
    small: Compiled, small_keys: KeyFolder, server: ServerProcess
) -> None:
    assert fetch_plan(server.url) == small.plan
    with EncryptedClient(server.url, small_keys.folder) as client:
        answers = client.ask(ROWS)
    wanted = small.circuit.scores(ROWS)
    assert np.abs(answers.scores - wanted).max() < small.plan.error_bound
    assert list(answers.labels) == wanted.argmax(axis=1).tolist()
    assert [call.samples for call in answers.calls] == [512, 512, 76]
    assert all(0 < call.compute_s < call.wait_s for call in answers.calls)
    # Each of the three decryptions is in the ledger, before its scores were told.
    entries = Ledger().entries()
    assert [each.action for each in entries] == ["privacy.decryption"] * 3
    assert sum(each.data["samples"] for each in entries) == len(ROWS)
    assert {each.data["plan"] for each in entries} == {small.plan.sha256}


def patterns(small: Compiled, keys: KeyFolder) -> list[bytes]:
    """The secret key as it lies in memory (64 bytes of it at four places) and in its file."""
    kept = load_secret_key(keys.folder, scheme_of(small.plan.parameters))
    secret = kept.data()  # of what must live as long
    words = [[secret[at + i] for i in range(8)] for at in (0, 100, 8192, 8192 * 3 + 50)]
    content = (keys.folder / "secret.key").read_bytes()
    return [*(np.array(each, dtype="<u8").tobytes() for each in words), content[5000:5064]]


def memory_holds(pid: int, wanted: list[bytes]) -> bool:
    """Whether any of these bytes is in what a process can read or write."""
    overlap = max(map(len, wanted)) - 1
    place = Path("/proc", str(pid))
    with (place / "mem").open("rb", buffering=0) as memory:
        for line in (place / "maps").read_text().splitlines():
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if match is None:
                continue
            start, end = (int(each, 16) for each in match.groups())
            memory.seek(start)
            tail = b""
            while start < end:
                part = memory.read(min(1 << 24, end - start))
                if not part:
                    break
                if any(each in tail + part for each in wanted):
                    return True
                start, tail = start + len(part), part[-overlap:]
    return False


KEEPS_IT = """
import sys
from pathlib import Path
from workbench.privacy.encryption.keys import load_secret_key
from workbench.privacy.encryption.plan import read_plan
from workbench.privacy.encryption.scheme import scheme_of
folder = Path(sys.argv[1])
kept = load_secret_key(folder, scheme_of(read_plan(folder).parameters))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc")
def test_the_server_never_has_the_secret_key(
    small: Compiled, small_keys: KeyFolder, small_server: Path, server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wanted = patterns(small, small_keys)
    sent: list[bytes] = []
    real = http.client.HTTPConnection.request

    def listening(
        self: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
    ) -> None:
        sent.append(f"{method} {path} ".encode() + (body or b""))
        real(self, method, path, body)

    monkeypatch.setattr(http.client.HTTPConnection, "request", listening)
    with pytest.raises(NotFoundError) as caught:  # named by mistake: what is meant for the server
        EncryptedClient(server.url, small_keys.folder / "for_server")
    assert caught.value.hint == f"--keys {small_keys.folder}"
    with EncryptedClient(server.url, small_keys.folder) as client:
        client.send_keys()
        client.ask(ROWS[:5])
    assert [each.split()[0] for each in sent] == [b"GET", b"PUT", b"POST"]
    assert not any(pattern in each for pattern in wanted for each in sent)
    files = [path.read_bytes() for path in small_server.rglob("*") if path.is_file()]
    assert files and not any(pattern in each for pattern in wanted for each in files)
    assert not memory_holds(server.pid, wanted)
    # A process that does keep it is found out, so looking is no formality.
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPS_IT, str(small_keys.folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert keeper.stdout is not None and keeper.stdout.readline() == b"ready\n"
        assert memory_holds(keeper.pid, wanted[:1]) and memory_holds(keeper.pid, wanted[3:4])
    finally:
        keeper.communicate()


def test_a_secret_key_in_a_request_is_refused(small_keys: KeyFolder, server: ServerProcess) -> None:
    secret = (small_keys.folder / "secret.key").read_bytes()
    contents = read_given(small_keys.for_server)
    with pytest.raises(InputError, match="a secret key in a request to a server"):
        send(server.url, "POST", f"/infer?keys={small_keys.key}", secret)
    for name in contents:
        with pytest.raises(InputError, match="a secret key in a request to a server"):
            send(server.url, "PUT", "/keys", pack_keys({**contents, name: secret}))
    # Behind what the sizes tell of, too.
    with pytest.raises(InputError, match="a secret key"):
        send(server.url, "PUT", "/keys", pack_keys(contents) + secret)


def test_a_secret_key_in_the_folder_stops_the_start(
    small_keys: KeyFolder, small: Compiled, tmp_path: Path
) -> None:
    save_compiled(small, tmp_path)
    (tmp_path / "weights.old").write_bytes((small_keys.folder / "secret.key").read_bytes())
    with pytest.raises(InputError, match=r"a secret key in a server folder: .*weights\.old"):
        ServerProcess(tmp_path)


def test_what_is_no_request_is_refused(small_keys: KeyFolder, server: ServerProcess) -> None:
    infer = f"/infer?keys={small_keys.key}"
    with pytest.raises(IntegrityError, match="the body is cut off, or nothing that SEAL wrote"):
        send(server.url, "POST", infer, b"hello")
    with pytest.raises(NotFoundError, match="these keys are not here"):
        send(server.url, "POST", "/infer?keys=none", b"hello")
    with pytest.raises(NotFoundError, match="there is no /other here"):
        send(server.url, "GET", "/other", b"")
    with pytest.raises(IntegrityError, match="holds no keys"):
        send(server.url, "PUT", "/keys", b"1234")
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.request("GET", "/plan", headers={"host": "example.org:80"})
    assert connection.getresponse().status == 400
    connection.close()


def test_keys_that_the_server_lacks_are_sent_and_others_open_nothing(
    small: Compiled, small_keys: KeyFolder, server: ServerProcess, tmp_path: Path
) -> None:
    other = keys_for(small, tmp_path)
    with EncryptedClient(server.url, other.folder) as client:
        wanted = small.circuit.scores(ROWS[:9])
        assert np.abs(client.ask(ROWS[:9]).scores - wanted).max() < small.plan.error_bound
        with EncryptedClient(server.url, small_keys.folder) as first:
            body = first.encrypt(ROWS[:9])
        answer = send(server.url, "POST", f"/infer?keys={small_keys.key}", body)
        with pytest.raises(IntegrityError, match="not one of this key and plan: numbers that must"):
            client.decrypt(answer, 9)
    plan = compile_encrypted(small.network, made_rows(40, 8), scale_bits=38, ring=8192)
    stranger = keys_for(plan, tmp_path / "stranger")
    with pytest.raises(ConflictError, match="serves another plan"):
        EncryptedClient(server.url, stranger.folder)


def test_a_server_that_goes_in_the_middle_is_told_with_what_was_answered(
    small_keys: KeyFolder, small_server: Path
) -> None:
    process = ServerProcess(small_server, keys=small_keys.for_server)
    with EncryptedClient(process.url, small_keys.folder) as client:
        done = 0

        def leave() -> bool:
            nonlocal done
            done = len(Ledger().entries())
            if done == 1 and process._process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                process._process.wait()
            return False

        token = CancelToken()
        token.watch(leave)
        with pytest.raises(EngineError) as caught, cancellable(token):
            client.ask(ROWS)
    assert "is gone" in str(caught.value)
    assert "512 of 1100 rows were answered before" in str(caught.value)
    process.close()
    with pytest.raises(EngineError, match="is gone"):
        fetch_plan(process.url)


def test_a_cancelled_run_ends_its_server(small_keys: KeyFolder, small_server: Path) -> None:
    token, pids = CancelToken(), []
    token.watch(lambda: bool(pids) and len(Ledger().entries()) > 0)
    with (
        pytest.raises(CancelledError),
        cancellable(token),
        encrypted_server(small_server, keys=small_keys.for_server) as process,
        EncryptedClient(process.url, small_keys.folder) as client,
    ):
        pids.append(process.pid)
        client.ask(ROWS)
    assert len(Ledger().entries()) == 1
    assert not Path(f"/proc/{pids[0]}").exists()


STARTS_ONE = """
import sys
from pathlib import Path
from workbench.privacy.encryption.server_process import ServerProcess
print(ServerProcess(Path(sys.argv[1])).pid, flush=True)
sys.stdin.read()
"""


def test_a_server_does_not_outlive_a_client_that_is_killed(small_server: Path) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, str(small_server)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert client.stdout is not None
    server = Path("/proc", client.stdout.readline().decode().strip())
    assert server.name.isdigit() and server.exists()
    client.kill()
    client.communicate()
    for _ in range(200):
        # Nobody may be left to take its status: then it stays as what has ended.
        if not server.exists() or ") Z " in (server / "stat").read_text():
            break
        time.sleep(0.05)
    else:
        pytest.fail("the server still runs")
