"""One page of Voila inside JupyterLab whose kernel has run before somebody asks for the page.

The dashboards' own server has Voila's pool of started kernels. Inside JupyterLab Voila is an
extension and has none: each visit of the home page would wait for a kernel to start. Voila's
handler asks the server's kernel manager for a page that is ready (``notebook_data``,
``get_pool_size``, ``get_rendered_notebook``); here it gets these for one notebook.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_server.utils import ensure_async
from tornado.ioloop import PeriodicCallback
from voila.configuration import VoilaConfiguration
from voila.notebook_renderer import NotebookRenderer
from voila.paths import collect_template_paths
from voila.server_extension import load_config_file
from voila.utils import get_page_config

from workbench.studio.left_pages import SWEEP_S, LeftPages

log = logging.getLogger(__name__)

DELAY_S = 1.0  # after a page was given away, before the next is begun: its reader comes first


@dataclass(frozen=True)
class Rendered:
    """A page with its kernel, whose cells have run or are running."""

    renderer: NotebookRenderer
    kernel_id: str
    task: asyncio.Task[Any]


class WarmPage:
    """Keeps one rendered page ahead of its readers.

    Args:
        server: The Jupyter server.
        notebook: Its path below the server's root, with slashes.
    """

    def __init__(self, server: Any, notebook: str) -> None:
        self._server = server
        self._notebook = notebook
        self._next: asyncio.Task[Rendered] | None = None
        self._left = LeftPages(server)
        self.notebook_data: dict[str, dict[str, Any]] = {}

    def start(self) -> None:
        """Offer the page to Voila's handler, and begin the first as soon as the server runs."""
        manager = self._server.kernel_manager
        manager.notebook_data = self.notebook_data
        manager.get_pool_size = self.get_pool_size
        manager.get_rendered_notebook = self.get_rendered_notebook
        # Of threading's own hooks, not of atexit's: those come after the wait for threads.
        threading._register_atexit(_end_file_threads)  # type: ignore[attr-defined]
        self._server.io_loop.add_callback(self._begin)
        PeriodicCallback(self._left.sweep, SWEEP_S * 1000).start()

    def get_pool_size(self, notebook: str) -> int:
        """How many pages of a notebook are ready, or will be before a new one could."""
        ahead = self._next
        if notebook != self._notebook or ahead is None:
            return 0
        if ahead.done() and not self._is_alive(ahead):
            self._next = None
            self._begin()
            return 0
        return 1

    async def get_rendered_notebook(
        self, notebook_name: str, **_: Any
    ) -> tuple[asyncio.Task[Any], list[str], str]:
        """Give the page away, as Voila's handler takes it, and begin the next."""
        if self._next is None:
            raise RuntimeError(f"no page of {notebook_name} is ready")
        ahead, self._next = self._next, None
        self._server.io_loop.call_later(DELAY_S, self._begin)
        page = await ahead
        self._left.watch(page.kernel_id)
        page.renderer.stop_generator = True
        return page.task, page.renderer.rendered_cache, page.kernel_id

    def _is_alive(self, ahead: asyncio.Task[Rendered]) -> bool:
        """Whether a page that is ready can be shown: its kernel may have been shut down in Lab."""
        if ahead.cancelled() or (error := ahead.exception()) is not None:
            log.warning("%s could not be prepared: %s", self._notebook, error)
            self.notebook_data.pop(self._notebook, None)
            return False
        return ahead.result().kernel_id in self._server.kernel_manager

    def _begin(self) -> None:
        """Begin the next page, unless one is there: two that were given away ask for it twice."""
        if self._next is None and (Path(self._server.root_dir) / self._notebook).is_file():
            self._next = asyncio.ensure_future(self._render())

    async def _render(self) -> Rendered:
        renderer = _renderer(self._server, self._notebook)
        await renderer.initialize()
        kernel_name = renderer.notebook.metadata.kernelspec.name
        manager = self._server.kernel_manager
        environment = {
            **os.environ,
            "VOILA_PREHEAT": "False",  # no cell of ours waits for a request
            "VOILA_BASE_URL": self._server.base_url,
            "VOILA_APP_PORT": str(self._server.port),
        }
        folder = str(Path(self._notebook).parent)
        kernel_id = await ensure_async(
            manager.start_kernel(kernel_name=kernel_name, path=folder, env=environment)
        )
        self.notebook_data[self._notebook] = {
            "template": renderer.template_name,
            "theme": renderer.theme,
        }
        content = renderer.generate_content_hybrid(kernel_id, manager.get_kernel(kernel_id))
        return Rendered(renderer, kernel_id, asyncio.ensure_future(content))


def _end_file_threads() -> None:
    """End anyio's threads, in which files are read.

    Each is told to end when the task ends that first asked for it; a loop that was stopped ends no
    task, and Python then waits for the thread for ever. So a server that was stopped in its first
    seconds, while it made this page, hung.
    """
    for thread in threading.enumerate():
        stop = getattr(thread, "stop", None)
        if thread.name == "AnyIO worker thread" and stop is not None:
            stop()


def _renderer(server: Any, notebook: str) -> NotebookRenderer:
    """Voila's renderer, set up as its extension sets up that of a request."""
    configuration = VoilaConfiguration(parent=server)
    if (found := load_config_file()) is not None:
        configuration.update_config(found)
    settings = server.web_app.settings
    told = {
        "base_url": settings["base_url"],
        "settings": settings,
        "log": server.log,
        "voila_configuration": configuration,
    }
    page_config = get_page_config(**told)
    if configuration.page_config_hook:
        page_config = configuration.page_config_hook(page_config, **told, notebook_path=notebook)
    return NotebookRenderer(
        voila_configuration=configuration,
        traitlet_config=server.config,
        notebook_path=notebook,
        template_paths=collect_template_paths(["voila", "nbconvert"], configuration.template),
        config_manager=server.config_manager,
        contents_manager=server.contents_manager,
        base_url=settings["base_url"],
        kernel_spec_manager=server.kernel_spec_manager,
        page_config=page_config,
        mathjax_config=settings.get("mathjax_config"),
        mathjax_url=settings.get("mathjax_url"),
    )
