"""Pages beside the dashboards, behind the same token: home, the reports, a notebook to work in.

It is an extension of the Jupyter server (``make lab``) and part of the dashboards' own server
(``make dashboards``). Reports are read by a route of their own because Jupyter's ``/files`` shuts
their figures off, and Voila's ``/voila/files`` asks for no token.
"""

from __future__ import annotations

import html
import json
import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from workbench.core import settings
from workbench.core.errors import StorageError, WorkbenchError
from workbench.reports.history import INDEX_DATA_NAME, INDEX_NAME, write_index
from workbench.reports.own_copies import own_copy
from workbench.studio.missing_report import say_missing
from workbench.studio.warm_page import WarmPage

log = logging.getLogger(__name__)

HOME = "home.ipynb"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
}
# As the pages' template has it, where the bars are those of a workbench seen from its side.
ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><g fill='none' stroke='#245ea8' "
    "stroke-width='3' stroke-linecap='round'><path d='M3 12h26M7 12v16M25 12v16M7 20h18'/></g>"
    "</svg>"
)
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root {{ color-scheme: light dark }} body {{ font: 16px/1.6 system-ui, sans-serif;
max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}</style>
<h1>{title}</h1>
{said}
<p><a href="{home}">Back to the home page</a></p></html>"""


def _finish_missing(handler: JupyterHandler, title: str, said: str) -> None:
    """Say in a page of its own, with a way home, that something is not there (``said`` is HTML)."""
    home = html.escape(url_path_join(handler.base_url, "workbench/home"))
    handler.set_status(404)
    handler.set_header("Content-Type", _TYPES[".html"])
    handler.finish(_PAGE.format(title=html.escape(title), said=said, home=home))


class IconHandler(web.RequestHandler):
    """The icon, for what asks for it by its old name (the pages carry it themselves)."""

    def get(self) -> None:
        """Send it; it needs no token, as a browser sends none for it everywhere."""
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "max-age=86400")
        self.finish(ICON)


class HomeHandler(JupyterHandler):
    """The short address of the home page, wherever its notebook lies."""

    def initialize(self, target: str) -> None:
        """Remember where to go."""
        self.target = target

    @web.authenticated
    def get(self) -> None:
        """Go there; the token was changed into a cookie on the way."""
        self.redirect(self.target)


class OpenHandler(JupyterHandler):
    """Opens the reader's own copy of a notebook in JupyterLab."""

    def initialize(self, project: Path) -> None:
        """Remember the project."""
        self.project = project

    @web.authenticated
    def get(self, path: str) -> None:
        """Make the copy if there is none, and go there."""
        try:
            place = own_copy(path, self.project)
        except StorageError as error:
            raise web.HTTPError(507, f"no copy can be made: {error.message}") from error
        except WorkbenchError as error:
            said = f"<p>{html.escape(error.message)}.</p>"
            _finish_missing(self, "This notebook is not here", said)
            return
        self.redirect(url_path_join(self.base_url, "lab/tree", quote(place)))


class ReportHandler(JupyterHandler):
    """Pages, scripts and records below the folder of the reports, for who has the token."""

    def initialize(self, folder: Path, project: Path) -> None:
        """Remember the folder, and the project that it belongs to."""
        self.folder, self.project = folder, project

    @web.authenticated
    def get(self, path: str) -> None:
        """Send a file, or say in words that it is gone."""
        root = self.folder.resolve()
        found = (root / path).resolve()
        if not found.is_relative_to(root) or found.suffix not in _TYPES:
            raise web.HTTPError(404)
        if not found.is_file():
            address = url_path_join(self.base_url, "workbench/reports/")
            said = say_missing(path, reports=root, project=self.project, address=address)
            _finish_missing(self, "This report is not here", said)
            return
        if path == INDEX_NAME:
            _without_gone(root)
        self.set_header("Content-Type", _TYPES[found.suffix])
        self.finish(found.read_bytes())


def _without_gone(reports: Path) -> None:
    """Make the index anew if a run that it leads to was deleted by hand."""
    try:
        listed = json.loads((reports / INDEX_DATA_NAME).read_text(encoding="utf-8"))["notebooks"]
        if not all((reports / each["page"]).is_file() for each in listed):
            write_index(reports)
    except (OSError, ValueError, KeyError, TypeError, WorkbenchError):
        log.warning("the index of %s could not be made anew", reports, exc_info=True)


def routes(base_url: str, *, home: str, project: Path) -> list[tuple[str, Any, dict[str, Any]]]:
    """The handlers for an address and a project.

    Args:
        base_url: Where the server's addresses begin.
        home: The home page's address below it.
        project: The folder that a relative ``reports_dir`` stands in.
    """
    reports = project / settings.get("reports_dir")
    read = {"folder": reports, "project": project}
    here = {"target": url_path_join(base_url, home)}
    return [
        (url_path_join(base_url, r"/workbench/home"), HomeHandler, here),
        (url_path_join(base_url, r"/workbench/reports/(.*)"), ReportHandler, read),
    ]


def fix_home() -> None:
    """Write a relative WORKBENCH_HOME out for the kernels, which stand in other folders."""
    name = settings.ENV_PREFIX + "HOME"
    if os.environ.get(name):
        os.environ[name] = str(settings.home())


def use_themes_of_lab(page_config: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Let Voila's pages take their themes from where JupyterLab's come, in a server that has both.

    Jupyter remembers for all its routes together which file a name stands for. With a route of its
    own Voila would be remembered first, and JupyterLab would come up without any style.
    """
    return {**page_config, "themesUrl": "/lab/api/themes"}


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "workbench.studio.server"}]


class _WithoutTrust(logging.Filter):
    """Leaves out that a page of ours "is not trusted": it has no output that could be, and there
    is nothing that its reader should do."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is told."""
        return "is not trusted" not in str(record.msg) or self._folder not in str(record.args)


def say_nothing_of_trust(server: Any, *, folder: str) -> None:
    """Keep Jupyter's warning of each page that is rendered from a folder out of the log."""
    server.log.addFilter(_WithoutTrust(folder))


def _load_jupyter_server_extension(server: Any) -> None:
    fix_home()
    base_url = server.web_app.settings["base_url"]
    home = f"voila/render/notebooks/dashboards/{HOME}"
    made = routes(base_url, home=home, project=Path(server.root_dir))
    opened = url_path_join(base_url, r"/workbench/open/(.*)")
    made.append((opened, OpenHandler, {"project": Path(server.root_dir)}))
    server.web_app.add_handlers(".*$", made)
    say_nothing_of_trust(server, folder="notebooks/dashboards/")
    WarmPage(server, home.removeprefix("voila/render/")).start()
    log.info("reports are read at %sworkbench/reports/", base_url)
