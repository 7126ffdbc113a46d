"""The same questions to the same state, in ladybug and in a real server that speaks Bolt."""

from __future__ import annotations

import contextlib
import json
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.bolt_servers import BoltServer, use
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    AccessError,
    CancelledError,
    CapacityError,
    ConfigError,
    ConflictError,
    DeadlineError,
    FetchError,
    InputError,
    NotFoundError,
    WorkbenchError,
)
from workbench.knowledge.merging import merge_entities, unmerge_entities
from workbench.knowledge.property_graph import bolt_loading
from workbench.knowledge.property_graph.bolt_engine import BoltEngine
from workbench.knowledge.property_graph.bolt_servers import find_server
from workbench.knowledge.property_graph.opening import open_property_graph
from workbench.knowledge.property_graph.paths import find_entity, shortest_paths
from workbench.knowledge.property_graph.protocol import On, PropertyGraph
from workbench.knowledge.states import State

from ..places import MakePlace, Place
from .conftest import DOCUMENTS

Open = Callable[..., PropertyGraph]
FACTS = """
MATCH (a:Entity)-[f]->(b:Entity) WHERE NOT f.inferred
RETURN a.key, f.relation, b.key ORDER BY a.key, b.key
"""


# A clique: the ways through it without an end are without number.
CLIQUE = " ".join(
    f"{one} is located in {other}."
    for one in ("Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg")
    for other in ("Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg")
    if one != other
)
RUNAWAY = "MATCH (a:Entity)-[:located_in*1..25]-(b:Entity) RETURN count(*)"


@pytest.fixture(scope="module")
def server() -> Iterator[BoltServer]:
    """A server for all tests of this file."""
    with BoltServer() as started:
        yield started


@pytest.fixture(params=["ladybug", "bolt"])
def on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> On:
    """Where the property graph is kept; the server's database is as if it were new."""
    if request.param == "bolt":
        started: BoltServer = request.getfixturevalue("server")
        use(started, monkeypatch)
        empty(started)
        return "bolt"
    return "ladybug"


@pytest.fixture
def open_on(on: On) -> Iterator[Open]:
    """Open a state's property graph; it is closed at the end."""
    opened: list[PropertyGraph] = []

    def open_it(state: State) -> PropertyGraph:
        opened.append(open_property_graph(state, on=on))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


@pytest.fixture(scope="module", params=["ladybug", "bolt"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared]:
    """A property graph that is only asked: made once for each of both."""
    base = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(base / "home"))
        if request.param == "bolt":
            use(request.getfixturevalue("server"), patch, "shared")
        place = Place(base / "documents")
        for name, text in {**DOCUMENTS, "clique.txt": CLIQUE}.items():
            place.write(name, text)
        place.build()
        graph = open_property_graph(place.state(), on=request.param)
    with contextlib.closing(place.graph.database), contextlib.closing(graph):
        yield Shared(place, graph)


@dataclass(frozen=True)
class Shared:
    """A place, and its property graph."""

    place: Place
    graph: PropertyGraph


def engine_of(server: BoltServer, database: str = "graph") -> BoltEngine:
    """A connection of the tests' own, which may write."""
    told = {"url": f"bolt://127.0.0.1:{server.port}", "database": database}
    return BoltEngine({**told, "user": server.user, "password": server.password})


def empty(server: BoltServer, database: str = "graph") -> None:
    engine = engine_of(server, database)
    while engine.change("MATCH (n) WITH n LIMIT 5000 DETACH DELETE n"):
        pass
    engine.close()


def test_facts_are_edges_with_their_spans_and_times(shared: Shared) -> None:
    place, graph = shared.place, shared.graph
    found = graph.query(
        "MATCH (a:Entity)-[f:president_of]->(b:Entity) "
        "RETURN a.name, f.valid_from, f.valid_to, f.document, f.span_start, f.span_end, "
        "f.confidence > 0, f.inferred, f.recorded_to ORDER BY a.name"
    )
    text = (place.folder / "a.txt").read_text()
    spans = [text[row[4] : row[5]] for row in found.rows]
    assert [(*row[:4], *row[6:]) for row in found.rows] == [
        ("Jane Roe", "1990", "1995", "a.txt", True, False, None),
        ("John Doe", "1995", None, "a.txt", True, False, None),
    ]
    assert [said.split(" was")[0] for said in spans] == ["Jane Roe", "John Doe"]
    assert [said[-4:] for said in spans] == ["1995", "1995"]
    (born,) = graph.query("MATCH ()-[f:born_in {inferred: false}]->() RETURN f").rows[0]
    assert (born["documents"], born["span_starts"]) == (["b.md", "c.txt"], [5, 0])
    assert (born["_relation"], born["subject"], born["object"]) == ("born_in", "ada roe", "london")
    facts = {(each.subject, each.relation, each.object) for each in place.state().facts}
    assert set(graph.query(FACTS).rows) == facts


def test_what_follows_is_marked_with_its_rule(shared: Shared) -> None:
    asked = "MATCH (a {key: 'ada roe'})-[f:born_in {inferred: true}]->(b:Entity) RETURN b.key, f"
    ((born, fact),) = shared.graph.query(asked).rows
    assert (born, fact["documents"], "document" in fact) == ("england", [], False)
    assert fact["rule"] == "born_in(x, y) & located_in(y, z) -> born_in(x, z)"
    assert sorted(fact["premises"]) == ["born_in(ada roe, london)", "located_in(london, england)"]


def test_documents_lead_to_entities_by_way_of_their_passages(shared: Shared) -> None:
    found = shared.graph.query(
        "MATCH (d:Document)-[h:HAS_PASSAGE]->(p:Passage)-[m:MENTIONS]->(e:Entity {key: $key}) "
        "WHERE m.document = d.key RETURN d.path, h.span_start, p.text, m.span_start "
        "ORDER BY d.path, m.span_start",
        {"key": "ada roe"},
    )
    texts = {path: (shared.place.folder / path).read_text() for path in ("b.md", "c.txt")}
    assert {row[0] for row in found.rows} == set(texts)
    for path, start, text, said in found.rows:
        assert texts[path].lstrip("# ")[0] == "A"
        assert text[said - start :].startswith("Ada Roe")


def test_nodes_and_paths_are_plain_data_of_one_form(shared: Shared) -> None:
    graph = shared.graph
    found = graph.query(
        "MATCH p = (a:Entity {key: 'ada roe'})-[:born_in {inferred: false}]->(b) RETURN a, p"
    )
    entity, path = found.rows[0]
    assert entity == {
        "_label": "Entity",
        "key": "ada roe",
        "name": "Ada Roe",
        "names": ["Ada Roe"],
        "kinds": ["name"],
        "mentions": 2,
        "merged": False,
        "merged_keys": [],
    }
    assert [node["key"] for node in path["_nodes"]] == ["ada roe", "london"]
    assert [edge["_relation"] for edge in path["_edges"]] == ["born_in"]
    assert json.loads(json.dumps(found.rows)) == [list(row) for row in found.rows]


def test_the_schema_counts_what_is_there(shared: Shared) -> None:
    schema = shared.graph.schema
    assert schema.labels["Document"] == 4
    assert schema.relations["born_in"] == 2
    assert schema.ends["MENTIONS"] == ("Passage", "Entity")
    assert "valid_from" in schema.properties["born_in"]


def test_another_state_is_loaded_in_its_place(place: Place, open_on: Open) -> None:
    before = open_on(place.state()).query(FACTS)
    moment_us = time.time_ns() // 1000
    place.write("c.txt", "Zoe was born in Rome.")
    place.remove("a.txt")
    place.update()
    after = open_on(place.state()).query(FACTS)
    assert ("zoe", "born_in", "rome") in after.rows
    assert not any("acme" in row for row in after.rows)
    assert open_on(place.state(recorded_us=moment_us)).query(FACTS).rows == before.rows
    again = open_on(place.state())
    assert again.query(FACTS).rows == after.rows


def test_a_valid_time_leaves_what_held_then(place: Place, open_on: Open) -> None:
    asked = "MATCH (a)-[:president_of]->() RETURN a.key"
    assert open_on(place.state(valid="1992")).query(asked).rows == (("jane roe",),)
    assert open_on(place.state(valid="2001")).query(asked).rows == (("john doe",),)


def test_merged_entities_are_one_and_marked(place: Place, open_on: Open) -> None:
    asked = "MATCH (e:Entity {merged: true}) RETURN e.key, e.merged_keys"
    assert open_on(place.state()).query(asked).rows == ()
    merge_entities(place.graph, "Jane Roe", "John Doe", actor="ann", reason="")
    assert open_on(place.state()).query(asked).rows == (("jane roe", ["john doe"]),)
    unmerge_entities(place.graph, "Jane Roe", "John Doe", actor="ann", reason="")
    assert open_on(place.state()).query(asked).rows == ()


EVIL = "x'}) DETACH DELETE n //` \\ \" ; MATCH (n) SET n.name = 'taken'"


def test_a_parameter_is_data_whatever_stands_in_it(shared: Shared) -> None:
    graph = shared.graph
    for value in (EVIL, "", "line\nline", "ü 語 \U0001f600", [EVIL, "b"], 7, 2.5, True, None):
        assert graph.query("RETURN $given AS given", {"given": value}).rows == ((value,),)
    asked = "MATCH (n:Entity {key: $key}) RETURN n.name"
    assert graph.query(asked, {"key": EVIL}).rows == ()
    assert graph.query(asked, {"key": "ada roe"}).rows == (("Ada Roe",),)


WRITES = (
    "CREATE (:Entity {key: 'evil'})",
    "MATCH (n:Entity) SET n.name = 'evil'",
    "MATCH (n) DETACH DELETE n",
    "MERGE (:Entity {key: 'evil'})",
    "MATCH (n) REMOVE n.name",
    "MATCH (n:Entity) /* */ sEt n.name = 'evil' RETURN n",
    "DROP TABLE Entity",
    "RETURN 1; MATCH (n) DELETE n",
    "COPY (MATCH (n) RETURN n.key) TO 'out.csv'",
    "LOAD FROM '/etc/hostname' (file_format='csv') RETURN *",
    "LOAD CSV FROM 'file:///etc/hostname' AS line RETURN line",
    "MATCH (n) WITH n LOAD FROM 'x.csv' RETURN *",
    "EXPORT DATABASE 'out'",
    "INSTALL json",
    "CALL show_tables() RETURN *",
    "CALL db.labels()",
    "CHECKPOINT",
    "BEGIN TRANSACTION",
    "PROFILE CREATE (:Entity {key: 'evil'})",
)


def test_what_would_write_or_reach_out_is_refused(shared: Shared) -> None:
    graph = shared.graph
    before = graph.query("MATCH (n:Entity) RETURN n ORDER BY n.key").rows
    for statement in WRITES:
        with pytest.raises((AccessError, InputError)) as refused:
            graph.query(statement)
        assert refused.value.hint
    assert graph.query("MATCH (n:Entity) RETURN n ORDER BY n.key").rows == before


def test_the_engine_itself_keeps_the_graph(
    place: Place, open_on: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the look at statements switched off, nothing that they do lasts."""
    graph = open_on(place.state())
    asked = "MATCH (n:Entity) RETURN n.key, n.name ORDER BY n.key"
    before = graph.query(asked).rows
    with monkeypatch.context() as off:
        off.setattr(
            "workbench.knowledge.property_graph.asking.check_statement", lambda cypher, *_: cypher
        )
        for statement in WRITES[:5]:
            try:
                graph.query(statement)
            except WorkbenchError as refused:
                print(type(refused).__name__, refused)
    assert graph.query(asked).rows == before
    graph.close()
    assert open_on(place.state()).query(asked).rows == before


@pytest.mark.parametrize(
    ("cypher", "given", "error", "said"),
    [
        ("MATCH (n:Entty) RETURN n", {}, NotFoundError, "no label named 'Entty'.*'Entity'"),
        ("MATCH ()-[:born_inn]->() RETURN 1", {}, NotFoundError, "relation.*'born_in'"),
        ("MATCH ()-[f:born_in|MENTION]->() RETURN 1", {}, NotFoundError, "'MENTIONS'"),
        ("MATCH (n:Entity RETURN n", {}, InputError, "1"),
        ("", {}, InputError, "empty"),
        ("SELECT 1", {}, InputError, "begins with"),
        ("RETURN $name", {}, InputError, r"no value.*\$name"),
        ("RETURN $name", {"name": 1, "nam": 2}, InputError, r"no \$nam;.*\$name"),
        ("RETURN 'open", {}, InputError, "has no end"),
        ("RETURN 1 /* open", {}, InputError, "no end"),
    ],
)
def test_what_cannot_be_asked_is_told(
    shared: Shared, cypher: str, given: dict[str, Any], error: Any, said: str
) -> None:
    with pytest.raises(error) as told:
        shared.graph.query(cypher, given)
    assert re.search(said, told.value.message)
    assert told.value.hint and "NAME" not in re.sub(r"=VALUE|\(:?\w+\)", "", told.value.hint)


def test_rows_beyond_the_limit_stay_in_the_engine(shared: Shared) -> None:
    graph = shared.graph
    found = graph.query("UNWIND range(1, 100000) AS n RETURN n", limit=3)
    assert (found.rows, found.more) == (((1,), (2,), (3,)), True)
    assert graph.query("UNWIND range(1, 3) AS n RETURN n", limit=3).more is False
    with pytest.raises(InputError, match="limit is 0"):
        graph.query("RETURN 1", limit=0)


def test_an_answer_that_is_too_large_is_told(shared: Shared) -> None:
    graph = shared.graph
    given = {"long": "x" * 400_000}
    with pytest.raises(CapacityError, match="larger than 32 MB"):
        graph.query("UNWIND range(1, 200) AS n RETURN n, $long AS long", given)
    assert graph.query("RETURN 1 AS one").rows == ((1,),)


def test_a_runaway_path_is_stopped_and_the_next_question_answered(shared: Shared) -> None:
    graph = shared.graph
    with pytest.raises(DeadlineError, match=r"longer than 0\.3 s") as told:
        graph.query(RUNAWAY, timeout_s=0.3)
    assert "bound the steps" in str(told.value.hint)
    assert graph.query("RETURN 1 AS one").rows == ((1,),)


def test_a_query_is_stopped_when_its_caller_is(shared: Shared) -> None:
    graph = shared.graph
    graph.query("RETURN 1")
    token = CancelToken()
    threading.Timer(0.3, token.cancel).start()
    with cancellable(token), pytest.raises(CancelledError):
        graph.query(RUNAWAY, timeout_s=60)
    assert graph.query("RETURN 1 AS one").rows == ((1,),)


def test_shortest_ways_have_the_words_that_say_each_step(shared: Shared) -> None:
    graph = shared.graph
    assert find_entity(graph, "Ada Roe") == "ada roe"
    (way,) = shortest_paths(graph, "ada roe", "england")
    assert way.entities == ("Ada Roe", "London", "England")
    said = [(step.relation, step.document, step.words) for (step,) in way.steps]
    assert said == [
        ("born_in", "b.md", "Ada Roe was born in London"),
        ("located_in", "b.md", "London is located in England"),
    ]
    (way,) = shortest_paths(graph, "jane roe", "john doe")
    assert way.entities == ("Jane Roe", "Acme", "John Doe")
    assert shortest_paths(graph, "ada roe", "england", most_steps=1) == []
    assert shortest_paths(graph, "ada roe", "acme") == []
    with pytest.raises(NotFoundError, match="'ada roe'"):
        find_entity(graph, "Ada Ro")


def test_all_ways_of_the_least_length_are_found(make_place: MakePlace, open_on: Open) -> None:
    text = "Aa is located in Bb. Aa is located in Cc. Bb is located in Dd. Cc is located in Dd. "
    text += "Aa is located in Xx. Xx is located in Yy. Yy is located in Dd."
    graph = open_on(make_place({"a.txt": text}).state())
    found = shortest_paths(graph, "aa", "dd", limit=10)
    assert [way.entities for way in found] == [("Aa", "Bb", "Dd"), ("Aa", "Cc", "Dd")]
    assert len(shortest_paths(graph, "aa", "dd", limit=1)) == 1
    assert [way.entities for way in shortest_paths(graph, "aa", "aa")] == [("aa",)]


# What only a server has.


@pytest.fixture
def used(server: BoltServer, monkeypatch: pytest.MonkeyPatch) -> BoltServer:
    """The server, with an empty database, as the settings name it."""
    use(server, monkeypatch)
    empty(server)
    return server


def refusal(place: Place) -> WorkbenchError:
    with pytest.raises(WorkbenchError) as told:
        open_property_graph(place.state(), on="bolt")
    return told.value


def test_a_wrong_password_is_told_without_it(
    place: Place, used: BoltServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "guessed-at-random")
    told = refusal(place)
    assert isinstance(told, AccessError) and "NEO4J_PASSWORD" in str(told.hint)
    assert "guessed-at-random" not in f"{told} {told.hint} {told.context}"


def test_the_password_may_stand_in_a_file(
    place: Place, used: BoltServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEO4J_PASSWORD")
    path = place.folder.parent / "password"
    monkeypatch.setenv("WORKBENCH_GRAPH_PASSWORD_FILE", str(path))
    assert "cannot be read" in str(refusal(place))
    path.write_text(f"{used.password}\n")
    assert find_server().password == used.password
    assert used.password not in repr(find_server())
    open_property_graph(place.state(), on="bolt").close()


def test_a_database_that_is_not_there_is_told(
    place: Place, used: BoltServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(used, monkeypatch, "nowhere")
    assert isinstance(refusal(place), NotFoundError)


def test_what_does_not_speak_bolt_is_told(
    place: Place, used: BoltServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = used.url().replace(str(used.port), str(used.http_port))
    monkeypatch.setenv("WORKBENCH_GRAPH_URL", url)
    told = refusal(place)
    assert isinstance(told, FetchError) and "does not speak Bolt" in str(told)

    class Garbage(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(64)
            self.request.sendall(b"-ERR unknown command\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Garbage) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        port = str(other.server_address[1])
        monkeypatch.setenv("WORKBENCH_GRAPH_URL", used.url().replace(str(used.port), port))
        assert isinstance(refusal(place), FetchError)
        other.shutdown()


def test_a_server_that_is_down_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_GRAPH_URL", "bolt://127.0.0.1:1/graph")
    told = refusal(place)
    assert isinstance(told, FetchError) and "cannot be reached" in str(told)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", InputError),
        ("http://127.0.0.1:7687", ConfigError),
        ("bolt://:7687/x", ConfigError),
        ("bolt://host:port/x", ConfigError),
        ("bolt://ann:secret-word@host/x", ConfigError),
    ],
)
def test_an_address_that_is_none_is_told(
    url: str, error: type[WorkbenchError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_GRAPH_URL", url)
    with pytest.raises(error) as told:
        find_server()
    assert "secret-word" not in f"{told.value} {told.value.hint}"


def test_what_others_put_there_is_not_overwritten(
    place: Place, used: BoltServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(used, monkeypatch, "others")
    engine = engine_of(used, "others")
    engine.change("CREATE (:Customer {name: 'theirs'})")
    assert isinstance(refusal(place), ConflictError)
    engine.change("CREATE (:State {owner: 'another home'})")
    assert "another home" in str(refusal(place))
    assert engine.rows("MATCH (n:Customer) RETURN n.name AS name") == [{"name": "theirs"}]
    engine.close()


def test_a_load_that_was_broken_off_is_done_again(
    place: Place, used: BoltServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended(BaseException):
        pass

    def broken(engine: BoltEngine, statement: str, rows: Any) -> None:
        if "MENTIONS" in statement:
            raise Ended
        engine.change(statement, {"rows": rows})

    with monkeypatch.context() as then:
        then.setattr(bolt_loading, "_in_batches", broken)
        with pytest.raises(Ended):
            open_property_graph(place.state(), on="bolt")
    engine = engine_of(used)
    assert engine.rows("MATCH (n:Entity) RETURN count(n) > 0 AS half") == [{"half": True}]
    engine.close()
    with open_property_graph(place.state(), on="bolt") as graph:  # type: ignore[attr-defined]
        whole = graph.query("MATCH ()-[m:MENTIONS]->() RETURN count(m)").rows
        assert whole == ((len(place.state().mentions),),)


def test_who_asks_while_another_state_is_loaded_is_told(place: Place, used: BoltServer) -> None:
    old = open_property_graph(place.state(), on="bolt")
    place.write("c.txt", "Zoe was born in Rome.")
    place.update()
    new = open_property_graph(place.state(), on="bolt")
    with pytest.raises(ConflictError, match="another state was loaded"):
        old.query(FACTS)
    assert ("zoe", "born_in", "rome") in new.query(FACTS).rows
    old.close()
    new.close()


def test_more_rows_than_a_batch_are_all_loaded(
    place: Place, used: BoltServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bolt_loading, "BATCH_ROWS", 3)
    graph = open_property_graph(place.state(), on="bolt")
    found = graph.query("MATCH (e:Entity) RETURN count(e)").rows
    assert found == ((len(place.state().entities),),) and found[0][0] > 6
    graph.close()
