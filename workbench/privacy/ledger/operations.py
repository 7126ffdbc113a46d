"""What a user can ask of the ledger's evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.operations import operation

from .checking import EvidenceCheck, verify_evidence
from .checkpoints import KeptCheckpoint, kept_checkpoints, make_checkpoint
from .erasing import Erasure, PersonEntry, erase_person, finish_erasures, tell_person
from .exporting import Format, LedgerExport, export_ledger
from .proofs import EntryProof, prove_entry


@operation("privacy.ledger_verify", title="Verify a ledger", produces="check", group="ledger")
def ledger_verify(
    path: Path | None = None, *, checkpoints: Path | None = None, public_key: Path | None = None
) -> EvidenceCheck:
    """Check a ledger, an exported file or a proof, and name the first entry that is not as it was.

    It ends with 1 if something is not. Checkpoints beside it (``PATH-checkpoints``) are used, and
    it is said which were. Without any only the chain is checked, of which a
    part is a chain too: then it is said that nothing shows that it is whole. Nothing is written,
    and nothing but the verifier is trusted: ``python -m workbench.privacy.ledger.verifier`` checks
    a file without the rest of this package.

    Args:
        path: A home, an exported file, or a proof; by default this home.
        checkpoints: The folder of the signed checkpoints, or one; by default the one beside it, and
            this home's own, for it and for an export of the same ledger.
        public_key: The signer's, as PEM; by default the one that lies beside the checkpoints.
    """
    return verify_evidence(path, checkpoints=checkpoints, public_key=public_key)


@operation("privacy.ledger_checkpoint", title="Sign the ledger", group="ledger")
def ledger_checkpoint() -> KeptCheckpoint:
    """Sign what the ledger is now, and keep that elsewhere (setting ledger_checkpoints).

    The whole chain is checked first; what does not hold, or does not go on from what was signed
    before, is not signed. The key is made at the first call.
    """
    finish_erasures()
    return make_checkpoint()


@operation("privacy.ledger_checkpoints", title="List the signed checkpoints", group="ledger")
def ledger_checkpoints() -> tuple[KeptCheckpoint, ...]:
    """The signed checkpoints of this ledger, the newest first; their signatures are not checked."""
    return kept_checkpoints()


@operation("privacy.ledger_prove", title="Prove an entry", produces="proof", group="ledger")
def ledger_prove(
    number: Annotated[int, limits.Ge(1)],
    *,
    out: Path,
    since: Annotated[int, limits.Ge(1)] | None = None,
    overwrite: bool = False,
) -> EntryProof:
    """Write a proof that an entry was in the ledger when it was signed.

    Whoever has the public key can check it, and learns nothing of the other entries.

    Args:
        number: The entry.
        out: The file to write.
        since: The size of an older checkpoint; the proof then also shows that nothing of it went.
        overwrite: Take the place of a file that is there.
    """
    _check_free(out, overwrite)
    return prove_entry(number, out, since=since)


@operation("privacy.ledger_export", title="Export the ledger", group="ledger")
def ledger_export(
    out: Path,
    *,
    format: Format = "jsonl",
    details: dict[str, Any] | None = None,
    overwrite: bool = False,
) -> LedgerExport:
    """Write the ledger to a file: for the verifier, as the law asks for it, or to be read.

    jsonl is a line an entry (RFC 8785). gdpr is a record of processing activities (Art. 30), ai-act
    a log of events (Art. 12); each says what the law asks for and the ledger cannot know. html is a
    page.

    Args:
        out: The file.
        format: jsonl, gdpr, ai-act or html.
        details: What a record after the GDPR asks for and the ledger cannot know, as an object:
            controller, purposes, data_subjects, personal_data, recipients, transfers, time_limits.
        overwrite: Take the place of a file that is there.
    """
    _check_free(out, overwrite)
    return export_ledger(out, format=format, details=details)


@operation("privacy.ledger_erase", title="Erase a person", produces="erasure", group="ledger")
def ledger_erase(person: str) -> Erasure:
    """Drop a person's key, so that nobody can read any more what the ledger tells of them.

    The entries stay, and every hash, checkpoint and proof holds as before. It cannot be undone.

    Args:
        person: Whom, as they were named when it was written.
    """
    return erase_person(person)


@operation("privacy.ledger_tell", title="Tell what is known of a person", group="ledger")
def ledger_tell(person: str) -> tuple[PersonEntry, ...]:
    """All that the ledger tells of a person, opened with their key. That it was read is recorded.

    Args:
        person: Whom, as they were named when it was written.
    """
    return tell_person(person)


def _check_free(out: Path, overwrite: bool) -> None:
    """What was exported before may be all that tells of entries that have gone since."""
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there and is not overwritten", hint="--overwrite")
