"""Each promised restriction: the way out works without us, and is closed in the sandbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.sandbox import Code, Limits, run_isolated

from .conftest import LIMITS, Try, needs_bubblewrap

pytestmark = needs_bubblewrap

MB = 1 << 20


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("hunter2")
    return path


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process outside, with a secret in its environment."""
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        env={"WORKBENCH_TEST_SECRET": "hunter2"},
    )
    yield process
    process.communicate(b"\n")


def serve_once(listener: socket.socket) -> None:
    """Greet whoever connects, until the listener is closed."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"hello")

    listener.listen()
    threading.Thread(target=serve, daemon=True).start()


@pytest.fixture
def loopback() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serve_once(listener)
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def abstract() -> Iterator[str]:
    name = f"workbench-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        serve_once(listener)
        yield name
        listener.shutdown(socket.SHUT_RDWR)


def assert_closed(name: str, *arguments: object, naive: Try, ours: Try) -> None:
    """The probe achieves something as a plain process and nothing in the sandbox."""
    assert naive(name, *arguments)["got"], f"{name} shows nothing: it fails without a sandbox too"
    found = ours(name, *arguments)
    assert not found["got"], found
    assert found["ended"] == "exited", found


class TestFiles:
    def test_home(self, naive: Try, ours: Try) -> None:
        home = Path.home()
        assert naive("listing", home)["got"]
        # Where the interpreter or this package lies below the home, the way there is, empty.
        ways = [Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2]]
        allowed = {way.relative_to(home).parts[0] for way in ways if way.is_relative_to(home)}
        assert set(ours("listing", home)["got"] or []) <= allowed

    def test_a_file_of_the_user(self, naive: Try, ours: Try, secret_file: Path) -> None:
        assert_closed("read", secret_file, naive=naive, ours=ours)

    def test_workbench_home(self, naive: Try, ours: Try, home: Path) -> None:
        home.mkdir()
        (home / "store.sqlite").write_text("usage")
        assert_closed("read", home / "store.sqlite", naive=naive, ours=ours)

    def test_read_etc(self, naive: Try, ours: Try) -> None:
        assert_closed("read", "/etc/hostname", naive=naive, ours=ours)

    def test_write_outside(self, naive: Try, ours: Try, tmp_path: Path) -> None:
        assert_closed("write", tmp_path / "written", naive=naive, ours=ours)

    @pytest.mark.parametrize(
        "folder",
        ["/", "/usr", "/etc", "/dev", "/given", str(Path(sys.prefix) / "bin"), sys.base_prefix],
    )
    def test_write_where_it_may_read(self, ours: Try, folder: str) -> None:
        found = ours("write", f"{folder}/written-by-a-probe")
        assert not found["got"], found
        assert "Read-only" in found["why"] or "Permission" in found["why"]

    def test_its_own_folder_can_be_written(self, ours: Try) -> None:
        assert ours("write", "/box/mine")["got"]
        assert ours("write", "/tmp/mine")["got"]

    def test_no_descriptor_of_ours_goes_along(self, ours: Try) -> None:
        assert ours("descriptors")["got"] == []


class TestNetwork:
    def test_loopback(self, naive: Try, ours: Try, loopback: int) -> None:
        assert_closed("connect", "127.0.0.1", loopback, naive=naive, ours=ours)

    def test_abstract_socket(self, naive: Try, ours: Try, abstract: str) -> None:
        assert_closed("abstract_socket", abstract, naive=naive, ours=ours)

    def test_there_is_no_way_outside(self, naive: Try, ours: Try) -> None:
        assert naive("interfaces")["got"], "this machine has no network to keep a program from"
        assert ours("interfaces")["got"] == []

    def test_address_outside(self, ours: Try) -> None:
        # TEST-NET-1: nobody answers there; without a route the kernel refuses at once.
        assert "unreachable" in ours("connect", "192.0.2.1", 80)["why"]

    @pytest.mark.parametrize("probe", ["family", "hidden_family"])
    def test_other_families(self, naive: Try, ours: Try, probe: str) -> None:
        assert_closed(probe, 16, naive=naive, ours=ours)
        # 40 leads from a virtual machine to its host; not every machine can make such a socket.
        assert not ours(probe, 40)["got"]

    def test_its_own_loopback_works(self) -> None:
        source = (
            "import socket\n"
            "server = socket.create_server(('127.0.0.1', 0))\n"
            "client = socket.create_connection(server.getsockname())\n"
            "server.accept()[0].sendall(b'hello'); print(client.recv(9).decode())"
        )
        assert run_isolated(Code(source), limits=LIMITS).stdout == "hello\n"

    def test_network_can_be_allowed(self, loopback: int) -> None:
        source = f"import socket; print(socket.create_connection(('127.0.0.1', {loopback})))"
        outcome = run_isolated(Code(source), limits=LIMITS, network=True)
        assert outcome.ok, outcome.stderr
        assert "network" not in outcome.enforced


class TestProcesses:
    def test_fork_bomb(self, naive: Try, ours: Try) -> None:
        assert naive("fork_bomb", 300)["got"] == 300
        # Threads count as well, and the program itself is one.
        assert ours("fork_bomb", 300)["got"] == LIMITS.processes - 1

    def test_signal(self, naive: Try, ours: Try, victim: subprocess.Popen[bytes]) -> None:
        assert_closed("signal_process", victim.pid, naive=naive, ours=ours)

    def test_trace_a_process_outside(
        self, naive: Try, ours: Try, victim: subprocess.Popen[bytes]
    ) -> None:
        if os.geteuid() == 0:  # others may be kept from it by the system already
            assert naive("trace_process", victim.pid)["got"]
        assert not ours("trace_process", victim.pid)["got"]

    def test_trace_a_child(self, naive: Try, ours: Try) -> None:
        assert_closed("trace_child", naive=naive, ours=ours)

    def test_environment_of_others(
        self, naive: Try, ours: Try, victim: subprocess.Popen[bytes]
    ) -> None:
        assert_closed("environment_of", victim.pid, naive=naive, ours=ours)

    def test_list_of_others(self, naive: Try, ours: Try) -> None:
        assert os.getpid() in naive("process_list")["got"]
        assert len(ours("process_list")["got"]) <= 3

    def test_read_the_supervisor(self, naive: Try, ours: Try) -> None:
        assert_closed("read_memory_of_supervisor", naive=naive, ours=ours)

    def test_environment(self, naive: Try, ours: Try, monkeypatch: pytest.MonkeyPatch) -> None:
        assert_closed("secret", naive=naive, ours=ours)


class TestNamespacesAndKernel:
    @pytest.mark.parametrize(
        "name", ["new_user_namespace", "clone_user_namespace", "keyring", "clone3_is_there"]
    )
    def test_closed(self, naive: Try, ours: Try, name: str) -> None:
        assert_closed(name, naive=naive, ours=ours)

    @pytest.mark.parametrize("name", ["mount", "become_root", "capabilities", "io_uring"])
    def test_closed_where_root_could(self, naive: Try, ours: Try, name: str) -> None:
        if os.geteuid() == 0:  # the control needs rights that other users lack outside too
            found = naive(name)
            assert found["got"] is not None, found
        assert not ours(name)["got"]


class TestLimits:
    def test_memory_of_one(self, naive: Try, ours: Try) -> None:
        size = LIMITS.memory_bytes + 64 * MB
        assert naive("take_memory", size)["got"] == size
        found = ours("take_memory", size)
        assert "MemoryError" in found["why"], found

    def test_memory_of_many_together(self) -> None:
        source = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        held = bytearray(b"x") * (100 << 20)
        time.sleep(60)
print("all hold 100 MB", flush=True)
time.sleep(60)
"""
        limits = Limits(memory_bytes=400 * MB, wall_s=50)
        assert run_isolated(Code(source), limits=limits).ended == "memory"

    def test_cpu(self) -> None:
        source = "import time\nwhile time.process_time() < 2.5: pass\nprint('done')"
        plain = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, check=True
        )
        assert plain.stdout == "done\n"
        assert run_isolated(Code(source), limits=Limits(cpu_s=1)).ended == "cpu"

    def test_cpu_for_one_that_will_not_hear(self) -> None:
        source = (
            "import signal, time\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
            "while time.process_time() < 9: pass\nprint('done')"
        )
        outcome = run_isolated(Code(source), limits=Limits(cpu_s=1))
        assert outcome.ended == "cpu"
        assert outcome.stdout == ""

    def test_wall_clock(self) -> None:
        source = "import time; print('begun', flush=True); time.sleep(200); print('done')"
        outcome = run_isolated(Code(source), limits=Limits(wall_s=1.5))
        assert outcome.ended == "wall"
        assert "done" not in outcome.stdout

    def test_file_size(self, naive: Try, ours: Try, monkeypatch: pytest.MonkeyPatch,
                       tmp_path: Path) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        assert naive("big_file", 2 * MB)["got"] == 2 * MB
        assert "File too large" in ours("big_file", 2 * MB)["why"]

    @pytest.mark.parametrize("folder", ["/box", "/tmp", "/dev/shm"])
    def test_disk(self, naive: Try, ours: Try, folder: str, tmp_path: Path) -> None:
        assert naive("fill", tmp_path, 20 * MB)["got"] == 20 * MB
        assert 0 < ours("fill", folder, 100 * MB)["got"] <= LIMITS.disk_bytes

    def test_open_files(self, naive: Try, ours: Try) -> None:
        assert naive("open_files", 200)["got"] == 200
        assert ours("open_files", 200)["got"] < LIMITS.open_files

    def test_a_limit_cannot_be_raised(self, naive: Try, ours: Try) -> None:
        assert_closed("raise_limits", naive=naive, ours=ours)

    @pytest.mark.parametrize(
        ("name", "most"),
        [
            ("RLIMIT_NPROC", LIMITS.processes + 2),
            ("RLIMIT_AS", LIMITS.memory_bytes),
            ("RLIMIT_FSIZE", LIMITS.file_bytes),
            ("RLIMIT_CPU", LIMITS.cpu_s + 1),
            ("RLIMIT_NOFILE", LIMITS.open_files),
        ],
    )
    def test_the_first_process_lends_no_room(self, ours: Try, name: str, most: int) -> None:
        assert 0 < ours("most_of_first", name)["got"] <= most

    def test_output(self) -> None:
        source = "import sys\nfor _ in range(300): sys.stdout.write('x' * 10_000)"
        outcome = run_isolated(Code(source), limits=Limits(output_bytes=50_000))
        assert len(outcome.stdout) == 50_000
        assert "cut" in outcome.note
