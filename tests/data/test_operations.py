"""The operations on data sets, as any surface calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench import data
from workbench.core import operations
from workbench.core.errors import NotFoundError
from workbench.core.plain import to_plain


def test_list_says_what_is_here(shared_home: Path) -> None:
    data.pull("german")
    listed = {entry.name: entry for entry in data.list_sets()}
    assert listed["german"].built
    assert listed["adult"].rows == {"train": 32561, "test": 16281}
    assert listed["adult"].license == "not stated by the wheel"
    assert all(entry.question.endswith("?") for entry in listed.values())


def test_an_empty_home_has_built_nothing() -> None:
    assert not any(entry.built for entry in data.list_sets())


def test_describe_is_plain_data(shared_home: Path) -> None:
    found = operations.find("data.describe").run({"source": "adult", "split": "test"})
    plain = json.loads(json.dumps(to_plain(found)))
    columns = {column["name"]: column for column in plain["columns"]["test"]}
    assert (columns["age"]["low"], columns["age"]["high"]) == (17, 90)
    assert columns["workclass"]["missing"] == 963
    assert columns["sex"]["frequent"][0] == ["Male", 10860]
    assert plain["balance"]["test"]["<=50K"] == pytest.approx(12435 / 16281)
    assert plain["sensitive"][:2] == ["sex", "race"]


def test_describe_and_check_a_file(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("name,age\nann,3\nbob,x\ncid,\n")
    (tmp_path / "schema.json").write_text('{"name": "text", "age": "integer"}')
    result = operations.find("data.check").run(
        {"file": str(tmp_path / "p.csv"), "against": str(tmp_path / "schema.json")}
    )
    assert (result.ok, result.rows, result.quarantine.rows) == (False, 3, 1)
    assert result.quarantine.reasons == {"column 'age': is not of type integer": 1}
    described = data.describe(str(tmp_path / "p.csv"), target="age")
    assert described.columns["train"][0].frequent == ()  # every name is another
    assert described.balance["train"]["null"] == pytest.approx(1 / 3)
    with pytest.raises(NotFoundError, match="column"):
        data.describe(str(tmp_path / "p.csv"), target="ages")
