"""A plan: all of an encrypted model that its clients may know, and need to."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.core.viewers import Viewable

from .circuits import LEVELS
from .diagonals import Product, plan_products
from .parameters import LEAST_SCALE_BITS, LEAST_WEIGHT_BITS, MOST_BITS, MOST_PRIME_BITS, Parameters

if TYPE_CHECKING:
    import numpy as np

FILE = "plan.json"
_VERSION = 1


@dataclass(frozen=True)
class Plan(Viewable):
    """How a model is asked in ciphertexts.

    A ciphertext holds ``width`` places of ``batch`` samples each: number f of sample b lies in slot
    ``f * batch + b``, so a rotation by whole places moves all samples alike. ``low`` and ``high``
    ``[features]`` are the values that the model was fitted to. ``output_range`` is the largest
    absolute score on those rows, ``error_bound`` six standard deviations of a score's error.
    ``model_sha256`` names the weights without telling them.
    """

    name: str
    shape: tuple[int, ...]
    classes: tuple[int | str, ...]
    activations: tuple[str, ...]
    degrees: tuple[int, ...]
    parameters: Parameters
    products: tuple[Product, ...]
    width: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    output_range: float
    error_bound: float
    model_sha256: str
    version: int = _VERSION

    @property
    def features(self) -> int:
        """How many numbers a sample has."""
        return self.shape[0]

    @property
    def batch(self) -> int:
        """How many samples a ciphertext holds."""
        return self.parameters.slots // self.width

    @property
    def rotations(self) -> int:
        """How many rotations a call makes."""
        return sum(product.rotations for product in self.products)

    @property
    def steps(self) -> tuple[int, ...]:
        """The rotations, in slots to the left, that need a key."""
        places = frozenset().union(*(product.steps for product in self.products))
        return tuple(sorted(place * self.batch for place in places))

    @property
    def sha256(self) -> str:
        """The plan's own name."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """The plan as a text that is the same for the same plan."""
        from workbench.core.plain import to_plain

        told = {field.name: to_plain(getattr(self, field.name)) for field in fields(self)}
        return json.dumps(told, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str = "the plan") -> Plan:
        """Read a plan.

        Raises:
            IntegrityError: It is none, of another version, or contradicts itself.
        """
        try:
            told: dict[str, Any] = json.loads(text)
            if told["version"] != _VERSION:
                raise ValueError(f"its version is {told['version']!r}, known is {_VERSION}")
            products = tuple(
                Product(**{**each, "folds": tuple(each["folds"])}) for each in told.pop("products")
            )
            parameters = Parameters(**told.pop("parameters"))
            lists = ("shape", "classes", "activations", "degrees", "low", "high")
            rest: dict[str, Any] = {n: tuple(v) if n in lists else v for n, v in told.items()}
            plan = cls(parameters=parameters, products=products, **rest)
            _check(plan)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise IntegrityError(
                f"{where} is no plan of an encrypted model: {error}",
                hint="workbench privacy encryption compile OUT --model mlp",
            ) from None
        return plan

    def check_rows(self, rows: Any) -> np.ndarray:
        """Rows as numbers ``[n, features]`` that the model was fitted to.

        Raises:
            InputError: They have another number of features, are no finite numbers, or lie outside
                of the fitted range; the first bad row and feature are named.
        """
        import numpy as np

        try:
            found = np.asarray(rows, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError("the rows are no table of numbers") from None
        if found.ndim == 1:
            found = found[None]
        if found.ndim != 2 or found.shape[1] != self.features or not len(found):
            raise InputError(
                f"the rows have the shape {list(found.shape)}; the model {self.name} takes at "
                f"least one row of {self.features} features"
            )
        bad = np.argwhere(~np.isfinite(found))
        if len(bad):
            row, feature = bad[0]
            raise InputError(
                f"row {row} has {found[row, feature]} as feature {feature}: no finite number",
                hint="leave such rows out, or fill the gap; nothing was encrypted",
            )
        outside = np.argwhere((found < np.array(self.low)) | (found > np.array(self.high)))
        if len(outside):
            row, feature = outside[0]
            raise InputError(
                f"row {row} has {found[row, feature]:.4g} as feature {feature}, outside of the "
                f"range that the model's polynomials were fitted to: {self.low[feature]:.4g} to "
                f"{self.high[feature]:.4g}",
                hint="scale the rows as those were that the model was trained on, or clip them",
                rows=sorted({int(row) for row, _ in outside}),
            )
        return found


def _check(plan: Plan) -> None:
    """Raise ValueError where the plan contradicts itself: what it says decides what is loaded."""
    parameters = plan.parameters
    if parameters.degree not in MOST_BITS or parameters.total_bits > MOST_BITS[parameters.degree]:
        raise ValueError("its ring is not of 128 bits")
    if parameters.levels < 0 or not all(
        LEAST_SCALE_BITS <= bits <= MOST_PRIME_BITS for bits in parameters.prime_bits
    ):
        raise ValueError("its primes are none that there are")
    if plan.width & (plan.width - 1) or not 1 <= plan.width <= parameters.slots:
        raise ValueError("its width is no power of 2 that fits")
    if len(plan.shape) < 2 or not all(1 <= each <= parameters.slots for each in plan.shape):
        raise ValueError("its layers are none, or wider than a ciphertext")
    if not len(plan.low) == len(plan.high) == plan.features:
        raise ValueError("its ranges are not those of its features")
    _check_budget(plan)
    # What it says decides which keys are made, and how many.
    if plan.products != plan_products(plan.shape) or len(plan.classes) != plan.shape[-1]:
        raise ValueError("its layers do not fit each other")


def _check_budget(plan: Plan) -> None:
    """What can be told of levels, scale and error without the weights."""
    parameters = plan.parameters
    least = LEAST_SCALE_BITS if parameters.levels else LEAST_WEIGHT_BITS
    if not least <= parameters.scale_bits <= MOST_PRIME_BITS:
        raise ValueError(
            f"its scale is wrong: 2^{parameters.scale_bits}, and 2^{least} is the least that works"
        )
    degrees, weight = plan.degrees, parameters.weight_bits
    if len(degrees) != len(plan.shape) - 2 or not set(degrees) <= LEVELS.keys() - {0}:
        raise ValueError("its polynomials are not those of its layers")
    levels = sum(1 + LEVELS[each] for each in (*degrees, 0)) - bool(weight)
    if parameters.levels != levels:
        raise ValueError(f"it has {parameters.levels} levels, and its layers take {levels}")
    if weight and weight < LEAST_WEIGHT_BITS:
        raise ValueError(f"its weights have {weight} bits, and {LEAST_WEIGHT_BITS} are the least")
    if not (0 < plan.output_range < math.inf and 0 < plan.error_bound < plan.output_range):
        raise ValueError("its scores are smaller than their error, or none")
    room = parameters.first_bits - parameters.scale_bits - weight
    if room < 1 + math.log2(max(plan.output_range, 1.0)) or (
        parameters.special_bits < parameters.scale_bits
    ):
        raise ValueError("its primes have no room for its scores")


def read_plan(path: Path) -> Plan:
    """The plan of a file, or of a folder with one.

    Raises:
        NotFoundError: There is none.
        IntegrityError: It is no plan.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise NotFoundError(
            f"there is no plan {file}", hint="workbench privacy encryption compile OUT --model mlp"
        )
    return Plan.from_json(file.read_bytes(), where=str(file))
