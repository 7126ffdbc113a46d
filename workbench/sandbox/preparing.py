"""What an isolated program is started with: its folder, its command line, its descriptors."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from workbench.core.errors import InputError, NotFoundError

from . import bubblewrap, kinds
from .limits import Limits
from .programs import RESULT_NAME, Program, interpreter, prepare

_OWN_PROCESSES = 2  # bwrap's first process and the supervisor
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Request:
    """What the caller asked for; see ``run_isolated``."""

    program: Program
    files_in: Mapping[str, bytes | Path]
    files_out: Sequence[str]
    readable: Mapping[str, Path]
    environment: Mapping[str, str]
    limits: Limits
    network: bool
    need: kinds.Need


class Start:
    """The folder, command line and descriptors of one program; ``clear`` takes them away again.

    Args:
        request: What the caller asked for.
        answer_fd: The descriptor on which the supervisor answers.
    """

    def __init__(self, request: Request, *, answer_fd: int) -> None:
        if request.need not in ("sandbox", "limits"):
            raise InputError(
                f"need is {request.need!r}; it must be sandbox or limits", parameter="need"
            )
        self._bwrap = kinds.check_sandbox() if request.need == "sandbox" else None
        self._request = request
        self._handles: list[IO[bytes]] = []
        self.fds = [answer_fd]
        command, own_files = prepare(request.program)
        self.host = Path(tempfile.mkdtemp(prefix="workbench-sandbox-"))
        try:
            copies = self._write_given({**own_files, **request.files_in})
            spec = self._keep(json.dumps(self._spec(command, copies)).encode())
            supervisor = [interpreter(), "-I", "-S", f"{self._given}/supervise.py"]
            supervisor += [str(spec), str(answer_fd)]
            if self._bwrap:
                self.line = self._sandboxed(self._bwrap, supervisor)
            else:
                self._link()
                self.line = supervisor
        except BaseException:
            self.clear()
            raise

    @property
    def sandboxed(self) -> bool:
        """Whether there is a sandbox, and not limits alone."""
        return self._bwrap is not None

    @property
    def folder(self) -> str:
        """The program's working folder, as it sees it."""
        return bubblewrap.FOLDER if self._bwrap else str(self.host / "box")

    @property
    def _given(self) -> str:
        return bubblewrap.GIVEN if self._bwrap else str(self.host / "given")

    def clear(self) -> None:
        """Remove what was put on the disk."""
        for file in self._handles:
            file.close()
        shutil.rmtree(self.host, ignore_errors=True)

    def _write_given(self, files: Mapping[str, bytes | Path]) -> list[list[str]]:
        """Put what the program is given where its supervisor copies it from."""
        given = self.host / "given"
        given.mkdir()
        (self.host / "box" / "tmp").mkdir(parents=True)
        shutil.copyfile(_HERE / "supervise.py", given / "supervise.py")
        (given / "passwd").write_text(bubblewrap.PASSWD)
        (given / "hosts").write_text(bubblewrap.HOSTS)
        copies = []
        for number, (name, content) in enumerate(files.items()):
            place = given / f"{number:03}"
            if isinstance(content, Path):
                if not content.is_file():
                    raise NotFoundError(f"there is no file {content}", hint=f"ls {content.parent}")
                shutil.copyfile(content, place)
            else:
                place.write_bytes(content)
            copies.append([f"{self._given}/{place.name}", check_inside(name)])
        for path in (given, *given.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o444)
        return copies

    def _spec(self, command: list[str], copies: list[list[str]]) -> dict[str, Any]:
        """What the supervisor is told; see ``supervise.supervise``."""
        limits = self._request.limits
        bounds = {
            # One second between the signal that can be caught and the one that cannot.
            "RLIMIT_CPU": [limits.cpu_s, limits.cpu_s + 1],
            "RLIMIT_AS": [limits.memory_bytes] * 2,
            "RLIMIT_FSIZE": [limits.file_bytes] * 2,
            "RLIMIT_NOFILE": [limits.open_files] * 2,
            "RLIMIT_NPROC": [self._process_bound(limits)] * 2,
            "RLIMIT_CORE": [0, 0],
            "RLIMIT_MSGQUEUE": [0, 0],
        }
        environment = {
            "PATH": f"{Path(interpreter()).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": self.folder,
            "TMPDIR": f"{self.folder}/tmp",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        }
        package = bubblewrap.own_package()
        if package is not None:
            # An environment that several checkouts share names one of them, perhaps another one.
            environment["PYTHONPATH"] = str(package.parent)
        return {
            "command": command,
            "environment": {**environment, **self._request.environment},
            "folder": self.folder,
            "limits": bounds,
            "bound_first": self.sandboxed,
            "copy": copies,
            "files_out": [*map(check_inside, self._request.files_out), RESULT_NAME],
            "disk_bytes": limits.disk_bytes,
        }

    def _process_bound(self, limits: Limits) -> int:
        if self._bwrap:  # counted in a user namespace of its own
            return limits.processes + _OWN_PROCESSES
        import psutil

        # Without a namespace all of this user's threads count, those of other programs too.
        mine = 0
        for process in psutil.process_iter(["uids", "num_threads"]):
            uids, threads = process.info["uids"], process.info["num_threads"]
            if uids is not None and uids.real == os.getuid():
                mine += threads or 1
        return mine + limits.processes

    def _sandboxed(self, bwrap: str, supervisor: list[str]) -> list[str]:
        """The command line that makes the sandbox."""
        from .filters import filter_bytes

        filter_fd = self._keep(filter_bytes())
        places = self._layout()
        stage, root = self.host / "stage", os.geteuid() == 0
        sources: dict[str, str] = {}
        if root:
            stage.mkdir()
            places, sources = bubblewrap.stage(places, bubblewrap.open_folder())
        command = bubblewrap.command_line(
            bwrap,
            places,
            limits=self._request.limits,
            network=self._request.network,
            filter_fd=filter_fd,
        )
        command += supervisor
        if not root:
            return command
        launch = {
            "folder": str(stage),
            "sources": sources,
            "shown": str(bubblewrap.open_folder()),
            "user": bubblewrap.unprivileged_user(),
            "command": command,
        }
        launch_fd = self._keep(json.dumps(launch).encode())
        return [sys.executable, "-I", "-S", str(_HERE / "launch.py"), str(launch_fd)]

    def _layout(self) -> dict[str, Path]:
        """What the sandbox sees, read-only: host paths by their place inside."""
        given = self.host / "given"
        layout = bubblewrap.system_layout(network=self._request.network)
        layout[bubblewrap.GIVEN] = given
        layout["/etc/passwd"], layout["/etc/hosts"] = given / "passwd", given / "hosts"
        for place, source in self._request.readable.items():
            if not source.exists():
                raise NotFoundError(f"there is no {source}", hint=f"ls {source.parent}")
            layout[str(PurePosixPath(bubblewrap.FOLDER) / check_inside(place))] = source
        return layout

    def _link(self) -> None:
        for place, source in self._request.readable.items():
            link = self.host / "box" / check_inside(place)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(source.resolve())

    def _keep(self, content: bytes) -> int:
        """Bytes that the new process reads from a descriptor; they have no name on the disk."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the program
        self._handles.append(file)
        file.write(content)
        file.seek(0)
        self.fds.append(file.fileno())
        return file.fileno()


def check_inside(name: str) -> str:
    """A file's name in the program's folder, or InputError if it leads out of it."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise InputError(f"file {name!r} must lie in the program's own folder", hint="data/in.csv")
    return str(path)
