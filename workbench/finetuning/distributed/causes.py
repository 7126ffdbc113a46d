"""Why a run on several processes failed: of all that they say, what was first.

One that fails takes the others with it, and those say only that a connection was closed.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import EngineError, PeerError, WorkbenchError, all_errors

_TAIL = 4


def find_cause(
    faults: Sequence[Mapping[str, Any]], processes: int, status: int | None, log: Path
) -> WorkbenchError:
    """The error to raise.

    Args:
        faults: What the processes and their agent said, in the order in which it was heard.
        processes: How many there were.
        status: With which the agent ended.
        log: What they wrote.
    """
    own = [each for each in faults if each["kind"] == "error" and each["own"]]
    if own:
        kinds = {each.code: each for each in all_errors()}
        first = own[0]
        kind = kinds.get(first["code"], WorkbenchError)
        return kind(first["message"], hint=first["hint"], process=first["rank"])
    killed = [
        each
        for each in faults
        if each["kind"] == "failed" and each["status"] < 0 and each["status"] != -signal.SIGTERM
    ]
    if killed:
        rank, number = killed[0]["failed"], -killed[0]["status"]
        return PeerError(
            f"process {rank} of {processes} was ended by {signal.Signals(number).name}",
            hint="the same command goes on from the last checkpoint; if memory ran out, fewer "
            "processes take less",
            process=rank,
        )
    said = [each for each in faults if each["kind"] == "error"]
    if said:
        return EngineError(
            f"process {said[0]['rank']} of {processes} failed: {said[0]['message']}",
            hint=f"what the processes wrote is in {log}",
            process=said[0]["rank"],
        )
    return EngineError(
        f"the processes of the run ended (status {status}) and gave nothing: {_read_end(log)}",
        hint=f"what they wrote is in {log}",
    )


def _read_end(log: Path) -> str:
    if not log.is_file():
        return "nothing was written"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(line.strip() for line in lines[-_TAIL:]) or "nothing was written"
