"""What the model makes of a prompt of which some groups are replaced by the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.progress import progress

from .baselines import Baseline
from .case import Case
from .forward import BATCH_TOKENS, BLANK, TargetForward

if TYPE_CHECKING:
    import numpy as np


class Scorer:
    """The game that attributions divide: which groups stay, and what the target is worth then.

    What was asked before is remembered, so checks that ask it again cost nothing.

    Attributes:
        case: Prompt, target and groups.
        baseline: What replaces a group.
        forward: The model itself, for methods that take gradients.
        evaluations: Prompts that the model has read.
        told: What it will cost, in words, if that is worth telling beside the progress.
    """

    def __init__(self, case: Case, baseline: Baseline, *, batch_tokens: int = BATCH_TOKENS) -> None:
        self.case, self.baseline = case, baseline
        self.forward = TargetForward(case.model, case.target_ids, batch_tokens=batch_tokens)
        self.evaluations = 0
        self.told = ""
        self._known: dict[bytes, np.ndarray] = {}

    def score(self, present: np.ndarray) -> np.ndarray:
        """The log-probability of each target token, in nats: float64 ``[rows, targets]``.

        Args:
            present: Which players (``case.players``) stay: bool ``[rows, players]``. Held groups
                always do.
        """
        import numpy as np

        present = np.asarray(present, bool)
        keys = [row.tobytes() for row in present]
        missing: dict[bytes, np.ndarray] = {
            key: row for key, row in zip(keys, present, strict=True) if key not in self._known
        }
        if missing:
            self._ask(list(missing.items()))
        return np.stack([self._known[key] for key in keys])

    def _ask(self, todo: Sequence[tuple[bytes, np.ndarray]]) -> None:
        with progress("attribution", total=len(todo), unit="prompts") as task:
            rows = [self.write_row(present) for _, present in todo]
            for places, scored in self.forward.score_batches(rows):
                keys = [todo[place][0] for place in places]
                self._known.update(zip(keys, scored, strict=True))
                self.evaluations += len(places)
                task.advance(len(places), message=self.told)

    @property
    def whole(self) -> np.ndarray:
        """The target after the prompt as it is: float64 ``[targets]``."""
        import numpy as np

        return self.score(np.ones((1, len(self.case.players)), bool))[0]

    @property
    def bare(self) -> np.ndarray:
        """The target with the baseline in the place of every player: float64 ``[targets]``."""
        import numpy as np

        return self.score(np.zeros((1, len(self.case.players)), bool))[0]

    def write_row(self, present: Sequence[bool] | np.ndarray) -> list[int]:
        """The prompt's ids with the players that do not stay replaced: ``BLANK`` is the mean
        embedding."""
        import numpy as np

        stays = np.ones(len(self.case.groups), bool)
        stays[list(self.case.players)] = present
        by_token = self.case.spread_over_tokens(stays)
        pairs = zip(self.case.prompt_ids, by_token, strict=True)
        if self.baseline.deletes:
            left = [token for token, kept in pairs if kept]
            return left or [self._filler]
        return [token if kept else self._filler for token, kept in pairs]

    @property
    def _filler(self) -> int:
        return BLANK if self.baseline.token_id is None else self.baseline.token_id
