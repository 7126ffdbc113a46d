"""What a writer is told of what he wrote while his role was away, and after it came back."""

from __future__ import annotations

import asyncio

import pytest

from workbench.core.errors import AccessError
from workbench.identity.grants import Grants
from workbench.knowledge.live.client import LivePage
from workbench.knowledge.live.operations import show
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People


def give(role: str) -> None:
    Grants().give("bob", role, space="/knowledge/leads")


def play(server: LiveServer, token: str, meanwhile: str) -> tuple[list[str], str]:
    """Write before, while and after a role was away; what ``saved`` said of each, and the text."""

    async def write_on() -> tuple[list[str], str]:
        said: list[str] = []

        async def saved() -> None:
            try:
                await page.saved(timeout_s=20)
                said.append("stored")
            except AccessError as error:
                said.append("refused" if "granted reader" in error.message else error.message)

        async with LivePage(server.url, SPACE, token=token) as page:
            page.source.insert(0, "one\n")
            await saved()
            await asyncio.to_thread(give, "reader")
            page.source.insert(0, "two\n")
            await saved()
            await saved()  # it is still not there, and is asked for again
            if meanwhile == "rejoin":
                page.drop()
            await asyncio.to_thread(give, "contributor")
            if meanwhile == "write":
                page.source.insert(0, "three\n")
            await saved()
            await saved()
            return said, page.text

    return asyncio.run(write_on())


@pytest.mark.parametrize("meanwhile", ["write", "nothing", "rejoin"])
def test_saved_tells_what_is_stored_once_the_role_is_back(
    server: LiveServer, people: People, meanwhile: str
) -> None:
    token = people.add("bob", knowledge_leads="contributor")
    said, text = play(server, token, meanwhile)
    assert said == ["stored", "refused", "refused", "stored", "stored"]
    assert text == show(SPACE).text and "two\n" in text


def test_the_play_tells_a_client_that_keeps_refusing(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variant: a refusal that was told once is told for ever."""

    def stubborn(self: LivePage, number: int) -> None:
        self._stored = number
        self._refused = self.refusals[-1] if self.refusals else None

    monkeypatch.setattr(LivePage, "_acknowledged", stubborn)
    token = people.add("bob", knowledge_leads="contributor")
    said, _ = play(server, token, "write")
    assert said[-1] == "refused"
