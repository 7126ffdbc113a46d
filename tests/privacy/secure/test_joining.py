"""Joining two tables privately: the points, the protocol, the processes, and what is refused."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from workbench.core.errors import (
    ConflictError,
    DataError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.privacy.secure import ecdh_psi, elligator2
from workbench.privacy.secure.ecdh_psi import Blinding, intersect, split
from workbench.privacy.secure.elligator2 import A, P, hash_to_field, map_to_curve
from workbench.privacy.secure.join_side import read_table
from workbench.privacy.secure.joining import join_privately
from workbench.privacy.secure.row_keys import keys_of, normalise

LEFT = [
    {"email": "Ann@example.org ", "age": "30", "note": "a"},
    {"email": "bo@example.org", "age": "41", "note": "b"},
    {"email": "", "age": "7", "note": "c"},
    {"email": "di@example.org", "age": "52", "note": "d"},
]
RIGHT = [
    {"email": "di@example.org", "plan": "gold", "note": "x", "secret": "1"},
    {"email": "eve@example.org", "plan": "none", "note": "y", "secret": "2"},
    {"email": "ann@EXAMPLE.org", "plan": "silver", "note": "z", "secret": "3"},
]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def doubled(u: int) -> int:
    """The u-coordinate of twice a point, by the curve's own formula."""
    return (u * u - 1) ** 2 * pow(4 * u * (u * u + A * u + 1), -1, P) % P


@pytest.mark.parametrize(
    ("message", "point"),
    [
        ("", "1bb913f0c9daefa0b3375378ffa534bda5526c97391952a7789eb976edfe4d08"),
        ("abc", "7c22950b7d900fa866334262fcaea47a441a578df43b894b4625c9b450f9a026"),
        ("abcdef0123456789", "31ad08a8b0deeb2a4d8b0206ca25f567ab4e042746f792f4b7973f3ae2096c52"),
    ],
)
def test_points_are_those_of_rfc_9380(message: str, point: str) -> None:
    """Appendix J.4.2; its points are times the cofactor 8."""
    tag = b"QUUX-V01-CS02-with-curve25519_XMD:SHA-512_ELL2_NU_"
    u = map_to_curve(hash_to_field(message.encode(), tag))
    assert doubled(doubled(doubled(u))) == int(point, 16)


def on_curve(point: bytes) -> bool:
    u = int.from_bytes(point, "little")
    return pow(u * (u * u + A * u + 1) % P, (P - 1) // 2, P) == 1


def common(left: list[str], right: list[str]) -> tuple[list[str], list[str], bytes]:
    """The protocol between two blindings; what each finds, and what left's first message was."""
    one, two = Blinding(), Blinding()
    (left_order, left_once), (right_order, right_once) = one.blind(left), two.blind(right)
    left_twice, right_twice = two.raise_again(left_once), one.raise_again(right_once)
    places = intersect(left_order, left_twice, right_twice)
    others = intersect(right_order, right_twice, left_twice)
    return [left[n] for n in places], [right[n] for n in others], left_once


def test_the_intersection_is_found_and_nothing_else_shows() -> None:
    left, right = [f"key {n}" for n in range(40)], [f"key {n}" for n in range(25, 50)]
    mine, theirs, sent = common(left, right)
    assert mine == theirs and sorted(mine) == sorted(set(left) & set(right))
    assert common(left[:5], right)[0] == []
    points = split(sent)
    assert points == sorted(points)  # in no order of the table
    assert all(map(on_curve, points))
    again = common(left, right)[2]
    assert not set(points) & set(split(again))  # another secret each run


def a_hash_as_coordinate(patch: pytest.MonkeyPatch) -> None:
    """No map to the curve: which keys lie on its twist shows in what is sent."""
    patch.setattr(ecdh_psi, "encode_to_curve", lambda message, tag: plain(message, tag))


def plain(message: bytes, tag: bytes) -> bytes:
    return elligator2.hash_to_field(message, tag).to_bytes(32, "little")


def one_secret_for_all_runs(patch: pytest.MonkeyPatch) -> None:
    """The same points come again in the next run: who joins twice is known again."""
    secrets = [X25519PrivateKey.generate() for _ in range(2)]
    turns = itertools.cycle(secrets)
    keys = type("Keys", (), {"generate": staticmethod(lambda: next(turns))})
    patch.setattr(ecdh_psi, "X25519PrivateKey", keys)


def keys_in_their_order(patch: pytest.MonkeyPatch) -> None:
    """What is sent stands in the table's order, which may be that of a birthday or an income."""
    patch.setattr(
        ecdh_psi,
        "sorted",
        lambda given, key=None: sorted(given) if key is None else list(given),
        raising=False,
    )


@pytest.mark.parametrize(
    "broken", [a_hash_as_coordinate, one_secret_for_all_runs, keys_in_their_order]
)
def test_a_broken_protocol_is_caught(
    broken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        test_the_intersection_is_found_and_nothing_else_shows()


def test_points_of_small_order_are_refused() -> None:
    for point in (bytes(32), (1).to_bytes(32, "little")):
        with pytest.raises(IntegrityError, match="small order"):
            Blinding().raise_again(point)


def test_keys_are_normalised() -> None:
    same = [" Ann  Lee ", "ann lee", "ＡＮＮ lee", "ANN\u00a0LEE"]
    assert {normalise(each) for each in same} == {"ann lee"}
    assert normalise("Straße") == normalise("STRASSE")
    assert normalise("é") == normalise("é")
    assert normalise(7) == normalise(7.0) == "7" != normalise("007")
    assert [normalise(each) for each in ("", "  ", None, float("nan"))] == [None] * 4
    two = keys_of({"a": ["x", "x y"], "b": ["y z", "z"]}, ["a", "b"], table="t")
    assert len(set(two.keys)) == 2  # columns do not run into each other


def test_tables_are_joined_by_processes_that_read_their_own_file(tmp_path: Path) -> None:
    left, right = write(tmp_path / "left.csv", LEFT), write(tmp_path / "right.csv", RIGHT)
    out = tmp_path / "out.csv"
    found = join_privately(left, right, on=["email"], out=out, give=["plan", "note"])
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {
            "email": "Ann@example.org ",
            "age": "30",
            "note": "a",
            "plan": "silver",
            "note_right": "z",
        },
        {"email": "di@example.org", "age": "52", "note": "d", "plan": "gold", "note_right": "x"},
    ]
    assert (found.matched, found.left_rows, found.right_rows) == (2, 3, 3)
    assert (found.left_without_key, found.right_without_key) == (1, 0)
    assert "secret" not in out.read_text() and "how many keys" in found.learnt
    assert not list(tmp_path.glob("*.part"))


def test_the_command_gives_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From Parquet with numbers as keys, and nothing in common as well."""
    from workbench.cli.main import main

    left, right = tmp_path / "left.parquet", tmp_path / "right.parquet"
    pq.write_table(pa.table({"id": np.arange(100), "x": np.arange(100.0)}), left)
    pq.write_table(pa.table({"id": np.arange(90.0, 130.0)}), right)
    out = tmp_path / "ids.parquet"
    command = ["privacy", "secure", "join", left, right, "--on", "id", "--out", out]
    with pytest.raises(SystemExit) as ended:
        main([*map(str, command), "--gives", "ids", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 0 and told["matched"] == 10
    ids = pq.read_table(out).to_pydict()
    assert ids["id"] == list(range(90, 100))
    assert ids["left_row"] == list(range(91, 101)) and ids["right_row"] == list(range(1, 11))


def test_what_is_refused_before_a_process_is_started(tmp_path: Path) -> None:
    left, right = write(tmp_path / "left.csv", LEFT), write(tmp_path / "right.csv", RIGHT)

    def join(one: Path, two: Path, out: str, **more: Any) -> None:
        join_privately(one, two, on=["email"], out=tmp_path / out, **more)

    with pytest.raises(NotFoundError, match="no file"):
        join(tmp_path / "none.csv", right, "out.csv")
    with pytest.raises(InputError, match="another kind"):
        join(left, right, "out.xlsx")
    with pytest.raises(NotFoundError, match="no folder"):
        join(left, right, "none/out.csv")
    for overwrite in (False, True):
        with pytest.raises(ConflictError, match="is there already"):
            join(left, right, "right.csv", overwrite=overwrite)


@pytest.mark.parametrize(
    ("columns", "on", "error", "said"),
    [
        ({"email": ["a"]}, ["mail"], NotFoundError, "email"),
        ({"email": ["a"]}, [], InputError, "no column to join on"),
        ({"email": ["a@b", "c", "A@B "]}, ["email"], DataError, "rows 1 and 3 of left.csv"),
        ({"email": [None, " "]}, ["email"], DataError, "no row of left.csv has a value"),
    ],
)
def test_tables_that_cannot_be_joined(
    columns: dict[str, list[Any]], on: list[str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as raised:
        keys_of(columns, on, table="left.csv")
    assert "a@b" not in str(raised.value).casefold()  # a message names rows, never keys


def test_files_that_are_no_table(tmp_path: Path) -> None:
    (tmp_path / "head.csv").write_text("email,plan\n")
    (tmp_path / "nothing.csv").write_text("")
    (tmp_path / "torn.csv").write_text("email,plan\na,b\nc\n")
    (tmp_path / "text.parquet").write_text("no table")
    (tmp_path / "sheet.xlsx").write_bytes(b"PK")
    pq.write_table(pa.table({"email": pa.array([], pa.string())}), tmp_path / "none.parquet")
    for name, error, said in (
        ("head.csv", DataError, "no rows"),
        ("nothing.csv", DataError, "empty"),
        ("torn.csv", DataError, r"row 2 of torn\.csv: 1 cells"),
        ("text.parquet", DataError, "not a Parquet file"),
        ("none.parquet", DataError, "no rows"),
        ("sheet.xlsx", InputError, r"no \.csv"),
        ("absent.csv", NotFoundError, "no file"),
    ):
        with pytest.raises(error, match=said):
            read_table(tmp_path / name)


def test_what_a_side_finds_wrong_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    """The right table has a key twice, which its own process alone can see."""
    left = write(tmp_path / "left.csv", LEFT)
    right = write(tmp_path / "right.csv", [RIGHT[0], RIGHT[0]])
    out = tmp_path / "out.csv"
    with pytest.raises(DataError, match=r"rows 1 and 2 of right\.csv have the same key"):
        join_privately(left, right, on=["email"], out=out)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "left.csv", "right.csv",
    ]  # fmt: skip
