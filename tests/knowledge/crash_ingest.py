"""Ingests, merges and what a space agreed on, killed; forked from one that has paid for imports.

    crash_ingest.py FOLDER KILLS

Each child takes a change of the documents in, or merges, and is killed with SIGKILL: every other
one as it begins a statement of SQL that was drawn, the rest after a time that was drawn. Then the
graph is opened and judged. Each line on stdout is one kill, as JSON: what was going on, how far it
had come, and what is wrong with what was left.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from workbench.knowledge.building import build_graph
from workbench.knowledge.dumping import dump_bytes
from workbench.knowledge.extraction.patterns import PatternExtractor
from workbench.knowledge.graphs import Graph
from workbench.knowledge.ingesting import ingest
from workbench.knowledge.merging import merge_entities, unmerge_entities
from workbench.knowledge.shared import landing
from workbench.knowledge.shared.bringing import bring
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.shelf import SqliteShelf
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement
from workbench.knowledge.states import State

PAIR = ("Ada Lovelace", "Countess Lovelace")
BEFORE = {
    "a.txt": "Ada Lovelace was born in London. The World Health Organization (WHO) came.",
    "b.txt": "WHO is located in Geneva. Countess Lovelace wrote Notes.",
    "c.md": "# Old\n\nParis is the capital of France.",
    "d.txt": "Jane Roe was president of Acme from 1990 to 1995.",
}
AFTER = {
    "a.txt": BEFORE["a.txt"],
    "b.txt": "WHO is located in Paris. Countess Lovelace wrote Notes.",
    "c.md": "# New\n\nParis is the capital of France.\n\n# More\n\nBeirut is old.",
    "e.txt": "Ada Lovelace was born in Paris.\n\n" + BEFORE["b.txt"],
    "f.csv": "name,city\nAda,London\nAlan,Wilmslow\n",
}


class Trial:
    """One graph that is changed in a child.

    Args:
        base: Where graphs and folders go.
        torn: A variant that writes a document in two transactions.
    """

    def __init__(self, base: Path, *, torn: bool = False) -> None:
        self.base, self.torn = base, torn
        self.folder = base / "documents"
        self.fresh: dict[str, bytes] = {}

    def begin(self) -> None:
        """The graph as it is before the change; the documents as they are after it."""
        shutil.rmtree(self.base, ignore_errors=True)
        fill(self.folder, BEFORE)
        self.build(self.graph())
        fill(self.folder, AFTER)

    def graph(self) -> Graph:
        return Graph("killed", home=self.base)

    def build(self, graph: Graph) -> None:
        build_graph(graph, [self.folder], extractors=[PatternExtractor()])
        graph.database.close()

    def fresh_dump(self, documents: dict[str, str]) -> bytes:
        """That of a new graph of some documents; each is built once."""
        key = json.dumps(documents, sort_keys=True)
        if key not in self.fresh:
            place = self.base.with_name("fresh")
            shutil.rmtree(place, ignore_errors=True)
            fill(place / "documents", documents)
            graph = Graph("fresh", home=place, durable=False)
            build_graph(graph, [place / "documents"], extractors=[PatternExtractor()])
            self.fresh[key] = dump_bytes(State(graph))
            graph.database.close()
        return self.fresh[key]

    def dump(self) -> bytes:
        graph = self.graph()
        found = dump_bytes(State(graph))
        graph.database.close()
        return found

    def judge_ingest(self) -> tuple[str, list[str]]:
        """How many documents are as they will be, and what is wrong."""
        graph = self.graph()
        faults = damage(graph)
        state = State(graph)
        held = {}
        for row in state.documents.values():
            versions = [each.get(row["path"]) for each in (BEFORE, AFTER)]
            held[row["path"]] = next(
                (text for text in versions if text and sha256(text) == row["source_sha256"]), "?"
            )
        if dump_bytes(state) != self.fresh_dump(held):
            faults.append("what was left is no graph of whole documents")
        ingest(graph, extractors=[PatternExtractor()])
        if dump_bytes(State(graph)) != self.fresh_dump(AFTER):
            faults.append("an update does not bring it to its end")
        graph.database.close()
        done = sum(held.get(path) == AFTER.get(path) for path in {*BEFORE, *AFTER})
        return f"{done} of {len({*BEFORE, *AFTER})}", faults


def fill(folder: Path, documents: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, text in documents.items():
        (folder / path).write_text(text)


def sha256(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def damage(graph: Graph) -> list[str]:
    """What SQLite says of the file."""
    connection = graph.database.connection()
    found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    return found + [str(row[:]) for row in connection.execute("PRAGMA foreign_key_check")]


def run_killed(work: Callable[[Graph], object], graph: Graph, *, at: int, after_s: float) -> bool:
    """Do it in a child that is killed; whether it was before it was done.

    Args:
        work: What is done.
        graph: The graph; it has no open connection.
        at: The statement of SQL at whose beginning the child kills itself, 0 for none.
        after_s: When the child is killed otherwise.
    """
    child = os.fork()
    if child == 0:
        seen = 0

        def count(statement: str) -> None:
            nonlocal seen
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

        graph.database.connection().set_trace_callback(count)
        work(graph)
        os._exit(min(200, 1 + seen // 100))
    if not at:
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def take_in(graph: Graph) -> None:
    ingest(graph, extractors=[PatternExtractor()], batch_documents=1)


def torn_take_in(graph: Graph) -> None:
    """The variant: the old version of a document is closed before the new one is written."""
    connection = graph.database.connection()
    connection.execute("UPDATE documents SET recorded_to = recorded_from + 1 WHERE path = 'a.txt'")
    connection.execute(
        "DELETE FROM extractions WHERE passage_id IN (SELECT passage_id FROM chunks "
        "JOIN documents USING (reading_id) WHERE path = 'b.txt')"
    )
    take_in(graph)


def merge(graph: Graph) -> None:
    merge_entities(graph, *PAIR, actor="ann", reason="")


def unmerge(graph: Graph) -> None:
    unmerge_entities(graph, *PAIR, actor="ann", reason="")


def measure(trial: Trial, work: Callable[[Graph], object]) -> tuple[int, float]:
    """How many statements it takes, and how long."""
    graph, seen = trial.graph(), [0]
    graph.database.connection().set_trace_callback(lambda _: seen.__setitem__(0, seen[0] + 1))
    start_s = time.monotonic()
    work(graph)
    took_s = time.monotonic() - start_s
    graph.database.close()
    return seen[0], took_s


def kill_ingests(trial: Trial, kills: int, chance: random.Random) -> None:
    work = torn_take_in if trial.torn else take_in
    trial.begin()
    statements, took_s = measure(trial, work)
    for number in range(kills):
        trial.begin()
        at = chance.randint(1, statements) if number % 2 == 0 else 0
        killed = run_killed(work, trial.graph(), at=at, after_s=chance.uniform(0, took_s))
        done, faults = trial.judge_ingest()
        tell({"what": "ingest", "killed": killed, "done": done, "faults": faults})


def kill_merges(trial: Trial, kills: int, chance: random.Random) -> None:
    trial.begin()
    take_in(trial.graph())
    graph = trial.graph()
    apart = dump_bytes(State(graph))
    graph.database.close()
    statements, took_s = measure(trial, merge)
    graph = trial.graph()
    dumps = {"apart": apart, "merged": dump_bytes(State(graph))}
    graph.database.close()
    for number in range(kills):
        graph = trial.graph()
        was = next(name for name, dump in dumps.items() if dump == dump_bytes(State(graph)))
        graph.database.close()
        work = merge if was == "apart" else unmerge
        killed = run_killed(
            work,
            trial.graph(),
            at=chance.randint(1, statements) if number % 2 else 0,
            after_s=chance.uniform(0, 2 * took_s),
        )
        graph = trial.graph()
        faults = damage(graph)
        found = [name for name, dump in dumps.items() if dump == dump_bytes(State(graph))]
        if not found:
            faults.append("what was left is neither apart nor merged")
        graph.database.close()
        done = f"{was} to {found[0] if found else '?'}"
        tell({"what": "merge", "killed": killed, "done": done, "faults": faults})


def kill_agreements(trial: Trial, kills: int, chance: random.Random) -> None:
    """A space agrees and takes back by turns; its graph is killed as that is brought over."""
    trial.begin()
    space = Space("killed", shelf=SqliteShelf(trial.base / "space.sqlite", durable=False))
    space.begin()
    bring_in(trial)(trial.graph())
    agreed = space.contents().with_decision(Decision("pair", PAIR, "one"))
    for number in range(6):
        thing = f"Notes {number}"
        agreed = agreed.with_statement(Statement(PAIR[0], "wrote", thing, sources=("a book",)))
    dumps: dict[str, bytes] = {}
    agree(space, agreed)
    statements, took_s = measure(trial, bring_in(trial))
    for number in range(kills):
        was, to = ("agreed", "bare") if number % 2 == 0 else ("bare", "agreed")
        dumps.setdefault(was, trial.dump())
        agree(space, agreed if to == "agreed" else Contents())
        space.shelf.close()
        killed = run_killed(
            bring_in(trial),
            trial.graph(),
            at=chance.randint(1, statements) if number % 4 < 2 else 0,
            after_s=chance.uniform(0, 2 * took_s),
        )
        graph = trial.graph()
        faults, left = damage(graph), dump_bytes(State(graph))
        bring_in(trial)(graph)
        dumps.setdefault(to, dump_bytes(State(graph)))
        if dumps[to] != without_record(dump_bytes(State(graph)), dumps[to]):
            faults.append("the next look does not bring it to its end")
        graph.database.close()
        found = [name for name, dump in dumps.items() if without_record(left, dump) == dump]
        if not found:
            faults.append("what was left is neither before nor after")
        done = f"{was} to {found[0] if found else '?'}"
        tell({"what": "agree", "killed": killed, "done": done, "faults": faults})


def bring_in(trial: Trial) -> Callable[[Graph], object]:
    def work(graph: Graph) -> None:
        shelf = SqliteShelf(trial.base / "space.sqlite", durable=False)
        bring(graph, Space("killed", shelf=shelf))
        shelf.close()

    return work


def agree(space: Space, contents: Contents) -> None:
    landing.bring_to_graph = lambda space: 0  # the graph is brought up where it is killed
    landing.merge_proposal(space, open_proposal(space, contents, title="a change").number)


def without_record(dump: bytes, like: bytes) -> bytes:
    """A dump as if its statements were of the merge that another's are of."""
    names = [
        set(re.findall(rb'"proposal":\d+,|"record":"[0-9a-f]{12}",', each)) for each in (dump, like)
    ]
    if [len(each) for each in names] != [2, 2]:
        return dump
    for own, other in zip(sorted(names[0]), sorted(names[1]), strict=True):
        dump = dump.replace(own, other)
    return dump


def tell(said: dict[str, object]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    place, variant = Path(sys.argv[1]), sys.argv[3]
    os.environ["WORKBENCH_HOME"] = str(place / "killing")
    made = Trial(place / "killing", torn=variant == "torn")
    half = int(sys.argv[2]) // 2
    kill_ingests(made, half, random.Random(50))
    if not made.torn:
        kill_merges(made, half, random.Random(51))
        kill_agreements(made, half, random.Random(52))
