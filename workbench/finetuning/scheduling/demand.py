"""What a training job wants of the machine and of the queue, as it is kept with the job."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError
from workbench.finetuning.scheduling.tasks import Slots

LANE = "training"
MEMORY_MB = 1024


@dataclass(frozen=True)
class Demand:
    """See ``operations.submit`` for what each is."""

    cores: int = 1
    memory_mb: int = MEMORY_MB
    team: str = ""
    estimate_s: float | None = None
    deadline_s: float | None = None

    @property
    def slots(self) -> Slots:
        """All that its processes have together."""
        return Slots(self.cores, self.memory_mb)


def choose_cores(params: Mapping[str, Any], cores: int | None) -> int:
    """The cores of a run: one for each of its processes at least.

    Raises:
        InputError: There are fewer.
    """
    processes = params.get("processes", 1)
    if not isinstance(processes, int) or processes < 1:
        return 1 if cores is None else cores  # the operation's own check says what is wrong
    if cores is not None and cores < processes:
        raise InputError(
            f"{processes} processes on {cores} core{'s' * (cores != 1)}: they would wait for each "
            "other",
            hint=f"--cores {processes}",
        )
    return cores or processes


def read_demand(plain: Mapping[str, Any] | None) -> Demand:
    """What was kept; what a later version keeps beside it is left out."""
    known = {each.name for each in dataclasses.fields(Demand)}
    return Demand(**{name: value for name, value in (plain or {}).items() if name in known})
