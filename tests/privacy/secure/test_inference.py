"""Private inference: the labels are the plain model's, and each process has its own part alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, InputError
from workbench.privacy.secure import applying
from workbench.privacy.secure.inference import infer_securely
from workbench.privacy.secure.mlp import Mlp, learnt_mlp, mlp_of
from workbench.privacy.secure.parties import Parties
from workbench.privacy.secure.party import Task
from workbench.store.ledger import Ledger

from .conftest import SCHEMES


@pytest.fixture(scope="module")
def digits(shared_home_path: Path) -> tuple[Mlp, np.ndarray, np.ndarray]:
    from workbench.core import settings

    with settings.override(home=str(shared_home_path)):
        return learnt_mlp(seed=0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_label_is_the_plain_models(
    scheme: Any,
    up: dict[str, Parties],
    digits: tuple[Mlp, np.ndarray, np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On all of the test part; and no process is given the other's input."""
    mlp, pixels, labels = digits
    given: list[list[Task]] = []
    run = Parties.run

    def watched(self: Parties, tasks: Any) -> Any:
        given.append(list(tasks))
        return run(self, tasks)

    monkeypatch.setattr(Parties, "run", watched)
    found = infer_securely(mlp, pixels, labels=labels, scheme=scheme, parties=up[scheme])
    assert found.rows == len(pixels) > 400
    assert found.labels == tuple(mlp.predict(pixels).tolist())
    assert found.agreement == 1.0 and found.accuracy is not None and found.accuracy > 0.95
    entry = Ledger().entries(limit=1)[0]
    assert (entry.action, entry.data["opened"]) == ("privacy.release", found.opened)
    names = [sorted(task.arguments["values"]) for task in given[0]]
    assert names == [["b1", "b2", "w1", "w2"], ["x"], []]


def test_a_model_whose_sums_could_leave_the_range_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(applying, "run_program", lambda *_, **__: pytest.fail("it was run"))
    large = Mlp(np.full((4, 3), 90.0), np.zeros(3), np.full((3, 2), 90.0), np.zeros(2), (0, 1))
    with pytest.raises(InputError, match=r"sums could reach .* on rows up to 1"):
        infer_securely(large, np.ones((1, 4)))
    small = Mlp(np.ones((4, 3)), np.zeros(3), np.ones((3, 2)), np.zeros(2), (0, 1))
    with pytest.raises(InputError, match="labels"):
        infer_securely(small, np.ones((2, 4)), labels=[1])


def test_other_models_are_refused() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    x, y = np.eye(4), np.array(["a", "b", "a", "b"])
    small = MLPClassifier((3,), max_iter=1, activation="tanh")
    with pytest.warns(UserWarning, match="Maximum iterations"):
        small.fit(x, y)
    for model in (LogisticRegression().fit(x, y), small):
        with pytest.raises(CapabilityError, match="one hidden layer of ReLU"):
            mlp_of(model)


def test_the_command(digits: Any, shared_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the issue says that the command line gives."""
    from workbench.cli.main import main

    with pytest.raises(SystemExit) as ended:
        main(
            [
                "privacy",
                "secure",
                "infer",
                "--model",
                "mlp",
                "--rows",
                "20",
                "--seed",
                "0",
                "--json",
            ]
        )
    out = capsys.readouterr().out
    assert ended.value.code == 0
    told = json.loads(out)
    assert told["agreement"] == 1.0 and len(told["labels"]) == 20
    assert told["cost"]["rounds"] > 0 and told["cost"]["offline_bytes"] > 0
    assert [each["name"] for each in told["cost"]["parties"]] == [
        "the model's owner", "the data's owner", "the dealer",
    ]  # fmt: skip
    assert "semi-honest" in told["security"]


def test_a_file_says_which_columns_were_read(
    tmp_path: Path, shared_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from workbench.cli.privacy_secure import show_secure_infer
    from workbench.privacy.secure.inference import infer_learnt

    rng = np.random.default_rng(2)
    ages, incomes = rng.integers(20, 70, 80), rng.integers(10, 90, 80)
    rows = [f"{a},{i},{'mf'[a % 2]},{int(a > 44)}" for a, i in zip(ages, incomes, strict=True)]
    (tmp_path / "own.csv").write_text("age,income,sex,bought\n" + "\n".join(rows) + "\n")
    found = infer_learnt(dataset=str(tmp_path / "own.csv"), target="bought", rows=4, seed=0)
    assert found.columns == ("age", "income") and found.left_out == ("sex",)
    show_secure_infer(found)
    assert "by the columns age, income; left out: sex (no numbers)" in capsys.readouterr().out


def test_columns_far_from_one_are_scaled_when_asked(up: dict[str, Parties]) -> None:
    """A made table of which one column is 300,000 times as large as another: beyond the range, and
    its weights would vanish behind the point."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 2)) * [0.3, 100_000] + [0, 50_000]
    y = np.where(x[:, 0] * 300_000 + x[:, 1] > 40_000, "yes", "no")
    model = make_pipeline(StandardScaler(), MLPClassifier((8,), random_state=0, solver="lbfgs"))
    model.fit(x, y)
    with pytest.raises(InputError, match="sums could reach"):
        infer_securely(model, x, parties=up["two-servers"])
    found = infer_securely(model, x, labels=y, scale_columns=True, parties=up["two-servers"])
    assert found.labels == tuple(model.predict(x).tolist())
    assert found.agreement == 1.0 and found.accuracy is not None and found.accuracy > 0.95
    assert "to a factor of two, to the model's owner" in found.opened
    with pytest.raises(InputError, match="none"):
        infer_securely(model, [[1.0, float("nan")]], scale_columns=True)
