"""One side of a private join: it reads its own table, finds what both have, and gives what was
agreed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.errors import CapacityError, DataError, InputError, NotFoundError
from workbench.store.files import replacing

from . import row_keys
from .ecdh_psi import POINT_BYTES, Blinding, intersect
from .results import PartyCost

if TYPE_CHECKING:
    import pyarrow as pa

    from .mesh import Mesh
    from .party import Party

LEFT, RIGHT = 0, 1
_MOST_ROWS = 1_000_000
_WORD_BYTES = 8


@dataclass(frozen=True)
class SideOutcome:
    """What a side gives back: counts, its cost, and for the left the columns it wrote."""

    matched: int
    rows: int
    without: int
    columns: tuple[str, ...]
    cost: PartyCost


def join_side(
    party: Party,
    *,
    file: Path,
    on: Sequence[str],
    gives: str,
    give: Sequence[str] | None = None,
    out: Path | None = None,
) -> SideOutcome:
    """Do this side's part.

    Args:
        party: The left side is party 0, the right one party 1.
        file: This side's table.
        on: The columns that make the key.
        gives: ``ids`` or ``tables``.
        give: Of the right side: the columns it hands over; all but the key's if None.
        out: Of the left side: where it writes.
    """
    started_s = time.perf_counter()
    mesh = party.mesh.only(1 - party.me)
    table = read_table(file)
    given = _columns_to_give(table, on, give, file) if party.me == RIGHT else []
    columns = {name: table.column(name).to_pylist() for name in on if name in table.column_names}
    known = dict.fromkeys(table.column_names, ())
    keys = row_keys.keys_of({**known, **columns}, on, table=file.name)
    places = find_common(mesh, keys.keys)
    rows = [keys.rows[place] for place in places]
    if party.me == RIGHT:
        _hand_over(mesh, table, rows, given, gives)
        names: tuple[str, ...] = ()
    else:
        assert out is not None
        names = _write_joined(mesh, table, rows, on, gives, out)
    spent_s = time.perf_counter() - started_s
    cost = PartyCost(party.name, mesh.rounds, mesh.wire_bytes, 0, spent_s, 0.0)
    return SideOutcome(len(rows), len(keys.keys), keys.without, names, cost)


def find_common(mesh: Mesh, keys: Sequence[str]) -> list[int]:
    """The places of this side's keys that the other has too, in the same order on both sides."""
    other = 1 - mesh.me
    theirs = _exchange_size(mesh, len(keys), send=True, receive=True)
    if theirs > _MOST_ROWS:
        raise CapacityError(
            f"the other side has {theirs:,} keys; at most {_MOST_ROWS:,} are joined",
            hint="join parts of the tables", needed_bytes=theirs * POINT_BYTES,
            budget_bytes=_MOST_ROWS * POINT_BYTES, held_bytes=0,
        )  # fmt: skip
    blinding = Blinding()
    order, once = blinding.blind(keys)
    got = mesh.exchange({other: once}, {other: theirs * POINT_BYTES})[other]
    their_twice = blinding.raise_again(got)
    mine_twice = mesh.exchange({other: their_twice}, {other: len(once)})[other]
    return intersect(order, mine_twice, their_twice)


def read_table(file: Path) -> pa.Table:
    """A Parquet file as it is, or a CSV file as texts, so that "007" stays "007".

    Raises:
        NotFoundError: There is no such file.
        DataError: It is no table, or has no rows.
        InputError: It is of another kind.
    """
    import pyarrow as pa

    from workbench.data.reading import open_reader

    if file.suffix.lower() not in (".csv", ".tsv", ".parquet"):
        raise InputError(f"{file.name} is no .csv, .tsv or .parquet file", hint="convert it first")
    reader = open_reader(file)
    chunks = list(reader.chunks())
    bad = [row for chunk in chunks for row in chunk.bad]
    if bad:
        raise DataError(
            f"row {bad[0].row} of {file.name}: {bad[0].reason}", hint="mend it, and join again"
        )
    table = pa.table(
        {name: pa.chunked_array([chunk.columns[name] for chunk in chunks]) for name in reader.names}
    )
    if table.num_rows == 0:
        raise DataError(f"{file.name} has no rows", hint="a table has at least one row")
    if table.num_rows > _MOST_ROWS:
        raise InputError(f"{file.name} has {table.num_rows:,} rows; at most {_MOST_ROWS:,}")
    return table


def _columns_to_give(
    table: pa.Table, on: Sequence[str], give: Sequence[str] | None, file: Path
) -> list[str]:
    if give is None:
        return [name for name in table.column_names if name not in on]
    for name in give:
        if name not in table.column_names:
            raise NotFoundError.among(f"column of {file.name}", name, table.column_names)
    return list(give)


def _hand_over(mesh: Mesh, table: pa.Table, rows: list[int], given: list[str], gives: str) -> None:
    """The right side sends the rows that both have, or their numbers, in the order agreed on."""
    if gives == "ids":
        message = np.asarray(rows, dtype="<u8").tobytes()
    else:
        message = _pack(table.select(given).take(np.asarray(rows, dtype=np.int64)))
    _exchange_size(mesh, len(message), send=True)
    mesh.exchange({LEFT: message}, {})


def _write_joined(
    mesh: Mesh, table: pa.Table, rows: list[int], on: Sequence[str], gives: str, out: Path
) -> tuple[str, ...]:
    """The left side takes them, and writes the joined table in the order of its own rows."""
    import pyarrow as pa

    message = mesh.exchange({}, {RIGHT: _exchange_size(mesh, 0, receive=True)})[RIGHT]
    order = np.argsort(np.asarray(rows, dtype=np.int64), kind="stable")
    mine = table.take(np.asarray(rows, dtype=np.int64)[order])
    if gives == "ids":
        theirs = np.frombuffer(message, dtype="<u8").astype(np.int64)[order]
        joined = mine.select(list(on))
        joined = joined.append_column("left_row", pa.array(np.asarray(rows)[order] + 1, pa.int64()))
        joined = joined.append_column("right_row", pa.array(theirs + 1, pa.int64()))
    else:
        joined = mine
        others = _unpack(message).take(order)
        for name in others.column_names:
            joined = joined.append_column(
                _free_name(name, joined.column_names), others.column(name)
            )
    _write(joined, out)
    return tuple(joined.column_names)


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_right"
    return name


def _exchange_size(mesh: Mesh, size: int, *, send: bool = False, receive: bool = False) -> int:
    other = 1 - mesh.me
    out = {other: size.to_bytes(_WORD_BYTES, "little")} if send else {}
    got = mesh.exchange(out, {other: _WORD_BYTES} if receive else {})
    return int.from_bytes(got[other], "little") if receive else 0


def _pack(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpack(message: bytes) -> Any:
    import pyarrow as pa

    try:
        return pa.ipc.open_stream(message).read_all()
    except pa.ArrowInvalid as error:
        raise DataError(f"the right side sent no table: {error}") from None


def _write(table: pa.Table, out: Path) -> None:
    """In place whole, or not at all."""
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    with replacing(out) as file:
        if out.suffix.lower() == ".parquet":
            pq.write_table(table, file)
        else:
            pc.write_csv(table, file)
