"""Running one program: what goes in, what comes out, how it ended, what is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import workbench
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, InputError, NotFoundError
from workbench.sandbox import Call, Code, Limits, run_isolated
from workbench.sandbox.kinds import Need
from workbench.sandbox.programs import interpreter

from .conftest import needs_bubblewrap

pytestmark = needs_bubblewrap

SMALL = Limits(wall_s=60, memory_bytes=1 << 30)
BOTH = pytest.mark.parametrize("need", ["sandbox", "limits"])


def leftovers() -> list[str]:
    return sorted(Path(tempfile.gettempdir()).glob("workbench-sandbox-*"))  # type: ignore[type-var]


@BOTH
def test_files_go_in_and_come_out(need: Need, tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("from a file")
    outcome = run_isolated(
        Code("open('out.txt', 'w').write(open('a/b.txt').read() + open('given.txt').read())"),
        files_in={"a/b.txt": b"bytes ", "given.txt": tmp_path / "given.txt"},
        files_out=["out.txt", "absent.txt"],
        limits=SMALL,
        need=need,
    )
    assert outcome.ok, outcome.stderr
    assert outcome.files == {"out.txt": b"bytes from a file"}


@BOTH
def test_readable_folder(need: Need, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir(mode=0o700)
    (tmp_path / "deep" / "data.txt").write_text("42")
    (tmp_path / "deep" / "data.txt").chmod(0o644)
    (tmp_path / "deep").chmod(0o755)
    outcome = run_isolated(
        Code("print(open('home/blobs/data.txt').read())"),
        readable={"home/blobs": tmp_path / "deep"},
        limits=SMALL,
        need=need,
    )
    assert outcome.stdout == "42\n", outcome.stderr


@BOTH
def test_command_standard_input_and_environment(need: Need) -> None:
    outcome = run_isolated(
        ["sh", "-c", 'cat; echo " $GIVEN"; echo talk >&2; exit 3'],
        stdin=b"read",
        environment={"GIVEN": "told"},
        limits=SMALL,
        need=need,
    )
    assert (outcome.stdout, outcome.stderr, outcome.status) == ("read told\n", "talk\n", 3)
    assert outcome.ended == "exited"
    assert not outcome.ok


@BOTH
def test_this_package_is_found_whatever_the_environment_names(need: Need) -> None:
    """Without its site packages an environment names no checkout, as one that is shared by several
    names another one than this."""
    source = "import workbench; print(workbench.__file__)"
    outcome = run_isolated([interpreter(), "-S", "-c", source], limits=SMALL, need=need)
    assert outcome.stdout == f"{workbench.__file__}\n", outcome.stderr


@BOTH
def test_call_gives_the_value(need: Need) -> None:
    outcome = run_isolated(Call("json:loads", ["[1, 2.5, null]"]), limits=SMALL, need=need)
    assert outcome.value == [1, 2.5, None]


def test_call_that_fails_has_no_value() -> None:
    outcome = run_isolated(Call("math:sqrt", [-1]), limits=SMALL)
    assert outcome.value is None
    assert "ValueError" in outcome.stderr


@BOTH
def test_signal(need: Need) -> None:
    outcome = run_isolated(Code("import os; os.kill(os.getpid(), 11)"), limits=SMALL, need=need)
    assert (outcome.ended, outcome.status) == ("signal", -11)


def test_a_program_that_kills_its_supervisor_gains_nothing() -> None:
    source = "import os; open('out', 'w').write('forged'); os.kill(os.getppid(), 9)"
    outcome = run_isolated(Code(source), files_out=["out"], limits=SMALL)
    assert outcome.ended == "vanished"
    assert outcome.files == {}
    assert not outcome.ok


@BOTH
def test_processes_left_behind_are_ended_before_files_are_read(need: Need) -> None:
    source = """
import os, subprocess, sys, time
open("out", "w").write("first")
late = "import time; time.sleep(1); open('out', 'w').write('later'); time.sleep(300)"
subprocess.Popen([sys.executable, "-c", late], start_new_session=True)
print(os.getpid())
"""
    outcome = run_isolated(Code(source), files_out=["out"], limits=SMALL, need=need)
    assert outcome.files == {"out": b"first"}
    if need == "limits":
        assert not [path for path in Path("/proc").iterdir() if _runs_late(path)]


def _runs_late(process: Path) -> bool:
    try:
        return b"'later'" in (process / "cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("trick", ["os.symlink('/etc/passwd', 'out')", "os.mkfifo('out')",
                                   "os.mkdir('out')"])  # fmt: skip
def test_only_regular_files_come_out(trick: str) -> None:
    outcome = run_isolated(Code(f"import os; {trick}"), files_out=["out"], limits=SMALL)
    assert outcome.ok
    assert outcome.files == {}


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "", "a/../../b", "a\0b"])
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="own folder"):
        run_isolated(Code("pass"), files_out=[name])
    with pytest.raises(InputError, match="own folder"):
        run_isolated(Code("pass"), files_in={name: b""})
    with pytest.raises(InputError, match="own folder"):
        run_isolated(Code("pass"), readable={name: Path("/etc")})


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"absent\.txt"):
        run_isolated(Code("pass"), files_in={"a": tmp_path / "absent.txt"})
    with pytest.raises(NotFoundError, match="absent"):
        run_isolated(Code("pass"), readable={"a": tmp_path / "absent"})


@BOTH
def test_unknown_program(need: Need) -> None:
    outcome = run_isolated(["no-such-program"], limits=SMALL, need=need)
    assert outcome.status == 127
    assert "no-such-program" in outcome.stderr


@pytest.mark.parametrize("program", [[], [""], ["a\0b"], Call("os"), Call("os:path.join")])
def test_bad_programs(program: object) -> None:
    with pytest.raises(InputError):
        run_isolated(program)  # type: ignore[arg-type]


@pytest.mark.parametrize("limits", [{"cpu_s": 0}, {"memory_bytes": 1.5}, {"wall_s": float("nan")},
                                    {"processes": True}])  # fmt: skip
def test_bad_limits(limits: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(limits))):
        Limits(**limits)  # type: ignore[arg-type]


@BOTH
def test_wall_clock_ends_all_of_it(need: Need) -> None:
    source = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(301)'])\n"
        "time.sleep(300)"
    )
    outcome = run_isolated(Code(source), limits=Limits(wall_s=1), need=need)
    assert outcome.ended == "wall"
    assert not outcome.ok


@BOTH
def test_it_does_not_outlive_its_owner(need: Need, tmp_path: Path) -> None:
    mark = f"outlives-{tmp_path.name}"
    program = f"import subprocess, sys, time; time.sleep(300)  # {mark}"
    owner = (
        "from workbench.sandbox import run_isolated\n"
        f"run_isolated([{sys.executable!r}, '-c', {program!r}], need={need!r})"
    )
    # Whoever is killed leaves a folder behind; not in everybody's.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", owner], env=environment)
    try:
        wait_until(lambda: len(running(mark)) > 1)
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not running(mark))


def running(mark: str) -> list[Path]:
    """Processes that have the mark on their command line."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if mark.encode() in (process / "cmdline").read_bytes():
                found.append(process)
        except OSError:
            continue
    return found


def wait_until(met: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_cancelled_run() -> None:
    token = CancelToken()
    threading.Timer(0.5, token.cancel).start()
    with cancellable(token), pytest.raises(CancelledError):
        run_isolated(Code("import time; time.sleep(300)"), limits=SMALL)


def test_temporary_folder_in_a_closed_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    assert run_isolated(Code("print(open('a').read())"), files_in={"a": b"in"}).stdout == "in\n"
    assert list(closed.iterdir()) == []


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # others make sandboxes meanwhile
    before = leftovers()
    run_isolated(Code("open('x', 'w').write('y')"), limits=SMALL)
    with pytest.raises(InputError):
        run_isolated(Code("pass"), files_out=["../x"])
    assert leftovers() == before


def test_limits_alone_promise_less() -> None:
    outcome = run_isolated(Code("pass"), limits=SMALL, need="limits")
    assert outcome.kind == "limits"
    assert not {"files", "network", "namespaces"} & set(outcome.enforced)
