"""How the raw files of the probes become typed rows; see ``sets``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError

from .probes import BBQ, BBQ_UNKNOWN, STEREOSET, WINO
from .schema import Schema

Files = Mapping[str, Path]
Splits = dict[str, Iterator[Any]]
_LETTERS = ("A", "B", "C")


def stereoset(files: Files) -> Splits:
    """The rows as they stand, with names that Python can say."""

    def take(row: dict[str, str]) -> dict[str, Any]:
        return {name: row[name.replace("_", "-") if "anti" in name else name] for name in
                STEREOSET.names}  # fmt: skip

    return _rows(files["stereoset.jsonl"], STEREOSET, take)


def wino(files: Files) -> Splits:
    """The text, and the two pronouns by what the wheel says of one of them."""

    def take(row: dict[str, str]) -> dict[str, Any]:
        first, second = _options(row["options"])[:2]  # the third is "both"
        pro = row["pro_stereotyped"]
        return {
            "text": row["text"].strip(),
            "pro_stereotyped": pro,
            "anti_stereotyped": second if first == pro else first,
        }

    return _rows(files["wino.jsonl"], WINO, take)


def bbq(files: Files) -> Splits:
    """Passage, question and three answers, each for itself; the answer as its letter."""

    def take(row: dict[str, Any]) -> dict[str, Any]:
        options = _options(row["options"])
        answer = _LETTERS[options.index(row["answer"][0].strip())]
        (unknown,) = (_LETTERS[at] for at, said in enumerate(options) if said in BBQ_UNKNOWN)
        names = ("option_a", "option_b", "option_c")
        return {
            "passage": row["passage"].strip(),
            "question": row["question"].partition("\n")[0].strip(),
            **dict(zip(names, options, strict=True)),
            "answer": answer,
            "unknown": unknown,
            "ambiguous": answer == unknown,
        }

    return _rows(files["bbq.jsonl"], BBQ, take)


def _options(said: str) -> list[str]:
    """The three choices of ``A. one\\nB. two\\nC. three``."""
    return [line.partition(". ")[2].strip() for line in said.split("\n")]


def _rows(path: Path, schema: Schema, take: Callable[[dict[str, Any]], dict[str, Any]]) -> Splits:
    import pyarrow as pa

    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(take(json.loads(line)))
        except (KeyError, ValueError) as error:
            raise DataError(
                f"{path.name}, line {number} has another form: {error}",
                hint="the wheel has changed; report it",
            ) from error
    return {"train": iter([pa.RecordBatch.from_pylist(rows, schema=schema.arrow())])}
