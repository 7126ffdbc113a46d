"""How checks of the ledger, checkpoints and proofs look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, format_count, print_table
from workbench.cli.outline import print_outline

if TYPE_CHECKING:
    from workbench.privacy.ledger.checking import EvidenceCheck
    from workbench.privacy.ledger.checkpoints import KeptCheckpoint
    from workbench.privacy.ledger.erasing import Erasure, PersonEntry
    from workbench.privacy.ledger.exporting import LedgerExport
    from workbench.privacy.ledger.proofs import EntryProof


def show_ledger_verify(check: EvidenceCheck) -> None:
    """Whether all is as it was; if not, what is broken and where."""
    if check.ok:
        entries = format_count(check.entries, "entry", "entries")
        if check.checkpoints:
            signed = f"{check.signed_entries:,} entries signed"
            checkpoints = format_count(check.checkpoints, "checkpoint")
            click.echo(f"sound: {entries}, {checkpoints}, {signed}")
        else:
            click.echo(
                f"chain intact as far as it goes: {entries}; no checkpoint shows that it is whole"
            )
    else:
        click.echo(f"BROKEN{where(check)}: {check.reason}")
    if check.entries:
        click.echo(f"root {check.root}")
    for note in check.notes:
        click.echo(f"note: {note}", err=True)


def where(check: EvidenceCheck) -> str:
    """The entries among which the fault lies, as words."""
    if check.broken_at is None:
        return ""
    if check.broken_at == check.broken_to:
        return f" at entry {check.broken_at:,}"
    return f" in entries {check.broken_at:,} to {check.broken_to:,}"


def show_ledger_checkpoint(kept: KeptCheckpoint) -> None:
    """What was signed, and where it and the public key are."""
    if kept.made:
        click.echo(f"signed {kept.size:,} entries: {kept.path}")
    else:
        click.echo(f"nothing new since {kept.time}: {kept.path}")
    click.echo(f"public key {kept.key}: {kept.public_key}")


def show_ledger_checkpoints(kept: tuple[KeptCheckpoint, ...]) -> None:
    """A line a checkpoint, the newest first."""
    if not kept:
        click.echo("no checkpoint yet; try: workbench privacy ledger checkpoint")
        return
    rows = [[f"{each.size:,}", each.time, each.root[:16], each.key] for each in kept]
    print_table(["entries", "signed (UTC)", "root", "key"], rows)
    click.echo(f"in {kept[0].path.parent}")


def show_ledger_prove(proof: EntryProof) -> None:
    """What was proved, and what its reader needs."""
    click.echo(f"entry {proof.number} among {proof.size:,}, {proof.steps} steps: {proof.path}")
    click.echo(f"to be checked with {proof.public_key}")


def show_ledger_export(export: LedgerExport) -> None:
    """What was written, and what it leaves open."""
    size = format_bytes(export.size_bytes)
    click.echo(f"{export.entries:,} entries as {export.format}, {size}: {export.path}")
    click.echo(f"sha256 {export.sha256}")
    for each in export.not_known:
        click.echo(f"not known here: {each}", err=True)


def show_ledger_erase(erasure: Erasure) -> None:
    """What was erased, and what that does not reach."""
    entries = format_count(erasure.entries, "entry", "entries")
    click.echo(f"erased {erasure.pseudonym}: the key of {entries} is gone")
    click.echo(f"written down as entry {erasure.entry:,}")
    for each in erasure.not_reached:
        click.echo(f"not reached: {each}", err=True)


def show_ledger_tell(entries: tuple[PersonEntry, ...]) -> None:
    """All of each entry on the person, the oldest first."""
    for each in entries:
        told = {
            "entry": each.number,
            "time (UTC)": each.time[:19].replace("T", " "),
            "actor": each.actor,
            "action": each.action,
            "subject": each.subject,
            "data": each.data,
            "personal": each.personal,
        }
        print_outline({name: value for name, value in told.items() if value})
        click.echo()
