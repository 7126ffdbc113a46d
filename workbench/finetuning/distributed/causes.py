"""Why a run on several processes failed: of all that they say, what was first.

One that fails takes the others with it, and those say only that a connection was closed.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import EngineError, PeerError, WorkbenchError, all_errors
from workbench.finetuning.distributed.pulse import STUCK_S

_TAIL = 4
GO_ON = "the same command goes on from the last checkpoint"


def is_own(fault: Mapping[str, Any]) -> bool:
    """Whether it is an error of ours, which would come again, rather than a loss."""
    return fault["kind"] == "error" and bool(fault["own"])


def tell_hang(rank: int, silent_s: float, processes: int) -> PeerError:
    """One that says nothing: it was stopped, or does not get any of the processor."""
    who = f"process {rank} of {processes}" if rank >= 0 else f"the agent of {processes} processes"
    return PeerError(
        f"{who} hangs: it said nothing for {silent_s:.0f} s, and was ended",
        hint=f"{GO_ON}; on a machine that is very busy, --hang-s {2 * silent_s:.0f}",
        process=rank,
    )


def tell_stuck(processes: int) -> PeerError:
    """All are there, and none does anything."""
    return PeerError(
        f"the {processes} processes wait for each other: no step and no work in {STUCK_S:.0f} s",
        hint=GO_ON,
    )


def tell_short(most: int, threads: int, processes: int) -> PeerError:
    """A cluster has too few cores, those that are taken included."""
    cores = f"{threads} core{'s' * (threads != 1)} each"
    return PeerError(
        f"the nodes of the Ray cluster have room for {most} of {processes} processes with {cores}",
        hint=f"--processes {most}, or --least {most}; or `ray start` on one more machine"
        if most
        else "`ray start` on a machine with more cores, or a lower setting `threads`",
    )


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
    own = [each for each in faults if is_own(each)]
    if own:
        kinds = {each.code: each for each in all_errors()}
        first = own[0]
        kind = kinds.get(first["code"], WorkbenchError)
        return kind(first["message"], hint=first["hint"], process=first["rank"])
    gone = [each for each in faults if each["kind"] == "gone"]
    if gone:
        rank = gone[0]["failed"]
        return PeerError(
            f"process {rank} of {processes} is lost: {gone[0]['message']}", hint=GO_ON, process=rank
        )
    killed = [
        each
        for each in faults
        if each["kind"] == "failed" and each["status"] < 0 and each["status"] != -signal.SIGTERM
    ]
    if killed:
        rank, number = killed[0]["failed"], -killed[0]["status"]
        return PeerError(
            f"process {rank} of {processes} was ended by {signal.Signals(number).name}",
            hint=f"{GO_ON}; if memory ran out, fewer processes take less",
            process=rank,
        )
    if status is not None and status < 0 and not any(e["kind"] == "failed" for e in faults):
        return PeerError(
            f"the agent that watches the {processes} processes was ended by "
            f"{signal.Signals(-status).name}",
            hint=GO_ON,
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
