"""The files of ladybug's: whole or not there, made anew where not right, in nobody's way."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import BusyError, InputError, IntegrityError
from workbench.knowledge.building import delete_document
from workbench.knowledge.property_graph import ladybug_files
from workbench.knowledge.property_graph.content import content_of, name_relations
from workbench.knowledge.property_graph.ladybug_engine import LadybugEngine
from workbench.knowledge.property_graph.ladybug_files import FILE, MADE, ensure_file
from workbench.knowledge.property_graph.ladybug_graph import LadybugGraph
from workbench.knowledge.property_graph.making import alone
from workbench.knowledge.property_graph.stamps import stamp_of

from ..places import Place

ALL = "MATCH (n:Entity) RETURN n.key ORDER BY n.key"
SCRIPT = Path(__file__).with_name("crash_loading.py")


def folders(place: Place) -> list[Path]:
    return [each for each in (place.graph.folder / "property").iterdir() if each.is_dir()]


def asked(place: Place) -> list[str]:
    with LadybugGraph(place.state()) as graph:
        return [row[0] for row in graph.query(ALL).rows]


def test_one_file_serves_a_state_until_it_is_another(place: Place) -> None:
    before = asked(place)
    (made,) = folders(place)
    written_ns = (made / FILE).stat().st_mtime_ns
    assert asked(place) == before == sorted(place.state().entities)
    assert (made / FILE).stat().st_mtime_ns == written_ns
    assert {each.name for each in made.iterdir()} == {FILE, MADE}
    stamp = stamp_of(place.state())
    place.write("c.txt", "Zoe was born in Rome.")
    place.update()
    assert stamp_of(place.state()) != stamp
    assert "zoe" in asked(place)


def test_a_stamp_is_of_what_can_be_asked(place: Place) -> None:
    stamps = {stamp_of(place.state()), stamp_of(place.state(valid="1992"))}
    stamps |= {stamp_of(place.state(recorded_us=1)), stamp_of(place.state(valid="1993"))}
    assert len(stamps) == 4
    later_us = time.time_ns() // 1000 + 60_000_000  # nothing has changed until then
    assert stamp_of(place.state(recorded_us=later_us)) == stamp_of(place.state())


@pytest.mark.parametrize("harm", ["cut short", "a byte", "no list"])
def test_a_torn_file_is_made_anew(place: Place, harm: str) -> None:
    before = asked(place)
    (made,) = folders(place)
    path = made / FILE
    content = bytearray(path.read_bytes())
    if harm == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "a byte":
        content[len(content) // 3] ^= 0xFF
        path.write_bytes(content)
    else:
        (made / MADE).unlink()
    assert asked(place) == before


def test_a_file_that_does_not_open_though_it_is_as_written_is_made_anew(place: Place) -> None:
    before = asked(place)
    (made,) = folders(place)
    path = made / FILE
    path.write_bytes(b"LBUG" + b"\xff" * 8188)
    told = json.loads((made / MADE).read_text())
    sha256 = ladybug_files.files.hash_file(path)
    (made / MADE).write_text(json.dumps({**told, "size_bytes": 8192, "sha256": sha256}))
    with pytest.raises(IntegrityError, match="is no graph that ladybug"):
        LadybugEngine(path, write=False, buffer_bytes=64 << 20)
    assert asked(place) == before


def test_another_version_of_ladybug_has_a_file_of_its_own(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ladybug

    asked(place)
    (made,) = folders(place)
    monkeypatch.setattr(ladybug, "__version__", "0.99.0")
    again, _ = ensure_file(place.state())
    assert again != made and (again / FILE).is_file()


def test_files_that_nobody_asked_for_lately_go(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladybug_files, "KEPT", 2)
    for year in (1990, 1991, 1992):
        ensure_file(place.state(valid=str(year)))
        time.sleep(0.01)
    (place.graph.folder / "property" / ".part-1").mkdir()
    ensure_file(place.state())
    kept = folders(place)
    assert len(kept) == 2 and not any(each.name.startswith(".part-") for each in kept)


def test_readers_do_not_keep_one_another_out_nor_who_makes_a_new_one(place: Place) -> None:
    with LadybugGraph(place.state()) as one, LadybugGraph(place.state()) as other:
        before = one.query(ALL).rows
        place.write("c.txt", "Zoe was born in Rome.")
        place.update()
        assert "zoe" in asked(place)
        shutil.rmtree(place.graph.folder / "property")
        assert one.query(ALL).rows == other.query(ALL).rows == before


def test_who_wants_a_file_that_is_being_made_waits_for_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    sound = ladybug_files.fill_file

    def counted(folder: Path, content: Any) -> None:
        made.append(1)
        sound(folder, content)

    monkeypatch.setattr(ladybug_files, "fill_file", counted)
    threads = [threading.Thread(target=ensure_file, args=(place.state(),)) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert made == [1] and len(folders(place)) == 1


def test_who_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = f"process {os.getpid()} has been making a thing for more than 0 s"
    again = alone(path, "a thing", wait_s=0.1)
    with alone(path, "a thing"), pytest.raises(BusyError, match=held), again:
        pytest.fail("the lock was given twice")
    with alone(path, "a thing", wait_s=0.1):
        pass


def test_who_forgets_a_document_finds_its_words_in_no_file(place: Place) -> None:
    asked(place)
    words = b"Springfield"
    assert any(words in each.read_bytes() for each in place.graph.folder.rglob("*.lbug"))
    delete_document(place.graph, "a.txt", forget=True)
    assert not any(words in each.read_bytes() for each in place.graph.folder.rglob("*.lbug"))
    assert "acme" not in asked(place)


def test_the_worker_can_write_no_file_and_open_none(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the look at statements switched off: ladybug itself does it, also when read-only."""
    from workbench.core.errors import WorkbenchError

    monkeypatch.setattr(
        "workbench.knowledge.property_graph.asking.check_statement", lambda cypher, *_: cypher
    )
    secret = tmp_path / "secret.csv"
    secret.write_text("one,two\n1,2\n")
    out, read = tmp_path / "out.csv", f"LOAD FROM '{secret}' (header=true) RETURN *"
    written = f"COPY (MATCH (n:Entity) RETURN n.key) TO '{out}'"
    with LadybugGraph(place.state()) as graph:
        for statement in (read, written, f"EXPORT DATABASE '{tmp_path / 'all'}'"):
            with pytest.raises(WorkbenchError):
                graph.query(statement)
    assert not out.exists() or out.stat().st_size == 0
    # An engine that is not shut in does both: without the limits this test would see nothing.
    (made,) = folders(place)
    engine = LadybugEngine(made / FILE, write=False, buffer_bytes=64 << 20)
    assert list(engine.ask(read, {}, timeout_s=5)[1]) == [[1, 2]]
    engine.ask(written, {}, timeout_s=5)
    assert out.stat().st_size > 0
    engine.close()


def test_parameters_without_a_type_are_told(place: Place) -> None:
    with LadybugGraph(place.state()) as graph:
        for value in ([], {"a": None}, [{"a": None}]):
            with pytest.raises(InputError, match="cannot tell the type of a parameter"):
                graph.query("RETURN $given AS given", {"given": value})
        assert graph.query("RETURN $given AS given", {"given": {"a": 1}}).rows == (({"a": 1},),)


def test_a_worker_that_falls_is_told_and_started_again(place: Place) -> None:
    from workbench.core.errors import EngineError

    with LadybugGraph(place.state()) as graph:
        graph.query(ALL)
        pid = graph._worker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EngineError, match="ended on SIGKILL"):
            graph.query(ALL)
        assert graph.query(ALL).rows


def test_a_worker_does_not_outlive_who_asks(place: Place) -> None:
    code = (
        "import os, sys, signal\n"
        "from workbench.knowledge.graphs import Graph\n"
        "from workbench.knowledge.states import State\n"
        "from workbench.knowledge.property_graph.ladybug_graph import LadybugGraph\n"
        "graph = LadybugGraph(State(Graph('made')))\n"
        "print(graph._worker.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    until_s = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until_s:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_relations_that_ladybug_would_take_for_one_are_told_apart() -> None:
    assert name_relations({"knows", "Knows", "mentions", "entity", "born in"}) == {
        "Knows": "Knows",
        "born in": "born in",
        "entity": "entity_2",
        "knows": "knows_2",
        "mentions": "mentions_2",
    }


def test_names_of_any_letters_go_through(place: Place, tmp_path: Path) -> None:
    """Texts with all that CSV, Cypher and C take for signs, and a relation with a backtick."""
    content = content_of(place.state())
    strange = ["", 'a,b\n"c"', "it's \\ `x`", '{"a": [1]}', "語 \U0001f600", "x" * 70_000, "NULL"]
    rows = content.nodes["Entity"]
    for row, name in zip(rows, strange, strict=False):
        row["name"], row["names"] = name, [name, ""]
    edges = content.edges.pop("born_in")
    content.edges["born `in` 'x'"] = edges
    folder = tmp_path / "a [b]* 'c'"
    folder.mkdir()
    ladybug_files.fill_file(folder, content)
    engine = LadybugEngine(folder / FILE, write=False, buffer_bytes=64 << 20)
    _, found = engine.ask("MATCH (n:Entity) RETURN n.key, n.name, n.names", {}, timeout_s=5)
    assert sorted(found) == sorted([row["key"], row["name"], row["names"]] for row in rows)
    asked = "MATCH ()-[f:`born ``in`` 'x'` {inferred: false}]->() RETURN f.subject"
    assert list(engine.ask(asked, {}, timeout_s=5)[1]) == [["ada roe"]]
    engine.close()


def test_strings_are_whole_after_deletes_and_a_reopening(tmp_path: Path) -> None:
    """Ladybug 0.18 gave zeroed strings back after a delete (cognee #4512)."""
    import ladybug

    path, chance = tmp_path / "strings.lbug", random.Random(4512)

    def text(number: int) -> str:
        words = chance.choice(["short ", "of some more length than is kept inline "])
        return f"{number} {words * (1 + number % 40)}"

    texts = {f"k{number}": text(number) for number in range(600)}

    def reopened() -> Any:
        database = ladybug.Database(path, buffer_pool_size=64 << 20, max_num_threads=1)
        return database, ladybug.Connection(database)

    database, connection = reopened()
    connection.execute("CREATE NODE TABLE T(key STRING PRIMARY KEY, text STRING, more STRING[])")
    connection.execute("CREATE REL TABLE R(FROM T TO T, text STRING)")
    for key, value in texts.items():
        given = {"key": key, "text": value}
        connection.execute("CREATE (:T {key: $key, text: $text, more: [$text, $key]})", given)
    for number in range(598):
        connection.execute(
            "MATCH (a:T {key: $a}), (b:T {key: $b}) CREATE (a)-[:R {text: $text}]->(b)",
            {"a": f"k{number}", "b": f"k{number + 1}", "text": texts[f"k{number}"]},
        )
    for _ in range(3):
        for key in chance.sample(sorted(texts), 50):
            connection.execute("MATCH (n:T {key: $key}) DETACH DELETE n", {"key": key})
            del texts[key]
        connection.close()
        database.close()
        database, connection = reopened()
        rows = connection.execute("MATCH (n:T) RETURN n.key, n.text, n.more").get_all()
        assert {row[0]: row[1:] for row in rows} == {
            key: [value, [value, key]] for key, value in texts.items()
        }
        rows = connection.execute("MATCH (a:T)-[r:R]->(b:T) RETURN a.key, r.text").get_all()
        assert rows and all(texts[key] == said for key, said in rows)
    connection.close()
    database.close()


@pytest.mark.slow
def test_kills_while_a_file_is_made_leave_none_or_the_whole(place: Place, tmp_path: Path) -> None:
    expected = sorted(place.state().entities)
    started_s = time.monotonic()
    asked(place)
    took_s = time.monotonic() - started_s
    seen: list[str] = []
    for number in range(5):
        shutil.rmtree(place.graph.folder / "property")
        child = subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdout=subprocess.PIPE, start_new_session=True
        )
        assert child.stdout is not None and child.stdout.readline() == b"begins\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=took_s * number / 3 if number < 4 else 60)
        child.kill()
        child.wait()
        child.stdout.close()
        base = place.graph.folder / "property"
        whole = (
            [each for each in folders(place) if not each.name.startswith(".")]
            if base.exists()
            else []
        )
        seen.append("whole" if whole else "none")
        for each in whole:
            assert ladybug_files._read(each) is not None
        assert asked(place) == expected
        assert not list(base.glob(".part-*"))
    print(seen)
    assert (seen[0], seen[-1]) == ("none", "whole")
