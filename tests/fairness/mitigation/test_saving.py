"""A fairer model is made again from its record, the same to the last decision, or refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.fairness.mitigation.methods import METHODS
from workbench.fairness.mitigation.mitigate import mitigate
from workbench.fairness.mitigation.saving import is_mitigated, load_mitigated, save_mitigated
from workbench.fairness.mitigation.study import Study, begin_study

from .conftest import make_table

ROWS = 1500


@pytest.fixture(scope="module")
def small() -> Study:
    return begin_study(
        make_table(ROWS), sensitive=["group"], target="good", model="logistic", min_rows=100
    )


# Reductions alone have lots to take away.
_WAYS = [*((method, True) for method in METHODS), ("reductions", False)]


@pytest.mark.parametrize(("method", "deterministic"), _WAYS)
def test_every_method_is_made_again(
    small: Study, method: str, deterministic: bool, tmp_path: Path
) -> None:
    made = mitigate(small, method=method, deterministic=deterministic)
    path = save_mitigated(made, tmp_path / "fairer.json")
    again = load_mitigated(path, source=make_table(ROWS))
    assert again.name == made.model.name
    np.testing.assert_array_equal(
        again.predict_proba(small.parts.test), made.model.predict_proba(small.parts.test)
    )
    assert (again.predict(small.parts.test) == made.model.predict(small.parts.test)).all()


def test_a_record_holds_names_numbers_and_no_code(small: Study, tmp_path: Path) -> None:
    path = save_mitigated(mitigate(small), tmp_path / "fairer.json")
    plain = json.loads(path.read_text())
    assert plain["recipe"]["method"] == "thresholds"
    assert any(name.startswith("threshold of group=") for name in plain["details"])
    assert is_mitigated(path)


def test_another_table_is_refused(small: Study, tmp_path: Path) -> None:
    path = save_mitigated(mitigate(small), tmp_path / "fairer.json")
    with pytest.raises(IntegrityError, match="was fitted to the table"):
        load_mitigated(path, source=make_table(ROWS, seed=4))
    with pytest.raises(InputError, match="table in memory"):
        load_mitigated(path)


def test_a_model_that_decides_otherwise_is_refused(small: Study, tmp_path: Path) -> None:
    """The broken variant: the record says another gap than the one that it was made with."""
    path = save_mitigated(mitigate(small, gap=0.0), tmp_path / "fairer.json")
    plain = json.loads(path.read_text())
    plain["recipe"]["gap"] = 0.3
    path.write_text(json.dumps(plain))
    with pytest.raises(IntegrityError, match="decides otherwise, though every version"):
        load_mitigated(path, source=make_table(ROWS))
    plain["versions"]["fairlearn"] = "0.0.1"
    path.write_text(json.dumps(plain))
    with pytest.raises(IntegrityError, match=r"fairlearn 0\.0\.1 then"):
        load_mitigated(path, source=make_table(ROWS))


@pytest.mark.parametrize("content", ["[]", "{", '{"format": "other"}'])
def test_what_is_no_record_is_said(content: str, tmp_path: Path) -> None:
    path = tmp_path / "no.json"
    path.write_text(content)
    with pytest.raises(IntegrityError, match="is no record"):
        load_mitigated(path)
    with pytest.raises(NotFoundError, match="there is no record"):
        load_mitigated(tmp_path / "nowhere.json")
