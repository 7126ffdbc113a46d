"""The nodes of a Ray cluster, and whether they answer: Ray takes up to 15 s to say of one that it
is gone, and until then would place processes on it."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_ANSWER_S = 3.0


@dataclass(frozen=True)
class Node:
    """A node that Ray holds to be alive.

    Attributes:
        id: Ray's.
        ip: Its address.
        port: Where its raylet listens.
        cores: Those that Ray may give, taken ones included.
    """

    id: str
    ip: str
    port: int
    cores: float

    @property
    def answers(self) -> bool:
        """Whether its raylet takes a connection."""
        try:
            socket.create_connection((self.ip, self.port), timeout=_ANSWER_S).close()
        except OSError:
            return False
        return True


def read_nodes(ray: Any) -> list[Node]:
    """Those that Ray holds to be alive, of a module that is connected."""
    return [
        Node(each["NodeID"], each["NodeManagerAddress"], each["NodeManagerPort"],
             each["Resources"].get("CPU", 0.0))
        for each in ray.nodes()
        if each["Alive"]
    ]  # fmt: skip


def count_room(nodes: Iterable[Node], threads: int) -> int:
    """How many processes of so many threads fit on nodes, none across two."""
    return sum(int(each.cores // threads) for each in nodes)
