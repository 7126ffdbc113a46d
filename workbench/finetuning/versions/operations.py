"""What a user can ask of versions of adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.operations import operation
from workbench.finetuning.versions.diff import VersionDiff
from workbench.finetuning.versions.lineage import Lineage
from workbench.finetuning.versions.names import NameMove

if TYPE_CHECKING:
    from workbench.finetuning.versions.finding import AdapterVersion


@dataclass(frozen=True)
class VersionRow:
    """One version of an adapter. ``name`` is what a request asks for.

    ``digest`` is the sha256 over its files, ``verdict`` the word of the last gate that it went
    through; ``data``, ``seed`` and ``metrics`` are what training wrote down, ``is_here`` is False
    once its files were removed.
    """

    name: str
    version: int
    labels: list[str]
    is_here: bool
    method: str
    rank: int
    digest: str
    parents: list[str]
    data: Any
    seed: int | None
    metrics: dict[str, Any]
    template_sha256: str | None
    verdict: str | None
    created_s: float
    notes: dict[str, Any] = field(repr=False, default_factory=dict)


@operation("finetuning.versions", title="List the versions of adapters", produces="versions")
def list_versions(name: str | None = None) -> list[VersionRow]:
    """List versions with what they were made from, what they are called and how they did.

    Args:
        name: Of one adapter, `base:adapter` or its bare name; all if none is given.
    """
    from workbench.finetuning.versions import finding

    return [_row(each) for each in finding.list_versions(name)]


@operation("finetuning.rollback", title="Go back to the version before", produces="name-move")
def rollback(name: str, *, label: str = "champion", reason: str = "by hand") -> NameMove:
    """Move a name to the version on which it stood before; a gateway that runs follows at once.

    A second rollback goes to the one before that. A version whose files were removed is passed
    over, and a trial on the name ends.

    Args:
        name: The adapter, `base:adapter` or its bare name.
        label: The name that is moved.
        reason: Why, for the ledger.
    """
    from workbench.finetuning.versions.names import roll_back

    return roll_back(name, label=label, reason=reason)


@operation("finetuning.tag", title="Put a name on a version", produces="name-move")
def tag(name: str, label: str, *, reason: str = "by hand") -> NameMove:
    """Put `challenger`, or a name of your own, on a version; it leaves the one where it stood.

    Args:
        name: The version, e.g. `base:adapter@3`.
        label: The name. `champion` is given by `promote` alone.
        reason: Why, for the ledger.
    """
    from workbench.finetuning.versions.names import tag_version

    return tag_version(name, label, reason=reason)


@operation("finetuning.diff", title="Compare two versions", produces="version-diff")
def diff(before: str, after: str) -> VersionDiff:
    """Say how two versions differ: recipe, data, figures, and the weights layer by layer.

    Args:
        before: A version, e.g. `base:adapter@champion`.
        after: Another of the same base.
    """
    from workbench.finetuning.versions.diff import diff_versions

    return diff_versions(before, after)


@operation("finetuning.lineage", title="Show where a version comes from", produces="lineage")
def lineage(name: str) -> Lineage:
    """Show the versions that one was made from, and those that were made from it.

    Args:
        name: The version, e.g. `base:adapter@3`.
    """
    from workbench.finetuning.versions.lineage import trace_lineage

    return trace_lineage(name)


def _row(found: AdapterVersion) -> VersionRow:
    from workbench.finetuning.gate.evidence import last_verdict

    notes, record = found.notes, found.record
    metrics = notes.get("metrics")
    return VersionRow(
        name=found.full_name,
        version=found.number,
        labels=list(found.labels),
        is_here=found.is_here,
        method=record["method"],
        rank=record["rank"],
        digest=found.digest,
        parents=list(record["parents"]),
        data=notes.get("data"),
        seed=notes.get("seed"),
        metrics=metrics if isinstance(metrics, dict) else {},
        template_sha256=record.get("chat_template_sha256"),
        verdict=last_verdict(found.full_name),
        created_s=found.created_s,
        notes=notes,
    )
