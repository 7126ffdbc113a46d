"""What an asker holds: a ticket while he waits, a loan when he has a model."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.models.model import Model

log = logging.getLogger(__name__)
# The tokens that the loan used, if that is known, and the error that ended it.
GiveBack = Callable[[int | None, BaseException | None], None]


class Loan:
    """A loaded model that is one caller's until he gives it back; or use it in a ``with`` block.

    ``name`` is what was asked for, ``queued_s`` how long it took to get, ``loaded`` whether the
    model had to be loaded for it.
    """

    def __init__(
        self, name: str, model: Model, give_back: GiveBack, *, queued_s: float, loaded: bool
    ) -> None:
        self.name = name
        self.model = model
        self.queued_s = queued_s
        self.loaded = loaded
        self._give_back: GiveBack | None = give_back

    def give_back(self, *, tokens: int | None = None, error: BaseException | None = None) -> None:
        """End the loan. Calling it twice is harmless.

        Args:
            tokens: What was used, prompt and answer; what was asked for if it is not said.
            error: What ended it. After an EngineError the pool looks whether the model is alive.
        """
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back(tokens, error)

    def __enter__(self) -> Loan:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back(error=error)

    def __repr__(self) -> str:
        return f"<Loan of {self.name}{'' if self._give_back else ', given back'}>"


class Ticket(Future[Loan]):
    """A place in the queue: a future of a loan. ``cancel()`` leaves the queue."""

    def __init__(self, name: str, *, tenant: str) -> None:
        super().__init__()
        self.name = name
        self.tenant = tenant
