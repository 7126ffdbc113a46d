"""The fork server: sound forks, refused ones, and nobody left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from workbench.reports import forkserver, run
from workbench.reports.kernels import KernelSource
from workbench.reports.preload import Import
from workbench.reports.runs import NotebookRun
from workbench.reports.sessions import KernelSession

from .conftest import WriteNotebook

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.skipif(bool(forkserver.why_not_here()), reason=forkserver.why_not_here()),
]


def outputs(run_: NotebookRun) -> list[Any]:
    """What an executed notebook shows, cell by cell; a stream in one piece, for a busy machine may
    send one line in two."""
    executed = nbformat.read(run_.folder / Path(run_.notebook).name, as_version=4)
    return [_texts(cell.outputs) for cell in executed.cells if cell.cell_type == "code"]


def _texts(shown: list[Any]) -> list[Any]:
    texts: list[Any] = []
    stream = None
    for output in shown:
        if stream is not None and output.get("name") == stream:
            texts[-1] += output["text"]
        else:
            texts.append(output.get("text") or output.get("data", {}).get("text/plain"))
        stream = output.get("name")
    return texts


def wait_until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Wait for something that another process does."""
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.05)


@contextmanager
def server_that_ran(code: str, tmp_path: Path) -> Iterator[forkserver.ForkServer]:
    """A server whose process ran ``code`` before it began to serve."""
    ours, theirs = socket.socketpair()
    script = tmp_path / "server.py"
    script.write_text(
        "import workbench.reports.forkserver_process as served\n" + code + "\nserved.main()\n"
    )
    with theirs:
        process = subprocess.Popen(
            [sys.executable, str(script), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.PIPE,
        )
    assert process.stdin is not None
    with process.stdin as line:
        line.write(b"[]\n")
    server = forkserver.ForkServer(process, ours)
    forkserver._servers[server.id] = server
    try:
        assert server.wait_ready(120)["ready"]
        yield server
    finally:
        server.close()


POISON = """
import torch
torch.set_num_threads(2)
a = torch.randn(512, 512)
a @ a
"""
# What the check would be if it saw nothing: the broken variant.
BLIND = POISON + "served.thread_names = lambda: []\n"
MULTIPLY = "import torch\ntorch.set_num_threads(2)\na = torch.randn(512, 512)\n(a @ a).sum()"


def test_a_process_that_computed_in_parallel_is_not_forked(tmp_path: Path) -> None:
    with server_that_ran(POISON, tmp_path) as server:
        reason = server.check()
        assert "more threads" in reason
        with pytest.raises(forkserver.CapabilityError, match="more threads"):
            server.spawn(connection_file="", arguments=[], cwd="/", environment={}, log="")
        session = KernelSource(server, "").open(tmp_path, threads=1)
        session.close()
        assert (session.kind, session.reason) == ("cold", reason)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core computes nothing in parallel")
def test_the_hang_is_real_where_the_check_is_blind(
    tmp_path: Path, write_notebook: WriteNotebook, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.reports import kernels

    @contextmanager
    def poisoned(files: Any, *, choice: str) -> Iterator[KernelSource]:
        with server_that_ran(BLIND, tmp_path) as server:
            yield KernelSource(server, "blind")

    notebook = write_notebook("multiply", "1", MULTIPLY)
    monkeypatch.setattr(kernels, "kernel_source", poisoned)
    hung = run([notebook], out=out, timeout_s=8).runs[0]
    assert (hung.kernel, hung.error.kind, hung.error.cell) == ("fork", "deadline", 2)
    monkeypatch.undo()
    sound = run([notebook], out=out, kernels="fork", timeout_s=120).runs[0]
    assert (sound.kernel, sound.status) == ("fork", "passed")


SAME = (
    "from workbench.reports import stamp, claim\nmade = stamp(seed=5)",
    "import random\nimport numpy as np\nprint(random.random(), np.random.rand(3))",
    "import torch\nprint(torch.rand(3), (torch.randn(64, 64) @ torch.randn(64, 64)).sum())",
    "print({'a', 'b', 'c', 'dd'}, torch.get_num_threads())",
    "import sys\nprint(sys.argv[0].rsplit('/')[-1], sys.path[0] == '', __name__)",
    "print(1, file=sys.stderr)\nclaim('x', float(torch.rand(1)), low=0, high=1)",
    "class Local: pass\nimport pickle\nprint(type(pickle.loads(pickle.dumps(Local()))).__module__)",
    "%%time\n1 / 0",
)


def test_forked_and_cold_kernels_show_the_same(write_notebook: WriteNotebook, out: Path) -> None:
    notebooks = [write_notebook(name, *SAME) for name in ("one", "two")]
    forked = run(notebooks, out=out, kernels="fork").runs
    cold = run(notebooks, out=out, kernels="cold").runs
    assert [each.kernel for each in (*forked, *cold)] == ["fork"] * 2 + ["cold"] * 2
    shown = [outputs(each)[1:-1] for each in (*forked, *cold)]
    assert shown[1:] == shown[:1] * 3
    assert all(each.error.name == "ZeroDivisionError" for each in (*forked, *cold))
    assert len({tuple(each.claims) for each in (*forked, *cold)}) == 1


def test_no_state_goes_from_one_notebook_to_the_next(
    write_notebook: WriteNotebook, out: Path
) -> None:
    look = "import numpy as np, os\nprint(hasattr(np, 'mark'), os.environ.get('MARK'))"
    leave = "np.mark = os.environ['MARK'] = 'left'\nprint(os.getpid(), np.random.rand())"
    notebooks = [write_notebook(name, look, leave) for name in ("one", "two", "three")]
    runs = run(notebooks, out=out, kernels="fork", jobs=1).runs
    assert [outputs(each)[0] for each in runs] == [["False None\n"]] * 3
    drawn = {outputs(each)[1][0].split()[1] for each in runs}
    assert len(drawn) == 3, "each fork must draw its own numbers where no seed is set"


def test_a_module_that_starts_a_thread_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "starts_a_thread.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    (tmp_path / "beside_a_notebook.py").touch()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(installed), str(tmp_path)]))
    plan = [Import(name) for name in ("starts_a_thread", "beside_a_notebook", "numpy", "missing")]
    server = forkserver.begin(plan, log=tmp_path / "log").wait()
    try:
        assert server.imported == ["numpy"], "what lies beside a notebook may change with it"
        assert list(server.skipped) == ["starts_a_thread"]
        assert server.check() == ""
    finally:
        server.close()


# What a kernel loads between its fork and its first cell stands behind the mark.
MARK = """
import sys
serve = served.Server.serve
def marked(self):
    sys.modules["the_fork"] = sys
    serve(self)
served.Server.serve = marked
"""
WITHOUT_THE_WAY = MARK + "import workbench.reports.kernel_child as c\nc._ON_THE_WAY = ()\n"
LOADED = "import sys\nnames = list(sys.modules)\nprint(*names[names.index('the_fork') + 1:])"


@pytest.mark.parametrize(("code", "is_lean"), [(MARK, True), (WITHOUT_THE_WAY, False)])
def test_a_forked_kernel_has_nearly_everything_already(
    tmp_path: Path,
    write_notebook: WriteNotebook,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    is_lean: bool,
) -> None:
    from workbench.reports import kernels

    @contextmanager
    def marked(files: Any, *, choice: str) -> Iterator[KernelSource]:
        with server_that_ran(code, tmp_path) as server:
            yield KernelSource(server, "marked")

    monkeypatch.setattr(kernels, "kernel_source", marked)
    ran = run([write_notebook("loaded", LOADED)], out=out).runs[0]
    assert (ran.kernel, ran.status) == ("fork", "passed")
    loaded = outputs(ran)[0][0].split()
    assert (len(loaded) < 5) is is_lean, loaded
    assert not any("debug" in name for name in loaded) or not is_lean


def test_a_kernel_begins_when_the_one_before_it_is_gone(
    tmp_path: Path, write_notebook: WriteNotebook, out: Path
) -> None:
    taken = str(tmp_path / "taken")
    alone = (
        f"import atexit, os\nos.close(os.open({taken!r}, os.O_CREAT | os.O_EXCL))\n"
        f"atexit.register(os.remove, {taken!r})"
    )
    notebooks = [write_notebook(name, alone) for name in ("one", "two", "three")]
    for kernels in ("fork", "cold"):
        assert run(notebooks, out=out, kernels=kernels, jobs=1).ok
    # The same lock does tell of two side by side: each stays until the other has tried as well.
    pair = []
    for mine, other in (("left", "right"), ("right", "left")):
        wait = f"while not os.path.exists({str(tmp_path / other)!r}):\n        time.sleep(0.05)"
        tried = f"open({str(tmp_path / mine)!r}, 'w').close()"
        body = textwrap.indent(alone, "    ")
        pair.append(
            write_notebook(
                mine, f"import os, time\ntry:\n{body}\nfinally:\n    {tried}\n    {wait}"
            )
        )
    both = run(pair, out=out, kernels="cold", jobs=2, timeout_s=60).runs
    assert [each.error.name for each in both if each.error] == ["FileExistsError"]


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[tuple[forkserver.ForkServer, forkserver.ForkedProcess]]:
    """A forked process that waits for its connection; enough to be signalled."""
    import json

    server = forkserver.begin([], log=tmp_path / "log").wait()
    session = KernelSession(tmp_path, 1, server_id=server.id)
    session.log_path.touch()
    connection = session.folder / "kernel.json"
    ports = ("shell", "iopub", "stdin", "hb", "control")
    told: dict[str, Any] = {f"{name}_port": number for number, name in enumerate(ports, start=1)}
    told |= {"transport": "ipc", "ip": str(session.folder / "k"), "key": "secret"}
    connection.write_text(json.dumps(told))
    process = server.spawn(
        connection_file=str(connection),
        arguments=[],
        cwd=str(tmp_path),
        environment=session.environment(),
        log=str(session.log_path),
    )
    yield server, process
    server.close()
    session.close()


def test_signals_and_exit_codes(
    kernel: tuple[forkserver.ForkServer, forkserver.ForkedProcess],
) -> None:
    server, process = kernel
    assert process.poll() is None
    wait_until(lambda: os.getpgid(process.pid) == process.pid)
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: process.poll() is not None)
    assert process.poll() == -signal.SIGTERM
    process.kill()  # its number may be another's by now: the server knows and does nothing
    assert not psutil.pid_exists(process.pid), "a zombie was left"
    assert server.check() == ""


@pytest.mark.parametrize("end", ["close", "kill"])
def test_kernels_end_with_their_server(
    kernel: tuple[forkserver.ForkServer, forkserver.ForkedProcess], end: str
) -> None:
    server, process = kernel
    if end == "close":
        server.close()
    else:
        os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(process.pid))
    assert process.poll() == -signal.SIGKILL
    assert server.check() == "the fork server has ended"


RUNNER = """
import sys
from pathlib import Path
from workbench.reports import run
run([Path(name) for name in sys.argv[3:]], out=Path(sys.argv[1]), kernels=sys.argv[2])
"""


@pytest.mark.parametrize("kernels", ["fork", "cold"])
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_a_runner_that_was_ended(
    write_notebook: WriteNotebook, out: Path, tmp_path: Path, kernels: str, signum: int
) -> None:
    notebooks = [
        write_notebook(
            name,
            "import os, subprocess, time, pathlib\n"
            f"pathlib.Path({str(tmp_path / name)!r}).write_text(str(os.getpid()))\n"
            "time.sleep(600)",
        )
        for name in ("one", "two")
    ]
    marks = [tmp_path / path.stem for path in notebooks]
    log = (tmp_path / "runner.log").open("wb")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(out), kernels, *map(str, notebooks)],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=log,
            stderr=log,
        ) as runner,
    ):
        wait_until(lambda: all(mark.exists() and mark.read_text() for mark in marks))
        family = psutil.Process(runner.pid).children(recursive=True)
        assert {int(mark.read_text()) for mark in marks} <= {each.pid for each in family}
        runner.send_signal(signum)
    wait_until(lambda: not any(each.is_running() for each in family), timeout_s=20)
    assert runner.returncode == (-signum if signum == signal.SIGKILL else -signal.SIGINT)


def test_what_a_kernel_started_ends_with_it(
    write_notebook: WriteNotebook, out: Path, tmp_path: Path
) -> None:
    start = textwrap.dedent(
        f"""
        import subprocess, pathlib
        child = subprocess.Popen(["sleep", "600"])
        with pathlib.Path({str(tmp_path / "children")!r}).open("a") as file:
            print(child.pid, file=file)
        """
    )
    notebooks = [write_notebook(name, start) for name in ("one", "two")]
    for kernels in ("fork", "cold"):
        assert run(notebooks, out=out, kernels=kernels).ok
    pids = [int(line) for line in (tmp_path / "children").read_text().split()]
    assert len(pids) == 4
    # Killed at once; whoever inherited them then reaps them in its own time.
    wait_until(lambda: not any(_is_sleep(pid) for pid in pids))


def _is_sleep(pid: int) -> bool:
    try:
        return psutil.Process(pid).name() == "sleep"
    except psutil.NoSuchProcess:
        return False
