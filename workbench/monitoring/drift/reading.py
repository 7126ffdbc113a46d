"""Where the rows to compare come from: a file, or the usage of a period."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError

if TYPE_CHECKING:
    import pandas as pd

USAGE = "usage:"
_PERIOD = re.compile(r"(?P<since>[^.]+?)\.\.(?P<until>[^.]+)")
_MOST_ROWS = 5_000_000
# What names a call or follows from another column says nothing on drift by itself.
_PASSED_OVER = frozenset(
    {"request_id", "key_id", "settlement_id", "time_s", "sketch_kind", "fallbacks"}
)


@dataclass(frozen=True, eq=False)
class Rows:
    """A table with the name that it goes by. Names of columns that are no text become text.

    Raises:
        InputError: Two columns have one name.
    """

    name: str
    table: pd.DataFrame

    def __post_init__(self) -> None:
        names = [str(name) for name in self.table.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(
                f"{self.name} names {', '.join(twice)} twice", hint="give each column its own name"
            )
        object.__setattr__(self, "table", self.table.set_axis(names, axis=1))


def read_rows(source: str, *, with_time: bool = False) -> Rows:
    """Rows of a file (.csv, .tsv, .jsonl, .ndjson, .parquet) or of ``usage:SINCE..UNTIL``.

    Args:
        source: A path, or a period of the usage log; its ends are ISO 8601 in UTC, the second one
            left out, such as ``usage:2026-10-01..2026-10-08``.
        with_time: Give usage a column ``time`` as well.

    Raises:
        NotFoundError: There is no such file.
        DataError: The file is empty or broken.
        InputError: It is no period, or the period has no call.
    """
    if source.startswith(USAGE):
        return Rows(source, _read_usage(source.removeprefix(USAGE), with_time=with_time))
    path = Path(source)
    return Rows(path.name, _read_file(path))


def _read_file(path: Path) -> pd.DataFrame:
    import pandas as pd

    from workbench.data.inference import infer_schema
    from workbench.data.reading import ParquetReader, open_reader

    reader = open_reader(path)
    if isinstance(reader, ParquetReader):
        return reader.file.read().to_pandas()
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        rows: list[Any] = []
        names = reader.names
        for chunk in reader.chunks():
            if chunk.bad:
                raise DataError(f"row {chunk.bad[0].row} of {path}: {chunk.bad[0].reason}")
            columns = [chunk.columns[name] for name in names]
            rows.extend(zip(*columns, strict=True))
        return pd.DataFrame(rows, columns=names)
    kinds = {column.name: column.type for column in infer_schema(reader).columns}
    text = {name: str for name, kind in kinds.items() if kind == "text"}
    try:
        return pd.read_csv(
            path, sep="\t" if path.suffix.lower() == ".tsv" else ",", dtype=text,
            skipinitialspace=True, keep_default_na=False, na_values=[""],
        )  # fmt: skip
    except (pd.errors.ParserError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}", hint=f"head -3 {path}") from None


def _read_usage(period: str, *, with_time: bool) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    from workbench.store.usage_queries import settlements

    since_s, until_s = period_ends(period)
    rows = settlements(since_s=since_s, until_s=until_s, limit=_MOST_ROWS)
    if not rows:
        raise InputError(
            f"no call was settled in {period}", hint="workbench serving usage --by day"
        )
    table = pd.DataFrame([vars(row) for row in rows])
    # Sketches of two kinds cannot be compared; that of most calls is.
    kinds = table["sketch_kind"].dropna()
    most = kinds.mode()[0] if len(kinds) else None
    made = table["sketch"].where(table["sketch_kind"] == most, None)
    times = pd.to_datetime(table["time_s"], unit="s", utc=True)
    table = table.drop(columns=[*_PASSED_OVER, "sketch"])
    if with_time:
        table["time"] = times
    table["status"] = table["status"].astype(str)
    if made.notna().any():
        table["prompt"] = [
            None if each is None else np.frombuffer(each, np.int8).astype(float) for each in made
        ]
    return table.dropna(axis=1, how="all")


def period_ends(period: str) -> tuple[float, float]:
    """The Unix times of a period such as ``2026-10-01..2026-10-08``, in UTC where none is said.

    Raises:
        InputError: It is no period, or ends before it begins.
    """
    found = _PERIOD.fullmatch(period)
    try:
        if found is None:
            raise ValueError("two times with two dots between them are expected")
        ends = [dt.datetime.fromisoformat(found[name]) for name in ("since", "until")]
    except ValueError as error:
        raise InputError(
            f"{period!r} is no period: {error}", hint="usage:2026-10-01..2026-10-08"
        ) from None
    since, until = (each.replace(tzinfo=each.tzinfo or dt.UTC).timestamp() for each in ends)
    if since >= until:
        raise InputError(f"the period {period} ends before it begins", hint="the earlier one first")
    return since, until
