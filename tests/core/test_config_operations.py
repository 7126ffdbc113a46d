"""``config.show``: each setting with its value and source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.core.operations import find


def test_every_setting_with_its_source(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = find("config.show").run({})
    json.dumps(found, allow_nan=False)
    assert set(found) == set(settings.declared())
    assert found["home"] == {"value": str(home), "source": "environment (WORKBENCH_HOME)"}
    assert found["seed"] == {"value": 0, "source": "default"}
