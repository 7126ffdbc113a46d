"""What the page of a report that is not there says: which reports are, and what makes new ones."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from workbench.core.near_names import near_names
from workbench.reports.own_copies import FOLDER, own_path
from workbench.reports.runs import PAGE_NAME
from workbench.studio.markup import escape
from workbench.studio.notebook_facts import find_notebooks

_MOST_LISTED = 12


def say_missing(path: str, *, reports: Path, project: Path, address: str) -> str:
    """HTML for a report that was asked for and is not there. Only what exists is proposed.

    Args:
        path: What was asked for, below the folder of the reports.
        reports: That folder.
        project: The folder whose notebooks there are.
        address: Where the reports are read, with a slash at its end.
    """
    slug = path.partition("/")[0] if "/" in path else ""
    said = (
        f"<p>There is no file <code>{escape(path)}</code> in the folder of the reports. It may "
        "have been deleted by hand; the records of the runs are kept.</p>"
    )
    notebooks = _by_slug(project)
    own = notebooks.get(slug, [])
    pages = _last_pages(reports)
    if slug in pages:
        said += f"<p>The last report of it that is here: {_link(pages[slug], address)}</p>"
    if own:
        commands = "\n".join(f"workbench report run {escape(each)}" for each in own)
        return said + f"<p>To make a new one:</p><pre>{commands}</pre>"
    if slug:
        said += f"<p>No notebook of this project is called <code>{escape(slug)}</code>.</p>"
    return said + _what_is_there(slug, notebooks, pages, address)


def _what_is_there(
    slug: str, notebooks: dict[str, list[str]], pages: dict[str, str], address: str
) -> str:
    said = ""
    if pages:
        listed = "".join(f"<li>{_link(page, address)}</li>" for page in _newest(pages))
        said = f"<p>Reports that are here:</p><ul>{listed}</ul>"
    if not notebooks:
        return said + "<p>There is no notebook in this project's <code>notebooks/</code>.</p>"
    near = [path for name in near_names(slug, notebooks) for path in notebooks[name]]
    if near:
        commands = "\n".join(f"workbench report run {escape(path)}" for path in near)
        return said + f"<p>Was one of these meant? This makes its report:</p><pre>{commands}</pre>"
    first = next(iter(notebooks.values()))[0]
    return said + (
        "<p>To make a report of one of this project's notebooks, for example:</p>"
        f"<pre>workbench report run {escape(first)}</pre>"
    )


def _by_slug(project: Path) -> dict[str, list[str]]:
    """The project's notebooks and their copies by the names that their reports go by."""
    found: dict[str, list[str]] = {}
    for file, kind in find_notebooks(project):
        path = file.relative_to(project).as_posix()
        if kind == "dashboard":
            continue
        found.setdefault(file.stem, []).append(path)
        if (project / own_path(path)).is_file():
            found.setdefault(f"{FOLDER}-{file.stem}", []).append(own_path(path))
    return found


def _last_pages(reports: Path) -> dict[str, str]:
    """By notebook the page of the last run whose page is here; a run's id begins with its time."""
    pages = sorted(reports.glob(f"*/*/{PAGE_NAME}"), key=lambda page: page.parent.name)
    return {page.parts[-3]: "/".join(page.parts[-3:]) for page in pages}


def _newest(pages: dict[str, str]) -> list[str]:
    ordered = sorted(pages.values(), key=lambda page: page.split("/")[1], reverse=True)
    return ordered[:_MOST_LISTED]


def _link(page: str, address: str) -> str:
    slug, run, _ = page.split("/")
    return f'<a href="{escape(address + quote(page))}">{escape(slug)}</a> ({escape(run)})'
