"""Pages for tests: a small town's passages, a page's folder, and a door to it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from workbench.edge.browser.serving import PageDoor
from workbench.store.text_index import Passage, TextIndex

TOWN = (
    ("Ferry", "The ferry to Tarn leaves at six in the morning and at four in the afternoon."),
    ("Ferry", "A ticket for the ferry costs four crowns, for a bicycle one crown more."),
    ("Mill", "The mill on the river was built in 1841 and grinds rye and oats."),
    ("Library", "The library opens at nine and closes at seven. On Saturdays it closes at noon."),
    ("Bakery", "Bread is baked at night; the bakery sells out before ten in the morning."),
    ("School", "The school has ninety pupils and six teachers."),
    ("", "Boats longer than twelve metres may not enter the harbour at low tide."),
    ("Bridge", "The bridge carries at most three tonnes and is closed when the river floods."),
)


def write_index(path: Path) -> Path:
    """The town's passages as an index."""
    passages = [Passage(str(at), text, title=title) for at, (title, text) in enumerate(TOWN)]
    TextIndex.build(path, passages=passages, stamp="1", words="stems")
    return path


def linked(folder: Path, out: Path) -> Path:
    """A page's folder once more, of which each file may be replaced alone."""
    shutil.copytree(folder, out, copy_function=os.link)
    return out


def replace(
    folder: Path, name: str, change: Callable[[bytes], bytes], *, told: bool = True
) -> None:
    """Change a file of a page; with ``told`` its description says so, as if it were made so."""
    path = folder / name
    content = change(path.read_bytes())
    path.unlink()  # the other names of its bytes stay as they are
    path.write_bytes(content)
    if told:
        said = json.loads((folder / "page.json").read_text())
        said["files"][name] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "sizeBytes": len(content),
        }
        (folder / "page.json").unlink()
        (folder / "page.json").write_text(json.dumps(said))


def swap(old: str, new: str) -> Callable[[bytes], bytes]:
    """A change of one place in a text."""

    def change(content: bytes) -> bytes:
        text = content.decode()
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        return text.replace(old, new).encode()

    return change


class CountedDoor(PageDoor):
    """A door that remembers what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        asked: list[str] = []
        request: Any = self.RequestHandlerClass

        def get(self: Any) -> None:
            asked.append(unquote(urlsplit(self.path).path).lstrip("/") or "index.html")
            request.do_GET(self)

        self.asked = asked
        self.RequestHandlerClass = type("Counted", (request,), {"do_GET": get})


@contextmanager
def served(folder: Path) -> Iterator[CountedDoor]:
    """A page's folder on a port of its own."""
    with CountedDoor(folder) as door:
        thread = threading.Thread(target=door.serve_forever, daemon=True)
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            thread.join()
