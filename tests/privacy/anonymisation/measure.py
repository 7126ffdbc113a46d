"""Measure the recognisers on a file of labelled documents: what is missed, what is false, and why.

    python -m tests.privacy.anonymisation.measure FILE [--half even|odd] [--show PERSON:20 ...]

A file holds a document a line, ``{"id", "text", "spans": [{"start", "end", "type"}]}``, plain or
gzipped, as tests/privacy/frozen/README.md has it. ``--half`` takes the shapes (an id without
its last number) of even or odd place in the alphabet: tune on one, look at the other now and then.
``--show KIND:N`` prints missed spans of a label, ``--show false:N`` found ones that none labels.
``--cache`` keeps what spaCy read, by text, so that a further run asks the recognisers alone.

A document in another language is withheld, not written. It is counted by itself; the figures are
of the others.
"""

from __future__ import annotations

import argparse
import gzip
import json
import pickle
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.privacy.anonymisation.consistency import spread
from workbench.privacy.anonymisation.engine import read_texts
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.judging import judge
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.recognisers import NAMES, load_recognisers
from workbench.privacy.anonymisation.scoring import Label, Recall, score
from workbench.privacy.anonymisation.texts import detect
from workbench.privacy.anonymisation.true_case import with_capitals
from workbench.privacy.anonymisation.writing import why_unreadable

DEVELOPMENT = Path(__file__).parents[1] / "frozen" / "pii_documents.jsonl.gz"
Row = dict[str, Any]


def read_rows(path: Path, half: str = "") -> list[Row]:
    """The documents of a file, of one half of its shapes if asked."""
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    if not half:
        return rows
    shapes = sorted({shape_of(row) for row in rows})
    wanted = set(shapes[0 if half == "even" else 1 :: 2])
    return [row for row in rows if shape_of(row) in wanted]


def shape_of(row: Row) -> str:
    """The shape that a document was made from."""
    return str(row["id"]).rpartition("-")[0]


def labels_of(row: Row) -> list[Label]:
    """What is personal in a document."""
    return [Label(span["start"], span["end"], span["type"]) for span in row["spans"]]


def read_readings(views: Sequence[str], cache: Path | None = None) -> dict[str, Reading]:
    """What spaCy reads in each view, from the cache where it was read before."""
    kept: dict[str, Any] = pickle.loads(cache.read_bytes()) if cache and cache.exists() else {}
    new = [view for view in dict.fromkeys(views) if view not in kept]
    kept.update(zip(new, read_texts(new), strict=True))
    if cache and new:
        cache.write_bytes(pickle.dumps(kept))
    return kept


def find_in(
    rows: Sequence[Row], cache: Path | None = None, without: Sequence[str] = ()
) -> list[tuple[Found, ...]]:
    """What the recognisers find, with the readings of a cache where there are any."""
    texts = [row["text"] for row in rows]
    names = [name for name in NAMES if name not in without]
    if cache is None:
        return detect(texts, recognisers=names)
    views = [with_capitals(text) for text in texts]
    kept = read_readings(views, cache)
    asked = load_recognisers(names)
    found: list[tuple[Found, ...]] = []
    guesses: list[tuple[Found, ...]] = []
    for text, view in zip(texts, views, strict=True):
        if why_unreadable(text):
            found.append(())
            guesses.append(())
            continue
        spans = [each for find in asked.values() for each in find(view, kept[view])]
        sure, unsure = judge(text, view, kept[view], spans)
        found.append(sure)
        guesses.append(unsure)
    return spread(views, found, guesses, corpus=True)


def misses(rows: Sequence[Row], found: Sequence[tuple[Found, ...]]) -> Iterator[tuple[Row, Label]]:
    """Labels of which a letter or digit is not covered."""
    for row, spans in zip(rows, found, strict=True):
        covered = bytearray(len(row["text"]))
        for each in spans:
            covered[each.start : each.end] = b"\x01" * (each.end - each.start)
        for label in labels_of(row):
            if not all(
                covered[at] for at in range(label.start, label.end) if row["text"][at].isalnum()
            ):
                yield row, label


def falses(rows: Sequence[Row], found: Sequence[tuple[Found, ...]]) -> Iterator[tuple[Row, Found]]:
    """Found spans that touch no label."""
    for row, spans in zip(rows, found, strict=True):
        labels = labels_of(row)
        for each in spans:
            if not any(lab.start < each.end and each.start < lab.end for lab in labels):
                yield row, each


def around(text: str, start: int, end: int, width: int = 34) -> str:
    """A span in its surroundings, in one line."""
    before, after = text[max(0, start - width) : start], text[end : end + width]
    return f"{before}⟦{text[start:end]}⟧{after}".replace("\n", "⏎")


def report(recall: Recall) -> str:
    """The figures in a few lines."""
    lines = [
        f"documents {recall.documents}  masked {recall.masked_recall:.4f}  "
        f"PERSON {recall.recall_of('PERSON'):.4f}  false {recall.false_share:.4f} "
        f"({recall.false} of {recall.found})"
    ]
    lines += [
        f"  {kind:15} {masked:5} of {of:5}  {masked / of:.4f}"
        for kind, (masked, of) in recall.by_kind.items()
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=DEVELOPMENT)
    parser.add_argument("--half", choices=("even", "odd"), default="")
    parser.add_argument("--show", action="append", default=[], metavar="KIND:N")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--without", action="append", default=[], help="a recogniser not to ask")
    asked = parser.parse_args(arguments)
    rows = read_rows(asked.file, asked.half)
    views = [with_capitals(row["text"]) for row in rows]
    withheld = [row for row, view in zip(rows, views, strict=True) if why_unreadable(view)]
    kept = [row for row, view in zip(rows, views, strict=True) if not why_unreadable(view)]
    spans = sum(len(row["spans"]) for row in withheld)
    print(f"withheld: {len(withheld)} of {len(rows)} documents, with {spans} spans")
    rows = kept
    begun = time.process_time()
    found = find_in(rows, asked.cache, asked.without)
    spent_ms = 1000 * (time.process_time() - begun) / len(rows)
    recall = score([row["text"] for row in rows], found, [labels_of(row) for row in rows])
    print(report(recall))
    print(f"CPU {spent_ms:.1f} ms a document, loading and, with a cache, not spaCy included")
    false = list(falses(rows, found))
    by = Counter(f"{each.kind} {each.by}: {each.because}" for _, each in false)
    print("false by kind and recogniser:", dict(by.most_common(24)))
    missed: dict[str, list[str]] = defaultdict(list)
    for row, label in misses(rows, found):
        missed[label.kind].append(f"{row['id']:30} {around(row['text'], label.start, label.end)}")
    missed["false"] = [
        f"{row['id']:30} {each.kind} {each.by}/{each.because}: "
        f"{around(row['text'], each.start, each.end)}"
        for row, each in false
    ]
    for wanted in asked.show:
        kind, _, count = wanted.partition(":")
        lines = missed[kind]
        random.Random(1).shuffle(lines)
        print(f"\n{kind}: {len(lines)}")
        print("\n".join(sorted(lines[: int(count or 20)])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
