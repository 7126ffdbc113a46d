"""What a user can ask of live pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import annotated_types as bounds

from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from . import agreeing_operations  # noqa: F401
from .lab.server import ServedLab
from .pages import Compaction, Page, Pages, Written
from .server import LiveServer, ServedPages


@dataclass(frozen=True)
class PageText(Viewable):
    """A page's text as it is now."""

    space: str
    text: str
    last_by: str | None
    last_s: float | None


@operation("knowledge.live_serve", title="Serve live pages", group="live")
def serve(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, bounds.Interval(ge=0, le=65535)] = 8410,
    allow_remote: bool = False,
    hosts: list[str] | None = None,
    secure: bool = False,
) -> ServedPages:
    """Serve pages that several people write at once, until SIGTERM or Ctrl-C.

    Who may read a page and who may write on it is what `workbench identity roles` says.

    Args:
        host: The address to listen on.
        port: The port to listen on, 0 for a free one.
        allow_remote: Let other machines reach it, without encryption.
        hosts: Further names that requests may give it.
        secure: Something before it speaks TLS: cookies are for that alone.
    """
    server = LiveServer(
        host, port, allow_remote=allow_remote, hosts=tuple(hosts or ()), secure=secure
    )
    return server.run()


@operation("knowledge.live_lab", title="Serve JupyterLab for several people", group="live")
def serve_lab(
    folder: str,
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, bounds.Interval(ge=0, le=65535)] = 8420,
    allow_remote: bool = False,
    hosts: list[str] | None = None,
    secure: bool = False,
    runners: Literal["admin", "curator", "reviewer", "contributor"] = "admin",
) -> ServedLab:
    """Serve JupyterLab to several people who write its notebooks and files together.

    They sign in as users of Workbench. The folder's files are the space /notebooks, the live pages
    /knowledge; who may read a file and who may write in it is what `workbench identity roles` says.

    Args:
        folder: The folder whose files they write.
        host: The address to listen on.
        port: The port to listen on, 0 for a free one.
        allow_remote: Let other machines reach it, without encryption.
        hosts: Further names that requests may give it.
        secure: Something before it speaks TLS: cookies are for that alone.
        runners: Whose role is enough to run code, which can do all that this account can:
            admin is who administers /, another one is that role in /notebooks.
    """
    from .lab.server import LabOptions
    from .lab.server import serve_lab as run

    options = LabOptions(
        Path(folder), host, port, allow_remote, tuple(hosts or ()), secure, runners
    )
    return run(options)


@operation("knowledge.live_list", title="List live pages", produces="pages", group="live")
def list_pages() -> tuple[Page, ...]:
    """List the live pages, with how much was written on each and who wrote last."""
    return Pages().list()


@operation("knowledge.live_show", title="Show a live page", produces="page", group="live")
def show(space: str) -> PageText:
    """Show the text of a live page as it is in the store.

    Args:
        space: The page, a path such as /knowledge/leads/plan.md.
    """
    from .open_page import OpenPage

    pages = Pages()
    page = pages.get(space)
    return PageText(
        page.space, str(OpenPage(pages, page.space).source()), page.last_by, page.last_s
    )


@operation("knowledge.live_history", title="Who wrote on a page", produces="written", group="live")
def history(
    space: str, *, most: Annotated[int, bounds.Interval(ge=1, le=100_000)] = 100
) -> tuple[Written, ...]:
    """List who wrote on a live page and when, the newest first.

    Args:
        space: The page.
        most: So many at most.
    """
    return Pages().history(space, most=most)


@operation(
    "knowledge.live_compact", title="Sum up a live page", produces="compaction", group="live"
)
def compact(
    space: str, *, keep_days: Annotated[float, bounds.Interval(ge=0, le=36_500)] = 30.0
) -> Compaction:
    """Drop updates of a live page that a state holds; the text stays, who wrote them does not.

    Args:
        space: The page.
        keep_days: Updates of so many days are kept.
    """
    from .open_page import OpenPage

    pages = Pages()
    page = OpenPage(pages, pages.get(space).space)
    page.sum_up(least=1)
    return pages.compact(page.space, keep_days=keep_days)
