"""One process's place on a node of a Ray cluster: an actor that looks around, and starts it.

The class is sent to the nodes as it stands here, so it uses nothing of Workbench: whether a node
has that, and which, is what it is asked first.
"""

from __future__ import annotations

from typing import Any


class Seat:
    """An actor with the cores of one process of a run."""

    def look(self, job: str, model: str, packages: list[str]) -> dict[str, Any]:
        """What there is on this node.

        Args:
            job: The file that says what is to be done.
            model: The folder of the base.
            packages: Whose versions are asked for.

        Returns:
            The node's ``ip`` and Ray's id of the ``node``; the ``digest`` of the file, None if
            it is not seen; ``has_model``; ``versions``, None for a package that is not there; and a
            ``port`` that is free.
        """
        import hashlib
        import importlib.metadata
        import platform
        import socket
        from pathlib import Path

        import ray

        versions: dict[str, str | None] = {"python": platform.python_version()}
        for name in packages:
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                versions[name] = None
        path, ip = Path(job), ray.util.get_node_ip_address()
        with socket.create_server((ip, 0)) as found:
            port = found.getsockname()[1]
        return {
            "ip": ip,
            "node": ray.get_runtime_context().get_node_id(),
            "digest": hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None,
            "has_model": Path(model).is_dir(),
            "versions": versions,
            "port": port,
        }

    def work(self, module: str, folder: str, log: str, said: dict[str, str]) -> int:
        """Run the process to its end; its status, below zero for the signal that ended it.

        Args:
            module: What it runs, as ``python -m``.
            folder: The run's.
            log: The file in it to which its output is added.
            said: Of its environment.
        """
        import os
        import subprocess
        import sys
        from pathlib import Path

        import psutil
        import ray

        ip = ray.util.get_node_ip_address()
        named = {
            address.address: name
            for name, addresses in psutil.net_if_addrs().items()
            for address in addresses
        }
        found = {"GLOO_SOCKET_IFNAME": named[ip]} if ip in named else {}
        with (Path(folder) / log).open("ab") as written:
            return subprocess.run(
                [sys.executable, "-m", module, folder],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    **said,
                    **found,
                    "WORKBENCH_DISTRIBUTED_PARENT": str(os.getpid()),
                },
                check=False,
            ).returncode
