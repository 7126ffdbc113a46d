"""JupyterLab in Chromium: what is typed while the line is cut comes when it is back."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest

from .browsing import CODE, fresh_book, has, write
from .conftest import Lab, lab_in, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, shared_home_path: Path) -> Iterator[Lab]:
    with lab_in(tmp_path_factory.mktemp("rejoining"), shared_home_path) as found:
        yield found


class Cable:
    """A line to a server that can be cut: what goes over it ends, and nothing new comes through."""

    def __init__(self, port: int) -> None:
        self._to, self._whole, self._open = port, True, set[socket.socket]()
        self._ear = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._ear.getsockname()[1]}"
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._ear.accept()
                if not self._whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._open |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=pair, daemon=True).start()

    def cut(self) -> None:
        self._whole = False
        while self._open:
            _end(self._open.pop())

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self._ear.close()
        self.cut()


def _carry(here: socket.socket, there: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := here.recv(1 << 16):
            there.sendall(data)
    for each in (here, there):
        _end(each)


def _end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


@pytest.fixture
def cable(lab: Lab) -> Iterator[Cable]:
    made = Cable(urlsplit(lab.url).port or 0)
    yield made
    made.close()


def tell_that_it_is_gone(page: Any) -> None:
    """Wait until the page says so; JupyterLab's own dialog about it is put away as it comes."""
    dialog = page.get_by_role("dialog")
    page.add_locator_handler(dialog, lambda found: found.get_by_role("button").last.click())
    page.get_by_role("status").filter(has_text="Not connected.").wait_for()


def code_of(page: Any) -> str:
    return str(page.locator(CODE).first.inner_text())


def all_are_together(lab: Lab, path: str, pages: list[Any], words: list[str]) -> None:
    """Each page and the file have each of the words, once, and all pages the same."""
    for page in pages:
        for each in words:
            has(page, each)
        page.get_by_role("status").filter(has_text="Not connected.").wait_for(state="hidden")
    wait_for(lambda: len({code_of(page) for page in pages}) == 1)
    file = lab.files / path.removeprefix("notebooks/")
    wait_for(lambda: all(each in file.read_text() for each in words))
    source = nbformat.read(file, as_version=4).cells[1].source
    for text in (source, code_of(pages[0])):
        assert [text.count(each) for each in words] == [1] * len(words), text


def test_two_write_while_one_is_cut_off_and_nothing_is_lost(
    lab: Lab, come: Callable[..., Any], cable: Cable
) -> None:
    path = fresh_book(lab)
    cora, tess = come("cora", path), come("tess", path, at=cable.url)
    write(cora, " # before")
    has(tess, "before")
    cable.cut()
    tell_that_it_is_gone(tess)
    write(tess, " # by tess, alone")
    write(cora, " # by cora, meanwhile")
    assert "by cora" not in code_of(tess) and "by tess" not in code_of(cora)
    file = lab.files / path.removeprefix("notebooks/")
    wait_for(lambda: "by cora" in file.read_text())
    assert "by tess" not in file.read_text()
    cable.mend()
    words = ["before", "by tess, alone", "by cora, meanwhile"]
    all_are_together(lab, path, [cora, tess], words)
