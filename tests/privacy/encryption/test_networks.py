"""Models as networks, polynomials in them, and circuits of those: each step against the last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, InputError
from workbench.privacy.encryption.circuits import build_circuit
from workbench.privacy.encryption.networks import network_of
from workbench.privacy.encryption.polynomials import fit_polynomials

from .made import made_network, made_rows


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    rows = made_rows(200, 6)
    return rows * [1, 10, 1, 100, 1, 1] + 3, (rows[:, 0] + rows[:, 1] > 0).astype(int)


def test_scikit_learns_models_give_their_own_answers(table: tuple[np.ndarray, np.ndarray]) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    rows, two = table
    three = two + (rows[:, 2] > 3)
    mlp = MLPClassifier(
        (5, 4), activation="tanh", solver="lbfgs", max_iter=2000, alpha=1.0, random_state=0
    )
    models: list[Any] = [
        (make_pipeline(StandardScaler(), LogisticRegression()), two),
        (
            make_pipeline(StandardScaler(with_mean=False), MinMaxScaler(), LogisticRegression()),
            three,
        ),
        (make_pipeline(StandardScaler(), mlp), three),
    ]
    for model, labels in models:
        model.fit(rows, labels)
        scores = network_of(model).scores(rows)
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        assert np.allclose(probabilities, model.predict_proba(rows), atol=1e-9)


def test_a_torch_module_gives_its_own_answers() -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.SiLU(), nn.Dropout(), nn.Linear(5, 3))
    rows = made_rows(20, 6)
    wanted = module.eval()(torch.tensor(rows, dtype=torch.float32)).detach().numpy()
    network = network_of(module, classes=["a", "b", "c"])
    assert np.allclose(network.scores(rows), wanted, atol=1e-5)
    assert (network.shape, network.classes) == ((6, 5, 3), ("a", "b", "c"))
    with pytest.raises(CapabilityError, match="BatchNorm"):
        network_of(nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)))
    with pytest.raises(CapabilityError, match="does not end with a Linear"):
        network_of(nn.Sequential(nn.Linear(6, 5), nn.ReLU()))


def test_what_cannot_be_compiled_is_refused() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.tree import DecisionTreeClassifier

    with pytest.raises(CapabilityError, match="a DecisionTreeClassifier cannot be compiled"):
        network_of(DecisionTreeClassifier())
    labels = np.eye(3)[np.arange(30) % 3][:, :2].astype(int)
    several = MLPClassifier((2,), solver="lbfgs", max_iter=500, alpha=1.0, random_state=0)
    with pytest.raises(CapabilityError, match="several labels a row"):
        network_of(several.fit(made_rows(30, 4), labels))
    with pytest.raises(CapabilityError, match="not trained"):
        network_of(LogisticRegression())


@pytest.mark.parametrize(
    ("activation", "degree", "off"),
    [("relu", 2, 0.09), ("relu", 4, 0.06), ("gelu", 4, 0.03), ("tanh", 3, 0.05),
     ("logistic", 3, 0.02)],
)  # fmt: skip
def test_a_circuit_computes_its_polynomials(activation: str, degree: int, off: float) -> None:
    network, rows = made_network((8, 6, 5, 3), activation), made_rows(400, 8)
    polynomial = fit_polynomials(network, rows, degree=degree)
    scores, farthest = polynomial.run(rows)
    assert 0.5 < farthest.max() <= 1 / 1.1 + 1e-9
    circuit = build_circuit(polynomial)
    assert np.allclose(circuit.scores(rows), scores, atol=1e-9)
    assert circuit.levels == 3 + 2 * (1 if degree == 2 else 2)
    # Near to the network that it stands for; a line in the activations' places is not.
    wanted = network.scores(rows)
    assert np.sqrt(np.mean((scores - wanted) ** 2)) < off
    assert circuit.stages[0].reach.min() >= 1.0


def test_a_degree_that_fits_badly_is_refused() -> None:
    with pytest.raises(InputError, match="tanh is not fitted by a polynomial of degree 2"):
        fit_polynomials(made_network((4, 3, 2), "tanh"), made_rows(9, 4), degree=2)
