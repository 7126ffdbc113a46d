"""The options of a private run, as a user gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    from workbench.finetuning.training.private_learning import Privacy


def privacy_of(given: Mapping[str, Any]) -> Privacy | None:
    """What a run may lose, where an epsilon was given, and of whom.

    Raises:
        InputError: Whom it protects was said, and no epsilon, or rows of users whom nobody named.
    """
    from workbench.finetuning.training.private_learning import Privacy
    from workbench.privacy.dp.users import check_rows_per_user

    check_rows_per_user(given.get("user_column"), given.get("rows_per_user"))
    names = ("epsilon", "delta", "noise_seed", "user_column", "rows_per_user")
    said = {name: given[name] for name in names if given.get(name) is not None}
    if "epsilon" not in said:
        if "user_column" in said:
            raise InputError(
                "user_column says whom a private run protects, and no epsilon was given",
                hint="--epsilon 8 --user-column COLUMN",
            )
        return None
    said["seed"] = said.pop("noise_seed", None)
    return Privacy(**said)
