"""Encrypted inference from a trained model to measured answers, with a server of its own."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .adapting import adapt_weights
from .client import EncryptedAnswers, EncryptedClient
from .compiling import TOLERANCE, Compiled, check_ring, compile_encrypted, save_compiled
from .keys import KeyFolder, make_encryption_keys
from .networks import network_of
from .polynomials import choose_degrees, fit_polynomials
from .server_process import encrypted_server
from .tasks import Task

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class EncryptedInference(Viewable):
    """A model asked in plain and in ciphertexts about the same rows.

    *Trained* is the model as it was trained, *plain* the one that is deployed: with polynomials for
    activations, computed in floats; ``fitted_ranges`` has how far from 0 the inputs of each layer's
    polynomials may lie, for the unit with the widest. Agreements are parts of the rows with the
    same class. Times are medians over calls. ``error`` is the largest difference of a score,
    ``error_bound`` what was foretold before the run; ``undecided`` counts the rows in which the
    plain model's two best scores are nearer to each other than twice that: there the class may be
    another. ``columns`` are those of a file that were read, ``left_out`` those that hold no
    numbers.
    """

    model: str
    dataset: str
    shape: tuple[int, ...]
    activations: tuple[str, ...]
    degrees: tuple[int, ...]
    fitted_ranges: tuple[float, ...]
    adapted: bool
    samples: int
    accuracy_trained: float
    accuracy_plain: float
    accuracy_encrypted: float
    agreement_plain: float
    agreement_trained: float
    outside: int
    undecided: int
    calls: int
    samples_per_call: int
    call_s: float
    sample_s: float
    encrypt_s: float
    compute_s: float
    decrypt_s: float
    ring: int
    prime_bits: tuple[int, ...]
    scale_bits: int
    levels: int
    rotations: int
    error: float
    error_bound: float
    output_range: float
    precision_bits: float
    noise: float
    galois_keys: int
    galois_bytes: int
    full_galois_keys: int
    full_galois_bytes: int
    given_bytes: int
    ciphertext_bytes: int
    plan: str
    disagreements: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def compile_task(
    task: Task,
    *,
    degree: int | None = None,
    adapt: bool = True,
    scale_bits: int | None = None,
    ring: int | None = None,
    tolerance: float = TOLERANCE,
    seed: int = 0,
) -> Compiled:
    """A task's model, compiled; its weights taught to live with the polynomials first.

    Args:
        task: What ``load_task`` gave.
        degree: Of the polynomials.
        adapt: Train the weights further behind the polynomials. Else they stay as they are.
        scale_bits: See ``compile_encrypted``.
        ring: See ``compile_encrypted``.
        tolerance: See ``compile_encrypted``.
        seed: Of the further training.
    """
    check_ring(ring)
    network = network_of(task.model)
    choose_degrees(network, degree)
    polynomial = fit_polynomials(network, task.rows, degree=degree)
    if adapt and network.activations:
        polynomial = adapt_weights(polynomial, task.rows, teacher=network, seed=seed)
    made = compile_encrypted(
        polynomial, task.rows, name=task.name, scale_bits=scale_bits, ring=ring,
        input_range=task.input_range, tolerance=tolerance,
    )  # fmt: skip
    return Compiled(made.plan, made.circuit, made.norms, polynomial, network)


def infer_encrypted(
    task: Task, compiled: Compiled, *, samples: int | None = None, keep: Path | None = None
) -> EncryptedInference:
    """Make keys, start a server, ask it about the task's rows, and hold the answers to plain ones.

    Args:
        task: The rows.
        compiled: The model, from ``compile_task``.
        samples: How many rows; all of them if not given.
        keep: A new folder in which the server's and the client's folders stay.

    Raises:
        InputError: There are not so many rows, or one does not fit.
        EngineError: The server ended.
        CancelledError: The run was cancelled; the server is ended.
    """
    if samples is not None and samples > len(task.asked):
        raise InputError(
            f"{samples} rows were asked for; {task.dataset} has {len(task.asked)} to ask about"
        )
    rows, labels = task.asked[:samples], task.asked_labels[:samples]
    compiled.plan.check_rows(rows)
    with _folder(keep) as base:
        save_compiled(compiled, base / "server")
        keys = make_encryption_keys(compiled.plan, base / "client")
        with (
            encrypted_server(base / "server", keys=keys.for_server) as server,
            EncryptedClient(server.url, base / "client") as client,
        ):
            answers = client.ask(rows)
    return _measured(task, compiled, rows, labels, answers, keys)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="workbench-encryption-") as folder:
        yield Path(folder)


def _measured(
    task: Task, compiled: Compiled, rows: np.ndarray, labels: np.ndarray,
    answers: EncryptedAnswers, keys: KeyFolder,
) -> EncryptedInference:  # fmt: skip
    import math

    import numpy as np

    plan, polynomial, network = compiled.plan, compiled.polynomial, compiled.network
    assert polynomial is not None and network is not None
    scores, farthest = polynomial.run(rows)
    error = float(np.abs(answers.scores - scores).max())
    plain, trained = (_labels(plan.classes, each) for each in (scores, network.scores(rows)))
    opened = np.asarray(answers.labels)
    calls, parameters = answers.calls, plan.parameters

    def median(name: str) -> float:
        return statistics.median(getattr(call, name) for call in calls)

    return EncryptedInference(
        columns=task.columns, left_out=task.left_out,
        model=plan.name, dataset=task.dataset, shape=plan.shape, activations=plan.activations,
        degrees=plan.degrees,
        fitted_ranges=tuple(
            float(layer.ranges.max()) for layer in polynomial.layers if layer.ranges is not None
        ),
        adapted=any(
            not np.array_equal(a.dense.weight, b.weight)
            for a, b in zip(polynomial.layers, network.layers, strict=True)
        ),
        samples=len(rows),
        accuracy_trained=_share(trained, labels),
        accuracy_plain=_share(plain, labels),
        accuracy_encrypted=_share(opened, labels),
        agreement_plain=_share(opened, plain),
        agreement_trained=_share(opened, trained),
        outside=int((farthest > 1.0).sum()),
        undecided=int((_margins(scores) < 2.0 * plan.error_bound).sum()),
        calls=len(calls), samples_per_call=plan.batch, call_s=median("total_s"),
        sample_s=sum(call.total_s for call in calls) / len(rows), encrypt_s=median("encrypt_s"),
        compute_s=median("compute_s"), decrypt_s=median("decrypt_s"), ring=parameters.degree,
        prime_bits=parameters.prime_bits, scale_bits=parameters.scale_bits,
        levels=parameters.levels, rotations=plan.rotations, error=error,
        error_bound=plan.error_bound, output_range=plan.output_range,
        precision_bits=math.log2(plan.output_range / max(error, 1e-300)), noise=answers.noise,
        galois_keys=keys.galois_keys, galois_bytes=keys.galois_bytes,
        full_galois_keys=keys.full_galois_keys, full_galois_bytes=keys.full_galois_bytes,
        given_bytes=keys.given_bytes, ciphertext_bytes=calls[0].sent_bytes, plan=plan.sha256,
        disagreements=_disagreements(task, opened, plain),
    )  # fmt: skip


def _labels(classes: Sequence[int | str], scores: np.ndarray) -> Any:
    import numpy as np

    return np.asarray(classes)[scores.argmax(axis=1)]


def _margins(scores: np.ndarray) -> np.ndarray:
    """How far a row's best score is above its second."""
    import numpy as np

    best = np.sort(scores, axis=1)
    margins: np.ndarray = best[:, -1] - best[:, -2]
    return margins


def _share(found: Any, wanted: Any) -> float:
    return float((found == wanted).mean())


def _disagreements(task: Task, opened: Any, plain: Any) -> tuple[str, ...]:
    """The rows, at most five, whose class is another in ciphertexts."""
    import numpy as np

    return tuple(
        f"row {row}: plain {plain[row]}, encrypted {opened[row]}"
        for row in np.flatnonzero(opened != plain)[:5].tolist()
    )
