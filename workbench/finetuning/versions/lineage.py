"""What a version was made from, and what was made from it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable
from workbench.finetuning.versions.finding import AdapterVersion, find_version, of_version
from workbench.models.adapters import KIND
from workbench.store.versions import Version, Versions


@dataclass(frozen=True)
class Relative:
    """One version of the family. ``generation`` counts from its oldest ancestor here."""

    name: str
    labels: tuple[str, ...]
    is_here: bool
    generation: int
    created_s: float


@dataclass(frozen=True)
class Lineage(Viewable):
    """The family of ``of``: its ancestors, itself, its descendants, and who came from whom.

    ``links`` are pairs (parent, child) of full names; ``unknown`` are parents that are named in a
    record and not known here, as of an adapter that came from elsewhere.
    """

    of: str
    versions: tuple[Relative, ...]
    links: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...] = ()


def trace_lineage(name: str) -> Lineage:
    """The family of a version; the name as for ``find_version``.

    Raises:
        NotFoundError: There is no such version; near matches are named.
    """
    kept = Versions()
    chosen = find_version(name, kept)
    family = [
        each
        for each in (
            *kept.lineage(chosen.version),
            chosen.version,
            *kept.descendants(chosen.version),
        )
        if each.kind == KIND
    ]
    ids = {each.id for each in family}
    parents = {each.id: [p for p in kept.parents(each) if p.id in ids] for each in family}
    found = {each.id: of_version(each, kept) for each in family}
    names = {each.full_name for each in found.values()}
    unknown = {
        parent
        for each in found.values()
        for parent in each.record.get("parents", ())
        if parent not in names and not _is_known(parent, kept)
    }
    relatives = [_relative(found[each.id], _generation(each, parents)) for each in family]
    relatives.sort(key=lambda each: (each.generation, each.created_s))
    links = [
        (found[parent.id].full_name, found[child].full_name)
        for child, of in parents.items()
        for parent in of
    ]
    return Lineage(chosen.full_name, tuple(relatives), tuple(sorted(links)), tuple(sorted(unknown)))


def _relative(version: AdapterVersion, generation: int) -> Relative:
    return Relative(
        version.full_name, version.labels, version.is_here, generation, version.created_s
    )


def _generation(version: Version, parents: dict[int, list[Version]]) -> int:
    """The longest way up; a version's parents are there before it, so this ends."""
    depth, at = 0, [version]
    while at:
        above = {each.id: each for one in at for each in parents[one.id]}
        if not above:
            return depth
        depth, at = depth + 1, list(above.values())
    return depth


def _is_known(name: str, versions: Versions) -> bool:
    full, _, number = name.rpartition("@")
    return any(str(each.number) == number for each in versions.list(KIND, full))
