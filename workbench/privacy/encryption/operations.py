"""What a user can ask: a model's answers on ciphertexts, and the two sides of it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.errors import ConflictError, InputError
from workbench.core.operations import operation
from workbench.core.schema import Example
from workbench.core.viewers import Viewable

from .client import EncryptedAnswers
from .compiling import Compiled
from .keys import KeyFolder
from .plan import Plan
from .running import EncryptedInference
from .server import ServedModel
from .tasks import ModelKind, Task

Degree = Annotated[int, limits.Interval(ge=2, le=4)]
Ring = Annotated[int, limits.Interval(ge=4096, le=16384)]
Tolerance = Annotated[float, limits.Interval(gt=0, lt=1)]
Bits = Annotated[int, limits.Interval(ge=10, le=58), Example(40)]
Seed = Annotated[int, limits.Ge(0)]


@operation(
    "privacy.encrypt_infer", title="Ask a model in ciphertexts", produces="encrypted-inference"
)
def encrypt_infer(
    *,
    model: ModelKind = "mlp",
    dataset: str | None = None,
    target: str | None = None,
    samples: Annotated[int, limits.Ge(1)] | None = None,
    degree: Degree | None = None,
    adapt: bool = True,
    scale_bits: Bits | None = None,
    ring: Ring | None = None,
    tolerance: Tolerance = 1e-3,
    seed: Seed = 0,
    keep: Path | None = None,
) -> EncryptedInference:
    """Train a small model, compile it, and ask it about rows that its server never sees.

    The server is a process of its own on loopback: it gets the weights, the public keys and
    ciphertexts. What comes back is decrypted here, written to the audit ledger, and compared with
    the plain answers: of the model as trained, and of the deployed one, whose activations are
    polynomials.

    Args:
        model: An MLP with 32 hidden units, logistic regression, or the same on embeddings of texts.
        dataset: digits, wikipedia-leads (for text), or a file with columns of numbers.
        target: The column of a file that is foretold.
        samples: How many rows are asked about; by default all that were not learnt from.
        degree: Of the polynomials: 2 or 4 for an MLP with ReLU.
        adapt: Train on with the polynomials in place; else the weights stay as trained.
        scale_bits: The scale of the ciphertexts, 2 to this power; by default the most precise.
        ring: 4096, 8192 or 16384; by default the smallest that is precise enough.
        tolerance: How far scores may be off, as a part of the largest: 1e-6 takes a level more.
        seed: Of the training.
        keep: A new folder for the server's and the client's files.
    """
    from .running import infer_encrypted

    _refuse_used(keep)
    task, compiled = _compile(
        model, dataset, target, degree=degree, adapt=adapt, scale_bits=scale_bits, ring=ring,
        tolerance=tolerance, seed=seed,
    )  # fmt: skip
    return infer_encrypted(task, compiled, samples=samples, keep=keep)


@operation(
    "privacy.encryption_compile",
    title="Compile a model for ciphertexts",
    produces="plan",
    group="encryption",
)
def compile_model(
    out: Path,
    *,
    model: ModelKind = "mlp",
    dataset: str | None = None,
    target: str | None = None,
    degree: Degree | None = None,
    adapt: bool = True,
    scale_bits: Bits | None = None,
    ring: Ring | None = None,
    tolerance: Tolerance = 1e-3,
    seed: Seed = 0,
) -> Plan:
    """Train a small model and write a server's folder: its plan, which clients get, and weights.

    Args:
        out: A new folder.
        model: An MLP with 32 hidden units, logistic regression, or the same on embeddings of texts.
        dataset: digits, wikipedia-leads (for text), or a file with columns of numbers.
        target: The column of a file that is foretold.
        degree: Of the polynomials: 2 or 4 for an MLP with ReLU.
        adapt: Train on with the polynomials in place; else the weights stay as trained.
        scale_bits: The scale of the ciphertexts, 2 to this power; by default the most precise.
        ring: 4096, 8192 or 16384; by default the smallest that is precise enough.
        tolerance: How far scores may be off, as a part of the largest: 1e-6 takes a level more.
        seed: Of the training.
    """
    from .compiling import save_compiled

    _refuse_used(out)
    _, compiled = _compile(
        model, dataset, target, degree=degree, adapt=adapt, scale_bits=scale_bits, ring=ring,
        tolerance=tolerance, seed=seed,
    )  # fmt: skip
    save_compiled(compiled, out)
    return compiled.plan


def _compile(
    model: ModelKind, dataset: str | None, target: str | None, *, seed: int, **how: Any
) -> tuple[Task, Compiled]:
    """The trained model and what it was compiled to; ``how`` is ``compile_task``'s."""
    from .running import compile_task
    from .tasks import load_task

    task = load_task(model, dataset=dataset, target=target, seed=seed)
    return task, compile_task(task, seed=seed, **how)


@operation(
    "privacy.encryption_keys",
    title="Make keys for an encrypted model",
    produces="key-folder",
    group="encryption",
)
def keys(
    folder: Path,
    *,
    plan: Path | None = None,
    server: str | None = None,
    sha256: Annotated[str, limits.MinLen(12)] | None = None,
) -> KeyFolder:
    """Make a client's keys for a plan, with the rotations that it needs and no other.

    The secret key stays in the folder, readable by its owner alone; the folder `for_server` in it
    holds what a server may have.

    Args:
        folder: A new folder.
        plan: The plan's file, or a folder with one.
        server: In place of the plan: the address of the server that tells it.
        sha256: The plan's name, or its first 12 letters and more, as who compiled it told it: keys
            are made for no other.
    """
    from .client import fetch_plan
    from .keys import make_encryption_keys
    from .plan import read_plan

    if (plan is None) == (server is None):
        raise InputError(
            "one of plan and server is needed, and not both",
            hint="workbench privacy encryption keys client --plan server/plan.json",
        )
    found = read_plan(plan) if plan is not None else fetch_plan(str(server))
    if sha256 is not None and not found.sha256.startswith(sha256.lower()):
        raise ConflictError(
            f"the plan is {found.sha256}, and keys are wanted for {sha256}",
            hint="ask who compiled it, and give the server's folder back as it was",
        )
    return make_encryption_keys(found, folder)


@dataclass(frozen=True)
class AskedLabels(Viewable):
    """The labels that were decrypted, and how many calls and seconds they took. Scores are rounded
    to what is no noise; ``accuracy`` is None where the true labels are not known. ``heading`` is a
    file's first line, if it was taken for the names of its columns."""

    model: str
    samples: int
    labels: tuple[int | str, ...]
    scores: tuple[tuple[float, ...], ...]
    doubtful: tuple[int, ...]
    accuracy: float | None
    calls: int
    call_s: float
    heading: tuple[str, ...] = ()


@operation(
    "privacy.encryption_serve",
    title="Serve a model on ciphertexts",
    produces="served-model",
    group="encryption",
)
def serve(
    folder: Path,
    *,
    keys: Path | None = None,
    port: Annotated[int, limits.Interval(ge=0, le=65535), Example(8500)] = 0,
) -> ServedModel:
    """Answer on ciphertexts over loopback until Ctrl-C or SIGTERM; the address is told on stderr.

    A folder in which a secret key is found is refused, and so is a request.

    Args:
        folder: What `workbench privacy encryption compile` wrote.
        keys: A client's folder `for_server`; clients also send theirs.
        port: The port on 127.0.0.1, 0 for a free one.
    """
    from .serving_loop import serve_until_stopped

    return serve_until_stopped(folder, keys=keys, port=port)


@operation(
    "privacy.encryption_ask",
    title="Ask an encrypted model",
    produces="asked-labels",
    group="encryption",
)
def ask(
    rows: str,
    *,
    server: str,
    keys: Path,
    samples: Annotated[int, limits.Ge(1)] | None = None,
    clip: bool = False,
) -> AskedLabels:
    """Encrypt rows, send them to a server, and decrypt its answers.

    Args:
        rows: A .csv of numbers, whose first line is a row too if it is one of numbers that do not
            count its columns; a .txt with a sentence a line for a model of texts, or `digits` or
            `wikipedia-leads` for the rows that were not learnt from.
        server: Its address, as `serve` tells it.
        keys: The client's folder.
        samples: Only the first so many rows.
        clip: Move values outside of the range that the model was fitted to to its ends, as was done
            with the rows that a table's model was trained on. Else such rows are refused.
    """
    from .client import EncryptedClient
    from .tasks import ENCODER, asked_rows

    with EncryptedClient(server, keys) as client:
        encoder = ENCODER if client.plan.name == "topics" else ""
        table, known, heading = asked_rows(client.plan.features, encoder, rows)
        table = table[:samples]
        if clip and table.shape[1] == client.plan.features:
            table = table.clip(client.plan.low, client.plan.high)
        answers = client.ask(table)
        true = None if known is None else known[:samples]
        return _labels(client.plan, answers, true, heading)


def _labels(
    plan: Plan, answers: EncryptedAnswers, known: object, heading: tuple[str, ...]
) -> AskedLabels:
    import math
    import statistics

    import numpy as np

    digits = max(math.floor(-math.log10(plan.error_bound)), 0)
    rounded = np.round(answers.scores, digits).tolist()
    accuracy = None if known is None else float((np.asarray(answers.labels) == known).mean())
    return AskedLabels(
        plan.name, len(answers.labels), answers.labels, tuple(map(tuple, rounded)),
        answers.doubtful, accuracy, len(answers.calls),
        statistics.median(call.total_s for call in answers.calls), heading,
    )  # fmt: skip


def _refuse_used(folder: Path | None) -> None:
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is there and not empty", hint="name a new folder")
