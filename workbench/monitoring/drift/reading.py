"""Where the rows to compare come from: a file, or the usage of a period."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError

from .usage import UsageRows, read_usage

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

USAGE = "usage:"
_DAYS_AGO = re.compile(r"(\d{1,4})d")
_PERIOD = re.compile(r"(?P<since>[^.]+?)\.\.(?P<until>[^.]+)")


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

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return list(self.table.columns)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.table)

    @property
    def sample(self) -> pd.DataFrame:
        """Rows drawn evenly: all of them."""
        return self.table

    @property
    def is_whole(self) -> bool:
        """Whether the sample is all there is."""
        return True

    def without(self, *names: str) -> Rows:
        """The rows without some columns."""
        return Rows(self.name, self.table.drop(columns=list(names), errors="ignore"))

    def parts(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The rows, of these columns alone, at once."""
        yield self.table[list(names)]


AnyRows = Rows | UsageRows


def read_rows(source: str, *, with_time: bool = False) -> AnyRows:
    """Rows of a file (.csv, .tsv, .jsonl, .ndjson, .parquet) or of ``usage:SINCE..UNTIL``.

    Args:
        source: A path, or a period of the usage log; its ends are ISO 8601 in UTC, the second one
            left out, such as ``usage:2026-10-01..2026-10-08``; or days before today's midnight,
            such as ``usage:8d..1d``.
        with_time: Give usage a column ``time`` as well.

    Raises:
        NotFoundError: There is no such file.
        DataError: The file is empty or broken.
        InputError: It is no period, or the period has no call.
    """
    if source.startswith(USAGE):
        period = source.removeprefix(USAGE)
        since_s, until_s = period_ends(period)
        name = source
        if "d" in period:  # a verdict that is kept must say of which days it is
            name = f"{USAGE}{_named(since_s)}..{_named(until_s)}"
        return read_usage(name, since_s, until_s, with_time=with_time)
    path = Path(source)
    return Rows(path.name, _read_file(path))


def _read_file(path: Path) -> pd.DataFrame:
    import pandas as pd

    from workbench.data.inference import infer_schema
    from workbench.data.reading import ParquetReader, open_reader

    reader = open_reader(path)
    if isinstance(reader, ParquetReader):
        return _plain(reader.file.read()).to_pandas()
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


def _plain(table: pa.Table) -> pa.Table:
    """With words in the place of their numbers: how a file keeps them is no difference."""
    import pyarrow as arrow

    for place, field in enumerate(table.schema):
        if arrow.types.is_dictionary(field.type):
            words = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.name, words)
    return table


def period_ends(period: str, *, now_s: float | None = None) -> tuple[float, float]:
    """The Unix times of a period such as ``2026-10-01..2026-10-08``, in UTC where none is said, or
    ``8d..1d``: days before the midnight with which today began (UTC).

    Raises:
        InputError: It is no period, or ends before it begins.
    """
    found = _PERIOD.fullmatch(period)
    now = dt.datetime.fromtimestamp(time.time() if now_s is None else now_s, dt.UTC)
    try:
        if found is None:
            raise ValueError("two times with two dots between them are expected")
        since, until = (_moment(found[name], now) for name in ("since", "until"))
    except ValueError as error:
        raise InputError(
            f"{period!r} is no period: {error}",
            hint="usage:2026-10-01..2026-10-08, or usage:8d..1d for the week before yesterday",
        ) from None
    if since >= until:
        raise InputError(f"the period {period} ends before it begins", hint="the earlier one first")
    return since, until


def _moment(said: str, now: dt.datetime) -> float:
    days = _DAYS_AGO.fullmatch(said)
    if days is not None:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - dt.timedelta(days=int(days[1]))).timestamp()
    moment = dt.datetime.fromisoformat(said)
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()


def _named(time_s: float) -> str:
    return f"{dt.datetime.fromtimestamp(time_s, dt.UTC):%Y-%m-%d}"
