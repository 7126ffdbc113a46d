"""What a private run learns from, decided for each unit by itself.

A unit is a row, or a user with all their rows. Which units are held out, and which rows of a user
are learnt, follows from the unit and the seed alone: whoever comes or goes moves nobody else from
one part to the other. A draw of so many among all would, and then more than one unit would differ
between two runs of which the account says that one does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.finetuning.examples import Example
from workbench.privacy.dp.statistics import bound_users
from workbench.privacy.dp.users import check_rows_per_user, check_users

from .private_learning import Privacy

ROWS_PER_USER = 10


def hold_out_units(
    examples: Sequence[Example], *, share: float, seed: int, by_user: bool
) -> tuple[list[Example], list[Example]]:
    """Split examples into those to learn from and those that are held out, each unit by its coin.

    Args:
        examples: In any order; their order stays.
        share: The probability with which a unit is held out.
        seed: Of the coins.
        by_user: A user's examples are a unit, and stay together; else each example is one.

    Raises:
        InputError: Nothing is left to learn from.
    """
    held = [_coin(each, seed, by_user) < share for each in examples]
    learnt = [each for each, out in zip(examples, held, strict=True) if not out]
    if not learnt:
        raise InputError(
            f"all {len(examples)} rows came to be held out", hint="another seed, or more rows"
        )
    return learnt, [each for each, out in zip(examples, held, strict=True) if out]


def bound_rows(examples: Sequence[Example], *, most: int, seed: int) -> list[Example]:
    """At most so many examples of each user, drawn from their own; a user's stand together."""
    owned: dict[str, list[Example]] = {}
    for each in examples:
        owned.setdefault(each.user, []).append(each)
    return [
        row
        for user, own in owned.items()
        for row in bound_users(
            own, [user] * len(own), most=most,
            source=random.Random(derive_seed(seed, "rows of users", user)),
        )
    ]  # fmt: skip


def check_unit(examples: Sequence[Example], privacy: Privacy) -> None:
    """Raise for rows that do not say whose they are where users are to be protected.

    Raises:
        InputError: A row is nobody's, all are one user's, or a bound is for users nobody named.
    """
    check_rows_per_user(privacy.user_column, privacy.rows_per_user)
    if privacy.user_column is not None:
        column = privacy.user_column
        check_users([each.user for each in examples], column=column, columns=[column])


def take_units(examples: Sequence[Example], privacy: Privacy, *, seed: int) -> list[Example]:
    """What is learnt of the examples: all of them, or so many of each user."""
    if privacy.user_column is None:
        return list(examples)
    return bound_rows(examples, most=most_rows(privacy), seed=seed)


def most_rows(privacy: Privacy) -> int:
    """How many rows of a user are learnt at most."""
    return privacy.rows_per_user or ROWS_PER_USER


def _coin(example: Example, seed: int, by_user: bool) -> float:
    """From 0 to 1, the same for the same unit whatever else there is."""
    unit = [example.user] if by_user else [part for pair in example.messages for part in pair]
    return random.Random(derive_seed(seed, "held out", *unit)).random()
