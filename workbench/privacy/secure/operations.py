"""What a user can ask: compute on what nobody sees, ask a model privately, join two tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import annotated_types as limits

from workbench.core.operations import operation

from .results import PrivateJoin, SchemeName, SecureInference, SecureResult

Seconds = Annotated[float, limits.Gt(0), limits.Lt(86_400)]


@operation(
    "privacy.secure_infer", title="Ask a model privately", produces="secure-inference",
    group="secure",
)  # fmt: skip
def secure_infer(
    *,
    model: Literal["mlp"] = "mlp",
    dataset: str = "digits",
    target: str | None = None,
    rows: Annotated[int, limits.Ge(1)] | None = None,
    scheme: SchemeName = "two-servers",
    seed: Annotated[int, limits.Ge(0)] | None = None,
    timeout_s: Seconds = 60.0,
) -> SecureInference:
    """Ask a network about rows that its owner does not see.

    Three processes over TLS: the model's owner, the data's owner, and a dealer or helper. Only the
    labels are opened, to the data's owner. Semi-honest: see `workbench privacy secure apply`.

    Args:
        model: A network with 32 hidden units of ReLU, learnt here: the one of `encrypt-infer`.
        dataset: digits, or a file with columns of numbers.
        target: The column of a file that is foretold.
        rows: The first so many of the rows that were not learnt from; all if none.
        scheme: Two servers with a dealer, or three parties with replicated shares.
        seed: Of the learning and of a file's split; the setting `seed` if none.
        timeout_s: How long a party may say nothing before the others give up.
    """
    from .inference import infer_learnt

    return infer_learnt(
        dataset=dataset, target=target, rows=rows, seed=seed, scheme=scheme, timeout_s=timeout_s
    )


@operation(
    "privacy.secure_apply", title="Compute on numbers that nobody sees", produces="secure-result",
    group="secure",
)  # fmt: skip
def secure_apply(
    function: Literal["argmax", "relu", "sigmoid", "softmax"],
    file: Path,
    *,
    scheme: SchemeName = "two-servers",
    timeout_s: Seconds = 60.0,
) -> SecureResult:
    """Apply a function to shared numbers, each party a process, over TLS.

    Semi-honest: it holds while every party keeps to the protocol and no two put together what they
    saw. It is no protection against a party that lies, nor against whoever runs this machine.

    Args:
        function: What is computed; softmax and argmax row by row.
        file: Rows of numbers by commas (no header), or .npy; each between -32,768 and 32,768.
        scheme: Two servers with a dealer, or three parties with replicated shares.
        timeout_s: How long a party may say nothing before the others give up.
    """
    from .applying import compute_securely, read_numbers

    return compute_securely(function, read_numbers(file), scheme=scheme, timeout_s=timeout_s)


@operation(
    "privacy.secure_join", title="Join two tables privately", produces="private-join",
    group="secure",
)  # fmt: skip
def secure_join(
    left: Path,
    right: Path,
    *,
    on: list[str],
    out: Path,
    gives: Literal["ids", "tables"] = "tables",
    give: list[str] | None = None,
    overwrite: bool = False,
    timeout_s: Seconds = 600.0,
) -> PrivateJoin:
    """Join two owners' tables on the keys that both have, without showing the other keys.

    Private set intersection, each side a process that reads its own file. Both learn how many keys
    the other has and which of theirs it has too; the left side gets the rows. Semi-honest: a side
    that makes keys up can ask for people it has not.

    Args:
        left: A .csv, .tsv or .parquet file with one row a key.
        right: Another.
        on: The column that makes the key in both; several, by commas or one option each.
        out: A .csv or .parquet file, which the left side writes.
        gives: The rows of both, or the key and the numbers of both rows alone.
        give: A column that the right side hands over; several, by commas or one option each. All,
            if none is named.
        overwrite: Take the place of a file that is there.
        timeout_s: How long a side may say nothing before the other gives up.
    """
    from .joining import join_privately

    return join_privately(
        left, right, on=_names(on) or [], out=out, gives=gives, give=_names(give),
        overwrite=overwrite, timeout_s=timeout_s,
    )  # fmt: skip


def _names(given: list[str] | None) -> list[str] | None:
    if given is None:
        return None
    return [name.strip() for each in given for name in each.split(",") if name.strip()]
