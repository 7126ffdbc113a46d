"""The keeper goes on with the other files when one goes away under its hands, and after a fault."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

from workbench.core.errors import EngineError
from workbench.knowledge.live.lab.contents import TeamContents
from workbench.knowledge.live.lab.file_desk import FileDesk
from workbench.knowledge.live.lab.keeping import Keeper

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
