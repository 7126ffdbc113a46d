"""Parties as threads of this process, without TLS and with keys that are fixed: for the arithmetic.

What runs is the parties' own code (``computing.compute``); only the lines are queues.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from workbench.privacy.secure.applying import NAMES
from workbench.privacy.secure.computing import Outcome, compute
from workbench.privacy.secure.mesh import Mesh
from workbench.privacy.secure.party import Party
from workbench.privacy.secure.programs import DATA_OWNER, PROGRAMS
from workbench.privacy.secure.streams import Stream

Queues = dict[tuple[int, int], "queue.SimpleQueue[bytes]"]


class ThreadMesh(Mesh):
    """Lines between threads."""

    def __init__(self, me: int, count: int, queues: Queues) -> None:
        super().__init__(me, count)
        self.queues = queues

    def only(self, *parties: int) -> ThreadMesh:
        return ThreadMesh(self.me, len(parties) + 1, self.queues)

    def _exchange(self, out: Mapping[int, bytes], due: Mapping[int, int]) -> dict[int, bytes]:
        for party, message in out.items():
            self.queues[self.me, party].put(message)
            self.wire_bytes += len(message)
        got = {party: self.queues[party, self.me].get(timeout=20) for party in due}
        assert {party: len(message) for party, message in got.items()} == dict(due)
        return got


class ThreadParty:
    """As much of a ``Party`` as computing asks for."""

    def __init__(self, me: int, queues: Queues, seed: int) -> None:
        self.me, self.name, self.mesh = me, f"party {me}", ThreadMesh(me, 3, queues)
        pairs = {other: sorted((me, other)) for other in range(3) if other != me}
        self._streams = {
            other: Stream(hashlib.sha256(f"{seed} {pair}".encode()).digest())
            for other, pair in pairs.items()
        }

    def stream_with(self, other: int) -> Stream:
        return self._streams[other]


def run_parties(work: Callable[[ThreadParty], Any], count: int, seed: int) -> list[Any]:
    """The same work by each party; the first error of any is raised."""
    queues: Queues = {(a, b): queue.SimpleQueue() for a in range(3) for b in range(3) if a != b}
    results: list[Any] = [None] * count
    errors: list[BaseException] = []

    def act(me: int) -> None:
        try:
            results[me] = work(ThreadParty(me, queues, seed))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            errors.append(error)

    threads = [threading.Thread(target=act, args=(me,)) for me in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def outcomes_of(
    program: str, scheme: str, *, seed: int = 0, keep_view: bool = False, **values: Any
) -> list[Outcome]:
    """A program of ``PROGRAMS`` by parties of a scheme."""
    given = {name: np.asarray(each) for name, each in values.items()}
    owners = PROGRAMS[program].owners

    def work(party: ThreadParty) -> Outcome:
        own = {name: each for name, each in given.items() if owners[name] == party.me}
        return compute(
            cast(Party, party), program=program, scheme=scheme, values=own, keep_view=keep_view,
            shapes={name: each.shape for name, each in given.items()},
        )  # fmt: skip

    return run_parties(work, len(NAMES[scheme]), seed)


def result_of(program: str, scheme: str, *, seed: int = 0, **values: Any) -> np.ndarray:
    """What is opened to the data's owner."""
    found = outcomes_of(program, scheme, seed=seed, **values)[DATA_OWNER].values
    assert found is not None
    return found
