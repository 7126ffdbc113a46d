"""The page on clients: each block of Python runs as it stands, but for the address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Client

pytestmark = pytest.mark.model
PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "clients.md"
ADDRESS = "http://127.0.0.1:8400"


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.S | re.M)


@pytest.mark.slow
def test_every_block_runs(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", client.key)
    assert len(blocks()) >= 8
    names: dict[str, Any] = {}
    for block in blocks():
        exec(compile(block.replace(ADDRESS, client.url), str(PAGE), "exec"), names)
    said = capsys.readouterr().out
    assert said.count("Paris") >= 4
    assert "get_weather {" in said
    assert "384" in said
    names["client"].close()


def test_what_is_told_of_errors_is_what_they_are() -> None:
    from workbench.core import errors
    from workbench.serving.http_errors import describe

    text = PAGE.read_text("utf-8")
    for error, status in (
        (errors.InputError("a"), 400),
        (errors.AccessError("a", reason="missing"), 401),
        (errors.AccessError("a", reason="model"), 403),
        (errors.NotFoundError("a"), 404),
        (errors.BusyError("a"), 429),
    ):
        assert describe(error).status == status
        assert f"| {status} |" in text
