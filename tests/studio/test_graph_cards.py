"""How answers of a property graph are drawn."""

from __future__ import annotations

from workbench.core.viewers import mime_bundle
from workbench.knowledge.property_graph.operations import GraphSchema, Paths, QueryAnswer
from workbench.knowledge.property_graph.paths import Path, Step

NODE = {"_label": "Entity", "key": "ada", "name": "Ada <b>"}
EDGE = {"_relation": "born_in", "confidence": 0.9}
RECORDED = "2026-11-27T13:26:46.287178+00:00"


def html(result: object) -> str:
    found: str = mime_bundle(result)["text/html"]
    return found


def test_rows_are_a_table_of_what_they_say() -> None:
    path = {"_nodes": [NODE, {**NODE, "name": "Rome"}], "_edges": [EDGE]}
    row = (NODE, 7, None, path, ["a"])
    columns = ("a", "n", "x", "p", "a")
    drawn = html(QueryAnswer("notes", "ladybug", RECORDED, "1992", columns, (row,), True, 1.25))
    assert "(:Entity Ada &lt;b&gt;)" in drawn and "<b>" not in drawn
    assert "(:Entity Ada &lt;b&gt;)-[:born_in]-(:Entity Rome)" in drawn
    assert "more beyond limit=1" in drawn and "of 1992" in drawn and "1.2 ms" in drawn
    assert "a (5)" in drawn and "recorded <time" in drawn
    empty = html(QueryAnswer("notes", "bolt", "never", None, ("a",), (), False, 1.0))
    assert "0 rows" in empty and "nothing recorded then" in empty and "<table" not in empty


def test_ways_have_the_words_of_each_step() -> None:
    step = Step("Ada", "born_in", "Rome", "1990", "1995", 0.9, "a.txt", 3, 9, "Ada & Rome")
    way = Path(("Ada", "Rome"), ((step,),))
    drawn = html(Paths("notes", "ada", "rome", 6, (way,)))
    assert "Ada – Rome" in drawn and "<q>Ada &amp; Rome</q>" in drawn and "a.txt, 3–9" in drawn
    assert "(1990 to 1995)" in drawn and "1 way<" in drawn
    assert "no way in 6 steps" in html(Paths("notes", "ada", "rome", 6, ()))


def test_a_schema_is_patterns_that_can_be_typed() -> None:
    found = GraphSchema(
        *("notes", "ladybug", RECORDED, None),
        {"Entity": 2},
        {"born_in": 1, "died_in": 2},
        {"born_in": ("Entity", "Entity"), "died_in": ("Entity", "Entity")},
        {"Entity": ("key", "name"), "born_in": ("relation",), "died_in": ("relation",)},
    )
    drawn = html(found)
    assert "(:Entity)-[:born_in]-&gt;(:Entity)" in drawn and "key, name" in drawn
    assert "as of born_in" in drawn
