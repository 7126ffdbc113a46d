"""What a space tells whom: near names to who may read it alone, and with each conflict a way on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from workbench.core.errors import AccessError, NotFoundError
from workbench.identity.users import Users
from workbench.knowledge.shared import ancestry
from workbench.knowledge.shared.folders import write_folder
from workbench.knowledge.shared.landing import release, revert
from workbench.knowledge.shared.space import Space


def test_names_that_are_near_are_told_to_who_may_read_alone(space: Space, tmp_path: Path) -> None:
    release(space, "secret-2026", by="cur")
    Users().add("out")
    for by, told in (("rea", True), (None, True), ("out", False)):
        with pytest.raises(NotFoundError) as found:
            space.find("secret-2025", by=by)
        assert ("secret-2026" in f"{found.value.message} {found.value.hint}") is told
        with pytest.raises(NotFoundError) as found:
            revert(space, "secret-2025", by=by)
        assert ("secret-2026" in f"{found.value.message} {found.value.hint}") is told
    with pytest.raises(AccessError):
        write_folder(space, tmp_path / "out", record="secret-2025", by="out")


def test_every_conflict_says_what_to_try() -> None:
    """Of each place that raises one, read from the code."""
    paths = sorted(Path(ancestry.__file__).parent.glob("*.py"))
    assert [each for path in paths for each in without_hint(path.read_text(), path.name)] == []
    assert without_hint("raise ConflictError('no')", "made.py") == ["made.py:1"]


def without_hint(code: str, name: str) -> list[str]:
    """The places of a module that raise a conflict without saying what to try."""
    return [
        f"{name}:{call.lineno}"
        for call in ast.walk(ast.parse(code))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "ConflictError"
        and not any(word.arg == "hint" for word in call.keywords)
    ]
