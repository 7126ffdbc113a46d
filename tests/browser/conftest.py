"""Real servers and a real Chromium, in folders of their own; each process is ended by its id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REPO = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-this-test"
CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here needs the browser; without one it says so."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            if not Path(CHROMIUM).exists():
                item.add_marker(pytest.mark.skip(reason=f"there is no {CHROMIUM}"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """A running server. ``home`` is its WORKBENCH_HOME, ``project`` the folder it stands in."""

    port: int
    project: Path
    home: Path
    log: Path

    def url(self, path: str = "/") -> str:
        joint = "&" if "?" in path else "?"
        return f"http://127.0.0.1:{self.port}{path}{joint}token={TOKEN}"


def environment(own: Path, home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WORKBENCH_", "JUPYTER"))}
    return {
        **kept,
        "JUPYTER_CONFIG_PATH": str(REPO / "jupyter_config"),
        "JUPYTER_PATH": str(REPO / "jupyter_config"),
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "WORKBENCH_HOME": str(home),
        **more,
    }


def lab_command(port: int) -> list[str]:
    return [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]  # fmt: skip


def dashboards_command(port: int) -> list[str]:
    return [sys.executable, "-m", "workbench.studio.dashboards", "notebooks/dashboards",
            "--no-browser", f"--port={port}", "--Voila.port_retries=0", f"--token={TOKEN}",
            "--preheat_kernel=True"]  # fmt: skip


@contextmanager
def running(
    command: Callable[[int], list[str]], own: Path, project: Path, home: Path
) -> Iterator[Server]:
    """A server on a free port for the length of a block."""
    own.mkdir(parents=True, exist_ok=True)
    server = Server(free_port(), project, home, own / "log")
    with server.log.open("w") as log:
        process = subprocess.Popen(
            command(server.port), cwd=project, env=environment(own, home), stdout=log, stderr=log
        )
    try:
        wait_for(lambda: process.poll() is not None or _answers(server.port), server.log)
        assert process.poll() is None, server.log.read_text()
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def wait_for(condition: Callable[[], Any], log: Path | None = None) -> Any:
    for _ in range(1200):
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(log.read_text() if log else "it never came")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium. Playwright's loop runs in this thread until the file's end, and no longer.

    A test of another file that has a loop of its own could not run beside it.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """A page, with every address outside this machine that it asked for, and its errors."""

    page: Any
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def watch_page(context: Any, url: str = "") -> Watched:
    """A new page of a browser's context, watched from its first request on."""
    watched = Watched(context.new_page())

    def note(request: Any) -> None:
        host = request.url.partition("//")[2].partition("/")[0].partition(":")[0]
        local = request.url.startswith(("data:", "blob:", "about:", "chrome"))
        if not local and host not in ("127.0.0.1", "localhost"):
            watched.outside.append(request.url)

    context.on("request", note)
    watched.page.on("websocket", note)
    watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
    watched.page.set_default_timeout(60_000)
    if url:
        watched.page.goto(url)
    return watched


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Watched]]:
    """Open a page in a fresh context."""
    contexts = []

    def open_one(url: str = "", **options: Any) -> Watched:
        context = browser.new_context(**options)
        contexts.append(context)
        return watch_page(context, url)

    yield open_one
    for context in contexts:
        context.close()


def notebook(*cells: str, text: str = "") -> str:
    made: list[dict[str, Any]] = []
    if text:
        made.append({"cell_type": "markdown", "id": "text", "metadata": {}, "source": text})
    for index, source in enumerate(cells):
        made.append(
            {
                "cell_type": "code",
                "id": f"cell{index}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
        )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


_VIEWERS = (
    "from workbench.models.operations import list_models\nlist_models()",
    "from workbench.models.protocol import TokenLogprob as T\n"
    "from workbench.studio import token_table, watch\n"
    "token_table([T(i, f' t{i}', -(i / 2) ** 2, ((' other', -9.0),)) for i in range(6)])",
    "from workbench.core.operations import operation\n"
    "from workbench.core.progress import progress\n"
    "import time\n"
    "@operation('probe.wait', title='Wait')\n"
    "def wait() -> None:\n"
    "    'Wait until it is stopped.'\n"
    "    with progress('waiting', total=None, unit='steps') as task:\n"
    "        while True:\n"
    "            time.sleep(0.1)\n"
    "            task.advance()\n"
    "watch('probe.wait')",
)


_FORMULAS = (
    "from IPython.display import Math\nMath(r'\\begin{pmatrix} a & b \\end{pmatrix}')",
    "import ipywidgets\nipywidgets.HTMLMath(r'the loss $\\mathcal{L}$')",
)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project with a notebook that was run, one that is broken, dashboards, and its home."""
    folder, home = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("home")
    (folder / "workbench.toml").write_text("")
    pages = folder / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    shutil.copy(REPO / "notebooks" / "dashboards" / "home.ipynb", pages)
    # What the check for requests must catch.
    script = '<script src="http://192.0.2.1/x.js"></script><b id="p">here</b>'
    planted = f"from IPython.display import HTML\nHTML({script!r})"
    (pages / "planted.ipynb").write_text(notebook(planted, text="# Planted"))
    (pages / "viewers.ipynb").write_text(notebook(*_VIEWERS, text="# Viewers"))
    (pages / "formulas.ipynb").write_text(notebook(*_FORMULAS, text="# $\\sqrt{2}$ costs \\$5"))
    story = "# Small\n\n**Question.** Does it run?\n\nAbout 1 minute, 0.1 GB of memory."
    claim = 'from workbench.reports import claim\nclaim("answer", 42, equals=42)'
    (folder / "notebooks" / "small.ipynb").write_text(notebook(claim, text=story))
    (folder / "notebooks" / "broken.ipynb").write_text("{this was a notebook")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("workbench")), "reports", "run",
         "notebooks/small.ipynb", "--kernels", "cold"],
        cwd=folder, env=environment(folder / ".own", home), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, home


Running = Callable[..., AbstractContextManager[Server]]


@pytest.fixture(scope="module")
def dashboards(
    project: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """What ``make dashboards`` starts."""
    with running(dashboards_command, tmp_path_factory.mktemp("voila"), *project) as server:
        wait_for(lambda: "Kernel pool of home.ipynb is filled" in server.log.read_text())
        yield server


@pytest.fixture(scope="module")
def lab(project: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What ``make lab`` starts."""
    with running(lab_command, tmp_path_factory.mktemp("lab"), *project) as server:
        yield server
