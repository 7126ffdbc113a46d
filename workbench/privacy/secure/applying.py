"""A function applied to numbers that no single server sees."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.progress import progress
from workbench.privacy.ledger.recording import record

from .computing import Outcome
from .fixed_point import encode
from .parties import REPLICATED, TIMEOUT_S, TWO_SERVERS, Parties
from .party import Task
from .programs import DATA_OWNER, PROGRAMS, check_shapes
from .results import SEMI_HONEST, Cost, SchemeName, SecureResult

Function = Literal["argmax", "matmul", "product", "relu", "sigmoid", "softmax"]
NAMES = {"two-servers": TWO_SERVERS, "replicated": REPLICATED}


def compute_securely(
    function: Function,
    x: Any,
    y: Any = None,
    *,
    scheme: SchemeName = "two-servers",
    parties: Parties | None = None,
    timeout_s: float = TIMEOUT_S,
) -> SecureResult:
    """Apply a function to shared numbers, each party a process; opened to the owner of x alone.

    Args:
        function: softmax and argmax go along the columns of ``[n, k]``; matmul takes ``[n, k]`` and
            ``[k, m]``; the others take any shape.
        x: The data's owner's numbers, between -32,768 and 32,768.
        y: The model's owner's numbers, for product and matmul.
        scheme: Two servers with a dealer, or three parties.
        parties: Parties that are up, of that scheme; without them some are started for this call.
        timeout_s: How long a party may say nothing.

    Raises:
        InputError: A number is none or out of range, or shapes do not fit.
        PeerError: A party died.
        DeadlineError: A party said nothing for too long.
    """
    given = {"x": np.asarray(x)} if y is None else {"x": np.asarray(x), "y": np.asarray(y)}
    if function not in PROGRAMS:
        raise NotFoundError.among("function", function, PROGRAMS)
    if given.keys() != PROGRAMS[function].owners.keys():
        wanted = " and ".join(PROGRAMS[function].owners)
        raise InputError(f"{function} takes {wanted}", hint="y is for product and matmul")
    subject = f"secure {function}"
    outcomes = run_program(
        function, given, scheme=scheme, parties=parties, timeout_s=timeout_s, subject=subject
    )
    values = outcomes[DATA_OWNER].values
    assert values is not None
    opened = f"{values.size:,} results of {function}, to {NAMES[scheme][DATA_OWNER]} alone"
    cost = Cost.of(tuple(each.cost for each in outcomes))
    write_down_end(subject, opened, cost, scheme=scheme)
    return SecureResult(function, scheme, values, opened, SEMI_HONEST, cost)


def run_program(
    program: str,
    values: Mapping[str, Any],
    *,
    scheme: SchemeName,
    parties: Parties | None = None,
    timeout_s: float = TIMEOUT_S,
    keep_view: bool = False,
    subject: str = "",
) -> list[Outcome]:
    """Give each party the inputs that are its own, and run a program.

    Args:
        program: A name of ``programs.PROGRAMS``.
        values: All inputs. Each is sent to its owner's process alone.
        scheme: How secrets are shared.
        parties: Parties that are up.
        timeout_s: How long a party may say nothing, where parties are started here.
        keep_view: Give back every message that each party received.
        subject: What the ledger is told that this is; it is told nothing if empty.
    """
    if scheme not in NAMES:
        raise NotFoundError.among("scheme", scheme, NAMES)
    for name, each in values.items():
        encode(each, name=name)  # refused here, before any process is started
    shapes = {name: tuple(np.shape(each)) for name, each in values.items()}
    check_shapes(program, shapes)
    owners = PROGRAMS[program].owners
    tasks = [
        Task(
            "compute",
            {
                "program": program,
                "scheme": scheme,
                "shapes": shapes,
                "values": {name: each for name, each in values.items() if owners[name] == me},
                "keep_view": keep_view,
            },
        )
        for me in range(len(NAMES[scheme]))
    ]
    if subject:
        write_down_begin(subject, scheme=scheme)
    with progress(f"secure {program}"), _up(parties, scheme, timeout_s) as ready:
        outcomes: list[Outcome] = ready.run(tasks)
    return outcomes


def write_down_begin(subject: str, **told: Any) -> None:
    """Enter in the ledger that a run begins. One that breaks off gives no result back, and yet may
    have told a party something."""
    record("access", subject, data=told)


def write_down_end(subject: str, opened: str, cost: Cost, **told: Any) -> None:
    """Enter in the ledger what was opened, to whom, and what was sent for it."""
    sent_bytes = cost.online_bytes + cost.offline_bytes
    rounds = {"rounds": cost.rounds, "sent_bytes": sent_bytes}
    record("release", subject, data={**told, "opened": opened, **rounds})


def read_numbers(file: Path) -> np.ndarray:
    """An array from a file: .npy, or CSV of numbers without a header.

    Raises:
        NotFoundError: There is no such file.
        DataError: It holds no array of numbers.
    """
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}", hint=f"ls {file.parent}")
    try:
        if file.suffix == ".npy":
            found = np.load(file, allow_pickle=False)
        else:
            rows = [line.split(",") for line in file.read_text("utf-8").splitlines() if line]
            widths = sorted({len(row) for row in rows})
            if len(widths) > 1:
                raise ValueError(f"rows have {widths[0]} to {widths[-1]} entries")
            found = np.array(rows, dtype=np.float64)
    except (ValueError, OSError) as error:
        raise DataError(
            f"{file} holds no numbers: {error}",
            hint="rows of numbers, by commas and without a header, or .npy",
        ) from None
    return np.asarray(found)


@contextlib.contextmanager
def _up(parties: Parties | None, scheme: str, timeout_s: float) -> Iterator[Parties]:
    if parties is not None:
        if parties.names != NAMES[scheme]:
            raise InputError(
                f"these parties are {', '.join(parties.names)}; {scheme} takes "
                f"{', '.join(NAMES[scheme])}"
            )
        yield parties
        return
    with Parties(NAMES[scheme], timeout_s=timeout_s) as started:
        yield started
