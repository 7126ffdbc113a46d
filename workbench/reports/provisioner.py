"""How jupyter_client starts and ends a report's kernel: cold, or forked from the fork server.

Both are kernel provisioners (``workbench-cold``, ``workbench-fork``), so nbclient and papermill
run notebooks over them unchanged.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Unicode

from . import forkserver

COLD, FORK = "workbench-cold", "workbench-fork"


class ColdProvisioner(LocalProvisioner):
    """A kernel of its own process, whose whole process group ends with it."""

    async def poll(self) -> int | None:
        """The exit code, or None while the kernel runs."""
        process: Any = self.process
        if not isinstance(process, subprocess.Popen) or process.returncode is not None:
            return await super().poll()
        if hasattr(os, "waitid"):
            sweep_group_of_dead(process.pid)
            return await super().poll()
        code = await super().poll()  # macOS cannot look without reaping, so sweep at once after
        if code is not None:
            kill_group(process.pid)
        return code

    def kill_now(self) -> None:
        """SIGKILL, at once and from any thread."""
        process: Any = self.process
        if isinstance(process, subprocess.Popen) and process.returncode is None:
            kill_group(process.pid)


class ForkProvisioner(LocalProvisioner):
    """A kernel forked from a running fork server, which is its parent and signals it for us."""

    server_id = Unicode("", config=True, help="the fork server, one that this process started")

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Ask the server for a kernel that reads the connection file which ``cmd`` names."""
        server = forkserver.find(self.server_id)
        process: Any = server.spawn(  # as much of Popen as the base class asks of it
            connection_file=cmd[cmd.index("-f") + 1],
            arguments=[word for word in cmd if word.startswith("--")],
            cwd=str(kwargs["cwd"]),
            environment=kwargs["env"],
            log=str(kwargs["stderr"].name),
        )
        self.process, self.pid = process, process.pid
        self.cwd = kwargs["cwd"]
        # No group is set: signals then go through the server, which knows whether the process
        # still is ours. From here its number might by now belong to somebody else.
        self.pgid = None
        return self.connection_info

    def kill_now(self) -> None:
        """SIGKILL, at once and from any thread."""
        process: Any = self.process
        if process is not None:
            process.send_signal(signal.SIGKILL)


def kernel_spec(server_id: str, python: str) -> KernelSpec:
    """A kernelspec of our own: which Python runs must not depend on what the user installed."""
    name = FORK if server_id else COLD
    config = {"server_id": server_id} if server_id else {}
    return KernelSpec(
        argv=[python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Workbench report",
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": name, "config": config}},
    )


def register() -> None:
    """Make both known to jupyter_client, where the package's entry points did not."""
    from importlib.metadata import EntryPoint

    known = KernelProvisionerFactory.instance().provisioners
    for name, cls in ((COLD, ColdProvisioner), (FORK, ForkProvisioner)):
        known.setdefault(
            name,
            EntryPoint(name, f"{__name__}:{cls.__name__}", KernelProvisionerFactory.GROUP_NAME),
        )


def kill_group(pid: int) -> None:
    """SIGKILL to a process group that our child ``pid`` leads, or led until just now."""
    # All of it may be gone; macOS says of a group of zombies that it may not be signalled.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def sweep_group_of_dead(pid: int) -> None:
    """If our child has ended, kill what it left in its group, before its number is free again."""
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return
    if ended is not None:
        kill_group(pid)
