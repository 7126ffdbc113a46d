"""Models as chains of dense layers: read out of scikit-learn and torch, run plainly in numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError

if TYPE_CHECKING:
    import numpy as np

EVEN = ("relu", "gelu", "silu")
ODD = ("tanh", "logistic")
_HINT = (
    "LogisticRegression or MLPClassifier of scikit-learn, alone or behind a StandardScaler or a "
    "MinMaxScaler; or a torch Sequential of Linear, ReLU, Tanh, Sigmoid, GELU and SiLU"
)


@dataclass(frozen=True)
class Dense:
    """A layer ``weight @ x + bias``: weight ``[outputs, inputs]``, bias ``[outputs]``."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Network:
    """Dense layers with an activation between each two; the last gives a score a class."""

    layers: tuple[Dense, ...]
    activations: tuple[str, ...]
    classes: tuple[int | str, ...]

    @property
    def features(self) -> int:
        """How many numbers a row has."""
        return int(self.layers[0].weight.shape[1])

    @property
    def shape(self) -> tuple[int, ...]:
        """The widths, as in 64-32-10."""
        return (self.features, *(int(layer.weight.shape[0]) for layer in self.layers))

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Rows ``[n, features]`` give scores ``[n, classes]``."""
        for layer, activation in zip(self.layers, (*self.activations, None), strict=True):
            rows = rows @ layer.weight.T + layer.bias
            if activation is not None:
                rows = apply_activation(activation, rows)
        return rows


def apply_activation(name: str, values: np.ndarray) -> np.ndarray:
    """One of ``EVEN`` or ``ODD``, number by number."""
    import numpy as np
    from scipy.special import erf, expit

    functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "relu": lambda x: np.maximum(x, 0.0),
        "gelu": lambda x: 0.5 * x * (1.0 + erf(x / np.sqrt(2.0))),
        "silu": lambda x: x * expit(x),
        "tanh": np.tanh,
        "logistic": expit,
    }
    return functions[name](values)


def network_of(model: Any, *, classes: Sequence[int | str] | None = None) -> Network:
    """A trained model as a network.

    Args:
        model: Of scikit-learn or torch; see the error's hint for which.
        classes: The names of the classes, of a torch module; otherwise they are numbered.

    Raises:
        CapabilityError: The model is of another kind, has another layer, or is not trained.
    """
    if isinstance(model, Network):
        return model
    kind = type(model).__name__
    if kind == "Pipeline":
        *before, last = [step for _, step in model.steps]
        network = network_of(last)
        for scaler in reversed(before):
            network = _behind(scaler, network)
        return network
    if kind == "LogisticRegression":
        _check_trained(model, "coef_")
        return _two_rows([Dense(_f64(model.coef_), _f64(model.intercept_))], (), model.classes_)
    if kind == "MLPClassifier":
        _check_trained(model, "coefs_")
        layers = [
            Dense(_f64(weight).T.copy(), _f64(bias))
            for weight, bias in zip(model.coefs_, model.intercepts_, strict=True)
        ]
        if model.out_activation_ == "logistic" and model.n_outputs_ > 1:
            raise CapabilityError("an MLPClassifier of several labels a row has no one class a row")
        names = (model.activation,) * (len(layers) - 1)
        _check_activations(names)
        return _two_rows(layers, names, model.classes_)
    if hasattr(model, "modules") and hasattr(model, "state_dict"):
        return _of_torch(model, classes)
    raise CapabilityError(f"a {kind} cannot be compiled for encrypted inference", hint=_HINT)


def _check_trained(model: Any, attribute: str) -> None:
    if not hasattr(model, attribute):
        raise CapabilityError(f"the {type(model).__name__} is not trained", hint="model.fit(x, y)")


def _check_activations(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in (*EVEN, *ODD)]
    if unknown:
        raise CapabilityError(
            f"the activation {unknown[0]!r} cannot be compiled", hint=", ".join((*EVEN, *ODD))
        )


def _two_rows(layers: list[Dense], names: tuple[str, ...], classes: Any) -> Network:
    """A single score for two classes becomes one each, half of it with either sign."""
    import numpy as np

    told = tuple(np.asarray(classes).tolist())
    last = layers[-1]
    if last.weight.shape[0] == 1:
        sign = np.array([[-0.5], [0.5]])
        layers = [*layers[:-1], Dense(sign * last.weight, sign[:, 0] * last.bias)]
    return Network(tuple(layers), names, told)


def _behind(scaler: Any, network: Network) -> Network:
    """What scales the columns goes into the first layer."""
    import numpy as np

    kind, first = type(scaler).__name__, network.layers[0]
    if kind in ("StandardScaler", "MinMaxScaler"):
        _check_trained(scaler, "scale_")
    if kind == "StandardScaler":
        none = np.zeros(network.features)
        factor = 1.0 / scaler.scale_ if scaler.with_std else none + 1.0
        offset = -scaler.mean_ * factor if scaler.with_mean else none
    elif kind == "MinMaxScaler":
        factor, offset = scaler.scale_, scaler.min_
    else:
        raise CapabilityError(f"a {kind} before the model cannot be compiled", hint=_HINT)
    moved = Dense(first.weight * factor, first.bias + first.weight @ offset)
    return Network((moved, *network.layers[1:]), network.activations, network.classes)


def _of_torch(model: Any, classes: Sequence[int | str] | None) -> Network:
    import numpy as np

    known = {"ReLU": "relu", "GELU": "gelu", "SiLU": "silu", "Tanh": "tanh", "Sigmoid": "logistic"}
    layers: list[Dense] = []
    names: list[str] = []
    leaves = [model] if not list(model.children()) else list(model.children())
    if type(model).__name__ not in ("Sequential", "Linear"):
        raise CapabilityError(
            f"a torch {type(model).__name__} cannot be compiled: its order is not told", hint=_HINT
        )
    for leaf in leaves:
        kind = type(leaf).__name__
        if kind == "Linear" and len(names) == len(layers):
            weight = _f64(leaf.weight.detach().cpu().numpy())
            bias = (
                _f64(leaf.bias.detach().cpu().numpy())
                if leaf.bias is not None
                else np.zeros(len(weight))
            )
            layers.append(Dense(weight, bias))
        elif kind in known and len(names) == len(layers) - 1:
            names.append(known[kind])
        elif kind not in ("Dropout", "Identity", "Flatten"):
            raise CapabilityError(f"the torch layer {leaf} cannot stand here", hint=_HINT)
    if len(names) != len(layers) - 1:
        raise CapabilityError("the torch module does not end with a Linear layer", hint=_HINT)
    count = layers[-1].weight.shape[0]
    return Network(tuple(layers), tuple(names), tuple(classes or range(count)))


def _f64(values: Any) -> np.ndarray:
    import numpy as np

    return np.asarray(values, dtype=np.float64)
