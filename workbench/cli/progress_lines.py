"""Long work into a file or a pipe: a line now and then says what it is at, and that it lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from workbench.cli.time_left import TimeLeft
from workbench.core import events

EACH_S = 15.0
"""What is done sooner says nothing but its result."""


@contextmanager
def progress_lines(operation: str, *, each_s: float = EACH_S) -> Iterator[None]:
    """Say each ``each_s`` seconds, on standard error, what an operation does and how far it is."""
    tasks: dict[int, str] = {}
    time_left = TimeLeft()
    started_s, ended, told = time.monotonic(), threading.Event(), threading.Event()

    def note(event: events.Event) -> None:
        data = event.data
        told.set()
        tasks.pop(data["task_id"], None)  # the one that moved last stands last
        if data["state"] in ("started", "running"):
            said, left = _words(data), time_left.note(data)
            tasks[data["task_id"]] = f"{said}, {left}" if left else said
        else:
            time_left.note(data)

    def speak() -> None:
        while not ended.wait(each_s):
            at = _at(dict(tasks))
            if not at and told.is_set():
                continue  # a gateway that waits for requests has nothing to say, for days
            told.set()
            seconds = time.monotonic() - started_s
            click.echo(f"{operation}: {at or 'at work'} ({seconds:.0f} s)", err=True)

    speaker = threading.Thread(target=speak, name="progress lines", daemon=True)
    with events.listening(note, "progress"):
        speaker.start()
        try:
            yield
        finally:
            ended.set()
            speaker.join()


def _at(tasks: dict[int, str]) -> str:
    """What goes on: the task that was begun first, which says what for, and what moved last."""
    if not tasks:
        return ""
    first, last = tasks[min(tasks)], list(tasks.values())[-1]
    return first if first == last else f"{first}; {last}"


def _words(data: dict[str, object]) -> str:
    label, message, done, total = data["label"], data["message"], data["done"], data["total"]
    said = f"{label} {message}".strip()
    if not isinstance(total, (int, float)) or not isinstance(done, (int, float)):
        return said
    if data["unit"] == "bytes":
        return f"{said}, {done / 1e6:.0f} of {total / 1e6:.0f} MB"
    return f"{said}, {done:g} of {total:g} {data['unit']}".rstrip()
