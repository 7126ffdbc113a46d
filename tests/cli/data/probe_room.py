"""A plugin's room, with one operation for each thing that a command must be able to do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import annotated_types as limits

from workbench.core import events, settings
from workbench.core.errors import CancelledError, InputError
from workbench.core.operations import operation
from workbench.core.progress import progress, track


@dataclass(frozen=True)
class Verdict:
    """Whether all is well."""

    ok: bool
    value: float = 1.5


@operation("probe.echo", title="Echo")
def echo(
    name: str,
    rest: list[str] | None = None,
    *,
    count: Annotated[int, limits.Ge(1)] = 3,
    zero: int = 0,
    rate: float | None = None,
    force: bool = False,
    careful: bool = True,
    folder: Path | None = None,
    engine: Literal["auto", "mlx"] | None = None,
    tags: list[str] | None = None,
    sizes: tuple[int, ...] = (),
    extra: dict[str, Any] | None = None,
    rows: list[dict[str, Any]] | None = None,
    parameters: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Give back what was given.

    Args:
        name: A name.
        rest: More names.
        count: How many.
        zero: From where.
        rate: How fast.
        force: Even if it is there.
        careful: With care.
        folder: Where.
        engine: With what.
        tags: Words.
        sizes: Numbers.
        extra: An object.
        rows: Objects.
        parameters: Values by name.
    """
    return dict(locals())


@operation("probe.judge", title="Judge")
def judge(*, ok: bool = True) -> Verdict:
    """Give a verdict.

    Args:
        ok: Whether all is well.
    """
    return Verdict(ok)


@operation("probe.talk", title="Talk while working")
def talk(*, seconds_s: float = 0.0, fail: bool = False) -> list[dict[str, Any]]:
    """Report progress of two kinds, one inside the other.

    Args:
        seconds_s: How long each step takes.
        fail: Whether to fail at the end.
    """
    for _ in track(["a", "b"], "Counting [steps]"):
        with progress("Fetching", total=2e6, unit="bytes") as task:
            task.update(1e6, message="half")
            time.sleep(seconds_s)
    if fail:
        raise InputError("it was asked to fail", hint="--no-fail")
    return [{"name": "a", "size": 1}, {"name": "bb", "size": 20}]


@operation("probe.stop", title="Stop")
def stop(*, how: Literal["cancel", "ctrl-c", "fault", "pipe", "wait"]) -> None:
    """End in one of the ways in which work ends.

    Args:
        how: Which.
    """
    if how == "cancel":
        raise CancelledError("cancelled: enough")
    if how == "ctrl-c":
        raise KeyboardInterrupt
    if how == "pipe":
        raise BrokenPipeError(32, "Broken pipe")
    if how == "wait":
        print("waiting", flush=True)
        while True:
            time.sleep(0.01)
    raise ZeroDivisionError("a fault of ours")


@operation("probe.setting", title="A setting")
def setting(name: str) -> str:
    """Show one setting as an operation sees it.

    Args:
        name: Which.
    """
    events.emit("probe.asked", name=name)
    return str(settings.get(name))


@operation("probe.lines", title="Many lines")
def lines() -> list[dict[str, int]]:
    """Give more output than a pipe holds."""
    return [{"number": i, "square": i * i} for i in range(20_000)]


@operation("probe.text", title="Hard text")
def text() -> dict[str, Any]:
    """Give text that not every terminal can show."""
    return {"name": "a\udcff", "word": "é…漢"}
