"""What a user can ask of the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core.errors import NotFoundError
from workbench.core.operations import operation

from .kinds import Isolation, describe
from .outcome import Outcome


@operation("sandbox.show", title="Show which sandbox there is", produces="isolation")
def show() -> Isolation:
    """Show which isolation this machine gives, by making a sandbox."""
    return describe()


@operation("sandbox.run", title="Run a Python file in a sandbox", produces="outcome")
def run(
    path: Path,
    *,
    wall_s: Annotated[float, limits.Gt(0)] = 60.0,
    cpu_s: Annotated[int, limits.Ge(1)] = 30,
    memory_bytes: Annotated[int, limits.Ge(1)] = 2 << 30,
    network: bool = False,
) -> Outcome:
    """Run a Python file that is not trusted: no files of yours, no network, within limits.

    Args:
        path: The file.
        wall_s: Longest run.
        cpu_s: Processor time of each process.
        memory_bytes: Memory of all its processes together.
        network: Leave the network open.
    """
    from .limits import Limits
    from .programs import Code
    from .running import run_isolated

    if not path.is_file():
        raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}")
    limits = Limits(wall_s=wall_s, cpu_s=cpu_s, memory_bytes=memory_bytes)
    return run_isolated(Code(path.read_text(encoding="utf-8")), limits=limits, network=network)
