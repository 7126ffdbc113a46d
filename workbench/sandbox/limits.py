"""How much a program may take."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from workbench.core.errors import InputError


@dataclass(frozen=True)
class Limits:
    """How much a program may take before it is stopped or refused more.

    ``cpu_s``, ``file_bytes`` and ``open_files`` hold for each process, ``wall_s``, ``processes``
    (threads count) and ``disk_bytes`` for all together. ``memory_bytes`` is the address space of
    each process, and what all of them together may hold. Of what is written to standard output
    and to standard error the first ``output_bytes`` are kept.
    """

    cpu_s: int = 30
    wall_s: float = 60.0
    memory_bytes: int = 2 << 30
    processes: int = 64
    file_bytes: int = 64 << 20
    open_files: int = 256
    disk_bytes: int = 256 << 20
    output_bytes: int = 1 << 20

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            whole = field.name == "wall_s" or isinstance(value, int)
            if not (number and whole and math.isfinite(value) and value > 0):
                kind = "a number" if field.name == "wall_s" else "a whole number"
                raise InputError(
                    f"limit {field.name} is {value!r}; it must be {kind} greater than 0",
                    parameter=field.name,
                )
