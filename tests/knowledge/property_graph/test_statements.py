"""What is let through to an engine: the look at a statement's words, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.errors import AccessError, InputError, NotFoundError
from workbench.knowledge.property_graph.protocol import Schema
from workbench.knowledge.property_graph.statements import check_statement, quoted

SCHEMA = Schema(
    {"Entity": 1, "Passage": 1, "odd `name`": 1},
    {"born_in": 1, "located_in": 1, "is set": 1},
    {},
    {},
)


def look(cypher: str, **given: Any) -> str:
    return check_statement(cypher, given, SCHEMA)


@pytest.mark.parametrize(
    "cypher",
    [
        "MATCH (n:Entity) RETURN n",
        "match (n) return 'CREATE (n) SET x; DROP' AS text, \"it's\" AS other",
        "MATCH (n) RETURN n.set, n.load, n.create AS `copy`",
        "MATCH (n {set: 1, load: 2}) RETURN n",
        "MATCH (n) RETURN {delete: n.key, merge: 1} AS kept",
        "MATCH (n) // DELETE n\n/* SET n.x = 1; */ RETURN n",
        "MATCH (n:`odd ``name```) RETURN n",
        "MATCH ()-[f:born_in|located_in]->(:Entity) RETURN f",
        "MATCH ()-[f:born_in|:located_in*1..3]->() RETURN f",
        "MATCH ()-[:`is set`]->(n:!Passage) RETURN n",
        "MATCH (n:Entity:Passage) WHERE (n:Entity) RETURN n",
        "MATCH (n) RETURN [x IN n.names | x + 'a'], n.names[1..2], n.names[0]",
        "MATCH (n) RETURN list[a:b]",
        "MATCH p = (a)-[*1..3]-(b) RETURN [e IN relationships(p) | e.relation]",
        "MATCH (a) CALL (a) { MATCH (a)-[]->(b) RETURN b } RETURN b",
        "RETURN 0x1F + 1.5e-3 + 2, apoc.text.join(['a'], ',')",
        "UNWIND [1, 2] AS n WITH n WHERE n > 1 RETURN n ORDER BY n LIMIT 3",
        "OPTIONAL MATCH (n) RETURN CASE WHEN n.x THEN 1 ELSE 2 END",
    ],
)
def test_what_reads_is_let_through(cypher: str) -> None:
    assert look(cypher) == cypher
    assert look(f" {cypher} ;; ").strip() == cypher.strip()


@pytest.mark.parametrize(
    "cypher",
    [
        "CREATE (n)",
        "MATCH (n) SET n.x = 1",
        "MATCH (n)SET n.x=1",
        "MATCH (n) DETACH/**/DELETE n",
        "MATCH (n)\u00a0delete n",
        "MATCH (n) WITH n MERGE (m)",
        "RETURN 'a\\' ' CREATE (n) //'",
        'RETURN "a\\\\" CREATE (n) //"',
        "RETURN `a``b` CREATE (n)",
        "RETURN 1 /* */ /* ; */ CREATE (n)",
        "MATCH (n) CALL { WITH n DELETE n } RETURN 1",
        "MATCH (n) CALL { RETURN 1 } IN TRANSACTIONS RETURN 1",
        "LOAD CSV FROM 'file:///x' AS line RETURN line",
        "LOAD FROM 'x.csv' RETURN *",
        "CALL apoc.load.json('http://x')",
        "MATCH (n) CALL db.labels() YIELD label RETURN label",
        "USE other MATCH (n) RETURN n",
        "COPY (RETURN 1) TO 'x.csv'",
        "FOREACH (x IN [1] | CREATE (n))",
        "ALTER TABLE Entity DROP name",
        "COMMIT",
        "MATCH (n) RETURN 1SET n.x = 2",
        "MATCH (n) RETURN 1.5e3DELETE n",
        "RETURN apoc.cypher.runFirstColumnSingle('LOAD CSV FROM 1 AS x RETURN x', {})",
        "RETURN APOC . load . json('x')",
    ],
)
def test_what_writes_or_reaches_out_is_refused(cypher: str) -> None:
    with pytest.raises(AccessError) as told:
        look(cypher)
    assert told.value.hint


@pytest.mark.parametrize(
    "cypher",
    ["", " ; ", "// only words", "RETURN 1; RETURN 2", "EXPLAIN RETURN 1", "SHOW DATABASES",
     "RETURN 'open", 'RETURN "open', "RETURN `open", "RETURN 1 /* open", "RETURN 1\0", "(n)",
     "\\u004COAD CSV FROM 'x' AS l RETURN l", "RETURN '\\u0027 SET x //'"],
)  # fmt: skip
def test_what_is_no_query_is_told(cypher: str) -> None:
    with pytest.raises(InputError):
        look(cypher)


@pytest.mark.parametrize(
    ("cypher", "said"),
    [
        ("MATCH (n:Entitty) RETURN n", "no label named 'Entitty'; did you mean 'Entity'"),
        ("MATCH (:Entity:Passge) RETURN 1", "no label named 'Passge'"),
        (
            "MATCH ()-[:borns_in]->() RETURN 1",
            "no relation named 'borns_in'; did you",
        ),
        ("MATCH ()-[f:born_in|lokated_in]->() RETURN 1", "no relation named 'lokated_in'"),
        ("MATCH (n:`odd name`) RETURN n", "no label named 'odd name'"),
        ("MATCH (n) WHERE (n:Ghost) RETURN n", "no label named 'Ghost'"),
    ],
)
def test_names_that_are_not_there_are_told(cypher: str, said: str) -> None:
    with pytest.raises(NotFoundError) as told:
        look(cypher)
    assert said in str(told.value)


def test_parameters_are_given_and_asked_for_alike() -> None:
    assert look("RETURN $a + $b", a=1, b=2)
    assert look("RETURN '$c' AS text, $a", a=1)
    with pytest.raises(InputError, match=r"no value is given for \$b"):
        look("RETURN $a + $b", a=1)
    with pytest.raises(InputError, match=r"the query has no \$c; its parameters: \$a"):
        look("RETURN $a", a=1, c=2)


def test_a_name_is_quoted_whatever_stands_in_it() -> None:
    assert quoted("a`b") == "`a``b`"
