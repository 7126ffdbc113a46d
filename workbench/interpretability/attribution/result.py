"""What every method of attribution gives, whatever it is made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np

    from .curves import Curve


@dataclass(frozen=True)
class Attribution(Viewable):
    """How much each part of a prompt did for each token of a target.

    ``scores[i, j]`` is the share of group ``j`` in the log-probability (natural) of target token
    ``i``, in nats; ``scores.sum(axis=0)`` is that in the whole target. Groups are runs of prompt
    tokens ``[start, end)``, in order and without gaps; with tokens as groups there is one each.

    ``value`` and ``baseline_value`` are f(x) and f(baseline): the target's log-probability with
    the prompt as it is and with the baseline in its place. ``completeness_gap_nats`` is
    ``|scores.sum() - (value - baseline_value)|``, ``completeness_gap`` the same divided by
    ``|value - baseline_value|``; both are ``None`` for methods that promise no such sum.

    ``held`` says of each group whether it was never replaced: its score is 0. ``deletion`` and
    ``insertion`` are the curves whose areas ``deletion_auc`` and ``insertion_auc`` are, drawn with
    the baseline ``checked_with``. ``error_nats`` has the shape of ``scores``: the standard error
    of each, where it was sampled. ``evaluations`` is how many prompts the model has read for it.
    A method may score the target as a whole: ``scores`` then has one row, ``targets`` one text.
    ``prompt`` and ``target`` are the texts as they were read: of a character that was cut into
    bytes, ``tokens`` hold only pieces.
    """

    model: str
    tokens: tuple[str, ...]
    targets: tuple[str, ...]
    token_ids: tuple[int, ...]
    target_ids: tuple[int, ...]
    groups: tuple[tuple[int, int], ...]
    scores: np.ndarray
    method: str
    baseline: str
    steps: int | None
    value: float
    baseline_value: float | None = None
    completeness_gap: float | None = None
    completeness_gap_nats: float | None = None
    deletion_auc: float | None = None
    insertion_auc: float | None = None
    seed: int | None = None
    held: tuple[bool, ...] = ()
    checked_with: str | None = None
    error_nats: np.ndarray | None = None
    deletion: Curve | None = None
    insertion: Curve | None = None
    evaluations: int = 0
    prompt: str | None = None
    target: str | None = None

    @property
    def order_holds(self) -> bool | None:
        """Whether the answer falls early as the highest scores go, and comes early with them.

        None where no curves were drawn.
        """
        if self.deletion_auc is None or self.insertion_auc is None:
            return None
        return self.deletion_auc < self.insertion_auc
