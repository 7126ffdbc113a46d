"""The keeper goes on with the other files when one goes away under its hands, and after a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from workbench.core.errors import EngineError
from workbench.knowledge.live.lab.contents import TeamContents
from workbench.knowledge.live.lab.documents import Kind, document_of
from workbench.knowledge.live.lab.file_desk import FileDesk
from workbench.knowledge.live.lab.keeping import Keeper
from workbench.knowledge.live.open_page import OpenPage

ONE, OTHER = "/notebooks/one.md", "/notebooks/other.md"


class TroubledDesk(FileDesk):
    """While one file is looked at, the other gets another name; and then a question fails."""

    keeper: Keeper
    asked = 0

    async def opened(self) -> dict[str, int]:
        self.asked += 1
        self.keeper.forget(OTHER)
        if self.asked == 3:
            raise EngineError("the disk did not answer")
        return await super().opened()


async def looked_in_trouble(files: Path) -> TroubledDesk:
    desk = TroubledDesk()
    desk.start()
    contents = TeamContents(root_dir=str(files.parent))
    desk.keeper = keeper = Keeper(desk, contents)
    contents.live = SimpleNamespace(keeper=keeper, desk=desk)
    for space in (ONE, OTHER):
        await keeper.open(space, "file")

    keeper.start()
    try:
        for _ in range(200):
            await asyncio.sleep(0.05)
            if desk.asked >= 6:  # in the rounds after the one that failed
                break
        assert keeper._task is not None and not keeper._task.done()
        return desk
    finally:
        await keeper.stop()
        await desk.stop()


def test_a_file_that_goes_away_and_a_question_that_fails_end_no_look_at_others(
    tmp_path: Path, home: Path
) -> None:
    files = tmp_path / "root" / "notebooks"
    files.mkdir(parents=True)
    for name in ("one.md", "other.md"):
        (files / name).write_text("what was here\n")
    assert asyncio.run(looked_in_trouble(files)).asked >= 6


class KilledDesk(FileDesk):
    """Goes away right after a file was written, before that is noted."""

    is_killed = False

    async def change(self, space: str, change: Callable[[Any], Any]) -> int:
        if self.is_killed:
            raise KeyboardInterrupt
        return await super().change(space, change)


async def killed_amid_a_write(files: Path, name: str, kind: Kind, *, outside: str = "") -> str:
    """What a document says that was typed into on both sides of the kill, once it is open again."""
    space = f"/notebooks/{name}"

    def typed(words: str) -> Callable[[OpenPage], None]:
        def write(page: OpenPage) -> None:
            document = document_of(page, kind)
            text = document._ysource if kind == "file" else document.ycells[0]["source"]
            text += words

        return write

    desk = KilledDesk()
    desk.start()
    keeper = Keeper(desk, TeamContents(root_dir=str(files.parent)))
    keeper._files.live = SimpleNamespace(keeper=keeper, desk=desk)
    await keeper.open(space, kind)
    await desk.change(space, typed(" first"))
    save = keeper._files.save_file

    async def save_and_die(*asked: Any) -> Any:
        saved = await save(*asked)
        await desk.change(space, typed(" then"))
        desk.is_killed = True
        return saved

    keeper._files.save_file = save_and_die
    with pytest.raises(KeyboardInterrupt):
        await keeper.write(space)
    await desk.stop()
    if outside:
        (files / name).write_text(outside)
    desk = FileDesk()
    desk.start()
    keeper = Keeper(desk, TeamContents(root_dir=str(files.parent)))
    keeper._files.live = SimpleNamespace(keeper=keeper, desk=desk)
    await keeper.open(space, kind)
    await keeper.write(space)
    said = await desk.ask_page(space, lambda page: str(document_of(page, kind).get()))
    await desk.stop()
    return str(said)


@pytest.mark.parametrize(("name", "kind"), [("one.md", "file"), ("book.ipynb", "notebook")])
def test_a_server_killed_after_a_write_takes_its_own_file_for_nobody_elses(
    tmp_path: Path, home: Path, name: str, kind: Kind
) -> None:
    files = tmp_path / "root" / "notebooks"
    files.mkdir(parents=True)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(book, files / "book.ipynb")
    (files / "one.md").write_text("1 + 1")
    said = asyncio.run(killed_amid_a_write(files, name, kind))
    assert "1 + 1 first then" in said and said.count("first") == 1
    assert "1 + 1 first then" in (files / name).read_text()
    assert {each.name for each in files.iterdir() if each.is_file()} == {"one.md", "book.ipynb"}


def test_what_somebody_else_wrote_meanwhile_is_still_kept_beside(
    tmp_path: Path, home: Path
) -> None:
    files = tmp_path / "root" / "notebooks"
    files.mkdir(parents=True)
    (files / "one.md").write_text("1 + 1")
    said = asyncio.run(killed_amid_a_write(files, "one.md", "file", outside="of somebody"))
    assert said == "1 + 1 first then"
    aside = [each for each in files.iterdir() if "changed outside" in each.name]
    assert [each.read_text() for each in aside] == ["of somebody"]
