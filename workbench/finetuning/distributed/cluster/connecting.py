"""Reaching a Ray cluster from a process of its own, or making one on this machine for one run.

Ray reports to its makers unless told otherwise, listens on all of a machine's addresses, and writes
a token in the user's home. One that is made here does none of these: it is on loopback alone, its
token is in its processes' memory, its files are in a temporary folder, and it ends with the run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import re
import secrets
import socket
from collections.abc import Iterator
from typing import Any

from workbench.core.errors import (
    CapabilityError,
    DependencyError,
    InputError,
    PeerError,
    WorkbenchError,
)
from workbench.finetuning.distributed.plan import Plan

_ANSWER_S = 5.0
_TRIES = 3  # a raylet gives its agents 15 s to be there, which cannot be changed
_OBJECTS_BYTES = 80 << 20  # the least that Ray takes; nothing goes through its store
_NO_REPORTS = {"RAY_USAGE_STATS_ENABLED": "0"}
OWN = {
    **_NO_REPORTS,
    # Its name is of other systems, where Ray stays on loopback for the firewall's sake.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_worker_niceness": "0",  # 15 by Ray's choice: whatever else is at work goes first
    # On a busy machine a node needs more than the seconds after which Ray takes it for broken.
    "RAY_raylet_start_wait_time_s": "60",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_worker_register_timeout_seconds": "300",
}


def check_launcher(plan: Plan | None) -> None:
    """Raise before anything is loaded if a plan wants Ray and it is not there.

    Raises:
        DependencyError: It is not installed.
        InputError: The address is none.
    """
    if plan is None or plan.launcher != "ray":
        return
    if importlib.util.find_spec("ray") is None:
        raise DependencyError(
            "ray is not installed",
            hint="pip install 'workbench[ray]', or --launcher local",
        )
    address = find_address(plan)
    if address is not None:
        read_address(address)


def find_address(plan: Plan) -> str | None:
    """Where the cluster is: as the plan says, or ``RAY_ADDRESS``; None for one of its own."""
    return plan.ray_address or os.environ.get("RAY_ADDRESS") or None


def read_address(address: str) -> tuple[str, int]:
    """HOST:PORT in parts.

    Raises:
        InputError: It is something else.
    """
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([^\s/:]+)):(\d{1,5})", address)
    if found is None or not 0 < int(found[3]) < 65536:
        raise InputError(
            f"the address of the Ray cluster is {address!r}; it is HOST:PORT",
            hint="--ray-address 127.0.0.1:6379, on a machine that is one of its nodes",
        )
    return found[1] or found[2], int(found[3])


@contextlib.contextmanager
def connected(plan: Plan) -> Iterator[Any]:
    """The module ``ray``, connected, until the context is left.

    Raises:
        PeerError: Nobody answers at the address, or who does is no Ray cluster.
        CapabilityError: The cluster is of another version of Ray or Python.
    """
    address = find_address(plan)
    os.environ.update(_NO_REPORTS)
    os.environ.pop("RAY_ADDRESS", None)  # Ray would take it where one is to be made
    if address is None:
        os.environ.update(OWN, RAY_AUTH_TOKEN=secrets.token_hex(32))
        way: dict[str, Any] = {
            "num_cpus": plan.processes * plan.count_threads(),
            "num_gpus": 0,
            "include_dashboard": False,
            "object_store_memory": _OBJECTS_BYTES,
            "_node_ip_address": "127.0.0.1",
        }
    else:
        _check_answer(address)
        way = {"address": address}
    import ray

    _join(ray, way, address)
    try:
        yield ray
    finally:
        ray.shutdown()


def _join(ray: Any, way: dict[str, Any], address: str | None) -> None:
    tries = 1 if address else _TRIES
    while True:
        try:
            ray.init(**way, namespace="workbench", log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:  # Ray raises plain ones, too
            ray.shutdown()
            tries -= 1
            if not tries:
                raise _tell(error, address) from error
        else:
            return


def _check_answer(address: str) -> None:
    try:
        socket.create_connection(read_address(address), timeout=_ANSWER_S).close()
    except OSError as error:
        raise PeerError(
            f"no Ray cluster answers at {address}: {error.strerror or error}",
            hint="start its head again, or give --ray-address; what was saved stays, and "
            "`workbench finetuning resume latest` goes on",
        ) from error


def _tell(error: Exception, address: str | None) -> WorkbenchError:
    said = " ".join(str(error).split())
    if "version mismatch" in said.lower():
        return CapabilityError(
            f"the Ray cluster at {address} has other versions: {said[:400]}",
            hint="the same Ray and Python on all machines",
        )
    if address is None:
        return PeerError(
            f"no Ray cluster could be started here: {said[:400]}", hint="--launcher local"
        )
    return PeerError(
        f"the Ray cluster at {address} cannot be joined: {said[:400]}",
        hint="this machine must be one of its nodes: ray start --address " + address,
    )
