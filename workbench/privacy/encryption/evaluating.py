"""Running a circuit on ciphertexts: what the server does. No key that opens anything is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import IntegrityError

from .circuits import Circuit, Stage
from .diagonals import Product, diagonals, repeated
from .plan import Plan
from .scheme import Scheme, scheme_of, sealapi

if TYPE_CHECKING:
    import numpy as np

_CLOSE = 1e-9


@dataclass
class _Encoded:
    """A stage's plaintexts. ``diagonals`` go by giant and baby step; zero ones are left out, for
    SEAL refuses a product that tells nothing."""

    stage: Stage
    product: Product
    diagonals: dict[tuple[int, int], Any]
    bias: Any
    inner: Any
    slope: Any
    level: int


class CircuitRunner:
    """A circuit with its weights encoded once, each at the level and scale where it is needed.

    A weight's scale is chosen so that the scale after it is again exactly the plan's: nothing
    drifts, and sums need no rounding of scales.
    """

    def __init__(self, circuit: Circuit, plan: Plan) -> None:
        self.plan = plan
        self.scheme: Scheme = scheme_of(plan.parameters)
        self._seal = sealapi()
        self._evaluator = self._seal.Evaluator(self.scheme.context)
        self._elements = {
            place: self.scheme.galois_element(place * plan.batch)
            for product in plan.products
            for place in product.steps
        }
        level, scale = plan.parameters.levels, plan.parameters.scale
        self._stages: list[_Encoded] = []
        for stage, product in zip(circuit.stages, plan.products, strict=True):
            encoded = self._encode(stage, product, level, scale)
            self._stages.append(encoded)
            level -= stage.levels
            scale = self._scale_after(stage, encoded.level - 1)

    def run(self, ciphertext: Any, relin: Any, galois: Any) -> Any:
        """The encrypted scores of encrypted rows.

        Args:
            ciphertext: Fresh, of the plan's first level and scale.
            relin: Relinearisation keys.
            galois: The Galois keys of the plan's steps.

        Raises:
            IntegrityError: The ciphertext is of another level, size or scale.
        """
        plan = self.plan.parameters
        if abs(ciphertext.scale / plan.scale - 1.0) > _CLOSE:
            raise IntegrityError(
                f"the ciphertext has the scale {ciphertext.scale:.6g}, the plan's is "
                f"2^{plan.scale_bits}",
                hint="encrypt with the plan that the server tells",
            )
        if (ciphertext.size(), ciphertext.coeff_modulus_size()) != (2, plan.levels + 1):
            raise IntegrityError("the ciphertext is not a fresh one of this plan")
        for each in self._stages:
            ciphertext = self._multiply(each, ciphertext, galois)
            ciphertext = self._apply(each, ciphertext, relin)
        return ciphertext

    def _encode(self, stage: Stage, product: Product, level: int, scale: float) -> _Encoded:
        wanted, dropped = self._scale_of_dense(stage), 1
        weight_scale = wanted * self.scheme.levels[level][1] / scale
        if self._keeps_level(stage):
            weight_scale, dropped = wanted / scale, 0
        made: dict[tuple[int, int], Any] = {}
        found = diagonals(product, stage.dense.weight, self.plan.width)
        for giant, row in enumerate(found):
            for baby, values in enumerate(row):
                if values.any():
                    made[giant, baby] = self._plain(values, level, weight_scale)
        after = level - dropped
        encoded = _Encoded(stage, product, made, None, None, None, level)
        encoded.bias = self._repeated(stage.dense.bias, product, after, wanted)
        if stage.degree in (3, 4):
            square = self._scale_after_square(after)
            encoded.inner = self._repeated(stage.inner, product, after - 1, square)
        if stage.degree == 4:
            last = self._scale_after(stage, after)
            scale_of_slope = last * self.scheme.levels[after - 1][1] / wanted
            encoded.slope = self._repeated(stage.slope, product, after - 1, scale_of_slope)
        return encoded

    def _keeps_level(self, stage: Stage) -> bool:
        """Whether a stage's dense layer is not rescaled: the last one's, if the plan says so."""
        return stage.degree == 0 and self.plan.parameters.weight_bits > 0

    def _scale_of_dense(self, stage: Stage) -> float:
        """Of what a stage's dense layer gives."""
        parameters = self.plan.parameters
        if self._keeps_level(stage):
            return parameters.scale * 2.0**parameters.weight_bits
        return parameters.scale

    def _scale_after_square(self, level: int) -> float:
        """Of the square of what has the plan's scale, at the level where it is squared."""
        wanted = self.plan.parameters.scale
        return wanted * wanted / float(self.scheme.levels[level][1])

    def _scale_after(self, stage: Stage, level: int) -> float:
        """Of what a stage gives, when its dense layer leaves ``level`` levels."""
        wanted = self._scale_of_dense(stage)
        if stage.degree == 0:
            return wanted
        square = self._scale_after_square(level)
        if stage.degree == 2:
            return square
        other = wanted if stage.degree == 3 else square
        return square * other / float(self.scheme.levels[level - 1][1])

    def _plain(self, values: np.ndarray, level: int, scale: float) -> Any:
        slots = values.repeat(self.plan.batch).tolist()
        return self.scheme.encode(slots, level=level, scale=scale)

    def _repeated(self, values: np.ndarray, product: Product, level: int, scale: float) -> Any:
        """A number an output, as a plaintext; None where all of them are 0."""
        if not values.any():
            return None
        return self._plain(repeated(values, product.period_out, self.plan.width), level, scale)

    def _multiply(self, each: _Encoded, ciphertext: Any, galois: Any) -> Any:
        """The dense layer: baby steps, products, giant steps, one rescaling, folds, the bias."""
        evaluator, product = self._evaluator, each.product
        turned = [ciphertext]
        for _ in range(product.baby - 1):
            turned.append(self._rotated(turned[-1], 1, galois))
        total = None
        for giant in reversed(range(product.giant)):
            if total is not None:
                total = self._rotated(total, product.baby, galois)
            for baby, source in enumerate(turned):
                plain = each.diagonals.get((giant, baby))
                if plain is None:
                    continue
                part = self._seal.Ciphertext()
                evaluator.multiply_plain(source, plain, part)
                if total is None:
                    total = part
                else:
                    evaluator.add_inplace(total, part)
        if total is None:
            raise IntegrityError("a layer's weights are all 0: its answer is no secret")
        if not self._keeps_level(each.stage):
            self._rescale(total, self._scale_of_dense(each.stage))
        for fold in product.folds:
            evaluator.add_inplace(total, self._rotated(total, fold, galois))
        if each.bias is not None:
            evaluator.add_plain_inplace(total, each.bias)
        return total

    def _apply(self, each: _Encoded, u: Any, relin: Any) -> Any:
        """The polynomial of ``circuits.Stage``."""
        stage, evaluator, level = each.stage, self._evaluator, each.level - 1
        if stage.degree == 0:
            return u
        square = self._squared(u, relin, self._scale_after_square(level))
        if stage.degree == 2:
            return square
        last = self._scale_after(stage, level)
        if each.inner is not None:
            evaluator.add_plain_inplace(square, each.inner)
        lower = self._seal.Ciphertext()
        evaluator.mod_switch_to_next(u, lower)
        if stage.degree == 3:
            evaluator.multiply_inplace(square, lower)
            evaluator.relinearize_inplace(square, relin)
            self._rescale(square, last)
            return square
        total = self._squared(square, relin, last)
        if each.slope is not None:
            evaluator.multiply_plain_inplace(lower, each.slope)
            self._rescale(lower, last)
            evaluator.add_inplace(total, lower)
        return total

    def _squared(self, ciphertext: Any, relin: Any, scale: float) -> Any:
        made = self._seal.Ciphertext()
        self._evaluator.square(ciphertext, made)
        self._evaluator.relinearize_inplace(made, relin)
        self._rescale(made, scale)
        return made

    def _rotated(self, ciphertext: Any, places: int, galois: Any) -> Any:
        made = self._seal.Ciphertext()
        self._evaluator.apply_galois(ciphertext, self._elements[places], galois, made)
        return made

    def _rescale(self, ciphertext: Any, scale: float) -> None:
        """Use up a level; the scale, which is right but for the last bits of a float, is set."""
        self._evaluator.rescale_to_next_inplace(ciphertext)
        if abs(ciphertext.scale / scale - 1.0) > _CLOSE:
            raise IntegrityError(
                f"the scale is {ciphertext.scale:.9g} where the plan has {scale:.9g}"
            )
        ciphertext.scale = scale


def pack_rows(rows: np.ndarray, plan: Plan) -> list[float]:
    """Up to ``plan.batch`` rows ``[n, features]`` as slots.

    Where a later layer is wider than the first, a row is repeated over the places that it leaves.
    """
    import numpy as np

    period = plan.products[0].period_in
    table = np.zeros((period, plan.batch))
    table[: plan.features, : len(rows)] = rows.T
    slots: list[float] = np.tile(table, (plan.width // period, 1)).ravel().tolist()
    return slots


def decode_scores(slots: Sequence[float], plan: Plan, samples: int) -> tuple[np.ndarray, float]:
    """Scores ``[samples, classes]`` from decrypted slots, and how far places that must be 0 are.

    Each score stands there several times; their mean is what is told. Places of the last layer
    that belong to no class hold 0 and the noise, and copies differ by noise alone: a wrong key or
    another circuit is seen by them.
    """
    import numpy as np

    last = plan.products[-1]
    table = np.asarray(slots)[: plan.width * plan.batch].reshape(
        plan.width // last.period_out, last.period_out, plan.batch
    )
    mean = table.mean(axis=0)
    apart = float(np.abs(table - mean).max())
    empty = float(np.abs(table[:, last.outputs :]).max(initial=0.0))
    return mean[: last.outputs, :samples].T.copy(), max(apart, empty)
