"""Streams of questions for a language model: domains of a file, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.data.json_lines import read_json_lines
from workbench.finetuning.continual.streams import Stream, Task
from workbench.finetuning.examples import Example, of_prompt

_FORM = '{"domain": ..., "split": "train" or "test", "prompt": ..., "response": ...}'


def frozen_stream() -> Stream:
    """The four domains of 20 invented facts each that were frozen before the code was."""
    from workbench.finetuning.frozen_sets import DIGESTS, read_frozen

    rows = [(f"domains, row {n}", row) for n, row in enumerate(read_frozen("domains"), start=1)]
    return _stream("domains", rows, DIGESTS["domains"], license="the project's own")


def read_stream(path: Path) -> Stream:
    """The domains of a JSONL file as tasks, in the order in which they first appear.

    Args:
        path: Rows with ``domain``, ``split``, ``prompt`` and ``response``.

    Raises:
        NotFoundError: There is no such file.
        InputError: A line is no such row; its number is named. Or a domain has no part.
    """
    lines, digest = read_json_lines(path, hint=_FORM)
    rows = [(f"{path.name}, line {number}", row) for number, row in lines]
    return _stream(path.stem, rows, digest, license="the file's own")


def _stream(name: str, rows: Iterable[tuple[str, Any]], digest: str, *, license: str) -> Stream:
    parts: dict[str, dict[str, list[Example]]] = {}
    for where, row in rows:
        domain, split, example = _read_row(row, where)
        parts.setdefault(domain, {"train": [], "test": []})[split].append(example)
    tasks = tuple(
        Task(domain, tuple(each["train"]), tuple(each["test"])) for domain, each in parts.items()
    )
    return Stream(name, tasks, source=f"sha256 {digest}", license=license)


def _read_row(row: Any, where: str) -> tuple[str, str, Example]:
    try:
        domain, split = str(row["domain"]), str(row["split"])
        if split not in ("train", "test"):
            raise InputError(f"the split {split!r} is neither train nor test")
        return domain, split, of_prompt(row["prompt"], row["response"], task=domain)
    except InputError as error:
        raise InputError(f"{where}: {error.message}", hint=_FORM) from None
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{where} is no row of a stream: {error!r}", hint=_FORM) from None
