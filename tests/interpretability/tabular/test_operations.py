"""The commands: a data set of the catalogue, a file of the user's own, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.cli.main import main
from workbench.core import settings
from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.interpretability.tabular import operations


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    """A made file with a number to predict."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"rooms": random.integers(1, 9, 200), "town": ["Bern", "Chur"] * 100})
    frame["price"] = 100.0 * frame["rooms"] + 50.5 * (frame["town"] == "Bern")
    frame.to_csv(tmp_path / "houses.csv", index=False)
    return tmp_path / "houses.csv"


def test_a_row_of_the_catalogue_is_explained_on_the_command_line(
    shared_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "interpretability explain-row --dataset german --row 3 --model tree --json"
    with pytest.raises(SystemExit) as left:
        main(words.split())
    assert left.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["data"] == "german (test)" and told["row"] == 3
    added = sum(each["contribution"] for each in told["contributions"])
    assert added == pytest.approx(told["value"] - told["base_value"], abs=1e-9)
    assert told["probabilities"][told["prediction"]] >= 0.5 and told["truth"] in ("good", "bad")
    assert told["exact"] and told["additivity_gap"] < 1e-9


def test_the_other_commands_answer_too(shared_home: Path) -> None:
    options = {"dataset": "german", "model": "tree", "seed": 1}
    worth = operations.importance(**options, repeats=2, rows=200)
    moves = operations.importance(**options, method="contributions", rows=50)
    curve = operations.dependence("duration_months", **options, rows=50, lines=2)
    other = operations.counterfactuals(**options, row=0, fixed=["age", "sex"], count=1)
    assert worth.features[0].feature == moves.features[0].feature == "checking_account"
    assert len(curve.lines) == 2 and curve.unit == "probability"
    assert other.found and other.fixed == ("age", "sex")
    for result in (worth, moves, curve, other):
        assert json.loads(json.dumps(to_plain(result)))["data"] == "german (test)"


def test_a_file_of_ones_own_with_a_number_to_predict(houses: Path) -> None:
    options = {"dataset": str(houses), "target": "price", "model": "linear"}
    found = operations.explain_row(row=0, **options)
    assert found.unit == "price" and found.probabilities == {} and found.exact
    assert found.truth == pytest.approx(found.value, abs=2)
    grouped = operations.explain_row(row=0, group=["all=rooms,town"], **options)
    assert [each.feature for each in grouped.contributions] == ["all"]
    assert grouped.contributions[0].value.startswith("rooms: ")
    more = operations.counterfactuals(row=0, low=found.value + 90, **options)
    assert all(other.prediction >= found.value + 90 for other in more.found) and more.found


def test_it_is_refused_before_the_data_are_fetched() -> None:
    """Offline in an empty home, where asking for the rows is a FetchError."""
    with settings.override(offline=True):
        with pytest.raises(NotFoundError, match="did you mean 'race'"):
            operations.dependence("rase", dataset="adult")
        with pytest.raises(NotFoundError, match="did you mean 'race'"):
            operations.importance(dataset="adult", group=["us=sex,rase"])
        with pytest.raises(NotFoundError, match="did you mean 'race'"):
            operations.counterfactuals(dataset="adult", row=0, direction=["rase=up"])
        with pytest.raises(NotFoundError, match="did you mean 'forest'"):
            operations.explain_row(dataset="adult", row=0, model="forst")


def test_what_is_refused(houses: Path, tmp_path: Path, shared_home: Path) -> None:
    options = {"dataset": str(houses), "target": "price", "model": "linear"}
    with pytest.raises(InputError, match=r"there is no row 199: .* has the rows 0 to"):
        operations.explain_row(row=199, **{**options, "dataset": str(houses)})
    with pytest.raises(InputError, match="what is to be predicted"):
        operations.explain_row(row=0, dataset=str(houses))
    with pytest.raises(NotFoundError, match="no data set named 'germann'; did you mean 'german'"):
        operations.explain_row(row=0, dataset="germann")
    with pytest.raises(InputError, match="is no group of columns"):
        operations.importance(group=["rooms"], **options)
    with pytest.raises(InputError, match="two groups"):
        operations.importance(group=["a=rooms", "a=town"], **options)
    with pytest.raises(InputError, match="is no direction"):
        operations.counterfactuals(row=0, direction=["rooms=left"], **options)
    with pytest.raises(NotFoundError, match="did you mean 'rooms'"):
        operations.dependence("room", **options)
    one_class = tmp_path / "one.csv"
    one_class.write_text("x,y\n" + "1,a\n2,a\n" * 20)
    with pytest.raises(InputError, match="one class only"):
        operations.importance(dataset=str(one_class), target="y")
    gaps = tmp_path / "gaps.csv"
    gaps.write_text("x,y\n" + "1,a\n2,b\n3,\n" * 20)
    with pytest.raises(DataError, match="missing in 20 of 60"):
        operations.importance(dataset=str(gaps), target="y")
