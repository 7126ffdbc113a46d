"""Pages whose paths differ in case alone: they are kept out, for many disks take them for one."""

from __future__ import annotations

from workbench.core.errors import ConflictError

from .contents import TEXTS, Contents
from .pages import case_twins
from .space import By, Space
from .states import read_names


def require_apart(space: Space, before: Contents, after: Contents, *, by: By = None) -> None:
    """Raise ConflictError if a change brings pages whose paths differ in case alone.

    Args:
        space: The space.
        before: What is agreed on: twins that it has already hold nothing up.
        after: What it would be.
        by: Who asks: a page that he may not read is not named to him.
    """
    had, has = _twins(before), _twins(after)
    new = {key: ways for key, ways in has.items() if {*ways} - {*had.get(key, ())}}
    if not new:
        return
    known = {page.path for page in before.pages.values()}
    ways = min(new.items())[1].values()
    old, path = sorted(ways, key=lambda each: (each not in known, each))[:2]
    seen = [each for each in (old, path) if space.may(by, "read", [each])]
    pair = " and ".join(seen) if len(seen) > 1 else f"{seen[0] if seen else 'a page'} and another"
    raise ConflictError(
        f"{pair} differ in case alone: many disks would take them for one file or folder",
        hint=f"write {path} as {_as_written(old, path)}, or give it another name"
        if len(seen) > 1
        else "give it another name",
    )


def brought_by(space: Space, *twins: str) -> str | None:
    """How to be rid of two pages that stand side by side now: whose change is to be reverted.

    Returns:
        A hint; None if they do not both stand in what is agreed on now.
    """
    names = {f"{TEXTS}{path}" for path in twins}
    found = None
    for digest, record in space.line():
        if not names <= {*read_names(record.state, space.shelf.get)}:
            break
        found = digest, record
    if found is None:
        return None
    digest, record = found
    of = f", which merged proposal {record.proposal}" if record.proposal is not None else ""
    return f"workbench knowledge revert {space.name} {digest[:12]} takes back what brought both{of}"


def _twins(contents: Contents) -> dict[str, dict[str, str]]:
    return case_twins(page.path for page in contents.pages.values())


def _as_written(old: str, path: str) -> str:
    """A path with the beginning that another has, where they differ in case alone."""
    ours, others = path.split("/"), old.split("/")
    same = 0
    for a, b in zip(ours, others, strict=False):
        if a.casefold() != b.casefold():
            break
        same += 1
    return "/".join([*others[:same], *ours[same:]])
