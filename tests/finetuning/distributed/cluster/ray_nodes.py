"""A Ray cluster of several nodes on this machine, for the tests: each node has a raylet of its own.

``ray_nodes.py CORES...`` starts a node with so many cores for each, the first with the head, and
writes a line of JSON about each; every line that it reads, a number of cores, is one node more, or
``version NUMBER``: see ``pretend``. It ends them all when nothing is left to read.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

OBJECTS_BYTES = 80_000_000
TRIES = 3


def describe(cores: int) -> dict[str, Any]:
    """A node, its ports said: those that it would choose itself are waited for."""
    names = ["metrics_agent_port", "dashboard_agent_listen_port", "runtime_env_agent_port",
             "metrics_export_port"]  # fmt: skip
    with contextlib.ExitStack() as held:
        taken = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        ports = [each.getsockname()[1] for each in taken]
    return {
        "num_cpus": cores, "object_store_memory": OBJECTS_BYTES,
        **dict(zip(names, ports, strict=True)),
    }  # fmt: skip


def tell(node: Any) -> None:
    """Where a node is, and the processes without which it is none."""
    started = node.all_processes
    (raylet,) = started["raylet"]
    heads = [each.process.pid for each in started.get("gcs_server", [])]
    told = {"address": node.gcs_address, "raylet": raylet.process.pid, "head": heads}
    print(json.dumps(told), flush=True)


def say_ports() -> None:
    """Write down the ports of a node's agents before its raylet asks: it gives them 15 s
    to do it themselves, on a busy machine too few, and is then broken."""
    from ray import _raylet as names
    from ray._private.node import Node

    right = Node.start_raylet

    def start_raylet(self: Any, *args: Any, **kwargs: Any) -> Any:
        ports = {
            names.METRICS_AGENT_PORT_NAME: -1,  # there is none without the dashboard
            names.METRICS_EXPORT_PORT_NAME: -1,
            names.DASHBOARD_AGENT_LISTEN_PORT_NAME: self._ray_params.dashboard_agent_listen_port,
            names.RUNTIME_ENV_AGENT_PORT_NAME: self._ray_params.runtime_env_agent_port,
        }
        for name, port in ports.items():
            names.persist_port(self._session_dir, self._node_id, name, port)
        return right(self, *args, **kwargs)

    Node.start_raylet = start_raylet


def start(make: Callable[[], Any]) -> Any:
    """Try again where a node is not there in time."""
    for _ in range(TRIES - 1):
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - Ray raises plain ones
            print(error, file=sys.stderr, flush=True)
    return make()


def add(cluster: Any, cores: int) -> None:
    """One node more."""
    tell(start(lambda: cluster.add_node(**describe(cores))))


def pretend(head: Any, version: str) -> None:
    """Have the cluster say that it is of another version, or of its own again."""
    from ray._common.usage import usage_constants, usage_lib
    from ray._private.ray_constants import KV_NAMESPACE_CLUSTER

    client = head.get_gcs_client()
    known = usage_lib.get_cluster_metadata(client)
    was = known.setdefault("was", known["ray_version"])
    known["ray_version"] = version or was
    key = usage_constants.CLUSTER_METADATA_KEY
    client.internal_kv_put(key, json.dumps(known).encode(), True, KV_NAMESPACE_CLUSTER)
    print("{}", flush=True)


def main() -> None:
    """See above."""
    from ray.cluster_utils import Cluster

    Path(os.environ["RAY_TMPDIR"], "ray").mkdir(exist_ok=True)
    first, *others = sys.argv[1:]
    quiet = {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
    say_ports()
    cluster = start(
        lambda: Cluster(initialize_head=True, head_node_args={**describe(int(first)), **quiet})
    )
    tell(cluster.head_node)
    for each in others:
        add(cluster, int(each))
    for line in sys.stdin:
        if line.startswith("version"):
            pretend(cluster.head_node, line.removeprefix("version").strip())
            continue
        add(cluster, int(line))
    cluster.shutdown()


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    main()
