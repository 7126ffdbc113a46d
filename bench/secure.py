"""ReLU of 1,000 numbers that no party sees: two servers with a dealer against MPyC's three parties.

Both sides are three processes on loopback that are up before the clock starts, each round on new
numbers, by turns: sharing the input, computing, opening to a party. Ours speaks TLS, MPyC plain
TCP, as each does by itself. What is counted is the whole of a run as who asked for it waits, so our
dealer's (offline) part is in it; a second figure is the online part alone, which is what is left
when the material was dealt before. MPyC needs no dealer: its comparison makes its randomness as it
goes. It is asked in the fastest of its ways: one array rather than a list (three times as fast), in
numbers of 32 bits with 16 behind the point (twice as fast as 64), which is the range of ours. gmpy2
would help its single numbers; arrays do not use it.

Equality is asserted first: both within 2^-12 of the plain values. Issue 7 asks for 10x.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from shape import Benchmark, Figure, take_turns

VALUES = 1000
WITHIN = 2.0**-12
# Party 0 answers each line of numbers with the results and the seconds that it took.
_MPYC = """
import json, sys, time
import numpy as np
from mpyc.runtime import mpc
Fxp = mpc.SecFxp(32, 16)
async def main():
    await mpc.start()
    while True:
        line = sys.stdin.readline() if mpc.pid == 0 else ""
        line = await mpc.transfer(line, senders=0)
        if not line:
            break
        started_s = time.perf_counter()
        given = np.array(json.loads(line)) if mpc.pid == 0 else np.zeros(%d)
        x = mpc.input(Fxp.array(given), senders=0)
        found = await mpc.output(mpc.np_maximum(x, Fxp.array(np.zeros(%d))), receivers=0)
        spent_s = time.perf_counter() - started_s
        if mpc.pid == 0:
            print(json.dumps([np.asarray(found, dtype=float).tolist(), spent_s]), flush=True)
    await mpc.shutdown()
mpc.run(main())
""".replace("%d", str(VALUES))


class MpycParties:
    """Three parties of MPyC that are up."""

    def __init__(self) -> None:
        ports = _free_ports(3)
        self._all = []
        for me in range(3):
            addresses = [f"{'' if n == me else 'localhost'}:{port}" for n, port in enumerate(ports)]
            words = [word for address in addresses for word in ("-P", address)]
            self._all.append(
                subprocess.Popen(
                    [sys.executable, "-c", _MPYC, *words, "--no-log"], text=True,
                    stdin=subprocess.PIPE if me == 0 else subprocess.DEVNULL,
                    stdout=subprocess.PIPE if me == 0 else subprocess.DEVNULL,
                )
            )  # fmt: skip

    def relu(self, x: Any) -> tuple[list[float], float]:
        first = self._all[0]
        assert first.stdin is not None and first.stdout is not None
        first.stdin.write(json.dumps(x.tolist()) + "\n")
        first.stdin.flush()
        values, spent_s = json.loads(first.stdout.readline())
        return values, spent_s

    def close(self) -> None:
        first = self._all[0]
        assert first.stdin is not None
        first.stdin.close()
        for process in self._all:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def measure(rounds: int) -> Sequence[Figure]:
    """Relu by both, by turns."""
    import numpy as np

    from workbench.privacy.secure.applying import NAMES, run_program
    from workbench.privacy.secure.parties import Parties
    from workbench.privacy.secure.programs import DATA_OWNER
    from workbench.privacy.secure.results import Cost, SchemeName

    rng = np.random.default_rng(7)
    costs: list[Cost] = []
    others: list[float] = []
    theirs = MpycParties()
    schemes: tuple[SchemeName, ...] = ("two-servers", "replicated")
    up = {scheme: Parties(NAMES[scheme]) for scheme in schemes}

    def check(values: Any, x: Any) -> None:
        assert np.abs(np.asarray(values) - np.maximum(x, 0)).max() <= WITHIN

    def ours(scheme: SchemeName = "two-servers") -> float:
        x = rng.uniform(-100, 100, size=VALUES)
        started_s = time.perf_counter()
        outcomes = run_program("relu", {"x": x}, scheme=scheme, parties=up[scheme])
        spent_s = time.perf_counter() - started_s
        check(outcomes[DATA_OWNER].values, x)
        if scheme == "two-servers":
            costs.append(Cost.of(tuple(each.cost for each in outcomes)))
            others.append(ours("replicated"))
        return spent_s

    def mpyc() -> float:
        x = rng.uniform(-100, 100, size=VALUES)
        values, spent_s = theirs.relu(x)
        check(values, x)
        return spent_s

    try:
        mpyc()  # the first of each imports, and is no figure
        ours()
        costs.clear()
        others.clear()
        mine, peers = take_turns(ours, mpyc, rounds=rounds)
    finally:
        theirs.close()
        for parties in up.values():
            parties.close()
    last = costs[-1]
    details = {
        "asked": 10, "values": VALUES, "within": WITHIN, "rounds": last.rounds,
        "offline_s": [cost.offline_s for cost in costs], "offline_bytes": last.offline_bytes,
        "online_bytes": last.online_bytes, "replicated_s": others,
    }  # fmt: skip
    online = tuple(cost.online_s for cost in costs)
    peer = f"MPyC {_version()}, 3 processes, one array"
    return [
        Figure(
            "secure ReLU, dealer and all", peer, "s", tuple(mine), tuple(peers), better="lower",
            bound=10.0, details=details,
        ),
        Figure(
            "secure ReLU, online part", peer, "s", online, tuple(peers), better="lower",
            bound=10.0, details={"left_out": "planning and dealing, offline_s of the other figure"},
        ),
    ]  # fmt: skip


def _version() -> str:
    from importlib.metadata import version

    return version("mpyc")


BENCHMARKS = (Benchmark("secure", measure),)
