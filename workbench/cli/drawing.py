"""Progress and results in a terminal. Data goes to standard output, talk to standard error."""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from workbench.cli.progress_lines import progress_lines
from workbench.cli.time_left import TimeLeft
from workbench.core import events
from workbench.core.plain import to_plain

Show = Callable[[Any], None]


@contextmanager
def drawn(operation: str, *, quiet: bool) -> Iterator[Show]:
    """Draw the progress of an operation, and give the function that prints its result.

    When standard error is no terminal, a line now and then says what long work is at.
    """
    room, _, verb = operation.partition(".")
    module = _room_module(room)
    with ExitStack() as stack:
        if sys.stderr.isatty():
            stack.enter_context(_progress_bars())
        else:
            stack.enter_context(progress_lines(operation))
        listen = getattr(module, f"listen_{verb}", None)
        if listen is not None and not quiet:
            stack.enter_context(listen())
        yield getattr(module, f"show_{verb}", print_plain)


def _room_module(room: str) -> Any:
    name = f"workbench.cli.{room}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


@contextmanager
def _progress_bars() -> Iterator[None]:
    """Rich's bars for as long as there is progress; gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    # Labels hold names that people choose, in which rich would look for styles: "[red]".
    label, bar = TextColumn("{task.description}", markup=False), BarColumn()
    left = TextColumn("{task.fields[left]}")
    bytes_bars = Progress(label, bar, DownloadColumn(), left, console=console, transient=True)
    count_bars = Progress(label, bar, MofNCompleteColumn(), left, console=console, transient=True)
    time_left = TimeLeft()
    tasks: dict[int, tuple[Progress, Any]] = {}

    def draw(event: events.Event) -> None:
        data = event.data
        said = time_left.note(data)
        if data["state"] == "started":
            bars = bytes_bars if data["unit"] == "bytes" else count_bars
            bars.start()
            task = bars.add_task(data["label"], total=data["total"], left="")
            tasks[data["task_id"]] = (bars, task)
        elif data["task_id"] in tasks:
            bars, task = tasks[data["task_id"]]
            words = f"{data['label']} {data['message']}".strip()
            done, total = data["done"], data["total"]
            bars.update(task, completed=done, total=total, description=words, left=said)
            if data["state"] in ("finished", "failed"):
                bars.remove_task(task)
                if not bars.tasks:
                    bars.stop()

    try:
        with events.listening(draw, "progress"):
            yield
    finally:
        bytes_bars.stop()
        count_bars.stop()


def print_json(result: Any) -> None:
    """Print a result for a program: one line, escaped only where standard output needs it."""
    plain = to_plain(result)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(plain, allow_nan=False)
    click.echo(text)


def print_plain(result: Any) -> None:
    """Print a result whose room has no words of its own for it."""
    from workbench.cli.outline import print_outline, print_rows

    plain = to_plain(result)
    if plain is None:
        return
    if isinstance(plain, list) and plain and all(isinstance(row, dict) for row in plain):
        print_rows(plain)
    elif isinstance(plain, dict):
        print_outline(plain)
    elif isinstance(plain, str):
        click.echo(plain)
    else:
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False))


def print_table(names: list[str], rows: list[list[Any]], *, indent: int = 0) -> None:
    """Columns as wide as what stands in them; numbers to the right.

    In a terminal the widest columns give way until a row fits. Elsewhere nothing is cut: a
    program, or ``less``, may want all of it.
    """
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    texts = [[" ".join(text.split()) for text in row] for row in texts]
    widths = [max(len(row[i]) for row in [names, *texts]) for i in range(len(names))]
    room = terminal_columns()
    if room is not None:
        widths = _narrowed(widths, names, room - indent - 2 * (len(names) - 1))
    right = [
        all(isinstance(row[i], (int, float)) or row[i] is None for row in rows)
        for i in range(len(names))
    ]
    for row in [names, *texts]:
        cells = [
            text.rjust(width) if to_right else _cut(text, width).ljust(width)
            for text, width, to_right in zip(row, widths, right, strict=True)
        ]
        click.echo((" " * indent + "  ".join(cells)).rstrip())


def terminal_columns() -> int | None:
    """How wide the terminal is that standard output goes to; None where it goes elsewhere."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def _narrowed(widths: list[int], names: list[str], room: int) -> list[int]:
    """Take from the widest column until all fit, but from none below its name and 8 letters.

    The first stays whole: it is the name that is typed next.
    """
    least = [min(width, max(8, len(name))) for width, name in zip(widths, names, strict=True)]
    least[0] = widths[0]
    widths = list(widths)
    while sum(widths) > room:
        spare = [width - low for width, low in zip(widths, least, strict=True)]
        if max(spare) == 0:
            break  # it does not fit whatever is cut; the terminal breaks the line
        widest = max(range(len(widths)), key=lambda i: (spare[i] > 0, widths[i]))
        widths[widest] -= 1
    return widths


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def format_time(time_s: float | None) -> str:
    """A Unix time to the minute, in this machine's zone; empty where there is none."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_s)) if time_s else ""


def format_count(number: int, noun: str, plural: str = "") -> str:
    """``1 row``, ``1,200 rows``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def format_bytes(size_bytes: float | None) -> str:
    """A size as people read it."""
    if size_bytes is None:
        return "?"
    for unit in ("B", "kB", "MB", "GB"):
        if round(size_bytes) < 1000 or unit == "GB":
            return f"{size_bytes:.0f} {unit}" if unit != "GB" else f"{size_bytes:.1f} GB"
        size_bytes /= 1000
    return ""
