"""The ledger given out: as lines for a verifier, as records that the law asks for, as a page."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.identity.users import LOCAL
from workbench.store import files
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger, StoredEntry

from . import ai_act, gdpr, page
from .accounts import Account, account_of
from .checking import EvidenceCheck, verify_evidence
from .checkpoints import list_checkpoints
from .portable import line_of
from .recording import record

Format = Literal["jsonl", "gdpr", "ai-act", "html"]
MOST_SHOWN = 1000


@dataclass(frozen=True)
class LedgerExport(Viewable):
    """What was written. ``not_known`` is what the law asks for and the ledger cannot know."""

    path: Path
    format: str
    entries: int
    size_bytes: int
    sha256: str
    entry: int
    not_known: tuple[str, ...] = ()


def export_ledger(
    out: Path,
    *,
    format: Format = "jsonl",
    details: Mapping[str, Any] | None = None,
    actor: str = LOCAL,
    database: Database | None = None,
) -> LedgerExport:
    """Write the ledger to a file, whole or not at all. That it was given out is an entry after it.

    Args:
        out: The file.
        format: ``jsonl`` (for the verifier), ``gdpr`` (Art. 30), ``ai-act`` (Art. 12) or ``html``.
        details: What a record after the GDPR asks for and the ledger cannot know.
        actor: Who does it.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        InputError: The ledger is empty, or ``details`` has what nobody asks for.
        StorageError: The file cannot be written.
    """
    ledger = Ledger(database or open_database())
    if details and format != "gdpr":
        raise InputError(f"details are for a record after the GDPR, not for {format}")
    gdpr.check_details(details)
    if ledger.head().number == 0:
        raise InputError("the ledger is empty: there is nothing to export", hint="record something")
    write = _WRITERS[format]
    with (
        closing(ledger.walk()) as entries,
        progress("Exporting the ledger", unit="entries") as task,
        files.replacing(out, text=True) as file,
    ):
        counted = _counting(entries, task.update)
        account, not_known = write(file, counted, ledger, details or {})
    sha256, size_bytes = _hash(out), out.stat().st_size
    told = {"format": format, "sha256": sha256, "entries": account.entries}
    entry = record("release", "ledger", data=told, actor=actor, database=ledger.database)
    return LedgerExport(
        out, format, account.entries, size_bytes, sha256, entry.number, tuple(not_known)
    )


_Writer = Callable[
    [IO[str], Iterator[StoredEntry], Ledger, Mapping[str, Any]], tuple[Account, list[str]]
]


def _write_lines(
    file: IO[str], entries: Iterator[StoredEntry], ledger: Ledger, details: Mapping[str, Any]
) -> tuple[Account, list[str]]:
    account = Account()
    for entry in entries:
        file.write(line_of(entry).decode())
        account.entries = entry[0]
    return account, []


def _write_gdpr(
    file: IO[str], entries: Iterator[StoredEntry], ledger: Ledger, details: Mapping[str, Any]
) -> tuple[Account, list[str]]:
    account = account_of(entries)
    kept = list_checkpoints()
    signed = kept[-1].checkpoint.size if kept else 0
    told = gdpr.processing_record(account, details=details, signed_entries=signed)
    json.dump(told, file, ensure_ascii=False, indent=1)
    file.write("\n")
    missing = gdpr.not_known(details)
    return account, [f"{each['article']}: {each['asks_for']}" for each in missing]


def _write_ai_act(
    file: IO[str], entries: Iterator[StoredEntry], ledger: Ledger, details: Mapping[str, Any]
) -> tuple[Account, list[str]]:
    """Event by event: a log of a million of them is not held in memory."""
    account, counts = Account(), dict.fromkeys((ai_act.RISK, ai_act.MARKET, ai_act.OPERATION), 0)
    file.write('{"document": "Log of events, Art. 12 AI Act",\n"events": [')
    for entry in entries:
        event = ai_act.event_of(entry, account.add(entry))
        for paragraph in event["relevant_for"]:
            counts[paragraph] += 1
        file.write(",\n" if account.entries > 1 else "\n")
        json.dump(event, file, ensure_ascii=False)
    rest = {
        "relevant_for": counts,
        "not_known": list(ai_act.NOT_KNOWN),
        "source": {
            "entries": account.entries,
            "from": account.first,
            "to": account.last,
            "head": account.head,
        },
    }
    file.write("],\n" + json.dumps(rest, ensure_ascii=False, indent=1)[2:] + "\n")
    return account, [f"{each['article']}: {each['asks_for']}" for each in ai_act.NOT_KNOWN]


def _write_page(
    file: IO[str], entries: Iterator[StoredEntry], ledger: Ledger, details: Mapping[str, Any]
) -> tuple[Account, list[str]]:
    account = account_of(entries)
    check: EvidenceCheck = verify_evidence(ledger.database.path.parent)
    kept = [each.checkpoint for each in reversed(list_checkpoints())]
    file.write(
        page.page_of(
            account,
            ledger.entries(limit=MOST_SHOWN),
            check=check,
            checkpoints=[(each.size, each.time, each.root) for each in kept],
            made=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )
    )
    return account, []


_WRITERS: dict[str, _Writer] = {
    "jsonl": _write_lines,
    "gdpr": _write_gdpr,
    "ai-act": _write_ai_act,
    "html": _write_page,
}


def _counting(
    entries: Iterator[StoredEntry], looked: Callable[[float], None]
) -> Iterator[StoredEntry]:
    for entry in entries:
        if not entry[0] & 0x3FFF:
            looked(entry[0])
        yield entry


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
