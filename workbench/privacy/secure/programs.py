"""What can be computed securely: whose each input is, and what is opened to whom.

Party 0 is the model's owner and party 1 the data's. The result of every program is opened to the
data's owner alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.core.errors import InputError

from . import activations
from .fixed_point import FRACTION_BITS
from .scheme import Scheme
from .shared import Shared

MODEL_OWNER, DATA_OWNER = 0, 1
Inputs = Mapping[str, Shared]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """A computation on shared numbers.

    ``owners`` names the inputs; ``bits`` is how many of the result's lie behind the point, 0 for
    integers.
    """

    run: Callable[[Scheme, Inputs], Shared]
    owners: Mapping[str, int]
    bits: int = FRACTION_BITS


def _product(scheme: Scheme, inputs: Inputs) -> Shared:
    return scheme.truncate(scheme.multiply(inputs["x"], inputs["y"]), FRACTION_BITS)


def _matmul(scheme: Scheme, inputs: Inputs) -> Shared:
    return scheme.truncate(scheme.matmul(inputs["x"], inputs["y"]), FRACTION_BITS)


def _layer(scheme: Scheme, x: Shared, weights: Shared, bias: Shared) -> Shared:
    found = scheme.truncate(scheme.matmul(x, weights), FRACTION_BITS)
    return found + bias.reshape(1, bias.size).broadcast_to(found.shape)


def _mlp(scheme: Scheme, inputs: Inputs) -> Shared:
    """x ``[n, d]`` through a hidden layer of ReLU: which output is the largest."""
    hidden = activations.relu(scheme, _layer(scheme, inputs["x"], inputs["w1"], inputs["b1"]))
    return activations.argmax(scheme, _layer(scheme, hidden, inputs["w2"], inputs["b2"]))


_X = {"x": DATA_OWNER}
_PAIR = {"x": DATA_OWNER, "y": MODEL_OWNER}
_MLP = {**_X, "w1": MODEL_OWNER, "b1": MODEL_OWNER, "w2": MODEL_OWNER, "b2": MODEL_OWNER}
PROGRAMS = {
    "argmax": Program(lambda scheme, given: activations.argmax(scheme, given["x"]), _X, bits=0),
    "matmul": Program(_matmul, _PAIR),
    "mlp": Program(_mlp, _MLP, bits=0),
    "product": Program(_product, _PAIR),
    "relu": Program(lambda scheme, given: activations.relu(scheme, given["x"]), _X),
    "sigmoid": Program(lambda scheme, given: activations.sigmoid(scheme, given["x"]), _X),
    "softmax": Program(lambda scheme, given: activations.softmax(scheme, given["x"]), _X),
}
_ROWS = ("argmax", "softmax", "matmul", "mlp")


def check_shapes(name: str, shapes: Mapping[str, Shape]) -> None:
    """Refuse shapes that do not fit a program, before anybody shares anything.

    Raises:
        InputError: They do not fit.
    """
    x = shapes["x"]
    if name in _ROWS and len(x) != 2:
        raise InputError(
            f"{name} takes rows and columns; x has the shape {x}",
            hint="one row: values[None, :]",
        )
    fits = True
    if name == "product":
        fits = x == shapes["y"]
    elif name == "matmul":
        fits = len(shapes["y"]) == 2 and x[1] == shapes["y"][0]
    elif name == "mlp":
        w1, w2 = shapes["w1"], shapes["w2"]
        fits = len(w1) == 2 and len(w2) == 2 and x[1] == w1[0] and w1[1] == w2[0]
        fits = fits and shapes["b1"] == w1[1:] and shapes["b2"] == w2[1:]
    if not fits:
        told = ", ".join(f"{each} {shape}" for each, shape in shapes.items())
        raise InputError(
            f"shapes do not fit for {name}: {told}",
            hint="the columns of x must be the rows of the weights",
        )
