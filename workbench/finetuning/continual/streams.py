"""What is learnt one after the other: tasks, each with what is taught and what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError


@dataclass(frozen=True)
class Task:
    """One part of a stream; its examples are of the kind that the stream's pupil reads."""

    name: str
    train: tuple[Any, ...]
    test: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.train or not self.test:
            lacking = "train" if not self.train else "test"
            raise InputError(f"the task {self.name} has no {lacking} examples")


@dataclass(frozen=True)
class Stream:
    """Tasks in the order in which they are learnt; what was learnt is not seen again.

    ``source`` says where the data come from, ``license`` under which terms.
    """

    name: str
    tasks: tuple[Task, ...]
    source: str
    license: str

    def __post_init__(self) -> None:
        if len(self.tasks) < 2:
            raise InputError(f"{self.name} has {len(self.tasks)} task; a sequence has two or more")

    def __iter__(self) -> Iterator[Task]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    @property
    def names(self) -> tuple[str, ...]:
        """The tasks' names, in order."""
        return tuple(task.name for task in self.tasks)
