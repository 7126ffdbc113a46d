"""A plan that was changed is refused, whichever number it was, and never serves wrong answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import ConflictError, IntegrityError
from workbench.privacy.encryption.compiling import (
    Compiled,
    compile_encrypted,
    load_compiled,
    save_compiled,
)
from workbench.privacy.encryption.operations import keys
from workbench.privacy.encryption.plan import FILE, Plan
from workbench.privacy.encryption.server import EncryptedServer

from .made import made_rows


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's folder of a logistic regression: no level, so no prime is of the scale's bits."""
    from sklearn.linear_model import LogisticRegression

    rows = made_rows(300, 8)
    model = LogisticRegression().fit(rows, np.arange(300) % 3)
    folder = tmp_path_factory.mktemp("flat")
    save_compiled(compile_encrypted(model, rows, name="flat"), folder)
    assert load_compiled(folder).plan.parameters.levels == 0
    return folder


def _numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where numbers stand in JSON."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in parts:
            yield from _numbers(each, (*path, name))
    elif isinstance(value, int | float):
        yield path


def _with(told: Any, path: tuple[Any, ...], number: float) -> str:
    changed = json.loads(json.dumps(told))
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = number
    return json.dumps(changed)


@pytest.mark.parametrize("kind", ["small", "flat"])
def test_each_number_of_a_plan_is_bound(
    kind: str, small_server: Path, flat: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(flat if kind == "flat" else small_server, tmp_path / "server")
    told = json.loads((folder / FILE).read_text())
    tried, passed = 0, []
    for path in _numbers(told):
        old = told
        for name in path:
            old = old[name]
        for new in {old + 1, old - 1, old * 2, old / 2, 0, 5, -old} - {old}:
            (folder / FILE).write_text(_with(told, path, new))
            tried += 1
            try:
                load_compiled(folder)
            except IntegrityError:
                continue
            passed.append((path, old, new))
    assert tried > 150 and not passed
    (folder / FILE).write_text(json.dumps(told))
    assert load_compiled(folder).plan.features == 8


@pytest.mark.parametrize(("change", "said"), [(-21, "scale is wrong"), (-2, "wrong scale")])
def test_a_wrong_scale_is_told_with_its_figures(
    flat: Path, tmp_path: Path, change: int, said: str
) -> None:
    folder = shutil.copytree(flat, tmp_path / "server")
    told = json.loads((folder / FILE).read_text())
    new = told["parameters"]["scale_bits"] + change
    path = ("parameters", "scale_bits")
    if change == -21:
        new = 5
    (folder / FILE).write_text(_with(told, path, new))
    with pytest.raises(IntegrityError, match=said):
        EncryptedServer(folder)
    if change == -21:  # nor are keys made for it
        with pytest.raises(IntegrityError, match=said):
            keys(tmp_path / "client", plan=folder)
        assert not (tmp_path / "client").exists()


def test_a_plan_whose_budget_holds_is_still_not_another_ones(
    small: Compiled, small_server: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(small_server, tmp_path / "server")
    told = json.loads(small.plan.to_json())
    told["high"][0] += 1.0  # of no figure that is foretold
    Plan.from_json(json.dumps(told))
    (folder / FILE).write_text(json.dumps(told))
    with pytest.raises(IntegrityError, match="not the one that its weights were written with"):
        load_compiled(folder)


def test_weights_that_name_no_plan_are_refused(small_server: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small_server, tmp_path / "server")
    with np.load(folder / "model.npz") as kept:
        arrays = {name: kept[name] for name in kept if name != "plan"}
    np.savez(folder / "model.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError, match="name no plan"):
        load_compiled(folder)


def test_keys_are_made_for_the_plan_that_was_told_of(small_server: Path, tmp_path: Path) -> None:
    told = load_compiled(small_server).plan.sha256
    with pytest.raises(ConflictError, match="keys are wanted for 000000000000"):
        keys(tmp_path / "client", plan=small_server, sha256="0" * 12)
    assert not (tmp_path / "client").exists()
    assert keys(tmp_path / "client", plan=small_server, sha256=told[:20]).plan == told
