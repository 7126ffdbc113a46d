"""What pages were called before: an old link, or a source under an old name, finds its page."""

from __future__ import annotations

import json
from dataclasses import replace

from workbench.core.errors import NotFoundError

from .contents import PAGES, Contents
from .page_sources import PAGE_SOURCE, follow_renames, renamed_source, split_source
from .space import By, Space
from .states import file_digest


def former_names(space: Space) -> dict[str, str]:
    """The paths that pages had in what was agreed on, each with the id of who had it last."""
    found: dict[str, str] = {}
    known: set[str] = set()
    for _, record in space.line():
        digest = file_digest(record.state, PAGES, space.shelf.get)
        if digest is None or digest in known:
            continue
        known.add(digest)
        for line in space.shelf.get(digest).decode().split("\n"):
            if line:
                row = json.loads(line)
                found.setdefault(row["path"], row["id"])
    return found


def path_now(space: Space, path: str, *, by: By = None) -> str | None:
    """What a page that was called so is called in what is agreed on now.

    None where there was none, it is gone, or one of both names is closed to who asks.
    """
    page = space.contents().pages.get(former_names(space).get(path, ""))
    if page is None or page.path == path or not space.may(by, "read", [path, page.path]):
        return None
    return page.path


def no_page(space: Space, path: str, contents: Contents, *, by: By = None) -> NotFoundError:
    """The error that a page is not there, which says where it went as far as one may know."""
    now = path_now(space, path, by=by)
    if now is not None and contents.page_at(now) is not None:
        return NotFoundError(f"the page {path} was renamed to {now}", hint=f"name {now}")
    paths = (page.path for page in contents.pages.values())
    known = [each for each in paths if space.may(by, "read", [each])]
    return NotFoundError.among("page", path, known)


def under_names_now(
    space: Space, contents: Contents, before: Contents, *others: Contents, by: By = None
) -> Contents:
    """The contents with each source under the name that its page has in them, as
    ``follow_renames``; a name from before those is looked up in what was agreed on.

    Args:
        space: The space.
        contents: What shall be.
        before: What they were made from.
        others: More in which a source of them may have been written.
        by: Who wrote them: no name of a page that is closed to him is put in.
    """
    found = follow_renames(contents, before, *others)
    names = {page.path for page in found.pages.values()}
    lost = {
        source
        for said in found.statements.values()
        for source in said.sources
        if source.startswith(PAGE_SOURCE) and split_source(source, names) is None
    }
    lost -= {source for said in before.statements.values() for source in said.sources}
    if not lost:
        return found
    went = {
        path: page.path
        for path, key in former_names(space).items()
        if (page := found.pages.get(key)) is not None and space.may(by, "read", [path, page.path])
    }
    statements = {
        key: replace(
            said,
            sources=tuple(
                renamed_source(source, went) if source in lost else source
                for source in said.sources
            ),
        )
        for key, said in found.statements.items()
        if lost & {*said.sources}
    }
    return replace(found, statements={**found.statements, **statements})
