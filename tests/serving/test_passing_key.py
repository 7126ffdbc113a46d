"""A gateway in a notebook leaves no owner's key behind, and takes none away that was there."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.identity import list_keys
from workbench.serving.key_file import owner_key
from workbench.serving.server import default_key_file, serving
from workbench.serving.settings import ServingSettings

from .conftest import Client

NOTHING = ServingSettings(load_at_start=())


def keys_left(home: Path) -> tuple[list[str], list[str]]:
    """The names of keys in force, and the files that hold one."""
    return [key.name for key in list_keys()], [p.name for p in (home / "serving").glob("*.key")]


def test_the_key_goes_with_the_gateway(home: Path) -> None:
    with serving(chosen=NOTHING) as server:
        assert Client(server.url, server.key).request("GET", "/v1/models").status == 200
        assert len(keys_left(home)[0]) == len(keys_left(home)[1]) == 1
        with serving(chosen=NOTHING) as other:  # each has its own
            assert other.key != server.key
        assert Client(server.url, server.key).request("GET", "/v1/models").status == 200
    assert keys_left(home) == ([], [])


def test_it_goes_as_well_when_the_block_fails(home: Path) -> None:
    with pytest.raises(ZeroDivisionError), serving(chosen=NOTHING):
        _ = 1 / 0
    assert keys_left(home) == ([], [])


def test_the_owners_own_key_stays(home: Path) -> None:
    key = owner_key(default_key_file())
    with serving(chosen=NOTHING) as server:
        assert server.key == key
    assert keys_left(home) == (["owner"], ["owner.key"])
