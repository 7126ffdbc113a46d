"""What the tests of JupyterLab for several people share: people, files, and a server."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import nbformat
import pytest

from workbench.identity.grants import Grants
from workbench.identity.sessions import Sessions
from workbench.identity.users import Users
from workbench.knowledge.live.lab.editors import editors_folder
from workbench.store.database import Database, close_all, open_database

T = TypeVar("T")
CHROMIUM = "/usr/bin/chromium"
# How long JupyterLab takes is a matter of the machine: 4 s alone, 15 s on two cores at load 17.
PATIENCE_MS = 120_000
# Who may what, said here once more and by hand: the program's own rules are not asked.
GRANTS: dict[str, dict[str, str]] = {
    "ada": {"/": "admin"},
    "cora": {"/notebooks": "curator"},
    "ruth": {"/notebooks": "reviewer"},
    "carl": {"/notebooks/team": "contributor"},
    "nora": {"/notebooks": "contributor", "/notebooks/team": "none"},
    "rita": {"/notebooks": "reader"},
    "tess": {"/notebooks": "reader", "/notebooks/team": "contributor"},
    "paul": {"/knowledge": "contributor"},
    "zed": {},
}
PLAN, NOTE, BOOK = "notebooks/plan.md", "notebooks/team/note.md", "notebooks/team/book.ipynb"
READS = {
    PLAN: {"ada", "cora", "ruth", "nora", "rita", "tess"},
    NOTE: {"ada", "cora", "ruth", "carl", "rita", "tess"},
}
WRITES = {PLAN: {"ada", "cora", "ruth", "nora"}, NOTE: {"ada", "cora", "ruth", "carl", "tess"}}
READS[BOOK], WRITES[BOOK] = READS[NOTE], WRITES[NOTE]


@dataclass(frozen=True)
class Lab:
    """A server, its folder of files, and what each user shows. ``again`` starts it anew."""

    url: str
    files: Path
    shows: Mapping[str, str]
    log: Path
    home: Path
    again: Callable[[Callable[[], None]], None] = lambda meanwhile: None

    @property
    def database(self) -> Database:
        """The server's store, as this process sees it."""
        return open_database(self.home)

    def state(self) -> dict[str, str]:
        """What lies in the folder, but for Jupyter's own checkpoints."""
        return {
            str(path.relative_to(self.files)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.files.rglob("*"))
            if path.is_file()
        }


def write_files(folder: Path) -> None:
    """The files that all tests begin with."""
    (folder / "team").mkdir(parents=True, exist_ok=True)
    (folder / "plan.md").write_text("what was here\n")
    (folder / "team" / "note.md").write_text("what was here\n")
    cells = [nbformat.v4.new_markdown_cell("what was here"), nbformat.v4.new_code_cell("1 + 1")]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(book, folder / "team" / "book.ipynb")


def wait_for(look: Callable[[], T], *, log: Path | None = None, times: int = 600) -> T:
    """What a call gives once it gives something."""
    for _ in range(times):
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log else "it never came")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def process(
    command: list[str], port: int, log: Path, **environment: str
) -> Iterator[subprocess.Popen]:
    """A server in a process of its own."""
    with log.open("a") as out:
        found = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **environment}, cwd=log.parent
        )
    try:
        wait_for(lambda: found.poll() is not None or answers(port), log=log, times=1800)
        assert found.poll() is None, log.read_text()
        yield found
    finally:
        if found.poll() is None:
            found.send_signal(signal.SIGTERM)
        found.wait(timeout=60)


def lab_command(files: Path, port: int, *options: str, before: str = "") -> list[str]:
    """What serves the lab; ``before`` is code that is run first, to leave something out."""
    return [
        sys.executable,
        "-c",
        f"{before}\nfrom workbench.cli.entry import main\nmain()",
        "knowledge",
        "live",
        "lab",
        str(files),
        "--port",
        str(port),
        *options,
    ]


@contextmanager
def lab_in(folder: Path, shared_home: Path, *options: str, before: str = "") -> Iterator[Lab]:
    """Users, files and a server in a folder; the process that tests sees the same home."""
    home = folder / ("home" + "-that-lies-deep" * 5)  # deeper than the path of a socket may be
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("WORKBENCH_") and not name.startswith("WORKBENCH_TEST_"):
                patch.delenv(name)
        patch.setenv("WORKBENCH_HOME", str(home))
        editors = editors_folder(shared_home)
        (home / "lab" / "editors").mkdir(parents=True)
        (home / "lab" / "editors" / editors.name).symlink_to(editors)
        write_files(folder / "files")
        shows = {}
        for name, roles in GRANTS.items():
            Users().add(name)
            for space, role in roles.items():
                Grants().give(name, role, space=space)
            shows[name] = Sessions().start(name).text
        port, log = free_port(), folder / "log"
        command = lab_command(folder / "files", port, *options, before=before)
        with contextlib.ExitStack() as running:
            running.enter_context(process(command, port, log))

            def again(meanwhile: Callable[[], None]) -> None:
                running.close()
                meanwhile()
                running.enter_context(process(command, port, log))

            url = f"http://127.0.0.1:{port}"
            yield Lab(url, folder / "files", shows, log, home, again)
        close_all()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, shared_home_path: Path) -> Iterator[Lab]:
    """A server that a file's tests share."""
    with lab_in(tmp_path_factory.mktemp("lab"), shared_home_path) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def come(chromium: Any, lab: Lab) -> Iterator[Callable[..., Any]]:
    """Have a user open a file in a browser of his own."""
    contexts = []

    def one(who: str, path: str, at: str = "", **options: Any) -> Any:
        at = at or lab.url
        context = chromium.new_context(viewport={"width": 1100, "height": 720}, **options)
        contexts.append(context)
        session = {"name": "workbench_lab_session", "value": lab.shows[who], "url": at}
        context.add_cookies([session])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{at}/lab/workspaces/{path.rpartition('/')[2].partition('.')[0]}/tree/{path}")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell, .jp-FileEditor .cm-content")
        return page

    yield one
    for context in contexts:
        context.close()
