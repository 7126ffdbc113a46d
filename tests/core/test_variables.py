"""Variables that look like settings and are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.core import operations, settings, variables


def test_a_variable_that_is_no_setting_is_found_with_its_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert variables.unknown_variables() == {}
    for name in (*variables.NO_SETTINGS, "WORKBENCH_TEST_ANYTHING", "WORKBENCH_THREADS"):
        monkeypatch.setenv(name, "1")
    assert variables.unknown_variables() == {}
    monkeypatch.setenv("WORKBENCH_TREADS", "2")
    monkeypatch.setenv("WORKBENCH_QQQ", "2")
    found = {"WORKBENCH_QQQ": "", "WORKBENCH_TREADS": "WORKBENCH_THREADS"}
    assert variables.unknown_variables() == found


def test_every_variable_that_the_package_names_is_a_setting_or_known_to_be_none() -> None:
    package = Path(settings.__file__).parents[1]
    for room in operations.rooms():
        operations.load_room(room)
    named = {
        name
        for path in package.rglob("*.py")
        for name in re.findall(r"WORKBENCH_[A-Z_]+[A-Z]", path.read_text("utf-8"))
    }
    known = {setting.variable for setting in settings.declared().values()}
    assert named - known - set(variables.NO_SETTINGS) - {"WORKBENCH_TEST"} == set()
    assert set(variables.NO_SETTINGS) <= named
