"""Going on with a run by its id alone, without the command that began it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.operations import operation
from workbench.finetuning.training.operations import Launcher, Processes, Strategy
from workbench.finetuning.training.operations import run as teach
from workbench.finetuning.training.registering import TrainingRun

# Paths that are the user's; all else that a run is given means the same in every folder.
_PATHS = ("data", "eval_data", "known", "policy")


def keep_call(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run was given, as plain data that means the same from another folder."""
    plain = {name: value for name, value in given.items() if value is not None and name != "again"}
    for name in _PATHS:
        if name in plain:
            path = Path(plain[name])
            plain[name] = str(path.resolve() if path.exists() else plain[name])
    return plain


@operation("finetuning.resume", title="Go on with a training run", produces="training-run")
def resume(
    run: str,
    *,
    processes: Processes | None = None,
    strategy: Strategy | None = None,
    tensor: Processes | None = None,
    least: Processes | None = None,
    restarts: Annotated[int, limits.Ge(0)] | None = None,
    save_every: Annotated[int, limits.Ge(1)] | None = None,
    launcher: Launcher | None = None,
    ray_address: str | None = None,
    priority: int | None = None,
) -> TrainingRun:
    """Go on with a run that was stopped, killed or failed, from its last checkpoint.

    The steps that are left are those that it would have taken, on any number of processes. The
    rows are those that were kept when it began, wherever the file is now; a run that is finished is
    told as it ended.

    Args:
        run: Its id or the beginning of it, or `latest`.
        processes: On how many; by default as before.
        strategy: What each has; see `run`.
        tensor: How many share every matrix; see `run`.
        least: With how few it goes on; see `run`.
        restarts: How often all are started again; see `run`.
        save_every: Steps from one checkpoint to the next.
        launcher: Where; see `run`.
        ray_address: Of the cluster; see `run`.
        priority: On a cluster; see `run`.
    """
    from workbench.core.errors import ConflictError, InputError
    from workbench.finetuning.recording.recorded_run import find_recorded_run
    from workbench.finetuning.training.records import read_run

    changes = {
        "processes": processes, "strategy": strategy, "tensor": tensor, "least": least,
        "restarts": restarts, "save_every": save_every, "launcher": launcher,
        "ray_address": ray_address, "priority": priority,
    }  # fmt: skip
    found = find_recorded_run(run).run
    known = read_run(found)
    call = known.get("call")
    if not call:
        raise InputError(
            f"how the run {found} was begun is not kept: it is of another kind, or of a time "
            "before that was written down",
            hint="the command that began it goes on with it",
        )
    policy = Path(call["policy"]) if "policy" in call else None
    # The rows are kept: a file that has changed since, or is gone, does not matter.
    rows = {"data": known.get("snapshot") or call["data"], "name": known["adapter"]}
    given = {**call, **rows, "policy": policy}
    given |= {name: value for name, value in changes.items() if value is not None}
    if given.get("launcher", "local") == "local":
        given |= {"ray_address": None, "priority": 0}  # as it began, on a cluster
    done = teach(**given)
    if done.run != found:
        raise ConflictError(
            f"what the run {found} is evaluated on, or its base, is not what it was: another run "
            f"was done, {done.run}",
            hint=f"workbench finetuning runs-compare {found} {done.run}",
        )
    return done
