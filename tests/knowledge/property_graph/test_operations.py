"""The commands: Cypher, the schema and ways, as tables and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.knowledge.property_graph import operations

from ..places import Place

BORN = "MATCH (a:Entity)-[f:born_in {inferred: false}]->(b) RETURN a.name, b.name, f.document"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    from workbench.cli.main import main

    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["knowledge", *words])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_a_query_is_a_table_or_json(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "query", "made", BORN)
    assert (status, out.splitlines()[1].split()) == (0, ["Ada", "Roe", "London", "b.md"])
    assert "1 row in" in err
    path = "MATCH p = (:Entity {key: $key})-[:located_in]->() RETURN p"
    status, out, _ = run(capsys, "query", "made", path, "--parameter", "key=london")
    assert "(:Entity London)-[:located_in]-(:Entity England)" in out
    status, out, _ = run(capsys, "query", "made", BORN, "--limit", "1", "--json")
    told = json.loads(out)
    assert (told["columns"], told["rows"]) == (
        ["a.name", "b.name", "f.document"],
        [["Ada Roe", "London", "b.md"]],
    )
    status, _, err = run(capsys, "query", "made", "MATCH (n) DELETE n")
    assert status == 2 and "DELETE changes a graph" in err


def test_a_column_is_called_what_the_statement_calls_it(place: Place) -> None:
    query = operations.query
    assert query("made", "MATCH (n:Entity) RETURN count(n)").columns == ("count(n)",)
    assert query("made", "MATCH (n:Entity) RETURN Count( n ) AS many").columns == ("many",)
    assert query("made", "MATCH (n:Entity) RETURN n.name LIMIT 1").columns == ("n.name",)


def test_a_parameter_is_json_or_a_text(place: Place) -> None:
    told = ["a=Ada Roe", "b=7", 'c="7"', "$d=[1, 2]", "e=="]
    found = operations.query("made", "RETURN $a, $b, $c, $d, $e", parameter=told)
    assert found.rows == (("Ada Roe", 7, "7", [1, 2], "="),)


def test_times_and_graphs_that_are_not_there(place: Place) -> None:
    query = operations.query
    assert query("made", "MATCH (d:Document) RETURN d", at="2020-01-01").rows == ()
    held = query("made", "MATCH (a)-[:president_of]->() RETURN a.name", valid="1992")
    assert (held.rows, held.valid) == ((("Jane Roe",),), "1992")
    with pytest.raises(NotFoundError, match="no graph named 'mede'; did you mean 'made'"):
        query("mede", "RETURN 1")
    for wrong in ({"at": "soon"}, {"valid": "soon"}, {"parameter": ["key"]}, {"limit": 0}):
        given: dict[str, Any] = wrong  # type: ignore[assignment]
        with pytest.raises(InputError):
            query("made", "RETURN 1", **given)


def test_schema_and_ways(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "schema", "made")
    assert "(:Entity)-[:born_in]->(:Entity)" in out and "valid_from" in out
    _, out, _ = run(capsys, "path", "made", "Ada Roe", "England")
    assert out.splitlines()[:3] == [
        "1. Ada Roe - London - England",
        "   Ada Roe born_in London",
        "      b.md 5-31: Ada Roe was born in London",
    ]
    _, out, err = run(capsys, "path", "made", "Ada Roe", "Acme")
    assert (out, "no way from 'ada roe' to 'acme'" in err) == ("", True)
