"""The audit ledger at a million entries: how fast it grows and is checked, what forgeries it finds.

Adding by batches against one by one, both with the disk waited for; checking an exported file
against a plain reading of the rules (parse, canonical form, hash); a proof against pymerkle's; and
1,000 forgeries of a million entries, each of which has to be found and named. A forgery is checked
from a state of the verifier that was kept before it (what the verifier knows after n lines depends
on those alone); some are also written to a file and checked from the beginning.

Issue 7 asks for 20,000 entries a second, a proof in under 5 ms, and every forgery.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

from shape import Benchmark, Figure, take_turns

ASKED_RATE, ASKED_MS = 20_000, 5.0
ENTRIES = int(os.environ.get("LEDGER_ENTRIES", "1000000"))
TRIES, WHOLE_TRIES, BATCH, SINGLE = 1000, 12, 5000, 100
FILL = 50_000
STATE_EVERY = 1000
COMPARED = 50_000
PROOFS = 200


class FileLines(Sequence[bytes]):
    """The lines of a file, which are held as one piece."""

    def __init__(self, path: Path) -> None:
        self.whole = path.read_bytes()
        self.starts = array("Q", [0])
        at = self.whole.find(b"\n")
        while at >= 0:
            self.starts.append(at + 1)
            at = self.whole.find(b"\n", at + 1)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        return self.whole[self.starts[place] : self.starts[place + 1]]


def deeds(start: int, count: int) -> Iterator[Any]:
    """Entries as a privacy room writes them; made."""
    from workbench.privacy.ledger.recording import deed_of

    for number in range(start, start + count):
        data = {"rows": number % 977, "epsilon": 0.25, "reason": "support request"}
        yield deed_of("access", f"data set {number % 31}", data=data, actor=f"user {number % 7}")


def rate(work: Callable[[], object], count: int) -> float:
    """How many of so many a second."""
    started_s = time.perf_counter()
    work()
    return count / (time.perf_counter() - started_s)


def adding(rounds: int, ledger: Any) -> list[Figure]:
    """Batches against single entries, in one ledger, and against what was asked; the wait for the
    disk is in all."""
    cpu: list[float] = []

    def by_batches() -> float:
        batches = [list(deeds(0, BATCH)) for _ in range(4)]
        started_s = time.process_time()
        found = rate(lambda: [ledger.append_many(batch) for batch in batches], 4 * BATCH)
        cpu.append(4 * BATCH / (time.process_time() - started_s))
        return found

    def one_by_one() -> float:
        each = list(deeds(0, SINGLE))
        return rate(
            lambda: [ledger.append(d.action, d.subject, actor=d.actor, data=d.data) for d in each],
            SINGLE,
        )

    ours, theirs = take_turns(by_batches, one_by_one, rounds=rounds)
    details = {"entries_per_cpu_second": cpu, "batch": BATCH}
    asked = (float(ASKED_RATE),) * rounds
    return [
        Figure(
            "add entries, on the disk", peer, "entries/s", tuple(ours), others, bound=bound,
            details=details,
        )
        for peer, others, bound in (
            ("one at a time", tuple(theirs), None), ("what issue 7 asks for", asked, 1.0)
        )
    ]  # fmt: skip


def check_plainly(path: Path) -> int:
    """The rules as they are told, with json and rfc8785: the entries up to the first fault."""
    import rfc8785

    previous, number = "0" * 64, 0
    with path.open("rb") as file:
        for line in file:
            entry = json.loads(line)
            written = entry.pop("hash")
            body = rfc8785.dumps(entry)
            right = (
                rfc8785.dumps({**entry, "hash": written}) + b"\n" == line
                and hashlib.sha256(body).hexdigest() == written
                and (entry["number"], entry["previous"]) == (number + 1, previous)
            )
            if not right:
                break
            previous, number = written, number + 1
    return number


def checking(rounds: int, lines: FileLines, path: Path) -> Figure:
    """The verifier, which also builds the Merkle tree, against the rules read plainly.

    Side by side on the first of the entries; all of them are checked by ours once.
    """
    from workbench.privacy.ledger.verifier import check_file

    started_s = time.process_time()
    whole = check_file(path)
    whole_s = time.process_time() - started_s
    assert (whole.ok, whole.entries) == (True, len(lines))
    short = path.with_suffix(".short")
    count = min(COMPARED, len(lines))
    short.write_bytes(lines.whole[: lines.starts[count]])
    assert check_file(short).entries == check_plainly(short) == count
    ours, theirs = take_turns(
        lambda: rate(lambda: check_file(short), count),
        lambda: rate(lambda: check_plainly(short), count),
        rounds=rounds,
    )
    details = {"entries": count, "whole": {"entries": len(lines), "cpu_s": whole_s}}
    return Figure(
        "check exported entries", "json and rfc8785", "entries/s", tuple(ours), tuple(theirs),
        details=details,
    )  # fmt: skip


def proving(rounds: int, lines: FileLines, public_key: bytes) -> list[Figure]:
    """Checking a proof, its signature with it, against pymerkle's check of the path alone, and
    against what was asked."""
    import pymerkle

    from workbench.privacy.ledger.checkpoints import list_checkpoints
    from workbench.privacy.ledger.merkle import MerkleTree
    from workbench.privacy.ledger.proofs import make_proof
    from workbench.privacy.ledger.verifier import hash_leaf, verify_proof

    (signed,) = list_checkpoints()
    size = signed.checkpoint.size
    tree = MerkleTree(line[:-1] for line in lines[:size])
    assert tree.root().hex() == signed.checkpoint.root
    rng = random.Random(7)
    numbers = [rng.randrange(size) + 1 for _ in range(PROOFS)]
    proofs = [make_proof(tree, lines[n - 1][:-1], n, signed) for n in numbers]
    small = pymerkle.InmemoryTree(algorithm="sha256")
    for line in lines[: 1 << 14]:
        small.append_entry(line[:-1])
    places = [rng.randrange(1 << 14) + 1 for _ in range(PROOFS)]
    their_proofs = [(hash_leaf(lines[n - 1][:-1]), small.prove_inclusion(n)) for n in places]
    root = small.get_root()
    assert root == tree.root(1 << 14)

    def ours() -> float:
        started_s = time.perf_counter()
        for proof in proofs:
            assert verify_proof(proof, public_key=public_key).ok
        return (time.perf_counter() - started_s) / PROOFS * 1000

    def theirs() -> float:
        started_s = time.perf_counter()
        for leaf, proof in their_proofs:
            pymerkle.verify_inclusion(leaf, root, proof)
        return (time.perf_counter() - started_s) / PROOFS * 1000

    mine, others = take_turns(ours, theirs, rounds=rounds)
    details = {"entries": size, "theirs": "no signature, no entry, 2^14 leaves"}
    return [
        Figure(
            "check a proof and its signature", peer, "ms", tuple(mine), other_ms, better="lower",
            bound=bound, details=details,
        )
        for peer, other_ms, bound in (
            ("pymerkle, the path alone", tuple(others), None),
            ("what issue 7 asks for", (ASKED_MS,) * rounds, 1.0),
        )
    ]  # fmt: skip


def states_of(lines: FileLines) -> list[Any]:
    """What the verifier knows after every so many lines of the sound ledger."""
    from workbench.privacy.ledger.verifier import Walk

    walk = Walk()
    states = [walk.copy()]
    for number in range(len(lines)):
        fault = walk.take(lines[number])
        assert fault is None, fault
        if walk.number % STATE_EVERY == 0:
            states.append(walk.copy())
    return states


def forging(lines: FileLines, path: Path, tries: int) -> Figure:
    """So many forgeries: how many were found, and named."""
    from workbench.privacy.ledger.tampering import WAYS, forge
    from workbench.privacy.ledger.verifier import check_file

    states, rng = states_of(lines), random.Random(20261126)
    ways = [way for way in WAYS if way != "inserted"]
    named, counts = 0, dict.fromkeys(ways, 0)
    whole = []
    for number in range(tries):
        way = ways[number % len(ways)]
        forgery = forge(lines, way, rng)
        at = forgery.changed_from
        walk = states[at // STATE_EVERY].copy()
        rest = (lines[i] for i in range(walk.number, at))
        after = (lines[i] for i in range(at + 4, min(at + 8, len(lines))))
        fault = None
        for line in (*rest, *forgery.lines, *after):
            fault = walk.take(line)
            if fault is not None:
                break
        if fault is not None and fault.broken_at is not None and fault.broken_to is not None:
            close = fault.broken_to <= fault.broken_at + 1
            if close and fault.broken_at <= forgery.first <= fault.broken_to:
                named, counts[way] = named + 1, counts[way] + 1
        if number < WHOLE_TRIES:
            whole.append((forgery, fault))
    for forgery, fault in whole:
        start, end = (
            lines.starts[min(at, len(lines))]
            for at in (forgery.changed_from, forgery.changed_from + 4)
        )
        path.write_bytes(lines.whole[:start] + b"".join(forgery.lines) + lines.whole[end:])
        assert check_file(path).fault == fault
    path.unlink()
    details = {"named_by_way": counts, "checked_from_the_beginning": len(whole)}
    return Figure(
        "forgeries found and named", "all that were tried", "forgeries", (float(named),),
        (float(tries),), bound=1.0, details=details,
    )  # fmt: skip


def measure(rounds: int) -> list[Figure]:
    """All of them, in a home of their own."""
    from workbench.core import settings
    from workbench.privacy.ledger.checkpoints import make_checkpoint
    from workbench.privacy.ledger.portable import lines_of
    from workbench.store.database import close_all
    from workbench.store.ledger import Ledger

    with tempfile.TemporaryDirectory() as base, settings.override(home=f"{base}/home"):
        ledger, path = Ledger(), Path(base) / "ledger.jsonl"
        for start in range(0, ENTRIES, FILL):
            ledger.append_many(deeds(start, min(FILL, ENTRIES - start)))
        made = make_checkpoint()
        with path.open("wb") as file:
            file.writelines(lines_of(ledger.walk()))
        lines = FileLines(path)
        found = [
            *adding(rounds, ledger),
            checking(rounds, lines, path),
            *proving(rounds, lines, made.public_key.read_bytes()),
            forging(lines, Path(base) / "forged.jsonl", TRIES),
        ]
        close_all()
    return found


BENCHMARKS = (Benchmark("ledger", measure),)
