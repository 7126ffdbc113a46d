"""The ledger as a page that a person reads: one file, no script, nothing fetched."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence

from workbench.store.ledger import Entry

from .accounts import Account
from .ai_act import relevance
from .checking import EvidenceCheck
from .recording import ACTIONS, ROOM

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2126;--quiet:#5b6470;--line:#d9dee4;--page:#fff;
--good:#0b6b3a;--bad:#a3141f;--band:#f5f7f9}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaee;--quiet:#a3adb8;--line:#3a424c;
--page:#15181c;--good:#5fd39a;--bad:#ff8a8f;--band:#1d2228}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:0 auto;
max-width:72rem;padding:2rem 1.25rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.4rem 0;max-width:60rem}
.q{color:var(--quiet)}.good{color:var(--good)}.bad{color:var(--bad)}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--quiet);font-weight:600}tbody tr:nth-child(even){background:var(--band)}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.t{white-space:nowrap;font-variant-numeric:tabular-nums}.w{overflow-wrap:anywhere;min-width:9rem}
.t code{overflow-wrap:normal}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
"""


def page_of(
    account: Account,
    entries: Sequence[Entry],
    *,
    check: EvidenceCheck,
    checkpoints: Sequence[tuple[int, str, str]],
    made: str,
) -> str:
    """The page.

    Args:
        account: What the ledger adds up to.
        entries: Those that are shown, the newest first.
        check: What the verifier found.
        checkpoints: Size, time and root of each, the newest first.
        made: When, for its head.
    """
    body = [
        f"<h1>Audit ledger</h1><p class=q>{account.entries:,} entries from {_when(account.first)} "
        f"to {_when(account.last)} (UTC); written {_when(made)}</p>",
        _state(check),
        "<h2>What was done</h2>",
        _activities_table(account),
        "<h2>Signed checkpoints</h2>",
        _table(
            ("entries", "signed", "root"),
            ((f"{size:,}", _when(time), _code(root)) for size, time, root in checkpoints),
            kinds=("n", "t", ""),
        )
        if checkpoints
        else "<p class=q>None: who can write the store could write the ledger anew.</p>",
        f"<h2>The newest {len(entries):,} entries</h2>",
        _entries_table(entries),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Audit ledger</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        f"{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _state(check: EvidenceCheck) -> str:
    if check.ok:
        signed = f", {check.signed_entries:,} of them signed" if check.checkpoints else ""
        said = f"<p class=good>✓ Sound: {check.entries:,} entries checked{signed}.</p>"
    else:
        said = f"<p class=bad>✗ Broken: {html.escape(check.reason)}.</p>"
    notes = "".join(
        f"<p class=q>{html.escape(note[:1].upper() + note[1:])}.</p>" for note in check.notes
    )
    return f"{said}{notes}<p class=q>Root {_code(check.root)}</p>"


def _meaning(action: str) -> str:
    if action.startswith(ROOM):
        return ACTIONS.get(action.removeprefix(ROOM), "")
    return relevance(action)[1]


def _activities_table(account: Account) -> str:
    rows = (
        (
            _code(each.action),
            html.escape(_meaning(each.action)),
            f"{each.times:,}",
            _when(each.first),
            _when(each.last),
            f"{len(each.persons):,}" if each.persons else "",
        )
        for each in account.activities.values()
    )
    heads = ("action", "", "times", "first", "last", "persons")
    return _table(heads, rows, kinds=("t", "w", "n", "t", "t", "n"))


def _entries_table(entries: Sequence[Entry]) -> str:
    rows = (
        (
            f"{each.number}",
            _when(each.time),
            html.escape(each.actor),
            _code(each.action),
            html.escape(each.subject),
            _data(each),
            _code(each.hash[:12]),
        )
        for each in entries
    )
    heads = ("entry", "time", "actor", "action", "subject", "data", "hash")
    return _table(heads, rows, kinds=("n", "t", "w", "t", "w", "w", "t"))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, kinds: Sequence[str]) -> str:
    head = "".join(
        f'<th scope=col class="{kind}">{html.escape(each)}</th>'
        for kind, each in zip(kinds, heads, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}">{cell}</td>' if kind else f"<td>{cell}</td>"
            for kind, cell in zip(kinds, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _data(entry: Entry) -> str:
    """The data without what nobody can read; a person's pseudonym stays."""
    data = entry.data
    if isinstance(data, dict) and "sealed" in data:
        data = {name: value for name, value in data.items() if name != "sealed"}
        data["personal values"] = "sealed"
    return "" if data is None or data == {} else _code(json.dumps(data, ensure_ascii=False))


def _code(text: str) -> str:
    return f"<code>{html.escape(text)}</code>"


def _when(time: str) -> str:
    return html.escape(time[:19].replace("T", " "))
