"""From a trained model to what is computed on ciphertexts, refused before it runs if it cannot be.

from workbench import privacy

compiled = privacy.compile_encrypted(classifier, rows)
compiled.plan.batch, compiled.plan.error_bound
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.store import files

from .circuits import Circuit, Stage, build_circuit
from .diagonals import Product, plan_products
from .networks import Dense, Network, network_of
from .noise import foretell_error
from .parameters import MOST_BITS, Parameters, candidates, largest_scale
from .plan import FILE, Plan, read_plan
from .plan_budget import check_budget
from .polynomials import PolynomialNetwork, fit_polynomials

if TYPE_CHECKING:
    import numpy as np

# A score may be off by this part of the largest one: where two classes are nearer than that, the
# plain model does not tell them apart either.
TOLERANCE = 1e-3
_HEADROOM = 4.0  # a score may be so many times as large as on the rows before it wraps round
_WEIGHTS = "model.npz"


@dataclass(frozen=True)
class Compiled:
    """A model three times: as it was trained, with polynomials, and as a circuit with its plan.

    ``norms`` are the largest Euclidean norms of what goes into each stage. ``polynomial`` and
    ``network`` are None where the circuit was read from a folder.
    """

    plan: Plan
    circuit: Circuit
    norms: tuple[float, ...]
    polynomial: PolynomialNetwork | None = None
    network: Network | None = None


def compile_encrypted(
    model: Any,
    rows: Any,
    *,
    name: str = "model",
    degree: int | None = None,
    scale_bits: int | None = None,
    ring: int | None = None,
    input_range: tuple[Any, Any] | None = None,
    classes: Sequence[int | str] | None = None,
    tolerance: float = TOLERANCE,
) -> Compiled:
    """Compile a model for encrypted inference.

    Args:
        model: A LogisticRegression, MLPClassifier or torch Sequential (see ``network_of``), or a
            ``PolynomialNetwork`` whose weights were adapted.
        rows: ``[n, features]``: what it was trained on, or like it. Ranges are measured on them.
        name: What it is called.
        degree: Of the polynomials; see ``fit_polynomials``.
        scale_bits: The scale; the most precise that fits if not given.
        ring: 4096, 8192 or 16384; the smallest that is precise enough if not given.
        input_range: The least and the greatest value, a number each for all features or one a
            feature; by default each feature's own on the rows, and as much again as it or the
            median feature spans to either side.
        classes: Names of a torch module's classes.
        tolerance: The error that scores may have, as a part of the largest.

    Raises:
        CapabilityError: The model is of a kind that cannot be compiled.
        InputError: The rows do not fit, or the circuit is too deep, too wide, or its scale too
            small; the message has the figures.
    """
    import numpy as np

    known = np.asarray(rows, dtype=np.float64)
    polynomial, network = _polynomials(model, known, degree, classes)
    circuit = build_circuit(polynomial)
    shape = (known.shape[1], *(len(stage.dense.bias) for stage in circuit.stages))
    largest = float(np.abs(circuit.scores(known)).max())
    products = plan_products(shape)
    width = max(max(product.period_in, product.period_out) for product in products)
    parameters, error = choose_parameters(
        circuit, products, known, width=width, scale_bits=scale_bits, ring=ring,
        tolerance=tolerance,
    )  # fmt: skip
    low, high = _input_range(known, input_range)
    plan = Plan(
        name, shape, circuit.classes, polynomial.activations, polynomial.degrees, parameters,
        products, width, low, high, largest, error, _sha256(circuit),
    )  # fmt: skip
    return Compiled(plan, circuit, tuple(_sizes(circuit, known)[0]), polynomial, network)


def _polynomials(
    model: Any, rows: np.ndarray, degree: int | None, classes: Sequence[int | str] | None
) -> tuple[PolynomialNetwork, Network | None]:
    import numpy as np

    if isinstance(model, PolynomialNetwork):
        features = model.layers[0].dense.weight.shape[1]
        network = None
    else:
        network = network_of(model, classes=classes)
        features = network.features
    if rows.ndim != 2 or rows.shape[1] != features or not len(rows):
        raise InputError(
            f"the rows have the shape {list(rows.shape)}; the model takes {features} features"
        )
    if not np.isfinite(rows).all():
        raise InputError("the rows to fit to hold what is no finite number")
    if isinstance(model, PolynomialNetwork):
        return model, None
    assert network is not None
    return fit_polynomials(network, rows, degree=degree), network


def choose_parameters(
    circuit: Circuit,
    products: Sequence[Product],
    rows: np.ndarray,
    *,
    width: int,
    scale_bits: int | None = None,
    ring: int | None = None,
    tolerance: float = TOLERANCE,
) -> tuple[Parameters, float]:
    """The smallest ring with the fewest primes in which the circuit fits and is precise enough.

    Returns:
        The parameters and the error's bound: six standard deviations of the worst score.

    Raises:
        InputError: There is none; the message says what was missing, in figures.
    """
    check_ring(ring)
    norms, head, largest = _sizes(circuit, rows)
    trouble = ""
    for degree in MOST_BITS if ring is None else (ring,):
        if width > degree // 2:
            trouble = f"the widest layer takes {width} places, a ring of {degree} has {degree // 2}"
            continue
        best: tuple[float, Parameters] | None = None
        for rescaled in (False, True):
            fitting = candidates(
                degree, circuit.levels, head, rescaled=rescaled, scale_bits=scale_bits
            )
            for found in fitting:
                error = float(foretell_error(circuit, products, found, norms).max())
                best = min(best or (error, found), (error, found), key=lambda each: each[0])
            if best is not None and best[0] <= tolerance * largest:
                return best[1], best[0]
        if best is None:
            trouble = _too_deep(degree, circuit.levels, head, scale_bits)
        else:
            trouble = _too_coarse(best[1], best[0], tolerance * largest, largest)
    raise InputError(trouble, hint=_hint(scale_bits, ring), levels=circuit.levels)


def foretell_by_scale(circuit: Circuit, rows: np.ndarray, *, ring: int) -> list[tuple[int, float]]:
    """The bits of each scale that fits a ring, with the error that scores would have.

    Args:
        circuit: Of a compiled model; its last layer is rescaled here.
        rows: ``[n, features]``, as it was compiled for.
        ring: 4096, 8192 or 16384.
    """
    check_ring(ring)
    shape = (rows.shape[1], *(len(stage.dense.bias) for stage in circuit.stages))
    products = plan_products(shape)
    norms, head = _sizes(circuit, rows)[:2]
    return [
        (found.scale_bits, float(foretell_error(circuit, products, found, norms).max()))
        for found in candidates(ring, circuit.levels, head, rescaled=True)
    ]


def _sizes(circuit: Circuit, rows: np.ndarray) -> tuple[list[float], int, float]:
    """The norms of what goes into each stage, the head's bits, the largest score."""
    import numpy as np

    norms, largest = [], 0.0
    for stage in circuit.stages:
        norms.append(float(np.linalg.norm(rows, axis=1).max()))
        rows = stage.run(rows)
        largest = float(np.abs(rows).max())
    return norms, max(2, math.ceil(math.log2(max(_HEADROOM * largest, 1.0))) + 1), largest


def check_ring(ring: int | None) -> None:
    """Raise InputError if a ring is none of those that there are."""
    if ring is not None and ring not in MOST_BITS:
        known = " or ".join(map(str, MOST_BITS))
        raise InputError(f"a ring of {ring} is not known", hint=f"--ring {known}")


def _too_deep(degree: int, levels: int, head: int, scale_bits: int | None) -> str:
    room = largest_scale(degree, levels, head)
    return (
        f"the circuit is too deep: it takes {levels} levels, and the {MOST_BITS[degree]} bits of a "
        f"ring of {degree} leave {max(room, 0)} bits for the scale; "
        + ("20 are needed" if scale_bits is None else f"{scale_bits} were asked for")
    )


def _too_coarse(parameters: Parameters, error: float, allowed: float, largest: float) -> str:
    needed = parameters.scale_bits + math.ceil(math.log2(error / allowed))
    return (
        f"the scale is wrong: at 2^{parameters.scale_bits} in a ring of {parameters.degree}, "
        f"scores up to {largest:.3g} would be off by up to {error:.2g}, and {allowed:.2g} is "
        f"allowed; about 2^{needed} is needed"
    )


def _hint(scale_bits: int | None, ring: int | None) -> str:
    if scale_bits is not None:
        return "leave --scale-bits out"
    if ring is not None:
        return "leave --ring out"
    return "fewer layers, or polynomials of a lower degree"


def _input_range(
    rows: np.ndarray, given: tuple[Any, Any] | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    import numpy as np

    if given is not None:
        ends = [np.broadcast_to(np.asarray(e, dtype=np.float64), rows.shape[1:]) for e in given]
        low, high = ends
        if not (np.isfinite(ends).all() and (low < high).all()):
            raise InputError("the input range is none: each low end must be below its high end")
        if not ((rows >= low).all() and (rows <= high).all()):
            raise InputError("rows to fit to lie outside of the input range")
        return tuple(low.tolist()), tuple(high.tolist())
    least, most = rows.min(axis=0), rows.max(axis=0)
    span = np.maximum(most - least, np.median(most - least))
    return tuple((least - span).tolist()), tuple((most + span).tolist())


def _arrays(circuit: Circuit) -> dict[str, np.ndarray]:
    found = {}
    for number, stage in enumerate(circuit.stages):
        parts = {"weight": stage.dense.weight, "bias": stage.dense.bias, "inner": stage.inner,
                 "slope": stage.slope, "reach": stage.reach}  # fmt: skip
        found.update({f"{number}.{name}": value for name, value in parts.items()})
    return found


def _sha256(circuit: Circuit) -> str:
    digest = hashlib.sha256()
    for name, values in sorted(_arrays(circuit).items()):
        digest.update(f"{name}{values.shape}".encode() + values.tobytes())
    return digest.hexdigest()


def save_compiled(compiled: Compiled, folder: Path) -> None:
    """Write a server's folder: ``plan.json``, which anyone may see, and the weights.

    The weights' file has the plan's sha256, so that a plan that is changed is no longer theirs.

    Raises:
        StorageError: The disk is full or cannot be written.
    """
    import numpy as np

    files.make_folder(folder)
    buffer = io.BytesIO()
    bound = {"norms": np.asarray(compiled.norms), "plan": np.asarray(compiled.plan.sha256)}
    np.savez(buffer, **_arrays(compiled.circuit), **bound)  # type: ignore[arg-type]
    files.write_bytes(folder / _WEIGHTS, buffer.getvalue())
    files.write_text(folder / FILE, compiled.plan.to_json())


def load_compiled(folder: Path) -> Compiled:
    """What a server's folder holds, once plan and weights were held against each other.

    Raises:
        NotFoundError: It holds no plan or no weights.
        IntegrityError: The weights are not those of the plan, its budget of levels and noise does
            not hold for them, or it was changed since they were written.
    """
    plan = read_plan(folder)
    path = folder / _WEIGHTS
    if not path.is_file():
        raise NotFoundError(f"there are no weights {path}")
    hint = "workbench privacy encryption compile OUT --model mlp"
    circuit, norms, bound = _read_weights(path, plan)
    if circuit is None:
        raise IntegrityError(f"the weights {path} are not those of the plan beside them", hint=hint)
    if not bound:
        raise IntegrityError(
            f"the weights {path} name no plan: they were written before plans were bound to them",
            hint=hint,
        )
    check_budget(plan, circuit, norms, where=f"the plan {folder / FILE}")
    if bound != plan.sha256:
        raise IntegrityError(
            f"the plan {folder / FILE} is not the one that its weights were written with: it is "
            f"{plan.sha256[:12]}, and theirs was {bound[:12]}",
            hint=hint,
        )
    return Compiled(plan, circuit, norms)


def _read_weights(path: Path, plan: Plan) -> tuple[Circuit | None, tuple[float, ...], str]:
    """The circuit, None if it is not the plan's, its norms, and the sha256 of its plan or ""."""
    import zipfile

    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as kept:
            stages = tuple(
                Stage(Dense(kept[f"{i}.weight"], kept[f"{i}.bias"]), degree,
                      *(kept[f"{i}.{part}"] for part in ("inner", "slope", "reach")))
                for i, degree in enumerate((*plan.degrees, 0))
            )  # fmt: skip
            circuit = Circuit(stages, plan.classes)
            if _sha256(circuit) != plan.model_sha256:
                return None, (), ""
            if "plan" not in kept or "norms" not in kept:
                return circuit, (), ""
            return circuit, tuple(kept["norms"].tolist()), str(kept["plan"])
    except (KeyError, OSError, ValueError, zipfile.BadZipFile):
        return None, (), ""
